/**
 * The runner's side of the launcher: starts it, hands it launches, passes on what comes back.
 *
 * Edge: processes.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Launch, StepLimits } from "./confinement.ts";
import { decodeFrames, encodeFrame, FRAME } from "./frames.js";
import { signalName } from "./signals.ts";
import { startProgram } from "./start_program.ts";

/** How a launcher is started. */
export interface LauncherOptions {
  /** The Deno that runs it; the runner's own where absent. */
  deno?: string;
}

/** Where a step's bytes come from and go to, and what bounds it. */
export interface LaunchIo {
  /** `null` is `/dev/null`. */
  stdin: Uint8Array | null;
  /** Called in order; the step waits while the promise is pending. */
  stdout(chunk: Uint8Array): void | Promise<void>;
  stderr(chunk: Uint8Array): void | Promise<void>;
  /** What a Deno step's runtime tells of the step's permissions. */
  audit(chunk: Uint8Array): void;
  limits: StepLimits;
  /** The values of the launch's secrets, by name. */
  secrets: ReadonlyMap<string, string>;
  /** Ends the step. */
  signal?: AbortSignal;
  /**
   * What must have happened before anything of the step runs; where it rejects, nothing ever does.
   * Under bubblewrap the sandbox is built meanwhile. Unset, the step begins at once.
   */
  gate?: Promise<unknown>;
}

/** How a step ended, after every process that it started was gone. */
export interface Exited {
  /** Under bubblewrap a signal's death is 128 and its number. */
  exit: number | null;
  /** `SIGKILL` too when a limit or the caller ended it. */
  signal: string | null;
  /** `limit.timeout`, `limit.memory`, …: those that were exceeded. */
  limits: string[];
  usage: {
    wallMs: number;
    userMs: number | null;
    systemMs: number | null;
    /** Of the process that used most. */
    peakMemoryBytes: number | null;
    /** Why a figure is `null`, or what it leaves out. */
    notes: Partial<
      Record<"userMs" | "systemMs" | "peakMemoryBytes", string>
    >;
  };
  /**
   * Nothing of the step is left, and the folders that it could write in carry what they did before
   * it (mode, owner, flags, extended attributes): once they are emptied they can serve again.
   */
  reusable: boolean;
  /** Which streams the output limit cut off. */
  truncated: { stdout: boolean; stderr: boolean };
}

/** What a launcher found on its machine. */
export interface KernelOffer {
  /** Landlock's ABI; 0 without Landlock. */
  landlock: number;
  /** The version of cgroups in which it can bound a step's memory and processes; `null` where in none. */
  cgroups: { memory: 1 | 2 | null; processes: 1 | 2 | null };
}

/** A running launcher. */
export interface Launcher {
  /** What the kernel offers here. */
  readonly offer: KernelOffer;
  /**
   * Starts a step and waits until it and all that it left is gone. Many may run at once.
   *
   * @throws {WritError} `sandbox.launch` when the step was not started as asked, or when that is not known
   * @throws what the gate was rejected with
   */
  spawn(launch: Launch, io: LaunchIo): Promise<Exited>;
  /** Kills what still runs and ends the launcher. */
  close(): Promise<void>;
}

interface Waiting {
  io: LaunchIo;
  /** The step's process, which leads a group; `null` before it started. */
  pid: number | null;
  /** Its output could not be taken; it is being ended for that. */
  fault: { error: unknown } | null;
  abort(): void;
  resolve(exited: Exited): void;
  reject(error: unknown): void;
}

/**
 * Starts a launcher.
 *
 * @throws {WritError} `sandbox.unavailable` when it does not start: not on Linux, no C library with what it needs.
 */
export async function startLauncher(
  options: LauncherOptions = {},
): Promise<Launcher> {
  const child = startProgram("./launcher.js", {
    permissions: ["--allow-ffi"],
    deno: options.deno,
  });
  const complaint = lastWords(child.stderr);
  const frames = decodeFrames(child.stdout);
  const first = await frames.next().catch((cause) => ({ done: true, cause }));
  if (first.done || !("value" in first) || first.value?.kind !== FRAME.ready) {
    throw new WritError(
      "sandbox.unavailable",
      `Cannot start the launcher: ${await complaint || "it said nothing"}`,
      { hint: "It needs Linux and glibc 2.34 or newer" },
    );
  }
  const offer = JSON.parse(new TextDecoder().decode(first.value.payload));
  return new Connection(child, frames, complaint, offer);
}

type Frames = ReturnType<typeof decodeFrames>;

class Connection implements Launcher {
  readonly offer: KernelOffer;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #done: Promise<void>;
  #next = 1;
  #gone: WritError | null = null;

