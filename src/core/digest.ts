/**
 * SHA-256 digests, and the leaf and node hashes of RFC 6962 section 2.1.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import * as z from "zod";
import { canonicalBytes } from "./canonical_json.ts";

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

const PATTERN = /^sha256:[0-9a-f]{64}$/;

/** Schema of a {@linkcode Digest}. */
export const DigestSchema: z.ZodType<Digest> = z.templateLiteral([
  "sha256:",
  z.string().regex(/^[0-9a-f]{64}$/),
], { error: 'expected "sha256:" and 64 hex digits' }) as z.ZodType<Digest>;

/** `true` when `text` has the form of a {@linkcode Digest}. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && PATTERN.test(text);
}

/**
 * SHA-256 of bytes.
 *
 * @example
 * ```ts
 * import { sha256 } from "@writ/writ";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   sha256(new TextEncoder().encode("abc")),
 *   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
 * );
 * ```
 */
export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** SHA-256 of the canonical bytes of a JSON value. */
export function digestOf(value: unknown): Digest {
  return sha256(canonicalBytes(value));
}

/** The hash of a receipt, an entry or a tree leaf: `SHA-256(0x00 || bytes)`. */
export function leafHash(bytes: Uint8Array): Digest {
  return `sha256:${leafHex(bytes)}`;
}

/** The hex digits of {@linkcode leafHash}. */
export function leafHex(bytes: Uint8Array): string {
  return LEAF.copy().update(bytes).digest("hex");
}

/** The hash of an inner tree node: `SHA-256(0x01 || left || right)`. */
export function nodeHash(left: Digest, right: Digest): Digest {
  return finish(
    NODE.copy().update(left.slice(7), "hex").update(right.slice(7), "hex"),
  );
}

/** SHA-256 of bytes that arrive in pieces; memory stays flat. */
export class DigestStream {
  readonly #hash: Hash = createHash("sha256");
  bytes = 0;

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  digest(): Digest {
    return finish(this.#hash);
  }
}

/** SHA-256 of nothing: the root of the empty tree (RFC 6962 section 2.1). */
export const EMPTY_DIGEST: Digest = sha256(new Uint8Array());

/** Begun once: a copy is made faster than a hash. */
const LEAF: Hash = createHash("sha256").update(new Uint8Array([0]));
const NODE: Hash = createHash("sha256").update(new Uint8Array([1]));

function finish(hash: Hash): Digest {
  return `sha256:${hash.digest("hex")}`;
}
