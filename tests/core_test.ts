import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import canonicalize from "canonicalize";
import * as fc from "fast-check";
import {
  canonicalBytes,
  canonicalText,
  parseCanonical,
} from "../src/core/canonical_json.ts";
import {
  type Digest,
  DigestSchema,
  DigestStream,
  EMPTY_DIGEST,
  leafHash,
  nodeHash,
  sha256,
} from "../src/core/digest.ts";
import {
  addSignature,
  preAuthEncoding,
  signEnvelope,
  signersOf,
} from "../src/core/dsse.ts";
import { WritError } from "../src/core/errors.ts";
import {
  generateKey,
  isLowOrder,
  keyId,
  signerFromPkcs8,
  verifySignature,
} from "../src/core/keys.ts";
import { nearest } from "../src/core/nearest.ts";
import {
  foldersAbove,
  holders,
  isBeneath,
  isWithin,
  joinPath,
  normalizePath,
  overlaps,
  parentOf,
  withoutSlash,
} from "../src/core/paths.ts";
import { printable, quoted } from "../src/core/printable.ts";
import { formatTime, TimeSchema } from "../src/core/time.ts";
import {
  merkleRoot,
  sortEntries,
  type TreeEntry,
  treeRoot,
} from "../src/core/tree.ts";
import { vectorFiles, vectorTest, vectorText } from "./support/vectors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// Canonical JSON (RFC 8785)

const JCS = ["arrays", "french", "structures", "unicode", "values", "weird"];

vectorTest("canonical JSON: no vector is left out", "jcs/input", () => {
  const files = vectorFiles("jcs/input").map(({ name }) => name);
  assertEquals(files, JCS.map((name) => `jcs/input/${name}.json`));
  console.log(`jcs: ${files.length} of ${files.length} as RFC 8785 says`);
});

for (const name of JCS) {
  vectorTest(
    `canonical JSON: the vector "${name}"`,
    `jcs/input/${name}.json`,
    () => {
      const read = vectorText;
      const value = JSON.parse(read(`jcs/input/${name}.json`));
      const bytes = canonicalBytes(value);
      assertEquals(decoder.decode(bytes), read(`jcs/output/${name}.json`));
      assertEquals(
        bytes.toHex(),
        read(`jcs/outhex/${name}.txt`).replaceAll(/\s/g, ""),
      );
      assertEquals(parseCanonical(bytes, "a vector"), value);
    },
  );
}

const NOT_JSON: [name: string, value: unknown][] = [
  ["NaN", NaN],
  ["infinity", { a: -Infinity }],
  ["half a surrogate pair", "\ud800"],
  ["half a surrogate pair in a key", { "\udc00": 1 }],
  ["undefined", undefined],
  ["a function", () => {}],
  ["a bigint", 1n],
];

for (const [name, value] of NOT_JSON) {
  Deno.test(`canonical JSON refuses ${name}`, () => {
    assertThrows(() => canonicalText(value), Error);
  });
}

const NOT_CANONICAL: [name: string, bytes: string | Uint8Array][] = [
  ["white space", '{"a": 1}'],
  ["unsorted keys", '{"b":1,"a":1}'],
  ["a duplicate key", '{"a":1,"a":1}'],
  ["an odd number", '{"a":1.0}'],
  ["minus zero", "-0"],
  ["a number beyond all bounds", "1e999"],
  ["an escape that is not needed", '"\\u0061"'],
  ["a lone surrogate", '"\\ud800"'],
  ["a byte order mark", "\ufeff{}"],
  ["a line end", "{}\n"],
  ["NaN", "NaN"],
  ["a comment", "{}//"],
  ["nothing", ""],
  ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
  ["one megabyte of nesting", "[".repeat(500_000) + "]".repeat(500_000)],
  ["1,001 levels", "[".repeat(1001) + "]".repeat(1001)],
  ["the key __proto__", '{"__proto__":1}'],
  ["the key __proto__ further in", '[{"a":1,"__proto__":{"b":2}}]'],
];

for (const [name, text] of NOT_CANONICAL) {
  Deno.test(`canonical bytes are refused with ${name}`, () => {
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    const error = assertThrows(() => parseCanonical(bytes, "it"), WritError);
    assertEquals(error.code, "input.invalid");
  });
}

