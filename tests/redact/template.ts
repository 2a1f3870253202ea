/**
 * Makes the texts of the corpus from templates, so that no file of this repository holds what looks
 * like somebody's token.
 *
 * `{hex:32}` becomes 32 hex digits, `{b62:9}` nine letters and digits, and so on; what stands
 * between « and » is the secret.
 *
 * @module
 */

const ALPHABETS: Record<string, string> = {
  hex: "0123456789abcdef",
  HEX: "0123456789ABCDEF",
  num: "0123456789",
  b32: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  up: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
  low: "abcdefghijklmnopqrstuvwxyz0123456789",
  b62: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  b64: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/** A text of the corpus. */
export interface Sample {
  text: string;
  /** The secrets in it. */
  secrets: string[];
}

/** Makes a template's text; `seed` is its place in the corpus. */
export function sampleOf(template: string, seed: number): Sample {
  const random = numbers(seed + 1);
  const filled = template.replace(
    /\{([A-Za-z]\w*):(\d+)\}/g,
    (whole, name: string, count: string) => {
      if (name === "pem") return pem(Number(count), random);
      const alphabet = ALPHABETS[name];
      if (alphabet === undefined) return whole;
      return letters(alphabet, Number(count), random);
    },
  );
  return {
    text: filled.replace(/[«»]/g, ""),
    secrets: Array.from(filled.matchAll(/«([^»]+)»/g), ([, secret]) => secret),
  };
}

/** Lines as of a key: base64 in rows of 64, the last one shorter. */
function pem(rows: number, random: () => number): string {
  const line = (length: number) => letters(ALPHABETS.b64, length, random);
  return [
    `MII${line(61)}`,
    ...Array.from({ length: rows - 2 }, () => line(64)),
    `${line(22)}==`,
  ].join("\n");
}

function letters(
  alphabet: string,
  count: number,
  random: () => number,
): string {
  let text = "";
  for (let i = 0; i < count; i++) {
    text += alphabet[Math.floor(random() * alphabet.length)];
  }
  // A run without a digit is possible by chance, and would make a test depend on it.
  if (count >= 16 && /\d/.test(alphabet)) {
    text = `${text.slice(0, 5)}7${text.slice(6, 11)}4${text.slice(12)}`;
  }
  return text;
}

/** The same numbers for the same seed: mulberry32. */
function numbers(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
