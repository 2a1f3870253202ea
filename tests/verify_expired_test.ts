/**
 * What verify says of evidence that has gone: lawful where the ledger said so and it was due, a
 * failure in every other case.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type Bundle,
  EXPIRED_FILE,
  type ExpiryExcerpt,
} from "../src/bundle/bundle.ts";
import { withIndex } from "../src/bundle/bundle_index.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { type Digest, digestOf } from "../src/core/digest.ts";
import type { Signer } from "../src/core/keys.ts";
import { nextEntry } from "../src/ledger/chain.ts";
import { signCheckpoint } from "../src/ledger/checkpoint.ts";
import type { Entry, EntryBodies } from "../src/ledger/entry.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import { TreeReader } from "../src/ledger/tree_reader.ts";
import type { Retention } from "../src/ticket/trust.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  asBundle,
  bundleFiles,
  type Changes,
  KEYS,
  leavesOf,
  LEDGER,
  OTHER_RUN,
  RUN,
  TRUST,
  trustIn,
} from "./verify_fixtures.ts";
import { READER, type Row, testRows } from "./verify_rows.ts";
import { outputName } from "./verify_story.ts";

/** The story is of the 14th of January; a month later all of it is due. */
const DUE = "2026-02-14T12:00:00.000Z";
const LATE = { ...READER, now: "2026-03-01T00:00:00.000Z" };

/** What a test changes of how evidence has gone. */
interface Gone {
  /** Of the good run. */
  run?: Changes;
  at?: string;
  body?: Partial<EntryBodies["evidence.expired"]>;
  /** Another entry instead. */
  entry?: Pick<Entry, "type" | "body">;
  ledger?: Digest;
  /** The hashes of all entries that the checkpoint covers. */
  leaves?: (leaves: Digest[]) => Digest[];
  signer?: Signer;
  excerpt?: (excerpt: ExpiryExcerpt) => void;
  files?: (files: Map<string, Uint8Array>) => void;
}

/** A bundle whose public evidence has gone, lawfully but for the changes. */
async function gone(changes: Gone = {}): Promise<Map<string, Uint8Array>> {
  const files = await bundleFiles(changes.run);
  const before = await leavesOf(changes.run);
  const expired = {
    type: "evidence.expired" as const,
    body: {
      run: RUN,
      class: "public" as const,
      captured: "2026-01-14T12:00:30.000Z",
      days: 30,
      ...changes.body,
    },
  };
  const link = nextEntry(
    { size: before.length, hash: before.at(-1)! },
    {
      ledger: changes.ledger ?? LEDGER,
      at: changes.at ?? DUE,
      ...(changes.entry ?? expired),
    } as Parameters<typeof nextEntry>[1],
  );
  const leaves = (changes.leaves ?? ((all) => all))([...before, link.hash]);
  const { tiles, edge: { head } } = TreeEdge.EMPTY.append(leaves);
  const reader = new TreeReader(({ level }) =>
    Promise.resolve(tiles.find((tile) => tile.level === level)!.bytes)
  );
  const signer = changes.signer ?? KEYS.ledger;
  const checkpoint = await signCheckpoint(head, { ...signer, id: LEDGER });
  const excerpt: ExpiryExcerpt = {
    v: 1,
    ledger: LEDGER,
    entries: [link.entry],
    checkpoint: new TextDecoder().decode(checkpoint),
    inclusion: [
      await reader.inclusion(
        Math.min(link.entry.seq, head.size - 1),
        head.size,
      ),
    ],
    consistency: before.length <= head.size
      ? await reader.consistency(before.length, head.size)
      : [],
  };
  changes.excerpt?.(excerpt);
  files.set(EXPIRED_FILE, canonicalBytes(excerpt));
  for (const name of [...files.keys()]) {
    if (name.startsWith("evidence/")) files.delete(name);
  }
  changes.files?.(files);
  return files;
}

const bundle = (changes?: Gone) => async (): Promise<Bundle> =>
  asBundle(await gone(changes));

