/**
 * Bundles on disk: written whole or not at all, read without following anything.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import fc from "fast-check";
import { BUNDLE_FILES, type BundleIndex } from "../src/bundle/bundle.ts";
import { joinLines, splitLines } from "../src/bundle/lines.ts";
import { bundleNameFault } from "../src/bundle/names.ts";
import { parseBundle } from "../src/bundle/parse_bundle.ts";
import { readBundle } from "../src/bundle/read_bundle.ts";
import { writeBundle } from "../src/bundle/write_bundle.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { sha256 } from "../src/core/digest.ts";
import type { ErrorCode } from "../src/core/errors.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { asBundle, bundleFiles, RUN } from "./verify_fixtures.ts";

const text = (value: string) => new TextEncoder().encode(value);
const two = () => new Map([["b/two.txt", text("two")], ["a.txt", text("one")]]);

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The names in a folder, hidden ones too. */
async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name)
    .sort();
}

Deno.test("a bundle is read as it was written, with the list of its files", () =>
  inFolder(async (folder) => {
    const at = join(folder, "runs/one");
    await writeBundle(at, two(), RUN);
    const { files, strange, where } = await readBundle(at);
    assertEquals([where, strange], [at, []]);
    assertEquals([...files.keys()].sort(), [
      "a.txt",
      "b/two.txt",
      "bundle.json",
    ]);
    const index: BundleIndex = {
      v: 1,
      run: RUN,
      files: [
        { name: "a.txt", size: 3, digest: sha256(text("one")) },
        { name: "b/two.txt", size: 3, digest: sha256(text("two")) },
      ],
    };
    assertEquals(files.get(BUNDLE_FILES.index), canonicalBytes(index));
    assertEquals(await namesIn(join(folder, "runs")), ["one"]);
  }));

Deno.test("the same bundle may be written again", () =>
  inFolder(async (folder) => {
    await writeBundle(join(folder, "run"), two(), RUN);
    const before = await Deno.stat(join(folder, "run/a.txt"));
    await writeBundle(join(folder, "run"), two(), RUN);
    const after = await Deno.stat(join(folder, "run/a.txt"));
    assertEquals(after.ino, before.ino);
  }));

Deno.test("two writers of one bundle both come through", () =>
  inFolder(async (folder) => {
    const at = join(folder, "run");
    await Promise.all([1, 2, 3].map(() => writeBundle(at, two(), RUN)));
    assertEquals((await readBundle(at)).files.size, 3);
    assertEquals(await namesIn(folder), ["run"]);
  }));

const IN_THE_WAY: [what: string, put: (at: string) => Promise<void>][] = [
  [
    "another bundle",
    (at) => writeBundle(at, new Map([["a.txt", text("other")]]), RUN),
  ],
  ["a file", (at) => Deno.writeTextFile(at, "mine")],
  ["a folder of somebody's", async (at) => {
    await Deno.mkdir(at);
    await Deno.writeTextFile(join(at, "mine.txt"), "mine");
  }],
];

for (const [what, put] of IN_THE_WAY) {
  Deno.test(`${what} is never overwritten`, () =>
    inFolder(async (folder) => {
      const at = join(folder, "run");
      await put(at);
      const before = await shape(at);
      const code: ErrorCode = what === "a file"
        ? "bundle.unreadable"
        : "store.unwritable";
      await rejectsWith(code, () => writeBundle(at, two(), RUN));
      assertEquals(await shape(at), before);
      assertEquals(await namesIn(folder), ["run"]);
    }));
}

async function shape(at: string): Promise<unknown> {
  if ((await Deno.stat(at)).isFile) return await Deno.readTextFile(at);
  return [...(await readBundle(at)).files].sort();
}

for (const name of ["../x", "/x", "a//b", "a\\b", "", "bundle.json", "a\nb"]) {
  Deno.test(`nothing is written under the name ${JSON.stringify(name)}`, () =>
    inFolder(async (folder) => {
      const files = new Map([[name, text("x")]]);
      await rejectsWith(
        "writ.fault",
        () => writeBundle(join(folder, "run"), files, RUN),
      );
      assertEquals(await namesIn(folder), []);
    }));
}

Deno.test("links, FIFOs and folders without files are strange, and are not read", () =>
  inFolder(async (folder) => {
    const at = join(folder, "run");
    await writeBundle(at, two(), RUN);
    await Deno.writeTextFile(join(folder, "secret"), "secret");
    await Deno.symlink(join(folder, "secret"), join(at, "link"));
    await Deno.symlink(folder, join(at, "up"));
    await Deno.symlink("nowhere", join(at, "dangling"));
    await Deno.mkdir(join(at, "empty"));
    const made = await new Deno.Command("mkfifo", { args: [join(at, "pipe")] })
      .output();
    assert(made.success);
    const { files, strange } = await readBundle(at);
    assertEquals(strange, [
      { name: "dangling", what: "a link" },
      { name: "empty", what: "a folder without files" },
      { name: "link", what: "a link" },
      { name: "pipe", what: "a FIFO" },
      { name: "up", what: "a link" },
    ]);
    assertEquals([...files.keys()].sort(), [
      "a.txt",
      "b/two.txt",
      "bundle.json",
    ]);
  }));

