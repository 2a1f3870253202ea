/**
 * What verify says of the ledger: what is not in it, whose checkpoint it is, what was seen of it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { withIndex } from "../src/bundle/bundle_index.ts";
import { EMPTY_DIGEST } from "../src/core/digest.ts";
import {
  type Checkpoint,
  parseCheckpoint,
  signCheckpoint,
} from "../src/ledger/checkpoint.ts";
import type { TreeHead } from "../src/ledger/merkle.ts";
import { tileName } from "../src/ledger/tile.ts";
import type { ReadTile } from "../src/ledger/tree_reader.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import type { SeenLedger } from "../src/verify/invariant.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  asBundle,
  at,
  bundleFiles,
  bundleOf,
  type Changes,
  entry,
  KEYS,
  leavesOf,
  type LedgerDraft,
  OTHER_RUN,
  RUN,
  SEEN,
  trustIn,
} from "./verify_fixtures.ts";
import {
  assertRefused,
  editJson,
  READER,
  relisted,
  type Row,
  testRows,
} from "./verify_rows.ts";

/** The last entries are gone from the ledger that the checkpoint signs. */
const cut = (size: number) => (_: TreeHead): TreeHead => ({
  size,
  root: EMPTY_DIGEST,
});

/** A run of somebody else's, before the ticket was issued. */
const others = (entries: LedgerDraft[]): LedgerDraft[] => [
  entries[0],
  entry(false, 2, "run.admitted", {
    run: OTHER_RUN,
    ticket: "tkt_01KEYHQ8000000000000000009",
    decision: EMPTY_DIGEST,
    use: 1,
  }),
  ...entries.slice(1),
];
const seenWithOthers = await headOf({ ledger: others }, 2);

const rewritten = (entries: LedgerDraft[]): LedgerDraft[] => [
  { ...entries[0], draft: { ...entries[0].draft, at: at(0) } },
  ...entries.slice(1),
];

const ROWS: Row[] = [
  [
    "the tail of the ledger was cut: the checkpoint does not cover the closing",
    {
      checkpoint: cut(4),
      excerpt: (excerpt) => ({ ...excerpt, consistency: [] }),
    },
    "inclusion.cut",
    "ledger.inclusion",
    "ledger.consistency",
  ],
  [
    "the ledger is shorter than the approvers saw it",
    {
      ticket: (ticket) => ({ ...ticket, seen: { ...SEEN, size: 99 } }),
    },
    "consistency.cut",
    "ledger.consistency",
  ],
  [
    "a run was hidden that the approvers saw",
    {
      ticket: (ticket) => ({ ...ticket, seen: seenWithOthers }),
    },
    "consistency.differs",
    "ledger.consistency",
  ],
  [
    "the ledger was rewritten before the approval, hashed again and signed by its own key",
    { ledger: rewritten },
    "consistency.differs",
    "ledger.consistency",
  ],
  [
    "there is no proof from what the approvers saw",
    { excerpt: (excerpt) => ({ ...excerpt, consistency: [] }) },
    "consistency.missing",
    "ledger.consistency",
  ],
  [
    "a proof of growth leads elsewhere",
    {
      excerpt: (excerpt) => ({
        ...excerpt,
        consistency: [
          ...excerpt.consistency,
          { ...excerpt.consistency[0], size: 2 },
        ],
      }),
    },
    "consistency.proof",
    "ledger.consistency",
  ],
  [
    "an entry has no proof",
    {
      excerpt: (excerpt) => ({
        ...excerpt,
        inclusion: excerpt.inclusion.slice(0, -1),
      }),
    },
    "inclusion.count",
    "ledger.inclusion",
  ],
  [
    "there are more proofs than entries",
    {
      excerpt: (excerpt) => ({
        ...excerpt,
        inclusion: [...excerpt.inclusion, []],
      }),
    },
    "inclusion.count",
    "ledger.inclusion",
  ],
  [
    "two proofs are swapped",
    {
      excerpt: (excerpt) => ({
        ...excerpt,
        inclusion: excerpt.inclusion.toReversed(),
      }),
    },
    "inclusion.proof",
    "ledger.inclusion",
  ],
  [
    "the entries are of a ledger that was rewritten and hashed again without its key",
    async () => {
      const good = await bundleFiles();
      const files = await bundleFiles({
        ledger: (entries) =>
          entries.map(({ draft, shown }, i) => ({
            draft: i === 2 ? { ...draft, at: at(2) } : draft,
            shown,
          })),
      });
      files.set(BUNDLE_FILES.checkpoint, good.get(BUNDLE_FILES.checkpoint)!);
      return asBundle(withIndex(files, RUN));
    },
    "inclusion.proof",
    "ledger.inclusion",
    "ledger.consistency",
  ],
  [
    "the run was copied under another id, and its receipts, seal and entries with it",
    async () => {
      const good = await bundleFiles();
      const files = await bundleFiles({
        run: OTHER_RUN,
        runner: KEYS.mallory,
        ledgerKey: KEYS.mallory,
      });
      files.set(BUNDLE_FILES.checkpoint, good.get(BUNDLE_FILES.checkpoint)!);
      return asBundle(withIndex(files, OTHER_RUN));
    },
    "inclusion.proof",
    "ledger.inclusion",
    "ledger.consistency",
    "seal.signature",
  ],
  [
    "a stranger signed the checkpoint",
    { ledgerKey: KEYS.mallory },
    "checkpoint.signer_unknown",
    "ledger.checkpoint",
  ],
  [
    "the checkpoint says another size than was signed",
    relisted((files) =>
      editText(files, (text) => text.replace("\n5\n", "\n6\n"))
    ),
    "checkpoint.signature",
    "ledger.checkpoint",
    "ledger.inclusion",
  ],
  [
    "the checkpoint is of another ledger",
    async () => {
      const files = await bundleFiles();
      files.set(
        BUNDLE_FILES.checkpoint,
        await signCheckpoint(await headOf({}, 5), KEYS.mallory),
      );
      return asBundle(withIndex(files, RUN));
    },
    "checkpoint.origin",
    "ledger.checkpoint",
  ],
  [
    "there is no checkpoint",
    relisted((files) => void files.delete(BUNDLE_FILES.checkpoint)),
    "part.missing",
    "ledger.checkpoint",
    "bundle.complete",
    "ledger.inclusion",
    "ledger.consistency",
    "ledger.seen",
    "ledger.witnessed",
  ],
  [
    "the checkpoint is no note",
    relisted((files) => editText(files, () => "5\n")),
    "part.malformed",
    "ledger.checkpoint",
    "ledger.inclusion",
    "ledger.consistency",
    "ledger.seen",
    "ledger.witnessed",
  ],
  [
    "a proof is no list of digests",
    relisted((files) =>
      editJson<{ inclusion: unknown[] }>(files, "ledger", (excerpt) => {
        excerpt.inclusion[0] = ["md5:0"];
      })
    ),
    "part.malformed",
    "ledger.entries",
    "ticket.valid",
    "ledger.inclusion",
    "ledger.checkpoint",
    "ledger.consistency",
    "ledger.seen",
    "ledger.witnessed",
    "times.monotone",
  ],
];

