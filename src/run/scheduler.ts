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

/** Why a task that was waiting for its turn does not get it: the schedule has come to its end. */
export class NoTurn extends Error {
  override name = "NoTurn";
}

/** What {@linkcode schedule} is told. */
export interface ScheduleOptions {
  /** How many tasks may run at one time; at least 1. */
  jobs: number;
  /** How many more may get ready meanwhile and wait for their turn; 0 where it is not given. */
  ahead?: number;
  /** After a failure: go on with what does not depend on it (`true`), or start nothing more. */
  keepGoing: boolean;
  /** Ended before: counted as done, not started. */
  done?: ReadonlyMap<string, TaskEnd>;
  /** When aborted, nothing more is started. */
  signal?: AbortSignal;
  /**
   * Runs one task. What others could see of it waits for `turn`, which is rejected with a
   * {@linkcode NoTurn} when the task is not to run after all: it then ends with that. Any other
   * throw ends the whole schedule once the running tasks have ended.
   */
  start(id: string, turn: Promise<void>): Promise<"ok" | "failed">;
  /** Called for each task that will not run, with the reason as a sentence's end. */
  skip(id: string, reason: string): Promise<void>;
}

interface Begun {
  work: Promise<void>;
  turn: PromiseWithResolvers<void>;
  hasTurn: boolean;
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
  const begun = new Map<string, Begun>();
  let running = 0;
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
    const turn = Promise.withResolvers<void>();
    // It may have failed before it asked for its turn.
    turn.promise.catch(() => {});
    const work = options.start(id, turn.promise).then((end) => {
      ends.set(id, end);
      if (end === "failed" && !options.keepGoing) halted = true;
      if (end === "failed") return;
      for (const dependent of dependents.get(id) ?? []) {
        const left = waitingFor.get(dependent)! - 1;
        waitingFor.set(dependent, left);
        if (left === 0) ready.push(dependent);
      }
    }).catch((cause) => {
      if (cause instanceof NoTurn) return;
      fault ??= { cause };
      halted = true;
    }).finally(() => {
      if (begun.get(id)!.hasTurn) running--;
      begun.delete(id);
    });
    begun.set(id, { work, turn, hasTurn: false });
  };
  const mayGoOn = () => !halted && !options.signal?.aborted;
  const giveTurns = () => {
    for (const one of begun.values()) {
      if (one.hasTurn) continue;
      if (!mayGoOn()) one.turn.reject(new NoTurn());
      else if (running < options.jobs) {
        running++;
        one.hasTurn = true;
        one.turn.resolve();
      }
    }
  };
  const most = options.jobs + (options.ahead ?? 0);

  let next = 0;
  while (true) {
    while (mayGoOn() && next < ready.length && begun.size < most) {
      begin(ready[next++]);
    }
    giveTurns();
    if (begun.size === 0) break;
    await Promise.race([...begun.values()].map(({ work }) => work));
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
