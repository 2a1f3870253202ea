/**
 * The processes of a step as `/proc` has them: who they are and what they use.
 *
 * Edge: FFI, files.
 *
 * @module
 */
import { namesIn, readText } from "./plain_files.js";

/** Ticks of a second in `/proc`, on every Linux (`USER_HZ`). */
const HERTZ = 100;
const PAGE = 4096;

/** Every process: `{ pid, parent, cpuMs, threads, bytes }`; `cpuMs` with its children that were waited for. */
export function allProcesses(libc) {
  return namesIn(libc, "/proc").filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readText(libc, `/proc/${name}/stat`);
      if (stat === null) return [];
      // The name may hold anything, so what follows its last bracket is read: state, parent, …
      const parts = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const ticks = parts.slice(11, 15).reduce(
        (sum, one) => sum + Number(one),
        0,
      );
      return [{
        pid: Number(name),
        parent: Number(parts[1]),
        cpuMs: ticks * 1000 / HERTZ,
        threads: Number(parts[17]),
        bytes: Number(parts[21]) * PAGE,
      }];
    });
}

/** Those that descend from one of `roots`, the roots included. */
export function descendants(processes, roots) {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const found = processes.filter(({ pid }) => roots.includes(pid));
  const seen = new Set(found.map(({ pid }) => pid));
  for (const { pid } of found) {
    for (const child of children.get(pid) ?? []) {
      if (!seen.has(child.pid)) found.push(child);
      seen.add(child.pid);
    }
  }
  return found;
}

/** How many descriptors a process has open; 0 where that cannot be seen. */
export function openFiles(libc, pid) {
  return namesIn(libc, `/proc/${pid}/fd`).length;
}

/** The memory of a process, what it shares counted in part, bytes; 0 where that cannot be seen. */
export function sharedFairly(libc, pid) {
  const text = readText(libc, `/proc/${pid}/smaps_rollup`) ?? "";
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}
