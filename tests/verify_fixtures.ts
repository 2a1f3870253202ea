/**
 * Makes good bundles in memory, with throw-away keys, and lets a test change any one thing
 * before it is hashed and signed.
 *
 * @module
 */
import { encodeBase64 } from "@std/encoding/base64";
import {
  type Bundle,
  BUNDLE_FILES,
  type LedgerExcerpt,
} from "../src/bundle/bundle.ts";
import { withIndex } from "../src/bundle/bundle_index.ts";
import { parseBundle } from "../src/bundle/parse_bundle.ts";
import { joinLines } from "../src/bundle/lines.ts";
import { BUNDLE_POLICY, evidenceName } from "../src/bundle/names.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { type Digest, digestOf, sha256 } from "../src/core/digest.ts";
import { signEnvelope } from "../src/core/dsse.ts";
import { generateKey, type Signer } from "../src/core/keys.ts";
import {
  type EntryDraft,
  type EntryLink,
  nextEntry,
  nextReceipt,
  type ReceiptDraft,
} from "../src/ledger/chain.ts";
import { signCheckpoint } from "../src/ledger/checkpoint.ts";
import type { TreeHead } from "../src/ledger/merkle.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import { TreeReader } from "../src/ledger/tree_reader.ts";
import { type Seal, SEAL_TYPE } from "../src/ledger/seal.ts";
import { EMPTY_HEAD, type Head } from "../src/ledger/store.ts";
import { type Plan, planDigest } from "../src/plan/plan.ts";
import { decide } from "../src/policy/decide.ts";
import { type Decision, decisionDigest } from "../src/policy/decision.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import type { PolicySet } from "../src/policy/policy_set.ts";
import { type Ticket, TICKET_TYPE } from "../src/ticket/ticket.ts";
import {
  type Trust,
  trustDigest,
  type TrustedKey,
} from "../src/ticket/trust.ts";
import { BEFORE_SEAL } from "../src/verify/before_seal.ts";
import { Findings } from "../src/verify/invariant.ts";
import { checkBeforeSeal, sealedResult } from "../src/verify/sealed_results.ts";
import { factsOf } from "./support/plans.ts";
import {
  goodPlan,
  goodSteps,
  opened,
  PIPELINE,
  sealed,
  type StepDraft,
} from "./verify_story.ts";

/** Who can sign here. `mallory` is in nobody's trust. */
export const KEYS = {
  ana: (await generateKey()).signer,
  runner: (await generateKey()).signer,
  ledger: (await generateKey()).signer,
  mallory: (await generateKey()).signer,
};

export const RUN = "run_01KEYHQ8000000000000000000";
export const OTHER_RUN = "run_01KEYHQ8000000000000000001";
export const TICKET_ID = "tkt_01KEYHQ8000000000000000000";
export const LEDGER: Digest = KEYS.ledger.id;

/** When the reader reads. */
export const NOW = "2026-01-15T09:00:00.000Z";

/** A time of the story: seconds after noon. */
export function at(seconds: number): string {
  return new Date(Date.parse("2026-01-14T12:00:00.000Z") + seconds * 1000)
    .toISOString();
}

/** A key as a trust file lists it. */
export function trusted(
  signer: Signer,
  options: Partial<TrustedKey> = {},
): TrustedKey {
  return {
    id: signer.id,
    publicKey: encodeBase64(signer.publicKey),
    owner: "ana",
    kind: "human",
    roles: ["approver"],
    notBefore: "2026-01-01T00:00:00.000Z",
    notAfter: null,
    revokedAt: null,
    ...options,
  };
}

/** Trust in Ana, the runner and the ledger. */
export function trustIn(
  change: {
    ana?: Partial<TrustedKey>;
    runner?: Partial<TrustedKey>;
    ledger?: Partial<TrustedKey>;
  } = {},
): Trust {
  return {
    v: 1,
    keys: [
      trusted(KEYS.ana, change.ana),
      trusted(KEYS.runner, {
        owner: "runner",
        kind: "system",
        roles: ["runner"],
        ...change.runner,
      }),
      trusted(KEYS.ledger, {
        owner: "ledger",
        kind: "system",
        roles: ["ledger"],
        ...change.ledger,
      }),
    ],
    quorum: 1,
    policies: [],
  };
}

