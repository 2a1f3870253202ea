/**
 * What tools were hashed to, kept in the state folder: gigabytes are hashed once, and known
 * again by a walk of their names, sizes, times and inodes.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { type Digest, isDigest } from "../core/digest.ts";
import type { ToolDigestCache } from "../plan/tool_digests.ts";
import { readPlainFile, writePlainFile } from "../policy/plain_file.ts";

/** A cache in a file; a dry run only reads it. */
export class ToolDigestFile implements ToolDigestCache {
  readonly #file: string;
  readonly #known: Map<Digest, Digest>;
  #changed = false;

  private constructor(file: string, known: Map<Digest, Digest>) {
    this.#file = file;
    this.#known = known;
  }

  /**
   * Reads the cache of a state folder; one that is not there or damaged is empty.
   *
   * @throws {WritError} `store.unavailable` where it is no plain file
   */
  static async open(stateFolder: string): Promise<ToolDigestFile> {
    const file = join(stateFolder, "tool-digests.json");
    return new ToolDigestFile(file, await read(file));
  }

  /** @inheritdoc */
  read(key: Digest): Promise<Digest | undefined> {
    const digest = this.#known.get(key);
    if (digest !== undefined) this.#use(key, digest);
    return Promise.resolve(digest);
  }

  /** @inheritdoc */
  write(key: Digest, digest: Digest): Promise<void> {
    this.#use(key, digest);
    this.#changed = true;
    return Promise.resolve();
  }

  /** Those that were used last stand last. */
  #use(key: Digest, digest: Digest): void {
    this.#known.delete(key);
    this.#known.set(key, digest);
  }

  /** Writes what is new, whole or not at all. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const kept = [...this.#known].slice(-MOST);
    const text = JSON.stringify(Object.fromEntries(kept));
    await writePlainFile(this.#file, new TextEncoder().encode(text), {
      mode: 0o600,
      replace: true,
    });
    this.#changed = false;
  }
}

/** So many digests are kept: of tools that change, each state has one of its own. */
const MOST = 10_000;

/** The most bytes that the cache may have: 64 MiB. */
const LIMIT = 64 * 1024 * 1024;

async function read(file: string): Promise<Map<Digest, Digest>> {
  const bytes = await readPlainFile(file, {
    code: "store.unavailable",
    limit: LIMIT,
  });
  if (bytes === null) return new Map();
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    // Without it everything is hashed again, which is slower and as true.
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
  const entries = typeof value === "object" && value !== null
    ? Object.entries(value)
    : [];
  return new Map(
    entries.filter((entry): entry is [Digest, Digest] =>
      isDigest(entry[0]) && isDigest(entry[1])
    ),
  );
}
