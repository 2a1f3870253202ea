/**
 * Files that the user named are new, and whole or not there.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { WritError } from "../src/core/errors.ts";
import { writeNewFile } from "../src/cli/write_file.ts";

const BYTES = new TextEncoder().encode("a ticket\n");

/** What a file system without hard links answers. */
const NO_LINKS = () =>
  Promise.reject(
    Object.assign(new Deno.errors.PermissionDenied("Operation not permitted"), {
      code: "EPERM",
    }),
  );

const SYSTEMS: [name: string, link: typeof Deno.link][] = [
  ["with hard links", Deno.link],
  ["without hard links", NO_LINKS],
];

for (const [name, link] of SYSTEMS) {
  Deno.test(`on a file system ${name} a new file is written, and nothing else is left`, async () => {
    await inFolder(link, async (folder) => {
      await writeNewFile(`${folder}/ticket.json`, BYTES, "ticket.json");
      assertEquals(await Deno.readFile(`${folder}/ticket.json`), BYTES);
    });
  });

  Deno.test(`on a file system ${name} what is there is kept`, async () => {
    await inFolder(link, async (folder) => {
      await Deno.writeTextFile(`${folder}/ticket.json`, "mine");
      const error = await assertRejects(
        () => writeNewFile(`${folder}/ticket.json`, BYTES, "ticket.json"),
        WritError,
      );
      assertEquals(
        error.message,
        'Cannot write "ticket.json": something is there already',
      );
      assertEquals(await Deno.readTextFile(`${folder}/ticket.json`), "mine");
    });
  });
}

/** Runs with another `Deno.link` in a folder that must hold one file in the end. */
async function inFolder(
  link: typeof Deno.link,
  act: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const real = Deno.link;
  try {
    Deno.link = link;
    await act(folder);
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(names, ["ticket.json"]);
  } finally {
    Deno.link = real;
    await Deno.remove(folder, { recursive: true });
  }
}
