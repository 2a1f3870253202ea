/**
 * What a step left behind: its products, read once and stored, and all that it should not
 * have done to its workspace.
 *
 * Edge: files.
 *
 * @module
 */
import { type Digest, EMPTY_DIGEST, sha256 } from "../core/digest.ts";
import { type Fault, WritError } from "../core/errors.ts";
import { withoutSlash } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { sortEntries, type TreeEntry } from "../core/tree.ts";
import { BLOB_TIME } from "./blob_files.ts";
import type { BlobStore } from "./blobs.ts";
import { breaks } from "./breaks.ts";
import { staysInside } from "./entries.ts";
import { type LayoutFile, layoutStage, type StageSource } from "./layout.ts";
import { kindOf, lookAt } from "../plan/open_regular.ts";
import { targetOf } from "./link_target.ts";
import { linkedFromOutside } from "./outside_links.ts";
import { type FileToRead, readFiles } from "./read_files.ts";
import { readOne } from "./read_one.ts";
import { type StageBind, UPDATE_TIME } from "./stage.ts";
import { STAGED } from "./used_stages.ts";
import { type Found, NOT_UTF8, Ownership, survey } from "./survey.ts";

/** What {@linkcode collectProducts} needs: as for the stage, and the binds it gave. */
export interface CollectInput extends Omit<StageSource, "cwd" | "link"> {
  root: string;
  binds: StageBind[];
  blobs: BlobStore;
  /** Ends the reading of what is large. */
  signal?: AbortSignal;
}

/** A product as it was found: `bytes` and `files` count its plain files. */
export interface CollectedProduct {
  path: string;
  tree: Digest;
  files: number;
  bytes: number;
  entries: TreeEntry[];
}

/** What a step left; paths are sorted, relative to the workspace. */
export interface Collected {
  products: CollectedProduct[];
  /** Declared products that are not there. */
  missing: string[];
  /** Files outside of products, scratch and materials. */
  strays: string[];
  /** Materials, not to be updated, whose copy the step changed or removed. */
  changed: string[];
}

/**
 * Reads, hashes and stores the declared products of a finished step, and lists what is missing,
 * stray or changed. Nothing of the step may be running any more.
 *
 * @throws {WritError} `publish.unsafe` when a product holds what is no plain file, folder or
 * link that stays inside it; every such name is among the faults.
 * @throws the signal's reason
 */
export async function collectProducts(
  input: CollectInput,
): Promise<Collected> {
  const work = `${input.root}/work`;
  const ownership = new Ownership(
    input.products.map(({ path }) => path),
    input.scratch,
  );
  const expected = new Materials(input);
  const drafts = new Map(
    input.products.map(({ path }) => [withoutSlash(path), new Draft(path)]),
  );
  const strays: string[] = [];
  const rest = breaks();
  const skip = new Set(input.binds.map(({ path }) => path));
  for (const found of survey(work, ownership, skip)) {
    const products = ownership.productsOf(found.path);
    for (const product of products) drafts.get(product)!.add(found);
    if (products.length === 0 && !expected.check(found)) {
      strays.push(found.path);
    }
    await rest();
  }
  const missing: string[] = [];
  for (const path of [...drafts.keys()]) {
    if (lookAt(`${work}/${path}`) !== null) continue;
    missing.push(path);
    drafts.delete(path);
  }
  refuse([...drafts.values()], work, input.root);
  return {
    products: await store([...drafts.values()], work, input),
    missing: missing.sort(),
    strays: strays.sort(),
    changed: expected.changed(ownership).sort(),
  };
}

/** A product while it is surveyed. Paths are relative to the product. */
class Draft {
  readonly path: string;
  readonly #base: string;
  readonly folders: string[] = [];
  readonly files: { path: string; info: Deno.FileInfo }[] = [];
  readonly links: string[] = [];
  readonly faults: Fault[] = [];

  constructor(path: string) {
    this.path = path;
    this.#base = withoutSlash(path);
  }

  add({ path, info, unreadable }: Found): void {
    const here = path === this.#base ? "." : path.slice(this.#base.length + 1);
    const fault = unreadable ?? faultOf(here, info);
    if (fault !== null) {
      this.faults.push({ message: `${quoted(path, 200)}: ${fault}` });
    } else if (info === null) {
      if (here !== ".") this.folders.push(here);
    } else if (info.isSymlink) this.links.push(here);
    else this.files.push({ path: here, info });
  }

  /** Where something of the product lies in the workspace. */
  at(path: string): string {
    return path === "." ? this.#base : `${this.#base}/${path}`;
  }
}

function faultOf(path: string, info: Deno.FileInfo | null): string | null {
  if (path.includes("\ufffd")) return NOT_UTF8;
  if (info === null || info.isFile) return null;
  if (!info.isSymlink) {
    return `it is ${kindOf(info)}, a file or folder was expected`;
  }
  return path === "." ? "it is a link, a file or folder was expected" : null;
}

