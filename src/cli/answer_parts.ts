/**
 * Schemas of what several answers of `--json` have in common.
 *
 * @module
 */
import * as z from "zod";

export const text = z.string();

export const count = z.int().min(0);

/** How a run ends. */
export const OUTCOMES = ["ok", "failed", "cancelled", "indeterminate"] as const;

/** Where a run stands. */
export const RUN_STATES = ["running", "interrupted", ...OUTCOMES] as const;

const grants = z.array(z.strictObject({
  kind: z.enum(["read", "write", "net", "env", "sys", "ffi"]),
  value: text.nullable(),
}));

/** Fields of a `PermissionUse`. */
export const PERMISSION_USE = {
  granted: grants,
  used: grants,
  unused: grants,
  denied: z.array(
    z.strictObject({ permission: text, value: text.nullable() }),
  ),
  least: z.record(text, z.array(text)),
};