/** The trust of the reader, and the one that was in force. */
export const TRUST: Trust = trustIn();

/** An entry of the ledger; one that is not `shown` lies between those of the excerpt. */
export interface LedgerDraft {
  draft: EntryDraft;
  shown: boolean;
}

/** What a test changes, in the order in which things are made. Later things follow from the changed ones. */
export interface Changes {
  pipeline?: string;
  plan?: (plan: Plan) => Plan;
  policy?: PolicySet;
  /** Trust as it was in force. */
  trust?: Trust;
  decision?: (decision: Decision) => Decision;
  ticket?: (ticket: Ticket) => Ticket;
  approvers?: Signer[];
  /** Up to the admission. */
  ledger?: (entries: LedgerDraft[]) => LedgerDraft[];
  /** Between opening and sealing. */
  steps?: (steps: StepDraft[]) => StepDraft[];
  receipts?: (receipts: ReceiptDraft[]) => ReceiptDraft[];
  seal?: (seal: Seal) => Seal;
  runner?: Signer;
  /** From the closing on. */
  closing?: (entries: LedgerDraft[]) => LedgerDraft[];
  /** Told the hashes of all entries. */
  leaves?: (leaves: Digest[]) => void;
  /** Who signs the checkpoint. */
  ledgerKey?: Signer;
  /** The head that the checkpoint says. */
  checkpoint?: (head: TreeHead) => TreeHead;
  /** Entries and proofs, before they are written. */
  excerpt?: (excerpt: LedgerExcerpt) => LedgerExcerpt;
  evidence?: Map<string, string>;
  /** Before the list of files is made. */
  files?: (files: Map<string, Uint8Array>) => void;
  run?: string;
}

const encoder = new TextEncoder();
const same = <T>(value: T): T => value;

/** The files of a good bundle, but for the changes. All that follows from a change is made anew. */
export async function bundleFiles(
  changes: Changes = {},
): Promise<Map<string, Uint8Array>> {
  const { run = RUN, trust = TRUST, policy = DEFAULT_POLICY } = changes;
  const plan = (changes.plan ?? same)(goodPlan());
  const facts = factsOf({ time: at(0) });
  const decision = (changes.decision ?? same)(
    await decide(plan, policy, trustDigest(trust), facts),
  );
  const ticket = (changes.ticket ?? same)(ticketOf(decision));
  const payload = canonicalBytes(ticket);
  const envelope = canonicalBytes(
    await signEnvelope(TICKET_TYPE, payload, changes.approvers ?? [KEYS.ana]),
  );
  const pipeline = encoder.encode(changes.pipeline ?? PIPELINE);
  const before = linkEntries(
    EMPTY_HEAD,
    (changes.ledger ?? same)(history(ticket, sha256(payload), run)),
  );
  const admitted = before.all.find(({ entry }) =>
    entry.type === "run.admitted" && entry.body.run === run
  );
  const { drafts, evidence } = goodSteps(plan);
  const steps = (changes.steps ?? same)(drafts);
  const unsealed = (changes.receipts ?? same)([
    opened({
      plan: planDigest(plan),
      decision: decisionDigest(decision),
      ticket: ticket.id,
      envelope: sha256(envelope),
      pipeline: sha256(pipeline),
      entry: {
        seq: admitted?.entry.seq ?? 0,
        hash: admitted?.hash ?? digestOf("none"),
      },
    }),
    ...steps,
    sealed(plan, steps),
  ].map((draft, i) => ({ ...draft, run, at: at(10 + i) }) as ReceiptDraft));
  const known = new Map<string, Uint8Array>([
    [BUNDLE_FILES.pipeline, pipeline],
    [BUNDLE_FILES.plan, canonicalBytes(plan)],
    [BUNDLE_FILES.decision, canonicalBytes(decision)],
    [BUNDLE_FILES.trust, canonicalBytes(trust)],
    ...Object.entries(policy.files).map((
      [name, text],
    ): [string, Uint8Array] => [BUNDLE_POLICY + name, encoder.encode(text)]),
    ...[...evidence, ...changes.evidence ?? []].map((
      [, text],
    ): [string, Uint8Array] => [
      evidenceName(sha256(encoder.encode(text))),
      encoder.encode(text),
    ]),
  ]);
  const receipts = linkReceipts(await withFindings(unsealed, known));
  const seal = (changes.seal ?? same)(sealOf(run, ticket, receipts));
  const sealedBy = canonicalBytes(
    await signEnvelope(SEAL_TYPE, canonicalBytes(seal), [
      changes.runner ?? KEYS.runner,
    ]),
  );
  const after = linkEntries(
    before.head,
    (changes.closing ?? same)(closing(seal, sha256(sealedBy))),
  );
  const all = [...before.all, ...after.all];
  changes.leaves?.(all.map(({ hash }) => hash));
  const { excerpt, head } = await excerptOf(
    all,
    [...before.shown, ...after.shown],
    ticket.seen,
  );
  const ledgerKey = changes.ledgerKey ?? KEYS.ledger;
  const checkpoint = await signCheckpoint(
    (changes.checkpoint ?? same)(head),
    // Whoever signs it, it is said to be of this ledger.
    { ...ledgerKey, id: LEDGER },
  );
  const files = new Map<string, Uint8Array>([
    ...known,
    [BUNDLE_FILES.ticket, envelope],
    [BUNDLE_FILES.receipts, joinLines(receipts.map(({ bytes }) => bytes))],
    [BUNDLE_FILES.seal, sealedBy],
    [
      BUNDLE_FILES.ledger,
      canonicalBytes((changes.excerpt ?? same)(excerpt)),
    ],
    [BUNDLE_FILES.checkpoint, checkpoint],
  ]);
  changes.files?.(files);
  return withIndex(files, run);
}

