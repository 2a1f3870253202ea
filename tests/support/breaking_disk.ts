/**
 * A disk that breaks at the n-th thing that is written to it: folders, files, links, names, syncs, and
 * commits of the ledger. All of `Deno`'s calls that write are counted, whoever makes them.
 *
 * @module
 */
import { kvStore } from "../../src/ledger/kv_store.ts";
import type { Store } from "../../src/ledger/store.ts";

/** Told of each write before it is made, with its number from 1; what it throws, the write throws. */
export type OnWrite = (n: number, what: string) => void;

/** The calls of `Deno` that change what is on the disk, without `Sync`. */
const WRITES = [
  "mkdir",
  "makeTempDir",
  "rename",
  "remove",
  "link",
  "symlink",
  "writeFile",
  "writeTextFile",
  "copyFile",
  "chmod",
  "utime",
  "truncate",
] as const;

const OF_FILES = ["write", "sync", "syncData", "truncate"] as const;

type Call = (...args: unknown[]) => unknown;

/** Every write of this process from now on, until it is disposed of. */
export class BreakingDisk implements Disposable {
  #writes = 0;
  readonly #onWrite: OnWrite;
  readonly #undo: (() => void)[] = [];

  constructor(onWrite: OnWrite) {
    this.#onWrite = onWrite;
    const all: [object: object, names: readonly string[]][] = [
      [Deno, WRITES],
      [Deno.FsFile.prototype, OF_FILES],
    ];
    for (const [object, names] of all) {
      for (const name of names) {
        this.#watch(object, name, true);
        this.#watch(object, `${name}Sync`, false);
      }
    }
  }

  /** How many writes there were. */
  get writes(): number {
    return this.#writes;
  }

  /** A store whose commits are writes of this disk. */
  store(path: string): Promise<Store> {
    return kvStore(path, {
      open: async (place) => {
        const kv = await Deno.openKv(place);
        const atomic = kv.atomic.bind(kv);
        kv.atomic = () => {
          const operation = atomic();
          const commit = operation.commit.bind(operation);
          operation.commit = async () => {
            this.#count("commit");
            return await commit();
          };
          return operation;
        };
        return kv;
      },
    });
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }

  #watch(object: object, name: string, isAsync: boolean): void {
    const before: Call | undefined = Reflect.get(object, name);
    if (before === undefined) return;
    const count = (args: unknown[]) => this.#count(`${name} ${args[0]}`);
    // A broken asynchronous call rejects, it does not throw.
    const after = isAsync
      ? async function (this: unknown, ...args: unknown[]) {
        count(args);
        return await before.apply(this, args);
      }
      : function (this: unknown, ...args: unknown[]) {
        count(args);
        return before.apply(this, args);
      };
    Reflect.set(object, name, after);
    this.#undo.push(() => Reflect.set(object, name, before));
  }

  #count(what: string): void {
    this.#onWrite(++this.#writes, what);
  }
}
