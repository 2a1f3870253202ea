/**
 * Text from outside, made safe to show: what a terminal would obey or hide is spelt out.
 *
 * @module
 */

// Controls (C0, DEL, C1, and with them every ANSI sequence), format characters (bidi,
// zero-width, tags), line and paragraph separators, lone surrogates, and everything else
// that is drawn as nothing. A backslash only where it would be mistaken for our own escape.
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]|\\(?=u\{)/gu;

/** The same, but for what separates lines and columns of a text, and without the backslash. */
export const UNSAFE_BETWEEN_LINES =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * The text with control, bidi, zero-width and other invisible characters as `\u{hex}`.
 * Two different texts are never shown alike by it. A line break is a control character too:
 * whoever shows several lines splits them first.
 */
export function printable(text: string): string {
  return text.replace(
    UNSAFE,
    (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`,
  );
}

/** The text in double quotes, {@linkcode printable}, cut with an ellipsis after `limit` UTF-16 code units. */
export function quoted(text: string, limit = 80): string {
  if (text.length <= limit) return `"${printable(text)}"`;
  // A cut inside a surrogate pair would show half a character as an escape.
  const high = text.charCodeAt(limit - 1);
  const end = high >= 0xd800 && high < 0xdc00 ? limit - 1 : limit;
  return `"${printable(text.slice(0, end))}…"`;
}
