/**
 * The seccomp filter of a step, as bytes.
 *
 * A list of what is denied, not of what is allowed: unknown tools must run, and what the
 * list misses still meets the namespaces or Landlock.
 *
 * @module
 */
import { encodeBase64 } from "@std/encoding/base64";
import { assembleBpf, type BpfLine } from "./bpf.ts";
import {
  type Arch,
  AUDIT_ARCH,
  DENIED,
  numberOf,
  numbersOf,
  SHARED,
  X32_BIT,
} from "./syscalls.ts";

/** What a filter is made for. */
export interface SeccompOptions {
  arch: Arch;
  /** Sockets of IPv4 and IPv6. */
  inet: boolean;
  /** Sockets of the file system. Harmless only where the step has a network of its own. */
  unix: boolean;
  /** The step shares IPC and process ids with the machine, so both need rules of their own. */
  shared: boolean;
  /** Landlock cannot hold `truncate` (ABI 1 and 2). */
  truncate: boolean;
}

const ERRNO = 0x00050000;
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const NUMBER = 0;
const ARCHITECTURE = 4;
/** Offset of the low half of an argument: both architectures are little-endian. */
const argument = (index: number): number => 16 + 8 * index;
const highHalf = (index: number): number => argument(index) + 4;

/** CLONE_NEW{CGROUP,UTS,IPC,USER,PID,NET} and CLONE_NEWNS of `linux/sched.h`. */
const NEW_NAMESPACES = 0x7e020000;
/** CLONE_NEWTIME, which only `unshare` takes: in `clone` the bit is part of the exit signal. */
const NEW_TIME = 0x80;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;

const made = new Map<string, string>();

/** The filter of {@linkcode seccompFilter} as base64, made once for all steps that are alike in this. */
export function seccompText(options: SeccompOptions): string {
  const key = JSON.stringify(options);
  let text = made.get(key);
  if (text === undefined) {
    made.set(key, text = encodeBase64(seccompFilter(options)));
  }
  return text;
}

/** A call by its number, and where the filter goes on with it. */
interface Judged {
  value: number;
  label: string;
}

/** So many numbers are compared one after the other. */
const FEW = 4;

/**
 * Finds the number that was loaded among some, and allows what is none of them. By halves: the kernel
 * runs a new filter once for each call that there is, to know which ones it need not ask about again.
 */
function search(judged: readonly Judged[]): BpfLine[] {
  const sorted = judged.toSorted((a, b) => a.value - b.value);
  if (sorted.length <= FEW) {
    return [
      ...sorted.map(({ value, label }): BpfLine => ({
        test: "equal",
        value,
        yes: label,
      })),
      { give: ALLOW },
    ];
  }
  const upper = sorted.splice(sorted.length >> 1);
  const { value } = upper[0];
  return [
    { test: "above", value, yes: `from ${value}` },
    ...search(sorted),
    { label: `from ${value}` },
    ...search(upper),
  ];
}

/**
 * The filter: `struct sock_filter[]`. A call of another architecture (or of x32) kills the
 * process; what is denied gives `EPERM`; `clone3`, whose flags a filter cannot see, gives
 * `ENOSYS`, upon which every C library falls back to `clone`.
 */
export function seccompFilter(
  options: SeccompOptions,
): Uint8Array<ArrayBuffer> {
  const { arch } = options;
  const denied = [
    ...numbersOf(DENIED, arch),
    ...(options.shared ? numbersOf(SHARED, arch) : []),
    ...(options.truncate ? [] : [numberOf("truncate", arch)]),
  ];
  const on = (name: Parameters<typeof numberOf>[0], label: string): Judged => ({
    value: numberOf(name, arch),
    label,
  });
  const lines: BpfLine[] = [
    { load: ARCHITECTURE },
    { test: "equal", value: AUDIT_ARCH[arch], no: "kill" },
    { load: NUMBER },
    ...(arch === "x86_64"
      ? [{ test: "above", value: X32_BIT, yes: "kill" } as const]
      : []),
    ...search([
      on("clone", "clone"),
      on("clone3", "no such call"),
      on("unshare", "unshare"),
      on("ioctl", "ioctl"),
      on("socket", "socket"),
      on("socketpair", "socketpair"),
      ...(options.shared ? [on("prlimit64", "prlimit")] : []),
      ...denied.map((value) => ({ value, label: "deny" })),
    ]),

    { label: "clone" },
    { load: argument(0) },
    { test: "any", value: NEW_NAMESPACES, yes: "deny", no: "allow" },

    { label: "unshare" },
    { load: argument(0) },
    {
      test: "any",
      value: NEW_NAMESPACES | NEW_TIME,
      yes: "deny",
      no: "allow",
    },

    { label: "ioctl" },
    // The kernel takes the command as 32 bits, so the low half is all of it.
    { load: argument(1) },
    { test: "equal", value: TIOCSTI, yes: "deny" },
    { test: "equal", value: TIOCLINUX, yes: "deny", no: "allow" },

    { label: "socket" },
    { load: argument(0) },
    { test: "equal", value: AF_UNIX, yes: options.unix ? "allow" : "deny" },
    { test: "equal", value: AF_INET, yes: options.inet ? "allow" : "deny" },
    { test: "equal", value: AF_INET6, yes: options.inet ? "allow" : "deny" },
    { test: "equal", value: AF_NETLINK, no: "no such family" },
    { load: argument(2) },
    { test: "equal", value: NETLINK_ROUTE, yes: "allow", no: "deny" },

    { label: "socketpair" },
    { load: argument(0) },
    { test: "equal", value: AF_UNIX, yes: "allow", no: "no such family" },

    { label: "prlimit" },
    // Limits of oneself only: the runner has the same user id.
    { load: argument(0) },
    { test: "equal", value: 0, no: "deny" },
    { load: highHalf(0) },
    { test: "equal", value: 0, yes: "allow", no: "deny" },

    { label: "allow" },
    { give: ALLOW },
    { label: "deny" },
    { give: ERRNO | EPERM },
    { label: "no such call" },
    { give: ERRNO | ENOSYS },
    { label: "no such family" },
    { give: ERRNO | EAFNOSUPPORT },
    { label: "kill" },
    { give: KILL_PROCESS },
  ];
  return assembleBpf(lines);
}
