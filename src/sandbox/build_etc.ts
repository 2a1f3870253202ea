/**
 * Makes the `/etc` that steps see in namespaces, kept in the state folder by its digest.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path";
import { type Digest, digestOf, sha256 } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { removeTree } from "../evidence/remove_tree.ts";
import { lookAt } from "../plan/open_regular.ts";
import {
  CERTIFICATE_BUNDLES,
  ETC_NAMES,
  isEtcName,
  madeUpEtc,
} from "./system_etc.ts";

/** Begins the names of folders that are not in their place. */
const UNFINISHED = ".etc-";

/** Larger ones are databases, not settings. */
const LARGEST = 16 * 1024 * 1024;

// Some 500 small operations: one by one off the thread they take twenty times as long.

type Content = { bytes: Uint8Array<ArrayBuffer> } | { link: string };

/** Options of {@linkcode buildEtc}. */
export interface EtcOptions {
  /** With the host's network: its resolver and hosts file. */
  network: boolean;
  /** The machine's folder, `/etc` where absent. */
  source?: string;
}

/**
 * Makes the folder, or finds it made and whole, and gives its path below `folder`: two of them, with and
 * without network, serve all steps of a machine. Links are followed, but for those into `/usr`.
 *
 * @throws {WritError} `store.unwritable`
 */
export async function buildEtc(
  folder: string,
  options: EtcOptions,
): Promise<string> {
  const contents = collect(options.source ?? "/etc", options.network);
  const name = nameOf(contents);
  const target = join(folder, name.slice("sha256:".length));
  if (isWhole(target, name)) {
    // What has not been used for long is removed by that time.
    const now = new Date();
    await Deno.utime(target, now, now);
    return target;
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
    const made = await Deno.makeTempDir({ dir: folder, prefix: UNFINISHED });
    try {
      for (const [path, content] of contents) put(made, path, content);
      await Deno.chmod(made, 0o755);
      await place(made, target, () => isWhole(target, name));
    } finally {
      await removeTree(made);
    }
  } catch (cause) {
    throw new WritError(
      "store.unwritable",
      `Cannot make the system view in "${folder}"`,
      { cause },
    );
  }
  return target;
}

/** Puts a folder in its place, unless another run was faster. What is wrong there may be in use, and is only moved aside. */
async function place(
  made: string,
  target: string,
  isRight: () => boolean,
): Promise<void> {
  if (await rename(made, target) || isRight()) return;
  await rename(target, `${made}-old`);
  if (!await rename(made, target) && !isRight()) {
    throw new Deno.errors.AlreadyExists(`"${target}" is something else`);
  }
}

/** `false` where something else has the name, or where nothing is there any more. */
async function rename(from: string, to: string): Promise<boolean> {
  try {
    await Deno.rename(from, to);
    return true;
  } catch (error) {
    if (lookAt(from) !== null && lookAt(to) === null) throw error;
    return false;
  }
}

/**
 * The folders that nothing has used since a time (milliseconds since 1970), and what was never
 * finished or was moved aside: absolute paths, sorted. None may be in use.
 */
export function unusedEtcs(folder: string, since: number): string[] {
  if (lookAt(folder) === null) return [];
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => {
    const path = join(folder, name);
    if (name.startsWith(UNFINISHED)) return [path];
    const used = lookAt(path)?.mtime?.getTime() ?? Infinity;
    return used < since ? [path] : [];
  }).sort();
}

/** Gives the folder for steps with or without network; each is made once, when it is first asked for. */
export type EtcFolders = (
  options: Pick<EtcOptions, "network">,
) => Promise<string>;

/** The folders of a run, made below `folder`: all its steps see one `/etc`, whatever becomes of the machine's. */
export function etcFolders(folder: string): EtcFolders {
  const made = new Map<boolean, Promise<string>>();
  return ({ network }) => {
    let folderOf = made.get(network);
    if (folderOf === undefined) {
      made.set(network, folderOf = buildEtc(folder, { network }));
    }
    return folderOf;
  };
}

