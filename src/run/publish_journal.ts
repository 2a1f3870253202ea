/**
 * The journal of a publishing: what a later process needs to undo or finish it.
 *
 * Edge: files.
 *
 * @module
 */
import * as z from "zod";
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { unwritable } from "../evidence/blob_files.ts";

/**
 * `building`: nothing of the workspace has changed. `moving`: some may have. `moved`: all has,
 * what was there before may go.
 */
export interface Journal {
  v: 1;
  /** The name of its folder: `new/<n>` and `old/<n>` are those of the n-th path. */
  id: string;
  /** Where that lies: beside the journal, or in the workspace's `.writ/publish`. */
  staging: "state" | "workspace";
  phase: "building" | "moving" | "moved";
  /** Absolute, without links. */
  workspace: string;
  /** What tells that folder from another one that has its path since. */
  folder: string;
  paths: string[];
  /** Folders that are made for them, parents first. */
  made: string[];
}

const JournalSchema: z.ZodType<Journal> = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  staging: z.enum(["state", "workspace"]),
  phase: z.enum(["building", "moving", "moved"]),
  workspace: z.string().min(1),
  folder: z.string(),
  paths: z.array(z.string().min(1)),
  made: z.array(z.string().min(1)),
});

/** The folder that a journal lies in. */
export function journalFolder(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Makes that folder. */
export function makeJournalFolder(path: string): void {
  try {
    Deno.mkdirSync(journalFolder(path), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Writes a journal over the last one. After a power cut it is the one or the other, whole; `durable`: it
 * is this one from now on.
 */
export function writeJournal(
  path: string,
  journal: Journal,
  durable: boolean,
): void {
  const temp = `${path}.new`;
  try {
    {
      using file = Deno.openSync(temp, {
        write: true,
        create: true,
        truncate: true,
        mode: 0o600,
      });
      const bytes = canonicalBytes(journal);
      for (let done = 0; done < bytes.length;) {
        done += file.writeSync(bytes.subarray(done));
      }
      // Without it, its name could outlive a power cut that its bytes do not.
      file.syncSync();
    }
    Deno.renameSync(temp, path);
    if (durable) {
      using opened = Deno.openSync(journalFolder(path));
      opened.syncSync();
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Reads a journal; `null` when there is none.
 *
 * @throws {WritError} `input.invalid`
 */
export function readJournal(path: string): Journal | null {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  try {
    return JournalSchema.parse(
      parseCanonical(bytes, "the journal of a publishing"),
    );
  } catch (cause) {
    throw new WritError(
      "input.invalid",
      `Cannot read the journal of a publishing ${
        quoted(path, 200)
      }: it is damaged, or not of this version`,
      {
        cause,
        place: { file: path },
        hint:
          "Put back by hand what the folders beside it, or .writ/publish in the workspace, hold under old, if anything, then remove the journal",
      },
    );
  }
}

/** When a journal was written, milliseconds since 1970. */
export function journalTime(path: string): number {
  return Deno.lstatSync(path).mtime?.getTime() ?? 0;
}

/** Forgets a journal. */
export function removeJournal(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
