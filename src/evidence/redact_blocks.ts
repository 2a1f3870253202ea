/**
 * Where a text can be cut: at the end of every line, but not within what takes several lines.
 *
 * @module
 */
import { ASSIGNMENT_OPENS } from "./redact_assignments.ts";
import { KEY_BODY, KEY_CLOSES, KEY_OPENS } from "./redact_rules.ts";

/** A line that does not end is looked at in windows of so many bytes. */
export const WINDOW: number = 64 * 1024;
/** So long a key may be, bytes: a whole keyring. */
const KEY_WINDOW = 1024 * 1024;

/** A part of a text that is looked at as one. */
export interface Block {
  /** Behind its last line break; `null` when that has not come. */
  end: number | null;
  /** For so many bytes its end is to be waited for. */
  window: number;
}

/**
 * The block that begins at `start`, as far as it lies before `limit`. A private key, and a name
 * with the line in which its value comes, are one block. It depends on nothing but the text from
 * `start` on.
 */
export function blockAt(text: string, start: number, limit: number): Block {
  let state: "line" | "key" | "value" = "line";
  const window = () => state === "key" ? KEY_WINDOW : WINDOW;
  for (let from = start;;) {
    const to = lineEnd(text, from, limit);
    if (to === null) return { end: null, window: window() };
    const line = text.slice(from, to - 1);
    if (state === "key") {
      if (KEY_CLOSES.test(line)) return { end: to, window: window() };
      // Somebody only named how a key begins.
      if (line.trim() !== "" && !KEY_BODY.test(line)) {
        return { end: from, window: window() };
      }
    } else if (KEY_OPENS.test(line) && !KEY_CLOSES.test(line)) {
      state = "key";
    } else if (state === "line" && ASSIGNMENT_OPENS.test(line)) {
      state = "value";
    } else if (state === "line" || line.trim() !== "") {
      return { end: to, window: window() };
    }
    from = to;
  }
}

/** Behind the next line feed or carriage return. */
export function lineEnd(
  text: string,
  from: number,
  limit: number,
): number | null {
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at + 1;
  }
  return null;
}
