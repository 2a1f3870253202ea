import * as fs from "node:fs";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { type Digest, EMPTY_DIGEST, sha256 } from "../src/core/digest.ts";
import type { TreeEntry } from "../src/core/tree.ts";
import { BLOB_TIME, blobPath, SMALL } from "../src/evidence/blob_files.ts";
import type { BlobStore } from "../src/evidence/blobs.ts";
import { inFolder, storeIn } from "./support/in_folder.ts";
import { rejectsWith } from "./support/rejects_with.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const root = Deno.uid() === 0;

/** Changes one bit of a file and keeps its size and times. */
function flip(path: string) {
  const info = Deno.statSync(path);
  const bytes = Deno.readFileSync(path);
  bytes[0] ^= 1;
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, bytes);
  Deno.utimeSync(path, info.atime!, info.mtime!);
}

Deno.test("a blob is read back as it was put", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const digest = await store.put(bytesOf("hello"));
    assertEquals(digest, sha256(bytesOf("hello")));
    assertEquals(textOf(await store.read(digest)), "hello");
    assert(store.has(digest));
    assertEquals(store.size(digest), 5);
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
  (store: BlobStore, digest: Digest, target: string) => Promise<unknown>
> = {
  "read": (store, digest) => store.read(digest),
  "copyTo": (store, digest, target) =>
    Promise.try(() => store.copyTo(digest, target, 0o644)),
  "linkTo": (store, digest, target) =>
    Promise.try(() => store.linkTo(digest, target)),
  "linkTo of a program": (store, digest, target) =>
    Promise.try(() => store.linkTo(digest, target, true)),
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
        Error,
        "EEXIST",
      );
    }
    assertEquals(await Deno.readTextFile(`${folder}/precious`), "old");
    store.copyTo(digest, `${folder}/fresh`, 0o755);
    assertEquals(await Deno.readTextFile(`${folder}/fresh`), "new");
    assertEquals((await Deno.lstat(`${folder}/fresh`)).mode! & 0o777, 0o755);
  }));

Deno.test("the mode goes to the file that is open, not to what was put in its place", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    const digest = await store.put(bytesOf("new"));
    const modeOf = (name: string) =>
      Deno.lstatSync(`${folder}/${name}`).mode! & 0o777;
    Deno.writeTextFileSync(`${folder}/precious`, "old", { mode: 0o600 });
    const fd = fs.openSync(`${folder}/fresh`, "wx");
    try {
      Deno.renameSync(`${folder}/fresh`, `${folder}/aside`);
      Deno.symlinkSync("precious", `${folder}/fresh`);
      store.copyInto(digest, fd, 0o755);
    } finally {
      fs.closeSync(fd);
    }
    assertEquals(modeOf("precious"), 0o600);
    assertEquals(await Deno.readTextFile(`${folder}/precious`), "old");
    assertEquals(modeOf("aside"), 0o755);
    assertEquals(await Deno.readTextFile(`${folder}/aside`), "new");
    // The control: by its path the link is followed.
    Deno.chmodSync(`${folder}/fresh`, 0o755);
    assertEquals(modeOf("precious"), 0o755);
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

Deno.test("what was false lies aside for thirty days", () =>
  inFolder(async (folder) => {
    const digest = await storeIn(folder).put(bytesOf("hello"));
    await Deno.writeTextFile(blobPath(`${folder}/blobs`, digest), "other");
    await storeIn(folder).put(bytesOf("hello"));
    const aside = () => [...Deno.readDirSync(`${folder}/blobs/aside`)].length;
    const day = 24 * 60 * 60 * 1000;
    storeIn(folder).sweep(Date.now() + 29 * day);
    assertEquals(aside(), 1);
    storeIn(folder).sweep(Date.now() + 31 * day);
    assertEquals(aside(), 0);
    assertEquals(textOf(await storeIn(folder).read(digest)), "hello");
  }));

Deno.test("two that sweep and remove at once do not get in each other's way", () =>
  inFolder(async (folder) => {
    const store = storeIn(folder);
    for (let i = 0; i < 20; i++) await store.put(bytesOf(`blob ${i}`));
    await Deno.writeTextFile(`${folder}/blobs/tmp/dead`, "half");
    const other = storeIn(folder);
    const seen = [store.stored().blobs, other.stored().blobs];
    assertEquals(seen.map(({ length }) => length), [20, 20]);
    const later = Date.now() + 24 * 60 * 60 * 1000;
    for (const [i, each] of [store, other].entries()) {
      each.sweep(later);
      each.remove(seen[i]);
    }
    assertEquals(other.stored().blobs, []);
    // What was removed is not taken for known.
    const digest = await store.put(bytesOf("blob 1"));
    assertEquals(textOf(await storeIn(folder).read(digest)), "blob 1");
  }));

Deno.test(
  `a store in a place that cannot be written to says so${
    root ? " (ignored: root may)" : ""
  }`,
  {
    ignore: root,
  },
  () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/blobs`, { mode: 0o500 });
      await rejectsWith(
        "store.unwritable",
        () => storeIn(folder).put(bytesOf("hello")),
      );
    }),
);

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
