/**
 * The pipeline of a wish.
 *
 * @module
 */
import { isWritError, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { shellWord } from "../core/shell_word.ts";
import { parseWithPlaces, type PlacedPipeline } from "../pipeline/parse.ts";
import type { Wish } from "./propose.ts";

/**
 * Parses the pipeline of a wish, with the wish's parameters in place.
 *
 * @throws {WritError} `pipeline.invalid`: all faults; or, for a request or a ticket, only that it
 * is one
 */
export async function readPipeline(wish: Wish): Promise<PlacedPipeline> {
  const { bytes, file, params } = wish;
  try {
    return parseWithPlaces(bytes, file, { params });
  } catch (error) {
    if (!isWritError(error, "pipeline.invalid")) throw error;
    throw await anotherKind(wish, error) ?? error;
  }
}

/** What to say of a file that was written for another command; `null` where it was not. */
async function anotherKind(
  { bytes, file, shown }: Wish,
  cause: WritError,
): Promise<WritError | null> {
  // Of use only here: the formats of a request are much to load.
  const { documentKind } = await import("../ticket/document_kind.ts");
  const kind = documentKind(bytes);
  if (kind === "pipeline") return null;
  const named = shellWord(shown ?? file);
  return new WritError(
    "pipeline.invalid",
    `Cannot use the pipeline ${
      quoted(file, 200)
    }: it is a ${kind}, a pipeline was expected`,
    {
      place: { file },
      hint: kind === "ticket"
        ? `deno task execute PIPELINE --ticket ${named}`
        : `deno task approve ${named} --out TICKET`,
      cause,
    },
  );
}