testRows(ROWS);

for (
  const [what, key, code] of [
    [
      "is not one of a ledger",
      { roles: ["runner"] },
      "checkpoint.signer_not_allowed",
    ],
    [
      "had ended when the run was closed",
      { notAfter: at(30) },
      "checkpoint.signer_not_in_force",
    ],
    [
      "was revoked when the run was closed",
      { revokedAt: at(30) },
      "checkpoint.signer_not_in_force",
    ],
  ] as const
) {
  const ledger = {
    ...key,
    roles: [...("roles" in key ? key.roles : ["ledger"] as const)],
  };
  testRows(
    [[
      `the key of the checkpoint ${what}`,
      {},
      code,
      "ledger.checkpoint",
    ]],
    { ...READER, trust: trustIn({ ledger }) },
  );
}

Deno.test("a ledger's key that was revoked since is told, and the run stays true", async () => {
  const trust = trustIn({ ledger: { revokedAt: at(3600) } });
  const report = await verifyBundle(await bundleOf(), { ...READER, trust });
  assertEquals(warnings(report), [
    "trust.differs",
    "checkpoint.signer_revoked_since",
  ]);
  assertEquals(report.exit, 0);
});

Deno.test("a ticket that was signed out of sight of the ledger is told, and the run stays true", async () => {
  const bundle = await bundleOf({
    ticket: (ticket) => ({ ...ticket, seen: null }),
  });
  const report = await verifyBundle(bundle, READER);
  assertEquals(warnings(report), ["consistency.unseen"]);
  assertEquals(report.exit, 0);
});

Deno.test("a ticket from before the first entry needs no proof", async () => {
  const seen = { size: 0, root: EMPTY_DIGEST };
  for (const [root, exit] of [[EMPTY_DIGEST, 0], [SEEN.root, 4]] as const) {
    const bundle = await bundleOf({
      ticket: (ticket) => ({ ...ticket, seen: { ...seen, root } }),
    });
    assertEquals((await verifyBundle(bundle, READER)).exit, exit);
  }
});

Deno.test("a signature line beside the ledger's own, of which nobody here can say whose it is, is refused", async () => {
  const files = await bundleFiles();
  editText(files, (text) => `${text}— w.example ${btoa("\0".repeat(76))}\n`);
  const report = await verifyBundle(asBundle(withIndex(files, RUN)), READER);
  assertRefused(report, "checkpoint.signatures", ["ledger.checkpoint"]);
});

// What the reader has seen: the ledger of the bundle has 5 entries.

