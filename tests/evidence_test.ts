import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import * as fc from "fast-check";
import { type Digest, EMPTY_DIGEST, sha256 } from "../src/core/digest.ts";
import { type ErrorCode, WritError } from "../src/core/errors.ts";
import { sortEntries, type TreeEntry } from "../src/core/tree.ts";
import { BLOB_TIME, blobPath, SMALL } from "../src/evidence/blob_files.ts";
import { BlobStore } from "../src/evidence/blobs.ts";
import { entriesFault, staysInside } from "../src/evidence/entries.ts";
import { readFiles } from "../src/evidence/read_files.ts";
import { removeTree } from "../src/evidence/remove_tree.ts";
import { holdRun, tryHold } from "../src/evidence/run_lock.ts";
import { openState, sweepViews } from "../src/evidence/state_folder.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const root = Deno.uid() === 0;

/** A temporary folder that is gone at the end of the test. */
async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "writ-evidence-" });
  try {
    await test(folder);
  } finally {
    await removeTree(folder);
  }
}

function storeIn(folder: string): BlobStore {
  return new BlobStore({ blobs: `${folder}/blobs`, trees: `${folder}/trees` });
}

async function rejectsWith(code: ErrorCode, act: () => unknown) {
  const error = await assertRejects(async () => await act(), WritError);
  assertEquals(error.code, code, error.message);
  return error;
}

/** Changes one bit of a file and keeps its size and times. */
function flip(path: string) {
  const info = Deno.statSync(path);
  const bytes = Deno.readFileSync(path);
  bytes[0] ^= 1;
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, bytes);
  Deno.utimeSync(path, info.atime!, info.mtime!);
}

function makeFifo(path: string) {
  const made = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assert(made.success);
}

Deno.test("a blob is read back as it was put", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const digest = await store.put(bytesOf("hello"));
    assertEquals(digest, sha256(bytesOf("hello")));
    assertEquals(textOf(await store.read(digest)), "hello");
    assert(store.has(digest));
  }));

Deno.test("blobs lie under two digits of their digest, with mode 0644 and a fixed time", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const digest = await store.put(bytesOf("hello"));
    const hex = digest.slice(7);
    const info = await Deno.lstat(
      `${folder}/blobs/${hex.slice(0, 2)}/${hex.slice(2)}`,
    );
    assertEquals(info.mode! & 0o7777, 0o644);
    assertEquals(info.mtime!.getTime(), BLOB_TIME * 1000);
    assertEquals(
      (await Deno.lstat(`${folder}/blobs/${hex.slice(0, 2)}`)).mode! & 0o777,
      0o700,
    );
  }));

Deno.test("an equal blob is not written again", () =>
  inFolder(async (folder) => {
    const digest = await storeIn(folder).put(bytesOf("hello"));
    const path = blobPath(`${folder}/blobs`, digest);
    const { ino } = await Deno.lstat(path);
    await storeIn(folder).put(bytesOf("hello"));
    assertEquals((await Deno.lstat(path)).ino, ino);
  }));

Deno.test("any bytes survive the store, by every way in", () =>
  inFolder(async (folder) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const put = await storeIn(folder).put(bytes);
        const path = `${folder}/file`;
        Deno.writeFileSync(path, bytes);
        assertEquals((await storeIn(folder).putFile(path)).digest, put);
        const writer = storeIn(folder).writer();
        for (const byte of bytes) writer.write(new Uint8Array([byte]));
        assertEquals(writer.close(), { digest: put, bytes: bytes.length });
        assertEquals(
          new Uint8Array(await storeIn(folder).read(put)),
          new Uint8Array(bytes),
        );
      }),
      { numRuns: 30 },
    );
  }));

