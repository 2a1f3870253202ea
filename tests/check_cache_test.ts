/**
 * What of a fetched cache is checked before it is taken: each tool's content, good and with one byte
 * changed.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { type Digest, sha256 } from "../src/core/digest.ts";
import { sortEntries, type TreeEntry } from "../src/core/tree.ts";
import type { CacheKind } from "../src/pipeline/pipeline.ts";
import { faultOfCache, remotePath } from "../src/run/check_cache.ts";

const encoder = new TextEncoder();
const hex = (algorithm: string, text: string) =>
  createHash(algorithm).update(text).digest("hex");

/** Checks a cache of files by their paths. */
function check(
  cache: CacheKind,
  files: Record<string, string>,
  lock: unknown = null,
): Promise<string | null> {
  const blobs = new Map<Digest, Uint8Array>();
  const entries = Object.entries(files).map(([path, text]): TreeEntry => {
    const bytes = encoder.encode(text);
    const digest = sha256(bytes);
    blobs.set(digest, bytes);
    return { path, mode: "100644", digest };
  });
  return faultOfCache(cache, {
    entries: sortEntries(entries),
    lock: lock === null || typeof lock === "string"
      ? lock
      : JSON.stringify(lock),
    read: (digest) => Promise.resolve(blobs.get(digest)!),
  });
}

/** As Deno keeps a module: its bytes, then what came with them. */
const kept = (text: string) =>
  `${text}\n// denoCacheMetadata={"headers":{},"url":"x","time":1}`;

const MODULE = "export const a = 1;\n";
const URL_A = "https://deno.example/a.ts";
const URL_B = "http://127.0.0.1:8000/b.ts?x=1";
const REMOTE = {
  remote: { [URL_A]: hex("sha256", MODULE), [URL_B]: hex("sha256", MODULE) },
};

const META = JSON.stringify({
  manifest: { "/mod.ts": { checksum: `sha256-${hex("sha256", MODULE)}` } },
});
const JSR = { jsr: { "@a/words@1.0.0": { integrity: hex("sha256", META) } } };
const jsr = (path: string) =>
  remotePath(new URL(`https://jsr.io/@a/words/${path}`));

const CRATE = "registry/cache/index.crates.io-1/itoa-1.0.0.crate";
const CARGO = `version = 4

[[package]]
name = "itoa"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "${hex("sha256", "crate")}"

[[package]]
name = "mine"
version = "0.1.0"
`;

const content = (algorithm: string, text: string) => {
  const name = hex(algorithm, text);
  return `_cacache/content-v2/${algorithm}/${name.slice(0, 2)}/${
    name.slice(2, 4)
  }/${name.slice(4)}`;
};

const SOUND: [
  name: string,
  cache: CacheKind,
  files: Record<string, string>,
  lock?: unknown,
][] = [
  ["a module of the lock", "deno", {
    [remotePath(new URL(URL_A))]: kept(MODULE),
    [remotePath(new URL(URL_B))]: kept(MODULE),
  }, REMOTE],
  ["a module without its headers", "deno", {
    [remotePath(new URL(URL_A))]: MODULE,
  }, REMOTE],
  ["a module that the lock does not name", "deno", {
    [remotePath(new URL("https://other.example/"))]: kept("other"),
  }, REMOTE],
  ["a package of JSR", "deno", {
    [jsr("1.0.0_meta.json")]: kept(META),
    [jsr("1.0.0/mod.ts")]: kept(MODULE),
  }, JSR],
  ["modules and no lock", "deno", { [remotePath(new URL(URL_A))]: "x" }],
  ["crates of the lock", "cargo", { [CRATE]: "crate" }, CARGO],
  ["contents by their digests", "npm", {
    [content("sha512", "tarball")]: "tarball",
    [content("sha1", "old")]: "old",
    "_cacache/index-v5/aa/bb/cc": "anything",
  }],
  ["wheels", "pip", { "a.whl": "anything" }],
];
for (const [name, cache, files, lock] of SOUND) {
  Deno.test(`taken: ${name}`, async () => {
    assertEquals(await check(cache, files, lock), null);
  });
}

const UNSOUND: [
  name: string,
  cache: CacheKind,
  files: Record<string, string>,
  lock: unknown,
  fault: RegExp,
][] = [
  [
    "a module that is not what the lock says",
    "deno",
    { [remotePath(new URL(URL_A))]: kept(`${MODULE}//`) },
    REMOTE,
    /^"https:\/\/deno\.example\/a\.ts" is [0-9a-f]{64}, "deno\.lock" says/,
  ],
  [
    "a module with a port and a query that is not what the lock says",
    "deno",
    { [remotePath(new URL(URL_B))]: kept("other") },
    REMOTE,
    /^"http:\/\/127\.0\.0\.1:8000\/b\.ts\?x=1" is /,
  ],
  [
    "a module behind headers that end like headers",
    "deno",
    { [remotePath(new URL(URL_A))]: kept(kept(MODULE)) },
    REMOTE,
    /deno\.example/,
  ],
  [
    "a package of JSR whose list is not what the lock says",
    "deno",
    { [jsr("1.0.0_meta.json")]: kept(`${META} `) },
    JSR,
    /^"jsr:@a\/words@1\.0\.0" is /,
  ],
  [
    "a package of JSR with a module that is not what its list says",
    "deno",
    {
      [jsr("1.0.0_meta.json")]: kept(META),
      [jsr("1.0.0/mod.ts")]: kept("poison"),
    },
    JSR,
    /^"jsr:@a\/words@1\.0\.0\/mod\.ts" is /,
  ],
  [
    "a package of a registry that stands in for JSR",
    "deno",
    {
      [remotePath(new URL("http://mirror.example/@a/words/1.0.0_meta.json"))]:
        kept("{}"),
    },
    JSR,
    /^"jsr:@a\/words@1\.0\.0" is /,
  ],
  [
    "modules of a lock that is none",
    "deno",
    { [remotePath(new URL(URL_A))]: kept(MODULE) },
    "{",
    /^"deno\.lock" is no lock of Deno$/,
  ],
  [
    "modules of a lock of another form",
    "deno",
    { [remotePath(new URL(URL_A))]: kept(MODULE) },
    { remote: { [URL_A]: 1 } },
    /^"deno\.lock" is no lock of Deno$/,
  ],
  [
    "a package of JSR without a list",
    "deno",
    { [jsr("1.0.0_meta.json")]: kept("{}") },
    { jsr: { "@a/words@1.0.0": { integrity: hex("sha256", "{}") } } },
    /^"@a\/words@1\.0\.0" has no list of its modules$/,
  ],
  [
    "a crate that is not what the lock says",
    "cargo",
    { [CRATE]: "poison" },
    CARGO,
    /^the crate "itoa-1\.0\.0" is sha256:/,
  ],
  [
    "a content under another's name",
    "npm",
    { [content("sha512", "tarball")]: "poison" },
    null,
    /of the npm cache is not what its name says$/,
  ],
  [
    "a content with a name of no digest",
    "npm",
    { "_cacache/content-v2/md5/aa/bb/cc": "x" },
    null,
    /not what its name says$/,
  ],
];
for (const [name, cache, files, lock, fault] of UNSOUND) {
  Deno.test(`not taken: ${name}`, async () => {
    const found = await check(cache, files, lock);
    assertEquals(fault.test(found ?? "nothing"), true, `${found}`);
  });
}