const longer: Changes = {
  closing: (entries) => [
    ...entries,
    ...[70, 80, 90].map((seconds) =>
      entry(false, seconds, "run.resumed", { run: OTHER_RUN })
    ),
  ],
};
const forked: Changes = {
  closing: (entries) => [
    { ...entries[0], draft: { ...entries[0].draft, at: at(61) } },
    ...longer.closing!([]),
  ],
};

const READ: [
  what: string,
  size: number,
  history: Changes,
  tiles: Changes | null,
  code: string | null,
][] = [
  ["the same checkpoint", 5, {}, null, null],
  ["one of the same size and another history", 5, forked, null, "seen.differs"],
  ["an older one, which the bundle proves", 1, {}, null, null],
  [
    "an older one that the bundle proves, of another history",
    1,
    { ledger: rewritten },
    null,
    "seen.differs",
  ],
  ["the one before, which the bundle leads on from", 3, {}, null, null],
  ["an older one without a proof", 2, {}, null, "seen.unproven"],
  ["an older one, and an export", 2, {}, longer, null],
  [
    "an older one of another history, and an export",
    2,
    { ledger: rewritten },
    longer,
    "seen.differs",
  ],
  ["a newer one without a proof", 8, longer, null, "seen.unproven"],
  ["a newer one, and an export", 8, longer, longer, null],
  [
    "a newer one of another history, and an export of that",
    8,
    forked,
    forked,
    "seen.differs",
  ],
  [
    "a newer one of another history, and an export of the bundle's",
    8,
    forked,
    longer,
    "seen.differs",
  ],
  [
    "a newer one, and an export that is too short",
    8,
    longer,
    {},
    "seen.unproven",
  ],
];

for (const [what, size, history, tiles, code] of READ) {
  Deno.test(`a reader who has seen ${what}: ${code ?? "verified"}`, async () => {
    const checkpoint = await seenCheckpoint(await headOf(history, size));
    const seen: SeenLedger = {
      checkpoint,
      ...(tiles === null ? {} : { tiles: await tilesOf(tiles) }),
    };
    const report = await verifyBundle(await bundleOf(), { ...READER, seen });
    const { reasons } = report.invariants.find(({ id }) =>
      id === "ledger.seen"
    )!;
    assertEquals(
      reasons.map((reason) => reason.code),
      code === null ? [] : [code],
    );
    assertEquals(report.exit, code === null ? 0 : 4);
  });
}

Deno.test("a checkpoint that no trusted ledger signed is nothing that was seen", async () => {
  const head = await headOf({}, 5);
  const mallory = { ...KEYS.mallory, id: KEYS.ledger.id };
  for (
    const [signer, ...codes] of [
      [mallory, "seen.signature"],
      [KEYS.mallory, "seen.origin", "seen.signature"],
    ] as const
  ) {
    const checkpoint = await seenCheckpoint(head, signer);
    const report = await verifyBundle(await bundleOf(), {
      ...READER,
      seen: { checkpoint },
    });
    const { reasons } = report.invariants.find(({ id }) =>
      id === "ledger.seen"
    )!;
    assertEquals(reasons.map(({ code }) => code), codes);
    assertEquals(report.exit, 4);
  }
});

Deno.test("without trust nobody knows whose checkpoint was seen", async () => {
  const checkpoint = await seenCheckpoint(await headOf({}, 5));
  const report = await verifyBundle(await bundleOf(), {
    ...READER,
    trust: null,
    seen: { checkpoint },
  });
  const { verdict } = report.invariants.find(({ id }) => id === "ledger.seen")!;
  assertEquals(verdict, "UNKNOWN");
});

function warnings(report: Awaited<ReturnType<typeof verifyBundle>>): string[] {
  return report.invariants.flatMap(({ reasons }) =>
    reasons.map(({ code }) => code)
  );
}

async function seenCheckpoint(
  head: TreeHead,
  signer = KEYS.ledger,
): Promise<Checkpoint> {
  return parseCheckpoint(await signCheckpoint(head, signer), "what was seen");
}

/** The head that the story's ledger had at a size. */
async function headOf(changes: Changes, size: number): Promise<TreeHead> {
  const leaves = await leavesOf(changes);
  const { edge } = TreeEdge.EMPTY.append(leaves.slice(0, size));
  return edge.head;
}

async function tilesOf(changes: Changes): Promise<ReadTile> {
  const { tiles } = TreeEdge.EMPTY.append(await leavesOf(changes));
  const byName = new Map(tiles.map((tile) => [tileName(tile), tile.bytes]));
  return (tile) => Promise.resolve(byName.get(tileName(tile)) ?? null);
}

function editText(
  files: Map<string, Uint8Array>,
  change: (text: string) => string,
): void {
  const text = new TextDecoder().decode(files.get(BUNDLE_FILES.checkpoint));
  files.set(BUNDLE_FILES.checkpoint, new TextEncoder().encode(change(text)));
}
