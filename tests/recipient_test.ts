/**
 * Recipients of sealed evidence, and trust that names them.
 *
 * @module
 */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import fc from "fast-check";
import {
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import { sha256 } from "../src/core/digest.ts";
import { WritError } from "../src/core/errors.ts";
import { parseTrust } from "../src/ticket/parse_trust.ts";
import { recipientFault, recipientId } from "../src/ticket/recipient.ts";
import { RETENTION, type Trust } from "../src/ticket/trust.ts";
import { differences } from "../src/ticket/differences.ts";
import { TRUST } from "./verify_fixtures.ts";

const GOOD = await identityToRecipient(await generateX25519Identity());
const OTHER = await identityToRecipient(await generateX25519Identity());
const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** Bech32 as BIP 173 tells it, for texts that no tool would write. */
function bech32(prefix: string, bytes: Uint8Array, padding = 0): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  const words = (bits.match(/.{1,5}/g) ?? []).map((five) =>
    parseInt(five.padEnd(5, "0"), 2) | (five.length < 5 ? padding : 0)
  );
  const polymod = (values: number[]) => {
    let check = 1n;
    for (const value of values) {
      const top = check >> 25n;
      check = ((check & 0x1ffffffn) << 5n) ^ BigInt(value);
      const generator = [
        0x3b6a57b2n,
        0x26508e6dn,
        0x1ea119fan,
        0x3d4233ddn,
        0x2a1462b3n,
      ];
      generator.forEach((each, i) => {
        if ((top >> BigInt(i)) & 1n) check ^= each;
      });
    }
    return check;
  };
  const codes = [...prefix].map((letter) => letter.charCodeAt(0));
  const all = [
    ...codes.map((code) => code >> 5),
    0,
    ...codes.map((code) => code & 31),
    ...words,
  ];
  const sum = polymod([...all, 0, 0, 0, 0, 0, 0]) ^ 1n;
  const tail = [5n, 4n, 3n, 2n, 1n, 0n].map((i) =>
    Number((sum >> (5n * i)) & 31n)
  );
  return `${prefix}1${
    [...words, ...tail].map((word) => CHARSET[word]).join("")
  }`;
}

const KEY = new Uint8Array(32).fill(9);

Deno.test("any 32 bytes that are no point of small order are a recipient, known by their hash", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      // 2 to 254 in the first byte, and no more than 126 in the last, is none of those.
      bytes[0] = 7;
      bytes[31] &= 0x3f;
      const text = bech32("age", bytes);
      assertEquals(recipientFault(text), null);
      assertEquals(recipientId(text), sha256(bytes));
    }),
  );
});

Deno.test("what age makes is a recipient", () => {
  assertEquals(recipientFault(GOOD), null);
});

Deno.test("a recipient in which any one character is another is none", () => {
  for (let at = "age1".length; at < GOOD.length; at++) {
    const other = GOOD[at] === "q" ? "p" : "q";
    const text = GOOD.slice(0, at) + other + GOOD.slice(at + 1);
    assertMatch(recipientFault(text)!, /checksum/, text);
    assertThrows(() => recipientId(text), TypeError);
  }
});

const BAD: [what: string, text: string, fault: RegExp][] = [
  ["nothing", "", /does not begin/],
  ["the prefix alone", "age1", /checksum/],
  ["cut off", GOOD.slice(0, -1), /checksum/],
  ["capital letters", GOOD.toUpperCase(), /does not begin/],
  [
    "capital letters behind the prefix",
    `age1${GOOD.slice(4).toUpperCase()}`,
    /character/,
  ],
  ["a space", `${GOOD} `, /character/],
  ["an identity", await generateX25519Identity(), /does not begin/],
  [
    "a post-quantum recipient",
    await identityToRecipient(await generateHybridIdentity()),
    /X25519/,
  ],
  ["a plugin's recipient", bech32("age1yubikey", KEY), /X25519/],
  ["another prefix", bech32("ages", KEY), /does not begin/],
  ["31 bytes", bech32("age", KEY.slice(1)), /X25519/],
  ["33 bytes", bech32("age", new Uint8Array(33).fill(9)), /X25519/],
  ["padding that is not zero", bech32("age", KEY, 1), /X25519/],
  ...[
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
    `${"00".repeat(31)}80`,
    `ec${"ff".repeat(31)}`,
  ].map((hex): [string, string, RegExp] => [
    `the point of small order ${hex.slice(0, 8)}…${hex.slice(-2)}`,
    bech32("age", decodeHex(hex)),
    /small order/,
  ]),
];

