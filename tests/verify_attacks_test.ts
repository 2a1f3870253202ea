/**
 * Attacks by someone who may change every file and make every hash anew, but has neither an
 * approver's nor the runner's nor the ledger's key.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { BUNDLE_FILES, type LedgerExcerpt } from "../src/bundle/bundle.ts";
import { withIndex } from "../src/bundle/bundle_index.ts";
import { joinLines, splitLines } from "../src/bundle/lines.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import type { Envelope } from "../src/core/dsse.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import type { Trust } from "../src/ticket/trust.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  asBundle,
  bundleFiles,
  KEYS,
  OTHER_RUN,
  RUN,
  trusted,
  trustIn,
} from "./verify_fixtures.ts";
import { forged, rechained, unchained } from "./verify_forgery.ts";
import {
  editBody,
  editJson,
  FAILED_LIST,
  outcome,
  READER,
  relisted,
  type Row,
  testRows,
  withStep,
} from "./verify_rows.ts";
import { PIPELINE } from "./verify_story.ts";

const mallorys: Trust = {
  ...trustIn(),
  keys: [
    trusted(KEYS.mallory, {
      owner: "mallory",
      roles: ["approver", "runner", "policy"],
    }),
    trusted(KEYS.ledger, {
      owner: "ledger",
      kind: "system",
      roles: ["ledger"],
    }),
  ],
};
const evil = {
  pipeline: PIPELINE.replace(`"-tf"`, `"-xf"`),
  plan: withStep("list", { argv: ["tar", "-xf", "dist/src.tar"] }),
};
const weak = {
  files: {
    ...DEFAULT_POLICY.files,
    "default.cedar": `@id("all") permit(principal, action, resource);`,
  },
};
const ATTACKS: Row[] = [
  [
    "the attacker signs all of it with keys of their own",
    {
      ...evil,
      trust: mallorys,
      approvers: [KEYS.mallory],
      runner: KEYS.mallory,
      ledgerKey: KEYS.mallory,
    },
    "ticket.signer_unknown",
    "ticket.valid",
    "ledger.checkpoint",
    "seal.signature",
  ],
  [
    "the attacker seals a run of another plan with the true ticket",
    forged({ ...evil, runner: KEYS.mallory }, "ticket"),
    "ticket.decision",
    "ticket.valid",
    "ledger.checkpoint",
    "seal.signature",
  ],
  [
    "the attacker keeps the true ticket and the true seal beside another plan",
    forged(evil, "ticket", "seal"),
    "receipts.head",
    "receipts.chain",
    "ticket.valid",
    "ledger.checkpoint",
    "ledger.entries",
  ],
  [
    "a signature of the true ticket is put on another payload",
    relisted((files) =>
      editJson<{ payload: string }>(files, "ticket", (envelope) => {
        const ticket = JSON.parse(atob(envelope.payload));
        envelope.payload = btoa(
          new TextDecoder().decode(canonicalBytes({ ...ticket, maxUses: 9 })),
        );
      })
    ),
    "ticket.signature",
    "ticket.valid",
  ],
  [
    "the seal is signed by the attacker under the runner's key id",
    relisted((files) =>
      editJson<{ signatures: { sig: string }[] }>(files, "seal", (envelope) => {
        envelope.signatures[0].sig = btoa("\0".repeat(64));
      })
    ),
    "seal.signature",
    "seal.signature",
    "ledger.entries",
  ],
  [
    "the seal has no signature",
    relisted((files) =>
      editJson<{ signatures: unknown[] }>(files, "seal", (envelope) => {
        envelope.signatures = [];
      })
    ),
    "part.malformed",
    "seal.signature",
    "ledger.entries",
    "receipts.chain",
  ],
  [
    "the ticket stands in the place of the seal",
    relisted((files) =>
      files.set(BUNDLE_FILES.seal, files.get(BUNDLE_FILES.ticket)!)
    ),
    "part.malformed",
    "seal.signature",
    "ledger.entries",
    "receipts.chain",
  ],
  [
    "the policy's text is weakened",
    relisted((files) =>
      files.set(
        "policy/default.cedar",
        new TextEncoder().encode(weak.files["default.cedar"]),
      )
    ),
    "decision.policy",
    "decision.recomputed",
    "ticket.valid",
  ],
  [
    "the policy is weakened and decides anew",
    forged({ policy: weak }, "ticket", "seal"),
    "ticket.decision",
    "ticket.valid",
    "ledger.checkpoint",
    "ledger.entries",
    "receipts.chain",
  ],
  [
    "a step of the plan is changed, its digests made anew",
    relisted((files) =>
      editJson(files, "plan", withStep("list", { argv: ["tar", "-xf", "x"] }))
    ),
    "plan.differs",
    "plan.digests",
    "pipeline.plan",
    "decision.recomputed",
    "ticket.valid",
    "steps.confinement",
  ],
  [
    "trust is replaced by the attacker's",
    relisted((files) =>
      files.set(BUNDLE_FILES.trust, canonicalBytes(mallorys))
    ),
    "decision.trust",
    "decision.recomputed",
  ],
  [
    "the outcome is turned from failed to ok, the receipts chained anew",
    async () => {
      const good = await bundleFiles();
      const failed = await bundleFiles({ steps: () => FAILED_LIST });
      const files = new Map(good);
      files.set(BUNDLE_FILES.seal, failed.get(BUNDLE_FILES.seal)!);
      files.set(BUNDLE_FILES.ledger, failed.get(BUNDLE_FILES.ledger)!);
      return asBundle(withIndex(files, RUN));
    },
    "receipts.head",
    "receipts.chain",
    "seal.signature",
    "ledger.inclusion",
    "ledger.consistency",
  ],
  [
    "only the sealed outcome is turned to ok",
    forged({ steps: () => FAILED_LIST, receipts: outcome("ok") }, "seal"),
    "receipts.head",
    "receipts.chain",
    "ledger.entries",
    "ledger.checkpoint",
    "outcome.honest",
  ],
  [
    "a receipt is dropped, the rest chained anew",
    rechained((receipts) => receipts.toSpliced(3, 1)),
    "receipts.head",
    "receipts.chain",
    "claims.bound",
    "receipts.order",
    "steps.complete",
  ],
  [
    "a receipt is doubled, the rest chained anew",
    rechained((receipts) => receipts.toSpliced(3, 0, receipts[3])),
    "receipts.head",
    "receipts.chain",
    "receipts.order",
  ],
  [
    "two receipts are swapped and chained anew",
    rechained((receipts) => receipts.toSpliced(1, 2, receipts[2], receipts[1])),
    "receipts.head",
    "receipts.chain",
    "receipts.order",
  ],
  [
    "a receipt is dropped",
    unchained((lines) => lines.toSpliced(5, 1)),
    "receipts.link",
    "receipts.chain",
    "seal.signature",
    "steps.materials",
  ],
  [
    "a receipt is doubled",
    unchained((lines) => lines.toSpliced(5, 0, lines[5])),
    "receipts.sequence",
    "receipts.chain",
    "receipts.order",
  ],
  [
    "two receipts are swapped",
    unchained((lines) => lines.toSpliced(1, 2, lines[2], lines[1])),
    "receipts.sequence",
    "receipts.chain",
    "receipts.order",
  ],
  [
    "the tail is cut off",
    unchained((lines) => lines.slice(0, -1)),
    "receipts.count",
    "receipts.chain",
    "receipts.order",
    "seal.signature",
  ],
  [
    "the last line is cut in the middle",
    relisted((files) =>
      files.set(
        BUNDLE_FILES.receipts,
        files.get(BUNDLE_FILES.receipts)!.slice(0, -1),
      )
    ),
    "part.malformed",
    "receipts.chain",
    ...needReceipts(),
    "evidence.retention",
  ],
  [
    "receipts of another run are spliced in",
    async () => {
      const files = await bundleFiles();
      const other = await bundleFiles({ run: OTHER_RUN });
      const { lines } = splitLines(files.get(BUNDLE_FILES.receipts)!);
      const others = splitLines(other.get(BUNDLE_FILES.receipts)!).lines;
      const spliced = lines.toSpliced(1, 2, others[1], others[2]);
      files.set(BUNDLE_FILES.receipts, joinLines(spliced));
      return asBundle(withIndex(files, RUN));
    },
    "receipts.run",
    "receipts.chain",
  ],
  [
    "all receipts and the seal are of another run",
    async () => {
      const files = await bundleFiles();
      const other = await bundleFiles({ run: OTHER_RUN });
      for (const name of ["receipts", "seal"] as const) {
        files.set(BUNDLE_FILES[name], other.get(BUNDLE_FILES[name])!);
      }
      return asBundle(withIndex(files, RUN));
    },
    "bundle.run",
    "bundle.complete",
    "receipts.chain",
    "ledger.entries",
    "ticket.valid",
  ],
  [
    "another ticket of the same approver stands in",
    relisted((files) => files, {
      receipts: editBody("run.opened", null, (body) => {
        body.ticket = "tkt_01KEYHQ8000000000000000007";
      }),
    }),
    "ticket.run",
    "ticket.valid",
    "ledger.entries",
    "seal.signature",
  ],
  [
    "what two steps printed is swapped",
    relisted((files) => {
      const names = [...files.keys()].filter((name) =>
        name.startsWith("evidence/")
      );
      const [first, second] = names.map((name) => files.get(name)!);
      files.set(names[0], second).set(names[1], first);
    }),
    "evidence.size",
    "evidence.true",
  ],
  [
    "the revocation is cut out of the ledger",
    relisted((files) =>
      editJson<{ entries: { type: string }[] }>(files, "ledger", (excerpt) => {
        excerpt.entries = excerpt.entries.filter(({ type }) =>
          type !== "ticket.issued"
        );
      })
    ),
    "ticket.not_issued",
    "ticket.valid",
    "ledger.inclusion",
  ],
  [
    "the admission is dated back",
    relisted((files) =>
      editJson<{ entries: { at: string }[] }>(files, "ledger", (excerpt) => {
        excerpt.entries[1].at = "2026-01-14T12:00:03.000Z";
      })
    ),
    "ledger.admission",
    "ledger.entries",
    "ledger.inclusion",
  ],
  [
    "the pipeline is shown with another command",
    relisted((files) =>
      files.set(
        BUNDLE_FILES.pipeline,
        new TextEncoder().encode(evil.pipeline),
      )
    ),
    "pipeline.differs",
    "pipeline.plan",
  ],
];

const SLACK: Row[] = [
  [
    "a comment of the author's file is changed",
    relisted((files) =>
      files.set(
        BUNDLE_FILES.pipeline,
        new TextEncoder().encode(PIPELINE.replace("has been", "was")),
      )
    ),
    "pipeline.file",
    "pipeline.plan",
  ],
  [
    "one of two approvers is left out, where one is enough",
    relisted((files) => {
      editJson<Envelope>(files, "ticket", ({ signatures }) => {
        signatures.pop();
      });
    }, { approvers: [KEYS.ana, KEYS.mallory] }),
    "ticket.envelope",
    "ticket.valid",
  ],
  [
    "a stranger's signature is added to the ticket",
    relisted((files) => {
      editJson<Envelope>(files, "ticket", ({ signatures }) => {
        signatures.push({ ...signatures[0], keyid: KEYS.mallory.id });
      });
    }),
    "ticket.envelope",
    "ticket.valid",
  ],
  [
    "the runner's signature stands twice on the seal",
    relisted((files) => {
      editJson<Envelope>(files, "seal", ({ signatures }) => {
        signatures.push(signatures[0]);
      });
    }),
    "seal.signatures",
    "seal.signature",
    "ledger.entries",
  ],
  [
    "the ledger's signature stands twice on the checkpoint",
    relisted((files) => {
      const text = new TextDecoder().decode(files.get(BUNDLE_FILES.checkpoint));
      const line = text.split("\n").at(-2);
      files.set(
        BUNDLE_FILES.checkpoint,
        new TextEncoder().encode(`${text}${line}\n`),
      );
    }),
    "checkpoint.signatures",
    "ledger.checkpoint",
  ],
  [
    "a true entry of the ledger that is not of this run is shown",
    { ledger: (entries) => entries.map((each) => ({ ...each, shown: true })) },
    "ledger.stray",
    "ledger.entries",
  ],
  [
    "the proof from the checkpoint before is left out",
    relisted((files) => {
      editJson<LedgerExcerpt>(files, "ledger", ({ consistency }) => {
        consistency.pop();
      });
    }),
    "consistency.missing",
    "ledger.consistency",
  ],
  [
    "a proof stands twice",
    relisted((files) => {
      editJson<LedgerExcerpt>(files, "ledger", ({ consistency }) => {
        consistency.push(consistency[1]);
      });
    }),
    "consistency.stray",
    "ledger.consistency",
  ],
  [
    "two proofs are swapped",
    relisted((files) => {
      editJson<LedgerExcerpt>(files, "ledger", ({ consistency }) => {
        consistency.reverse();
      });
    }),
    "consistency.stray",
    "ledger.consistency",
  ],
];

testRows(ATTACKS);
testRows(SLACK);

Deno.test("the attacker's bundle is true for who trusts the attacker", async () => {
  const files = await bundleFiles({
    ...evil,
    trust: mallorys,
    approvers: [KEYS.mallory],
    runner: KEYS.mallory,
  });
  const report = await verifyBundle(asBundle(files), {
    ...READER,
    trust: mallorys,
  });
  assertEquals([report.exit, report.verdict], [0, "verified"]);
});

function needReceipts(): string[] {
  return [
    "pipeline.plan",
    "plan.digests",
    "decision.recomputed",
    "ticket.valid",
    "ledger.entries",
    "receipts.order",
    "seal.signature",
    "steps.complete",
    "steps.order",
    "steps.confinement",
    "steps.materials",
    "steps.fetched",
    "steps.cached",
    "claims.bound",
    "evidence.true",
    "evidence.strength",
    "outcome.honest",
    "times.monotone",
  ];
}
