/**
 * The launcher: the one process of a run that starts steps, and does nothing else.
 *
 * It is started with no permission but FFI and with an empty environment, takes launches on
 * standard input and gives output and ends on standard output (`frames.js`). When the runner
 * goes away it kills every step and ends.
 *
 * Edge: FFI, processes, standard streams, the end of this process.
 *
 * @module
 */
import { Cgroups } from "./cgroups.js";
import { decodeFrames, encodeFrame, FRAME } from "./frames.js";
import { KernelWorkers } from "./kernel_workers.js";
import { LaunchedStep } from "./launched_step.js";
import { openLibc } from "./libc.js";
import { Reaper } from "./reaper.js";
import { Waiting } from "./waiting.js";

const SYS_landlock_create_ruleset = 444;
const LANDLOCK_CREATE_RULESET_VERSION = 1;
const PR_SET_CHILD_SUBREAPER = 36;
const CLOSE_RANGE_CLOEXEC = 4;
const RLIMIT_CORE = 4;
const RLIMIT_NOFILE = 7;
const IGNORED = [1, 2, 3, 13, 15]; // HUP, INT, QUIT, PIPE, TERM: the runner says when to end
const MOST_FILES = 65536n;
const POLLOUT = 4;
const STDIN = 0;
const CHUNK = 65536;
/** So much a pipe takes as a whole or not at all: POSIX's `PIPE_BUF` on Linux. */
const PIPE_BUF = 4096;

const libc = openLibc();
settle();
const waiting = new Waiting(libc);
const host = {
  libc,
  waiting,
  workers: new KernelWorkers(libc, waiting),
  reaper: new Reaper(libc, waiting),
  cgroups: new Cgroups(libc),
};
const steps = new Map();
const json = (value) => new TextEncoder().encode(JSON.stringify(value));
let written = Promise.resolve();
let queued = 0;

send(
  FRAME.ready,
  0,
  json({ landlock: landlockAbi(), cgroups: host.cgroups.offer }),
);
try {
  for await (const { kind, step, payload } of decodeFrames(input())) {
    if (kind === FRAME.start) run(step, payload);
    else if (kind === FRAME.open) steps.get(step)?.open();
    else if (kind === FRAME.abort) steps.get(step)?.kill(null);
  }
} finally {
  for (const step of steps.values()) step.kill(null);
  await Promise.all([...steps.values()].map(({ ended }) => ended));
  await host.reaper.collectAll();
  Deno.exit(0);
}

/** What the runner says, until it is gone. */
async function* input() {
  const buffer = new Uint8Array(CHUNK);
  for (;;) {
    await waiting.ready([STDIN]);
    const count = Number(libc.read(STDIN, buffer, BigInt(CHUNK)));
    if (count <= 0) return;
    yield buffer.slice(0, count);
  }
}

/** What every step inherits, or must not. */
function settle() {
  const lower = (which, most) => {
    const limit = new BigUint64Array(2);
    const bytes = new Uint8Array(limit.buffer);
    libc.getrlimit(which, bytes);
    if (limit[0] > most) limit[0] = most;
    libc.setrlimit(which, bytes);
  };
  libc.setsid();
  libc.umask(0o022);
  for (const signal of IGNORED) libc.signal(signal, 1n);
  lower(RLIMIT_CORE, 0n);
  // Deno raises it as far as it goes; tools that walk all numbers take seconds then.
  lower(RLIMIT_NOFILE, MOST_FILES);
  if (
    libc.close_range(3, 0xffffffff, CLOSE_RANGE_CLOEXEC) !== 0 ||
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) !== 0
  ) throw new Error("the launcher could not set itself up");
}

function landlockAbi() {
  const abi = Number(libc.landlock_create_ruleset(
    SYS_landlock_create_ruleset,
    null,
    0,
    LANDLOCK_CREATE_RULESET_VERSION,
  ));
  return Math.max(0, abi);
}

/** Frames leave in order; who sends waits until the runner has taken them. */
function send(kind, id, payload) {
  const frame = encodeFrame(kind, id, payload);
  if (queued === 0 && frame.length <= PIPE_BUF && hasRoom()) {
    if (Number(libc.write(1, frame, BigInt(frame.length))) === frame.length) {
      return written;
    }
  }
  queued++;
  written = waiting.elsewhere(written.then(() => writeAll(frame)))
    // Without the runner there is nobody to tell; its silence on standard input ends all.
    .catch(() => {}).finally(() => queued--);
  return written;
}

/** Whether standard output takes what a pipe takes as a whole, at once. */
function hasRoom() {
  const set = new Uint8Array(8);
  const view = new DataView(set.buffer);
  view.setInt32(0, 1, true);
  view.setUint16(4, POLLOUT, true);
  return libc.poll_now(set, 1n, 0) === 1 &&
    view.getUint16(6, true) === POLLOUT;
}

async function writeAll(frame) {
  while (frame.length > 0) {
    frame = frame.subarray(await Deno.stdout.write(frame));
  }
}

function run(id, payload) {
  const line = payload.indexOf(10);
  const { launch, limits, secrets, input } = JSON.parse(
    new TextDecoder().decode(payload.subarray(0, line)),
  );
  const step = new LaunchedStep(
    host,
    launch,
    limits,
    secrets,
    (stream, chunk) => send(FRAME[stream], id, chunk),
  );
  steps.set(id, step);
  step.ended = step.run(input ? payload.subarray(line + 1) : null).then(
    (end) => send(FRAME.exited, id, json(end)),
    (error) => send(FRAME.refused, id, json({ message: error.message })),
  ).finally(async () => {
    steps.delete(id);
    // Before ABI 6 nobody can tell whose they are, so they are ended when no step is left.
    if (steps.size === 0 && launch.kernel !== null && launch.kernel.abi < 6) {
      await host.reaper.collectAll();
    }
  });
}
