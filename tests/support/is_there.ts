/**
 * Whether a path has something at it.
 *
 * @module
 */

/** Whether something has a name, whatever it is; links are not followed. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
