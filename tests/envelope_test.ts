/**
 * An envelope has one text: base64 in another form is refused wherever one is read.
 *
 * @module
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import * as fc from "fast-check";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { parseBundle } from "../src/bundle/parse_bundle.ts";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { digestOf } from "../src/core/digest.ts";
import { type Envelope, EnvelopeSchema } from "../src/core/dsse.ts";
import { isWritError } from "../src/core/errors.ts";
import { payloadOf } from "../src/ledger/check_run.ts";
import { openTicket } from "../src/ticket/check_ticket.ts";
import { otherBase64, otherSignatures } from "./support/envelopes.ts";
import { ticketCheck } from "./support/tickets.ts";

const keyid = digestOf("key");

Deno.test("property: base64 is accepted in an envelope exactly in its one form", () => {
  const digits = fc.constantFrom(..."AQgwEIMUYcgkosBz09+/=");
  const text = fc.array(digits, { maxLength: 8 }).map((all) => all.join(""));
  const ofBytes = fc.uint8Array({ maxLength: 40 }).map(encodeBase64);
  fc.assert(
    fc.property(
      fc.oneof(text, ofBytes, ofBytes.map(otherBase64)),
      (payload) => {
        const envelope = {
          payloadType: "a",
          payload,
          signatures: [{ keyid, sig: "" }],
        };
        assertEquals(
          EnvelopeSchema.safeParse(envelope).success,
          encodedAgain(payload) === payload,
        );
      },
    ),
    { numRuns: 2000 },
  );
});

function encodedAgain(text: string): string | null {
  try {
    return encodeBase64(decodeBase64(text));
  } catch {
    return null;
  }
}

const readers: [
  name: string,
  read: (envelope: Envelope) => unknown,
  code: string,
][] = [
  ["of a ticket", openTicket, "ticket.malformed"],
  [
    "in the ledger",
    (envelope) => payloadOf(canonicalBytes(envelope), "a seal"),
    "ledger.corrupt",
  ],
  ["of a bundle's ticket", (envelope) => {
    const files = new Map([[BUNDLE_FILES.ticket, canonicalBytes(envelope)]]);
    const { ticket } = parseBundle({ where: "b", files, strange: [] });
    if (ticket.faults) throw ticket.faults[0];
  }, "part.malformed"],
];
for (const [name, read, code] of readers) {
  Deno.test(`an envelope ${name} is refused with a signature in another form`, async () => {
    const { envelope } = await ticketCheck();
    const other = otherSignatures(envelope);
    assertNotEquals(other, envelope);
    assertEquals(codeOf(() => read(envelope)), null);
    assertEquals(codeOf(() => read(other)), code);
  });
}

function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return isWritError(error) ? error.code : (error as { code: string }).code;
  }
}
