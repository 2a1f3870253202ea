/**
 * Receipts, entries, evidence and whole files are left out, doubled, swapped, moved, cut off and taken
 * from other runs, as they are and with everything made anew that needs no key.
 *
 * @module
 */
import { BUNDLE_FILES, EXPIRED_FILE } from "../src/bundle/bundle.ts";
import { joinLines, splitLines } from "../src/bundle/lines.ts";
import { CACHED_FOLDER, EVIDENCE_FOLDER } from "../src/bundle/names.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { sha256 } from "../src/core/digest.ts";
import { type By, SHARES, Tally } from "./tamper.ts";
import { answersFor } from "./tamper_answers.ts";
import {
  Forger,
  type Members,
  type Rewriting,
  type Signing,
} from "./tamper_forger.ts";
import { OTHER, relist, type Shape, SHAPES } from "./tamper_shapes.ts";
import { asBundle, OTHER_RUN, RUN } from "./verify_fixtures.ts";

const tally = new Tally();

type Files = Map<string, Uint8Array>;

async function attack(
  shape: Shape,
  kind: string,
  what: string,
  files: ReadonlyMap<string, Uint8Array>,
  by: readonly By[],
): Promise<void> {
  if (sameFiles(files, shape.files)) return;
  await tally.attack({
    kind,
    what: `${shape.name}: ${what}`,
    bundle: asBundle(files),
    reader: shape.reader,
    by,
  });
}

function sameFiles(
  a: ReadonlyMap<string, Uint8Array>,
  b: ReadonlyMap<string, Uint8Array>,
): boolean {
  return a.size === b.size &&
    [...a].every(([name, bytes]) => equal(bytes, b.get(name)));
}

function equal(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length &&
    a.every((byte, i) => byte === b[i]);
}

/** All that can be done to a list, with some of another list. */
function* rewritten<T>(
  list: readonly T[],
  others: readonly T[],
): Generator<[kind: string, what: string, list: T[]]> {
  for (const i of list.keys()) {
    yield ["left out", `${i}`, list.toSpliced(i, 1)];
    yield ["doubled", `${i}`, list.toSpliced(i, 0, list[i])];
    yield ["cut off", `from ${i}`, list.slice(0, i)];
    yield ["begun later", `at ${i + 1}`, list.slice(i + 1)];
    for (const j of list.keys()) {
      if (i === j) continue;
      const moved = list.toSpliced(i, 1).toSpliced(j, 0, list[i]);
      yield ["moved", `${i} to ${j}`, moved];
      const swapped = list.with(i, list[j]).with(j, list[i]);
      if (i < j) yield ["swapped", `${i} and ${j}`, swapped];
    }
    for (const [j, other] of others.entries()) {
      yield ["from another run", `${j} for ${i}`, list.with(i, other)];
      yield ["from another run", `${j} at ${i}`, list.toSpliced(i, 0, other)];
    }
  }
}

const SIGNINGS: readonly Signing[] = ["kept", "own", "claimed"];

const SEAL: Record<Signing, By[]> = {
  kept: [["receipts.chain", "receipts.head"]],
  own: [["seal.signature", "seal.signer_unknown", "part.malformed"], [
    "receipts.order",
    "receipts.unsealed",
  ]],
  claimed: [["seal.signature", "seal.signature", "part.malformed"], [
    "receipts.order",
    "receipts.unsealed",
  ]],
};
const TREE: Record<Signing, By[]> = {
  kept: [["ledger.checkpoint", "checkpoint.signature"]],
  own: [["ledger.checkpoint", "checkpoint.signer_unknown"]],
  claimed: [["ledger.checkpoint", "checkpoint.signature"]],
};

