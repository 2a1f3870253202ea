/**
 * A run that broke off after its first step was started, and that nobody holds any more.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { isWritError } from "../../src/core/errors.ts";
import type { Requester } from "../../src/policy/decision.ts";
import { UNNAMED } from "../../src/run/propose.ts";
import { Writ } from "../../src/run/writ.ts";
import type { World } from "./world.ts";

/** The library on the workspace and home of "ann". */
export function libraryOf(
  { workspace, ann: { config, state } }: World,
): Writ {
  return new Writ({ workspace, config, state, now: Date.now });
}

/** What executes a pipeline as `execute FILE` does, within this process. */
export async function executeHere(
  world: World,
  file: string,
  options: {
    ticket?: Uint8Array | null;
    resume?: string | null;
    /** Breaks off when so many attempts were started; 0: never. */
    breakOff?: number;
    params?: Record<string, string>;
    requester?: Requester;
  } = {},
): Promise<string> {
  const { ticket = null, resume = null, breakOff = 0 } = options;
  const { params = {}, requester = UNNAMED } = options;
  let started = 0;
  const { run } = await libraryOf(world).execute({
    file,
    bytes: await Deno.readFile(world.at(file)),
    params,
    requester,
  }, {
    ticket,
    only: null,
    keepGoing: false,
    jobs: 1,
    resume,
    signal: new AbortController().signal,
    watch: ({ type }) => {
      if (type === "started" && ++started === breakOff) throw new BrokenOff();
    },
  });
  return run;
}

/** Executes a pipeline until so many attempts of its steps are started, and gives the run's id. */
export async function interrupted(
  world: World,
  file = "pipeline.json",
  options: Parameters<typeof executeHere>[2] = {},
): Promise<string> {
  try {
    await executeHere(world, file, { breakOff: 1, ...options });
  } catch (error) {
    if (!isWritError(error)) throw error;
    assertEquals(innermost(error) instanceof BrokenOff, true, error.message);
    return /--resume (run_[0-9A-Z]{26})/.exec(error.hint ?? "")![1];
  }
  throw new Error("the run came to its end");
}

class BrokenOff extends Error {}

function innermost(error: Error): unknown {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}
