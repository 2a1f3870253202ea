/**
 * Waiting for processes, those included that a step left behind.
 *
 * The launcher is a subreaper: whoever loses its parent becomes a child of its first thread,
 * while steps under Landlock are children of the thread that started them.
 *
 * Edge: FFI, processes.
 *
 * @module
 */
import { allProcesses } from "./process_tree.js";

const WNOHANG = 1;
const WNOTHREAD = 0x20000000;
const SIGKILL = 9;

/** Reaps. */
export class Reaper {
  #libc;
  #self;
  /** Children that somebody waits for by their number. */
  #awaited = new Set();
  /** Steps under bubblewrap, whose processes are children of the first thread as well. */
  #namespaced = 0;

  constructor(libc) {
    this.#libc = libc;
    this.#self = libc.getpid();
  }

  expect(pid, namespaced) {
    this.#awaited.add(pid);
    if (namespaced) this.#namespaced++;
  }

  /** To be called when nothing of the step is waited for any more. */
  forget(pid, namespaced) {
    this.#awaited.delete(pid);
    if (namespaced) this.#namespaced--;
  }

  /** Waits for a child that has ended: its status and usage, or `null` when it is no child. */
  collect(pid) {
    return this.#result(
      pid,
      (status, usage) => this.#libc.wait4(pid, status, 0, usage),
    );
  }

  /** Ends an orphan that fell to the launcher, and waits; `null` when its parent had reaped it. */
  async collectOrphan(pid) {
    const status = new Uint8Array(4);
    const usage = new Uint8Array(144);
    const found = this.#libc.wait4(pid, status, WNOHANG, usage);
    if (found === pid) return readUsage(status, usage);
    if (found !== 0) return null;
    this.#libc.kill(pid, SIGKILL);
    const waited = await this.#libc.wait4_blocking(pid, status, 0, usage);
    return waited === pid ? readUsage(status, usage) : null;
  }

  /** Returns when no process is alive that the confined thread `worker` gave birth to. */
  async collectAllOf(worker) {
    const status = new Uint8Array(4);
    const usage = new Uint8Array(144);
    while (this.#namespaced === 0) {
      const pid = this.#libc.wait4(-1, status, WNOHANG | WNOTHREAD, usage);
      if (pid < 0) return;
      if (pid === 0) break;
    }
    for (;;) {
      const pids = await this.leftBy(worker);
      if (pids.length === 0) return;
      for (const pid of pids) await this.collectOrphan(pid);
    }
  }

  /** Ends every child that nobody waits for. Only when no step runs. */
  async collectAll() {
    for (let pids = this.#orphans(); pids.length > 0; pids = this.#orphans()) {
      for (const pid of pids) await this.collectOrphan(pid);
    }
  }

  /** The most that the launcher itself ever held, bytes: a started process begins with its parent's peak. */
  ownPeak() {
    const usage = new Uint8Array(144);
    this.#libc.getrusage(0, usage);
    return readUsage(new Uint8Array(4), usage).peak;
  }

  #result(pid, wait) {
    const status = new Uint8Array(4);
    const usage = new Uint8Array(144);
    return wait(status, usage) === pid ? readUsage(status, usage) : null;
  }

  /** Processes that lost their parent and that the confined thread `worker` gave birth to. */
  async leftBy(worker) {
    const { pids } = await worker.ask({ do: "mine", pids: this.#orphans() });
    return pids;
  }

  /** Children that nobody waits for by number. */
  #orphans() {
    return allProcesses(this.#libc).filter(({ pid, parent }) =>
      parent === this.#self && !this.#awaited.has(pid)
    ).map(({ pid }) => pid);
  }
}

/** `struct rusage`: times in milliseconds, memory in bytes. */
function readUsage(status, usage) {
  const view = new DataView(usage.buffer);
  const time = (at) =>
    Number(view.getBigInt64(at, true)) * 1000 +
    Number(view.getBigInt64(at + 8, true)) / 1000;
  return {
    status: new DataView(status.buffer).getInt32(0, true),
    user: time(0),
    system: time(16),
    peak: Number(view.getBigInt64(32, true)) * 1024,
  };
}