/** The run under a trust that keeps evidence so long. */
function kept(retention: Retention): { run: Changes } {
  return { run: { trust: { ...TRUST, retention } } };
}

/** Requires that a bundle is true, and gives its warnings. */
async function warnings(
  make: () => Promise<Bundle>,
  options = LATE,
): Promise<string[]> {
  const report = await verifyBundle(await make(), options);
  assertEquals(
    report.invariants.filter(({ verdict }) =>
      verdict === "FAIL" || verdict === "UNKNOWN"
    ),
    [],
  );
  assertEquals(report.exit, 0);
  return report.invariants.flatMap(({ id, reasons }) => [
    ...new Set(reasons.map(({ code }) => `${id} ${code}`)),
  ]);
}

Deno.test("evidence that has expired is told, and the run is verified", async () => {
  assertEquals(await warnings(bundle()), [
    "evidence.retention evidence.expired",
  ]);
});

Deno.test("each piece that has expired is told with its file", async () => {
  const report = await verifyBundle(await bundle()(), LATE);
  const { reasons, evidence } = report.invariants.find(({ id }) =>
    id === "evidence.retention"
  )!;
  assertEquals(
    reasons.map(({ pointers }) => pointers[0]).sort(),
    [...(await bundleFiles()).keys()].filter((name) =>
      name.startsWith("evidence/")
    ).sort(),
  );
  assertEquals(evidence.includes(EXPIRED_FILE), true);
});

Deno.test("evidence that has expired and is still there is told, and must be true", async () => {
  const all = await bundleFiles();
  const name = outputName("list");
  const still = bundle({ files: (files) => files.set(name, all.get(name)!) });
  assertEquals(await warnings(still), [
    "evidence.retention evidence.expired",
    "evidence.retention evidence.not_removed",
  ]);
});

Deno.test("evidence goes as early as the trust of the run lets it", async () => {
  const at = "2026-01-14T13:00:00.000Z";
  const soon = bundle({ ...kept({ public: 0, sealed: 7 }), at });
  assertEquals(
    await warnings(soon, {
      ...LATE,
      trust: { ...TRUST, retention: { public: 0, sealed: 7 } },
    }),
    ["evidence.retention evidence.expired"],
  );
});

Deno.test("the reader's own retention makes nothing early", async () => {
  const trust = { ...TRUST, retention: { public: null, sealed: null } };
  assertEquals(await warnings(bundle(), { ...LATE, trust }), [
    "trust.same trust.differs",
    "evidence.retention evidence.expired",
  ]);
});

Deno.test("no flipped bit of what tells of an expiry goes unseen", async () => {
  const files = await gone();
  const told = files.get(EXPIRED_FILE)!;
  for (let at = 0; at < told.length; at++) {
    const bytes = Uint8Array.from(told);
    bytes[at] ^= 1 << at % 8;
    const bundle = asBundle(new Map(files).set(EXPIRED_FILE, bytes));
    const report = await verifyBundle(bundle, LATE);
    assertEquals([at, report.exit, report.verdict], [at, 4, "not-verified"]);
  }
});

Deno.test("nothing can be put into what tells of an expiry, or taken out", async () => {
  const files = await gone();
  const told = files.get(EXPIRED_FILE)!;
  const excerpt: ExpiryExcerpt = JSON.parse(new TextDecoder().decode(told));
  const changes: ((value: Record<string, unknown>) => void)[] = [
    ...Object.keys(excerpt).map((key) => (value: Record<string, unknown>) => {
      delete value[key];
    }),
    ...Object.keys(excerpt).map((key) => (value: Record<string, unknown>) => {
      value[key] = null;
    }),
    (value) => value.more = 1,
    ({ entries }) => {
      (entries as Record<string, unknown>[])[0].more = 1;
    },
    ({ consistency }) => (consistency as string[]).push(digestOf("more")),
    ({ inclusion }) => (inclusion as string[][])[0].push(digestOf("more")),
    ({ inclusion }) => (inclusion as string[][])[0].pop(),
    (value) => value.checkpoint += "\n",
  ];
  for (const [i, change] of changes.entries()) {
    const value = JSON.parse(JSON.stringify(excerpt));
    change(value);
    const bytes = canonicalBytes(value);
    const bundle = asBundle(new Map(files).set(EXPIRED_FILE, bytes));
    const report = await verifyBundle(bundle, LATE);
    assertEquals([i, report.exit], [i, 4]);
    assertEquals(
      report.invariants.some(({ reasons }) =>
        reasons.some(({ code }) => code === "verify.fault")
      ),
      false,
    );
  }
});

