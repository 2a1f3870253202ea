/**
 * Verify: bundles that are true, and what a reader brings.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { canonicalText } from "../src/core/canonical_json.ts";
import { digestOf, sha256 } from "../src/core/digest.ts";
import { type Checkpoint, parseCheckpoint } from "../src/ledger/checkpoint.ts";
import { planDigest } from "../src/plan/plan.ts";
import type { ReasonCode } from "../src/verify/report.ts";
import type { VerifyOptions } from "../src/verify/invariant.ts";
import { INVARIANTS } from "../src/verify/invariants.ts";
import { renderReport } from "../src/verify/render.ts";
import { ReportSchema } from "../src/verify/report.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  asBundle,
  at,
  bundleFiles,
  bundleOf,
  type Changes,
  entry,
  KEYS,
  RUN,
  TICKET_ID,
  TRUST,
  trustIn,
} from "./verify_fixtures.ts";
import {
  CHECK,
  editBody,
  LIST,
  PACK,
  READER,
  withStep,
} from "./verify_rows.ts";
import {
  DIST,
  dropOutput,
  finished,
  goodPlan,
  LANDLOCK,
  PIPELINE,
  published,
  settled,
  started,
  type StepDraft,
} from "./verify_story.ts";

const failure = { status: "failed", reason: "exit 2", exit: 2 } as const;
const failedPack = [
  started(CHECK),
  finished(CHECK),
  started(PACK),
  finished(PACK, { ...failure, products: [] }),
  started(PACK, 2),
  finished(PACK, { ...failure, attempt: 2, products: [] }),
];
const packed: StepDraft[] = [
  started(CHECK),
  finished(CHECK),
  started(PACK),
  finished(PACK),
  published(PACK),
];

const TRUE: [
  sentence: string,
  changes: Changes,
  exit: 0 | 1,
  warning?: [invariant: string, code: ReasonCode],
][] = [
  ["all steps are ok", {}, 0],
  ["a step failed, and what needs it was skipped", {
    steps: () => [...failedPack, settled(LIST, "skipped", '"pack" failed')],
    files: (files) => dropOutput(files, "list"),
  }, 1],
  ["a step failed, was tried again, and was ok", {
    steps: () => [
      ...failedPack.slice(0, 4),
      started(PACK, 2),
      finished(PACK, { attempt: 2 }),
      published(PACK),
      started(LIST),
      finished(LIST),
    ],
  }, 0],
  ["a step was refused", {
    steps: () => [
      ...packed,
      settled(LIST, "refused", "its material is gone"),
    ],
    files: (files) => dropOutput(files, "list"),
  }, 1],
  ["a runner crashed, and nobody saw how a step ended", {
    steps: () => [
      ...packed,
      started(LIST),
      finished(LIST, {
        status: "indeterminate",
        reason: "the runner is gone",
        exit: null,
        evidence: [],
      }),
    ],
    files: (files) => dropOutput(files, "list"),
  }, 1],
  ["the run was cancelled", {
    steps: () => [...packed, settled(LIST, "skipped", "cancelled")],
    receipts: editBody("run.sealed", null, (body) => {
      body.outcome = "cancelled";
    }),
    files: (files) => dropOutput(files, "list"),
  }, 1],
  [
    "only some steps were chosen",
    {
      steps: (drafts) => drafts.slice(0, 2),
      receipts: (drafts) =>
        editBody("run.sealed", null, (body) => {
          body.outcome = "ok";
        })(
          editBody("run.opened", null, (body) => {
            body.only = ["check"];
          })(drafts),
        ),
      files: (files) => {
        dropOutput(files, "pack");
        dropOutput(files, "list");
      },
    },
    0,
    ["outcome.honest", "outcome.partial"],
  ],
  [
    "Landlock held the steps",
    {
      steps: () =>
        [CHECK, PACK, LIST].flatMap((step) => [
          started(step, 1, LANDLOCK),
          finished(step, {}, LANDLOCK),
          ...(step === PACK ? [published(step)] : []),
        ]),
    },
    0,
    ["evidence.strength", "strength.not_enforced"],
  ],
  [
    "a stranger signed the ticket too",
    {
      approvers: [KEYS.ana, KEYS.mallory],
    },
    0,
    ["trust.same", "trust.key_unknown"],
  ],
  ["another trust was in force", { trust: { ...trustIn(), quorum: 3 } }, 0, [
    "trust.same",
    "trust.differs",
  ]],
  [
    "the clock was set back",
    {
      receipts: (drafts) =>
        drafts.map((draft, i) => i === 3 ? { ...draft, at: at(5) } : draft),
    },
    0,
    ["times.monotone", "times.backwards"],
  ],
  [
    "the clock is ahead of the reader's",
    {
      closing: (entries) =>
        entries.map(({ draft, shown }) => ({
          draft: { ...draft, at: "2027-01-01T00:00:00.000Z" },
          shown,
        })),
    },
    0,
    ["times.monotone", "times.future"],
  ],
  ["the ticket was revoked after the run was admitted", {
    closing: (entries) => [
      entry(false, 30, "ticket.revoked", {
        ticket: TICKET_ID,
        reason: "once is enough",
        by: "ana",
      }),
      ...entries,
    ],
  }, 0],
  [
    "a tool was found under another name",
    {
      steps: editBody("step.started", "pack", (body) => {
        body.host.program = "/usr/bin/bsdtar";
        body.argv[body.argv.indexOf("/usr/bin/tar")] = "/usr/bin/bsdtar";
      }),
    },
    0,
    ["steps.confinement", "confinement.program"],
  ],
  [
    "a step read a file out of an earlier product",
    {
      pipeline: PIPELINE.replace(
        `"read": ["dist"]`,
        `"read": ["dist/src.tar"]`,
      ),
      plan: withStep("list", {
        materials: [{ path: "dist/src.tar", from: "pack" }],
        permissions: { ...LIST.permissions, read: ["dist/src.tar"] },
      }),
      steps: editBody("step.finished", "list", (body) => {
        body.materials = [{ ...DIST, path: "dist/src.tar" }];
      }),
    },
    0,
    ["steps.materials", "materials.beneath_product"],
  ],
  [
    "a step said more than its limit",
    {
      steps: editBody("step.finished", "list", (body) => {
        body.evidence[0].truncated = true;
      }),
    },
    0,
    ["evidence.strength", "strength.truncated"],
  ],
  [
    "reviewers were told in other words what to look at",
    {
      decision: (decision) => ({
        ...decision,
        outcomes: decision.outcomes.map((outcome) => ({
          ...outcome,
          obligations: ["Look twice"],
        })),
      }),
    },
    0,
    ["decision.recomputed", "decision.obligations"],
  ],
];

for (const [sentence, changes, exit, warning] of TRUE) {
  Deno.test(`true: ${sentence}`, async () => {
    const report = await verifyBundle(await bundleOf(changes), READER);
    const warned = report.invariants.filter(({ verdict }) =>
      verdict !== "PASS"
    );
    assertEquals(
      warned.map(({ id, verdict }) => [id, verdict]),
      warning === undefined ? [] : [[warning[0], "WARN"]],
      JSON.stringify(warned, null, 1),
    );
    assertEquals(
      warned.some(({ reasons }) =>
        reasons.some(({ code }) => code === warning?.[1])
      ),
      warning !== undefined,
    );
    assertEquals(report.exit, exit);
    assertEquals(report.verdict, exit === 0 ? "verified" : "failed-run");
    assertEquals(ReportSchema.parse(report), report);
  });
}

Deno.test("a report says whose run it is", async () => {
  const { subjects, run, outcome, where } = await verifyBundle(
    await bundleOf(),
    READER,
  );
  assertEquals({ run, outcome, where }, {
    run: RUN,
    outcome: "ok",
    where: "memory",
  });
  assertEquals(subjects.ticket, TICKET_ID);
  assertEquals(subjects.approvers, [{ owner: "ana", key: KEYS.ana.id }]);
  assertEquals(subjects.runner, KEYS.runner.id);
  assertEquals(subjects.steps, [
    { step: "check", status: "ok" },
    { step: "pack", status: "ok" },
    { step: "list", status: "ok" },
  ]);
  assertEquals(subjects.products, [{ path: "dist", tree: DIST.tree }]);
});

Deno.test("without a trust file nothing is verified", async () => {
  const report = await verifyBundle(await bundleOf(), {
    ...READER,
    trust: null,
  });
  const unknown = report.invariants.filter(({ verdict }) => verdict !== "PASS");
  assertEquals(unknown.map(({ id, verdict }) => [id, verdict]), [
    ["ticket.valid", "UNKNOWN"],
    ["trust.same", "UNKNOWN"],
    ["ledger.checkpoint", "UNKNOWN"],
    ["ledger.witnessed", "UNKNOWN"],
    ["seal.signature", "UNKNOWN"],
  ]);
  const codes = unknown.flatMap(({ reasons }) => reasons);
  assertEquals([...new Set(codes.map(({ code }) => code))], ["trust.none"]);
  assertEquals([report.exit, report.verdict], [4, "not-verified"]);
});

Deno.test("an empty folder is told in full, and nothing is thrown", async () => {
  const report = await verifyBundle(asBundle(new Map()), READER);
  assertEquals(report.exit, 4);
  assertEquals(
    report.invariants.filter(({ verdict }) => verdict === "PASS").map((
      { id },
    ) => id),
    [],
  );
  const codes = report.invariants.flatMap(({ reasons }) => reasons);
  assert(codes.some(({ code }) => code === "part.unreadable"));
});

async function seenCheckpoint(): Promise<Checkpoint> {
  const bytes = (await bundleFiles()).get(BUNDLE_FILES.checkpoint)!;
  return parseCheckpoint(bytes, "the checkpoint");
}

const TITLES = new Map(INVARIANTS.map(({ id, title }) => [id, title]));

Deno.test("what nobody asked for is not told as if it had been found", async () => {
  const retitled = async (options: Partial<VerifyOptions>) => {
    const report = await verifyBundle(await bundleOf(), {
      ...READER,
      ...options,
    });
    return report.invariants.filter(({ id, title }) => title !== TITLES.get(id))
      .map(({ id, verdict, title }) => `${verdict} ${id}: ${title}`);
  };
  const [seen, witnessed, expired, expected] = [
    "PASS ledger.seen: The reader named nothing that they have seen of the ledger",
    "PASS ledger.witnessed: The reader's trust names no witness, and asks for none",
    "PASS evidence.retention: Nothing is said to have expired",
    "PASS expected: The reader named no plan, pipeline or commit to expect",
  ];
  assertEquals(await retitled({}), [seen, witnessed, expired, expected]);
  assertEquals(await retitled({ expect: { plan: undefined } }), [
    seen,
    witnessed,
    expired,
    expected,
  ]);
  const plan = planDigest(goodPlan());
  assertEquals(await retitled({ expect: { plan } }), [
    seen,
    witnessed,
    expired,
  ]);
  const checkpoint = await seenCheckpoint();
  assertEquals(await retitled({ expect: { plan }, seen: { checkpoint } }), [
    witnessed,
    expired,
  ]);
  assertEquals(await retitled({ trust: { ...TRUST, witnesses: 1 } }), [
    seen,
    expired,
    expected,
  ]);
});

Deno.test("the last line says whether a run did all of its plan", async () => {
  const last = async (changes: Changes) =>
    renderReport(await verifyBundle(await bundleOf(changes), READER)).at(-1);
  assertEquals(
    await last({}),
    "Verified: a true record of a run that was approved, executed and succeeded",
  );
  const [, part] = TRUE.find(([what]) =>
    what === "only some steps were chosen"
  )!;
  assertEquals(
    await last(part),
    "Verified: a true record of a run of a part of its plan, 1 of 3 steps, that was approved, executed and succeeded",
  );
});

Deno.test("one file that cannot be read is told once, behind what is untrue", async () => {
  const files = await bundleFiles();
  files.set(BUNDLE_FILES.receipts, new TextEncoder().encode("{}\n"));
  const report = await verifyBundle(asBundle(files), READER);
  const verdicts = (wanted: string) =>
    report.invariants.filter(({ verdict }) => verdict === wanted)
      .map(({ id }) => id);
  const unknown = verdicts("UNKNOWN");
  assert(unknown.length > 15, `${unknown}`);
  const lines = renderReport(report, { columns: 60 });
  const told = lines.filter((line) => /^[A-Z]+ {2,}/.test(line))
    .map((line) => line.split(/ {2,}/)[1]);
  const once =
    `${unknown.length} could not be checked, since "receipts.jsonl" cannot be read:`;
  assertEquals(told, [...verdicts("FAIL"), once, ...verdicts("PASS")]);
  const at = lines.findIndex((line) => line.endsWith(once));
  const names = lines.slice(at + 1)
    .slice(0, lines.slice(at + 1).findIndex((line) => !line.startsWith("  ")));
  assertEquals(names.join(" ").trim().split(/,? +/), unknown);
  assert(names.every((line) => line.length <= 60), names.join("\n"));
  assertEquals(lines.filter((line) => /cannot be read/.test(line)).length, 1);
});

Deno.test("what is unknown for another reason than a file is told as such", async () => {
  const files = await bundleFiles();
  files.delete(BUNDLE_FILES.checkpoint);
  const trust = { ...TRUST, witnesses: 1 };
  const report = await verifyBundle(asBundle(files), {
    ...READER,
    trust,
    seen: { checkpoint: { ...(await seenCheckpoint()), origin: "elsewhere" } },
  });
  const text = renderReport(report).join("\n");
  assertStringIncludes(
    text,
    'UNKNOWN  4 could not be checked, since "checkpoint" cannot be read:\n' +
      "  ledger.inclusion, ledger.consistency, ledger.seen, ledger.witnessed\n",
  );
  const nobody = renderReport(
    await verifyBundle(await bundleOf(), { ...READER, trust: null }),
  ).join("\n");
  assertStringIncludes(nobody, "UNKNOWN  ticket.valid         Trusted");
});

Deno.test("a run of no step at all is no run", async () => {
  const report = await verifyBundle(
    await bundleOf({
      steps: () => [],
      receipts: (drafts) =>
        editBody("run.sealed", null, (body) => {
          body.outcome = "ok";
        })(
          editBody("run.opened", null, (body) => {
            body.only = [];
          })(drafts),
        ),
    }),
    READER,
  );
  assertEquals([report.exit, report.verdict], [4, "not-verified"]);
  const chain = report.invariants.find(({ id }) => id === "receipts.chain");
  assertEquals(chain?.reasons.map(({ code }) => code), ["part.malformed"]);
});

Deno.test("what the reader expects is compared", async () => {
  const files = await bundleFiles();
  const bundle = asBundle(files);
  const pipeline = sha256(files.get(BUNDLE_FILES.pipeline)!);
  const plan = sha256(files.get(BUNDLE_FILES.plan)!);
  const none = digestOf("none");
  const verdict = async (expect: NonNullable<typeof READER.expect>) => {
    const report = await verifyBundle(bundle, { ...READER, expect });
    const codes = report.invariants.flatMap(({ reasons }) => reasons)
      .map(({ code }) => code);
    return [report.exit, ...codes];
  };
  assertEquals(await verdict({ plan, pipeline }), [0]);
  assertEquals(await verdict({ plan: none, pipeline }), [4, "expect.plan"]);
  assertEquals(await verdict({ plan, pipeline: none }), [
    4,
    "expect.pipeline",
  ]);
  assertEquals(await verdict({ commit: "0".repeat(40) }), [
    4,
    "expect.commit",
  ]);
});

Deno.test("the same bundle gives the same report", async () => {
  const bundle = await bundleOf();
  assertEquals(
    canonicalText(await verifyBundle(bundle, READER)),
    canonicalText(await verifyBundle(bundle, READER)),
  );
});
