/**
 * Whose name goes on a key, or on what is done with a ticket.
 *
 * Edge: reads the system's list of users.
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import { askWord } from "./ask.ts";
import type { Context } from "./command.ts";

/** For what a name is wanted. */
interface Wanted {
  /** The option that gives it. */
  option: string;
  /** What cannot be told without it. */
  what: string;
  /** How a person is asked. */
  question: string;
}

const OWNER: Wanted = {
  option: "--owner",
  what: "whose key it is",
  question: "Whose key is it, by name?",
};

/** Who takes a ticket back. */
export const REVOKER: Wanted = {
  option: "--by",
  what: "who revokes the ticket",
  question: "Who revokes it, by name?",
};

/**
 * The name as given, else the user's name (a container may not say it, but knows whose home
 * it is), else what the person at the terminal says.
 *
 * @throws {WritError} `usage.invalid` where none of them is there.
 */
export async function ownerOf(
  given: string | null,
  context: Context,
  { option, what, question }: Wanted = OWNER,
): Promise<string> {
  if (given !== null && given.trim() === "") {
    throw new WritError(
      "usage.invalid",
      `Cannot use ${option} ${quoted(given)}: a name was expected`,
    );
  }
  const name = given ?? context.env("USER") ?? context.env("LOGNAME") ??
    await userOf(context.env("HOME")) ??
    await askWord(context.terminal, question);
  if (name !== "") return name;
  throw new WritError(
    "usage.invalid",
    `Cannot tell ${what}: no user name is set`,
    { hint: `${option} NAME says it` },
  );
}

/** The user whose home a folder is, by `/etc/passwd`. */
async function userOf(home: string | undefined): Promise<string | null> {
  if (home === undefined || home === "") return null;
  let text: string;
  try {
    text = await Deno.readTextFile("/etc/passwd");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const line = text.split("\n").find((line) => line.split(":")[5] === home);
  return line?.split(":")[0] ?? null;
}
