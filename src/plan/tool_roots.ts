/**
 * Tool roots: the folders outside the system whose programs steps may use. They are named by
 * whoever owns the config folder, never by the workspace.
 *
 * @module
 */
import * as z from "zod";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { readDocument } from "../pipeline/document.ts";
import { FaultList } from "../pipeline/faults.ts";
import { checkDocument } from "../pipeline/form_faults.ts";

/** The declared tool roots, as in `<config>/tools.json`. */
export interface ToolRoots {
  v: 1;
  /** Absolute folders, searched in this order: `<root>/bin`, `<root>/shims`, `<root>` itself. */
  roots: string[];
}

/** No tool roots: programs of the system and of the workspace only. */
export const NO_TOOL_ROOTS: ToolRoots = { v: 1, roots: [] };

/** Schema of {@linkcode ToolRoots}. */
export const ToolRootsSchema: z.ZodType<ToolRoots> = z.strictObject({
  v: z.literal(1),
  roots: z.array(
    z.string().regex(
      /^\/[^\p{Cc}]*[^/\p{Cc}]$/u,
      "expected an absolute path without a trailing slash",
    ).refine(
      (path) => !path.split("/").includes("..") && !path.includes("//"),
      "expected a path without `..` and `//`",
    ),
  ),
});

/**
 * Reads the bytes of a `tools.json` (JSON or JSONC); `null` (no such file) is none.
 *
 * @param file its name, for messages
 * @throws {WritError} `input.invalid`, with all faults and their places
 */
export function parseToolRoots(
  bytes: Uint8Array | null,
  file: string,
): ToolRoots {
  if (bytes === null) return NO_TOOL_ROOTS;
  const faults = new FaultList();
  const document = readDocument(bytes, file, faults);
  const roots = document === undefined || faults.size > 0
    ? undefined
    : checkDocument(ToolRootsSchema, document, "The file", faults);
  if (roots !== undefined) return roots;
  const { message, place, faults: all } = faults.error(
    "input.invalid",
    `Cannot use the tool roots of ${quoted(file, 200)}`,
  );
  throw new WritError("input.invalid", message, {
    place,
    faults: [...all],
    hint: 'Expected { "v": 1, "roots": ["/opt/node"] }',
  });
}
