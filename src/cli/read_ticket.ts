/**
 * Reading a ticket file that the user named.
 *
 * @module
 */
import { isWritError, WritError } from "../core/errors.ts";
import { shellWord } from "../core/shell_word.ts";
import { readDocument } from "../pipeline/document.ts";
import { FaultList } from "../pipeline/faults.ts";
import { openTicketFile } from "../ticket/ticket_file.ts";
import { inFile, readInput } from "./read_input.ts";

/**
 * The bytes of a ticket file whose parts belong together.
 *
 * @param shown how the user named it
 * @throws {WritError} `input.unreadable`, `input.invalid`, `ticket.malformed`, `ticket.decision`
 */
export async function readTicket(
  path: string,
  shown: string,
): Promise<Uint8Array> {
  const bytes = await readInput(path, shown);
  try {
    await inFile(shown, bytes, () => openTicketFile(bytes));
  } catch (error) {
    if (!isWritError(error)) throw error;
    throw await anotherKind(bytes, shown, error) ?? error;
  }
  return bytes;
}

/** What to say of a file that was written for another command; `null` where it was not. */
async function anotherKind(
  bytes: Uint8Array,
  shown: string,
  cause: WritError,
): Promise<WritError | null> {
  // Of use only here: the formats of a request are much to load.
  const { documentKind } = await import("../ticket/document_kind.ts");
  const kind = documentKind(bytes);
  if (kind === "ticket" || kind === "pipeline" && !hasSteps(bytes, shown)) {
    return null;
  }
  return new WritError(
    "input.invalid",
    `Cannot read a ticket file: it is a ${kind}, a ticket was expected`,
    {
      place: { file: shown },
      hint: `deno task approve ${shellWord(shown)} --out TICKET makes a ticket`,
      cause,
    },
  );
}

/** Whether it is a pipeline, right or wrong: a plan has a list of steps. */
function hasSteps(bytes: Uint8Array, shown: string): boolean {
  const value = readDocument(bytes, shown, new FaultList())?.value;
  return typeof value === "object" && value !== null && "steps" in value &&
    typeof value.steps === "object" && value.steps !== null &&
    !Array.isArray(value.steps);
}
