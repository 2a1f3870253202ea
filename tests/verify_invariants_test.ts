/**
 * What the runner decides before it seals: written into the seal, found again, and what keeps a
 * run from counting as succeeded.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { REQUIREMENTS } from "../src/pipeline/pipeline.ts";
import { BEFORE_SEAL } from "../src/verify/before_seal.ts";
import { INVARIANTS } from "../src/verify/invariants.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import { bundleFiles, bundleOf, type Changes } from "./verify_fixtures.ts";
import {
  CHECK,
  editBody,
  LIST,
  outcome,
  PACK,
  READER,
  testRows,
} from "./verify_rows.ts";
import { finished, PIPELINE, published, started } from "./verify_story.ts";

/** The good run, in which the output of `list` was cut off. */
const cut: Changes["steps"] = (drafts) =>
  editBody("step.finished", "list", (body) => {
    body.evidence[0].truncated = true;
  })(drafts);

/** A pipeline that wants what its runs rest on to be whole. */
const strict: Changes = {
  pipeline: PIPELINE.replace(
    `"steps"`,
    `"require": ["evidence.strength"], "steps"`,
  ),
  plan: (plan) => ({ ...plan, require: ["evidence.strength"] }),
};

Deno.test("the list of what is decided before the seal is that of the invariants that say so", () => {
  const marked = INVARIANTS.filter(({ beforeSeal }) => beforeSeal !== false);
  assertEquals(
    BEFORE_SEAL.map(({ id }) => id).sort(),
    marked.map(({ id }) => id).sort(),
  );
});

Deno.test("what a pipeline may require is decided before the seal", () => {
  const before = BEFORE_SEAL.map(({ id }) => id);
  assertEquals(REQUIREMENTS.filter((id) => !before.includes(id)), []);
});

Deno.test("each invariant has an id of its own, and says what holds where it passes", () => {
  const ids = INVARIANTS.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(INVARIANTS.filter(({ title }) => title === ""), []);
});

Deno.test("each result names the files that it rests on", async () => {
  const files = await bundleFiles();
  const { invariants } = await verifyBundle(await bundleOf(), READER);
  const rests = new Map(invariants.map(({ id, evidence }) => [id, evidence]));
  assertEquals(rests.get("receipts.order"), ["receipts.jsonl"]);
  assertEquals(rests.get("steps.confinement"), ["plan.json", "receipts.jsonl"]);
  assertEquals(rests.get("receipts.chain"), [
    "receipts.jsonl",
    "seal.dsse.json",
  ]);
  for (const [id, names] of rests) {
    const unknown = names.filter((name) =>
      !name.endsWith("/") && !files.has(name)
    );
    assertEquals([id, unknown], [id, []]);
  }
});

Deno.test("a run is true in which what nobody asked for is weak", async () => {
  const report = await verifyBundle(await bundleOf({ steps: cut }), READER);
  assertEquals([report.exit, report.verdict], [0, "verified"]);
});

Deno.test("a run in which what the pipeline asks for is weak is sealed as failed, and true", async () => {
  const report = await verifyBundle(
    await bundleOf({ ...strict, steps: cut, receipts: outcome("failed") }),
    READER,
  );
  assertEquals([report.exit, report.verdict], [1, "failed-run"]);
});

Deno.test("a run that gives all that the pipeline asks for is sealed as ok", async () => {
  const report = await verifyBundle(await bundleOf(strict), READER);
  assertEquals([report.exit, report.verdict], [0, "verified"]);
});

type Listed = { id: string; verdict: string; codes: string[] }[];

/** The receipts of a good run, with another list of what the runner found. */
const found = (change: (invariants: Listed) => Listed): Changes => ({
  receipts: (drafts) =>
    editBody("run.sealed", null, (body) => {
      const all = BEFORE_SEAL.map(({ id }) => ({
        id,
        verdict: "PASS" as const,
        codes: [],
      }));
      body.invariants = change(all) as typeof body.invariants;
    })(drafts),
});

testRows([
  [
    "what the pipeline asks for is weak, and the run is sealed as ok",
    { ...strict, steps: cut },
    "outcome.differs",
    "outcome.honest",
  ],
  [
    "all is well, and the run is sealed as failed",
    { ...strict, receipts: outcome("failed") },
    "outcome.differs",
    "outcome.honest",
  ],
  [
    "the plan asks for other invariants than the pipeline",
    { ...strict, plan: (plan) => plan },
    "pipeline.differs",
    "pipeline.plan",
  ],
  [
    "the runner left out what it found of an invariant",
    found((all) => all.slice(1)),
    "invariants.missing",
    "invariants.sealed",
  ],
  [
    "the runner decided an invariant twice",
    found((all) => [...all, all[0]]),
    "invariants.missing",
    "invariants.sealed",
  ],
  [
    "the runner decided an invariant that is none",
    found((all) => [...all, { id: "all.good", verdict: "PASS", codes: [] }]),
    "invariants.missing",
    "invariants.sealed",
  ],
  [
    "the runner says that it found something, and there is nothing",
    found((all) =>
      all.map((one) =>
        one.id === "steps.order"
          ? { ...one, verdict: "WARN", codes: ["times.future"] }
          : one
      )
    ),
    "invariants.differ",
    "invariants.sealed",
  ],
  [
    "the runner kept a warning to itself",
    { ...found((all) => all), steps: cut },
    "invariants.differ",
    "invariants.sealed",
  ],
  [
    "a step is ok of which nothing was captured",
    {
      steps: editBody("step.finished", "list", (body) => {
        body.evidence = body.evidence.slice(1);
      }),
    },
    "claims.unbound",
    "claims.bound",
    "evidence.true",
  ],
  [
    "a step is ok with the same output twice",
    {
      steps: editBody("step.finished", "list", (body) => {
        body.evidence[1] = body.evidence[0];
      }),
    },
    "claims.unbound",
    "claims.bound",
  ],
  [
    "a step that nobody saw end has output",
    {
      steps: () => [
        started(CHECK),
        finished(CHECK),
        started(PACK),
        finished(PACK),
        published(PACK),
        started(LIST),
        finished(LIST, {
          status: "indeterminate",
          reason: "the runner is gone",
          exit: null,
        }),
      ],
    },
    "claims.unfounded",
    "claims.bound",
  ],
]);
