/**
 * Acts that need a run of their own: something happens while it is on, or around it.
 *
 * @module
 */
import { join } from "@std/path/join";
import { runProgram } from "../support/run_writ.ts";
import type { WorldOptions } from "../support/world.ts";
import { type Family, type Row, STOPPED } from "./act.ts";
import type { Machine } from "./machine.ts";
import { program } from "./needs.ts";
import { commandOf } from "./scripts.ts";

/** An act with a world of its own. */
export interface Scenario extends Row {
  world: WorldOptions;
  /** Whether it got done. */
  act(machine: Machine): Promise<boolean>;
  /** Whether the same gets done where it may; in a world of its own. */
  control(machine: Machine): Promise<boolean>;
  needs?: (string | null)[];
}

const sh = (sh: string) => commandOf({ sh });

/** A step during which there is time to change something. */
const SLOW: WorldOptions = {
  files: { "dist/sub/out.txt": "old\n", "dist/other/out.txt": "old\n" },
  steps: {
    make: {
      run: sh("sleep 1; echo new > dist/sub/out.txt"),
      permissions: { write: ["dist/sub/out.txt"] },
    },
  },
};

/** Runs it, and does something when the step is running. */
async function during(machine: Machine, act: () => Promise<void>) {
  const running = machine.start(["execute", "pipeline.json"]);
  await running.said("make started");
  await act();
  return await running.ended;
}

const HAS_TERMINAL = 'exec 9<> /dev/tty && test -t 9 && echo "has a terminal"';

/** Words of a command for a shell. */
const quoted = (words: string[]) =>
  words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");

/** Runs words in a terminal, and gives what is shown on it. */
async function inTerminal(words: string[], { world }: Machine) {
  const { stdout } = await runProgram(
    "script",
    ["--quiet", "--return", "--command", quoted(words), "/dev/null"],
    { cwd: world.workspace, home: world.ann.home },
  );
  return stdout;
}

/** Runs of their own. */
export const SCENARIOS: Family<Scenario> = {
  name: "While a run is on",
  acts: [
    {
      id: "publish-swap",
      what: "having its output put through a symlink that came meanwhile",
      under: STOPPED,
      world: SLOW,
      act: async (machine) => {
        const { world } = machine;
        const outside = join(world.root, "outside");
        await Deno.mkdir(outside);
        await during(machine, async () => {
          await Deno.rename(world.at("dist/sub"), world.at("dist/aside"));
          await Deno.symlink(outside, world.at("dist/sub"));
        });
        return [...Deno.readDirSync(outside)].length > 0;
      },
      control: async (machine) => {
        await during(machine, async () => {});
        return machine.world.text("dist/sub/out.txt") === "new\n";
      },
    },
    {
      id: "publish-inner-swap",
      what:
        "having its output put through a symlink to another folder of the workspace",
      under: STOPPED,
      world: SLOW,
      act: async (machine) => {
        const { world } = machine;
        await during(machine, async () => {
          await Deno.rename(world.at("dist/sub"), world.at("dist/aside"));
          await Deno.symlink("other", world.at("dist/sub"));
        });
        return world.text("dist/other/out.txt") !== "old\n";
      },
      control: async (machine) => {
        await during(machine, async () => {});
        return machine.world.text("dist/sub/out.txt") === "new\n";
      },
    },
    {
      id: "material-swap",
      what: "being given other bytes than those that were approved",
      under: STOPPED,
      world: {
        files: { "src/in.txt": "approved\n" },
        steps: {
          make: { run: ["sleep", "1"] },
          use: {
            run: ["cat", "src/in.txt"],
            needs: ["make"],
            permissions: { read: ["src"] },
            stdout: "said.txt",
          },
        },
      },
      act: async (machine) => {
        const { world } = machine;
        await during(
          machine,
          () => Deno.writeTextFile(world.at("src/in.txt"), "evil\n"),
        );
        return world.text("said.txt") !== "approved\n";
      },
      control: async (machine) => {
        const { world } = machine;
        await Deno.writeTextFile(world.at("src/in.txt"), "evil\n");
        await during(machine, async () => {});
        return world.text("said.txt") === "evil\n";
      },
    },
    {
      id: "open-terminal",
      what: "opening the terminal that Writ was started from",
      under: STOPPED,
      world: { steps: { make: { run: sh(HAS_TERMINAL) } } },
      act: async (machine) => {
        const words = machine.command(["execute", "pipeline.json"]);
        const shown = await inTerminal(words, machine);
        if (!shown.includes("make | begun")) throw new Error(shown);
        return shown.includes("make | has a terminal");
      },
      control: async (machine) =>
        (await inTerminal(sh(HAS_TERMINAL), machine))
          .includes("has a terminal"),
      needs: [await program("script")],
    },
    {
      id: "terminal-codes",
      what: "sending commands to a real terminal in what it prints",
      under: STOPPED,
      world: {
        steps: { make: { run: sh(String.raw`printf '\033]0;evil\007\n'`) } },
      },
      act: async (machine) => {
        const words = machine.command(["execute", "pipeline.json"]);
        const shown = await inTerminal(words, machine);
        if (!shown.includes("make | begun")) throw new Error(shown);
        return shown.includes("\x1b]0;evil");
      },
      control: async (machine) =>
        (await inTerminal(sh(String.raw`printf '\033]0;evil\007\n'`), machine))
          .includes("\x1b]0;evil"),
      needs: [await program("script")],
    },
  ],
};
