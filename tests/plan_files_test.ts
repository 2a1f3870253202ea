/**
 * Reading materials: what is hashed, and what is noticed while reading.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { sha256 } from "../src/core/digest.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { hashFiles, planIn, Workspace } from "./support/workspaces.ts";

const MIB = 1024 * 1024;
const SIZES = [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB];

for (const size of SIZES) {
  Deno.test(`a file of ${size} bytes is hashed whole`, async () => {
    using workspace = new Workspace();
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7);
    const path = `${workspace.root}/f`;
    Deno.writeFileSync(path, bytes);
    assertEquals(await hashFiles([{ path, size }]), [
      { digest: sha256(bytes), bytes: size },
    ]);
  });
}

Deno.test("files are answered for in their order", async () => {
  using workspace = new Workspace(
    Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`${i}`, `${i}`])),
  );
  const files = Array.from({ length: 600 }, (_, i) => ({
    path: `${workspace.root}/${i}`,
    size: `${i}`.length,
  }));
  const read = await hashFiles(files);
  assertEquals(
    read.map(({ digest }) => digest),
    files.map((_, i) => sha256(new TextEncoder().encode(`${i}`))),
  );
});

const CHANGES: [what: string, change: (path: string) => void][] = [
  ["was removed", (path) => Deno.removeSync(path)],
  ["grew", (path) => Deno.writeTextFileSync(path, "12345")],
  ["shrank", (path) => Deno.writeTextFileSync(path, "1")],
  ["became a folder", (path) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
  }],
  ["became a link to another file", (path) => {
    Deno.writeTextFileSync(`${path}.other`, "abcd");
    Deno.removeSync(path);
    Deno.symlinkSync(`${path}.other`, path);
  }],
  ["became a FIFO", (path) => {
    Deno.removeSync(path);
    new Deno.Command("mkfifo", { args: [path] }).outputSync();
  }],
];

for (const [what, change] of CHANGES) {
  Deno.test(`a file that ${what} since the walk is noticed`, async () => {
    using workspace = new Workspace({ f: "1234" });
    const plan = (before: () => void) =>
      planIn(workspace, { s: { permissions: { read: ["f"] } } }, {
        readFiles: (files) => {
          before();
          return hashFiles(files);
        },
      });
    await plan(() => {});
    await rejectsWith(
      "plan.changed_while_read",
      () => plan(() => change(`${workspace.root}/f`)),
    );
  });
}

Deno.test("a reader that answers with another size is not believed", async () => {
  using workspace = new Workspace({ f: "1234" });
  await rejectsWith(
    "plan.changed_while_read",
    () =>
      planIn(workspace, { s: { permissions: { read: ["f"] } } }, {
        readFiles: async (files) =>
          (await hashFiles(files)).map((read) => ({ ...read, bytes: 3 })),
      }),
  );
});
