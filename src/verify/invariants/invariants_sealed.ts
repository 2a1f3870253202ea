/**
 * `invariants.sealed`: what the runner found before it sealed the run is what is found now.
 *
 * @module
 */
import type { BundleParts } from "../../bundle/parse_bundle.ts";
import { BEFORE_SEAL } from "../before_seal.ts";
import { checkOne } from "../check_one.ts";
import { Findings, type Invariant, type VerifyOptions } from "../invariant.ts";
import { type SealedResult, sealedResult } from "../sealed_results.ts";
import { eventsOf, receiptPointer } from "../step_runs.ts";

/** Each invariant that can be decided before the seal is in it once, with the verdict and the codes that are found again. */
export const invariantsSealed: Invariant = {
  id: "invariants.sealed",
  title: "What the runner found before it sealed is found again",
  beforeSeal: false,
  async check(parts, options, before) {
    const found = new Findings();
    const receipts = found.need(parts.receipts);
    if (receipts === undefined) return found;
    const sealed = eventsOf(receipts, "run.sealed").at(-1);
    if (sealed === undefined) {
      found.unknown(
        "receipts.unsealed",
        "No receipt says what the runner found",
        parts.receipts.file!,
      );
      return found;
    }
    const said = new Map(sealed.body.invariants.map((each) => [each.id, each]));
    const at = `${receiptPointer(sealed.seq)}/body/invariants`;
    const wanted: string[] = BEFORE_SEAL.map(({ id }) => id);
    const listed = sealed.body.invariants.map(({ id }) => id);
    if (
      listed.length !== wanted.length || wanted.some((id) => !said.has(id))
    ) {
      found.fail(
        "invariants.missing",
        `The runner was to decide ${
          wanted.join(", ")
        } before the seal, it decided ${listed.join(", ") || "nothing"}`,
        at,
      );
    }
    const now = { ...options, now: sealed.at };
    for (const invariant of BEFORE_SEAL) {
      const theirs = said.get(invariant.id);
      if (theirs === undefined) continue;
      const ours = sealedResult(
        invariant.id,
        await again(invariant, parts, now, before),
      );
      if (!same(ours, theirs)) {
        found.fail(
          "invariants.differ",
          `The runner found ${shown(theirs)} for ${invariant.id}, ${
            shown(ours)
          } is found now`,
          `${at}/${listed.indexOf(invariant.id)}`,
        );
      }
    }
    return found;
  },
};

/** What was found of an invariant as the runner could see it. */
async function again(
  invariant: Invariant,
  parts: BundleParts,
  options: VerifyOptions,
  before: ReadonlyMap<string, Findings>,
): Promise<Findings> {
  const found = before.get(invariant.id);
  if (found !== undefined && invariant.beforeSeal === "same") return found;
  return await checkOne(
    invariant,
    parts,
    { ...options, sealing: true },
    before,
  );
}

function same(a: SealedResult, b: SealedResult): boolean {
  return a.verdict === b.verdict && a.codes.join() === b.codes.join();
}

function shown({ verdict, codes }: SealedResult): string {
  return [verdict, ...codes].join(" ");
}
