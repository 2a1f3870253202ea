/**
 * Words for a shell, so that a command that is shown can be given as it stands.
 *
 * @module
 */

/**
 * A word as a POSIX shell reads it back (XCU 2.2.2, single quotes). With control characters it is
 * written `$'…'`, as most shells know it, since they would not be shown as they are.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!/\p{C}/u.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  const escaped = word.replace(/[\\']/g, "\\$&").replace(
    /\p{C}/gu,
    (character) =>
      [...new TextEncoder().encode(character)]
        .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
  );
  return `$'${escaped}'`;
}
