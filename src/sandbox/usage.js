/**
 * What a step used, from what the kernel says of the processes that were waited for. A figure that
 * would not be the step's is `null`, with the reason.
 *
 * Figures are `{ user, system, peak }`, milliseconds and bytes, with notes by figure.
 *
 * @module
 */

const SIGKILL = 9;
const MIB = 1024 * 1024;
const NO_INNER = "the sandbox's first process could not be waited for";
const KILLED = "the kernel does not count what is killed with its sandbox";
const LEFT =
  "what was still running when the step ended, if anything, is not counted";
const NO_ORPHANS =
  "before ABI 6 of Landlock nobody can tell whose the processes are that lost their parent";

/**
 * `own` is bubblewrap's usage, `inner` that of its process 1, which waits for all others, or `null`;
 * `killed`: the step was ended. bubblewrap's own peak is the launcher's: a process begins with that
 * of who started it.
 */
export function usageInNamespaces(own, inner, killed) {
  if (inner === null || killed) {
    const why = killed ? KILLED : NO_INNER;
    return {
      ...{ user: null, system: null, peak: null },
      notes: { user: why, system: why, peak: why },
    };
  }
  return {
    ...sum(own, inner),
    peak: inner.peak,
    // It ends by itself once it has waited for all others, unless bubblewrap's end comes first.
    notes: (inner.status & 0x7f) === SIGKILL
      ? { user: LEFT, system: LEFT, peak: LEFT }
      : {},
  };
}

/**
 * `own` is the usage of the first process, `orphans` that of those that lost their parent, `known`
 * whether these are all; `floor` is the launcher's own peak, bytes.
 */
export function usageUnderLandlock(own, orphans, known, floor) {
  const { user, system, peak } = orphans.reduce(sum, own);
  const low = `it was not above that of the launcher (${
    Math.ceil(floor / MIB)
  } MiB), with which a process under Landlock begins`;
  return {
    user: known ? user : null,
    system: known ? system : null,
    peak: peak > floor ? peak : null,
    notes: {
      ...(known ? {} : { user: NO_ORPHANS, system: NO_ORPHANS }),
      ...(peak > floor ? {} : { peak: low }),
    },
  };
}

/** The usage as it is told, times to the microsecond: the kernel knows no more, and the rest is noise of sums. */
export function toldUsage({ user, system, peak, notes }, wallMs) {
  const names = { user: "userMs", system: "systemMs", peak: "peakMemoryBytes" };
  return {
    wallMs: toMicroseconds(wallMs),
    userMs: user === null ? null : toMicroseconds(user),
    systemMs: system === null ? null : toMicroseconds(system),
    peakMemoryBytes: peak,
    notes: Object.fromEntries(
      Object.entries(notes).map(([name, note]) => [names[name], note]),
    ),
  };
}

function toMicroseconds(ms) {
  return Math.round(ms * 1000) / 1000;
}

function sum(one, other) {
  return {
    user: one.user + other.user,
    system: one.system + other.system,
    peak: Math.max(one.peak, other.peak),
  };
}
