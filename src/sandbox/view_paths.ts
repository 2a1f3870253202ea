/**
 * Paths of the view and how they relate.
 *
 * @module
 */
import { isBeneath } from "../core/paths.ts";

/** Where a namespace shows the workspace, the home folder and the caches. */
export const VIEW = {
  work: "/work",
  home: "/home/step",
  tmp: "/tmp",
  denoDir: "/deno",
  caches: "/cache",
  secrets: "/run/secrets",
  certificates: "/etc/ssl/certs/ca-certificates.crt",
} as const;

/** A path of the workspace, below the folder that stands for it. */
export function inView(root: string, path: string): string {
  const plain = path.endsWith("/") ? path.slice(0, -1) : path;
  return plain === "." || plain === "" ? root : `${root}/${plain}`;
}

/** Sorted, without those that lie beneath another, without doubles. */
export function outermost(paths: string[]): string[] {
  const out: string[] = [];
  for (const path of [...new Set(paths)].sort()) {
    if (!out.some((folder) => isBeneath(path, folder))) out.push(path);
  }
  return out;
}

/**
 * A path as a step named it, relative to the workspace's root; absolute where it lies elsewhere.
 *
 * @throws {TypeError|URIError} for a `file:` URL that is none, or whose path cannot be decoded
 */
export function inWorkspace(root: string, cwd: string, named: string): string {
  const path = named.startsWith("file://")
    ? decodeURIComponent(new URL(named).pathname)
    : named;
  const parts: string[] = [];
  const whole = path.startsWith("/") ? path : `${inView(root, cwd)}/${path}`;
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const plain = `/${parts.join("/")}`;
  if (plain === root) return ".";
  return isBeneath(plain, root) ? plain.slice(root.length + 1) : plain;
}
