/**
 * Planning grows with the work: counted in what is asked of the disk, never in time.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { canonicalText } from "../src/core/canonical_json.ts";
import { type Disk, disk, type DiskStat } from "../src/plan/disk.ts";
import { makePlan } from "../src/plan/make_plan.ts";
import { NO_TOOL_ROOTS } from "../src/plan/executables.ts";
import type { ReadFiles } from "../src/plan/read_files.ts";
import { sha256 } from "../src/core/digest.ts";
import {
  hashFiles,
  pipelineOf,
  planIn,
  type StepWish,
  Workspace,
} from "./support/workspaces.ts";

/** A made-up workspace of files by path, on a disk that counts what it is asked. */
class CountingDisk implements Disk {
  asked = 0;
  readonly #folders = new Map<string, Set<string>>();
  readonly #files = new Set<string>();

  constructor(root: string, files: Iterable<string>) {
    this.#folders.set(root, new Set());
    for (const file of files) {
      let at = root;
      const names = file.split("/");
      for (const [i, name] of names.entries()) {
        this.#folders.get(at)!.add(name);
        at = `${at}/${name}`;
        if (i === names.length - 1) this.#files.add(at);
        else if (!this.#folders.has(at)) this.#folders.set(at, new Set());
      }
    }
  }

  list(folder: string): string[] {
    this.asked++;
    return [...this.#folders.get(folder) ?? disk.list(folder)];
  }

  lstat(path: string): DiskStat | null {
    this.asked++;
    const kind = this.#files.has(path)
      ? "file"
      : this.#folders.has(path)
      ? "folder"
      : null;
    if (kind === null) return path.startsWith("/w") ? null : disk.lstat(path);
    return {
      kind,
      executable: false,
      size: 1,
      mtime: 0,
      ctime: 0,
      ino: 1,
      dev: 1,
    };
  }

  realPath(path: string): string | null {
    this.asked++;
    if (!path.startsWith("/w")) return disk.realPath(path);
    return this.#files.has(path) || this.#folders.has(path) ? path : null;
  }

  readLink(path: string): string {
    return disk.readLink(path);
  }

  head(path: string, limit: number): Uint8Array | null {
    this.asked++;
    return path.startsWith("/w") ? null : disk.head(path, limit);
  }

  now(): number {
    return 0;
  }
}

/** Plans made-up files; how often the disk was asked, how many files were read, how often the needs of a step were. */
async function cost(
  files: string[],
  steps: Record<string, StepWish>,
): Promise<{ asked: number; read: number; needed: number }> {
  let needed = 0;
  const pipeline = pipelineOf(steps);
  for (const step of pipeline.steps) {
    const { needs } = step;
    Object.defineProperty(step, "needs", {
      get: () => {
        needed++;
        return needs;
      },
    });
  }
  const counting = new CountingDisk("/w", files);
  let read = 0;
  const readFiles: ReadFiles = (list) => {
    read += list.length;
    return Promise.resolve(
      list.map(({ path }) => ({
        digest: sha256(new TextEncoder().encode(path)),
        bytes: 1,
      })),
    );
  };
  await makePlan(pipeline, {
    workspace: "/w",
    env: () => undefined,
    toolRoots: NO_TOOL_ROOTS,
    readFiles,
    readTools: hashFiles,
    version: "0.1.0",
    disk: counting,
  });
  return { asked: counting.asked, read, needed };
}

const filesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => `src/${i % 100}/${i}.ts`);

const stepsOf = (count: number, wish: (i: number) => StepWish) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`s${i}`, wish(i)]),
  );

const SHAPES: [name: string, wish: (i: number) => StepWish][] = [
  ["that share a folder", () => ({ permissions: { read: ["src"] } })],
  ["that read everything and write each its own", (i) => ({
    permissions: { read: ["."], write: [`out/${i}`] },
  })],
  [
    "in a chain, each on the product of the one before",
    (i) =>
      i === 0 ? { permissions: { write: ["out/0"] } } : {
        needs: [`s${i - 1}`],
        permissions: { read: [`out/${i - 1}`, "src/1"], write: [`out/${i}`] },
      },
  ],
  [
    "in a chain, each updating one path",
    (i) => ({
      needs: i === 0 ? [] : [`s${i - 1}`],
      permissions: { read: ["src/1"], write: ["src/1"] },
    }),
  ],
  [
    "in two chains, one of which starts programs that the other updates",
    (i) =>
      i % 2 === 0
        ? {
          needs: i === 0 ? [] : [`s${i - 2}`],
          permissions: { read: ["src/1"], write: ["src/1"] },
        }
        : { needs: i === 1 ? [] : [`s${i - 2}`], argv: ["true", "src/1/0"] },
  ],
  ["that read one file each within a shared folder", (i) => ({
    permissions: { read: ["src", `src/${i % 100}`] },
  })],
];

for (const [name, wish] of SHAPES) {
  Deno.test(`ten times the steps ask about ten times as much: steps ${name}`, async () => {
    const files = filesOf(200);
    const few = await cost(files, stepsOf(100, wish));
    const many = await cost(files, stepsOf(1000, wish));
    assert(many.asked <= few.asked * 11, `${few.asked} -> ${many.asked}`);
    assert(many.needed <= few.needed * 11, `${few.needed} -> ${many.needed}`);
    assertEquals(many.read, few.read);
  });
}

Deno.test("ten times the files ask about ten times as much, and each is read once", async () => {
  const steps = stepsOf(50, (i) => ({
    permissions: { read: [[".", "src", "src/1", "src/2"][i % 4]] },
  }));
  const few = await cost(filesOf(500), steps);
  const many = await cost(filesOf(5000), steps);
  assert(many.asked <= few.asked * 11, `${few.asked} -> ${many.asked}`);
  assertEquals([few.read, many.read], [500, 5000]);
});

Deno.test("ten thousand steps over twenty thousand files are planned", async () => {
  const { asked, read } = await cost(
    filesOf(20_000),
    stepsOf(10_000, (i) => ({
      needs: i === 0 ? [] : [`s${i - 1}`],
      permissions: { read: ["src"], write: [`out/${i}`] },
    })),
  );
  assertEquals(read, 20_000);
  assert(asked < 200_000, `the disk was asked ${asked} times`);
});

Deno.test("the order in which a disk lists its names changes nothing", async () => {
  using workspace = new Workspace({
    "b/2": "",
    "b/1": "",
    "a": "",
    "c/d/e": "",
    ".gitignore": "x",
    "x": "",
  });
  const steps = { s: { permissions: { read: ["."] } } };
  const expected = canonicalText((await planIn(workspace, steps)).plan);
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), async (numbers) => {
      const shuffled: Disk = {
        ...disk,
        list: (folder) =>
          disk.list(folder).map((name) => ({
            name,
            at: numbers.next().value as number,
          })).sort((a, b) => a.at - b.at).map(({ name }) => name),
      };
      const { plan } = await planIn(workspace, steps, { disk: shuffled });
      assertEquals(canonicalText(plan), expected);
    }),
    { numRuns: 25 },
  );
});
