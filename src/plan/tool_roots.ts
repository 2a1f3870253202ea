/**
 * Tool roots: the folders outside the system whose programs steps may use. They are named by
 * whoever owns the config folder, never by the workspace.
 *
 * @module
 */
import * as z from "zod";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";

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
 * Reads the bytes of a `tools.json`; `null` (no such file) is none. `file` is its name in errors.
 *
 * @throws {WritError} `input.invalid`, with all faults
 */
export function parseToolRoots(
  bytes: Uint8Array | null,
  file: string,
): ToolRoots {
  if (bytes === null) return NO_TOOL_ROOTS;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(file, "it is not JSON", cause);
  }
  const parsed = ToolRootsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WritError(
    "input.invalid",
    `Cannot read ${quoted(file)}: its form is not that of tool roots`,
    {
      place: { file },
      hint: HINT,
      faults: parsed.error.issues.map((issue) => ({
        place: { file },
        message: `${issue.path.join(".") || "the file"}: ${issue.message}`,
      })),
    },
  );
}

const HINT = 'Expected { "v": 1, "roots": ["/opt/node"] }';

function invalid(file: string, what: string, cause: unknown): WritError {
  return new WritError(
    "input.invalid",
    `Cannot read ${quoted(file)}: ${what}`,
    {
      place: { file },
      hint: HINT,
      cause,
    },
  );
}
