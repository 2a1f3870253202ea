/**
 * The processes of this machine, as tests look at them.
 *
 * @module
 */

/** Processes whose command line (words with NUL between) holds a text, by id. */
export function processesWith(text: string): number[] {
  return allProcesses().filter((pid) => commandOf(pid)?.includes(text));
}

/** A process and all that it started, by id, the process itself first. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of allProcesses()) {
    const parent = parentOf(pid);
    if (parent === null) continue;
    children.set(parent, [...children.get(parent) ?? [], pid]);
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at++) {
    tree.push(...children.get(tree[at]) ?? []);
  }
  return tree;
}

/** Resolves when none of some processes is left; rejects when they outlive all patience. */
export async function gone(pids: readonly number[]): Promise<void> {
  const left = () => pids.filter((pid) => parentOf(pid) !== null);
  for (let wait = 0; left().length > 0; wait++) {
    if (wait === 600) {
      throw new Error(
        `still there: ${left().map((pid) => `${pid} ${commandOf(pid)}`)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Resolves when a condition holds; rejects when it does not within all patience, `pause` milliseconds between looks. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  pause = 20,
): Promise<void> {
  const looks = 60_000 / pause;
  for (let look = 0; !await condition(); look++) {
    if (look >= looks) throw new Error(`never so: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** The launcher that started a process: other tests have launchers of their own at the same time. */
export function launcherAbove(pid: number): number {
  for (let at: number | null = pid; at !== null && at > 1; at = parentOf(at)) {
    if (commandOf(at)?.includes("sandbox/launcher.js")) return at;
  }
  throw new Error(`no launcher started process ${pid}`);
}

function allProcesses(): number[] {
  return [...Deno.readDirSync("/proc")]
    .map(({ name }) => Number(name))
    .filter((pid) => Number.isInteger(pid));
}

function commandOf(pid: number): string | null {
  return read(`/proc/${pid}/cmdline`);
}

/** `null` for what is gone, and for what is dead and waits to be collected. */
function parentOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? null : Number(parent);
}

function read(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // It ended between the look and the read.
    return null;
  }
}
