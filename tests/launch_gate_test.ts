/**
 * The gate: a sandbox may be built before its step may begin, and nothing of the step runs before.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { isWritError, WritError } from "../src/core/errors.ts";
import { launchUnder } from "../src/sandbox/choose_backend.ts";
import { confinement, LIMITS } from "./support/confinements.ts";
import { gone, launcherAbove, until } from "./support/processes.ts";
import {
  type Bench,
  processesWith,
  silently,
  underEach,
} from "./support/sandbox.ts";

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const BEGIN = ["touch", "begun"];
const RUNNER = fromFileUrl(new URL("./support/runner.ts", import.meta.url));

async function hasBegun(bench: Bench): Promise<boolean> {
  try {
    return (await Deno.stat(join(bench.host.stage, "begun"))).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The processes of the sandbox once it waits: bubblewrap's first, and the one that will be the step. */
async function waiting(bench: Bench): Promise<number[]> {
  let found: number[] = [];
  await until(async () => {
    found = await processesWith(bench.host.stage);
    const all = await Promise.all(found.map(isAtGate));
    return found.length === 2 && all.some(Boolean);
  }, 5);
  return found;
}

/** Waits until nothing of a step is there. */
function noneOf(bench: Bench): Promise<void> {
  return until(
    async () => (await processesWith(bench.host.stage)).length === 0,
    2,
  );
}

/** Whether it reads from a pipe that nobody has written to. */
async function isAtGate(pid: number): Promise<boolean> {
  const call = await Deno.readTextFile(`/proc/${pid}/wchan`);
  return /pipe_read|anon_pipe_read/.test(call);
}

underEach("a step begins when its gate opens", async (bench) => {
  const gate = Promise.withResolvers<void>();
  const ended = bench.run(BEGIN, {}, { gate: gate.promise });
  if (bench.backend.name === "bubblewrap") await waiting(bench);
  await pause(50);
  assertEquals(await hasBegun(bench), false);
  gate.resolve();
  assertEquals((await ended).exit, 0);
  assertEquals(await hasBegun(bench), true);
});

underEach("a step never begins whose gate stays shut", async (bench) => {
  const gate = Promise.withResolvers<void>();
  const ended = bench.run(BEGIN, {}, { gate: gate.promise });
  if (bench.backend.name === "bubblewrap") await waiting(bench);
  else await pause(50);
  gate.reject(new RangeError("not this one"));
  await assertRejects(() => ended, RangeError, "not this one");
  assertEquals(await processesWith(bench.host.stage), []);
  assertEquals(await hasBegun(bench), false);
  assertEquals((await bench.run(BEGIN)).exit, 0);
  assertEquals(await hasBegun(bench), true);
});

underEach("a step that is ended at its gate does not begin", async (bench) => {
  const gate = Promise.withResolvers<void>();
  const cancel = new AbortController();
  const ended = bench.run(BEGIN, {}, {
    gate: gate.promise,
    signal: cancel.signal,
  });
  await waiting(bench);
  cancel.abort();
  await noneOf(bench);
  gate.resolve();
  assertEquals((await ended).signal, "SIGKILL");
  assertEquals(await hasBegun(bench), false);
}, { only: "bubblewrap" });

for (let round = 1; round <= 8; round++) {
  underEach(
    `a step does not begin because its launcher is killed at the gate, round ${round}`,
    async (bench) => {
      const gate = Promise.withResolvers<void>();
      const ended = bench.run(BEGIN, {}, { gate: gate.promise });
      const [first] = await waiting(bench);
      Deno.kill(launcherAbove(first), "SIGKILL");
      await noneOf(bench);
      gate.resolve();
      const error = await assertRejects(() => ended, WritError);
      assert(isWritError(error, "sandbox.launch"), error.message);
      assertEquals(await hasBegun(bench), false);
    },
    { only: "bubblewrap" },
  );
}

underEach(
  "nothing waits at a gate that nobody can open any more",
  async (bench) => {
    const step = confinement({ argv: BEGIN });
    const launch = launchUnder(bench.backend, step, {
      ...bench.host,
      program: "/usr/bin/touch",
    });
    const runner = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", RUNNER],
      env: {
        LAUNCH: JSON.stringify({ launch, limits: step.limits }),
        GATE: "shut",
      },
      stdout: "null",
    }).spawn();
    const sandbox = await waiting(bench);
    const launcher = launcherAbove(sandbox[0]);
    // Neither can end what the other one has left.
    runner.kill("SIGSTOP");
    Deno.kill(launcher, "SIGKILL");
    await gone(sandbox);
    runner.kill("SIGKILL");
    await runner.status;
    assertEquals(await hasBegun(bench), false);
  },
  { only: "bubblewrap" },
);

for (const [name, bytes] of [["no", 0], ["half a", 12], ["a vast", 8_000]]) {
  underEach(
    `a step does not begin with ${name} filter`,
    async (bench) => {
      const step = confinement({ argv: BEGIN });
      const launch = launchUnder(bench.backend, step, {
        ...bench.host,
        program: "/usr/bin/touch",
      });
      const { fd, filter } = launch.seccompFd!;
      const run = (filter: string) =>
        bench.launcher.spawn(
          { ...launch, seccompFd: { fd, filter } },
          silently(step.limits),
        );
      const other = atob(filter).repeat(10).slice(0, Number(bytes));
      const error = await assertRejects(() => run(btoa(other)), WritError);
      assert(isWritError(error, "sandbox.launch"), error.message);
      assertEquals(await hasBegun(bench), false);
      await run(filter);
      assertEquals(await hasBegun(bench), true);
    },
    { only: "bubblewrap" },
  );
}

underEach("the time at the gate is not the step's", async (bench) => {
  const ran = await bench.run(BEGIN, {
    limits: { ...LIMITS, timeout: 2_000 },
  }, { gate: pause(2_500) });
  assertEquals([ran.exit, ran.limits], [0, []]);
});

underEach("what cannot be started is told at an open gate", async (bench) => {
  const gate = pause(300);
  const error = await assertRejects(
    () => bench.run(["/usr/bin/no-such-program"], {}, { gate }),
    WritError,
  );
  assert(isWritError(error, "sandbox.launch"), error.message);
});