Deno.test("the folder itself may be named by a link", () =>
  inFolder(async (folder) => {
    await writeBundle(join(folder, "run"), two(), RUN);
    await Deno.symlink("run", join(folder, "latest"));
    assertEquals((await readBundle(join(folder, "latest"))).files.size, 3);
  }));

const UNREADABLE: [
  sentence: string,
  code: ErrorCode,
  make: (at: string) => Promise<void>,
][] = [
  ["nothing", "input.unreadable", async () => {}],
  ["a file", "bundle.unreadable", (at) => Deno.writeTextFile(at, "{}")],
  ["a dangling link", "input.unreadable", (at) => Deno.symlink("no", at)],
  ["a link to itself", "bundle.unreadable", (at) => Deno.symlink("run", at)],
];

for (const [sentence, code, make] of UNREADABLE) {
  Deno.test(`${sentence} is no bundle (${code})`, () =>
    inFolder(async (folder) => {
      const at = join(folder, "run");
      await make(at);
      await rejectsWith(code, () => readBundle(at));
    }));
}

const BOUNDS = { entries: 4, fileBytes: 8, bytes: 300 };

Deno.test("a bundle within the bounds is read", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "b"));
    await Deno.writeTextFile(join(folder, "b/x"), "12345678");
    assertEquals((await readBundle(folder, BOUNDS)).files.size, 1);
  }));

const BEYOND: [what: string, files: Record<string, string>][] = [
  ["too many files", { a: "", b: "", c: "", d: "", e: "" }],
  ["too large a file", { a: "123456789" }],
];

for (const [what, files] of BEYOND) {
  Deno.test(`${what} is beyond the bounds`, () =>
    inFolder(async (folder) => {
      for (const [name, value] of Object.entries(files)) {
        await Deno.writeTextFile(join(folder, name), value);
      }
      await rejectsWith("bundle.unreadable", () => readBundle(folder, BOUNDS));
    }));
}

Deno.test("files that are too large together are beyond the bounds", () =>
  inFolder(async (folder) => {
    for (const name of ["a", "b"]) {
      await Deno.writeTextFile(join(folder, name), "1234567");
    }
    const bounds = { ...BOUNDS, bytes: 13 };
    await rejectsWith("bundle.unreadable", () => readBundle(folder, bounds));
    assertEquals(
      (await readBundle(folder, { ...bounds, bytes: 14 })).files.size,
      2,
    );
  }));

Deno.test("lines are joined and split without loss", () => {
  const line = fc.uint8Array().map((bytes) =>
    bytes.filter((byte) => byte !== 0x0a)
  );
  fc.assert(fc.property(fc.array(line), (lines) => {
    assertEquals(splitLines(joinLines(lines)), { lines, cut: false });
  }));
  assertEquals(splitLines(text("a\nb")).cut, true);
});

Deno.test("a name without a fault stays in the folder", () => {
  const root = "file:///bundle/";
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
    if (bundleNameFault(name) !== null) return true;
    const path = join("/bundle", name);
    return path === `/bundle/${name}` && root.length > 0;
  }));
  for (
    const name of ["a", "a/b.json", "evidence/sha256/00", ".hidden", "a b"]
  ) {
    assertEquals(bundleNameFault(name), null);
  }
});

Deno.test("every part of a good bundle has a value", async () => {
  const parts = parseBundle(asBundle(await bundleFiles()));
  const { bundle: _, makers, expired, ...rest } = parts;
  assertEquals([makers, expired], [[], null]);
  for (const part of Object.values(rest)) assertEquals(part.faults, undefined);
});

Deno.test("what is wrong with one part hides no other", async () => {
  const files = await bundleFiles();
  for (const name of Object.values(BUNDLE_FILES)) {
    const parts = parseBundle(
      asBundle(new Map(files).set(name, text('{"v":1,"v":1}'))),
    );
    const { bundle: _, makers: __, expired: ___, ...rest } = parts;
    const faulty = Object.entries(rest).filter(([, part]) => part.faults).map((
      [key],
    ) => key);
    const expected = Object.entries(BUNDLE_FILES).filter(([key, file]) =>
      file === name && key !== "pipeline"
    ).map(([key]) => key);
    assertEquals(faulty, expected);
  }
});

Deno.test("a policy file may be called anything, and nothing is lost", async () => {
  const files = await bundleFiles();
  files.set("policy/__proto__", text("x"));
  const { policy } = parseBundle(asBundle(files));
  assertEquals(Object.keys(policy.value!.files).sort(), [
    "__proto__",
    "default.cedar",
    "writ.cedarschema",
  ]);
});