for (const shape of SHAPES) {
  const forger = new Forger(shape);
  const others = new Forger(OTHER);

  const rewrite = async (
    kind: string,
    what: string,
    signing: Signing,
    rewriting: Rewriting,
    by: By[],
    run = RUN,
  ): Promise<void> => {
    const files = await forger.forge(null, signing, rewriting);
    const listed = run === RUN ? files : relist(shape, files, run);
    await attack(shape, `${kind} ${signing}`, what, listed, by);
  };

  Deno.test(`no receipt can be left out, doubled, moved or taken from elsewhere: ${shape.name}`, async () => {
    const linesOf = ({ files }: Shape) =>
      splitLines(files.get(BUNDLE_FILES.receipts)!).lines;
    const foreign = linesOf(OTHER).slice(0, 3);
    for (
      const [kind, what, list] of rewritten(linesOf(shape), foreign)
    ) {
      const files = new Map(shape.files);
      files.set(BUNDLE_FILES.receipts, joinLines(list));
      await attack(shape, `receipts ${kind}`, what, relist(shape, files), [
        ["receipts.chain", "receipts.sequence", "receipts.run"],
        ["receipts.chain", "receipts.count", "receipts.head"],
      ]);
    }
  });

  Deno.test(`nor with the receipts chained anew: ${shape.name}`, async () => {
    const foreign = others.receipts.slice(0, 2) as Members[];
    const list = forger.receipts as Members[];
    for (const [kind, what, receipts] of rewritten(list, foreign)) {
      for (const signing of SIGNINGS) {
        await rewrite(`receipts ${kind}, chained, signatures`, what, signing, {
          receipts: () => receipts,
        }, SEAL[signing]);
      }
    }
  });

  Deno.test(`no entry can be left out, doubled, moved or taken from elsewhere: ${shape.name}`, async () => {
    const excerptOf = ({ files }: Shape) =>
      JSON.parse(
        new TextDecoder().decode(files.get(BUNDLE_FILES.ledger)),
      );
    const excerpt = excerptOf(shape);
    const pair = ({ entries, inclusion }: typeof excerpt) =>
      entries.map((entry: unknown, i: number) => ({
        entry,
        proof: inclusion[i],
      }));
    const foreign = pair(excerptOf(OTHER));
    for (
      const [kind, what, list] of rewritten<typeof foreign[number]>(
        pair(excerpt),
        foreign,
      )
    ) {
      const files = new Map(shape.files);
      files.set(
        BUNDLE_FILES.ledger,
        canonicalBytes({
          ...excerpt,
          entries: list.map(({ entry }) => entry),
          inclusion: list.map(({ proof }) => proof),
        }),
      );
      await attack(shape, `entries ${kind}`, what, relist(shape, files), [
        ["ledger.inclusion", "inclusion.proof", "inclusion.cut"],
        ["ledger.entries", "ledger.sequence", "ledger.link", "ledger.stray"],
        ["ledger.entries", "ledger.admission", "ledger.closing"],
        ["ticket.valid", "ticket.not_issued", "ticket.not_admitted"],
      ]);
    }
  });

  Deno.test(`nor with the ledger written anew: ${shape.name}`, async () => {
    const list = [...forger.entries.keys()];
    const foreign = [0, 1, 2].map((i) => -1 - i);
    let n = 0;
    for (const [kind, what, order] of rewritten(list, foreign)) {
      if (order.length === 0) continue;
      const signing = SIGNINGS[n++ % 3];
      await rewrite(`ledger ${kind}, tree anew, signatures`, what, signing, {
        ledger: (before) =>
          order.map((i) =>
            i < 0
              ? { entry: others.entries[-1 - i] as Members, shown: true }
              : before[i]
          ),
      }, [...TREE[signing], ["ledger.entries", "ledger.stray"]]);
    }
  });

  Deno.test(`no evidence can be swapped, left out or added: ${shape.name}`, async () => {
    const names = [...shape.files.keys()].filter((name) =>
      name.startsWith(EVIDENCE_FOLDER)
    );
    const texts = ["", "x", "other\n", "ok\n".repeat(100)];
    for (const name of names) {
      const without = new Map(shape.files);
      without.delete(name);
      await attack(
        shape,
        "evidence left out",
        name,
        relist(shape, without),
        [["evidence.true", "evidence.missing"]],
      );
      for (
        const bytes of [
          ...names.map((other) => shape.files.get(other)!),
          ...texts.map((text) => new TextEncoder().encode(text)),
        ]
      ) {
        await attack(
          shape,
          "evidence swapped",
          name,
          relist(shape, new Map(shape.files).set(name, bytes), RUN),
          [["evidence.true", "evidence.size", "evidence.digest"]],
        );
        const renamed = EVIDENCE_FOLDER + sha256(bytes).slice(7);
        await attack(
          shape,
          "evidence added",
          renamed,
          relist(shape, new Map(without).set(renamed, bytes), RUN),
          [["evidence.true", "evidence.missing", "evidence.unreferenced"]],
        );
        await pointTo(name, bytes);
      }
    }

    /** The receipts name other bytes, and are chained anew. */
    async function pointTo(name: string, bytes: Uint8Array): Promise<void> {
      const digest = sha256(bytes);
      const was = `sha256:${name.slice(EVIDENCE_FOLDER.length)}`;
      if (was === digest) return;
      for (const signing of SIGNINGS) {
        const files = await forger.forge(null, signing, {
          receipts: (list) =>
            list.map((each) => pointed(each, was, digest, bytes)),
        });
        files.delete(name);
        files.set(EVIDENCE_FOLDER + digest.slice(7), bytes);
        await attack(
          shape,
          `evidence another, receipts chained, signatures ${signing}`,
          name,
          relist(shape, files),
          SEAL[signing],
        );
      }
    }
  });

  Deno.test(`no file can be left out, added, renamed or put in another's place: ${shape.name}`, async () => {
    const names = [...shape.files.keys()].filter((name) =>
      name !== BUNDLE_FILES.index && name !== EXPIRED_FILE
    );
    const relisted = (
      kind: string,
      what: string,
      by: By[],
      change: (files: Files) => void,
    ) => {
      const files = new Map(shape.files);
      change(files);
      return attack(shape, kind, what, relist(shape, files), by);
    };
    for (const name of names) {
      const gone: By[] = [
        ["bundle.complete", "bundle.file_missing"],
        ["evidence.true", "evidence.missing"],
        ["decision.recomputed", "decision.policy"],
        ["steps.cached", "cached.unproven"],
      ];
      await relisted("file left out", name, gone, (files) => {
        files.delete(name);
      });
      await relisted("file renamed", name, gone, (files) => {
        files.set(`${name}x`, files.get(name)!);
        files.delete(name);
      });
      for (const other of names) {
        if (other === name) continue;
        await relisted(
          "file in another's place",
          `${other} as ${name}`,
          [...answersFor(name), ...BOUND],
          (files) => files.set(name, shape.files.get(other)!),
        );
      }
      for (const [other, bytes] of OTHER.files) {
        if (other !== name) continue;
        await relisted(
          "file of another run",
          name,
          [...answersFor(name), ...BOUND],
          (files) => files.set(name, bytes),
        );
      }
    }
    for (const name of ADDED) {
      const bytes = new TextEncoder().encode("{}");
      await relisted("file added", name, [
        ["bundle.complete", "bundle.file_unvouched", "bundle.name"],
        ["evidence.true", "evidence.unreferenced"],
        ["decision.recomputed", "decision.policy"],
        ["steps.cached", "bundle.file_unvouched"],
      ], (files) => files.set(name, bytes));
      await attack(
        shape,
        "file added, not listed",
        name,
        new Map(shape.files).set(name, bytes),
        [["bundle.complete", "bundle.file_unlisted"]],
      );
    }
  });

  Deno.test(`no run is made of two true ones: ${shape.name}`, async () => {
    const parts = Object.values(BUNDLE_FILES).filter((name) =>
      name !== BUNDLE_FILES.index && name !== BUNDLE_FILES.trust
    );
    for (let mask = 1; mask < 2 ** parts.length; mask++) {
      const taken = parts.filter((_, i) => (mask & 2 ** i) !== 0);
      const files = new Map(shape.files);
      for (const name of taken) files.set(name, OTHER.files.get(name)!);
      for (const run of [RUN, OTHER_RUN]) {
        // All of it is no mixture.
        const listed = relist(shape, files, run);
        if (sameFiles(listed, OTHER.files)) continue;
        const what = `${taken.join(", ")} of the other run, as ${run}`;
        await attack(
          shape,
          "files of two true runs",
          what,
          listed,
          BOUND,
        );
      }
    }
  });

  Deno.test(`no run can be copied under another id: ${shape.name}`, async () => {
    const as = new TextEncoder();
    const text = (bytes: Uint8Array) =>
      new TextDecoder().decode(bytes).replaceAll(RUN, OTHER_RUN);
    const files = new Map(shape.files);
    await attack(
      shape,
      "copied under another id",
      "listed so",
      relist(shape, files, OTHER_RUN),
      [["bundle.complete", "bundle.run"]],
    );
    files.set(
      BUNDLE_FILES.receipts,
      as.encode(text(shape.files.get(BUNDLE_FILES.receipts)!)),
    );
    await attack(
      shape,
      "copied under another id",
      "with its receipts",
      relist(shape, files, OTHER_RUN),
      [["receipts.chain", "receipts.head", "receipts.link"]],
    );
    for (const signing of SIGNINGS) {
      await rewrite(
        "copied under another id, signatures",
        signing,
        signing,
        {
          receipts: (list) => list.map((each) => ({ ...each, run: OTHER_RUN })),
          ledger: (list) =>
            list.map(({ entry, shown }) => ({
              entry: JSON.parse(
                text(canonicalBytes(entry)),
              ),
              shown,
            })),
        },
        SEAL[signing],
        OTHER_RUN,
      );
    }
  });
}

