/**
 * Runs that were interrupted and went on under the same use of their ticket.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { digestOf, leafHash } from "../src/core/digest.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  bundleFiles,
  bundleOf,
  type Changes,
  entry,
  OTHER_RUN,
  RUN,
} from "./verify_fixtures.ts";
import { assertRefused, LIST, PACK, READER } from "./verify_rows.ts";
import {
  finished,
  published,
  settled,
  started,
  type StepDraft,
} from "./verify_story.ts";

/** The runner was gone while `pack` ran; the next one went on. */
async function resumed(run = RUN): Promise<Changes> {
  const ledger: Changes["ledger"] = (entries) => [
    ...entries,
    entry(true, 20, "run.resumed", { run }),
  ];
  const files = await bundleFiles({ ledger });
  const { entries } = JSON.parse(
    new TextDecoder().decode(files.get(BUNDLE_FILES.ledger)),
  );
  const { seq } = entries[2];
  const hash = leafHash(canonicalBytes(entries[2]));
  return { ledger, steps: (drafts) => goingOn(drafts, { seq, hash }) };
}

function goingOn(
  drafts: StepDraft[],
  entry: Extract<StepDraft, { type: "run.resumed" }>["body"]["entry"],
): StepDraft[] {
  return [
    ...drafts.slice(0, 2),
    started(PACK),
    { type: "run.resumed", actor: drafts[0].actor, body: { entry } },
    {
      ...finished(PACK, {
        status: "indeterminate",
        reason: "the runner ended before the step did",
        exit: null,
        materials: [],
        products: [],
        fetch: null,
        fetched: [],
        evidence: [],
        usage: null,
        notEnforced: [],
      }),
    },
    started(PACK, 2),
    finished(PACK, { attempt: 2 }),
    published(PACK),
    started(LIST),
    finished(LIST),
  ];
}

Deno.test("true: a run that was resumed", async () => {
  const report = await verifyBundle(await bundleOf(await resumed()), READER);
  const warned = report.invariants.filter(({ verdict }) => verdict !== "PASS");
  assertEquals([report.exit, warned], [0, []]);
});

Deno.test("refused: the ledger knows nothing of the resumption", async () => {
  const { steps } = await resumed();
  const report = await verifyBundle(await bundleOf({ steps }), READER);
  assertRefused(report, "ledger.admission", ["ledger.entries"]);
});

Deno.test("refused: the receipts know nothing of the resumption", async () => {
  const { ledger } = await resumed();
  const report = await verifyBundle(await bundleOf({ ledger }), READER);
  assertRefused(report, "ledger.admission", ["ledger.entries"]);
});

Deno.test("refused: the resumption is of another run", async () => {
  const changes = await resumed(OTHER_RUN);
  const report = await verifyBundle(await bundleOf(changes), READER);
  assertRefused(report, "ledger.admission", ["ledger.entries"]);
});

Deno.test("refused: the receipt names another entry", async () => {
  const { ledger } = await resumed();
  const steps = (drafts: StepDraft[]) =>
    goingOn(drafts, { seq: 4, hash: digestOf("another") });
  const report = await verifyBundle(await bundleOf({ ledger, steps }), READER);
  assertRefused(report, "ledger.admission", ["ledger.entries"]);
});

Deno.test("refused: an end that nobody saw is called ok", async () => {
  const { ledger, steps } = await resumed();
  const claimed: Changes["steps"] = (drafts) =>
    steps!(drafts).flatMap((draft, i) =>
      i === 4 ? [finished(PACK)] : i === 5 || i === 6 ? [] : [draft]
    );
  const report = await verifyBundle(
    await bundleOf({ ledger, steps: claimed }),
    READER,
  );
  assertRefused(report, "receipts.order", ["receipts.order"]);
});

Deno.test("refused: a resumed run skipped a step without a cause", async () => {
  const { ledger, steps } = await resumed();
  const report = await verifyBundle(
    await bundleOf({
      ledger,
      steps: (drafts) => [
        ...steps!(drafts).slice(0, 8),
        settled(LIST, "skipped", "no time"),
      ],
    }),
    READER,
  );
  assertRefused(report, "steps.skipped_without_cause", [
    "steps.complete",
    "evidence.true",
  ]);
});
