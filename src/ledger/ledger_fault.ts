/**
 * What can be wrong with a ledger.
 *
 * @module
 */
import type { Fault } from "../core/errors.ts";
import type { ChainFault } from "./walk_chain.ts";

/** Every code of a {@linkcode LedgerFault}: what scripts and tests match. */
export type LedgerFaultCode =
  | ChainFault["code"]
  /** It cannot even be read. */
  | "ledger.unreadable"
  /** The entries end elsewhere than the ledger's head says. */
  | "ledger.head"
  /** An entry that those before it do not allow. */
  | "entry.illegal"
  /** A tile of the Merkle tree is not that of the entries. */
  | "tree.differs"
  | "checkpoint.missing"
  /** No checkpoint, or the ledger's key did not sign it. */
  | "checkpoint.signature"
  /** The entries that it was signed over are no longer all there. */
  | "checkpoint.cut"
  /** The entries are others than it was signed over. */
  | "checkpoint.differs"
  /** It does not cover the closing that it was signed with. */
  | "checkpoint.uncovered"
  /** A ticket that no entry issued. */
  | "ticket.unissued"
  /** A ticket that was issued, and of which nothing is kept. */
  | "ticket.hidden"
  | "ticket.state"
  | "ticket.uses"
  | "ticket.revocation"
  | "ticket.envelope"
  /** A ticket that is not found where it is looked for. */
  | "ticket.unlisted"
  /** A run that no entry admitted. */
  | "run.unadmitted"
  /** A run that was admitted, and of which nothing is kept. */
  | "run.hidden"
  | "run.record"
  /** A run that is not found where it is looked for. */
  | "run.unlisted"
  /** Receipts that do not end at the run's head. */
  | "run.head"
  /** Receipts that name other entries than the ledger has. */
  | "run.entries"
  | "run.closing"
  | "run.unsealed"
  | "run.seal"
  | "document.digest";

/** One thing that is wrong with a ledger. */
export interface LedgerFault extends Fault {
  /** What scripts and tests match; the sentence may be improved, this stays. */
  code: LedgerFaultCode;
}

/** The faults whose condition does not hold. */
export function failing(
  checks: readonly [holds: boolean, code: LedgerFaultCode, why: string][],
): LedgerFault[] {
  return checks.flatMap(([holds, code, message]) =>
    holds ? [] : [{ code, message }]
  );
}