for (
  const [what, size] of [
    ["an empty file", 0],
    ["a file of one byte", 1],
    ["the largest small file", SMALL],
    ["the smallest large file", SMALL + 1],
    ["a file of several pieces", 3 * SMALL + 7],
  ] as const
) {
  Deno.test(`${what} is stored with the digest of its bytes`, () =>
    inFolder(async (folder) => {
      const bytes = new Uint8Array(size).map((_, i) => i * 31);
      await Deno.writeFile(`${folder}/file`, bytes);
      const store = storeIn(folder);
      assertEquals(await store.putFile(`${folder}/file`), {
        digest: sha256(bytes),
        bytes: size,
      });
      assertEquals(await store.read(sha256(bytes)), bytes);
    }));
}

Deno.test("a writer spills what is large, and its blob is whole", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const writer = store.writer();
    const piece = new Uint8Array(50_000).fill(7);
    for (let i = 0; i < 5; i++) writer.write(piece);
    assertEquals([...Deno.readDirSync(`${folder}/blobs/tmp`)].length, 1);
    const { digest, bytes } = writer.close();
    assertEquals(bytes, 250_000);
    assertEquals(await store.read(digest), new Uint8Array(250_000).fill(7));
    assertEquals([...Deno.readDirSync(`${folder}/blobs/tmp`)], []);
  }));

Deno.test("an aborted writer leaves nothing", () =>
  inFolder((folder) => {
    const writer = storeIn(folder).writer();
    writer.write(new Uint8Array(100_000));
    writer.abort();
    assertEquals([...Deno.readDirSync(`${folder}/blobs/tmp`)], []);
    return Promise.resolve();
  }));

/** Every way out of the store, and whether it gave something. */
const WAYS_OUT: Record<
  string,
  (store: BlobStore, digest: Digest, target: string) => unknown
> = {
  "read": (store, digest) => store.read(digest),
  "copyTo": (store, digest, target) => store.copyTo(digest, target, 0o644),
  "linkTo": (store, digest, target) => store.linkTo(digest, target),
  "linkTo of a program": (store, digest, target) =>
    store.linkTo(digest, target, true),
};

for (const [way, act] of Object.entries(WAYS_OUT)) {
  Deno.test(`${way} refuses a blob with a flipped bit and leaves nothing behind`, () =>
    inFolder(async (folder) => {
      const digest = await storeIn(folder).put(bytesOf("hello"));
      await act(storeIn(folder), digest, `${folder}/control`);
      flip(blobPath(`${folder}/blobs`, digest));
      await rejectsWith(
        "evidence.corrupt",
        () => act(storeIn(folder), digest, `${folder}/target`),
      );
      await assertRejects(
        () => Deno.lstat(`${folder}/target`),
        Deno.errors.NotFound,
      );
    }));

  Deno.test(`${way} refuses a blob that is a link to the true bytes`, () =>
    inFolder(async (folder) => {
      const digest = await storeIn(folder).put(bytesOf("hello"));
      const path = blobPath(`${folder}/blobs`, digest);
      await Deno.rename(path, `${folder}/elsewhere`);
      await Deno.symlink(`${folder}/elsewhere`, path);
      await rejectsWith(
        "evidence.corrupt",
        () => act(storeIn(folder), digest, `${folder}/target`),
      );
    }));

  Deno.test(`${way} refuses a blob that is not there`, () =>
    inFolder(async (folder) => {
      await rejectsWith(
        "evidence.corrupt",
        () => act(storeIn(folder), sha256(bytesOf("x")), `${folder}/target`),
      );
    }));
}

/** Every way in, for the bytes `hello`. */
const WAYS_IN: Record<string, (folder: string) => Promise<unknown>> = {
  "put": (folder) => storeIn(folder).put(bytesOf("hello")),
  "putFile": async (folder) => {
    await Deno.writeTextFile(`${folder}/source`, "hello");
    await storeIn(folder).putFile(`${folder}/source`);
  },
  "writer": (folder) => {
    const writer = storeIn(folder).writer();
    writer.write(bytesOf("hello"));
    return Promise.resolve(writer.close());
  },
};

