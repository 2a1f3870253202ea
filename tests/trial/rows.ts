/**
 * The steps of the trial in their natural text, by group.
 *
 * @module
 */
import { C_ROWS } from "./c_rows.ts";
import { DATA_ROWS } from "./data_rows.ts";
import { DENO_ROWS } from "./deno_rows.ts";
import { GIT_ROWS } from "./git_rows.ts";
import { NODE_ROWS } from "./node_rows.ts";
import type { TrialRow } from "./row.ts";
import { SHELL_ROWS } from "./shell_rows.ts";

/** All of them. */
export const ROWS: TrialRow[] = [
  ...C_ROWS,
  ...DATA_ROWS,
  ...DENO_ROWS,
  ...GIT_ROWS,
  ...NODE_ROWS,
  ...SHELL_ROWS,
];
