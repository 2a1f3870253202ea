/**
 * Where the control groups of this process lie, from what the kernel says of itself.
 * Source: Linux `cgroups(7)`, `proc_pid_mountinfo(5)`.
 *
 * @module
 */

/** The controllers that Writ uses. */
const CONTROLLERS = ["memory", "pids"];

/**
 * For each controller the folders in which a group for a step might be made, best first.
 *
 * Of version 2 that is the process's own group only where it is the root of the machine, since
 * no other may have both processes and sub-groups with controllers; else the group above.
 *
 * @param {string} groups the text of `/proc/self/cgroup`
 * @param {string} mounts the text of `/proc/self/mountinfo`
 * @returns {Record<"memory" | "pids", { version: 1 | 2, folder: string }[]>}
 */
export function cgroupFolders(groups, mounts) {
  const mounted = mounts.split("\n").flatMap((line) => {
    const [left, right] = line.split(" - ");
    if (right === undefined) return [];
    const [, , , root, point] = left.split(" ").map(unescape);
    const [type, , options] = right.split(" ");
    return type === "cgroup" || type === "cgroup2"
      ? [{ type, root, point, options: options.split(",") }]
      : [];
  });
  const found = { memory: [], pids: [] };
  for (const line of groups.split("\n")) {
    const parts = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (parts === null) continue;
    const [, names, path] = parts;
    for (const { type, root, point, options } of mounted) {
      const folder = below(point, root, path);
      if (folder === null) continue;
      if (type === "cgroup2" && names === "") {
        const above = folder === point ? [] : [
          folder.slice(0, folder.lastIndexOf("/")),
        ];
        for (const name of CONTROLLERS) {
          for (const one of [folder, ...above]) {
            found[name].push({ version: 2, folder: one });
          }
        }
      } else if (type === "cgroup") {
        for (const name of CONTROLLERS) {
          if (names.split(",").includes(name) && options.includes(name)) {
            found[name].push({ version: 1, folder });
          }
        }
      }
    }
  }
  return found;
}

/** The folder of a group below its mount; `null` where the mount does not show it. */
function below(point, root, path) {
  if (root === "/") return path === "/" ? point : point + path;
  if (path === root) return point;
  return path.startsWith(`${root}/`) ? point + path.slice(root.length) : null;
}

/** Octal escapes of a path. */
function unescape(text) {
  return text.replace(
    /\\([0-7]{3})/g,
    (_, digits) => String.fromCharCode(parseInt(digits, 8)),
  );
}