/** Finds everything that may not be in a product, and refuses it all at once. */
function refuse(drafts: Draft[], work: string, root: string): void {
  const device = Deno.lstatSync(work).dev;
  for (const draft of drafts) {
    const targets = new Map(
      draft.links.map((path) => [
        path,
        targetOf(`${work}/${draft.at(path)}`),
      ]),
    );
    for (const [path, target] of targets) {
      if (staysInside(path, targets)) continue;
      draft.faults.push({
        message: `${quoted(draft.at(path), 200)}: it is a link to ${
          quoted(target, 200)
        }, which is not inside the product`,
      });
    }
    for (const { path, info } of draft.files) {
      if (info.dev === device) continue;
      draft.faults.push({
        message: `${
          quoted(draft.at(path), 200)
        }: it lies on another file system`,
      });
    }
    for (const path of linkedFromOutside(draft.files, root)) {
      draft.faults.push({
        message: `${
          quoted(draft.at(path), 200)
        }: it is also a file outside of the step's folders (a hard link)`,
      });
    }
  }
  const faults = drafts.flatMap((draft) => draft.faults);
  if (faults.length === 0) return;
  const more = faults.length === 1 ? "" : ` (and ${faults.length - 1} more)`;
  throw new WritError(
    "publish.unsafe",
    `Cannot take the product ${faults[0].message}${more}`,
    {
      faults,
      hint: "products may hold files, folders, and links that stay inside them",
    },
  );
}

async function store(
  drafts: Draft[],
  work: string,
  { blobs, signal }: CollectInput,
): Promise<CollectedProduct[]> {
  const wanted: FileToRead[] = drafts.flatMap((draft) =>
    draft.files.map(({ path, info }) => ({
      path: `${work}/${draft.at(path)}`,
      size: info.size,
    }))
  );
  const results = await readFiles({ blobs, code: "publish.unsafe", signal })(
    wanted,
  );
  let next = 0;
  const products: CollectedProduct[] = [];
  for (const draft of drafts) {
    const entries: TreeEntry[] = [];
    let total = 0;
    for (const { path, info } of draft.files) {
      const { digest, bytes } = results[next++];
      // Whatever else a mode says, git's two are all that leaves a step.
      const mode = ((info.mode ?? 0) & 0o100) === 0 ? "100644" : "100755";
      entries.push({ path, mode, digest });
      total += bytes;
    }
    for (const path of draft.links) {
      const target = targetOf(`${work}/${draft.at(path)}`);
      const digest = await blobs.put(new TextEncoder().encode(target));
      entries.push({ path, mode: "120000", digest });
    }
    for (const path of draft.folders) {
      entries.push({ path, mode: "040000", digest: EMPTY_DIGEST });
    }
    if (entries.length === 0) {
      entries.push({ path: ".", mode: "040000", digest: EMPTY_DIGEST });
    }
    products.push({
      path: draft.path,
      tree: await blobs.putTree(sortEntries(entries)),
      files: draft.files.length,
      bytes: total,
      entries,
    });
  }
  return products;
}

/** The copies of materials in the workspace, and what became of them. */
class Materials {
  readonly #files: Map<string, LayoutFile>;
  readonly #links: Map<string, Digest>;
  readonly #root: string;
  #staged: number | null = null;
  readonly #changed: string[] = [];
  readonly #seen = new Set<string>();
  readonly #work: string;

  constructor(input: CollectInput) {
    const { root } = layoutStage({
      ...input,
      cwd: ".",
      link: input.binds.length > 0,
    });
    this.#files = new Map(root.files.map((file) => [file.path, file]));
    this.#links = new Map(root.links.map(({ path, digest }) => [path, digest]));
    this.#root = input.root;
    this.#work = `${input.root}/work`;
  }

  /** Whether what was found stands where a material stood; notes whether it is still the same. */
  check({ path, info, unreadable }: Found): boolean {
    // A folder is no stray, even where there was none before, if it can be looked into.
    if (info === null) return unreadable === null;
    const file = this.#files.get(path);
    const link = this.#links.get(path);
    if (file === undefined && link === undefined) return false;
    this.#seen.add(path);
    const same = file === undefined
      ? info.isSymlink && this.#isSameLink(path, link!)
      : info.isFile && this.#isSameFile(file, info);
    if (!same) this.#changed.push(path);
    return true;
  }

  changed(ownership: Ownership): string[] {
    const gone = [...this.#files.keys(), ...this.#links.keys()].filter((path) =>
      !this.#seen.has(path) && !ownership.isScratch(path) &&
      ownership.productsOf(path).length === 0
    );
    return [...this.#changed, ...gone];
  }

  #isSameFile(file: LayoutFile, info: Deno.FileInfo): boolean {
    const program = ((info.mode ?? 0) & 0o100) !== 0;
    if (program !== file.program) return false;
    const time = (file.updated ? UPDATE_TIME : BLOB_TIME) * 1000;
    // The time of an inode's last change is nobody's to set, but only known to the second.
    const untouched = info.mtime?.getTime() === time &&
      info.ctime !== null && info.ctime.getTime() < this.#whenStaged();
    if (untouched) return true;
    const { digest } = readOne(`${this.#work}/${file.path}`, null, {
      code: "publish.unsafe",
    });
    return digest === file.digest;
  }

  /** When the stage was complete, milliseconds since 1970. */
  #whenStaged(): number {
    return this.#staged ??=
      Deno.lstatSync(`${this.#root}/${STAGED}`).ctime?.getTime() ?? 0;
  }

  #isSameLink(path: string, digest: Digest): boolean {
    const target = targetOf(`${this.#work}/${path}`);
    return sha256(new TextEncoder().encode(target)) === digest;
  }
}