/**
 * What a runner writes into the last receipt that it found. One that has done wrong writes that it
 * found nothing wrong; warnings are told as they are.
 */
async function withFindings(
  drafts: ReceiptDraft[],
  known: ReadonlyMap<string, Uint8Array>,
): Promise<ReceiptDraft[]> {
  const files = new Map(known);
  const lines = linkReceipts(drafts).map(({ bytes }) => bytes);
  files.set(BUNDLE_FILES.receipts, joinLines(lines));
  const sealedAt = drafts.at(-1)?.at ?? NOW;
  const found = await checkBeforeSeal(
    BEFORE_SEAL,
    parseBundle(asBundle(files)),
    sealedAt,
  );
  const invariants = [...found].map(([id, findings]) => {
    const warned = new Findings();
    warned.list.push(
      ...findings.list.filter(({ verdict }) => verdict === "WARN"),
    );
    return sealedResult(id, warned);
  });
  return drafts.map((draft) =>
    draft.type === "run.sealed" && draft.body.invariants.length === 0
      ? { ...draft, body: { ...draft.body, invariants } }
      : draft
  );
}

/** The hashes of all entries of the ledger, but for the changes. */
export async function leavesOf(changes: Changes = {}): Promise<Digest[]> {
  let found: Digest[] = [];
  await bundleFiles({ ...changes, leaves: (leaves) => found = leaves });
  return found;
}

/** A good bundle, but for the changes. */
export async function bundleOf(changes: Changes = {}): Promise<Bundle> {
  return asBundle(await bundleFiles(changes));
}

/** Files as a bundle that was read. */
export function asBundle(files: ReadonlyMap<string, Uint8Array>): Bundle {
  return { where: "memory", files, strange: [] };
}

function ticketOf(decision: Decision): Ticket {
  return {
    v: 1,
    id: TICKET_ID,
    ledger: LEDGER,
    decision: decisionDigest(decision),
    seen: SEEN,
    requester: decision.facts.requester,
    reason: "release",
    notBefore: at(0),
    expiresAt: at(3600),
    maxUses: 1,
  };
}

/** The first entry, which is another's. */
function firstEntry(): LedgerDraft {
  return entry(false, 1, "ticket.issued", {
    ticket: "tkt_01KEYHQ8000000000000000009",
    payload: digestOf("other"),
    decision: digestOf("other"),
  });
}

/** The ledger as Ana saw it: its first entry. */
export const SEEN: TreeHead = TreeEdge.EMPTY.append(
  linkEntries(EMPTY_HEAD, [firstEntry()]).all.map(({ hash }) => hash),
).edge.head;

