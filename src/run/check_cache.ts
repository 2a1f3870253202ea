/**
 * What of a fetched cache can be checked without its tool: content against its own name, and against
 * the lock that the step read. What a tool unpacked, as Deno does npm packages, is not what its lock
 * speaks of: the tool has checked that when it fetched it into an empty cache.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import * as z from "zod";
import type { Digest } from "../core/digest.ts";
import { quoted } from "../core/printable.ts";
import type { TreeEntry } from "../core/tree.ts";
import type { CacheKind } from "../pipeline/pipeline.ts";

/** The lock, in the workspace's root, that says what a cache must hold; `null` where none is known. */
export const LOCKS: Readonly<Record<CacheKind, string | null>> = {
  cargo: "Cargo.lock",
  deno: "deno.lock",
  npm: null,
  pip: null,
};

/** A cache and what it is checked with. */
export interface CheckedCache {
  entries: readonly TreeEntry[];
  /** The text of the lock; `null` where the step read none. */
  lock: string | null;
  /** The bytes of a file of the cache. */
  read(digest: Digest): Promise<Uint8Array>;
}

/** Why a cache is not what it must be, as the end of a sentence; `null` when nothing is wrong. */
export async function faultOfCache(
  cache: CacheKind,
  checked: CheckedCache,
): Promise<string | null> {
  switch (cache) {
    case "npm":
      return await npmFault(checked);
    case "deno":
      return await denoFault(checked);
    case "cargo":
      return cargoFault(checked);
    case "pip":
      return null;
  }
}

const NPM_CONTENT =
  /^_cacache\/content-v2\/(sha(?:1|256|384|512))\/([0-9a-f]{2})\/([0-9a-f]{2})\/([0-9a-f]+)$/;

/** npm finds a tarball by the integrity that its lock names: the name of a content must be its digest. */
async function npmFault(
  { entries, read }: CheckedCache,
): Promise<string | null> {
  for (const { path, mode, digest } of entries) {
    if (!path.startsWith("_cacache/content-v2/") || mode === "040000") continue;
    const [, algorithm, ...parts] = NPM_CONTENT.exec(path) ?? [];
    if (
      mode !== "100644" || algorithm === undefined ||
      hex(algorithm, await read(digest)) !== parts.join("")
    ) return `${quoted(path, 200)} of the npm cache is not what its name says`;
  }
  return null;
}

const CRATE = /^registry\/cache\/[^/]+\/([^/]+)\.crate$/;

/** Every crate that the lock names with a checksum has it. */
function cargoFault({ entries, lock }: CheckedCache): string | null {
  if (lock === null) return null;
  const wanted = new Map(
    lock.split("[[package]]").slice(1).flatMap((block) => {
      const value = (key: string) =>
        new RegExp(`^${key} = "([^"]*)"`, "m").exec(block)?.[1];
      const checksum = value("checksum");
      return checksum === undefined
        ? []
        : [[`${value("name")}-${value("version")}`, checksum]];
    }),
  );
  for (const { path, digest } of entries) {
    const name = CRATE.exec(path)?.[1];
    const sum = name === undefined ? undefined : wanted.get(name);
    if (sum !== undefined && digest !== `sha256:${sum}`) {
      return `the crate ${
        quoted(name!)
      } is ${digest}, "Cargo.lock" says ${sum}`;
    }
  }
  return null;
}

/** What is looked at of a `deno.lock`, version 4 or 5. */
const LockSchema = z.object({
  remote: z.record(z.string(), z.string()).default({}),
  jsr: z.record(z.string(), z.object({ integrity: z.string() })).default({}),
});

/** The list of modules of a version on JSR: https://jsr.io/docs/api. */
const MetaSchema = z.object({
  manifest: z.record(z.string(), z.object({ checksum: z.string() })),
});

function parsed<T>(text: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Every remote module that the lock names, itself or by its package on JSR, is what that says. */
async function denoFault(
  { entries, lock, read }: CheckedCache,
): Promise<string | null> {
  const files = new Map(entries.map(({ path, digest }) => [path, digest]));
  const foreign = entries.find(({ path, mode }) =>
    path.startsWith("remote/") && mode === "120000"
  );
  if (foreign !== undefined) {
    return `${quoted(foreign.path, 200)} of Deno's cache is a link`;
  }
  if (lock === null) return null;
  const locked = parsed(lock, LockSchema);
  if (locked === null) return '"deno.lock" is no lock of Deno';
  const { remote, jsr } = locked;
  const body = async (path: string) => {
    const digest = files.get(path);
    return digest === undefined ? null : withoutMetadata(await read(digest));
  };
  const wrong = (what: string, found: Uint8Array, wanted: string) =>
    `${quoted(what, 200)} is ${
      hex("sha256", found)
    }, "deno.lock" says ${wanted}`;
  for (const [url, sum] of Object.entries(remote)) {
    const at = URL.parse(url);
    const found = at === null ? null : await body(remotePath(at));
    if (found !== null && hex("sha256", found) !== sum) {
      return wrong(url, found, sum);
    }
  }
  const hosts = new Set(
    [...files.keys()].flatMap((path) =>
      /^(remote\/https?\/[^/]+)\/[0-9a-f]{64}$/.exec(path)?.[1] ?? []
    ),
  );
  for (const [name, { integrity }] of Object.entries(jsr)) {
    const at = /^(@[^@/]+\/[^@/]+)@([^/]+)$/.exec(name);
    if (at === null) {
      return `"deno.lock" names ${quoted(name)}, which is no package of JSR`;
    }
    const [, id, version] = at;
    for (const host of hosts) {
      const meta = await body(
        `${host}/${pathName(`/${id}/${version}_meta.json`)}`,
      );
      if (meta === null) continue;
      if (hex("sha256", meta) !== integrity) {
        return wrong(`jsr:${name}`, meta, integrity);
      }
      const listed = parsed(new TextDecoder().decode(meta), MetaSchema);
      if (listed === null) return `${quoted(name)} has no list of its modules`;
      for (const [path, { checksum }] of Object.entries(listed.manifest)) {
        const found = await body(
          `${host}/${pathName(`/${id}/${version}${path}`)}`,
        );
        const sum = checksum.replace(/^sha256-/, "");
        if (found !== null && hex("sha256", found) !== sum) {
          return wrong(`jsr:${name}${path}`, found, sum);
        }
      }
    }
  }
  return null;
}

/** Where Deno keeps a remote module, below its cache. */
export function remotePath(url: URL): string {
  const host = url.port === ""
    ? url.hostname
    : `${url.hostname}_PORT${url.port}`;
  return `remote/${url.protocol.slice(0, -1)}/${host}/${
    pathName(url.pathname + url.search)
  }`;
}

function pathName(path: string): string {
  return hex("sha256", new TextEncoder().encode(path));
}

const METADATA = new TextEncoder().encode("\n// denoCacheMetadata=");

/** Behind a module's bytes Deno keeps the headers that it came with. */
function withoutMetadata(bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .lastIndexOf(METADATA);
  return at === -1 ? bytes : bytes.subarray(0, at);
}

function hex(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
