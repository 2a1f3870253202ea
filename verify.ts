/**
 * Verifies a run's bundle, with leave to read and nothing else:
 * `deno run --allow-read verify.ts BUNDLE --trust FILE`.
 *
 * Edge: reads the bundle and the trust file, the clock; writes to standard output and error.
 *
 * @module
 */
import { readBundle } from "./src/bundle/read_bundle.ts";
import { asWritError } from "./src/core/as_writ_error.ts";
import { EXIT } from "./src/core/errors.ts";
import { formatTime } from "./src/core/time.ts";
import { startCedar } from "./src/policy/cedar.ts";
import { compileCedar } from "./src/policy/compile_cedar.ts";
import { readSeen } from "./src/ledger/read_seen.ts";
import { loadTrust } from "./src/ticket/read_trust.ts";
import {
  parseVerifyArguments,
  VERIFY_USAGE,
  type VerifyArguments,
} from "./src/verify/parse_arguments.ts";
import { renderError, renderReport } from "./src/verify/render.ts";
import { errorDocument } from "./src/core/error_document.ts";
import { safeJson } from "./src/core/safe_json.ts";
import type { Report } from "./src/verify/report.ts";
import { verifyBundle } from "./src/verify/verify.ts";

export { readBundle, verifyBundle };
export { parseCheckpoint } from "./src/ledger/checkpoint.ts";
export { REASON_CODES } from "./src/verify/report.ts";
export type { Bundle } from "./src/bundle/bundle.ts";
export type { Note, NoteSignature } from "./src/core/note.ts";
export type { Checkpoint } from "./src/ledger/checkpoint.ts";
export type { TreeHead } from "./src/ledger/merkle.ts";
export type { TileId } from "./src/ledger/tile.ts";
export type { ReadTile } from "./src/ledger/tree_reader.ts";
export type { SeenLedger, VerifyOptions } from "./src/verify/invariant.ts";
export type {
  InvariantResult,
  InvariantVerdict,
  Reason,
  ReasonCode,
  Report,
  ReportVerdict,
  Subjects,
} from "./src/verify/report.ts";
export type {
  Recipient,
  Retention,
  Trust,
  TrustedKey,
} from "./src/ticket/trust.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

/** arguments -> bundle and trust -> report -> text; the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  try {
    const asked = parseVerifyArguments(args);
    if (asked === null) {
      console.log(VERIFY_USAGE);
      return EXIT.done;
    }
    const report = await verify(asked);
    console.log(json ? safeJson(report) : renderReport(report).join("\n"));
    return report.exit;
  } catch (thrown) {
    const error = asWritError(thrown, {
      permission:
        "give --allow-read: it reads the bundle, the files that you name, and its own packages",
      fault: "please report it, with the command and this line",
    });
    if (json) console.log(safeJson(errorDocument(error)));
    console.error(renderError(error).join("\n"));
    return error.exit;
  }
}

async function verify(
  { bundle, trust, expect, seen }: VerifyArguments,
): Promise<Report> {
  startCedar(compileCedar());
  const read = await readBundle(bundle);
  return await verifyBundle(read, {
    trust: trust === null ? null : await loadTrust(trust),
    now: formatTime(Date.now()),
    expect,
    ...(seen === null
      ? {}
      : { seen: await readSeen(seen.checkpoint, seen.log) }),
  });
}
