/**
 * A stage to build and to collect from, for tests.
 *
 * @module
 */
import { assert } from "@std/assert";
import { EMPTY_DIGEST } from "../../src/core/digest.ts";
import { sortEntries, type TreeEntry } from "../../src/core/tree.ts";
import { BlobStore } from "../../src/evidence/blobs.ts";
import type { StageMaterial } from "../../src/evidence/layout.ts";
import { removeTree } from "../../src/evidence/remove_tree.ts";
import {
  buildStage,
  type StageBind,
  type StageInput,
} from "../../src/evidence/stage.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What a folder holds, in short: text of a file, `/` for an empty folder, `-> x` for a link, `!x` for a program. */
export type Tree = Record<string, string>;

/** A store, and the stage that is built from it. */
export class Bench {
  readonly blobs: BlobStore;

  constructor(readonly folder: string) {
    this.blobs = new BlobStore({
      blobs: `${folder}/blobs`,
      trees: `${folder}/trees`,
    });
  }

  get root() {
    return `${this.folder}/stage`;
  }

  get work() {
    return `${this.folder}/stage/work`;
  }

  async entries(tree: Tree): Promise<TreeEntry[]> {
    const entries: TreeEntry[] = [];
    for (const [path, what] of Object.entries(tree)) {
      if (what === "/") {
        entries.push({ path, mode: "040000", digest: EMPTY_DIGEST });
      } else if (what.startsWith("-> ")) {
        const digest = await this.blobs.put(bytesOf(what.slice(3)));
        entries.push({ path, mode: "120000", digest });
      } else {
        const program = what.startsWith("!");
        const digest = await this.blobs.put(
          bytesOf(program ? what.slice(1) : what),
        );
        entries.push({ path, mode: program ? "100755" : "100644", digest });
      }
    }
    return sortEntries(entries);
  }

  async materials(trees: Record<string, Tree>): Promise<StageMaterial[]> {
    return await Promise.all(
      Object.entries(trees).map(async ([path, tree]) => ({
        path,
        entries: await this.entries(tree),
      })),
    );
  }

  /** Builds a stage and gives what collecting needs. */
  async stage(
    reads: Record<string, Tree>,
    rest: Partial<Pick<StageInput, "products" | "scratch" | "link" | "cwd">> =
      {},
  ) {
    const input = {
      root: this.root,
      materials: await this.materials(reads),
      products: [],
      scratch: [],
      link: false,
      blobs: this.blobs,
      ...rest,
    };
    const { binds } = await buildStage(input);
    const { link: _link, cwd: _cwd, ...kept } = input;
    return { ...kept, binds };
  }

  write(path: string, text = "x") {
    Deno.writeTextFileSync(`${this.work}/${path}`, text);
  }
}

/** Runs a test in a temporary folder. */
export async function onBench(test: (bench: Bench) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "writ-view-" });
  try {
    await test(new Bench(folder));
  } finally {
    await removeTree(folder);
  }
}

/** What lies in a folder, as a {@linkcode Tree}; binds are looked into where they would be mounted. */
export function treeOf(folder: string, binds: StageBind[] = []): Tree {
  const tree: Tree = {};
  const visit = (at: string, path: string) => {
    const bound = binds.find((bind) => bind.path === path);
    const here = bound?.source ?? at;
    const names = [...Deno.readDirSync(here)].map(({ name }) => name).sort();
    if (names.length === 0 && path !== "") tree[path] = "/";
    for (const name of names) {
      const child = path === "" ? name : `${path}/${name}`;
      const info = Deno.lstatSync(`${here}/${name}`);
      if (info.isDirectory) visit(`${here}/${name}`, child);
      else if (info.isSymlink) {
        tree[child] = `-> ${Deno.readLinkSync(`${here}/${name}`)}`;
      } else {
        const program = (info.mode! & 0o777) === 0o755 ? "!" : "";
        assert(program !== "" || (info.mode! & 0o777) === 0o644);
        tree[child] = program + Deno.readTextFileSync(`${here}/${name}`);
      }
    }
  };
  visit(folder, "");
  return tree;
}

/** A read folder for any test. */
export const SRC: Tree = { "a.ts": "a", "lib/b.ts": "b", "run.sh": "!sh" };

/** Makes a FIFO. */
export function makeFifo(path: string) {
  run("mkfifo", path);
}

/** Runs a program that must succeed. */
export function run(program: string, ...args: string[]) {
  assert(new Deno.Command(program, { args }).outputSync().success);
}
