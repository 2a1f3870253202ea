/**
 * Whose name goes on a key.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { askWord } from "./ask.ts";
import type { Context } from "./command.ts";

/**
 * The owner as given, else the user's name, else what the person at the terminal says.
 *
 * @throws {WritError} `usage.invalid` where none of them is there.
 */
export async function ownerOf(
  given: string | null,
  context: Context,
): Promise<string> {
  const name = given ?? context.env("USER") ?? context.env("LOGNAME") ??
    await askWord(context.terminal, "Whose key is it, by name?");
  if (name !== "") return name;
  throw new WritError(
    "usage.invalid",
    "Cannot tell whose key it is: no user name is set",
    { hint: "--owner NAME says it" },
  );
}
