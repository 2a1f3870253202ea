/** The ledger's tree and its checkpoints: kept, proved, and what they find out. */
import { assert, assertEquals } from "@std/assert";
import { EMPTY_DIGEST } from "../src/core/digest.ts";
import { generateKey } from "../src/core/keys.ts";
import { merkleRoot } from "../src/core/tree.ts";
import { openCheckpoint, signCheckpoint } from "../src/ledger/checkpoint.ts";
import { cosignedAt, witnessKey } from "../src/ledger/cosignature.ts";
import type { Entry } from "../src/ledger/entry.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import type { LedgerFaultCode } from "../src/ledger/ledger_fault.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import {
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from "../src/ledger/merkle.ts";
import type { Put, Store } from "../src/ledger/store.ts";
import {
  admission,
  clock,
  LEDGER_ID,
  LEDGER_KEY,
  makeRunId,
  makeTicket,
  openLedger,
  verifyLedger,
  watchCommits,
  wholeRun,
} from "./support/ledger.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { type Rewriting, rewritten } from "./support/rewrite_ledger.ts";

async function ledgerOf(runs: number) {
  const store = new MemoryStore();
  const ledger = await openLedger(store);
  const made: string[] = [];
  for (let i = 0; i < runs; i++) made.push(await wholeRun(ledger));
  return { store, ledger, runs: made };
}

const open = (bytes: Uint8Array) =>
  openCheckpoint(bytes, LEDGER_ID, LEDGER_KEY.publicKey, "a checkpoint");

Deno.test("the tree is that of all entries after each of them, over the edge of a tile", async () => {
  const store = new MemoryStore();
  const ledger = await openLedger(store);
  assertEquals(await ledger.tree(), { size: 0, root: EMPTY_DIGEST });
  for (let i = 0; i < 90; i++) {
    await wholeRun(i % 7 === 0 ? await openLedger(store) : ledger);
    const entries = await Array.fromAsync(ledger.entries());
    assertEquals(await ledger.tree(), {
      size: entries.length,
      root: merkleRoot(entries.map(({ hash }) => hash)),
    });
  }
  assertEquals((await ledger.tree()).size, 270);
  assertEquals((await verifyLedger(ledger)).faults, []);
});

Deno.test("each closing leaves a checkpoint that the ledger's key signed over everything up to it", async () => {
  const { ledger, runs } = await ledgerOf(3);
  for (const [i, run] of runs.entries()) {
    const { size, root } = await open((await ledger.checkpointOf(run))!);
    assertEquals({ size, root }, await ledger.proofs().headAt(3 * (i + 1)));
  }
  const last = await ledger.checkpointOf(runs[2]);
  assertEquals(await ledger.checkpoint(), last);
});

Deno.test("entries after the newest checkpoint get one when it is asked for, and it is kept", async () => {
  const { ledger } = await ledgerOf(1);
  const { ticket, envelope, payloadDigest } = await makeTicket();
  await ledger.issueTicket(envelope, ticket, payloadDigest);
  const bytes = await ledger.checkpoint();
  assertEquals((await open(bytes)).size, 4);
  assertEquals(await ledger.checkpoint(), bytes);
  assertEquals((await verifyLedger(ledger)).checkpoint, 4);
});

Deno.test("proofs of a run's entries, and of growth from any size, hold", async () => {
  const { ledger, runs } = await ledgerOf(12);
  const head = await ledger.tree();
  const proofs = ledger.proofs();
  for (const { entry, hash } of await ledger.entriesOf(runs[5])) {
    const proof = await proofs.inclusion(entry.seq, head.size);
    assert(verifyInclusion(hash, entry.seq, head, proof));
    assert(!verifyInclusion(hash, entry.seq + 1, head, proof));
  }
  for (let size = 1; size <= head.size; size++) {
    const proof = await proofs.consistency(size, head.size);
    assert(verifyConsistency(await proofs.headAt(size), head, proof));
  }
});

Deno.test("without its own key a ledger admits nothing", async () => {
  const { signer } = await generateKey();
  for (
    const [code, key] of [
      ["keys.unsafe", () => Promise.resolve(signer)],
      ["keys.missing", () => rejectsMissing()],
    ] as const
  ) {
    const store = new MemoryStore();
    const ledger = await Ledger.open(store, {
      id: LEDGER_ID,
      now: clock(),
      signer: key,
    });
    const signed = await makeTicket();
    await rejectsWith(code, () => ledger.admit(admission(signed)));
    assertEquals((await store.head()).size, 0);
    await (await openLedger(store)).admit(admission(signed));
  }
});

async function rejectsMissing(): Promise<never> {
  const { loadSigner } = await import("../src/ticket/keyring.ts");
  const nowhere = "/nowhere/at/all";
  await loadSigner(nowhere, "ledger", () => Promise.resolve(""));
  throw new Error("There was a key");
}

// Witnesses

Deno.test("a witness's cosignature is kept with the newest checkpoint, until the next", async () => {
  const { store, ledger } = await ledgerOf(1);
  const { signer } = await generateKey();
  const key = witnessKey(signer.id, signer.publicKey);
  const bytes = await ledger.cosign(signer, await ledger.tree());
  const { note } = await open(bytes);
  assert(typeof await cosignedAt(note, key) === "number");
  assertEquals(await ledger.checkpoint(), bytes);
  assertEquals((await verifyLedger(ledger)).faults, []);
  await wholeRun(await openLedger(store));
  const next = await open(await ledger.checkpoint());
  assertEquals(await cosignedAt(next.note, key), "absent");
});

Deno.test("a witness cosigns nothing that does not continue what it has seen", async () => {
  const { ledger } = await ledgerOf(2);
  const { signer } = await generateKey();
  const { size, root } = await ledger.tree();
  const seen: [code: "ledger.rolled_back" | "ledger.rewritten", TreeHead][] = [
    ["ledger.rolled_back", { size: size + 1, root }],
    ["ledger.rewritten", { size: 4, root }],
  ];
  for (const [code, head] of seen) {
    await rejectsWith(code, () => ledger.cosign(signer, head));
  }
  await ledger.cosign(signer, await ledger.proofs().headAt(4));
});

Deno.test("a ticket of another history is refused, before its use is consumed", async () => {
  const { store, ledger } = await ledgerOf(2);
  const { size, root } = await ledger.tree();
  for (
    const [code, seen] of [
      ["ledger.rolled_back", { size: size + 1, root }],
      ["ledger.rewritten", { size: 3, root }],
    ] as const
  ) {
    const signed = await makeTicket({ seen });
    await rejectsWith(code, () => ledger.admit(admission(signed)));
    const { ticket, envelope, payloadDigest } = signed;
    await rejectsWith(
      code,
      () => ledger.issueTicket(envelope, ticket, payloadDigest),
    );
  }
  assertEquals((await store.head()).size, size);
  const seen = await ledger.proofs().headAt(3);
  await ledger.admit(admission(await makeTicket({ seen })));
});

Deno.test("a ledger does not sign what contradicts its own checkpoint", async () => {
  const { store, ledger } = await ledgerOf(1);
  for (
    const [code, size] of [
      ["ledger.rolled_back", 9],
      ["ledger.rewritten", 2],
    ] as const
  ) {
    const other = await signCheckpoint(
      { size, root: EMPTY_DIGEST },
      LEDGER_KEY,
    );
    const put: Put = { kind: "checkpoint", id: "latest", bytes: other };
    await store.commit({ put: [put] });
    await rejectsWith(code, () => wholeRun(ledger));
  }
});

// What an attacker who can write the whole store, but has no key, leaves behind.

/** Attacks on a ledger of three runs, and the faults that a walk of it finds, each by its code. */
const ATTACKS: [
  what: string,
  attack: (runs: string[]) => Rewriting,
  ...codes: LedgerFaultCode[],
][] = [
  ["nothing at all", () => ({})],
  [
    "the tail was cut",
    () => ({ entries: (all) => all.slice(0, 6) }),
    "checkpoint.cut",
    "ticket.unissued",
    "run.unadmitted",
  ],
  [
    "the tail was cut, with all that is kept of it but the newest checkpoint",
    ([, , last]) => ({
      entries: (all) => all.slice(0, 6),
      documents: (all) => withoutRun(all, last),
      receipts: (run) => run !== last,
    }),
    "checkpoint.cut",
  ],
  [
    "a run was hidden: its entries are gone",
    ([, hidden]) => ({
      entries: (all) => all.filter((entry) => runOf(entry) !== hidden),
    }),
    "checkpoint.cut",
    "ticket.state",
    "ticket.uses",
    "run.record",
    "run.entries",
    "run.unadmitted",
  ],
  [
    "a run was hidden: its record is gone",
    ([, hidden]) => ({
      documents: (all) =>
        all.filter(({ kind, id }) => kind !== "run" || id !== hidden),
    }),
    "run.hidden",
  ],
  [
    "a run was hidden: it is not listed where it is looked for",
    ([hidden]) => ({
      documents: (all) =>
        all.filter(({ kind, id }) => kind !== "index" || !id.endsWith(hidden)),
    }),
    "run.unlisted",
  ],
  [
    "a run was copied under another id",
    ([copied]) => ({
      documents: (all) => [
        ...all,
        ...all.filter(({ kind, id }) => kind === "run" && id === copied)
          .map((put) => ({ ...put, id: COPY })),
      ],
      receipts: (run) => run !== COPY,
    }),
    "run.unadmitted",
  ],
  [
    "a run was copied under another id, with entries and all",
    ([copied]) => ({
      entries: (all) => [
        ...all,
        ...all.filter((entry) => runOf(entry) === copied).map((entry) => ({
          ...entry,
          body: { ...entry.body, run: COPY },
        } as Entry)),
      ],
      documents: (all) => [
        ...all,
        ...all.filter(({ id }) => id === copied).map((put) => ({
          ...put,
          id: COPY,
        })),
      ],
    }),
    // The ticket's use is counted twice, and nothing that the copy names is its own.
    "entry.illegal",
    "ticket.uses",
    "run.record",
    "run.entries",
    "run.closing",
    "run.unsealed",
    "run.seal",
    "run.unlisted",
    "checkpoint.uncovered",
  ],
  [
    "the ledger was rewritten and hashed again: an outcome",
    ([, changed]) => ({
      entries: (all) =>
        all.map((entry) =>
          entry.type === "run.closed" && entry.body.run === changed
            ? { ...entry, body: { ...entry.body, outcome: "failed" } }
            : entry
        ),
    }),
    "run.record",
    "run.entries",
    "run.seal",
    "checkpoint.differs",
  ],
  [
    "the ledger was rewritten and hashed again: a time, of the last entry",
    () => ({
      entries: (all) => [
        ...all.slice(0, -1),
        { ...all.at(-1)!, at: "2026-05-01T00:00:00.000Z" },
      ],
    }),
    "run.record",
    "checkpoint.differs",
  ],
  [
    "all checkpoints are gone",
    () => ({
      documents: (all) => all.filter(({ kind }) => kind !== "checkpoint"),
    }),
    "checkpoint.missing",
  ],
  [
    "a run has the checkpoint of one before it",
    ([first, second]) => ({
      documents: (all) => {
        const { bytes } = all.find(({ kind, id }) =>
          kind === "checkpoint" && id === first
        )!;
        return all.map((put) =>
          put.kind === "checkpoint" && put.id === second
            ? { ...put, bytes }
            : put
        );
      },
    }),
    "checkpoint.uncovered",
  ],
  [
    "a checkpoint says another root, unsigned",
    ([run]) => ({
      documents: (all) =>
        all.map((put) =>
          put.kind === "checkpoint" && put.id === run
            ? { ...put, bytes: put.bytes.with(90, put.bytes[90] ^ 1) }
            : put
        ),
    }),
    "checkpoint.signature",
  ],
];

const COPY = makeRunId();

for (const [what, attack, ...codes] of ATTACKS) {
  Deno.test(`a walk finds out when ${what}`, async () => {
    const { store, runs } = await ledgerOf(3);
    const copy = await rewritten(store, attack(runs));
    const { faults } = await verifyLedger(await openLedger(copy));
    assertEquals(new Set(faults.map(({ code }) => code)), new Set(codes));
  });
}

Deno.test("a walk finds out when a tile is not that of the entries", async () => {
  const { store } = await ledgerOf(90);
  for (const id of ["0/000", "0/001", "1/000"]) {
    const copy = await rewritten(store);
    const bytes = (await copy.get("tile", id))!;
    const put: Put = { kind: "tile", id, bytes: bytes.with(5, bytes[5] ^ 1) };
    await copy.commit({ put: [put] });
    const { faults } = await verifyLedger(await openLedger(copy));
    assert(
      faults.some(({ code }) => code === "tree.differs"),
      JSON.stringify(faults),
    );
  }
});

Deno.test("a ledger whose tree does not end with its last entry is not opened", async () => {
  const { store } = await ledgerOf(1);
  const put: Put = { kind: "tile", id: "0/000", bytes: new Uint8Array(96) };
  await openLedger(store);
  await store.commit({ put: [put] });
  await rejectsWith("ledger.corrupt", () => openLedger(store));
});

// What one with the ledger's key cannot: whoever has seen the ledger before is a witness.

for (
  const [what, code, attack] of [
    ["cut", "ledger.rolled_back", (all) => all.slice(0, 6)],
    [
      "rewritten",
      "ledger.rewritten",
      (all) =>
        all.map((entry) => ({ ...entry, at: "2026-05-01T00:00:00.000Z" })),
    ],
    [
      "robbed of a run, and has grown since",
      "ledger.rewritten",
      (all) => [...all.slice(0, 3), ...all.slice(6), ...all.slice(6)],
    ],
  ] as [string, "ledger.rolled_back" | "ledger.rewritten", Attack][]
) {
  Deno.test(`a ledger that was ${what}, and signed again by its own key, is found out by what was seen`, async () => {
    const { store, ledger } = await ledgerOf(3);
    const seen = await ledger.tree();
    const copy = await resigned(store, attack);
    await rejectsWith(code, () => openLedger(copy, seen));
    // Nobody who has not seen it before could know.
    const forged = await openLedger(copy);
    assertEquals((await open(await forged.checkpoint())).origin.length, 76);
    await openLedger(store, seen);
  });
}

type Attack = (entries: Entry[]) => Entry[];

async function resigned(store: Store, entries: Attack): Promise<Store> {
  const copy = await rewritten(store, {
    entries,
    documents: (all) => all.filter(({ kind }) => kind !== "checkpoint"),
  });
  await (await openLedger(copy)).checkpoint();
  return copy;
}

// What it costs

Deno.test("a closing reads and writes a few tiles, however long the ledger is", async () => {
  const { store, ledger } = await ledgerOf(100);
  const written: number[] = [];
  const read: string[] = [];
  const watched = watchCommits(store, ({ put = [] }) => {
    const tiles = put.filter(({ kind }) => kind === "tile");
    written.push(tiles.length);
    for (const { bytes } of tiles) assert(bytes.length <= 8192);
  });
  const counted: Store = {
    ...watched,
    get: (kind, id) => {
      if (kind === "tile") read.push(id);
      return watched.get(kind, id);
    },
  };
  await wholeRun(await openLedger(counted));
  assert(Math.max(...written) <= 2, `${written}`);
  assertEquals(new Set(read), new Set(["0/001", "1/000"]));
  assertEquals((await verifyLedger(ledger)).faults, []);
});

function runOf(entry: Entry): string | null {
  return "run" in entry.body ? entry.body.run : null;
}

/** Without what is kept of a run, its ticket and its own checkpoint. */
function withoutRun(all: Put[], run: string): Put[] {
  const record = all.find(({ kind, id }) => kind === "run" && id === run)!;
  const { ticket } = JSON.parse(new TextDecoder().decode(record.bytes));
  return all.filter(({ id }) => id !== run && id !== ticket);
}
