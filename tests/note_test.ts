/** Signed notes, checkpoints and cosignatures, against the examples of C2SP and of Go. */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { EMPTY_DIGEST, sha256 } from "../src/core/digest.ts";
import { WritError } from "../src/core/errors.ts";
import { generateKey } from "../src/core/keys.ts";
import {
  formatNote,
  NOTE_ALGORITHM,
  type NoteKey,
  parseNote,
  signNote,
  verifierKey,
  verifyNote,
} from "../src/core/note.ts";
import {
  checkpointKey,
  originOf,
  parseCheckpoint,
  signCheckpoint,
} from "../src/ledger/checkpoint.ts";
import { cosign, cosignedAt, witnessKey } from "../src/ledger/cosignature.ts";

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text);

/** A verifier key as it is written in public. */
function readVerifierKey(line: string): NoteKey {
  const [name, , material] = line.split(/\+(.{8})\+/);
  const [algorithm, ...publicKey] = decodeBase64(material);
  return {
    name,
    algorithm: algorithm as NoteKey["algorithm"],
    publicKey: Uint8Array.from(publicKey),
  };
}

/** Notes that others signed. */
const PUBLISHED: [who: string, key: string, text: string, lines: string][] = [
  [
    "c2sp.org/signed-note",
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "This is an example message.\n",
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
  ],
  [
    "golang.org/x/mod/sumdb/note",
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "If you think cryptography is the answer to your problem,\n" +
    "then you don't know what your problem is.\n",
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
  ],
];

for (const [who, line, text, lines] of PUBLISHED) {
  Deno.test(`the note of ${who} is verified by its key, and by no other`, async () => {
    const key = readVerifierKey(line);
    const note = parseNote(bytesOf(`${text}\n${lines}`), "a note");
    assertEquals(note.text, text);
    assertEquals(verifierKey(key), line);
    assertEquals(await verifyNote(note, key), "good");
    assertEquals(formatNote(note), bytesOf(`${text}\n${lines}`));
    const other = { ...key, name: "example.com/other" };
    assertEquals(await verifyNote(note, other), "absent");
    const changed = { ...note, text: `${text} \n` };
    assertEquals(await verifyNote(changed, key), "false");
  });
}

const { signer } = await generateKey();
const KEY: NoteKey = {
  name: "example.com/log",
  algorithm: NOTE_ALGORITHM.ed25519,
  publicKey: signer.publicKey,
};

async function signed(text: string) {
  return { text, signatures: [await signNote(text, KEY.name, signer)] };
}

Deno.test("a note that was signed is read as it was, empty lines and other signatures included", async () => {
  const other = {
    name: "é.example",
    id: "00000000",
    bytes: new Uint8Array(70),
  };
  for (const text of ["a\n", "\n", "a\n\nb\n\n", "— x AAAAAAA=\n\nb\n"]) {
    const note = await signed(text);
    note.signatures.unshift(other);
    const again = parseNote(formatNote(note), "a note");
    assertEquals(again, note);
    assertEquals(await verifyNote(again, KEY), "good");
  }
});

Deno.test("one false line of a known key makes the note false, beside a true one", async () => {
  const note = await signed("a\n");
  const wrong = { ...note.signatures[0], bytes: new Uint8Array(64) };
  assertEquals(await verifyNote(note, KEY), "good");
  note.signatures.push(wrong);
  assertEquals(await verifyNote(note, KEY), "false");
});

const LINE = `— a ${encodeBase64(new Uint8Array(68))}\n`;

for (
  const [what, bytes] of [
    ["is empty", bytesOf("")],
    ["has no signatures", bytesOf("a\n\n")],
    ["has no empty line", bytesOf(`a\n${LINE}`)],
    ["does not end its last line", bytesOf(`a\n\n${LINE.trimEnd()}`)],
    ["has carriage returns", bytesOf(`a\r\n\n${LINE}`)],
    ["has a tab", bytesOf(`a\tb\n\n${LINE}`)],
    ["is not UTF-8", Uint8Array.of(0xff, ...bytesOf(`\n\n${LINE}`))],
    ["has a hyphen for a dash", bytesOf(`a\n\n${LINE.replace("—", "-")}`)],
    [
      "has a key name with a plus",
      bytesOf(`a\n\n${LINE.replace(" a", " a+")}`),
    ],
    [
      "has a key name with a space",
      bytesOf(`a\n\n${LINE.replace(" a", " a\u2003b")}`),
    ],
    ["has no key name", bytesOf(`a\n\n${LINE.replace(" a ", "  ")}`)],
    ["has a signature that is not base64", bytesOf(`a\n\n— a !!!!\n`)],
    ["has a signature of four bytes", bytesOf(`a\n\n— a AAAAAA==\n`)],
    ["has base64 in another form", bytesOf(`a\n\n— a AAAAAAB=\n`)],
    ["has too many signatures", bytesOf(`a\n\n${LINE.repeat(101)}`)],
    ["is too long", bytesOf(`${"a".repeat(2 ** 20)}\n\n${LINE}`)],
  ] as const
) {
  Deno.test(`refused: a note that ${what}`, () => {
    parseNote(bytesOf(`a\n\n${LINE}`), "a control");
    const error = assertThrows(() => parseNote(bytes, "a note"), WritError);
    assertEquals(error.code, "input.invalid");
  });
}

// Checkpoints

