/** What verify says of witnesses: who cosigned what the reader has seen of the ledger. */
import { assertEquals } from "@std/assert";
import { generateKey, type Signer } from "../src/core/keys.ts";
import {
  type Checkpoint,
  parseCheckpoint,
  signCheckpoint,
} from "../src/ledger/checkpoint.ts";
import { cosign } from "../src/ledger/cosignature.ts";
import { tileName } from "../src/ledger/tile.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import type { Trust, TrustedKey } from "../src/ticket/trust.ts";
import type { SeenLedger, VerifyOptions } from "../src/verify/invariant.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import {
  at,
  bundleOf,
  type Changes,
  entry,
  KEYS,
  leavesOf,
  NOW,
  OTHER_RUN,
  TRUST,
  trusted,
} from "./verify_fixtures.ts";

const { signer: WILL } = await generateKey();
const { signer: WANDA } = await generateKey();

/** Trust that names two witnesses, and asks for so many. */
function trustWith(
  witnesses: number | undefined,
  will: Partial<TrustedKey> = {},
): Trust {
  const witness = { kind: "system", roles: ["witness"] } as const;
  return {
    ...TRUST,
    keys: [
      ...TRUST.keys,
      trusted(WILL, {
        ...witness,
        roles: ["witness"],
        owner: "will",
        ...will,
      }),
      trusted(WANDA, { ...witness, roles: ["witness"], owner: "wanda" }),
    ],
    ...(witnesses === undefined ? {} : { witnesses }),
  };
}

/** Trust in which the ledger is somebody's. */
function ledgerOf(owner: string, trust: Trust): Trust {
  return {
    ...trust,
    keys: trust.keys.map((key) =>
      key.id === KEYS.ledger.id ? { ...key, owner } : key
    ),
  };
}

const LATER: Changes = {
  closing: (entries) => [
    ...entries,
    entry(false, 70, "run.resumed", { run: OTHER_RUN }),
  ],
};
const LEAVES = await leavesOf(LATER);

/** The ledger's checkpoint of a size, cosigned, with the tiles for proofs. */
async function seenBy(
  signers: readonly Signer[],
  { size = 6, seconds = 3600, change = (text: string) => text } = {},
): Promise<SeenLedger> {
  const { edge } = TreeEdge.EMPTY.append(LEAVES.slice(0, size));
  let checkpoint = parse(await signCheckpoint(edge.head, KEYS.ledger));
  for (const signer of signers) {
    const now = Date.parse(at(seconds));
    checkpoint = parse(await cosign(checkpoint.note, signer, now));
  }
  const { tiles } = TreeEdge.EMPTY.append(LEAVES);
  const byName = new Map(tiles.map((tile) => [tileName(tile), tile.bytes]));
  return {
    checkpoint: spoiled(checkpoint, change),
    tiles: (tile) => Promise.resolve(byName.get(tileName(tile)) ?? null),
  };
}

function parse(bytes: Uint8Array): Checkpoint {
  return parseCheckpoint(bytes, "what was seen");
}

/** The checkpoint, with other signature bytes on its last line where they are changed. */
function spoiled(
  checkpoint: Checkpoint,
  change: (hex: string) => string,
): Checkpoint {
  const { note } = checkpoint;
  const last = note.signatures.at(-1)!;
  const bytes = Uint8Array.fromHex(change(last.bytes.toHex()));
  const signatures = [...note.signatures.slice(0, -1), { ...last, bytes }];
  return { ...checkpoint, note: { ...note, signatures } };
}

const flipped = (hex: string) => hex.slice(0, -1) + (hex.endsWith("0") ? 1 : 0);

type Verdict = "PASS" | "WARN" | "FAIL" | "UNKNOWN";