function collect(
  source: string,
  network: boolean,
): Map<string, Content> {
  const contents = new Map<string, Content>();
  walk(source, "", contents);
  for (const [path, text] of Object.entries(madeUpEtc())) {
    contents.set(path, { bytes: new TextEncoder().encode(text) });
  }
  const bundle = firstReadable(
    CERTIFICATE_BUNDLES.map((path) => path.replace(/^\/etc/, () => source)),
  );
  if (bundle !== null) {
    contents.set("ssl/certs/ca-certificates.crt", { bytes: bundle });
  }
  if (network) {
    for (const name of ["resolv.conf", "hosts"]) {
      const bytes = firstReadable([join(source, name)]);
      if (bytes !== null) contents.set(name, { bytes });
    }
  }
  return sorted(contents);
}

function walk(
  source: string,
  below: string,
  contents: Map<string, Content>,
): void {
  for (const entry of entriesOf(source, below)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const wanted = isEtcName(path, ETC_NAMES);
    // A name may lie deeper: `pki` is not shown, `pki/ca-trust` is.
    const onTheWay = ETC_NAMES.some((name) => name.startsWith(`${path}/`));
    if (!wanted && !onTheWay) continue;
    const content = read(join(source, path));
    if (content === "folder") walk(source, path, contents);
    else if (content !== null && wanted) contents.set(path, content);
  }
}

/** What lies in a folder; nothing where a step of this user could not look into it either. */
function entriesOf(source: string, below: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(join(source, below))];
  } catch (error) {
    const isHidden = error instanceof Deno.errors.PermissionDenied;
    if (isHidden && below !== "") return [];
    throw error;
  }
}

/** A file's bytes, a link into `/usr`, a folder; `null` for what a step of this user could not read either. */
function read(path: string): Content | "folder" | null {
  try {
    const own = Deno.lstatSync(path);
    if (own.isSymlink) {
      const link = Deno.readLinkSync(path);
      if (link.startsWith("/usr/")) return { link };
      const real = Deno.realPathSync(path);
      if (real.startsWith("/usr/")) return { link: real };
    }
    const info = Deno.statSync(path);
    if (info.isDirectory) return own.isSymlink ? null : "folder";
    if (!info.isFile || info.size > LARGEST) return null;
    // What only its owner may read is not for a step.
    if (info.mode !== null && (info.mode & 0o004) === 0) return null;
    return { bytes: Deno.readFileSync(path) };
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.FilesystemLoop
    ) return null;
    throw error;
  }
}

function firstReadable(
  paths: string[],
): Uint8Array<ArrayBuffer> | null {
  for (const path of paths) {
    try {
      return Deno.readFileSync(path);
    } catch (error) {
      if (
        !(error instanceof Deno.errors.NotFound) &&
        !(error instanceof Deno.errors.PermissionDenied)
      ) throw error;
    }
  }
  return null;
}

function nameOf(contents: Map<string, Content>): Digest {
  return digestOf(
    [...contents].map(([path, content]) =>
      "link" in content
        ? { path, link: content.link }
        : { path, digest: sha256(content.bytes) }
    ),
  );
}

function put(
  root: string,
  path: string,
  content: Content,
): void {
  const target = join(root, path);
  Deno.mkdirSync(join(target, ".."), { recursive: true, mode: 0o755 });
  if ("link" in content) Deno.symlinkSync(content.link, target);
  else Deno.writeFileSync(target, content.bytes, { mode: 0o644 });
}

/** Whether a folder holds what its name says: a power cut may have left its files empty. */
function isWhole(folder: string, name: Digest): boolean {
  if (lookAt(folder)?.isDirectory !== true) return false;
  const found = new Map<string, Content>();
  const folders = [""];
  for (let at; (at = folders.pop()) !== undefined;) {
    for (const entry of Deno.readDirSync(join(folder, at))) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory) folders.push(path);
      else if (entry.isSymlink) {
        found.set(path, { link: Deno.readLinkSync(join(folder, path)) });
      } else if (entry.isFile) {
        found.set(path, { bytes: Deno.readFileSync(join(folder, path)) });
      } else return false;
    }
  }
  return nameOf(sorted(found)) === name;
}

function sorted(contents: Map<string, Content>): Map<string, Content> {
  return new Map([...contents].sort(([a], [b]) => a < b ? -1 : 1));
}
