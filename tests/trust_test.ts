/**
 * Trust files: what is refused, and where.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { sha256 } from "../src/core/digest.ts";
import { WritError } from "../src/core/errors.ts";
import { parseTrust, publicKeyFault } from "../src/ticket/parse_trust.ts";
import { loadTrust } from "../src/ticket/read_trust.ts";
import { type Trust, trustDigest } from "../src/ticket/trust.ts";
import { trustText } from "../src/ticket/trust_text.ts";
import { refused } from "./support/policies.ts";
import { trustedKey, trustOf } from "./support/tickets.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const VECTORS = new URL(
  "../../shared/vectors/ed25519/ed25519vectors.json",
  import.meta.url,
);

Deno.test("a trust file is read as it was written", () => {
  const trust = trustOf();
  const read = parseTrust(bytes(trustText(trust)), "trust.json");
  assertEquals(read, trust);
  assertEquals(trustDigest(read), trustDigest(trust));
});

/** A trust file with one key that has another public key, and its right id. */
function withKey(publicKey: Uint8Array): Trust {
  const key = trustedKey("ana", {
    publicKey: encodeBase64(publicKey),
    id: sha256(publicKey),
  });
  return trustOf({}, { keys: [key] });
}

const p = (low: number) => {
  const key = new Uint8Array(32).fill(0xff);
  key[0] = low;
  key[31] = 0x7f;
  return key;
};

const WRONG: [sentence: string, text: string, words: RegExp, line?: number][] =
  [
    ["is empty", "", /empty/, 1],
    ["is no JSON", "{", /./, 1],
    ["holds a comment", `// hi\n${trustText(trustOf())}`, /comments/],
    [
      "has a key twice",
      trustText(trustOf()).replace('"v": 1,', '"v": 1,\n  "v": 1,'),
      /twice/,
      3,
    ],
    [
      "has an unknown key",
      trustText(trustOf()).replace('"v": 1,', '"v": 1,\n  "more": 1,'),
      /unknown key "more"/,
      3,
    ],
    ["needs no approver", trustText(trustOf({}, { quorum: 0 })), /quorum/],
    [
      "needs half a witness",
      trustText(trustOf({}, { witnesses: 0.5 })),
      /witnesses/,
    ],
    [
      "writes true as a text",
      trustText(trustOf()).replace('"quorum": 1', '"quorum": "1"'),
      /quorum/,
    ],
    [
      "has an unknown role",
      trustText(trustOf()).replace('"approver"', '"boss"'),
      /roles/,
      10,
    ],
    [
      "has a key without a role",
      trustText(trustOf({ ana: { roles: [] } })),
      /roles/,
    ],
    [
      "has a time that does not exist",
      trustText(trustOf({ ana: { notAfter: "2026-02-30T00:00:00.000Z" } })),
      /notAfter/,
    ],
    [
      "has a key that ends before it begins",
      trustText(trustOf({ ana: { notAfter: "2025-01-01T00:00:00.000Z" } })),
      /before it begins/,
    ],
    [
      "lists a key twice",
      trustText(trustOf({}, { keys: [trustedKey("ana"), trustedKey("ana")] })),
      /listed twice/,
    ],
    [
      "gives a key another's id",
      trustText(trustOf({ ana: { id: trustedKey("li").id } })),
      /SHA-256/,
    ],
    [
      "has a public key that is too short",
      trustText(trustOf({ ana: { publicKey: "AAAA" } })),
      /3 bytes/,
    ],
    [
      "has a public key of small order",
      trustText(withKey(new Uint8Array(32))),
      /small order/,
    ],
    [
      "has a public key that is not canonical",
      trustText(withKey(p(0xef))),
      /canonical/,
    ],
    [
      "names one owner in two ways",
      trustText(trustOf({ ana2: { owner: "ANA" } })),
      /reads like "ana"/,
    ],
    [
      "has an owner who does not show",
      trustText(trustOf({ ana: { owner: "a\u200bna" } })),
      /do not show/,
    ],
    [
      "names a key of nobody",
      trustText(trustOf({ ana: { owner: "/ledger" } })),
      /no person/,
    ],
    [
      "lists a policy twice",
      trustText(
        trustOf({}, { policies: [sha256(bytes("")), sha256(bytes(""))] }),
      ),
      /twice/,
    ],
  ];

