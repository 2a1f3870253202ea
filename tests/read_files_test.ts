import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { EMPTY_DIGEST, sha256 } from "../src/core/digest.ts";
import { sortEntries, type TreeEntry } from "../src/core/tree.ts";
import { entriesFault, staysInside } from "../src/evidence/entries.ts";
import { readFiles } from "../src/evidence/read_files.ts";
import { inFolder, storeIn } from "./support/in_folder.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { makeFifo } from "./support/view_bench.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const root = Deno.uid() === 0;

Deno.test("readFiles gives digests in the order of the files, and without a store writes nothing", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/b`, "bee");
    await Deno.writeTextFile(`${folder}/a`, "ay");
    const files = [{ path: `${folder}/b`, size: 3 }, {
      path: `${folder}/a`,
      size: 2,
    }];
    assertEquals(await readFiles({ blobs: null })(files), [
      { digest: sha256(bytesOf("bee")), bytes: 3 },
      { digest: sha256(bytesOf("ay")), bytes: 2 },
    ]);
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  }));

for (const kept of [true, false]) {
  Deno.test(`readFiles answers the same with workers as without, ${kept ? "keeping" : "hashing"}`, () =>
    inFolder(async (folder) => {
      const files = Array.from({ length: 300 }, (_, i) => {
        const path = `${folder}/${i}`;
        Deno.writeTextFileSync(path, `file ${i % 200}`);
        // The size only spreads the work: a large one makes workers worth starting.
        return { path, size: 10_000_000 };
      });
      const store = storeIn(folder);
      const read = readFiles({ blobs: kept ? store : null, cores: 2 });
      const results = await read(files);
      assertEquals(
        results,
        files.map((_, i) => {
          const bytes = bytesOf(`file ${i % 200}`);
          return { digest: sha256(bytes), bytes: bytes.length };
        }),
      );
      assertEquals(results.every(({ digest }) => store.has(digest)), kept);
      await store.flush();
    }));
}

Deno.test("a fault in a worker is the same refusal", () =>
  inFolder(async (folder) => {
    const files = [
      { path: `${folder}/missing`, size: 300_000_000 },
      { path: `${folder}/gone`, size: 300_000_000 },
    ];
    const error = await rejectsWith(
      "plan.changed_while_read",
      () => readFiles({ blobs: null, cores: 2 })(files),
    );
    assert(/missing|gone/.test(error.message));
  }));

/** What a path may turn into between the look and the open. */
const SWAPS: Record<string, (path: string) => void> = {
  "another file": (path) => {
    Deno.renameSync(path, `${path}.away`);
    Deno.writeTextFileSync(path, "evil");
  },
  "a link to another file": (path) => {
    Deno.renameSync(path, `${path}.away`);
    Deno.writeTextFileSync(`${path}.evil`, "evil");
    Deno.symlinkSync(`${path}.evil`, path);
  },
  "a link to itself by another name": (path) => {
    Deno.renameSync(path, `${path}.away`);
    Deno.symlinkSync(`${path}.away`, path);
  },
  "a FIFO": (path) => {
    Deno.removeSync(path);
    makeFifo(path);
  },
  "a folder": (path) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  },
  "nothing": (path) => Deno.removeSync(path),
};

for (const [what, swap] of Object.entries(SWAPS)) {
  Deno.test(`a file that is swapped for ${what} while it is opened is refused`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/file`;
      const files = [{ path, size: 4 }];
      await Deno.writeTextFile(path, "good");
      const store = storeIn(folder);
      await readFiles({ blobs: store, beforeOpen: () => {} })(files);
      await rejectsWith(
        "plan.changed_while_read",
        () => readFiles({ blobs: store, beforeOpen: swap })(files),
      );
      assert(!store.has(sha256(bytesOf("evil"))));
    }));
}