/** What is shown of a ledger of these entries, with its proofs. */
async function excerptOf(
  all: readonly EntryLink[],
  shown: readonly EntryLink[],
  seen: TreeHead | null,
): Promise<{ excerpt: LedgerExcerpt; head: TreeHead }> {
  const { tiles, edge: { head } } = TreeEdge.EMPTY.append(
    all.map(({ hash }) => hash),
  );
  const reader = new TreeReader(({ level }) =>
    Promise.resolve(tiles.find((tile) => tile.level === level)!.bytes)
  );
  // A ledger that was changed proves what it can of what was seen.
  const provable = seen !== null && seen.size > 0 && seen.size < head.size;
  const proofs = provable ? [seen] : [];
  const last = shown.findLast(({ entry: { type } }) => type === "run.closed");
  if (last?.entry.type === "run.closed") {
    const size = last.entry.body.before;
    if (size > 0 && size < head.size && size !== proofs[0]?.size) {
      proofs.push(await reader.headAt(size));
    }
  }
  const excerpt: LedgerExcerpt = {
    v: 1,
    ledger: LEDGER,
    entries: shown.map(({ entry }) => entry),
    inclusion: await Promise.all(
      shown.map(({ entry: { seq } }) => reader.inclusion(seq, head.size)),
    ),
    consistency: await Promise.all(
      proofs.sort((a, b) => a.size - b.size).map(async (proof) => ({
        ...proof,
        path: await reader.consistency(proof.size, head.size),
      })),
    ),
  };
  return { excerpt, head };
}

/** The ledger up to the admission, with entries of others before and between. */
function history(ticket: Ticket, payload: Digest, run: string): LedgerDraft[] {
  const { id, decision } = ticket;
  const other = "tkt_01KEYHQ8000000000000000009";
  return [
    firstEntry(),
    entry(true, 2, "ticket.issued", { ticket: id, payload, decision }),
    entry(false, 3, "ticket.revoked", {
      ticket: other,
      reason: "no longer wanted",
      by: "ana",
    }),
    entry(true, 4, "run.admitted", { run, ticket: id, decision, use: 1 }),
  ];
}

function closing(seal: Seal, envelope: Digest): LedgerDraft[] {
  return [
    entry(true, 60, "run.closed", {
      run: seal.run,
      seal: digestOf(seal),
      envelope,
      outcome: seal.outcome,
      head: seal.head,
      count: seal.count,
      before: 3,
    }),
  ];
}

/** A draft of an entry. */
export function entry<T extends EntryDraft["type"]>(
  shown: boolean,
  seconds: number,
  type: T,
  body: Extract<EntryDraft, { type: T }>["body"],
): LedgerDraft {
  const draft = { ledger: LEDGER, at: at(seconds), type, body } as EntryDraft;
  return { draft, shown };
}

function linkEntries(
  head: Head,
  drafts: readonly LedgerDraft[],
): { head: Head; all: EntryLink[]; shown: EntryLink[] } {
  const all: EntryLink[] = [];
  const shown: EntryLink[] = [];
  for (const each of drafts) {
    const link = nextEntry(head, each.draft);
    head = link.head;
    all.push(link);
    if (each.shown) shown.push(link);
  }
  return { head, all, shown };
}

/** Chains receipts. */
export function linkReceipts(
  drafts: readonly ReceiptDraft[],
): ReturnType<typeof nextReceipt>[] {
  let head = EMPTY_HEAD;
  return drafts.map((draft) => {
    const link = nextReceipt(head, draft);
    head = link.head;
    return link;
  });
}

/** The seal that receipts ask for. */
function sealOf(
  run: string,
  ticket: Ticket,
  receipts: ReturnType<typeof nextReceipt>[],
): Seal {
  const last = receipts.at(-1)!;
  const products = receipts.flatMap(({ receipt }) =>
    receipt.type === "step.published" ? receipt.body.products : []
  );
  return {
    v: 1,
    ledger: LEDGER,
    run,
    ticket: ticket.id,
    outcome: last.receipt.type === "run.sealed"
      ? last.receipt.body.outcome
      : "ok",
    head: last.hash,
    count: receipts.length,
    products: products.map(({ path, tree }) => ({ path, tree })),
  };
}
