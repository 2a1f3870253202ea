/**
 * Who is around a step: the bystander outside, and a neighbour in a sandbox of its own.
 *
 * @module
 */
import { type Bench, processesWith } from "../support/sandbox.ts";
import type { Bystander } from "./act.ts";
import { beside, PLAIN } from "./needs.ts";
import { NUMBERS } from "./numbers.ts";

/** What no step is given. It is in the bystander's environment, memory and file. */
export const SECRET = "not-given-to-any-step";

/** The bystander; it ends once, and gives what it heard. */
export interface Running extends AsyncDisposable {
  bystander: Bystander;
  env: Record<string, string>;
  end(): Promise<string[]>;
}

/** Starts the process that acts try to reach. */
export async function startBystander(outside: string): Promise<Running> {
  const [program, ...before] = [...PLAIN, "/usr/bin/perl"];
  const child = new Deno.Command(program, {
    args: [
      ...before,
      beside("bystander.pl"),
      outside,
      `${NUMBERS.mq_open}`,
      `${NUMBERS.mq_unlink}`,
      `${NUMBERS.prctl}`,
    ],
    env: { WRIT_SECRET: SECRET },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const said = linesOf(child.stdout);
  const first = (await said.next()).value;
  if (first === undefined) throw new Error("there is no bystander");
  const bystander: Bystander = JSON.parse(first);
  let heard: Promise<string[]> | null = null;
  const end = () => heard ??= listen();
  const listen = async () => {
    try {
      child.kill("SIGTERM");
    } catch (error) {
      // An act that ended it is told by what it then does not say.
      if (!(error instanceof TypeError)) throw error;
    }
    const all = await Array.fromAsync(said);
    await child.status;
    return all;
  };
  const { pid, port, port6, abstract, address, key, fd } = bystander;
  return {
    bystander,
    env: Object.fromEntries(
      Object.entries({
        ...{ OUT: outside, PID: pid, PORT: port, PORT6: port6, FD: fd },
        ...{ ABSTRACT: abstract, ADDRESS: address, KEY: key },
        RUNNER: Deno.pid,
      }).map(([name, value]) => [name, `${value}`]),
    ),
    end,
    [Symbol.asyncDispose]: async () => void await end(),
  };
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\n");
    text = parts.pop()!;
    yield* parts;
  }
}

/** Sleeps with the secret in its environment. Its command line holds a number of its own. */
const sleeper = () => {
  const seconds = `5${Deno.pid}.${
    crypto.getRandomValues(new Uint32Array(1))[0]
  }`;
  return { seconds, argv: ["/bin/sh", "-c", `echo up; exec sleep ${seconds}`] };
};

/** Ends the process beside a step. */
export interface Beside extends AsyncDisposable {
  env: { NEIGHBOUR: string };
}

/** Another step of the same launcher. */
export async function stepBeside(bench: Bench): Promise<Beside> {
  const { seconds, argv } = sleeper();
  const stop = new AbortController();
  const up = Promise.withResolvers<void>();
  const ended = bench.run(argv, { env: { WRIT_SECRET: SECRET } }, {
    signal: stop.signal,
    seen: () => up.resolve(),
  });
  await Promise.race([up.promise, ended]);
  return besides(await pidOf(seconds), async () => {
    stop.abort();
    await ended;
  });
}

/** The same without a sandbox. */
export function processBeside(): Beside {
  const { seconds } = sleeper();
  const child = new Deno.Command("sleep", {
    args: [seconds],
    env: { WRIT_SECRET: SECRET },
    stdin: "null",
  }).spawn();
  return besides(child.pid, async () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await child.status;
  });
}

function besides(pid: number, end: () => Promise<void>): Beside {
  return { env: { NEIGHBOUR: `${pid}` }, [Symbol.asyncDispose]: end };
}

async function pidOf(seconds: string): Promise<number> {
  for (;;) {
    // The shell that becomes it has the number in its command line too.
    const [pid] = await processesWith(`sleep\0${seconds}`);
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
