/**
 * Deno's cache on this machine.
 *
 * @module
 */

/** Absolute path of the cache. */
export const DENO_DIR: string = denoDir();

/** Whether Deno has downloaded what `deno bundle` needs. */
export function hasBundler(): boolean {
  try {
    return [...Deno.readDirSync(`${DENO_DIR}/dl`)].some(({ name }) =>
      name.startsWith("esbuild-")
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function denoDir(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
