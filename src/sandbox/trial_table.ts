/**
 * What is tried of each backend, and by what it holds.
 *
 * @module
 */
import type { Backend } from "./confinement.ts";

/** One thing that a sandbox should stop. */
export interface Trial {
  id: string;
  /** What a step should not be able to do, in words. */
  what: string;
  /** By which mechanism each backend stops it; `null` where it says itself that it does not. */
  by: Record<Backend["name"], string | null>;
}

const seccomp = { bubblewrap: "seccomp", landlock: "seccomp" };

/** In the order in which they are shown. */
export const TRIALS: readonly Trial[] = [
  {
    id: "read",
    what: "read an undeclared file",
    by: { bubblewrap: "mount-namespace", landlock: "landlock-fs" },
  },
  {
    id: "write",
    what: "write outside",
    by: { bubblewrap: "mount-namespace", landlock: "landlock-fs" },
  },
  {
    id: "look",
    what: "see names and sizes of undeclared files",
    by: { bubblewrap: "mount-namespace", landlock: null },
  },
  {
    id: "processes",
    what: "see other processes",
    by: { bubblewrap: "pid-namespace", landlock: null },
  },
  {
    id: "environment",
    what: "read another process's environment",
    by: { bubblewrap: "pid-namespace", landlock: "landlock-fs" },
  },
  {
    id: "signal",
    what: "signal another process",
    by: { bubblewrap: "pid-namespace", landlock: "landlock-scope" },
  },
  {
    id: "memory",
    what: "read another process's memory",
    by: seccomp,
  },
  {
    id: "tcp",
    what: "reach a server of this machine by TCP",
    by: { bubblewrap: "network-namespace", landlock: "seccomp" },
  },
  {
    id: "udp",
    what: "reach it by UDP",
    by: { bubblewrap: "network-namespace", landlock: "seccomp" },
  },
  {
    id: "unix",
    what: "reach a socket of the file system",
    by: { bubblewrap: "mount-namespace", landlock: "seccomp" },
  },
  { id: "namespaces", what: "make a user namespace", by: seccomp },
  { id: "mounts", what: "mount", by: seccomp },
  { id: "keyring", what: "use the kernel's keys", by: seccomp },
  { id: "io_uring", what: "use io_uring", by: seccomp },
  { id: "bpf", what: "load BPF", by: seccomp },
  { id: "perf", what: "use perf events", by: seccomp },
  { id: "userfaultfd", what: "use userfaultfd", by: seccomp },
  { id: "terminal", what: "type into the terminal", by: seccomp },
  {
    id: "privileges",
    what: "gain privileges by a program",
    by: { bubblewrap: "no-new-privs", landlock: "no-new-privs" },
  },
  {
    id: "capabilities",
    what: "have capabilities",
    by: { bubblewrap: "no-capabilities", landlock: "no-capabilities" },
  },
];

/** Limits that are tried, with a step that exceeds each. */
export const LIMIT_TRIALS: readonly {
  limit:
    | "timeout"
    | "cpu"
    | "memory"
    | "processes"
    | "openFiles"
    | "fileSize"
    | "output";
  value: number;
  script: string;
}[] = [
  { limit: "timeout", value: 200, script: "sleep 5" },
  { limit: "output", value: 1000, script: "yes" },
  { limit: "cpu", value: 200, script: "while :; do :; done" },
  {
    limit: "memory",
    value: 48 * 1024 * 1024,
    script:
      "head -c 200000000 /dev/zero | tail -c 200000000 | { sleep 5; wc -c; }",
  },
  {
    limit: "processes",
    value: 8,
    script: "i=0; while [ $i -lt 20 ]; do sleep 5 & i=$((i+1)); done; wait",
  },
  {
    limit: "openFiles",
    value: 8,
    script:
      "exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null; while :; do :; done",
  },
  {
    limit: "fileSize",
    value: 64 * 1024,
    script: "head -c 200000 /dev/zero > big",
  },
];