const ROWS: [
  what: string,
  options: () => Partial<VerifyOptions> | Promise<Partial<VerifyOptions>>,
  verdict: Verdict,
  codes: string[],
][] = [
  ["trust that knows no witness", () => ({ trust: TRUST }), "PASS", []],
  ["no trust", () => ({ trust: null }), "UNKNOWN", ["trust.none"]],
  [
    "nothing that was cosigned",
    () => ({ trust: trustWith(undefined) }),
    "WARN",
    ["witness.unseen"],
  ],
  [
    "nothing that was cosigned, where one is asked for",
    () => ({ trust: trustWith(1) }),
    "UNKNOWN",
    ["witness.unseen"],
  ],
  [
    "a cosignature",
    async () => ({
      trust: trustWith(undefined),
      seen: await seenBy([WILL]),
    }),
    "PASS",
    [],
  ],
  [
    "as many as are asked for",
    async () => ({
      trust: trustWith(2),
      seen: await seenBy([WILL, WANDA]),
    }),
    "PASS",
    [],
  ],
  [
    "a cosignature of the bundle's own checkpoint",
    async () => ({
      trust: trustWith(1),
      seen: await seenBy([WANDA], { size: 5 }),
    }),
    "PASS",
    [],
  ],
  [
    "a checkpoint that no witness cosigned",
    async () => ({
      trust: trustWith(undefined),
      seen: await seenBy([]),
    }),
    "WARN",
    ["witness.none"],
  ],
  [
    "one of two",
    async () => ({
      trust: trustWith(2),
      seen: await seenBy([WILL]),
    }),
    "FAIL",
    ["witness.quorum"],
  ],
  [
    "two keys of one owner, where two are asked for",
    async () => ({
      trust: trustWith(2, { owner: " WANDA " }),
      seen: await seenBy([WILL, WANDA]),
    }),
    "FAIL",
    ["witness.quorum"],
  ],
  [
    "a stranger",
    async () => ({
      trust: trustWith(1),
      seen: await seenBy([KEYS.mallory]),
    }),
    "FAIL",
    ["witness.quorum"],
  ],
  [
    "a key that is no witness",
    async () => ({
      trust: trustWith(1, { roles: ["approver"] }),
      seen: await seenBy([WILL]),
    }),
    "FAIL",
    ["witness.quorum"],
  ],
  [
    "an id under which another key lies",
    async () => ({
      trust: trustWith(1, { id: KEYS.mallory.id }),
      seen: await seenBy([{ ...WILL, id: KEYS.mallory.id }]),
    }),
    "FAIL",
    ["witness.quorum"],
  ],
  [
    "a false cosignature beside a true one",
    async () => ({
      trust: trustWith(1),
      seen: await seenBy([WILL, WANDA], { change: flipped }),
    }),
    "FAIL",
    ["witness.cosignature"],
  ],
  [
    "a cosignature with another time than was signed",
    async () => ({
      trust: trustWith(undefined),
      seen: await seenBy([WILL], {
        change: (hex) => `00${hex.slice(2, 14)}ff${hex.slice(16)}`,
      }),
    }),
    "FAIL",
    ["witness.cosignature", "witness.none"],
  ],
  [
    "a witness that is the ledger's owner",
    async () => ({
      trust: trustWith(1, { owner: "ledger" }),
      seen: await seenBy([WILL]),
    }),
    "FAIL",
    ["witness.own", "witness.quorum"],
  ],
  [
    "a witness whose ledger it is, by the names that setup gives",
    async () => ({
      trust: ledgerOf("ada/ledger", trustWith(1, { owner: "ada" })),
      seen: await seenBy([WILL]),
    }),
    "FAIL",
    ["witness.own", "witness.quorum"],
  ],
  [
    "a witness by another name of the ledger's owner",
    async () => ({
      trust: ledgerOf("ada", trustWith(1, { owner: "ADA/laptop" })),
      seen: await seenBy([WILL]),
    }),
    "FAIL",
    ["witness.own", "witness.quorum"],
  ],
  [
    "a witness whose name begins as that of the ledger's owner",
    async () => ({
      trust: ledgerOf("ada/ledger", trustWith(1, { owner: "adalbert" })),
      seen: await seenBy([WILL]),
    }),
    "PASS",
    [],
  ],
  [
    "two keys of one person, where two are asked for",
    async () => ({
      trust: trustWith(2, { owner: "wanda/phone" }),
      seen: await seenBy([WILL, WANDA]),
    }),
    "FAIL",
    ["witness.quorum"],
  ],
  [
    "a witness that had ended",
    async () => ({
      trust: trustWith(1, { notAfter: at(60) }),
      seen: await seenBy([WILL]),
    }),
    "FAIL",
    ["witness.not_in_force", "witness.quorum"],
  ],
  [
    "a witness of tomorrow",
    async () => ({
      trust: trustWith(undefined),
      seen: await seenBy([WILL], { seconds: 10 * 86_400 }),
    }),
    "WARN",
    ["witness.not_in_force", "witness.none"],
  ],
  [
    "a witness that was revoked since",
    async () => ({
      trust: trustWith(1, { revokedAt: at(7200) }),
      seen: await seenBy([WILL]),
    }),
    "WARN",
    ["witness.revoked_since"],
  ],
  [
    "a cosigned checkpoint from before the run's end",
    async () => ({
      trust: trustWith(undefined),
      seen: await seenBy([WILL], { size: 3 }),
    }),
    "WARN",
    ["witness.uncovered"],
  ],
  [
    "a cosigned checkpoint from before the run's end, where one is asked for",
    async () => ({
      trust: trustWith(1),
      seen: await seenBy([WILL], { size: 3 }),
    }),
    "UNKNOWN",
    ["witness.uncovered"],
  ],
  [
    "a cosigned checkpoint of which nothing proves that it continues the bundle's",
    async () => {
      const { checkpoint } = await seenBy([WILL]);
      return { trust: trustWith(1), seen: { checkpoint } };
    },
    "UNKNOWN",
    ["witness.uncovered"],
  ],
];

for (const [what, options, verdict, codes] of ROWS) {
  Deno.test(`a reader with ${what}: ledger.witnessed is ${verdict}`, async () => {
    const report = await verifyBundle(await bundleOf(), {
      trust: TRUST,
      now: NOW,
      ...await options(),
    });
    const found = report.invariants.find(({ id }) => id === "ledger.witnessed");
    assertEquals(found?.reasons.map(({ code }) => code), codes);
    assertEquals(found?.verdict, verdict);
    const isGood = report.invariants.every(({ verdict }) =>
      verdict === "PASS" || verdict === "WARN"
    );
    assertEquals(report.exit, isGood ? 0 : 4);
    if (verdict === "PASS" || verdict === "WARN") assertEquals(report.exit, 0);
  });
}
