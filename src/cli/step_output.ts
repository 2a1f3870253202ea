/**
 * What a step printed, from the evidence of its run.
 *
 * Edge: files, read only.
 * @module
 */
import { closeSync } from "node:fs";
import { join } from "@std/path/join";
import { evidenceName, RUNS } from "../bundle/names.ts";
import { type Digest, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { shellWord } from "../core/shell_word.ts";
import { blobPath } from "../evidence/blob_files.ts";
import { BlobStore } from "../evidence/blobs.ts";
import { classOf } from "../ledger/captured.ts";
import type { EvidenceRef, Receipt } from "../ledger/receipt.ts";
import type { RunRecord } from "../ledger/records.ts";
import { lookAt, openRegular, readUpTo } from "../plan/open_regular.ts";
import { readDecision, readTrust } from "../run/documents.ts";
import { recipientId } from "../ticket/recipient.ts";
import type { OpenLedger } from "./open_ledger.ts";
import { signerText } from "./shown_ticket.ts";
import type { Terminal } from "./terminal.ts";

/** What the last attempt of a step printed. */
export interface StepOutput {
  /** Bytes of its streams as they were captured; `null` where they cannot be had. */
  stdout: Uint8Array | null;
  stderr: Uint8Array | null;
  /** In sentences, why they cannot be had, and what there is not of them. */
  notes: string[];
}

/** The places that evidence is looked for in. */
type Places = Pick<OpenLedger, "ledger" | "state" | "workspace">;

/**
 * Reads what a step printed in its last attempt.
 *
 * @param receipts all of the run's
 * @throws {WritError} `evidence.corrupt` where what should be kept is not there, or something else
 */
export async function stepOutput(
  step: string,
  receipts: readonly Receipt[],
  record: RunRecord,
  places: Places,
): Promise<StepOutput> {
  const refs = keptOf(step, receipts);
  if (typeof refs === "string") {
    return { stdout: null, stderr: null, notes: [refs] };
  }
  const notes: string[] = [];
  const read = async (name: "stdout" | "stderr") => {
    const ref = refs.find((one) => one.name === name);
    return ref === undefined
      ? null
      : await readStream(`${name} of ${step}`, ref, record, places, notes);
  };
  const stdout = await read("stdout");
  const stderr = await read("stderr");
  if (stdout?.length === 0 && stderr?.length === 0) {
    notes.push(`${step} printed nothing`);
  }
  return { stdout, stderr, notes };
}

/** Reads one stream; adds to `notes` why it cannot, and what there is not of it. */
async function readStream(
  what: string,
  ref: EvidenceRef,
  record: RunRecord,
  places: Places,
  notes: string[],
): Promise<Uint8Array | null> {
  if (ref.truncated) {
    notes.push(`${what} was cut off at the step's limit on output`);
  }
  // Nothing is nothing, wherever it was kept.
  if (ref.bytes === 0) return new Uint8Array();
  if (record.evidence?.expired.includes(classOf(ref))) {
    notes.push(
      `${what} has expired: gc removed its ${ref.bytes} B, of ${ref.digest}`,
    );
    return null;
  }
  if (ref.sealed === undefined) {
    return await readRef(what, ref, record, places);
  }
  const owners = await ownersOf(ref.sealed.recipients, record, places);
  const { path } = placeOf(what, ref, record, places);
  notes.push(
    `${what} is sealed for ${owners.join(", ")}; to open it: ` +
      `age --decrypt --identity KEY ${shellWord(path)}`,
  );
  return null;
}

/**
 * Shows it: standard output as the answer; standard error as talk, after the step's name, since
 * what a step says is not to be taken for what Writ says.
 */
export function showOutput(
  step: string,
  { stdout, stderr, notes }: StepOutput,
  terminal: Terminal,
): void {
  if (stdout !== null) terminal.answerOutput(stdout);
  if (stderr !== null) {
    const lines = terminal.prefixed(step);
    lines.write(stderr);
    lines.end();
  }
  for (const note of notes) terminal.say(note);
}

/** What was captured of the last attempt, or why nothing was. */
function keptOf(
  step: string,
  receipts: readonly Receipt[],
): EvidenceRef[] | string {
  let found: EvidenceRef[] | string = `${step} never ran`;
  let attempts = 0;
  for (const { type, body } of receipts) {
    if (type === "step.started" && body.step === step) {
      attempts = body.attempt;
      found =
        `${step} was begun, and its end is not recorded: what it printed is kept once it has ended`;
    }
    if (type !== "step.finished" || body.step !== step) continue;
    const { attempt, status, reason, evidence } = body;
    const why = reason === null ? status : `${status}, ${reason}`;
    if (attempt > 0) {
      found = evidence.length > 0
        ? evidence
        : `Nothing is kept of what ${step} printed: ${why}`;
    } else if (attempts === 0) found = `${step} never ran: ${why}`;
  }
  return found;
}

/** The bytes of what was captured, checked. */
async function readRef(
  what: string,
  ref: EvidenceRef,
  record: RunRecord,
  places: Places,
): Promise<Uint8Array> {
  const { path, isStored } = placeOf(what, ref, record, places);
  if (isStored) return await new BlobStore(places.state).read(ref.digest);
  const { fd } = openRegular(path, { code: "evidence.corrupt" });
  try {
    const bytes = readUpTo(fd, ref.bytes);
    if (bytes !== null && sha256(bytes) === ref.digest) return bytes;
  } finally {
    closeSync(fd);
  }
  throw new WritError(
    "evidence.corrupt",
    `Cannot show ${what}: ${quoted(path)} is not what was captured`,
  );
}

/** The file that holds what was captured: of the store, else of the bundle in the workspace. */
function placeOf(
  what: string,
  { digest, sealed }: EvidenceRef,
  { run }: RunRecord,
  { state, workspace }: Places,
): { path: string; isStored: boolean } {
  const stored = { path: blobPath(state.blobs, digest), isStored: true };
  const bundled = {
    path: join(workspace, RUNS, run, evidenceName(digest)),
    isStored: false,
  };
  // Whoever opens a file with another program takes it along with its bundle.
  const order = sealed === undefined ? [stored, bundled] : [bundled, stored];
  const found = order.find(({ path }) => lookAt(path) !== null);
  if (found !== undefined) return found;
  throw new WritError(
    "evidence.corrupt",
    `Cannot show ${what}: neither the store nor this workspace has ${digest}`,
    {
      hint: "the run's bundle holds it, in evidence/sha256, where it still is",
    },
  );
}

/** Who can open what is sealed, by the trust that the run was decided under. */
async function ownersOf(
  recipients: readonly Digest[],
  record: RunRecord,
  { ledger }: Places,
): Promise<string[]> {
  const { trust } = await readDecision(ledger, record.decision);
  const known = (await readTrust(ledger, trust)).recipients ?? [];
  return recipients.map((key) => {
    const one = known.find(({ recipient }) => recipientId(recipient) === key);
    return signerText({ key, owner: one?.owner ?? null });
  });
}
