/**
 * What programs of this machine can do.
 *
 * @module
 */

/** Whether a program is there and ends well. */
export async function works(
  program: string,
  ...args: string[]
): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
