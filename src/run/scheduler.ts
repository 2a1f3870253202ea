/**
 * The scheduler: which step may start when. It knows nothing of what a step is.
 *
 * @module
 */

/** What the scheduler needs to know of a step. */
export interface Task {
  id: string;
  needs: readonly string[];
}

/** How a task ended, as far as others depend on it. */
export type TaskEnd = "ok" | "failed" | "skipped";

/** What {@linkcode schedule} is told. */
export interface ScheduleOptions {
  /** How many tasks may run at one time; at least 1. */
  jobs: number;
  /** After a failure: go on with what does not depend on it (`true`), or start nothing more. */
  keepGoing: boolean;
  /** Ended before: counted as done, not started. */
  done?: ReadonlyMap<string, TaskEnd>;
  /** When aborted, nothing more is started. */
  signal?: AbortSignal;
  /** Runs one task. A throw ends the whole schedule once the running tasks have ended. */
  start(id: string): Promise<"ok" | "failed">;
  /** Called for each task that will not run, with the reason as a sentence's end. */
  skip(id: string, reason: string): Promise<void>;
}

/**
 * Runs tasks as soon as all that they need is `ok`, at most `jobs` at a time, in the order
 * given among those that are ready. Returns how each ended. Time is linear in tasks and needs.
 *
 * @param tasks in an order where every task comes after its needs.
 */
export async function schedule(
  tasks: readonly Task[],
  options: ScheduleOptions,
): Promise<Map<string, TaskEnd>> {
  const ends = new Map<string, TaskEnd>(options.done);
  const open = tasks.filter((task) => !ends.has(task.id));
  const waitingFor = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  const ready: string[] = [];
  const running = new Map<string, Promise<void>>();
  let halted = false;
  let fault: { cause: unknown } | undefined;

  for (const task of open) {
    const missing = task.needs.filter((need) => ends.get(need) !== "ok");
    waitingFor.set(task.id, missing.length);
    for (const need of missing) {
      const list = dependents.get(need);
      if (list === undefined) dependents.set(need, [task.id]);
      else list.push(task.id);
    }
    if (missing.length === 0) ready.push(task.id);
  }

  const begin = (id: string) => {
    const work = options.start(id).then((end) => {
      ends.set(id, end);
      if (end === "failed" && !options.keepGoing) halted = true;
      if (end === "failed") return;
      for (const dependent of dependents.get(id) ?? []) {
        const left = waitingFor.get(dependent)! - 1;
        waitingFor.set(dependent, left);
        if (left === 0) ready.push(dependent);
      }
    }).catch((cause) => {
      fault ??= { cause };
      halted = true;
    }).finally(() => {
      running.delete(id);
    });
    running.set(id, work);
  };

  let next = 0;
  while (true) {
    while (
      !halted && !options.signal?.aborted && next < ready.length &&
      running.size < options.jobs
    ) begin(ready[next++]);
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (fault !== undefined) throw fault.cause;

  for (const task of open) {
    if (ends.has(task.id)) continue;
    ends.set(task.id, "skipped");
    await options.skip(task.id, reasonToSkip(task, ends, options));
  }
  return ends;
}

function reasonToSkip(
  task: Task,
  ends: ReadonlyMap<string, TaskEnd>,
  options: ScheduleOptions,
): string {
  for (const need of task.needs) {
    const end = ends.get(need);
    if (end === "failed") return `"${need}" failed`;
    if (end === "skipped") return `"${need}" did not run`;
  }
  if (options.signal?.aborted) return "the run was cancelled";
  return "another step failed";
}
