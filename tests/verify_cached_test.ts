/**
 * Cached steps: proved by the sealed run that made them, else not at all.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { digestOf } from "../src/core/digest.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  bundleFiles,
  bundleOf,
  type Changes,
  KEYS,
  OTHER_RUN,
} from "./verify_fixtures.ts";
import {
  assertRefused,
  CHECK,
  editBody,
  READER,
  withStep,
} from "./verify_rows.ts";
import { dropOutput, settled } from "./verify_story.ts";

/** A run that takes `check` from the cache, with the run that made it beside it. */
async function cached(maker: Changes, name = OTHER_RUN): Promise<Changes> {
  const made = await bundleFiles({ run: OTHER_RUN, ...maker });
  const fromCache = settled(CHECK, "cached", null);
  return {
    steps: (drafts) => [
      {
        ...fromCache,
        body: { ...fromCache.body, materials: materialsOf(CHECK) },
      } as typeof fromCache,
      ...drafts.slice(2),
    ],
    files: (files) => {
      dropOutput(files, "check");
      for (const file of ["plan", "receipts", "seal"] as const) {
        files.set(
          `cached/${name}/${BUNDLE_FILES[file]}`,
          made.get(BUNDLE_FILES[file])!,
        );
      }
    },
  };
}

function materialsOf(step: typeof CHECK) {
  return step.materials.flatMap((each) => "tree" in each ? [each] : []);
}

const verdictOf = async (changes: Changes) => {
  const report = await verifyBundle(await bundleOf(changes), READER);
  return [
    report.exit,
    report.invariants.filter(({ verdict }) =>
      verdict === "FAIL" || verdict === "UNKNOWN"
    ).map(({ id }) => id).join(),
  ];
};

Deno.test("a cached step is true with its maker", async () => {
  assertEquals(await verdictOf(await cached({})), [0, ""]);
});

Deno.test("a cached step without its maker is not known", async () => {
  const { steps } = await cached({});
  const changes: Changes = {
    steps,
    files: (files) => dropOutput(files, "check"),
  };
  const report = await verifyBundle(await bundleOf(changes), READER);
  assertRefused(report, "cached.unproven", ["steps.cached"]);
});

const MAKERS: [sentence: string, maker: Changes, name?: string][] = [
  ["was sealed by a stranger", { runner: KEYS.mallory }],
  ["made it from another tree", {
    steps: editBody("step.finished", "check", (body) => {
      body.materials[0].tree = digestOf("another");
    }),
  }],
  ["failed at it", {
    steps: editBody("step.finished", "check", (body) => {
      Object.assign(body, { status: "failed", reason: "exit 1", exit: 1 });
    }),
  }],
  ["had another step of that name", {
    plan: withStep("check", { argv: ["check", "src/other.ts"] }),
  }],
  ["was opened for another plan", {
    receipts: editBody("run.opened", null, (body) => {
      body.plan = digestOf("another");
    }),
  }],
  ["has a seal of other receipts", {
    seal: (seal) => ({ ...seal, head: digestOf("another") }),
  }],
  ["was not sealed", { receipts: (drafts) => drafts.slice(0, -1) }],
  ["lies under another name", {}, "run_01KEYHQ8000000000000000005"],
];

for (const [sentence, maker, name] of MAKERS) {
  Deno.test(`a maker proves nothing that ${sentence}`, async () => {
    const changes = await cached(maker, name);
    assertEquals(await verdictOf(changes), [4, "steps.cached"]);
  });
}
