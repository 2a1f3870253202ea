/**
 * Redaction of streams: at every border, however long a line or a key is, and what is told of it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  redactStream,
  redactText,
  type Secrets,
} from "../src/evidence/redact.ts";
import { loadPreset } from "../src/evidence/redact_preset.ts";
import { LOOK_ALIKES } from "./redact/look_alikes.ts";
import { POSITIVES } from "./redact/positives.ts";
import { sampleOf } from "./redact/template.ts";

const preset = await loadPreset();
const NONE: Secrets = new Map();
const KNOWN: Secrets = new Map([["TOKEN", "kn\u00f6wn/s3cret+value"]]);
const bytes = (text: string) => new TextEncoder().encode(text);
const sample = (template: string) => sampleOf(template, 7).text;

/** What comes out of a stream that is given pieces. */
function through(
  pieces: readonly Uint8Array[],
  { secrets = NONE, cut = false }: { secrets?: Secrets; cut?: boolean } = {},
) {
  const stream = redactStream(secrets, [preset]);
  const parts = [
    ...pieces.map((piece) => stream.write(piece)),
    stream.end(cut),
  ];
  const out = new Uint8Array(parts.flatMap((part) => [...part]));
  return { text: new TextDecoder().decode(out), out, report: stream.report };
}

const texts = [
  ...Object.values(POSITIVES).flat(),
  ...Object.values(LOOK_ALIKES).flat(),
].map((template, seed) => sampleOf(template, seed).text);

/** Texts as programs print them: lines with and without secrets, line breaks of all kinds. */
const output = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom(...texts),
      fc.constantFrom(
        "[secret TOKEN] gr\u00fc\u00dfe \u2192",
        "kn\u00f6wn/s3cret+value",
        btoa("kn\xc3\xb6wn/s3cret+value"),
        "password:",
        "-----BEGIN PRIVATE KEY-----",
        "key is kn\u00f6wn/s3c",
        "",
      ),
      fc.string({ maxLength: 40 }),
    ),
    fc.constantFrom("\n", "\r\n", "\r", " ", "\n\n", ""),
  ),
  { maxLength: 8 },
).map((lines) => bytes(lines.flat().join("")));

const splits = fc.array(fc.nat(), { maxLength: 12 });

function cutAt(all: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (all.length + 1))
    .sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) =>
    all.subarray(from, sorted[i] ?? all.length)
  );
}

Deno.test("property: any split of the output gives the same result", () => {
  fc.assert(
    fc.property(output, splits, fc.boolean(), (all, places, cut) => {
      const options = { secrets: KNOWN, cut };
      const whole = through([all], options);
      const split = through(cutAt(all, places), options);
      assertEquals(split.text, whole.text);
      assertEquals(split.report, whole.report);
      const single = through(
        Array.from(all, (byte) => Uint8Array.of(byte)),
        options,
      );
      assertEquals(single.text, whole.text);
    }),
    { numRuns: 300 },
  );
});

Deno.test("property: what the report tells leads from what was kept to what was printed", () => {
  fc.assert(
    fc.property(output, (all) => {
      const { out, report } = through([all], { secrets: KNOWN });
      let taken = 0;
      for (const { category, at, length } of report.first) {
        const mark = category.startsWith("secret:")
          ? `[${category.replace(":", " ")}]`
          : `[redacted ${category}]`;
        const kept = out.subarray(at, at + mark.length);
        assertEquals(new TextDecoder().decode(kept), mark);
        assert(length > 0);
        taken += length - mark.length;
      }
      assertEquals(report.count, report.first.length);
      assertEquals(out.length, all.length - taken);
    }),
    { numRuns: 500 },
  );
});

Deno.test("property: bytes that hold nothing come out as they were, text or not", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), splits, (all, places) => {
      assertEquals(through(cutAt(all, places)).out, Uint8Array.from(all));
    }),
    { numRuns: 300 },
  );
});

const TOKEN = sample("ghp_{b62:36}");
const FAR: [what: string, before: number][] = [
  ["at the beginning of", 0],
  ["before the first window's end of", 47 * 1024],
  ["across the first window's end of", 48 * 1024 - 20],
  ["at the first window's end of", 64 * 1024 - 20],
  ["far into", 300 * 1024],
];
for (const [what, before] of FAR) {
  for (const filler of ["a b ", "x", "ab\u00fc/"]) {
    Deno.test(`a token ${what} a line that does not end is found: ${filler}`, () => {
      const line = filler.repeat(Math.ceil(before / filler.length));
      const text = `${line} ${TOKEN} ${filler.repeat(40_000)}`;
      const all = bytes(text);
      const whole = through([all]);
      assertEquals(
        whole.text,
        text.replace(TOKEN, "[redacted github-token]"),
      );
      const pieces = cutAt(all, [
        1,
        1000,
        48 * 1024,
        64 * 1024,
        65_537,
        99_999,
      ]);
      assertEquals(through(pieces).text, whole.text);
    });
  }
}

Deno.test("a private key of any length is taken out whole", () => {
  for (const rows of [5, 900, 5000]) {
    const key = sample(`{pem:${rows}}`);
    const text =
      `a\n-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\nb\n`;
    const { text: out } = through(cutAt(bytes(text), [10, 70_000, 140_000]));
    assertEquals(
      out,
      "a\n-----BEGIN PRIVATE KEY-----[redacted private-key]-----END PRIVATE KEY-----\nb\n",
    );
  }
});

Deno.test("who only names how a key begins loses nothing", () => {
  const text =
    "it starts with -----BEGIN PRIVATE KEY-----\nand goes on with base64\nand ends\n";
  assertEquals(through([bytes(text)]).text, text);
});

Deno.test("a secret that was cut off at the end is taken out", () => {
  const printed = bytes("value: kn\u00f6wn/s3c");
  assertEquals(
    through([printed], { secrets: KNOWN, cut: true }).text,
    "value: [secret TOKEN]",
  );
  assertEquals(
    through([printed], { secrets: KNOWN }).text,
    "value: kn\u00f6wn/s3c",
  );
});

Deno.test("whole lines are told at once", () => {
  const stream = redactStream(NONE, [preset]);
  const take = (text: string) =>
    new TextDecoder().decode(stream.write(bytes(text)));
  assertEquals(take("one\ntw"), "one\n");
  assertEquals(take("o\rthree"), "two\r");
  assertEquals(take(" pass"), "");
  assertEquals(take("word: |\n"), "");
  assertEquals(
    take("  abc12345\n"),
    "three password: |\n  [redacted assignment]\n",
  );
});

Deno.test("a known value is told by its name, also where it looks like something else", () => {
  const secrets = new Map([["GH", TOKEN]]);
  assertEquals(
    redactText(
      `token=${TOKEN}; other ghp_${TOKEN.slice(4).toLowerCase()}`,
      secrets,
    ),
    "token=[secret GH]; other [redacted github-token]",
  );
});

Deno.test("what was redacted before is left as it is", () => {
  for (const template of Object.values(POSITIVES).flat()) {
    const once = redactText(sample(template), NONE);
    assertEquals(redactText(once, NONE), once);
  }
});

Deno.test("no more than a hundred redactions are told one by one", () => {
  const { report } = through([bytes(`${TOKEN}\n`.repeat(250))]);
  assertEquals([report.count, report.first.length], [250, 100]);
});

Deno.test("no text turns redaction off", () => {
  for (const word of ["disable", "disable-line", "disable-next-line"]) {
    const text = sample("// secretlint-WORD\nkey {low:4} shpat_{hex:32}\n")
      .replace("WORD", word);
    assert(through([bytes(text)]).text.includes("[redacted "), word);
  }
});
