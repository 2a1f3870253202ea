/**
 * The confined threads of the launcher. One serves one step at a time, and again only for
 * the very same rules over the very same folders: a thread cannot be given other ones.
 *
 * Edge: FFI, workers.
 *
 * @module
 */
import { kernelWorkerUrl } from "./kernel_worker.js";
import { cString } from "./libc.js";

/** Idle threads that are kept. */
const KEPT = 8;

/** Hands out confined threads. */
export class KernelWorkers {
  #libc;
  #waiting;
  #url = kernelWorkerUrl();
  /** Confined and idle, the one used last at the end. */
  #idle = [];
  /** Started ahead, not yet confined: making a thread takes longer than starting a step. */
  #spare = null;

  constructor(libc, waiting) {
    this.#libc = libc;
    this.#waiting = waiting;
  }

  /** A thread that is confined by `rules`, for the caller alone. Throws when it could not be. */
  async take(rules) {
    const key = this.#key(rules);
    const at = this.#idle.findLastIndex((worker) => worker.key === key);
    if (at !== -1) return this.#idle.splice(at, 1)[0];
    const worker = this.#spare ?? this.#start();
    this.#spare = this.#start();
    const { fault } = await worker.ask({ do: "restrict", rules });
    if (fault !== null) {
      worker.end();
      throw new Error(`the kernel's confinement could not be set: ${fault}`);
    }
    worker.key = key;
    return worker;
  }

  /** Takes a thread back. */
  release(worker) {
    this.#idle.push(worker);
    while (this.#idle.length > KEPT) this.#idle.shift().end();
  }

  /**
   * Rules name paths, but hold for what the paths led to when they were set, wherever that is
   * moved later.
   */
  #key(rules) {
    const paths = rules.paths.map(({ path, access, optional }) => [
      optional ? path : this.#identity(path),
      access,
    ]);
    return JSON.stringify({ ...rules, paths });
  }

  #identity(path) {
    const stat = new Uint8Array(256);
    if (this.#libc.statx(-100, cString(path), 0, 0x100, stat) !== 0) {
      throw new Error(`"${path}" cannot be looked at`);
    }
    const view = new DataView(stat.buffer);
    return [
      view.getBigUint64(32, true), // inode
      view.getUint32(136, true), // device, major and minor
      view.getUint32(140, true),
    ].join(":");
  }

  #start() {
    const worker = new Worker(this.#url, { type: "module" });
    const asked = new Map();
    let next = 0;
    let broken = null;
    worker.onmessage = ({ data }) => {
      asked.get(data.id)?.resolve(data.result);
      asked.delete(data.id);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      broken = new Error(`a thread of the launcher failed: ${event.message}`);
      for (const { reject } of asked.values()) reject(broken);
      asked.clear();
    };
    return {
      key: "",
      ask: (message) => {
        if (broken !== null) return Promise.reject(broken);
        const id = next++;
        const { promise, resolve, reject } = Promise.withResolvers();
        asked.set(id, { resolve, reject });
        worker.postMessage({ ...message, id });
        return this.#waiting.elsewhere(promise);
      },
      end: () => worker.terminate(),
    };
  }
}