for (const [way, act] of Object.entries(WAYS_IN)) {
  for (
    const [fault, damage] of [
      ["a flipped bit", flip],
      ["a wrong size", (path: string) => Deno.truncateSync(path, 2)],
    ] as const
  ) {
    Deno.test(`${way} replaces a blob with ${fault} and keeps the false one aside`, () =>
      inFolder(async (folder) => {
        const digest = await storeIn(folder).put(bytesOf("hello"));
        damage(blobPath(`${folder}/blobs`, digest));
        await act(folder);
        assertEquals(textOf(await storeIn(folder).read(digest)), "hello");
        assertEquals([...Deno.readDirSync(`${folder}/blobs/aside`)].length, 1);
      }));
  }
}

Deno.test("a false program twin is replaced", () =>
  inFolder(async (folder) => {
    const digest = await storeIn(folder).put(bytesOf("#!/bin/sh\n"));
    storeIn(folder).linkTo(digest, `${folder}/one`, true);
    flip(`${blobPath(`${folder}/blobs`, digest)}.x`);
    storeIn(folder).linkTo(digest, `${folder}/two`, true);
    assertEquals(await Deno.readTextFile(`${folder}/two`), "#!/bin/sh\n");
    assertEquals((await Deno.lstat(`${folder}/two`)).mode! & 0o777, 0o755);
  }));

Deno.test("a file system that cannot link gets a copy", {
  ignore: !await hasShm(),
}, () =>
  inFolder(async (folder) => {
    const digest = await storeIn(folder).put(bytesOf("hello"));
    const other = await Deno.makeTempDir({ dir: "/dev/shm" });
    try {
      storeIn(folder).linkTo(digest, `${other}/target`);
      const info = await Deno.lstat(`${other}/target`);
      assertEquals([info.nlink, info.mode! & 0o777], [1, 0o644]);
    } finally {
      await Deno.remove(other, { recursive: true });
    }
  }));

async function hasShm(): Promise<boolean> {
  try {
    return (await Deno.stat("/dev/shm")).isDirectory;
  } catch {
    return false;
  }
}

Deno.test("copyTo never overwrites and never writes through a link", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const digest = await store.put(bytesOf("new"));
    await Deno.writeTextFile(`${folder}/precious`, "old");
    await Deno.symlink(`${folder}/precious`, `${folder}/link`);
    await Deno.symlink(`${folder}/nothing`, `${folder}/dangling`);
    for (const name of ["precious", "link", "dangling"]) {
      assertThrows(
        () => store.copyTo(digest, `${folder}/${name}`, 0o644),
        Deno.errors.AlreadyExists,
      );
    }
    assertEquals(await Deno.readTextFile(`${folder}/precious`), "old");
    store.copyTo(digest, `${folder}/fresh`, 0o755);
    assertEquals(await Deno.readTextFile(`${folder}/fresh`), "new");
    assertEquals((await Deno.lstat(`${folder}/fresh`)).mode! & 0o777, 0o755);
  }));

Deno.test("flush makes what was written durable and can be called again", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    for (let i = 0; i < 50; i++) await store.put(bytesOf(`blob ${i}`));
    await store.putTree([]);
    assertEquals(store.sink.written.length, 50);
    await store.flush();
    assertEquals(store.sink.written.length, 0);
    await store.flush();
  }));

Deno.test("flush says when what was written is gone", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const digest = await store.put(bytesOf("hello"));
    await Deno.remove(blobPath(`${folder}/blobs`, digest));
    await rejectsWith("store.unwritable", () => store.flush());
  }));

Deno.test("sweep removes unfinished files that nobody writes any more, and only those", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const kept = await store.put(bytesOf("kept"));
    await Deno.writeTextFile(`${folder}/blobs/tmp/dead`, "half");
    const writer = store.writer();
    writer.write(new Uint8Array(100_000));
    const day = 24 * 60 * 60 * 1000;
    store.sweep(Date.now());
    assertEquals([...Deno.readDirSync(`${folder}/blobs/tmp`)].length, 2);
    storeIn(folder).sweep(Date.now() + day);
    assertEquals([...Deno.readDirSync(`${folder}/blobs/tmp`)].length, 1);
    assertEquals(writer.close().bytes, 100_000);
    assertEquals(textOf(await store.read(kept)), "kept");
  }));