for (
  const text of [
    '{"a":"__proto__"}',
    '["__proto__","\\"__proto__\\":"]',
    '["{\\"__proto__\\":1}",",\\"__proto__\\":1"]',
    '{"a__proto__":1}',
  ]
) {
  Deno.test(`a text about __proto__ is read: ${text}`, () => {
    assertEquals(
      parseCanonical(encoder.encode(text), "it"),
      JSON.parse(text),
    );
  });
}

Deno.test("canonical bytes of a thousand levels, and of brackets in texts, are read", () => {
  for (
    const text of [
      "[".repeat(1000) + "]".repeat(1000),
      `["${"[".repeat(5000)}","\\"${"{".repeat(5000)}"]`,
    ]
  ) {
    const bytes = encoder.encode(text);
    assertEquals(canonicalBytes(parseCanonical(bytes, "it")), bytes);
  }
});

Deno.test("property: canonical text is that of the library, whatever the keys", () => {
  const key = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("0", "10", "9", "-1", "01", "", "toJSON", "constructor"),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.constantFrom(null, true, false, undefined, -0, 1e21, 5e-324),
      fc.array(tie("value")),
      fc.dictionary(key, tie("value"), { noNullPrototype: false }),
    ),
  }));
  const said = (write: () => string | undefined) => {
    try {
      return write() ?? "refused";
    } catch {
      return "refused";
    }
  };
  fc.assert(
    fc.property(value, (value) => {
      assertEquals(
        said(() => canonicalText(value)),
        said(() => canonicalize(value)),
      );
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("property: what canonical bytes say is read back, and its key order changes nothing", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const bytes = canonicalBytes(value);
    fc.pre(!decoder.decode(bytes).includes('"__proto__":'));
    const read = parseCanonical(bytes, "it");
    assertEquals(canonicalBytes(read), bytes);
    // JSON has no -0, so values are compared as it has them.
    assertEquals(read, JSON.parse(JSON.stringify(value)));
  }));
});

// Digests and trees (RFC 6962 section 2.1)