for (const [what, text, fault] of BAD) {
  Deno.test(`no recipient: ${what}`, () => {
    assertMatch(recipientFault(text) ?? "none", fault);
  });
}

function read(change: Record<string, unknown>): Trust {
  const text = JSON.stringify({ ...TRUST, ...change });
  return parseTrust(new TextEncoder().encode(text), "trust.json");
}

const ANN = { recipient: GOOD, owner: "ann" };

Deno.test("trust that names recipients and retention is read as it is", () => {
  const change = {
    recipients: [ANN, { recipient: OTHER, owner: "ann" }],
    retention: { public: null, sealed: 0 },
  };
  assertEquals(read(change), { ...TRUST, ...change });
});

const REFUSED: [what: string, change: Record<string, unknown>, why: RegExp][] =
  [
    ["a recipient twice", { recipients: [ANN, ANN] }, /listed twice/],
    ["a recipient that is none", {
      recipients: [{ ...ANN, recipient: "age1" }],
    }, /checksum/],
    ["no owner", { recipients: [{ ...ANN, owner: "" }] }, /owner/],
    ["an owner that does not show", {
      recipients: [{ ...ANN, owner: "ann\u200b" }],
    }, /do not show/],
    [
      "an owner like another's",
      { recipients: [{ ...ANN, owner: "Ana" }] },
      /reads like "ana"/,
    ],
    ["a field too many", { recipients: [{ ...ANN, key: 1 }] }, /key/],
    ["recipients that are no list", { recipients: GOOD }, /recipients/],
    [
      "days that are no whole number",
      { retention: { public: 1.5, sealed: 7 } },
      /public/,
    ],
    [
      "days before the capture",
      { retention: { public: 30, sealed: -1 } },
      /sealed/,
    ],
    ["days as a text", { retention: { public: "30d", sealed: 7 } }, /public/],
    [
      "more days than a life has",
      { retention: { public: 36_501, sealed: 7 } },
      /public/,
    ],
    ["days of one class alone", { retention: { public: 30 } }, /sealed/],
    ["days of a class that there is not", {
      retention: { public: 30, sealed: 7, secret: 1 },
    }, /secret/],
  ];

for (const [what, change, why] of REFUSED) {
  Deno.test(`trust is refused with ${what}`, () => {
    const error = assertThrows(() => read(change), WritError);
    assertEquals(error.code, "trust.invalid");
    assertMatch(error.faults.map(({ message }) => message).join("\n"), why);
  });
}

Deno.test("who can open evidence and how long it is kept are differences of trust", () => {
  const policy = { files: {} };
  const of = (old: Trust, trust: Trust) =>
    differences({ policy, trust: old }, { policy, trust }).trust;
  const next = {
    ...TRUST,
    recipients: [ANN],
    retention: { public: 1, sealed: 1 },
  };
  assertEquals(of(TRUST, next), [
    { what: "recipient", change: "added", recipient: ANN },
    { what: "retention", from: RETENTION, to: next.retention },
  ]);
  assertEquals(
    of(next, {
      ...TRUST,
      recipients: [{ ...ANN, owner: "bob" }],
      retention: next.retention,
    }),
    [
      { what: "recipient", change: "removed", recipient: ANN },
      {
        what: "recipient",
        change: "added",
        recipient: { ...ANN, owner: "bob" },
      },
    ],
  );
  assertEquals(of(TRUST, { ...TRUST, retention: RETENTION }), []);
});
