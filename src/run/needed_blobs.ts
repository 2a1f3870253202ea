/**
 * What of the blob store somebody still needs.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { isWritError } from "../core/errors.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { dueAt } from "../evidence/retention.ts";
import { classOf } from "../ledger/captured.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RunRecord } from "../ledger/records.ts";
import type { Plan } from "../plan/plan.ts";
import { readDecision, readPlan, readReceipts } from "./documents.ts";
import {
  CLASSES,
  type DueEvidence,
  type RetentionRules,
} from "./due_evidence.ts";

/** What must stay. */
export interface NeededBlobs {
  blobs: Set<Digest>;
  trees: Set<Digest>;
}

/** Where it is looked for. */
export interface NeededIn {
  ledger: Ledger;
  blobs: BlobStore;
  rules: RetentionRules;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * What tickets that can be used rest on; all of runs that can be resumed; of the others, the
 * evidence that has not expired, and what they read, wrote, fetched and were given for as long as
 * public evidence is kept.
 *
 * @param expiring what counts as expired already, by run
 */
export async function neededBlobs(
  place: NeededIn,
  expiring: ReadonlyMap<string, DueEvidence> = new Map(),
): Promise<NeededBlobs> {
  const needed = new Needed(place);
  for await (const { ticket, status } of place.ledger.tickets()) {
    if (status !== "open" && status !== "early") continue;
    const { plan } = await readDecision(place.ledger, ticket.decision);
    await needed.addPlan(plan);
  }
  for await (const record of place.ledger.runs()) {
    await needed.addRun(record, expiring.get(record.run));
  }
  return needed;
}

class Needed implements NeededBlobs {
  readonly blobs = new Set<Digest>();
  readonly trees = new Set<Digest>();
  readonly #place: NeededIn;
  readonly #plans = new Set<Digest>();

  constructor(place: NeededIn) {
    this.#place = place;
  }

  async addPlan(digest: Digest): Promise<void> {
    if (this.#plans.has(digest)) return;
    this.#plans.add(digest);
    const plan: Plan = await readPlan(this.#place.ledger, digest);
    for (const { materials, fetched } of plan.steps) {
      for (const each of [...materials, ...fetched]) {
        if ("tree" in each) await this.#addTree(each.tree);
      }
    }
  }

  async addRun(record: RunRecord, due: DueEvidence | undefined): Promise<void> {
    const { ledger, rules, now } = this.#place;
    const { run, closedAt, status } = record;
    const gone = new Set([
      ...record.evidence?.expired ?? [],
      ...(due?.expired ?? []).map((each) => each.class),
    ]);
    const resumable = status === "running" && gone.size === 0;
    const rule = await rules.of(record.decision);
    const end = closedAt === null ? null : dueAt(closedAt, rule.public);
    const keepsTrees = resumable ||
      closedAt !== null && (end === null || now < end);
    const left = due?.kept ?? record.evidence?.kept ?? CLASSES;
    const keepsEvidence = left.some((name) => !gone.has(name));
    if (keepsTrees) await this.addPlan(record.plan);
    if (!keepsTrees && !keepsEvidence) return;
    for (const { type, body } of await readReceipts(ledger, run)) {
      if (type !== "step.finished") continue;
      for (const ref of body.evidence) {
        if (!gone.has(classOf(ref))) this.blobs.add(ref.digest);
      }
      if (!keepsTrees) continue;
      const { materials, products, fetch, fetched } = body;
      const caches = fetch === null ? fetched : [...fetched, fetch];
      for (const { tree } of [...materials, ...products, ...caches]) {
        await this.#addTree(tree);
      }
    }
  }

  async #addTree(tree: Digest): Promise<void> {
    if (this.trees.has(tree)) return;
    this.trees.add(tree);
    try {
      for (const entry of await this.#place.blobs.getTree(tree)) {
        this.blobs.add(entry.digest);
      }
    } catch (error) {
      // Whose listing is not there cannot be given to anybody, with its blobs or without.
      if (!isWritError(error, "evidence.corrupt")) throw error;
    }
  }
}
