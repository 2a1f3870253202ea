/**
 * The commit and branch of a workspace, read from `.git` without a process. Claims, not
 * authority: whoever may write there may write this.
 *
 * @module
 */
import { resolve } from "@std/path/resolve";
import { type Disk, disk as thisDisk } from "./disk.ts";

/** What `.git` says; `null` where it says nothing that is understood. */
export interface SourceFacts {
  /** 40 or 64 hex digits. */
  commit: string | null;
  /** Without `refs/heads/`. */
  branch: string | null;
}

const NOTHING: SourceFacts = { commit: null, branch: null };
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const SMALL = 4096;
const PACKED_LIMIT = 64 * 1024 * 1024;
/** How many references may lead to one another; git follows as many. */
const MAX_DEPTH = 5;

/** Where a repository keeps its own and its shared files. */
interface GitFolders {
  own: string;
  common: string;
}

/** Reads the commit and branch that are checked out. What is odd or unreadable is `null`. */
export function readSource(
  workspace: string,
  disk: Disk = thisDisk,
): Promise<SourceFacts> {
  try {
    return Promise.resolve(source(workspace, disk));
  } catch {
    // A claim that cannot be read is not made; policy sees `null`.
    return Promise.resolve(NOTHING);
  }
}

function source(workspace: string, disk: Disk): SourceFacts {
  const folders = gitFolders(workspace, disk);
  if (folders === null) return NOTHING;
  const head = line(disk, `${folders.own}/HEAD`);
  if (head === null) return NOTHING;
  if (COMMIT.test(head)) return { commit: head, branch: null };
  const name = refIn(head);
  // A repository with reftables says `refs/heads/.invalid` here.
  if (name === null) return NOTHING;
  return {
    commit: commitOf(name, folders, disk),
    branch: name.startsWith("refs/heads/")
      ? name.slice("refs/heads/".length)
      : null,
  };
}

/** `.git` is a folder, or in a worktree or submodule a file that names one. */
function gitFolders(workspace: string, disk: Disk): GitFolders | null {
  const at = `${workspace}/.git`;
  const real = disk.realPath(at);
  const kind = real === null ? undefined : disk.lstat(real)?.kind;
  if (kind === "folder") return withCommon(at, disk);
  if (kind !== "file") return null;
  const named = /^gitdir: (.+)$/.exec(line(disk, at) ?? "")?.[1];
  return named === undefined
    ? null
    : withCommon(resolve(workspace, named), disk);
}

function withCommon(own: string, disk: Disk): GitFolders {
  const common = line(disk, `${own}/commondir`);
  return { own, common: common === null ? own : resolve(own, common) };
}

function commitOf(
  first: string,
  { own, common }: GitFolders,
  disk: Disk,
): string | null {
  let name = first;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const loose = line(disk, `${own}/${name}`) ??
      line(disk, `${common}/${name}`);
    if (loose === null) return packed(name, common, disk);
    if (COMMIT.test(loose)) return loose;
    const next = refIn(loose);
    if (next === null) return null;
    name = next;
  }
  return null;
}

function packed(name: string, common: string, disk: Disk): string | null {
  const bytes = disk.head(`${common}/packed-refs`, PACKED_LIMIT);
  if (bytes === null) return null;
  const text = `\n${new TextDecoder().decode(bytes)}\n`;
  const at = text.indexOf(` ${name}\n`);
  if (at < 0) return null;
  const commit = text.slice(text.lastIndexOf("\n", at) + 1, at);
  return COMMIT.test(commit) ? commit : null;
}

/** The reference that `ref: NAME` names, by the rules of git-check-ref-format(1). */
function refIn(text: string): string | null {
  const name = /^ref:\s*(refs\/.+)$/.exec(text)?.[1];
  if (
    name === undefined || /[\p{Cc} ~^:?*[\\\ufffd]|\.\.|@\{|\/\//u.test(name)
  ) {
    return null;
  }
  const odd = name.split("/").some((part) =>
    part === "" || part.startsWith(".") || part.endsWith(".lock") ||
    part.endsWith(".")
  );
  return odd ? null : name;
}

/** The one line of a small file, without white space at its end. */
function line(disk: Disk, path: string): string | null {
  const bytes = disk.head(path, SMALL);
  if (bytes === null || bytes.length === SMALL) return null;
  const text = new TextDecoder().decode(bytes).trimEnd();
  return text === "" || text.includes("\n") ? null : text;
}
