/**
 * The layout of a view: what a step finds where, decided before anything is made on disk.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { isWithin, joinPath, parentOf, withoutSlash } from "../core/paths.ts";
import type { TreeEntry } from "../core/tree.ts";
import type { Product } from "../plan/plan.ts";
import { entriesFault } from "./entries.ts";

/** A declared read and what it holds. */
export interface StageMaterial {
  path: string;
  entries: TreeEntry[];
}

/** What a view is made from. Paths are relative to the workspace root. */
export interface StageSource {
  materials: StageMaterial[];
  products: Product[];
  /** A trailing `/` means "starts as an empty folder". */
  scratch: string[];
  /** The folder that the step starts in. */
  cwd: string;
  /** Whether folders that are only read become links, mounted read-only. */
  link: boolean;
}

/** A file of a view. */
export interface LayoutFile {
  path: string;
  digest: Digest;
  program: boolean;
  /** It belongs to a product that starts as a copy. */
  updated: boolean;
}

/** A place of its own: folders come parents first, `.` is not among them. */
export interface LayoutPart {
  folders: string[];
  /** Those of the folders in which the step may make and remove nothing. */
  closed: string[];
  files: LayoutFile[];
  links: { path: string; digest: Digest }[];
}

/** What is put into the stage root, and what is bound into it. Paths of a bind are relative to it. */
export interface Layout {
  root: LayoutPart;
  binds: ({ path: string } & LayoutPart)[];
}

/**
 * Lays out a view. Where declared paths lie within each other, the deepest one says what is
 * there: a product beneath a material starts absent, whatever the material holds there.
 *
 * @throws {WritError} `workspace.unsafe` when two declarations or entries contradict each other.
 */
export function layoutStage(source: StageSource): Layout {
  const claims = new Claims(source);
  const unwritten = claims.unwritten();
  const bound = source.link ? unwritten : [];
  const root = new Part(".");
  const binds = new Map(bound.map((path) => [path, new Part(path)]));
  for (const path of bound) root.addFolder(path);
  for (const material of source.materials) {
    requireEntries(material);
    if (!claims.shows(material)) continue;
    const bind = bound.find((folder) => isWithin(material.path, folder));
    const part = bind === undefined ? root : binds.get(bind)!;
    if (!isSingle(material)) part.addFolder(material.path);
    const updated = claims.isUpdated(material.path);
    for (const entry of material.entries) {
      const path = joinPath(material.path, entry.path);
      if (claims.ownerOf(path) !== material.path) continue;
      part.add(path, entry, updated);
    }
  }
  for (const path of claims.startingFolders()) root.addFolder(path);
  for (const path of claims.writable) root.addFolder(parentOf(path));
  if (!bound.some((folder) => isWithin(source.cwd, folder))) {
    root.addFolder(source.cwd);
  } else {
    binds.get(bound.find((folder) => isWithin(source.cwd, folder))!)!
      .addFolder(source.cwd);
  }
  return {
    root: root.finish(
      (path) =>
        isRepository(path) &&
        unwritten.some((folder) => isWithin(path, folder)),
    ),
    binds: [...binds].map(([path, part]) => ({
      path,
      ...part.finish(() => false),
    })),
  };
}

/** The declared paths, and which of them has the say at a path. */
class Claims {
  readonly #source: StageSource;
  readonly #starts: Map<string, Product["starts"]>;
  readonly #scratch: Set<string>;
  readonly #all: Set<string>;
  /** Products and scratch, without trailing slashes. */
  readonly writable: string[];

