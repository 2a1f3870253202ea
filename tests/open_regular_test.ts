/**
 * What judges is read from plain files: what is swapped for one between a look and the open is
 * refused, and a FIFO holds nobody.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { readBundle } from "../src/bundle/read_bundle.ts";
import { type ErrorCode, isWritError } from "../src/core/errors.ts";
import { disk } from "../src/plan/disk.ts";
import { loadPolicy } from "../src/policy/load_policy.ts";
import { loadTrust } from "../src/ticket/read_trust.ts";
import { trustText } from "../src/ticket/trust_text.ts";
import { inFolder } from "./support/in_folder.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { trustOf } from "./support/tickets.ts";
import { makeFifo } from "./support/view_bench.ts";

/** Readers of a file in a folder, and the code of their refusal. */
const READERS: [
  name: string,
  file: string,
  read: (folder: string) => Promise<unknown>,
  code: ErrorCode,
  /** The code or answer where a FIFO lies in its place. */
  inPlace: string,
][] = [
  [
    "a policy",
    "policies/a.cedar",
    loadPolicy,
    "policy.invalid",
    "policy.invalid",
  ],
  [
    "a trust file",
    "trust.json",
    (folder) => loadTrust(join(folder, "trust.json")),
    "trust.invalid",
    "trust.invalid",
  ],
  [
    "a bundle",
    "plan.json",
    async (folder) => (await readBundle(folder)).strange,
    "bundle.unreadable",
    '[{"name":"plan.json","what":"a FIFO"}]',
  ],
  [
    "the head of a program",
    "tool",
    (folder) => Promise.try(() => disk.head(join(folder, "tool"), 100)),
    "plan.changed_while_read",
    "null",
  ],
];

/** Lets something else take the place of a file right after it is looked at, until disposed. */
function swapAfterLook(path: string, swap: () => void): Disposable {
  const { lstatSync } = Deno;
  Deno.lstatSync = (at) => {
    const info = lstatSync(at);
    if (String(at) === path && info.isFile) swap();
    return info;
  };
  return {
    [Symbol.dispose]() {
      Deno.lstatSync = lstatSync;
    },
  };
}

/** Makes the file that is read, and lets `swap` take its place while it is opened. */
async function readSwapped(
  folder: string,
  [, file, read, code]: typeof READERS[number],
  swap: (path: string) => void,
): Promise<void> {
  const path = join(folder, file);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, trustText(trustOf()));
  await read(folder);
  using _ = swapAfterLook(path, () => {
    Deno.renameSync(path, `${path}.away`);
    swap(path);
  });
  await rejectsWith(code, () => read(folder));
}

const SWAPS: [what: string, swap: (path: string) => void][] = [
  ["a link", (path) => Deno.symlinkSync(`${path}.away`, path)],
  ["another file", (path) => Deno.writeTextFileSync(path, "evil")],
  ["a folder", (path) => Deno.mkdirSync(path)],
  ["nothing", () => {}],
];

for (const reader of READERS) {
  const [name, file, read, , inPlace] = reader;
  for (const [what, swap] of SWAPS) {
    Deno.test(`${what} that takes the place of ${name} while it is opened is refused`, () =>
      inFolder((folder) => readSwapped(folder, reader, swap)));
  }
  Deno.test(`a FIFO that takes the place of ${name} while it is opened is refused, and holds nobody`, () =>
    inFolder(async (folder) => {
      // Lets go whoever waits for the FIFO, and lives no longer then.
      const writer = new Deno.Command("sh", {
        args: ["-c", 'sleep 5; : >"$0"', join(folder, file)],
      }).spawn();
      await readSwapped(folder, reader, makeFifo);
      writer.kill("SIGKILL");
      assertEquals((await writer.status).signal, "SIGKILL");
    }));
  Deno.test(`a FIFO in the place of ${name} holds nobody`, () =>
    inFolder(async (folder) => {
      await Deno.mkdir(dirname(join(folder, file)), { recursive: true });
      makeFifo(join(folder, file));
      const answer = await read(folder).then(
        JSON.stringify,
        (error) => isWritError(error) ? error.code : error,
      );
      assertEquals(answer, inPlace);
    }));
}
