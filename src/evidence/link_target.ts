/**
 * The target of a link that a step made.
 *
 * Edge: files.
 *
 * @module
 */

/** The target of a link; one that is not UTF-8 is shown as an absolute path, which no product may hold. */
export function targetOf(path: string): string {
  try {
    const target = Deno.readLinkSync(path);
    return target.includes("\ufffd") ? `/${target}` : target;
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return "/\ufffd";
    throw error;
  }
}
