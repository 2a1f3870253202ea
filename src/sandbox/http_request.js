/**
 * What a client asks of a proxy: the head of a request of HTTP/1.1, read strictly.
 * Source: RFC 9110 section 9.3.6 (CONNECT), RFC 9112 sections 2 to 6.
 *
 * @module
 */

/** Largest head, bytes. */
export const LARGEST_HEAD = 65536;

/** Of the connection to the proxy, not of the request. */
const HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "te",
  "trailer",
  "upgrade",
]);

/**
 * The place behind the empty line that ends a head; -1 where it has not come yet.
 *
 * @param {Uint8Array} bytes
 * @returns {number}
 */
export function endOfHead(bytes) {
  for (let at = 3; at < bytes.length; at++) {
    if (
      bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 &&
      bytes[at - 3] === 13
    ) return at + 1;
  }
  return -1;
}

/**
 * Reads a head. `target` is `host:port`. A `CONNECT` has no `forward`; of other requests it is the
 * head for the server, and `length` how many bytes of body follow.
 *
 * @param {Uint8Array} bytes with the empty line
 * @returns {{ method: string, target: string, forward: Uint8Array | null, length: number }
 *   | { status: string, target: string }} `status`: refused, with this answer
 */
export function readRequest(bytes) {
  const refused = (status, target = "") => ({ status, target });
  // A character that is not ASCII has no place here, and a NUL could end a name early.
  if (
    bytes.some((byte) =>
      byte >= 127 || byte < 32 && ![9, 10, 13].includes(byte)
    )
  ) {
    return refused("400 Bad Request");
  }
  const text = String.fromCharCode(...bytes.subarray(0, -4));
  const [first, ...lines] = text.split("\r\n");
  if (/[\r\n]/.test(first + lines.join(""))) return refused("400 Bad Request");
  // The longest of the methods that are registered has 17 letters.
  const words = /^([A-Z]{1,20}) (\S+) HTTP\/1\.[01]$/.exec(first);
  const headers = lines.map((line) =>
    /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line)
  );
  if (words === null || headers.some((header) => header === null)) {
    return refused("400 Bad Request");
  }
  const [, method, target] = words;
  if (method === "CONNECT") return { method, target, forward: null, length: 0 };
  // Written out rather than parsed as a URL, which would repair what is wrong.
  const parts = /^http:\/\/([^/?#@\\]+)([/?][^#]*)?$/i.exec(target);
  if (parts === null) return refused("400 Bad Request", target);
  const host = /:\d+$/.test(parts[1]) ? parts[1] : `${parts[1]}:80`;
  const named = (name) =>
    headers.filter((header) => header[1].toLowerCase() === name)
      .map((header) => header[2]);
  if (named("transfer-encoding").length > 0) {
    return refused("411 Length Required", host);
  }
  const lengths = named("content-length");
  if (lengths.length > 1 || lengths.some((one) => !/^\d{1,15}$/.test(one))) {
    return refused("400 Bad Request", host);
  }
  const connection = named("connection").flatMap((one) =>
    one.toLowerCase().split(/[\s,]+/)
  );
  // Without its length what follows the head would be read as another request (RFC 9110 section 7.6.1).
  if (connection.includes("content-length")) {
    return refused("400 Bad Request", host);
  }
  const path = (parts[2] ?? "/").replace(/^\?/, "/?");
  const dropped = new Set([
    ...HOP,
    "host",
    ...connection,
  ]);
  const forward = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${parts[1]}`,
    "Connection: close",
    ...headers.filter((header) => !dropped.has(header[1].toLowerCase()))
      .map(([, name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");
  return {
    method,
    target: host,
    forward: new TextEncoder().encode(forward),
    length: Number(lengths[0] ?? 0),
  };
}