for (const [sentence, text, words, line] of WRONG) {
  Deno.test(`a trust file that ${sentence} is refused by its place`, () => {
    const error = assertThrows(
      () => parseTrust(bytes(text), "trust.json"),
      WritError,
    );
    assertEquals(error.code, "trust.invalid");
    assert(words.test(error.faults[0].message), error.faults[0].message);
    assertEquals(error.faults[0].place?.file, "trust.json");
    if (line !== undefined) assertEquals(error.faults[0].place?.line, line);
  });
}

Deno.test("all faults of a trust file are found at once", () => {
  const text = trustText(
    trustOf({
      ana: { publicKey: "AAAA", owner: " ana " },
      li: { roles: ["approver", "approver"] },
    }),
  );
  const error = assertThrows(() => parseTrust(bytes(text), "t"), WritError);
  assert(error.faults.length >= 3);
});

Deno.test("three thousand names are told apart, and one that reads like the first is found", () => {
  const keys = Array.from(
    { length: 3000 },
    (_, i) => trustedKey("ana", { owner: `owner ${i}` }),
  );
  const error = assertThrows(
    () =>
      parseTrust(
        bytes(JSON.stringify(trustOf({}, {
          keys: [...keys, trustedKey("li", { owner: "OWNER\u30000" })],
        }))),
        "trust.json",
      ),
    WritError,
  );
  // All keys but the first are Ana's once more, and that is told once for each.
  assert(error.message.includes("3000 faults"), error.message);
});

Deno.test("the last canonical y is a key, the prime itself is not", () => {
  assertEquals(publicKeyFault(encodeBase64(p(0xeb))), null);
  assert(publicKeyFault(encodeBase64(p(0xee))) !== null);
});

const vectors = await readVectors();

Deno.test({
  name: vectors === null
    ? "every low-order key of the C2SP vectors is refused (../shared/vectors is not there)"
    : "every low-order key of the C2SP vectors is refused",
  ignore: vectors === null,
  fn: () => {
    const keys = vectors ?? [];
    const low = keys.filter(({ flags }) => flags?.includes("low_order_A"));
    const sound = keys.filter(({ flags }) =>
      flags === null || !flags.some((flag) => /_A$/.test(flag))
    );
    assert(low.length > 0 && sound.length > 0);
    const fault = ({ key }: { key: string }) =>
      publicKeyFault(encodeBase64(Uint8Array.fromHex(key)));
    assertEquals(low.filter((vector) => fault(vector) === null), []);
    assertEquals(sound.filter((vector) => fault(vector) !== null), []);
  },
});

Deno.test("a trust file is read from a plain file only", async (t) => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/trust.json`;
  await Deno.writeTextFile(file, trustText(trustOf()));
  await t.step("which is there", async () => {
    assertEquals(await loadTrust(file), trustOf());
  });
  await t.step("not from nothing", async () => {
    await refused("trust.missing", () => loadTrust(`${folder}/none`));
  });
  await t.step("not from a link", async () => {
    await Deno.symlink(file, `${folder}/link`);
    await refused("trust.invalid", () => loadTrust(`${folder}/link`));
  });
  await t.step("not from a folder", async () => {
    await refused("trust.invalid", () => loadTrust(folder));
  });
  await t.step("not from too much", async () => {
    await Deno.writeFile(`${folder}/big`, new Uint8Array(1024 * 1024 + 1));
    await refused("trust.invalid", () => loadTrust(`${folder}/big`));
  });
  await Deno.remove(folder, { recursive: true });
});

async function readVectors(): Promise<
  { key: string; flags: string[] | null }[] | null
> {
  try {
    return JSON.parse(await Deno.readTextFile(VECTORS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