  constructor(
    child: Deno.ChildProcess,
    frames: Frames,
    complaint: Promise<string>,
    offer: KernelOffer,
  ) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.offer = offer;
    this.#done = this.#receive(frames, complaint);
  }

  async spawn(launch: Launch, io: LaunchIo): Promise<Exited> {
    requireText(launch);
    if (this.#gone !== null) throw this.#gone;
    const id = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<Exited>();
    const abort = () => void this.#send(FRAME.abort, id, new Uint8Array(0));
    this.#waiting.set(id, {
      io,
      pid: null,
      fault: null,
      abort,
      resolve,
      reject,
    });
    io.signal?.addEventListener("abort", abort);
    // Both may fail while the other is waited for.
    promise.catch(() => {});
    io.gate?.catch(() => {});
    try {
      if (launch.seccompFd === null) await io.gate;
      const head = new TextEncoder().encode(
        JSON.stringify({
          launch,
          limits: io.limits,
          secrets: Object.fromEntries(io.secrets),
          input: io.stdin !== null,
        }) + "\n",
      );
      const payload = new Uint8Array(head.length + (io.stdin?.length ?? 0));
      payload.set(head);
      payload.set(io.stdin ?? new Uint8Array(0), head.length);
      await this.#send(FRAME.start, id, payload);
      // An abort of before is told too: only the launcher knows whether anything was started.
      if (io.signal?.aborted) abort();
      if (launch.seccompFd !== null) {
        await this.#open(id, io.gate, promise);
      }
      return await promise;
    } finally {
      io.signal?.removeEventListener("abort", abort);
      this.#waiting.delete(id);
    }
  }

  /** Waits at the gate of a step; what is behind one that does not open is ended. */
  async #open(
    id: number,
    gate: Promise<unknown> | undefined,
    ended: Promise<Exited>,
  ): Promise<void> {
    try {
      await gate;
    } catch (error) {
      await this.#send(FRAME.abort, id, new Uint8Array(0));
      await ended.catch(() => {});
      throw error;
    }
    await this.#send(FRAME.open, id, new Uint8Array(0));
  }

  async close(): Promise<void> {
    // The launcher takes the end of its input as the runner's death, and ends.
    await this.#writer.close().catch(() => {});
    await this.#done;
    await this.#child.status;
  }

  /** A launcher that is gone is told by the end of its output, to all who wait. */
  async #send(kind: number, id: number, payload: Uint8Array): Promise<void> {
    await this.#writer.write(encodeFrame(kind, id, payload)).catch(() => {});
  }

  async #receive(frames: Frames, complaint: Promise<string>): Promise<void> {
    let cause: unknown;
    try {
      for await (const { kind, step, payload } of frames) {
        const waiting = this.#waiting.get(step);
        if (waiting !== undefined) await deliver(waiting, kind, payload);
      }
    } catch (error) {
      cause = error;
      // One that cannot be understood has to end, with all that it runs.
      await this.#writer.close().catch(() => {});
    }
    const words = await complaint;
    const { signal, code } = await this.#child.status;
    this.#gone = new WritError(
      "sandbox.launch",
      `Cannot run the step: the launcher ended by ${
        signal ?? `itself (exit ${code})`
      }${words && `: ${words}`}`,
      { cause },
    );
    for (const { pid, reject } of this.#waiting.values()) {
      if (pid !== null) killGroup(pid);
      reject(this.#gone);
    }
  }
}

/** What bubblewrap started dies with the launcher; a step under Landlock has to be told. */
function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Who takes what a step tells; `null` for what the launcher tells of it. */
function taker(io: LaunchIo, kind: number) {
  switch (kind) {
    case FRAME.stdout:
      return io.stdout;
    case FRAME.stderr:
      return io.stderr;
    case FRAME.audit:
      return io.audit;
    default:
      return null;
  }
}

async function deliver(
  waiting: Waiting,
  kind: number,
  payload: Uint8Array,
): Promise<void> {
  const { io, abort, resolve, reject } = waiting;
  if (kind === FRAME.started) {
    waiting.pid = Number(new TextDecoder().decode(payload));
    return;
  }
  const take = taker(io, kind);
  if (take !== null) {
    // What it prints after a fault is nobody's.
    if (waiting.fault !== null) return;
    try {
      await take(payload);
    } catch (error) {
      waiting.fault = { error };
      abort();
    }
    return;
  }
  if (waiting.fault !== null) return reject(waiting.fault.error);
  const body = JSON.parse(new TextDecoder().decode(payload));
  if (kind === FRAME.exited) {
    const { signal, ...rest } = body;
    resolve({ ...rest, signal: signal === null ? null : signalName(signal) });
  } else {
    reject(
      new WritError(
        "sandbox.launch",
        `Cannot start the step: ${body.message}`,
      ),
    );
  }
}

/** A text for C ends at its first NUL: what would be started is not what was approved. */
function requireText(launch: Launch): void {
  const texts = [
    launch.program,
    launch.cwd,
    ...launch.argv,
    ...Object.entries(launch.env).flat(),
  ];
  if (
    texts.some((text) => text.includes("\0") || !text.isWellFormed()) ||
    Object.keys(launch.env).some((name) => name === "" || name.includes("="))
  ) {
    throw new WritError(
      "sandbox.launch",
      "Cannot start the step: an argument or variable holds what C cannot (NUL, lone surrogates, = in a name)",
    );
  }
}

/** The last of what a stream holds, when it has ended. */
async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  let words = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    words = (words + text).slice(-2000);
  }
  return words.trim();
}