const RETENTION = "evidence.retention";

const ROWS: Row[] = [
  [
    "evidence is gone, and nothing says why",
    bundle({ files: (files) => files.delete(EXPIRED_FILE) }),
    "evidence.missing",
    "evidence.true",
    "bundle.complete",
  ],
  [
    "it went a millisecond too early",
    bundle({ at: "2026-02-13T12:00:15.999Z" }),
    "expiry.early",
    RETENTION,
  ],
  [
    "it went early, and the entry says that it was captured before",
    bundle({
      at: "2026-02-01T00:00:00.000Z",
      body: { captured: "2026-01-01T00:00:00.000Z" },
    }),
    "expiry.early",
    RETENTION,
  ],
  [
    "it went early, and the entry says that it was to be kept for less",
    bundle({ at: "2026-01-20T00:00:00.000Z", body: { days: 1 } }),
    "expiry.early",
    RETENTION,
  ],
  [
    "it was to be kept for ever",
    bundle(kept({ public: null, sealed: 7 })),
    "expiry.early",
    RETENTION,
  ],
  [
    "the entry is of a time that has not come",
    bundle({
      at: "2027-01-01T00:00:00.000Z",
      ...kept({ public: 60, sealed: 7 }),
    }),
    "expiry.early",
    RETENTION,
  ],
  [
    "the trust of the bundle was given another retention",
    bundle({
      at: "2026-01-20T00:00:00.000Z",
      files: (files) =>
        files.set(
          "trust.json",
          canonicalBytes({ ...TRUST, retention: { public: 1, sealed: 1 } }),
        ),
    }),
    "bundle.size",
    "bundle.complete",
    "decision.recomputed",
  ],
  [
    "the other class has expired",
    bundle({ body: { class: "sealed" } }),
    "evidence.missing",
    "evidence.true",
    "bundle.complete",
  ],
  [
    "evidence of another run has expired",
    bundle({ body: { run: OTHER_RUN } }),
    "expiry.foreign",
    RETENTION,
    "evidence.true",
    "bundle.complete",
  ],
  [
    "the entry is of another kind",
    bundle({ entry: { type: "run.resumed", body: { run: RUN } } }),
    "expiry.foreign",
    RETENTION,
    "evidence.true",
    "bundle.complete",
  ],
  [
    "the entry is of another ledger",
    bundle({ ledger: digestOf("other") }),
    "expiry.foreign",
    RETENTION,
  ],
  [
    "all of it is of another ledger",
    bundle({ excerpt: (excerpt) => excerpt.ledger = digestOf("other") }),
    "expiry.foreign",
    RETENTION,
  ],
  [
    "the ledger has another history since",
    bundle({
      leaves: (all) => [digestOf("other"), ...all.slice(1)],
    }),
    "expiry.history",
    RETENTION,
  ],
  [
    "the ledger is shorter than that of the bundle",
    bundle({ leaves: (all) => all.slice(0, 3) }),
    "expiry.history",
    RETENTION,
  ],
  [
    "nothing shows that the ledger went on",
    bundle({ excerpt: (excerpt) => excerpt.consistency = [] }),
    "expiry.history",
    RETENTION,
  ],
  [
    "the entry is not in the ledger",
    bundle({
      leaves: (all) => [...all.slice(0, -1), digestOf("other")],
    }),
    "expiry.proof",
    RETENTION,
  ],
  [
    "the entry was changed after it was entered",
    bundle({
      at: "2026-02-01T00:00:00.000Z",
      excerpt: (excerpt) =>
        excerpt.entries = excerpt.entries.map((each) => ({
          ...each as Entry,
          at: DUE,
        })),
    }),
    "expiry.proof",
    RETENTION,
  ],
  [
    "there is no proof for the entry",
    bundle({ excerpt: (excerpt) => excerpt.inclusion = [] }),
    "expiry.proof",
    RETENTION,
  ],
  [
    "there is a proof too many",
    bundle({ excerpt: (excerpt) => excerpt.inclusion.push([]) }),
    "expiry.proof",
    RETENTION,
  ],
  [
    "the entry is told twice",
    bundle({
      excerpt: (excerpt) => {
        excerpt.entries.push(excerpt.entries[0]);
        excerpt.inclusion.push(excerpt.inclusion[0]);
      },
    }),
    "ledger.sequence",
    RETENTION,
  ],
  [
    "the checkpoint has a signature line too many",
    bundle({
      excerpt: (excerpt) =>
        excerpt.checkpoint += excerpt.checkpoint.split("\n\n")[1],
    }),
    "checkpoint.signatures",
    RETENTION,
  ],
  [
    "somebody else signed the checkpoint",
    bundle({ signer: KEYS.mallory }),
    "checkpoint.signer_unknown",
    RETENTION,
  ],
  [
    "the checkpoint is no note",
    bundle({ excerpt: (excerpt) => excerpt.checkpoint = "all is well\n" }),
    "part.malformed",
    RETENTION,
    "evidence.true",
    "bundle.complete",
  ],
  [
    "the expiry has no entry",
    bundle({ excerpt: (excerpt) => excerpt.entries = [] }),
    "part.malformed",
    RETENTION,
    "evidence.true",
    "bundle.complete",
  ],
  [
    "the expiry is of a version to come",
    bundle({ excerpt: (excerpt) => Object.assign(excerpt, { v: 2 }) }),
    "part.malformed",
    RETENTION,
    "evidence.true",
    "bundle.complete",
  ],
  [
    "the expiry is not canonical",
    bundle({
      files: (files) =>
        files.set(
          EXPIRED_FILE,
          new Uint8Array([...files.get(EXPIRED_FILE)!, 10]),
        ),
    }),
    "part.malformed",
    RETENTION,
    "evidence.true",
    "bundle.complete",
  ],
  [
    "something else has gone, too",
    bundle({ files: (files) => files.delete("pipeline.json") }),
    "bundle.file_missing",
    "bundle.complete",
    "pipeline.plan",
  ],
  [
    "other evidence lies in its place",
    bundle({
      files: (files) =>
        files.set(outputName("list"), new TextEncoder().encode("other")),
    }),
    "evidence.size",
    "evidence.true",
    "bundle.complete",
  ],
  [
    "what has gone is listed as something else",
    bundle({
      files: (files) => {
        const index = JSON.parse(
          new TextDecoder().decode(files.get("bundle.json")),
        );
        const name = outputName("list");
        for (const file of index.files) if (file.name === name) file.size++;
        files.set("bundle.json", canonicalBytes(index));
      },
    }),
    "bundle.digest",
    "bundle.complete",
  ],
  [
    "what has gone is not listed any more",
    async () => {
      const files = await gone();
      return asBundle(withIndex(files, RUN));
    },
    "bundle.file_unlisted",
    "bundle.complete",
  ],
];

testRows(ROWS, LATE);

testRows([
  [
    "the ledger's key was revoked before the expiry",
    bundle(),
    "checkpoint.signer_not_in_force",
    RETENTION,
  ],
], {
  ...LATE,
  trust: trustIn({ ledger: { revokedAt: "2026-02-01T00:00:00.000Z" } }),
});

testRows([
  ["nobody's keys are believed", bundle(), "trust.none", RETENTION, ...[
    "ledger.checkpoint",
    "ledger.witnessed",
    "seal.signature",
    "ticket.valid",
    "trust.same",
  ]],
], { ...LATE, trust: null });
