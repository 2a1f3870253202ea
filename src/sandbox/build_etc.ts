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
import {
  CERTIFICATE_BUNDLES,
  ETC_NAMES,
  isEtcName,
  madeUpEtc,
} from "./system_etc.ts";

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
 * Makes the folder, or finds it made, and gives its path below `folder`: two of them, with and
 * without network, serve all steps of a machine. Links are followed, but for those into `/usr`.
 *
 * @throws {WritError} `store.unwritable`
 */
export async function buildEtc(
  folder: string,
  options: EtcOptions,
): Promise<string> {
  const contents = collect(options.source ?? "/etc", options.network);
  const target = join(folder, nameOf(contents).slice("sha256:".length));
  if (isThere(target)) return target;
  try {
    await Deno.mkdir(folder, { recursive: true });
    const made = await Deno.makeTempDir({ dir: folder, prefix: ".etc-" });
    for (const [path, content] of contents) put(made, path, content);
    await Deno.chmod(made, 0o755);
    try {
      await Deno.rename(made, target);
    } catch (error) {
      // Another run was faster; equal names are equal contents.
      await Deno.remove(made, { recursive: true });
      if (!isThere(target)) throw error;
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
  return new Map([...contents].sort(([a], [b]) => a < b ? -1 : 1));
}

function walk(
  source: string,
  below: string,
  contents: Map<string, Content>,
): void {
  for (const entry of Deno.readDirSync(join(source, below))) {
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
      if (!(error instanceof Deno.errors.NotFound)) throw error;
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

function isThere(path: string): boolean {
  try {
    return (Deno.lstatSync(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