Deno.test("a store in a place that cannot be written to says so", {
  ignore: root,
}, () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/blobs`, { mode: 0o500 });
    await rejectsWith(
      "store.unwritable",
      () => storeIn(folder).put(bytesOf("hello")),
    );
  }));

Deno.test("a store whose folder is a file says so", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/blobs`, "");
    await rejectsWith(
      "store.unwritable",
      () => storeIn(folder).put(bytesOf("hello")),
    );
  }));

const ENTRIES: TreeEntry[] = [
  { path: "a", mode: "100644", digest: sha256(bytesOf("a")) },
  { path: "b/c", mode: "100755", digest: sha256(bytesOf("c")) },
  { path: "e", mode: "040000", digest: EMPTY_DIGEST },
];

Deno.test("a tree is read back from its root", () =>
  inFolder(async (folder) => {
    const tree = await storeIn(folder).putTree(ENTRIES);
    assertEquals(await storeIn(folder).getTree(tree), ENTRIES);
    const empty = await storeIn(folder).putTree([]);
    assertEquals(empty, EMPTY_DIGEST);
    assertEquals(await storeIn(folder).getTree(empty), []);
  }));

for (
  const [what, damage] of [
    ["with a changed entry", (text: string) => text.replace('"a"', '"x"')],
    [
      "with a line less",
      (text: string) => text.split("\n").slice(1).join("\n"),
    ],
    ["without its last line break", (text: string) => text.slice(0, -1)],
    ["with white space", (text: string) => text.replace(":", ": ")],
    ["with rubbish", () => "{}\n"],
  ] as const
) {
  Deno.test(`a listing ${what} is refused, and replaced when the tree is put again`, () =>
    inFolder(async (folder) => {
      const tree = await storeIn(folder).putTree(ENTRIES);
      const path = blobPath(`${folder}/trees`, tree);
      await Deno.writeTextFile(path, damage(await Deno.readTextFile(path)));
      await rejectsWith(
        "evidence.corrupt",
        () => storeIn(folder).getTree(tree),
      );
      await storeIn(folder).putTree(ENTRIES);
      assertEquals(await storeIn(folder).getTree(tree), ENTRIES);
    }));
}

Deno.test("a tree that is not there is refused", () =>
  inFolder((folder) =>
    rejectsWith(
      "evidence.corrupt",
      () => storeIn(folder).getTree(EMPTY_DIGEST),
    ).then(() => {})
  ));

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

Deno.test("a file without read permission is refused with the reason", {
  ignore: root,
}, () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "x", { mode: 0o000 });
    const error = await rejectsWith(
      "input.unreadable",
      () => readFiles({ blobs: null })([{ path: `${folder}/file`, size: 1 }]),
    );
    assert(error.message.includes("permission denied"));
  }));

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
  assertEquals(entriesFault(ENTRIES), null);
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

const LEDGER: Digest = sha256(bytesOf("ledger"));

