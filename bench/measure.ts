/**
 * Times whole processes in turn, so that a noisy machine disturbs all of them alike.
 *
 * @module
 */

/** A command to time. */
export interface Subject {
  name: string;
  command: string[];
  cwd?: string;
  env?: Record<string, string>;
  /** The exit status that it must have; 0 where absent. */
  exit?: number;
}

/** Medians in milliseconds, by name; each subject is run once unmeasured, then `rounds` times in turn. */
export async function measure(
  subjects: readonly Subject[],
  rounds: number,
): Promise<Map<string, number>> {
  const times = await measureRounds(subjects, rounds);
  return new Map([...times].map(([name, each]) => [name, median(each)]));
}

/** The same, all times in the order of the rounds. */
export async function measureRounds(
  subjects: readonly Subject[],
  rounds: number,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(
    subjects.map(({ name }) => [name, []]),
  );
  for (let round = -1; round < rounds; round++) {
    for (const subject of subjects) {
      const ms = await once(subject);
      if (round >= 0) times.get(subject.name)!.push(ms);
    }
  }
  return times;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function once({ name, command, cwd, env, exit = 0 }: Subject) {
  const [program, ...args] = command;
  const start = performance.now();
  const { code, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const ms = performance.now() - start;
  if (code !== exit) {
    throw new Error(
      `Cannot time "${name}": it ended with ${code}: ${
        new TextDecoder().decode(stderr)
      }`,
    );
  }
  return ms;
}
