/**
 * Whether the ledger is whole, and whether it only grew since a checkpoint.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { resolve } from "@std/path/resolve";
import { EXIT, type ExitStatus } from "../core/errors.ts";
import type { Digest } from "../core/digest.ts";
import type { LedgerReport } from "../ledger/check_ledger.ts";
import { openCheckpoint } from "../ledger/checkpoint.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type TreeHead, verifyConsistency } from "../ledger/merkle.ts";
import type { Standing } from "../ledger/tree_reader.ts";
import { readKey } from "../ticket/keyring.ts";
import type { LogAnswer } from "./answers.ts";
import type { Context } from "./command.ts";
import type { OpenLedger } from "./open_ledger.ts";
import type { Paint } from "../verify/render.ts";
import { readInput } from "./read_input.ts";

/** How a ledger stands to a checkpoint, with the proof where it holds. */
interface Consistency {
  standing: Standing;
  from: TreeHead;
  to: TreeHead;
  /** RFC 9162 section 2.1.4. */
  proof: Digest[];
}

/** So many take some seconds. */
const RUNS_PER_WORD = 10_000;

/** Answers whether it is whole (`verify`), and consistent with a checkpoint's file. */
export async function judgeLedger(
  asked: { verify: boolean; consistentWith: string | null },
  { ledger, config }: OpenLedger,
  { terminal, cwd }: Context,
): Promise<ExitStatus> {
  const publicKey = decodeBase64((await readKey(config, "ledger")).publicKey);
  const file = asked.consistentWith;
  const consistency = file === null ? null : await compare(
    ledger,
    await openCheckpoint(
      await readInput(resolve(cwd, file), file),
      ledger.id,
      publicKey,
      `the checkpoint "${file}"`,
    ),
  );
  const report = asked.verify
    ? await ledger.verify(publicKey, (checked, runs) => {
      if (checked % RUNS_PER_WORD !== 0) return;
      terminal.say(`${checked} of ${runs} runs checked`);
    })
    : null;
  const holds = (report === null || report.faults.length === 0) &&
    (consistency === null || consistency.standing === "holds");
  const { paint } = terminal;
  terminal.answer({ holds, report, consistency } satisfies LogAnswer, [
    ...(report === null ? [] : reportLines(report, paint)),
    ...(consistency === null ? [] : [sentenceOf(consistency, paint)]),
  ]);
  return holds ? EXIT.done : EXIT.notVerified;
}

async function compare(
  ledger: Ledger,
  { size, root }: TreeHead,
): Promise<Consistency> {
  const from = { size, root };
  const to = await ledger.tree();
  const proofs = ledger.proofs();
  const standing = await proofs.standing(from, to.size);
  if (standing !== "holds" || size === 0) {
    return { standing, from, to, proof: [] };
  }
  const proof = await proofs.consistency(size, to.size);
  const holds = verifyConsistency(from, to, proof);
  return { standing: holds ? "holds" : "differs", from, to, proof };
}

function reportLines(report: LedgerReport, paint: Paint): string[] {
  const { head, tickets, runs, receipts, faults } = report;
  const verdict = faults.length === 0
    ? paint("good", "whole")
    : paint("bad", "not whole");
  return [
    ...faults.map(({ code, message }) => `${paint("bad", code)}: ${message}`),
    `${verdict}: ${head.size} entries, ${tickets} tickets, ${runs} runs, ${receipts} receipts`,
  ];
}

function sentenceOf({ standing, from, to }: Consistency, paint: Paint): string {
  switch (standing) {
    case "holds":
      return `${
        paint("good", "consistent")
      }: the ledger of ${to.size} entries begins with the ${from.size} of the checkpoint`;
    case "shorter":
      return `${
        paint("bad", "not consistent")
      }: the ledger has ${to.size} entries, the checkpoint ${from.size}`;
    case "differs":
      return `${
        paint("bad", "not consistent")
      }: the first ${from.size} entries are not those of the checkpoint`;
  }
}