const HEAD = { size: 20852163, root: sha256(bytesOf("a tree")) };
const ledgerKey = checkpointKey(signer.id, signer.publicKey);

Deno.test("a checkpoint is a note of origin, size and root, signed by the ledger's key", async () => {
  const bytes = await signCheckpoint(HEAD, signer);
  const root = encodeBase64(Uint8Array.fromHex(HEAD.root.slice(7)));
  const origin = `writ/ledger/${signer.id.slice(7)}`;
  const [first, second, third, empty, signature, end] = new TextDecoder()
    .decode(bytes).split("\n");
  assertEquals([first, second, third, empty, end], [
    origin,
    "20852163",
    root,
    "",
    "",
  ]);
  assert(signature.startsWith(`— ${origin} `));
  const checkpoint = parseCheckpoint(bytes, "a checkpoint");
  assertEquals(checkpoint.origin, originOf(signer.id));
  assertEquals({ size: checkpoint.size, root: checkpoint.root }, HEAD);
  assertEquals(await verifyNote(checkpoint.note, ledgerKey), "good");
});

Deno.test("the example of c2sp.org/tlog-checkpoint is read", () => {
  const { origin, size, root } = parseCheckpoint(
    bytesOf(
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
    ),
    "the example",
  );
  assertEquals([origin, size], ["example.com/behind-the-sofa", 20852163]);
  assertEquals(
    root,
    "sha256:0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62",
  );
});

const ROOT = encodeBase64(Uint8Array.fromHex(EMPTY_DIGEST.slice(7)));

for (
  const [what, text] of [
    ["has no origin", `\n0\n${ROOT}\n`],
    ["has no root", "a\n0\n"],
    ["has a line more", `a\n0\n${ROOT}\nmore\n`],
    ["has a size with a leading zero", `a\n01\n${ROOT}\n`],
    ["has a negative size", `a\n-1\n${ROOT}\n`],
    ["has a size that is no number", `a\n1e3\n${ROOT}\n`],
    ["has a size beyond 2^53", `a\n9007199254740993\n${ROOT}\n`],
    ["has a short root", `a\n0\n${ROOT.slice(4)}\n`],
    ["has a root in another form", `a\n0\n${ROOT.slice(0, -2)}V=\n`],
    ["has a root in hex", `a\n0\n${EMPTY_DIGEST.slice(7)}\n`],
  ]
) {
  Deno.test(`refused: a checkpoint that ${what}`, () => {
    parseCheckpoint(bytesOf(`a\n0\n${ROOT}\n\n${LINE}`), "a control");
    const error = assertThrows(
      () => parseCheckpoint(bytesOf(`${text}\n${LINE}`), "a checkpoint"),
      WritError,
    );
    assertEquals(error.code, "input.invalid");
  });
}

// Cosignatures

const witness = (await generateKey()).signer;
const key = witnessKey(witness.id, witness.publicKey);
const AT = Date.parse("2026-01-31T12:00:00.900Z");

Deno.test("a cosignature says when, and the ledger's own signature stays", async () => {
  const { note } = parseCheckpoint(await signCheckpoint(HEAD, signer), "one");
  assertEquals(await cosignedAt(note, key), "absent");
  const cosigned = parseNote(await cosign(note, witness, AT), "a note");
  assertEquals(cosigned.text, note.text);
  assertEquals(await cosignedAt(cosigned, key), AT / 1000 - 0.9);
  assertEquals(await verifyNote(cosigned, ledgerKey), "good");
});

Deno.test("the signed message of a cosignature is that of c2sp.org/tlog-cosignature", async () => {
  const note = await signed("a\n1\nb\n");
  const cosigned = parseNote(await cosign(note, witness, AT), "a note");
  const { bytes } = cosigned.signatures[1];
  const message = `cosignature/v1\ntime ${AT / 1000 - 0.9}\na\n1\nb\n`;
  assertEquals(bytes.subarray(8), await witness.sign(bytesOf(message)));
});

Deno.test("a witness that cosigns again replaces its line, and leaves those of others", async () => {
  const second = (await generateKey()).signer;
  let note = await signed("a\n");
  for (const [who, at] of [[witness, AT], [second, AT], [witness, AT + 5000]]) {
    note = parseNote(
      await cosign(note, who as typeof witness, at as number),
      "a note",
    );
  }
  assertEquals(note.signatures.length, 3);
  assertEquals(await cosignedAt(note, key), AT / 1000 + 4.1);
});

for (
  const [what, change] of [
    ["its time", (bytes: Uint8Array) => bytes.with(7, bytes[7] ^ 1)],
    ["its signature", (bytes: Uint8Array) => bytes.with(20, bytes[20] ^ 1)],
    ["its length", (bytes: Uint8Array) => bytes.slice(0, -1)],
    ["its time, beyond all times", (bytes: Uint8Array) => bytes.with(0, 0xff)],
  ] as const
) {
  Deno.test(`a cosignature with a change of ${what} is false`, async () => {
    const note = await signed("a\n");
    const cosigned = parseNote(await cosign(note, witness, AT), "a note");
    assertNotEquals(await cosignedAt(cosigned, key), "false");
    const line = cosigned.signatures[1];
    cosigned.signatures[1] = { ...line, bytes: change(line.bytes) };
    assertEquals(await cosignedAt(cosigned, key), "false");
  });
}
