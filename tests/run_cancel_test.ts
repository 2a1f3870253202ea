/**
 * Ctrl-C, once and twice, and its like: the run is sealed as cancelled, what it started is gone,
 * and what had not begun is not begun.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gone, processesWith, treeOf } from "./support/processes.ts";
import { cleanEnv } from "./support/run_writ.ts";
import { Running } from "./support/running.ts";
import { ROOT } from "./support/source_files.ts";
import { endsOf, refused, runOf, World } from "./support/world.ts";

const sh = (script: string) => ["sh", "-c", script];

let last = 0;

/** A step that sleeps so long that nobody else does, with a child of its own, and one after it. */
function slow() {
  const seconds = `${200_000 + Deno.pid}.${last++}`;
  return {
    seconds,
    steps: {
      slow: {
        run: sh(
          `trap '' INT TERM HUP; sleep ${seconds} & echo up; sleep ${seconds}`,
        ),
        permissions: { write: ["never.txt"] },
      },
      after: { run: ["true"], needs: ["slow"] },
    },
  };
}

const execute = ["execute", "pipeline.json"];

/** A run that was cancelled while its first step slept. */
async function assertCancelled(
  world: World,
  ended: { status: number; stderr: string },
  seconds: string,
): Promise<void> {
  assertEquals(ended.status, 130, ended.stderr);
  assertStringIncludes(ended.stderr, "sealed as cancelled");
  assertEquals(processesWith(seconds), []);
  const shown = await world.show();
  assertEquals(shown.state, "cancelled");
  assertEquals(endsOf(shown), {
    slow: "failed: the run was cancelled",
    after: 'skipped: "slow" failed',
  });
  // A true record of a run that did not succeed.
  assertEquals((await world.verify()).status, 1);
  assertEquals(world.text("never.txt"), null);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`${signal} ends a run in order`, async () => {
    const { seconds, steps } = slow();
    await using world = await World.make({ steps, unattended: true });
    const running = new Running(world.start(execute));
    await running.said("slow | up");
    const pids = treeOf(running.child.pid);
    running.child.kill(signal);
    await assertCancelled(world, await running.ended, seconds);
    await gone(pids);
  });
}

Deno.test("two that come at once, as through deno task, are one", async () => {
  const { seconds, steps } = slow();
  await using world = await World.make({ steps, unattended: true });
  const running = new Running(world.start(execute));
  await running.said("slow | up");
  running.child.kill("SIGINT");
  running.child.kill("SIGINT");
  await assertCancelled(world, await running.ended, seconds);
});

Deno.test("Ctrl-C in a terminal, through deno task, ends a run in order", async () => {
  const { seconds, steps } = slow();
  await using world = await World.make({ steps, unattended: true });
  // A terminal signals the whole group; setsid makes one.
  const running = new Running(
    new Deno.Command("setsid", {
      args: [
        ...[Deno.execPath(), "task", "--quiet"],
        ...["--config", `${ROOT}/deno.json`, ...execute],
      ],
      cwd: world.workspace,
      clearEnv: true,
      env: cleanEnv(world.ann.home),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
  await running.said("slow | up");
  Deno.kill(-running.child.pid, "SIGINT");
  const ended = await running.ended;
  await assertCancelled(world, ended, seconds);
});

Deno.test("a second one, later, ends at once, and the run can be resumed", async () => {
  const { seconds, steps } = slow();
  await using world = await World.make({ steps, unattended: true });
  const running = new Running(world.start(execute));
  await running.said("slow | up");
  const pids = treeOf(running.child.pid);
  // What does not answer is why somebody presses it twice: the launcher is stopped.
  const [launcher] = processesWith("launcher.js").filter((pid) =>
    pids.includes(pid)
  );
  Deno.kill(launcher, "SIGSTOP");
  running.child.kill("SIGINT");
  await running.said("Ctrl-C once more");
  await new Promise((resolve) => setTimeout(resolve, 600));
  running.child.kill("SIGINT");
  const ended = await running.ended;
  assertEquals(ended.status, 130);
  assert(!ended.stderr.includes("sealed"));
  Deno.kill(launcher, "SIGCONT");
  await gone(pids);
  assertEquals(processesWith(seconds), []);

  const run = runOf(ended);
  assertEquals((await world.show(run)).state, "indeterminate");
  world.putPipeline({ ...steps, slow: { ...steps.slow, run: ["true"] } });
  const other = await world.execute(["--resume", run]);
  refused(other, "ticket.missing");
  world.putPipeline(steps);
  const again = new Running(world.start([...execute, "--resume", run]));
  await again.said("slow | up");
  again.child.kill("SIGINT");
  assertEquals((await again.ended).status, 130);
  assertEquals((await world.show(run)).state, "cancelled");
});

Deno.test("whoever cancels before anything runs keeps the ticket", async () => {
  await using world = await World.make({
    steps: { s: { run: ["echo", "ran"], stdout: "ran.txt" } },
  });
  await world.approve();
  let kept = 0;
  for (const ms of [0, 60, 120, 180, 240]) {
    const running = new Running(world.start(execute));
    await new Promise((resolve) => setTimeout(resolve, ms));
    running.child.kill("SIGINT");
    const { status, stderr } = await running.ended;
    if (stderr.includes("run_")) {
      // It was too late to keep it; the next one has its own.
      assert([0, 130].includes(status), stderr);
      await Deno.remove(world.at("ran.txt")).catch(() => {});
      await world.approve();
      continue;
    }
    assertEquals(status, 130, stderr);
    assertEquals(world.text("ran.txt"), null);
    kept++;
  }
  assert(kept > 0);
  await world.must(execute);
  assertEquals(world.text("ran.txt"), "ran\n");
  await world.checkLedger();
});
