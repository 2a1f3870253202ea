/**
 * Paths of the view and how they relate.
 *
 * @module
 */

/** Where a namespace shows the workspace, the home folder and the module cache. */
export const VIEW = {
  work: "/work",
  home: "/home/step",
  tmp: "/tmp",
  denoDir: "/deno",
  secrets: "/run/secrets",
  certificates: "/etc/ssl/certs/ca-certificates.crt",
} as const;

/** A path of the workspace, below the folder that stands for it. */
export function inView(root: string, path: string): string {
  const plain = path.endsWith("/") ? path.slice(0, -1) : path;
  return plain === "." || plain === "" ? root : `${root}/${plain}`;
}

/** Whether an absolute path is `folder` or lies beneath it. */
export function isBeneath(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Sorted, without those that lie beneath another, without doubles. */
export function outermost(paths: string[]): string[] {
  const out: string[] = [];
  for (const path of [...new Set(paths)].sort()) {
    if (!out.some((folder) => isBeneath(path, folder))) out.push(path);
  }
  return out;
}