for (
  const [what, make] of [
    ["a FIFO", (path: string) => makeFifo(path)],
    ["a folder", (path: string) => Deno.mkdirSync(path)],
    ["a link", (path: string) => Deno.symlinkSync("/etc/hostname", path)],
    [
      "a link to a device",
      (path: string) => Deno.symlinkSync("/dev/zero", path),
    ],
  ] as const
) {
  Deno.test(`${what} in the place of a file is refused and does not hang`, () =>
    inFolder(async (folder) => {
      make(`${folder}/file`);
      await rejectsWith(
        "plan.changed_while_read",
        () => readFiles({ blobs: null })([{ path: `${folder}/file`, size: 1 }]),
      );
    }));
}

Deno.test(
  `a file without read permission is refused with the reason${
    root ? " (ignored: root may)" : ""
  }`,
  {
    ignore: root,
  },
  () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/file`, "x", { mode: 0o000 });
      const error = await rejectsWith(
        "input.unreadable",
        () => readFiles({ blobs: null })([{ path: `${folder}/file`, size: 1 }]),
      );
      assert(error.message.includes("permission denied"));
    }),
);

for (
  const [what, paths] of [
    ["an absolute path", ["/etc/passwd"]],
    ["a path that climbs", ["../x"]],
    ["a path that climbs in the middle", ["a/../../x"]],
    ["a path with a dot", ["a/./b"]],
    ["a path with an empty segment", ["a//b"]],
    ["a path that ends with a slash", ["a/"]],
    ["an empty path", [""]],
    ["a NUL", ["a\0b"]],
    ["a lone surrogate", ["a\ud800"]],
    ["a path twice", ["a", "a"]],
    ["something beneath a file", ["a", "a/b"]],
    ["something deep beneath a file", ["a", "a-b", "a/b/c/d"]],
    ["one file with others", [".", "a"]],
  ] as const
) {
  Deno.test(`entries with ${what} are at fault`, () => {
    const entries = paths.map((path): TreeEntry => ({
      path,
      mode: "100644",
      digest: EMPTY_DIGEST,
    }));
    assertNotEquals(entriesFault(entries), null);
  });
}

Deno.test("entries that a folder can hold are not at fault", () => {
  assertEquals(
    entriesFault([
      { path: "a", mode: "100644", digest: EMPTY_DIGEST },
      { path: "b/c", mode: "100755", digest: EMPTY_DIGEST },
      { path: "e", mode: "040000", digest: EMPTY_DIGEST },
    ]),
    null,
  );
  assertEquals(
    entriesFault(sortEntries([
      { path: "...", mode: "100644", digest: EMPTY_DIGEST },
      { path: "a\nb c/-x", mode: "120000", digest: EMPTY_DIGEST },
    ])),
    null,
  );
});

for (
  const [verdict, links] of [
    [true, { a: "b" }],
    [true, { "x/a": "../b" }],
    [true, { a: "nothing/there" }],
    [true, { "x/a": "../y/", "y": "z" }],
    [true, { "x/y/a": "../..", b: "x/y/a/q" }],
    [false, { a: "/etc/passwd" }],
    [false, { a: ".." }],
    [false, { "x/a": "../../b" }],
    [false, { a: "x/../../b" }],
    // The text climbs no further than it went down, but what it went down through is a link.
    [false, { y: "a/b/c/../z", "a/b/c": "../.." }],
    [false, { a: "b", b: "/" }],
    [false, { a: "b", b: "a" }],
  ] as [boolean, Record<string, string>][]
) {
  Deno.test(`${JSON.stringify(links)} ${verdict ? "stays inside" : "leads out or nowhere"}`, () => {
    const [first] = Object.keys(links);
    assertEquals(staysInside(first, new Map(Object.entries(links))), verdict);
  });
}

Deno.test("reading what is large ends when that is asked for", () =>
  inFolder(async (root) => {
    const path = `${root}/vast`;
    const vast = await Deno.open(path, { createNew: true, write: true });
    const size = 2 ** 42;
    await vast.truncate(size);
    vast.close();
    const cancel = new AbortController();
    const reading = readFiles({ blobs: null, signal: cancel.signal })([
      { path, size },
    ]);
    setTimeout(() => cancel.abort(new RangeError("enough")), 200);
    await assertRejects(() => reading, RangeError, "enough");
    await assertRejects(
      () => readFiles({ blobs: null, signal: cancel.signal })([{ path, size }]),
      RangeError,
      "enough",
    );
  }));
