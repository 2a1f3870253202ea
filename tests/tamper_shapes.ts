/**
 * Good bundles of every shape, which attackers start from.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  BUNDLE_FILES,
  EXPIRED_FILE,
  type ExpiryExcerpt,
} from "../src/bundle/bundle.ts";
import { type ListedFile, withIndex } from "../src/bundle/bundle_index.ts";
import { EVIDENCE_FOLDER } from "../src/bundle/names.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { leafHash, sha256 } from "../src/core/digest.ts";
import { nextEntry } from "../src/ledger/chain.ts";
import { signCheckpoint } from "../src/ledger/checkpoint.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import { TreeReader } from "../src/ledger/tree_reader.ts";
import { generateKey } from "../src/core/keys.ts";
import { type Plan, stepDigest } from "../src/plan/plan.ts";
import type { VerifyOptions } from "../src/verify/invariant.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  asBundle,
  bundleFiles,
  type Changes,
  entry,
  KEYS,
  leavesOf,
  LEDGER,
  type LedgerDraft,
  NOW,
  OTHER_RUN,
  RUN,
  TRUST,
  trusted,
  trustIn,
} from "./verify_fixtures.ts";
import { CHECK, FAILED_LIST, LIST, PACK } from "./verify_rows.ts";
import {
  dropOutput,
  finished,
  PIPELINE,
  published,
  settled,
  started,
  type StepDraft,
} from "./verify_story.ts";

/** A good bundle. */
export interface Shape {
  name: string;
  files: ReadonlyMap<string, Uint8Array>;
  /** All entries of the ledger, shown in the bundle or not. */
  ledger: readonly LedgerDraft[];
  reader: VerifyOptions;
  exit: 0 | 1;
  /** What is listed and has expired. */
  gone: ListedFile[];
}

/** The files with a list of files that is made anew. */
export function relist(
  { gone }: Shape,
  files: ReadonlyMap<string, Uint8Array>,
  run = RUN,
): Map<string, Uint8Array> {
  const expired = files.get(EXPIRED_FILE);
  const listed = new Map(files);
  // What tells of expiry is written after the list, and is not in it.
  listed.delete(EXPIRED_FILE);
  const whole = withIndex(listed, run, gone);
  return expired === undefined ? whole : whole.set(EXPIRED_FILE, expired);
}

const ben = (await generateKey()).signer;

/** Everyone of the good trust, and Ben, who approves too. */
function withBen(quorum: number) {
  const trust = trustIn();
  return {
    ...trust,
    quorum,
    keys: [...trust.keys, trusted(ben, { owner: "ben" })],
  };
}

async function shapeOf(
  name: string,
  changes: Changes,
  { exit = 0, trust = TRUST }: { exit?: 0 | 1; trust?: typeof TRUST } = {},
): Promise<Shape> {
  const ledger: LedgerDraft[] = [];
  const keep = (hook: Changes["ledger"]) => (entries: LedgerDraft[]) => {
    const kept = hook?.(entries) ?? entries;
    ledger.push(...kept);
    return kept;
  };
  const files = await bundleFiles({
    ...changes,
    trust,
    ledger: keep(changes.ledger),
    closing: keep(changes.closing),
  });
  const reader = { trust, now: NOW };
  const report = await verifyBundle(asBundle(files), reader);
  assertEquals([name, report.exit], [name, exit]);
  return { name, files, ledger, reader, exit, gone: [] };
}

/** The evidence of a run has gone when it was due. */
async function expired(changes: Changes): Promise<Shape> {
  const shape = await shapeOf("expired", changes);
  const leaves = await leavesOf(changes);
  const { entry: last, hash } = nextEntry(
    { size: leaves.length, hash: leaves.at(-1)! },
    {
      ledger: LEDGER,
      at: "2026-02-14T12:00:00.000Z",
      type: "evidence.expired",
      body: {
        run: RUN,
        class: "public",
        captured: "2026-01-14T12:00:30.000Z",
        days: 30,
      },
    },
  );
  const { tiles, edge: { head } } = TreeEdge.EMPTY.append([...leaves, hash]);
  const reader = new TreeReader(({ level }) =>
    Promise.resolve(tiles.find((tile) => tile.level === level)!.bytes)
  );
  const told: ExpiryExcerpt = {
    v: 1,
    ledger: LEDGER,
    entries: [last],
    checkpoint: new TextDecoder().decode(
      await signCheckpoint(head, KEYS.ledger),
    ),
    inclusion: [await reader.inclusion(last.seq, head.size)],
    consistency: await reader.consistency(leaves.length, head.size),
  };
  const files = new Map(shape.files);
  const gone: ListedFile[] = [];
  for (const [name, bytes] of shape.files) {
    if (!name.startsWith(EVIDENCE_FOLDER)) continue;
    gone.push({ name, size: bytes.length, digest: sha256(bytes) });
    files.delete(name);
  }
  files.set(EXPIRED_FILE, canonicalBytes(told));
  const late = { ...shape.reader, now: "2026-03-01T00:00:00.000Z" };
  const report = await verifyBundle(asBundle(files), late);
  assertEquals(report.exit, 0, JSON.stringify(report));
  return { ...shape, files, reader: late, gone };
}

