/**
 * A workspace to publish into, for tests.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { EMPTY_DIGEST } from "../../src/core/digest.ts";
import { sortEntries, type TreeEntry } from "../../src/core/tree.ts";
import { BlobStore } from "../../src/evidence/blobs.ts";
import { removeTree } from "../../src/evidence/remove_tree.ts";
import { publish, recoverPublish } from "../../src/run/publish.ts";
import type { Pause } from "../../src/run/publish_place.ts";
import { isThere } from "./is_there.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What a folder holds, in short: text of a file, `!x` a program, `/` an empty folder, `-> x` a link. */
export type Tree = Record<string, string>;

/** A workspace to publish into, blobs to publish from, and a folder that nothing may touch. */
export class Bench {
  readonly blobs: BlobStore;

  constructor(
    readonly folder: string,
    readonly state: string = `${folder}/state`,
  ) {
    this.blobs = new BlobStore({
      blobs: `${folder}/blobs`,
      trees: `${folder}/trees`,
    });
    Deno.mkdirSync(this.workspace);
    Deno.mkdirSync(this.outside);
    this.lay(this.outside, { "dist/x": "outside", precious: "outside" });
  }

  get workspace() {
    return `${this.folder}/workspace`;
  }

  get outside() {
    return `${this.folder}/outside`;
  }

  get journal() {
    return `${this.state}/publish/run.json`;
  }

  lay(folder: string, tree: Tree) {
    for (const [path, what] of Object.entries(tree)) {
      const at = `${folder}/${path}`;
      Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
      if (what === "/") Deno.mkdirSync(at);
      else if (what.startsWith("-> ")) Deno.symlinkSync(what.slice(3), at);
      else Deno.writeTextFileSync(at, what);
    }
  }

  async entries(tree: Tree): Promise<TreeEntry[]> {
    const entries: TreeEntry[] = [];
    for (const [path, what] of Object.entries(tree)) {
      const [mode, text]: [TreeEntry["mode"], string] = what === "/"
        ? ["040000", ""]
        : what.startsWith("-> ")
        ? ["120000", what.slice(3)]
        : what.startsWith("!")
        ? ["100755", what.slice(1)]
        : ["100644", what];
      const digest = mode === "040000"
        ? EMPTY_DIGEST
        : await this.blobs.put(bytesOf(text));
      entries.push({ path, mode, digest });
    }
    return sortEntries(entries);
  }

  async publish(products: Record<string, Tree>, pause?: Pause) {
    await publish({
      workspace: this.workspace,
      products: await Promise.all(
        Object.entries(products).map(async ([path, tree]) => ({
          path,
          entries: await this.entries(tree),
        })),
      ),
      blobs: this.blobs,
      journalPath: this.journal,
      pause,
    });
  }

  recover(pause?: Pause) {
    return recoverPublish(this.journal, this.workspace, { pause });
  }

  /** Publishes as one whose process is killed at the n-th point; gives the point, or `null` when it got through. */
  async kill(act: (pause: Pause) => Promise<unknown>, n: number) {
    let count = 0;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const done = act((point) => {
      if (count++ < n) return;
      resolve(point);
      return new Promise<void>(() => {});
    });
    return await Promise.race([promise, done.then(() => null)]);
  }

  /** The workspace without `.writ`. */
  get tree(): Tree {
    return treeOf(this.workspace);
  }

  /** Nothing of a publishing is left, and nothing outside has changed. */
  assertClean() {
    assertEquals([...Deno.readDirSync(`${this.workspace}/.writ/publish`)], []);
    this.assertSettled();
  }

  assertSettled() {
    const folder = `${this.state}/publish`;
    assertEquals(isThere(folder) ? [...Deno.readDirSync(folder)] : [], []);
    this.assertOutsideStays();
  }

  assertOutsideStays() {
    assertEquals(treeOf(this.outside), {
      "dist/x": "outside",
      precious: "outside",
    });
  }
}

/** What lies in a folder, without any `.writ`. */
function treeOf(folder: string): Tree {
  const tree: Tree = {};
  const visit = (path: string) => {
    const names = [...Deno.readDirSync(`${folder}/${path}`)].map((each) =>
      each.name
    ).filter((name) => name !== ".writ").sort();
    if (names.length === 0 && path !== "") tree[path.slice(0, -1)] = "/";
    for (const name of names) {
      const at = `${folder}/${path}${name}`;
      const info = Deno.lstatSync(at);
      if (info.isDirectory) visit(`${path}${name}/`);
      else if (info.isSymlink) {
        tree[`${path}${name}`] = `-> ${Deno.readLinkSync(at)}`;
      } else {
        const mode = info.mode! & 0o7777;
        assert(mode === 0o644 || mode === 0o755, mode.toString(8));
        tree[`${path}${name}`] = (mode === 0o755 ? "!" : "") +
          Deno.readTextFileSync(at);
      }
    }
  };
  visit("");
  return tree;
}

/** Where the state folder may lie, and why that cannot be tried here. */
export const STATES: {
  where: string;
  ignore: boolean;
  options: BenchOptions;
}[] = [
  {
    where: "the state folder beside the workspace",
    ignore: false,
    options: {},
  },
  {
    where: "the state folder on another file system" +
      (isApart() ? "" : " (ignored: /dev/shm is none)"),
    ignore: !isApart(),
    options: { isApart: true },
  },
];

function isApart(): boolean {
  try {
    return Deno.statSync("/dev/shm").dev !== Deno.statSync("/tmp").dev;
  } catch {
    return false;
  }
}

/** What a bench may be. */
export interface BenchOptions {
  /** The state folder lies on another file system, so that nothing can be moved from there. */
  isApart?: boolean;
}

/** Runs a test in a temporary folder. */
export async function onBench(
  test: (bench: Bench) => Promise<void>,
  options: BenchOptions = {},
) {
  const folder = await Deno.makeTempDir({ prefix: "writ-publish-" });
  const state = options.isApart
    ? await Deno.makeTempDir({ dir: "/dev/shm", prefix: "writ-publish-" })
    : undefined;
  try {
    await test(new Bench(await Deno.realPath(folder), state));
  } finally {
    await removeTree(folder);
    if (state !== undefined) await removeTree(state);
  }
}
