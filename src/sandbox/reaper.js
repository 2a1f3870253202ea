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
import { readText } from "./plain_files.js";
import { allProcesses } from "./process_tree.js";

const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x01000000;
const WNOTHREAD = 0x20000000;
const P_ALL = 0;
const POLLIN = 1;
const SYS_pidfd_open = 434;
/** Milliseconds in which other steps may wait for this one. */
const BRIEFLY = 3;
/** Where `siginfo_t` has `si_pid` on machines of 64 bits. */
const SI_PID = 16;
const SIGKILL = 9;

/** Reaps. */
export class Reaper {
  #libc;
  #waiting;
  #self;
  /** Children that somebody waits for by their number. */
  #awaited = new Set();
  /** Steps under bubblewrap, whose processes are children of the first thread as well. */
  #namespaced = 0;

  constructor(libc, waiting) {
    this.#libc = libc;
    this.#waiting = waiting;
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
    // Most are gone before another thread could have been asked to wait.
    this.#waitBriefly(pid);
    if (this.#libc.wait4(pid, status, WNOHANG, usage) === pid) {
      return readUsage(status, usage);
    }
    const waited = await this.#waiting.elsewhere(
      this.#libc.wait4_blocking(pid, status, 0, usage),
    );
    return waited === pid ? readUsage(status, usage) : null;
  }

  #waitBriefly(pid) {
    const fd = Number(this.#libc.pidfd_open(SYS_pidfd_open, pid, 0));
    if (fd < 0) return;
    const set = new Uint8Array(8);
    const view = new DataView(set.buffer);
    view.setInt32(0, fd, true);
    view.setUint16(4, POLLIN, true);
    this.#libc.poll_now(set, 1n, BRIEFLY);
    this.#libc.close(fd);
  }

  /**
   * Returns when no process is alive that the confined thread `worker` gave birth to: what those
   * used that had lost their parent, and whether there was none of anyone else.
   */
  async collectAllOf(worker) {
    const used = [];
    for (;;) {
      const next = this.#namespaced === 0 ? this.#nextDead() : null;
      if (next === "none") return { used, known: true };
      const dead = next === null ? [] : await bornBy(worker, [next]);
      const pids = dead.length > 0 ? dead : await this.leftBy(worker);
      if (pids.length === 0) return { used, known: false };
      for (const pid of pids) {
        const one = await this.collectOrphan(pid);
        if (one !== null) used.push(one);
      }
    }
  }

  /** A child that has ended and is not waited for yet; `null` where none has, "none" where there is no child. */
  #nextDead() {
    const info = new Uint8Array(128);
    const options = WNOHANG | WEXITED | WNOWAIT | WNOTHREAD;
    if (this.#libc.waitid(P_ALL, 0, info, options) !== 0) return "none";
    return new DataView(info.buffer).getInt32(SI_PID, true) || null;
  }

  /** Ends every child that nobody waits for. Only when no step runs. */
  async collectAll() {
    for (let pids = this.#orphans(); pids.length > 0; pids = this.#orphans()) {
      for (const pid of pids) await this.collectOrphan(pid);
    }
  }

  /**
   * The most that the launcher itself ever held, bytes: a started process begins with that as its
   * peak. Not `getrusage(2)`, which for the launcher too tells of who started it. The kernel counts
   * roughly where it has many processors, hence an eighth more.
   */
  ownPeak() {
    const status = readText(this.#libc, "/proc/self/status") ?? "";
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status);
    return peak === null ? Infinity : Number(peak[1]) * 1024 * 1.125;
  }

  #result(pid, wait) {
    const status = new Uint8Array(4);
    const usage = new Uint8Array(144);
    return wait(status, usage) === pid ? readUsage(status, usage) : null;
  }

  /** Processes that lost their parent and that the confined thread `worker` gave birth to. */
  leftBy(worker) {
    return bornBy(worker, this.#orphans());
  }

  /** Children that nobody waits for by number. */
  #orphans() {
    return allProcesses(this.#libc).filter(({ pid, parent }) =>
      parent === this.#self && !this.#awaited.has(pid)
    ).map(({ pid }) => pid);
  }
}

/** Those of some processes that the confined thread `worker` gave birth to. */
async function bornBy(worker, pids) {
  return (await worker.ask({ do: "mine", pids })).pids;
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
