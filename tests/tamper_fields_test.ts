/**
 * Every field of every document is changed, and everything that follows from it is made anew, as far
 * as that goes without the keys of an approver, the runner and the ledger.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { type By, SHARES, Tally } from "./tamper.ts";
import { type DocumentName, Forger, type Signing } from "./tamper_forger.ts";
import { relist, type Shape, SHAPES } from "./tamper_shapes.ts";
import { edited, edits, inWords, type Json } from "./tamper_values.ts";
import { asBundle } from "./verify_fixtures.ts";

const LEAVE: Record<Signing, By> = {
  kept: ["ticket.valid", "ticket.decision"],
  own: ["ticket.valid", "ticket.signer_unknown", "policy.denied"],
  claimed: ["ticket.valid", "ticket.signature", "policy.denied"],
};
const SEAL: Record<Signing, By> = {
  kept: ["receipts.chain", "receipts.head"],
  own: ["seal.signature", "seal.signer_unknown"],
  claimed: ["seal.signature", "seal.signature"],
};
const TREE: Record<Signing, By> = {
  kept: ["ledger.checkpoint", "checkpoint.signature"],
  own: ["ledger.checkpoint", "checkpoint.signer_unknown"],
  claimed: ["ledger.checkpoint", "checkpoint.signature"],
};

/** What catches a change of each document: that it cannot be read, or the first key that is missing. */
const CAUGHT: Record<DocumentName, (signing: Signing) => By[]> = {
  "plan": (signing) => [["plan.digests", "part.malformed"], LEAVE[signing]],
  "decision": (signing) => [
    ["decision.recomputed", "part.malformed"],
    LEAVE[signing],
    // It may differ in whom it was decided for, which the ticket says.
    ["ticket.valid", "ticket.decision"],
  ],
  "trust": (signing) => [
    ["decision.recomputed", "part.malformed"],
    LEAVE[signing],
  ],
  "ticket": (signing) => [
    ["ticket.valid", "part.malformed", "ticket.malformed"],
    ["ticket.valid", "ticket.decision", "ticket.ledger"],
    ["ticket.valid", "ticket.not_yet_valid", "ticket.expired"],
    signing === "own" ? LEAVE.own : LEAVE.claimed,
  ],
  "ticket envelope": () => [
    ["ticket.valid", "part.malformed", "ticket.signature"],
    ["ticket.valid", "ticket.signer_unknown", "ticket.quorum"],
    // Who signs beside those that are needed is in the first receipt.
    SEAL.kept,
  ],
  "receipt": (
    signing,
  ) => [["receipts.chain", "part.malformed"], SEAL[signing]],
  "seal": (signing) => [
    ["seal.signature", "part.malformed"],
    signing === "own" ? SEAL.own : SEAL.claimed,
  ],
  "seal envelope": () => [
    ["seal.signature", "part.malformed", "seal.signatures"],
    ["seal.signature", "seal.signature", "seal.signer_unknown"],
  ],
  "entry": (signing) => [["ledger.entries", "part.malformed"], TREE[signing]],
};

const tally = new Tally();

async function forge(
  shape: Shape,
  forger: Forger,
  document: DocumentName,
  index = 0,
): Promise<void> {
  const each = [...edits(forger.document(document, index))];
  for (const [i, edit] of each.entries()) {
    const others: Signing[] = document.endsWith("envelope")
      ? []
      : [i % 2 === 0 ? "own" : "claimed"];
    for (const signing of ["kept" as const, ...others]) {
      const files = await forger.forge({ document, index, edit }, signing);
      await tally.attack({
        kind: `${document} changed, signatures ${signing}`,
        what: `${shape.name}: ${index} ${inWords(edit)}`,
        bundle: asBundle(files),
        reader: shape.reader,
        by: CAUGHT[document](signing),
      });
    }
  }
}

for (const shape of SHAPES.slice(0, 2)) {
  const forger = new Forger(shape);
  Deno.test(`an attacker who changes nothing has the bundle: ${shape.name}`, async () => {
    assertEquals(await forger.forge(null, "kept"), new Map(shape.files));
  });

  for (
    const document of [
      "plan",
      "decision",
      "trust",
      "ticket",
      "ticket envelope",
      "seal",
      "seal envelope",
    ] as const
  ) {
    Deno.test(`no field of the ${document} can be changed: ${shape.name}`, async () => {
      await forge(shape, forger, document);
    });
  }

  Deno.test(`no field of a receipt can be changed: ${shape.name}`, async () => {
    for (const index of forger.receipts.keys()) {
      await forge(shape, forger, "receipt", index);
    }
  });

  Deno.test(`no field of an entry can be changed: ${shape.name}`, async () => {
    for (const index of forger.shown) {
      await forge(shape, forger, "entry", index);
    }
  });
}

/** Documents of which nothing follows but the list of files. */
const LAST: [name: "ledger" | "index", by: By[]][] = [
  ["ledger", [
    ["ledger.entries", "part.malformed", "ledger.id"],
    ["ledger.inclusion", "inclusion.proof", "inclusion.count", "inclusion.cut"],
    ["ledger.consistency", "consistency.proof", "consistency.stray"],
    ["ledger.consistency", "consistency.missing", "consistency.differs"],
  ]],
  ["index", [[
    "bundle.complete",
    "part.malformed",
    "bundle.run",
    "bundle.file_missing",
    "bundle.file_unlisted",
    "bundle.size",
    "bundle.digest",
    "bundle.order",
  ]]],
];

for (const shape of SHAPES) {
  for (const [name, by] of LAST) {
    Deno.test(`no field of "${BUNDLE_FILES[name]}" can be changed: ${shape.name}`, async () => {
      const file = BUNDLE_FILES[name];
      const document: Json = JSON.parse(
        new TextDecoder().decode(shape.files.get(file)),
      );
      for (const edit of edits(document)) {
        const bytes = canonicalBytes(edited(document, edit));
        const files = new Map(shape.files).set(file, bytes);
        await tally.attack({
          kind: `${file} changed`,
          what: `${shape.name}: ${inWords(edit)}`,
          bundle: asBundle(name === "index" ? files : relist(shape, files)),
          reader: shape.reader,
          by,
        });
      }
    });
  }
}

Deno.test("the changed fields, by what told them", () =>
  tally.close(SHARES.fields));
