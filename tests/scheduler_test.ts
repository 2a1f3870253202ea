import { assertEquals } from "@std/assert/equals";
import { assertRejects } from "@std/assert/rejects";
import fc from "fast-check";
import {
  schedule,
  type ScheduleOptions,
  type Task,
} from "../src/run/scheduler.ts";

interface Trace {
  log: string[];
  most: number;
}

async function trace(
  tasks: Task[],
  options: Partial<ScheduleOptions> & { fails?: string[] } = {},
): Promise<Trace & { ends: Record<string, string> }> {
  const log: string[] = [];
  let now = 0;
  let most = 0;
  const ends = await schedule(tasks, {
    jobs: 2,
    keepGoing: false,
    start: async (id, turn) => {
      if (options.ahead !== undefined) log.push(`ready ${id}`);
      await turn;
      most = Math.max(most, ++now);
      log.push(`start ${id}`);
      await Promise.resolve();
      now--;
      log.push(`end ${id}`);
      return options.fails?.includes(id) ? "failed" : "ok";
    },
    skip: (id, reason) => {
      log.push(`skip ${id}: ${reason}`);
      return Promise.resolve();
    },
    ...options,
  });
  return { log, most, ends: Object.fromEntries(ends) };
}

Deno.test("a step starts after all that it needs has ended", async () => {
  const { log } = await trace([
    { id: "a", needs: [] },
    { id: "b", needs: ["a"] },
    { id: "c", needs: ["a", "b"] },
  ]);
  assertEquals(log, [
    "start a",
    "end a",
    "start b",
    "end b",
    "start c",
    "end c",
  ]);
});

Deno.test("after a failure nothing more starts, and each step left out says why", async () => {
  const { log, ends } = await trace([
    { id: "a", needs: [] },
    { id: "b", needs: ["a"] },
    { id: "c", needs: ["b"] },
    { id: "d", needs: [] },
  ], { fails: ["a"], jobs: 1 });
  assertEquals(log, [
    "start a",
    "end a",
    'skip b: "a" failed',
    'skip c: "b" did not run',
    "skip d: another step failed",
  ]);
  assertEquals(ends, { a: "failed", b: "skipped", c: "skipped", d: "skipped" });
});

Deno.test("--keep-going runs what does not depend on the failure", async () => {
  const { ends } = await trace([
    { id: "a", needs: [] },
    { id: "b", needs: ["a"] },
    { id: "d", needs: [] },
  ], { fails: ["a"], keepGoing: true });
  assertEquals(ends, { a: "failed", b: "skipped", d: "ok" });
});

Deno.test("what ended before is not started again", async () => {
  const { log } = await trace([
    { id: "a", needs: [] },
    { id: "b", needs: ["a"] },
  ], { done: new Map([["a", "ok"]]) });
  assertEquals(log, ["start b", "end b"]);
});

Deno.test("an abort starts nothing more and says so", async () => {
  const control = new AbortController();
  const { log } = await trace([
    { id: "a", needs: [] },
    { id: "b", needs: ["a"] },
  ], {
    signal: control.signal,
    start: () => {
      control.abort();
      return Promise.resolve("ok");
    },
  });
  assertEquals(log, ["skip b: the run was cancelled"]);
});

const FOUR = ["a", "b", "c", "d"].map((id) => ({ id, needs: [] }));

Deno.test("what is ahead gets ready and waits for its turn", async () => {
  const { log, most } = await trace(FOUR, { jobs: 1, ahead: 2 });
  assertEquals(most, 1);
  assertEquals(log, [
    ...["ready a", "ready b", "ready c"],
    ...["start a", "end a", "ready d"],
    ...["start b", "end b", "start c", "end c", "start d", "end d"],
  ]);
});

Deno.test("what is ahead never has its turn after a failure", async () => {
  const { log, ends } = await trace(FOUR, {
    jobs: 1,
    ahead: 1,
    fails: ["a"],
  });
  assertEquals(log, [
    ...["ready a", "ready b", "start a", "end a"],
    ...["b", "c", "d"].map((id) => `skip ${id}: another step failed`),
  ]);
  assertEquals(Object.values(ends).slice(1), Array(3).fill("skipped"));
});

Deno.test("what is ahead never has its turn after an abort", async () => {
  const control = new AbortController();
  const log: string[] = [];
  const ends = await schedule(FOUR, {
    jobs: 1,
    ahead: 3,
    keepGoing: true,
    signal: control.signal,
    start: async (id, turn) => {
      await turn;
      log.push(id);
      control.abort();
      return "ok";
    },
    skip: () => Promise.resolve(),
  });
  assertEquals(log, ["a"]);
  assertEquals([...ends.values()].slice(1), Array(3).fill("skipped"));
});

Deno.test("a fault of a start is thrown after the running steps have ended", async () => {
  let ended = false;
  await assertRejects(
    () =>
      schedule([{ id: "a", needs: [] }, { id: "b", needs: [] }], {
        jobs: 2,
        keepGoing: true,
        start: async (id) => {
          if (id === "a") throw new Error("broken");
          await new Promise((resolve) => setTimeout(resolve, 5));
          ended = true;
          return "ok";
        },
        skip: () => Promise.resolve(),
      }),
    Error,
    "broken",
  );
  assertEquals(ended, true);
});

Deno.test("never more steps at a time than jobs, and never a need after its dependent", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { maxLength: 30 }),
    fc.nat(3),
    async (jobs, shape, ahead) => {
      const tasks = shape.map((needs, i) => ({
        id: `s${i}`,
        needs: [
          ...new Set(needs.filter((n) => n < i).map((n) => `s${n}`)),
        ],
      }));
      const { log, most, ends } = await trace(tasks, { jobs, ahead });
      assertEquals(most <= jobs, true);
      assertEquals(
        Object.values(ends).filter((end) => end === "ok").length,
        tasks.length,
      );
      for (const task of tasks) {
        for (const need of task.needs) {
          assertEquals(
            log.indexOf(`end ${need}`) < log.indexOf(`start ${task.id}`),
            true,
          );
        }
      }
    },
  ));
});
