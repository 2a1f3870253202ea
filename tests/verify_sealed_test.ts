/**
 * What verify says of sealed evidence, without any key that opens it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Digest, sha256 } from "../src/core/digest.ts";
import type { EvidenceRef } from "../src/ledger/receipt.ts";
import { recipientId } from "../src/ticket/recipient.ts";
import type { Trust } from "../src/ticket/trust.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import { bundleOf, type Changes, TRUST } from "./verify_fixtures.ts";
import { editBody, READER, testRows, withStep } from "./verify_rows.ts";
import { PIPELINE } from "./verify_story.ts";

const ANN = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
const BOB = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";

const AGE = "age-encryption.org/v1\n-> X25519 …\n";

/** Trust with recipients. */
function trusting(...recipients: string[]): Trust {
  return {
    ...TRUST,
    recipients: recipients.map((recipient) => ({ recipient, owner: "ana" })),
  };
}

/** The good run, in which what `list` printed is sealed. */
function sealedRun(
  change: (ref: EvidenceRef) => EvidenceRef = (ref) => ref,
  text = AGE,
): Changes {
  const bytes = new TextEncoder().encode(text);
  return {
    pipeline: PIPELINE.replace(
      `"run": ["tar", "-tf"`,
      `"evidence": "sealed", $&`,
    ),
    plan: withStep("list", { evidence: "sealed" }),
    trust: trusting(ANN, BOB),
    steps: (drafts) =>
      editBody("step.finished", "list", (body) => {
        body.evidence = body.evidence.map((ref) =>
          change({
            ...ref,
            digest: sha256(bytes),
            bytes: bytes.length,
            sealed: { recipients: [ANN, BOB].map(recipientId).sort() },
          })
        );
      })(drafts),
    evidence: new Map([["sealed", text], [
      "output of list",
      "output of list\n",
    ]]),
    files: (files) => {
      // What it printed in the good run.
      const plain = sha256(new TextEncoder().encode("output of list\n"));
      files.delete(`evidence/sha256/${plain.slice(7)}`);
    },
  };
}

const only = (...ids: Digest[]) => (ref: EvidenceRef): EvidenceRef => ({
  ...ref,
  sealed: { recipients: ids },
});

Deno.test("sealed evidence is verified by whoever cannot open it", async () => {
  const { trust } = sealedRun();
  const report = await verifyBundle(await bundleOf(sealedRun()), {
    ...READER,
    trust: trust!,
  });
  assertEquals(
    report.invariants.filter(({ verdict }) => verdict !== "PASS"),
    [],
  );
  assertEquals(report.exit, 0);
});

testRows([
  [
    "what is to be sealed is recorded as public",
    sealedRun(({ sealed: _, ...ref }) => ref),
    "claims.class",
    "claims.bound",
  ],
  [
    "what is public by the plan is recorded as sealed",
    {
      trust: trusting(ANN),
      steps: editBody("step.finished", "list", (body) => {
        for (const ref of body.evidence) {
          ref.sealed = { recipients: [recipientId(ANN)] };
        }
      }),
    },
    "claims.class",
    "claims.bound",
    "evidence.true",
  ],
  [
    "it is sealed for fewer than those in trust",
    sealedRun(only(recipientId(ANN))),
    "claims.recipients",
    "claims.bound",
  ],
  [
    "it is sealed for somebody who is not in trust",
    sealedRun(only(recipientId(ANN), sha256(new Uint8Array()))),
    "claims.recipients",
    "claims.bound",
  ],
  [
    "nobody was in trust to seal for",
    { ...sealedRun(), trust: TRUST },
    "claims.recipients",
    "claims.bound",
  ],
  [
    "what is sealed lies open",
    sealedRun((ref) => ref, "output of list, in the clear\n"),
    "evidence.unsealed",
    "evidence.true",
  ],
]);