/** One native step, which writes. */
const ONE_STEP: Changes = {
  pipeline: `{
  // One step, little to say.
  "name": "release",
  "steps": {
    "pack": { "run": ["tar", "-cf", "dist/src.tar", "src"],
      "permissions": { "read": ["src"], "write": ["dist"] } }
  }
}
`,
  plan: (plan: Plan) => {
    const step = { ...PACK, needs: [], retries: 0 };
    return {
      ...plan,
      steps: [{ ...step, digest: stepDigest(step, plan.toolchain) }],
    };
  },
};

/** The runner was gone while `pack` ran; the next one went on. */
async function resumed(): Promise<Changes> {
  const ledger: Changes["ledger"] = (entries) => [
    ...entries,
    entry(true, 20, "run.resumed", { run: RUN }),
  ];
  const files = await bundleFiles({ ledger });
  const { entries } = JSON.parse(
    new TextDecoder().decode(files.get(BUNDLE_FILES.ledger)),
  );
  const { seq } = entries[2];
  const hash = leafHash(canonicalBytes(entries[2]));
  const lost = finished(PACK, {
    status: "indeterminate",
    reason: "the runner ended before the step did",
    exit: null,
    materials: [],
    products: [],
    evidence: [],
    usage: null,
    notEnforced: [],
  });
  return {
    ledger,
    steps: (drafts) => [
      ...drafts.slice(0, 2),
      started(PACK),
      {
        type: "run.resumed",
        actor: drafts[0].actor,
        body: { entry: { seq, hash } },
      },
      lost,
      started(PACK, 2),
      finished(PACK, { attempt: 2 }),
      published(PACK),
      started(LIST),
      finished(LIST),
    ],
  };
}

/** `check` was taken from the cache; the run that made it is beside. */
async function cached(): Promise<Changes> {
  const made = await bundleFiles({ run: OTHER_RUN });
  const taken = settled(CHECK, "cached", null);
  return {
    steps: (drafts) => [
      {
        ...taken,
        body: {
          ...taken.body,
          materials: CHECK.materials.filter((each) => "tree" in each),
        },
      } as StepDraft,
      ...drafts.slice(2),
    ],
    files: (files) => {
      dropOutput(files, "check");
      for (const file of ["plan", "receipts", "seal"] as const) {
        files.set(
          `cached/${OTHER_RUN}/${BUNDLE_FILES[file]}`,
          made.get(BUNDLE_FILES[file])!,
        );
      }
    },
  };
}

/** One step; cheap to verify. */
export const SMALL: Shape = await shapeOf("one step", ONE_STEP);

/** A run of which everything succeeded. */
export const SUCCEEDED: Shape = await shapeOf("succeeded", {});

/** Another run, with another ticket, of the same people and ledger. */
export const OTHER: Shape = await shapeOf("another run", {
  run: OTHER_RUN,
  pipeline: PIPELINE.replace("has been", "was"),
  ticket: (ticket) => ({
    ...ticket,
    id: "tkt_01KEYHQ8000000000000000005",
    reason: "another",
  }),
});

/** All shapes. */
export const SHAPES: readonly Shape[] = [
  SMALL,
  SUCCEEDED,
  await shapeOf("failed", { steps: () => FAILED_LIST }, { exit: 1 }),
  await shapeOf("two approvers, both needed", {
    ...ONE_STEP,
    approvers: [KEYS.ana, ben],
  }, { trust: withBen(2) }),
  await shapeOf("two approvers, one needed", {
    ...ONE_STEP,
    approvers: [KEYS.ana, ben],
  }, { trust: withBen(1) }),
  await shapeOf("resumed", await resumed()),
  await shapeOf("cached", await cached()),
  await expired(ONE_STEP),
];
