/**
 * What verify says of a run whose receipts or seal do not hold together, and of steps that did
 * not go as they must. One fault each, all of it hashed and signed with the right keys.
 *
 * @module
 */
import { digestOf } from "../src/core/digest.ts";
import { KEYS, OTHER_RUN } from "./verify_fixtures.ts";
import {
  CHECK,
  editBody,
  LIST,
  outcome,
  testRows,
  without,
} from "./verify_rows.ts";
import { dropOutput, finished, settled, started } from "./verify_story.ts";

const dropList = (files: Map<string, Uint8Array>) => dropOutput(files, "list");

testRows([
  [
    "a receipt is of another run",
    {
      receipts: (drafts) =>
        drafts.map((draft, i) =>
          i === 2 ? { ...draft, run: OTHER_RUN } : draft
        ),
    },
    "receipts.run",
    "receipts.chain",
  ],
  [
    "the seal counts other receipts",
    {
      seal: (seal) => ({ ...seal, count: seal.count + 1 }),
    },
    "receipts.count",
    "receipts.chain",
  ],
  [
    "the seal has another head",
    {
      seal: (seal) => ({ ...seal, head: digestOf("another") }),
    },
    "receipts.head",
    "receipts.chain",
  ],
  [
    "the run was not sealed",
    {
      receipts: (drafts) => drafts.slice(0, -1),
    },
    "receipts.unsealed",
    "receipts.order",
    "seal.signature",
  ],
  [
    "the run was sealed twice",
    {
      receipts: (drafts) => [...drafts, drafts.at(-1)!],
    },
    "receipts.order",
    "receipts.order",
  ],
  [
    "something follows the seal",
    {
      receipts: (drafts) => [...drafts, drafts[1]],
    },
    "receipts.order",
    "receipts.order",
    "steps.complete",
  ],
  [
    "the run was not opened",
    {
      receipts: (drafts) => drafts.slice(1),
    },
    "receipts.order",
    "receipts.order",
    "ledger.entries",
    "seal.signature",
  ],
  [
    "a step ended before it began",
    {
      steps: ([first, second, ...rest]) => [second, first, ...rest],
    },
    "receipts.order",
    "receipts.order",
  ],
  [
    "a stranger sealed it",
    { runner: KEYS.mallory },
    "seal.signer_unknown",
    "seal.signature",
  ],
  [
    "the approver sealed it",
    { runner: KEYS.ana },
    "seal.signer_not_allowed",
    "seal.signature",
  ],
  [
    "the seal is of another run",
    {
      seal: (seal) => ({ ...seal, run: OTHER_RUN }),
    },
    "seal.run",
    "seal.signature",
    "bundle.complete",
    "ledger.entries",
  ],
  [
    "the seal is of another ticket",
    {
      seal: (seal) => ({ ...seal, ticket: "tkt_01KEYHQ8000000000000000009" }),
    },
    "seal.run",
    "seal.signature",
  ],
  [
    "the seal says a better outcome than the receipts",
    {
      receipts: outcome("failed"),
      seal: (seal) => ({ ...seal, outcome: "ok" }),
    },
    "seal.outcome",
    "seal.signature",
    "outcome.honest",
  ],
  [
    "the seal has another product",
    {
      seal: (seal) => ({
        ...seal,
        products: [{ path: "dist", tree: digestOf("another") }],
      }),
    },
    "seal.products",
    "seal.signature",
  ],
  [
    "the seal leaves out a product",
    {
      seal: (seal) => ({ ...seal, products: [] }),
    },
    "seal.products",
    "seal.signature",
  ],
  [
    "a step was left out in silence",
    {
      steps: (drafts) => drafts.slice(0, 5),
      receipts: outcome("ok"),
      evidence: new Map(),
      files: dropList,
    },
    "steps.missing",
    "steps.complete",
    "outcome.honest",
  ],
  [
    "a step was skipped without a cause",
    {
      steps: (drafts) => [
        ...drafts.slice(0, 5),
        settled(LIST, "skipped", "no time"),
      ],
      receipts: outcome("failed"),
      files: dropList,
    },
    "steps.skipped_without_cause",
    "steps.complete",
  ],
  [
    "a step is ok that was never started",
    {
      steps: without("step.started", "list"),
    },
    "steps.not_started",
    "steps.complete",
    "claims.bound",
    "receipts.order",
  ],
  [
    "a step was started and did not end",
    {
      steps: (drafts) => drafts.slice(0, -1),
      receipts: outcome("ok"),
      files: dropList,
    },
    "steps.missing",
    "steps.complete",
    "receipts.order",
    "outcome.honest",
  ],
  [
    "a step of no plan was run",
    {
      steps: (drafts) => [
        ...drafts,
        started({ ...LIST, id: "extra" }),
        finished({ ...LIST, id: "extra" }, { evidence: [] }),
      ],
    },
    "steps.unknown",
    "steps.complete",
  ],
  [
    "a step was tried more often than allowed",
    {
      steps: (drafts) => [
        started(CHECK),
        finished(CHECK, { status: "failed", reason: "exit 1", exit: 1 }),
        started(CHECK, 2),
        finished(CHECK, { attempt: 2 }),
        ...drafts.slice(2),
      ],
    },
    "steps.attempts",
    "steps.complete",
  ],
  [
    "a step was run that was not chosen",
    {
      receipts: editBody("run.opened", null, (body) => {
        body.only = ["check", "pack"];
      }),
    },
    "steps.not_chosen",
    "steps.complete",
  ],
  [
    "a step began before what it needs was done",
    {
      steps: (drafts) => [...drafts.slice(2), ...drafts.slice(0, 2)],
    },
    "steps.before_needs",
    "steps.order",
  ],
]);
