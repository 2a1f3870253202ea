/**
 * Looks after the limits of a running step that the kernel does not hold for the step as a whole,
 * or holds without ending it.
 *
 * Edge: FFI, clock.
 *
 * @module
 */
import {
  allProcesses,
  descendants,
  openFiles,
  sharedFairly,
} from "./process_tree.js";

/** Milliseconds between two looks. */
const EVERY = 50;

/** Watches one step until it is stopped. */
export class StepWatch {
  #libc;
  #limits;
  #group;
  #roots;
  #over;
  #timer = null;
  #stopped = false;

  /**
   * `limits` are those of the launch, `group` its cgroup or `null`. `roots()` gives `{ roots, init }`:
   * the processes that the step began with and those that lost their parent, and the one among them
   * that is the sandbox's own, or `null`. `over(names)` is told what was exceeded.
   */
  constructor(libc, limits, group, roots, over) {
    this.#libc = libc;
    this.#limits = limits;
    this.#group = group;
    this.#roots = roots;
    this.#over = over;
  }

  /** Begins to look, where there is something to look at. */
  start() {
    const { cpu, openFiles, memory, processes } = this.#limits;
    if ([cpu, openFiles, memory, processes].every((limit) => limit === null)) {
      return;
    }
    const tick = async () => {
      const over = await this.look();
      if (this.#stopped) return;
      if (over.length > 0) this.#over(over);
      this.#timer = setTimeout(tick, EVERY);
    };
    this.#timer = setTimeout(tick, EVERY);
  }

  /** No look afterwards ends the step. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The limits that are exceeded now. */
  async look() {
    const { cpu, openFiles: mostFiles, memory, processes } = this.#limits;
    const over = this.#group?.met() ?? [];
    const mostBytes = this.#group?.holds("memory") ? null : memory;
    const mostThreads = this.#group?.holds("processes") ? null : processes;
    if (
      [cpu, mostFiles, mostBytes, mostThreads].every((limit) => limit === null)
    ) return over;
    const { roots, init } = await this.#roots();
    const tree = descendants(allProcesses(this.#libc), roots);
    const sum = (each) => tree.reduce((total, one) => total + each(one), 0);
    if (cpu !== null && sum(({ cpuMs }) => cpuMs) > cpu) over.push("cpu");
    if (
      mostThreads !== null &&
      sum(({ pid, threads }) => pid === init ? 0 : threads) > mostThreads
    ) over.push("processes");
    if (
      mostBytes !== null && sum(({ bytes }) => bytes) > mostBytes &&
      // Shared pages were counted once for each who has them: that was a first guess.
      sum(({ pid }) => sharedFairly(this.#libc, pid)) > mostBytes
    ) over.push("memory");
    if (
      mostFiles !== null &&
      tree.some(({ pid }) => openFiles(this.#libc, pid) > mostFiles)
    ) over.push("openFiles");
    return over;
  }
}
