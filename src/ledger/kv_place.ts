/**
 * Where a store lies: a path, or the address of a server.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";

/** Whether a place is the address of a server. */
export function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/**
 * The path, or the address, that a user named.
 *
 * @throws {WritError} `usage.invalid` on an address that is neither `file:` nor `http(s):`, is no
 * address, or holds a password
 */
export function parsePlace(place: string | URL): string {
  const text = String(place);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !(place instanceof URL)) {
    return text;
  }
  const url = URL.parse(text);
  if (url === null) throw refuse(text, "it is no address");
  if (url.protocol === "file:") return decodeURIComponent(url.pathname);
  if (!isAddress(url.href)) {
    throw refuse(text, `"${url.protocol}" is unknown, "https:" was expected`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse(
      url.host,
      "its address holds a name or a password, which others would see",
    );
  }
  return text;
}

function refuse(place: string, why: string): WritError {
  return new WritError(
    "usage.invalid",
    `Cannot open the store "${place}": ${why}`,
    {
      hint:
        "Name a path, or the https address of a server that speaks KV Connect; its token belongs into DENO_KV_ACCESS_TOKEN",
    },
  );
}
