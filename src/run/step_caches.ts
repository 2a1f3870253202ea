/**
 * The caches of packages of one attempt: what it is given is laid out from blobs, what it fetched is
 * read, checked against the locks that it read, and stored.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { sortEntries, type TreeEntry } from "../core/tree.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { collectProducts } from "../evidence/collect.ts";
import { buildStage } from "../evidence/stage.ts";
import { STAGED } from "../evidence/used_stages.ts";
import type { CacheRef } from "../ledger/receipt.ts";
import type { CacheKind } from "../pipeline/pipeline.ts";
import type { PlanCache, PlanStep } from "../plan/plan.ts";
import { KEPT } from "../sandbox/caches.ts";
import type { HostFacts } from "../sandbox/confinement.ts";
import type { Listed } from "./attempt.ts";
import { faultOfCache, LOCKS } from "./check_cache.ts";
import {
  explainEmpty,
  explainUnsound,
  type Explanation,
} from "./explain_failure.ts";
import { subtree } from "./subtree.ts";

/** A cache with its listing. */
export interface ListedCache extends CacheRef {
  entries: TreeEntry[];
}

/** Where an attempt's caches lie. */
interface CachesInput {
  step: PlanStep;
  /** The folder of the attempt. */
  folder: string;
  blobs: BlobStore;
}

/**
 * Makes the folders of a step's caches: those that it is given, from blobs, and an empty one to fill.
 *
 * @param link whether the step is kept from changing what it is given, so that it may see the blobs
 * @throws {WritError} `evidence.corrupt`
 */
export async function layCaches(
  { step, folder, blobs }: CachesInput,
  fetched: readonly ListedCache[],
  link: boolean,
): Promise<HostFacts["caches"]> {
  const caches: HostFacts["caches"] = [];
  if (fetched.length > 0) {
    const root = join(folder, "caches");
    const { binds } = await buildStage({
      root,
      materials: fetched.map(({ cache, entries }) => ({
        path: cache,
        entries,
      })),
      products: [],
      scratch: [],
      blobs,
      link,
      folders: ["work"],
    });
    const sources = new Map(binds.map(({ path, source }) => [path, source]));
    for (const { cache } of fetched) {
      caches.push({
        cache,
        folder: sources.get(cache) ?? join(root, "work", cache),
      });
    }
  }
  if (step.fetch !== null) {
    const root = fetchRoot(folder);
    const fresh = join(root, "work", step.fetch);
    await Deno.mkdir(fresh, { recursive: true });
    await Deno.writeTextFile(join(root, STAGED), "");
    caches.push({ cache: step.fetch, folder: fresh });
  }
  return caches.sort((a, b) => a.cache < b.cache ? -1 : 1);
}

/** Where the cache that an attempt fills lies, and as what. */
export function fetchRoot(folder: string): string {
  return join(folder, "fetch");
}

/**
 * Reads and stores the cache that a finished attempt filled. Nothing of the step may be running any
 * more.
 *
 * @param materials what the step read: its lock is among them, or nothing is checked against one
 * @returns the cache, or why it cannot be taken
 * @throws {WritError} `publish.unsafe` when it holds what is no plain file, folder or inward link
 */
export async function takeCache(
  cache: CacheKind,
  { folder, blobs }: Omit<CachesInput, "step">,
  materials: readonly Listed[],
): Promise<ListedCache | Explanation> {
  const parts = KEPT[cache].map((part) =>
    part === "." ? cache : `${cache}/${part}`
  );
  const { products } = await collectProducts({
    root: fetchRoot(folder),
    materials: [],
    binds: [],
    products: parts.map((path) => ({ path, starts: "absent" })),
    // All else in it is thrown away.
    scratch: ["."],
    blobs,
  });
  const entries = sortEntries(products.flatMap((product) => {
    const base = product.path.slice(cache.length + 1);
    return product.entries.map((entry): TreeEntry => ({
      ...entry,
      path: [base, entry.path].filter((part) => part !== "" && part !== ".")
        .join("/") || ".",
    }));
  }));
  if (!entries.some(({ mode }) => mode !== "040000")) {
    return explainEmpty(cache);
  }
  const fault = await faultOfCache(cache, {
    entries,
    lock: await lockOf(LOCKS[cache], materials, blobs),
    read: (digest) => blobs.read(digest),
  });
  if (fault !== null) return explainUnsound(fault);
  return {
    cache,
    tree: await blobs.putTree(entries),
    files: products.reduce((sum, { files }) => sum + files, 0),
    bytes: products.reduce((sum, { bytes }) => sum + bytes, 0),
    entries,
  };
}

async function lockOf(
  name: string | null,
  materials: readonly Listed[],
  blobs: BlobStore,
): Promise<string | null> {
  if (name === null) return null;
  for (const material of materials) {
    const found = subtree(material, name, () => 0)?.entries[0];
    if (found?.path === "." && found.mode.startsWith("100")) {
      return new TextDecoder().decode(await blobs.read(found.digest));
    }
  }
  return null;
}

/**
 * The caches that a step is given, with their listings.
 *
 * @param filled what steps of this run fetched, by step
 */
export function cachesOf(
  step: PlanStep,
  filled: ReadonlyMap<string, ListedCache>,
  blobs: BlobStore,
): Promise<ListedCache[]> {
  return Promise.all(step.fetched.map(async (planned) => {
    if ("tree" in planned) return await keptCache(planned, blobs);
    const found = filled.get(planned.from);
    if (found === undefined) {
      throw new WritError(
        "writ.fault",
        `Step ${quoted(planned.from)} has filled no cache`,
      );
    }
    return found;
  }));
}

/**
 * What an earlier run fetched.
 *
 * @throws {WritError} `cache.missing`
 */
export async function keptCache(
  { cache, tree }: Extract<PlanCache, { tree: unknown }>,
  blobs: BlobStore,
): Promise<ListedCache> {
  try {
    const entries = await blobs.getTree(tree);
    const files = entries.filter(({ mode }) => mode.startsWith("100"));
    return {
      cache,
      tree,
      files: files.length,
      bytes: files.reduce((sum, { digest }) => sum + blobs.size(digest), 0),
      entries,
    };
  } catch (cause) {
    throw new WritError(
      "cache.missing",
      `Cannot give a step the ${cache} cache ${tree}: it is not in the state folder, or not whole`,
      {
        cause,
        hint:
          "Run the step that fetches it, and name what its receipt says; writ show RUN tells",
      },
    );
  }
}

/** A cache as a receipt has it. */
export function cacheRef({ cache, tree, files, bytes }: ListedCache): CacheRef {
  return { cache, tree, files, bytes };
}
