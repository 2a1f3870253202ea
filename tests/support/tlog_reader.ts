/**
 * A reader of C2SP `tlog-tiles` folders that shares no code with Writ: what another tool would
 * make of an export.
 */
import { assert, assertEquals } from "@std/assert";
import { createHash, createPublicKey, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import { join } from "@std/path/join";
import { node, treeHash } from "./rfc6962.ts";

/** What a folder holds, once all of it was checked. */
export interface ReadLog {
  origin: string;
  size: number;
  /** base64 */
  root: string;
  entries: string[];
}

/** Reads a folder, and checks signature, tiles and entries against each other. */
export function readLog(folder: string, vkey: string): ReadLog {
  const { origin, size, root } = readCheckpoint(
    Deno.readTextFileSync(join(folder, "checkpoint")),
    vkey,
  );
  const entries: Buffer[] = [];
  for (let n = 0; n * 256 < size; n++) {
    const width = Math.min(256, size - n * 256);
    const bytes = read(folder, `tile/entries/${number(n)}`, width);
    let at = 0;
    for (let i = 0; i < width; i++) {
      const length = bytes.readUInt16BE(at);
      entries.push(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    assertEquals(at, bytes.length);
  }
  let hashes = entries.map((entry) =>
    createHash("sha256").update(Buffer.from([0])).update(entry).digest("hex")
  );
  assertEquals(Buffer.from(treeHash(hashes), "hex").toString("base64"), root);
  for (let level = 0; hashes.length > 0; level++) {
    for (let n = 0; n * 256 < hashes.length; n++) {
      const tile = hashes.slice(n * 256, n * 256 + 256);
      const bytes = read(folder, `tile/${level}/${number(n)}`, tile.length);
      assertEquals(bytes.toString("hex"), tile.join(""));
    }
    const above: string[] = [];
    for (let n = 0; (n + 1) * 256 <= hashes.length; n++) {
      let row = hashes.slice(n * 256, n * 256 + 256);
      while (row.length > 1) {
        row = row.filter((_, i) => i % 2 === 0)
          .map((left, i) => node(left, row[2 * i + 1]));
      }
      above.push(row[0]);
    }
    hashes = above;
  }
  return {
    origin,
    size,
    root,
    entries: entries.map((entry) => entry.toString("utf8")),
  };
}

/** A checkpoint whose signature by a verifier key was checked. */
export function readCheckpoint(note: string, vkey: string) {
  const [name, id, material] = splitKey(vkey);
  const [text, lines] = note.split(/\n\n(?=— )/);
  const line = lines.split("\n").find((each) => each.startsWith(`— ${name} `));
  assert(line !== undefined, "it is not signed by the key");
  const signature = Buffer.from(line.split(" ")[2], "base64");
  assertEquals(signature.subarray(0, 4).toString("hex"), id);
  const algorithm = material[0];
  let message = `${text}\n`;
  let bytes = signature.subarray(4);
  let time: number | null = null;
  if (algorithm === 4) {
    time = Number(bytes.readBigUInt64BE(0));
    message = `cosignature/v1\ntime ${time}\n${message}`;
    bytes = bytes.subarray(8);
  }
  const key = createPublicKey({
    key: Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      material.subarray(1),
    ]),
    format: "der",
    type: "spki",
  });
  assert(verify(null, Buffer.from(message), key, bytes), "false signature");
  const [origin, size, root, ...rest] = text.split("\n");
  assertEquals(rest, []);
  return { origin, size: Number(size), root, time };
}

function splitKey(vkey: string): [name: string, id: string, material: Buffer] {
  const [name, id] = vkey.split("+");
  const material = Buffer.from(
    vkey.slice(name.length + id.length + 2),
    "base64",
  );
  const hash = createHash("sha256").update(`${name}\n`).update(material);
  assertEquals(hash.digest("hex").slice(0, 8), id);
  return [name, id, material];
}

/** A resource, by its full name or that of its width. */
function read(folder: string, path: string, width: number): Buffer {
  const name = width === 256 ? path : `${path}.p/${width}`;
  return Buffer.from(Deno.readFileSync(join(folder, name)));
}

function number(n: number): string {
  const groups = [];
  for (let rest = n; groups.length === 0 || rest > 0;) {
    groups.unshift(String(rest % 1000).padStart(3, "0"));
    rest = Math.floor(rest / 1000);
  }
  return groups.map((group, i) => i < groups.length - 1 ? `x${group}` : group)
    .join("/");
}
