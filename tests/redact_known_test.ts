/**
 * Known secrets in what a step prints: found in every form, at every border, and nothing else is touched.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import * as fc from "fast-check";
import {
  maskStream,
  type RedactingStream,
  redactStream,
  type Secrets,
} from "../src/evidence/redact.ts";

const SECRET = 'p\u00e4ss/w+rd ~ \'x"y"';
const TOKEN = new Map([["TOKEN", SECRET]]);
const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (text: string) =>
  [...bytes(text)].map((byte) => byte.toString(16).padStart(2, "0"));
const wrapped = (text: string, width: number) =>
  text.replace(new RegExp(`.{${width}}`, "g"), "$&\n");

const forms: [name: string, text: string][] = [
  ["plain", SECRET],
  ["a JSON string", JSON.stringify(SECRET)],
  [
    "a JSON string with escaped slashes",
    JSON.stringify(SECRET).replace("/", "\\/"),
  ],
  ["URL-encoded", encodeURIComponent(SECRET)],
  [
    "URL-encoded in small letters",
    encodeURIComponent(SECRET).replace(/%../g, (p) => p.toLowerCase()),
  ],
  ["as a form has it", new URLSearchParams({ x: SECRET }).toString().slice(2)],
  ["percent-encoded whole", hex(SECRET).map((byte) => `%${byte}`).join("")],
  ["hexadecimal", hex(SECRET).join("")],
  ["hexadecimal in capitals", hex(SECRET).join("").toUpperCase()],
  ["hexadecimal in groups", hex(SECRET).join(" ")],
  ["hexadecimal with colons", hex(SECRET).join(":")],
  ["hexadecimal in lines", wrapped(hex(SECRET).join(""), 10)],
  ["base64", encodeBase64(SECRET)],
  [
    "base64 for URLs",
    encodeBase64(SECRET).replaceAll("/", "_").replaceAll("+", "-").replace(
      /=+$/,
      "",
    ),
  ],
  ["base64 in lines", wrapped(encodeBase64(SECRET), 9)],
  ["base64 behind one byte", encodeBase64(`u${SECRET}`)],
  ["base64 behind two bytes", encodeBase64(`u:${SECRET}`)],
  ["base64 of a user and a password", encodeBase64(`user:${SECRET}@host`)],
];
/** Both ways to take known values out: alone, and before what looks like a secret. */
const STREAMS: Record<string, (secrets: Secrets) => RedactingStream> = {
  mask: maskStream,
  redact: redactStream,
};

for (const [name, text] of forms) {
  Deno.test(`a secret is masked: ${name}`, () => {
    for (const begin of Object.values(STREAMS)) {
      const masked = inPieces([bytes(`before ${text} after`)], TOKEN, begin);
      assert(masked.includes("[secret TOKEN]"), masked);
      assert(masked.startsWith("before ") && masked.endsWith(" after"), masked);
      // What base64 leaves of the neighbours is at most three characters a side.
      assert(
        masked.length <= "before [secret TOKEN] after".length + 24,
        masked,
      );
    }
  });
  Deno.test(`a secret is masked across the borders of pieces: ${name}`, () => {
    const all = bytes(`before ${text} after`);
    for (const begin of Object.values(STREAMS)) {
      const take = (pieces: Uint8Array[]) => inPieces(pieces, TOKEN, begin);
      const whole = take([all]);
      for (let cut = 0; cut <= all.length; cut++) {
        assertEquals(take([all.subarray(0, cut), all.subarray(cut)]), whole);
      }
      assertEquals(take([...all].map((byte) => Uint8Array.of(byte))), whole);
    }
  });
}

function inPieces(
  pieces: readonly Uint8Array[],
  secrets: Secrets,
  begin: (secrets: Secrets) => RedactingStream = maskStream,
): string {
  const stream = begin(secrets);
  const out = [...pieces.map((piece) => stream.write(piece)), stream.end()];
  return new TextDecoder().decode(
    new Uint8Array(out.flatMap((part) => [...part])),
  );
}

Deno.test("what is no secret is told at once", () => {
  const mask = maskStream(new Map([["KEY", "abcdefgh"]]));
  const take = (text: string) =>
    new TextDecoder().decode(mask.write(bytes(text)));
  assertEquals(take("progress 10 of"), "progress 10 of");
  assertEquals(take("x abc"), "x ");
  assertEquals(take("x"), "abcx");
  assertEquals(take(" abcdefg"), " ");
  assertEquals(take("h!"), "[secret KEY]!");
});

Deno.test("each line of a secret is masked", () => {
  const key = "-----BEGIN KEY-----\nAAAABBBBCCCC\nshort\nDDDDEEEEFFFF\n";
  const masked = inPieces(
    [bytes("1: AAAABBBBCCCC\n2: short\n3: DDDDEEEEFFFF\n")],
    new Map([["KEY", key]]),
  );
  assertEquals(masked, "1: [secret KEY]\n2: short\n3: [secret KEY]\n");
});

Deno.test("secrets that overlap leave nothing of either", () => {
  const secrets = new Map([["A", "aaaabbbbcccc"], ["B", "bbbbccccdddd"]]);
  assertEquals(
    inPieces([bytes("xaaaabbbbccccddddx")], secrets),
    "x[secret A]x",
  );
  assertEquals(
    inPieces([bytes("xaaaabbbbcccc"), bytes("ddddx")], secrets).includes(
      "bbbb",
    ),
    false,
  );
});

Deno.test("a secret twice in a row is masked twice", () => {
  assertEquals(
    inPieces([bytes("abcdefghabcdefgh")], new Map([["K", "abcdefgh"]])),
    "[secret K][secret K]",
  );
});

Deno.test("property: a text without the secret comes out as it was, in whatever pieces", () => {
  const small = fc.string({
    unit: fc.constantFrom("a", "b", " "),
    maxLength: 60,
  });
  fc.assert(
    fc.property(small, fc.array(fc.nat(60), { maxLength: 5 }), (text, cuts) => {
      const secrets = new Map([["K", "abababba"]]);
      const all = bytes(text);
      const places = [
        0,
        ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b),
        all.length,
      ];
      const pieces = places.slice(1).map((end, at) =>
        all.subarray(places[at], end)
      );
      assertEquals(
        inPieces(pieces, secrets),
        text.replaceAll("abababba", "[secret K]"),
      );
    }),
    { numRuns: 2000 },
  );
});