  constructor(source: StageSource) {
    this.#source = source;
    this.#starts = new Map(
      source.products.map(({ path, starts }) => [withoutSlash(path), starts]),
    );
    this.#scratch = new Set(source.scratch.map(withoutSlash));
    this.writable = [...this.#starts.keys(), ...this.#scratch];
    this.#all = new Set([
      ...source.materials.map(({ path }) => path),
      ...this.writable,
    ]);
  }

  /** The deepest declared path that a path lies within. */
  ownerOf(path: string): string | null {
    for (let at = path;; at = parentOf(at)) {
      if (this.#all.has(at)) return at;
      if (at === ".") return null;
    }
  }

  /** A product that does not start as a copy hides the material of the same path. */
  shows({ path }: StageMaterial): boolean {
    const starts = this.#starts.get(path);
    return starts === undefined || starts === "update";
  }

  isUpdated(path: string): boolean {
    return this.#starts.get(path) === "update";
  }

  /** Material folders with nothing writable at, above or beneath them; the topmost ones. */
  unwritten(): string[] {
    const folders = this.#source.materials.filter((material) =>
      material.path !== "." && !isSingle(material) &&
      !this.writable.some((path) =>
        isWithin(path, material.path) || isWithin(material.path, path)
      )
    ).map(({ path }) => path);
    return folders.filter((path) =>
      !folders.some((other) => other !== path && isWithin(path, other))
    );
  }

  /** What starts as an empty folder. */
  startingFolders(): string[] {
    return [
      ...this.#source.products.filter(({ starts }) => starts === "folder")
        .map(({ path }) => withoutSlash(path)),
      ...this.#source.scratch.filter((path) => path.endsWith("/")).map(
        withoutSlash,
      ),
    ];
  }
}

/** Collects what lies in one place and refuses contradictions. */
class Part {
  readonly #base: string;
  readonly #kinds = new Map<string, "folder" | "leaf">();
  readonly #files: LayoutFile[] = [];
  readonly #links: LayoutPart["links"] = [];

  constructor(base: string) {
    this.#base = base;
    this.#kinds.set(base, "folder");
  }

  addFolder(path: string): void {
    for (let at = path; at !== this.#base; at = parentOf(at)) {
      const kind = this.#kinds.get(at);
      if (kind === "folder") return;
      if (kind === "leaf") {
        throw new WritError(
          "workspace.unsafe",
          `Cannot build the view: ${
            quoted(at)
          } is a file or link, a folder was expected`,
        );
      }
      this.#kinds.set(at, "folder");
    }
  }

  add(path: string, entry: TreeEntry, updated: boolean): void {
    if (entry.mode === "040000") return this.addFolder(path);
    if (this.#kinds.has(path)) {
      throw new WritError(
        "workspace.unsafe",
        `Cannot build the view: ${quoted(path)} is declared to be two things`,
      );
    }
    this.addFolder(parentOf(path));
    this.#kinds.set(path, "leaf");
    const { digest, mode } = entry;
    if (mode === "120000") this.#links.push({ path, digest });
    else {
      this.#files.push({ path, digest, program: mode === "100755", updated });
    }
  }

  /** The part with paths relative to its base. */
  finish(isClosed: (path: string) => boolean): LayoutPart {
    const relative = (path: string) =>
      this.#base === "." ? path : path.slice(this.#base.length + 1);
    // Sorted, a folder comes before what lies beneath it.
    const folders = [...this.#kinds].filter(([path, kind]) =>
      kind === "folder" && path !== this.#base
    ).map(([path]) => path).sort();
    return {
      folders: folders.map(relative),
      closed: folders.filter(isClosed).map(relative),
      files: this.#files.map((file) => ({
        ...file,
        path: relative(file.path),
      })),
      links: this.#links.map((link) => ({
        ...link,
        path: relative(link.path),
      })),
    };
  }
}

/**
 * Git writes its index anew whenever it has read it, if it can. In a repository that is only
 * read it could do that to a copy, which would then be no longer what the step was given.
 */
function isRepository(path: string): boolean {
  return path === ".git" || path.endsWith("/.git");
}

/** Whether a material is one file or link, not a folder. */
function isSingle({ entries }: StageMaterial): boolean {
  return entries.length === 1 && entries[0].path === "." &&
    entries[0].mode !== "040000";
}

function requireEntries(material: StageMaterial): void {
  const fault = entriesFault(material.entries);
  if (fault === null) return;
  throw new WritError(
    "workspace.unsafe",
    `Cannot build the view of ${quoted(material.path)}: ${fault}`,
  );
}