const ADDED = [
  "notes.txt",
  "attestations/statement.json",
  "evidence/notes.txt",
  `${EVIDENCE_FOLDER}${"0".repeat(64)}`,
  "policy/more.cedar",
  "policy/sub/x",
  `${CACHED_FOLDER}${OTHER_RUN}/more.json`,
  `${CACHED_FOLDER}run_01KEYHQ8000000000000000009/plan.json`,
  "Plan.json",
  "plan.json ",
  "plan.json\u200b",
  "../plan.json",
  "/etc/passwd",
  ".hidden",
  "a\\b",
  "x".repeat(2_000),
];

/** What holds the parts of one run together. */
const BOUND: By[] = [
  ["bundle.complete", "bundle.run"],
  ["receipts.chain", "receipts.run", "receipts.head"],
  ["pipeline.plan", "pipeline.file"],
  ["plan.digests", "plan.differs"],
  ["decision.recomputed", "decision.run", "decision.plan"],
  ["ticket.valid", "ticket.envelope", "ticket.run", "ticket.not_admitted"],
  ["seal.signature", "seal.run"],
  ["ledger.entries", "ledger.admission", "ledger.closing"],
  ["ledger.inclusion", "inclusion.proof", "inclusion.cut"],
  ["ledger.consistency", "consistency.proof"],
  ["evidence.true", "evidence.missing", "evidence.unreferenced"],
];

function pointed(
  receipt: Members,
  was: string,
  digest: string,
  bytes: Uint8Array,
): Members {
  const body = receipt.body as Members;
  const { evidence } = body;
  if (!Array.isArray(evidence)) return receipt;
  const refs = (evidence as Members[]).map((ref) =>
    ref.digest === was ? { ...ref, digest, bytes: bytes.length } : ref
  );
  return { ...receipt, body: { ...body, evidence: refs } };
}

Deno.test("what was rewritten, by what told it", () =>
  tally.close(SHARES.lines));
