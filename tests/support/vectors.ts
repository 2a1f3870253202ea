/** Public test vectors, which lie beside the repository. A fresh clone has none. */

const FOLDER = new URL("../../../shared/vectors/", import.meta.url);

/** A test that needs vectors: ignored where they are not, with the reason in its name. */
export function vectorTest(
  name: string,
  path: string,
  fn: () => void | Promise<void>,
): void {
  const ignore = !isThere(path);
  Deno.test({
    name: ignore
      ? `${name} (ignored: ${FOLDER.pathname}${path} is not here)`
      : name,
    ignore,
    fn,
  });
}

/** The text of one file. */
export function vectorText(path: string): string {
  return Deno.readTextFileSync(new URL(path, FOLDER));
}

/** All files beneath a folder. */
export function vectorFiles(path: string): { name: string; text: string }[] {
  return [...Deno.readDirSync(new URL(path, FOLDER))]
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(({ name, isDirectory }) => {
      const inner = `${path}/${name}`;
      return isDirectory
        ? vectorFiles(inner)
        : [{ name: inner, text: vectorText(inner) }];
    });
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(new URL(path, FOLDER));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
