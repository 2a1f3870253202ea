/**
 * The forms in which a secret may be printed: as it is, in base64, URL-encoded, in hexadecimal.
 *
 * @module
 */
import { encodeBase64 } from "@std/encoding/base64";

/** Texts to look for, as bytes. */
export interface SecretForms {
  /** To be found as they are. */
  plain: Uint8Array[];
  /** To be found also where tools break them into lines or groups. */
  encoded: Uint8Array[];
}

/** A shorter part of a secret is too likely to be something else. */
export const SHORTEST = 8;

/** All forms of a value. */
export function secretForms(value: string): SecretForms {
  const wholes = [value, value.trim()].filter((text) => size(text) >= SHORTEST);
  // A tool that prints line by line puts its own words between them.
  const lines = value.split(/\r?\n/).map((line) => line.trim())
    .filter((line) => size(line) >= SHORTEST);
  const texts = [...new Set([...wholes, ...lines])];
  return {
    plain: distinct(texts.flatMap(plainForms)),
    encoded: distinct(
      texts.flatMap((text) => [...base64Forms(text), ...hexForms(text)]),
    ),
  };
}

function plainForms(text: string): string[] {
  const escaped = JSON.stringify(text).slice(1, -1);
  const percent = [...bytesOf(text)].map((byte) => `%${hex(byte)}`).join("");
  const url = encodeURIComponent(text);
  const strict = url.replace(
    /[!'()*]/g,
    (char) => `%${hex(char.charCodeAt(0)).toUpperCase()}`,
  );
  const path = encodeURI(text);
  const form = strict.replaceAll("%20", "+").replaceAll("~", "%7E");
  return [
    text,
    escaped,
    escaped.replaceAll("/", "\\/"),
    ...[url, strict, path, form, percent].flatMap((one) => [
      one,
      one.replace(/%[0-9A-Fa-f]{2}/g, (part) => part.toLowerCase()),
      one.replace(/%[0-9A-Fa-f]{2}/g, (part) => part.toUpperCase()),
    ]),
  ];
}

/** For each place in a group of three bytes, the characters that what stands beside it leaves alone. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const bytes = new Uint8Array([...new Uint8Array(shift), ...bytesOf(text)]);
    const whole = encodeBase64(bytes).slice(
      Math.ceil(shift * 8 / 6),
      Math.floor(bytes.length * 8 / 6),
    );
    return [whole, whole.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function hexForms(text: string): string[] {
  const digits = [...bytesOf(text)].map(hex).join("");
  return [digits, digits.toUpperCase()];
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function size(text: string): number {
  return bytesOf(text).length;
}

function distinct(texts: string[]): Uint8Array[] {
  return [...new Set(texts)].map(bytesOf);
}
