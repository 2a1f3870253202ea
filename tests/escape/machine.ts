/**
 * Worlds for real runs under one backend: bubblewrap where it is, Landlock as on a machine that lets
 * nobody make user namespaces.
 *
 * @module
 */
import type { Backend } from "../../src/sandbox/confinement.ts";
import {
  cleanEnv,
  type Ended,
  runProgram,
  writArguments,
} from "../support/run_writ.ts";
import { Running } from "../support/running.ts";
import { BACKENDS } from "../support/sandbox.ts";
import { World, type WorldOptions } from "../support/world.ts";
import { tried } from "./needs.ts";

const NO_NAMESPACES = [
  ...["unshare", "--user", "--map-root-user", "sh", "-c"],
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
  "sh",
];

const UNSHARES = await tried(
  "a user namespace in which there are no more",
  NO_NAMESPACES.map((word) => `'${word}'`).join(" ") + " true",
);

/** The backends, and what a real run under one lacks here. */
export const RUNNERS: { name: Backend["name"]; lacks: string | null }[] =
  BACKENDS.map(({ name, backend }) => ({
    name,
    lacks: backend === null ? name : name === "landlock" ? UNSHARES : null,
  }));

/** A world whose commands run under one backend. */
export class Machine implements AsyncDisposable {
  private constructor(
    readonly world: World,
    readonly backend: Backend["name"],
  ) {}

  static async make(
    backend: Backend["name"],
    options: WorldOptions,
  ): Promise<Machine> {
    const world = await World.make({ unattended: true, ...options });
    return new Machine(world, backend);
  }

  /** Runs a command in the workspace. */
  writ(
    words: readonly string[],
    env?: Record<string, string>,
  ): Promise<Ended> {
    const [program, ...args] = this.command(words);
    const { workspace, ann } = this.world;
    return runProgram(program, args, { cwd: workspace, home: ann.home, env });
  }

  /** Starts one and leaves it running. */
  start(words: readonly string[]): Running {
    const [program, ...args] = this.command(words);
    const { workspace, ann } = this.world;
    return new Running(
      new Deno.Command(program, {
        args,
        cwd: workspace,
        clearEnv: true,
        env: cleanEnv(ann.home),
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  }

  /** The words that run a command of Writ. */
  command(words: readonly string[]): string[] {
    const { workspace, ann } = this.world;
    return [
      ...this.backend === "landlock" ? NO_NAMESPACES : [],
      Deno.execPath(),
      ...writArguments(words, { cwd: workspace, home: ann.home }),
    ];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }
}