Deno.test("the state folder is made with all its parts for its owner alone", () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state/writ`, LEDGER);
    assertEquals(state.root, `${folder}/state/writ/${LEDGER.slice(7)}`);
    for (const path of Object.values(state)) {
      const info = await Deno.lstat(path);
      assertEquals([info.isDirectory, info.mode! & 0o777], [true, 0o700]);
    }
    assertEquals(await openState(`${folder}/state/writ`, LEDGER), state);
  }));

for (const part of ["", "/blobs", "/locks"]) {
  Deno.test(`a state folder whose "${part}" is a link is refused`, () =>
    inFolder(async (folder) => {
      const { root } = await openState(`${folder}/state`, LEDGER);
      await Deno.rename(`${root}${part}`, `${folder}/moved`);
      await Deno.symlink(`${folder}/moved`, `${root}${part}`);
      await rejectsWith(
        "workspace.unsafe",
        () => openState(`${folder}/state`, LEDGER),
      );
    }));

  Deno.test(`a state folder whose "${part}" others may write is refused`, () =>
    inFolder(async (folder) => {
      const { root } = await openState(`${folder}/state`, LEDGER);
      await Deno.chmod(`${root}${part}`, 0o777);
      await rejectsWith(
        "workspace.unsafe",
        () => openState(`${folder}/state`, LEDGER),
      );
    }));

  Deno.test(
    `a state folder whose "${part}" belongs to another user is refused (needs root)`,
    {
      ignore: !root,
    },
    () =>
      inFolder(async (folder) => {
        const { root } = await openState(`${folder}/state`, LEDGER);
        await Deno.chown(`${root}${part}`, 12345, 12345);
        await rejectsWith(
          "workspace.unsafe",
          () => openState(`${folder}/state`, LEDGER),
        );
      }),
  );
}

Deno.test("a whole state folder of another user is refused (needs root)", {
  ignore: !root,
}, () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state`, LEDGER);
    for (const path of [`${folder}/state`, ...Object.values(state)]) {
      await Deno.chown(path, 12345, 12345);
    }
    await rejectsWith(
      "workspace.unsafe",
      () => openState(`${folder}/state`, LEDGER),
    );
  }));

Deno.test("the views of dead runs are swept, those of living ones stay", () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state`, LEDGER);
    for (const run of ["run_dead", "run_alive"]) {
      await Deno.mkdir(`${state.views}/${run}/s/work`, { recursive: true });
    }
    using _lock = holdRun(state.locks, "run_alive");
    assertEquals(await sweepViews(state), ["run_dead"]);
    assertEquals([...Deno.readDirSync(state.views)].map((each) => each.name), [
      "run_alive",
    ]);
  }));

Deno.test("a run is held by one process at a time, until that ends however it ends", () =>
  inFolder(async (folder) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "-A", "-"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const module = new URL("../src/evidence/run_lock.ts", import.meta.url).href;
    const writer = child.stdin.getWriter();
    await writer.write(bytesOf(
      `import { holdRun } from ${JSON.stringify(module)};
       holdRun(${JSON.stringify(folder)}, "run_1");
       console.log("held");
       setInterval(() => {}, 1000);`,
    ));
    await writer.close();
    const reader = child.stdout.getReader();
    assertEquals(textOf((await reader.read()).value!), "held\n");
    await rejectsWith("run.busy", () => holdRun(folder, "run_1"));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    using _lock = holdRun(folder, "run_1");
  }));

Deno.test("a lock on a file that was removed is no lock", () =>
  inFolder((folder) => {
    const first = tryHold(`${folder}/lock`)!;
    first.forget();
    const second = tryHold(`${folder}/lock`)!;
    assertEquals(tryHold(`${folder}/lock`), null);
    second.release();
    return Promise.resolve();
  }));

Deno.test("a tree deeper than any path is removed", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/deep`);
    // Deeper than a path may be long, from folders that are moved beneath one another.
    let inner = `${folder}/seed`;
    await Deno.mkdir(inner);
    for (let i = 0; i < 3000; i++) {
      const outer = `${folder}/next${i % 2}`;
      await Deno.mkdir(outer);
      await Deno.rename(inner, `${outer}/dddddddd`);
      inner = outer;
    }
    await Deno.rename(inner, `${folder}/deep/top`);
    await removeTree(`${folder}/deep`);
    await assertRejects(() => Deno.lstat(`${folder}/deep`));
  }));

Deno.test("removing a tree does not follow links", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/kept`);
    await Deno.writeTextFile(`${folder}/kept/file`, "kept");
    await Deno.mkdir(`${folder}/gone`);
    await Deno.symlink(`${folder}/kept`, `${folder}/gone/link`);
    await removeTree(`${folder}/gone`);
    assertEquals(await Deno.readTextFile(`${folder}/kept/file`), "kept");
    await removeTree(`${folder}/gone`);
  }));