Deno.test("digests: known answers, and a stream gives the same", () => {
  assertEquals(
    sha256(encoder.encode("abc")),
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(
    EMPTY_DIGEST,
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  // The hash of the empty leaf, from the test data of RFC 6962's reference implementation.
  assertEquals(
    leafHash(new Uint8Array()),
    "sha256:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  );
  const stream = new DigestStream();
  stream.update(encoder.encode("a"));
  stream.update(encoder.encode("bc"));
  assertEquals(stream.bytes, 3);
  assertEquals(stream.digest(), sha256(encoder.encode("abc")));
});

Deno.test("a leaf is no node: the first byte keeps them apart", () => {
  const [a, b] = ["a", "b"].map((text) => leafHash(encoder.encode(text)));
  const joined = Uint8Array.fromHex(a.slice(7) + b.slice(7));
  assertNotEquals(nodeHash(a, b), leafHash(joined));
  assertNotEquals(nodeHash(a, b), nodeHash(b, a));
});

for (
  const text of [
    "sha256:",
    "sha256:" + "a".repeat(63),
    "sha256:" + "A".repeat(64),
    "sha256:" + "a".repeat(64) + "\n",
    "sha512:" + "a".repeat(64),
    " sha256:" + "a".repeat(64),
  ]
) {
  Deno.test(`no digest: ${JSON.stringify(text)}`, () => {
    assert(!DigestSchema.safeParse(text).success);
  });
}

/** RFC 6962 section 2.1, word for word: the split at the largest power of two below n. */
function rfcRoot(data: readonly Uint8Array[]): Digest {
  if (data.length === 0) return sha256(new Uint8Array());
  if (data.length === 1) return leafHash(data[0]);
  let split = 1;
  while (split * 2 < data.length) split *= 2;
  return nodeHash(rfcRoot(data.slice(0, split)), rfcRoot(data.slice(split)));
}

/** The leaves and roots of certificate-transparency's `merkletree` tests, for trees of 1 to 8 leaves. */
const CT_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const CT_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

for (const [index, root] of CT_ROOTS.entries()) {
  Deno.test(`merkle root: the published tree of ${index + 1} leaves`, () => {
    const data = CT_LEAVES.slice(0, index + 1).map((hex) =>
      Uint8Array.fromHex(hex)
    );
    assertEquals(rfcRoot(data), `sha256:${root}`);
    assertEquals(merkleRoot(data.map(leafHash)), `sha256:${root}`);
  });
}

Deno.test("merkle root: every size up to 130 is as the RFC defines it", () => {
  const data = Array.from(
    { length: 130 },
    (_, i) => encoder.encode(`leaf ${i}`),
  );
  for (let size = 0; size <= data.length; size++) {
    const some = data.slice(0, size);
    assertEquals(merkleRoot(some.map(leafHash)), rfcRoot(some), `${size}`);
  }
});

const entry = (
  path: string,
  mode: TreeEntry["mode"] = "100644",
): TreeEntry => ({
  path,
  mode,
  digest: EMPTY_DIGEST,
});

Deno.test("tree root: over canonical entries in UTF-16 order", () => {
  // Code points would put U+10000 last; UTF-16 code units put U+FFFF there.
  const entries = sortEntries(
    ["b", "\uffff", "a/b", "a.b", "\u{10000}", "a"].map((path) => entry(path)),
  );
  assertEquals(
    entries.map((one) => one.path),
    ["a", "a.b", "a/b", "b", "\u{10000}", "\uffff"],
  );
  assertEquals(treeRoot(entries), rfcRoot(entries.map(canonicalBytes)));
  assertEquals(treeRoot([]), EMPTY_DIGEST);
});

Deno.test("tree root: path, mode and content each change it", () => {
  const root = treeRoot([entry("a")]);
  assertNotEquals(treeRoot([entry("b")]), root);
  assertNotEquals(treeRoot([entry("a", "100755")]), root);
  assertNotEquals(
    treeRoot([{ ...entry("a"), digest: sha256(encoder.encode("x")) }]),
    root,
  );
});

for (const paths of [["b", "a"], ["a", "a"], ["\uffff", "\u{10000}"]]) {
  Deno.test(`tree root: refused out of order: ${JSON.stringify(paths)}`, () => {
    assertThrows(
      () => treeRoot(paths.map((path) => entry(path))),
      RangeError,
      "out of order",
    );
  });
}

// DSSE v1.0.2

Deno.test("DSSE: the pre-authentication encoding of the specification's example", () => {
  assertEquals(
    decoder.decode(preAuthEncoding(
      "http://example.com/HelloWorld",
      encoder.encode("hello world"),
    )),
    "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  );
});

Deno.test("DSSE: lengths are counted in bytes", () => {
  assertEquals(
    decoder.decode(preAuthEncoding("ä", encoder.encode("€"))),
    "DSSEv1 2 ä 3 €",
  );
  assertEquals(
    decoder.decode(preAuthEncoding("", new Uint8Array())),
    "DSSEv1 0  0 ",
  );
});

async function signed() {
  const keys = await Promise.all([generateKey(), generateKey()]);
  const [a, b] = keys.map((key) => key.signer);
  const payload = encoder.encode("payload");
  const envelope = await signEnvelope("type", payload, [a]);
  const known = new Map([a, b].map((signer) => [signer.id, signer.publicKey]));
  return { a, b, envelope, known };
}

Deno.test("DSSE: the signers of an envelope are those whose signature is true", async () => {
  const { a, b, envelope, known } = await signed();
  assertEquals(await signersOf(envelope, known), new Set([a.id]));
  const two = await addSignature(envelope, b);
  assertEquals(two.payload, envelope.payload);
  assertEquals(await signersOf(two, known), new Set([a.id, b.id]));
});

Deno.test("DSSE: a signature by a key that is not known counts for nothing", async () => {
  const { envelope } = await signed();
  assertEquals(await signersOf(envelope, new Map()), new Set());
});

Deno.test("DSSE: one key that signs twice is one signer", async () => {
  const { a, envelope, known } = await signed();
  const twice = await addSignature(envelope, a);
  assertEquals(await signersOf(twice, known), new Set([a.id]));
});

for (
  const [name, change] of [
    ["another type", { payloadType: "typf" }],
    ["another payload", { payload: encodeBase64(encoder.encode("paylobd")) }],
  ] as const
) {
  Deno.test(`DSSE: a signature over ${name} is refused`, async () => {
    const { envelope, known } = await signed();
    const error = await assertRejects(
      () => signersOf({ ...envelope, ...change }, known),
      WritError,
    );
    assertEquals(error.code, "ticket.signature");
  });
}

Deno.test("DSSE: a signature under another key's id is refused", async () => {
  const { b, envelope, known } = await signed();
  const [{ sig }] = envelope.signatures;
  const error = await assertRejects(
    () => signersOf({ ...envelope, signatures: [{ keyid: b.id, sig }] }, known),
    WritError,
  );
  assertEquals(error.code, "ticket.signature");
});

Deno.test("DSSE: what is not base64 is refused as malformed", async () => {
  const { a, envelope, known } = await signed();
  for (
    const broken of [
      { ...envelope, payload: "%" },
      { ...envelope, signatures: [{ keyid: a.id, sig: "%" }] },
    ]
  ) {
    const error = await assertRejects(
      () => signersOf(broken, known),
      WritError,
    );
    assertEquals(error.code, "ticket.malformed");
  }
});

// Keys (RFC 8032)

Deno.test("a key signs, and its private half makes the same signer again", async () => {
  const { signer, pkcs8 } = await generateKey();
  const again = await signerFromPkcs8(pkcs8);
  const message = encoder.encode("message");
  assertEquals(again.publicKey, signer.publicKey);
  assertEquals([signer.id, again.id], Array(2).fill(keyId(signer.publicKey)));
  const signature = await signer.sign(message);
  assertEquals(await again.sign(message), signature);
  assert(await verifySignature(signer.publicKey, message, signature));
});

Deno.test("RFC 8032 section 7.1, test 3", async () => {
  const key = Uint8Array.fromHex(
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
  );
  const signature = Uint8Array.fromHex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  );
  assert(await verifySignature(key, new Uint8Array([0xaf, 0x82]), signature));
  assert(!await verifySignature(key, new Uint8Array([0xaf, 0x83]), signature));
});

/** L, the order of the base point, little-endian (RFC 8032 section 5.1). */
const ORDER = Uint8Array.fromHex(
  "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
);

Deno.test("a signature is refused when it is changed, cut, or has S + L for S", async () => {
  const { signer } = await generateKey();
  const message = encoder.encode("message");
  const signature = await signer.sign(message);
  for (const index of [0, 31, 32, 63]) {
    const changed = signature.slice();
    changed[index] ^= 1;
    assert(!await verifySignature(signer.publicKey, message, changed));
  }
  const malleable = signature.slice();
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    carry += malleable[32 + i] + ORDER[i];
    malleable[32 + i] = carry & 0xff;
    carry >>= 8;
  }
  assertEquals(carry, 0);
  assert(!await verifySignature(signer.publicKey, message, malleable));
  for (const length of [0, 63]) {
    const cut = signature.slice(0, length);
    assert(!await verifySignature(signer.publicKey, message, cut));
  }
  const short = signer.publicKey.slice(0, 31);
  assert(!await verifySignature(short, message, signature));
  assert(await verifySignature(signer.publicKey, message, signature));
});

interface Vector {
  number: number;
  key: string;
  sig: string;
  msg: string;
  flags: string[] | null;
}

function ed25519Vectors(): { vector: Vector; flags: Set<string> }[] {
  const text = vectorText("ed25519/ed25519vectors.json");
  return (JSON.parse(text) as Vector[]).map((vector) => ({
    vector,
    flags: new Set(vector.flags),
  }));
}

const verified = ({ key, msg, sig }: Vector) =>
  verifySignature(
    Uint8Array.fromHex(key),
    encoder.encode(msg),
    Uint8Array.fromHex(sig),
  );

vectorTest(
  "CCTV: a public key of low order is never believed, and only such a key is called so",
  "ed25519/ed25519vectors.json",
  async () => {
    let low = 0;
    for (const { vector, flags } of ed25519Vectors()) {
      const lowOrder = flags.has("low_order_A");
      assertEquals(
        isLowOrder(Uint8Array.fromHex(vector.key)),
        lowOrder,
        `vector ${vector.number}`,
      );
      if (!lowOrder) continue;
      low++;
      assert(!await verified(vector), `vector ${vector.number}`);
    }
    assertEquals(low, 526);
  },
);

vectorTest(
  "CCTV: accepted is what the cofactorless equation with canonical points allows, nothing else",
  "ed25519/ed25519vectors.json",
  async () => {
    // Accepted: A with a component of low order beside a large one, and R of low order, as
    // long as no residue of low order is left. Refused: A of low order, any encoding that is
    // not canonical, and what only the cofactored equation would forgive.
    const refused = new Map([
      ["low_order_A", 0],
      ["non_canonical_A", 0],
      ["non_canonical_R", 0],
      ["reencoded_k", 0],
      ["low_order_residue", 0],
    ]);
    let accepted = 0;
    for (const { vector, flags } of ed25519Vectors()) {
      const why = [...refused.keys()].find((flag) => flags.has(flag));
      if (why !== undefined) refused.set(why, refused.get(why)! + 1);
      const wanted = why === undefined;
      assertEquals(
        await verified(vector),
        wanted,
        `vector ${vector.number}: ${[...flags]}`,
      );
      if (wanted) accepted++;
    }
    assertEquals(accepted, 86);
    const left = [...refused.values()].reduce((sum, n) => sum + n, 0);
    assertEquals(accepted + left, 914);
    console.log(
      `ed25519: 914 vectors, ${accepted} accepted; refused on purpose: ${
        [...refused].map(([why, n]) => `${why} ${n}`).join(", ")
      }`,
    );
  },
);

// Paths

const NORMAL: [path: string, becomes: string][] = [
  [".", "."],
  ["./", "."],
  ["a/..", "."],
  ["a", "a"],
  ["./a//b/../c/", "a/c/"],
  ["a b", "a b"],
  ["-a", "-a"],
  ["...", "..."],
  ["[a]?", "[a]?"],
  ["ä", "ä"],
];

for (const [path, becomes] of NORMAL) {
  Deno.test(`path "${path}" is "${becomes}"`, () => {
    assertEquals(normalizePath(path), { path: becomes });
  });
}

const FAULTY: [path: string, fault: string][] = [
  ["", "empty"],
  ["/a", "absolute"],
  ["..", "outside the workspace"],
  ["a/../..", "outside the workspace"],
  ["a,b", "holds a comma"],
  ["*", "holds a pattern character"],
  ["a\\b", "holds a backslash"],
  ["a\0", "holds a control character"],
  ["a\nb", "holds a control character"],
  ["a\x7f", "holds a control character"],
  ["a\x9b", "holds a control character"],
  ["a\u202e", "holds a control character"],
  ["a\u200b", "holds a control character"],
  ["\ufeffa", "holds a control character"],
  ["a\u2028", "holds a control character"],
  ["a\ufffd", "holds a character that is not valid Unicode"],
  ["a\ud800", "holds a character that is not valid Unicode"],
];

for (const [path, fault] of FAULTY) {
  Deno.test(`path ${JSON.stringify(path)} ${fault}`, () => {
    assertEquals(normalizePath(path) as unknown, { fault });
  });
}

Deno.test("property: a normal path stays as it is, and never leaves the root", () => {
  const segment = fc.constantFrom("a", "b", ".", "..", "", "c d");
  fc.assert(fc.property(fc.array(segment), (segments) => {
    const once = normalizePath(segments.join("/"));
    fc.pre("path" in once);
    const { path } = once as { path: string };
    assertEquals(normalizePath(path), once);
    assert(!path.split("/").includes(".."));
    assert(isWithin(path, "."));
  }));
});

const WITHIN: [path: string, folder: string, within: boolean][] = [
  ["a", "a", true],
  ["a/b", "a", true],
  ["a/b", "a/", true],
  ["a/", "a", true],
  ["a", "a/", true],
  ["ab", "a", false],
  ["a", "a/b", false],
  ["a", ".", true],
  [".", ".", true],
  [".", "a", false],
];

for (const [path, folder, within] of WITHIN) {
  Deno.test(`"${path}" lies ${within ? "" : "not "}within "${folder}"`, () => {
    assertEquals(isWithin(path, folder), within);
  });
}

Deno.test("paths overlap in both directions", () => {
  assert(overlaps("a", "a/b") && overlaps("a/b", "a/") && overlaps(".", "a"));
  assert(!overlaps("a", "ab") && !overlaps("a/b", "a/c"));
  assertEquals(["a/", "a", ".", "/"].map(withoutSlash), ["a", "a", ".", "/"]);
});

const ABOVE: [path: string, folders: string[]][] = [
  [".", []],
  ["a", []],
  ["a/b", ["a"]],
  ["a/b/c", ["a/b", "a"]],
];
for (const [path, folders] of ABOVE) {
  Deno.test(`above "${path}" lie ${folders.length} folders and the root`, () => {
    assertEquals(foldersAbove(path), folders);
    assertEquals(holders(path), path === "." ? ["."] : [path, ...folders, "."]);
    assertEquals(parentOf(path), folders[0] ?? ".");
    assertEquals(joinPath("x", path), path === "." ? "x" : `x/${path}`);
    assertEquals(joinPath(".", path), path);
  });
}

Deno.test("an absolute path lies beneath itself, the folders above it and the root", () => {
  for (const folder of ["/a/b", "/a", "/"]) assert(isBeneath("/a/b", folder));
  for (const folder of ["/a/b/c", "/a/", "/b"]) {
    assert(!isBeneath("/a/b", folder));
  }
});

const MEANT: [word: string, near: string | undefined][] = [
  ["exceute", "execute"],
  ["EXECUT", "execute"],
  ["aprove", "approve"],
  ["rnu", "run"],
  ["runs", "run"],
  ["ver", "verify"],
  ["rin", "run"],
  ["ron", "run"],
  ["rxx", undefined],
  ["aaprovve", "approve"],
  ["apr0ve", "approve"],
  ["apr0v3", undefined],
  ["x", undefined],
  ["v", undefined],
  ["", undefined],
  ["kubernetes", undefined],
  ["execute", undefined],
  ["execute".repeat(100), undefined],
];
for (const [word, near] of MEANT) {
  Deno.test(`"${word.slice(0, 20)}" was meant to be ${near}`, () => {
    const known = ["run", "approve", "execute", "verify"];
    assertEquals(nearest(word, known), near);
  });
}

// Printable text

const SHOWN: [text: string, shown: string][] = [
  ["plain ÄÖ 😀 日本 e\u0301", "plain ÄÖ 😀 日本 e\u0301"],
  ["\u001b[31mred\u0007", "\\u{1b}[31mred\\u{7}"],
  ["\u009b2J", "\\u{9b}2J"],
  ["a\r\n\tb\0\x7f", "a\\u{d}\\u{a}\\u{9}b\\u{0}\\u{7f}"],
  ["\u202eabc\u2066\u2069", "\\u{202e}abc\\u{2066}\\u{2069}"],
  [
    "a\u200bb\u200d\ufeff\u00ad\u2060",
    "a\\u{200b}b\\u{200d}\\u{feff}\\u{ad}\\u{2060}",
  ],
  ["\u2028\u2029", "\\u{2028}\\u{2029}"],
  ["\u{e0041}\u{1d173}", "\\u{e0041}\\u{1d173}"],
  ["\u3164\u115f\ufe0f", "\\u{3164}\\u{115f}\\u{fe0f}"],
  ["\ud800x\udc00", "\\u{d800}x\\u{dc00}"],
  ["C:\\users \\n \\u1b", "C:\\users \\n \\u1b"],
  ["\\u{1b}", "\\u{5c}u{1b}"],
];

for (const [text, shown] of SHOWN) {
  Deno.test(`shown: ${JSON.stringify(text)} as ${shown}`, () => {
    assertEquals(printable(text), shown);
  });
}

Deno.test("property: what is printable holds nothing invisible, and no two texts look alike", () => {
  const risky = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\\", "u", "{", "1b}", "\u001b", "\\u{1b}", "\ud800"),
  );
  const text = fc.array(risky).map((parts) => parts.join(""));
  fc.assert(fc.property(text, text, (a, b) => {
    assert(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(printable(a)));
    assertEquals(printable(a) === printable(b), a === b);
  }));
});

Deno.test("quoted text is cut between characters", () => {
  assertEquals(quoted('a"b'), '"a"b"');
  assertEquals(quoted("abcdef", 3), '"abc…"');
  assertEquals(quoted("abc", 3), '"abc"');
  assertEquals(quoted("ab😀c", 3), '"ab…"');
  assertEquals(quoted("\u001b".repeat(3), 2), '"\\u{1b}\\u{1b}…"');
});

// Time

for (
  const text of ["2024-02-29T23:59:59.999Z", "1970-01-01T00:00:00.000Z"]
) {
  Deno.test(`a time: ${text}`, () => {
    assert(TimeSchema.safeParse(text).success);
    assertEquals(formatTime(Date.parse(text)), text);
  });
}

for (
  const text of [
    "2026-02-30T00:00:00.000Z",
    "2025-02-29T00:00:00.000Z",
    "2026-06-31T00:00:00.000Z",
    "2026-01-01T24:00:00.000Z",
    "2026-13-01T00:00:00.000Z",
    "2026-01-01T00:00:60.000Z",
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000+00:00",
    "2026-01-01 00:00:00.000Z",
    "2026-01-01T00:00:00.000Z\n",
  ]
) {
  Deno.test(`no time: ${JSON.stringify(text)}`, () => {
    assert(!TimeSchema.safeParse(text).success);
  });
}
