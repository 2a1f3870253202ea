/**
 * How the launcher waits: one `poll(2)` for all that is waited for.
 *
 * Where nothing but descriptors can bring news, its first thread sleeps in the kernel itself. To
 * hand each wait to another thread, and to be woken by that, would cost more than a small step.
 *
 * Edge: FFI.
 *
 * @module
 */

const POLLIN = 1;
/** `struct pollfd`: the descriptor, what is asked for, what there is. */
const POLLFD = 8;
const EFD_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;

/** Waits for descriptors. */
export class Waiting {
  #libc;
  /** `{ fds, until, resolve }`. */
  #waits = new Set();
  #isPolling = false;
  /** How many wait for another thread. */
  #elsewhere = 0;
  /** Wakes a thread that polls. */
  #bell;
  #isAway = false;

  constructor(libc) {
    this.#libc = libc;
    this.#bell = libc.eventfd(0, EFD_CLOEXEC_NONBLOCK);
    if (this.#bell < 0) throw new Error("eventfd failed");
  }

  /**
   * Which of some descriptors have bytes or have come to their end; none when `ms` milliseconds
   * have passed. A negative number stands for no descriptor. Timers may be late by that long.
   */
  ready(fds, ms = Infinity) {
    const { promise, resolve } = Promise.withResolvers();
    this.#waits.add({ fds, until: performance.now() + ms, resolve });
    if (this.#isAway) this.#ring();
    if (!this.#isPolling) this.#poll();
    return promise;
  }

  /** Waits for what another thread brings: the first one must not sleep meanwhile. */
  async elsewhere(promise) {
    this.#elsewhere++;
    try {
      return await promise;
    } finally {
      this.#elsewhere--;
    }
  }

  async #poll() {
    this.#isPolling = true;
    while (this.#waits.size > 0) {
      // Whoever can go on goes on first, and may wait again.
      await new Promise((resolve) => setImmediate(resolve));
      const waits = [...this.#waits];
      const set = pollSet([this.#bell, ...waits.flatMap(({ fds }) => fds)]);
      const count = BigInt(set.length / POLLFD);
      const timeout = timeoutOf(
        Math.min(...waits.map(({ until }) => until - performance.now())),
      );
      if (this.#elsewhere === 0) this.#libc.poll_now(set, count, timeout);
      else await this.#pollAway(set, count, timeout);
      const [, ...found] = readyIn(set);
      for (const wait of waits) {
        const ready = found.splice(0, wait.fds.length);
        if (!ready.includes(true) && performance.now() < wait.until) continue;
        this.#waits.delete(wait);
        wait.resolve(ready);
      }
    }
    this.#isPolling = false;
  }

  /** Another thread sleeps, and is woken when there is more to wait for. */
  async #pollAway(set, count, timeout) {
    this.#isAway = true;
    await this.#libc.poll(set, count, timeout);
    this.#isAway = false;
    this.#libc.read(this.#bell, new Uint8Array(8), 8n);
  }

  #ring() {
    const one = new Uint8Array(new BigUint64Array([1n]).buffer);
    this.#libc.write(this.#bell, one, 8n);
  }
}

/** As `poll(2)` has it: whole milliseconds, -1 without an end. */
function timeoutOf(ms) {
  return ms === Infinity ? -1 : Math.max(0, Math.ceil(ms));
}

function pollSet(fds) {
  const set = new Uint8Array(POLLFD * fds.length);
  const view = new DataView(set.buffer);
  fds.forEach((fd, at) => {
    view.setInt32(POLLFD * at, fd, true);
    view.setUint16(POLLFD * at + 4, POLLIN, true);
  });
  return set;
}

/** An error and a hang-up are told unasked, and are news too. */
function readyIn(set) {
  const view = new DataView(set.buffer);
  return Array.from(
    { length: set.length / POLLFD },
    (_, at) => view.getUint16(POLLFD * at + 6, true) !== 0,
  );
}
