/**
 * Hard links that lead out of a step's folders: a file with more names than the step's folders
 * have for it is also someone else's file.
 *
 * Edge: files.
 *
 * @module
 */

/** The files of a list that have names outside of `root`, by path. `root/reads` holds the store's own names and is left out. */
export function linkedFromOutside(
  files: readonly { path: string; info: Deno.FileInfo }[],
  root: string,
): string[] {
  const suspects = files.filter(({ info }) => (info.nlink ?? 1) > 1);
  if (suspects.length === 0) return [];
  const names = countNames(
    root,
    new Set(suspects.map((file) => idOf(file.info))),
  );
  return suspects.filter(({ info }) =>
    (names.get(idOf(info)) ?? 0) < (info.nlink ?? 1)
  ).map(({ path }) => path);
}

function countNames(
  root: string,
  wanted: ReadonlySet<string>,
): Map<string, number> {
  const names = new Map<string, number>();
  const folders = [root];
  for (let folder; (folder = folders.pop()) !== undefined;) {
    if (folder === `${root}/reads`) continue;
    for (const { name, isDirectory, isFile } of entriesOf(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) folders.push(path);
      if (!isFile || name.includes("\ufffd")) continue;
      const id = idOf(Deno.lstatSync(path));
      if (wanted.has(id)) names.set(id, (names.get(id) ?? 0) + 1);
    }
  }
  return names;
}

/** A folder that cannot be listed counts as one without names: the file then seems to have others. */
function entriesOf(folder: string): Iterable<Deno.DirEntry> {
  try {
    return Array.from(Deno.readDirSync(folder));
  } catch {
    return [];
  }
}

function idOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino}`;
}
