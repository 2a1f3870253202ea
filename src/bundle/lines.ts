/**
 * The lines of `receipts.jsonl`: canonical JSON texts, each ended by one line feed.
 *
 * @module
 */

const LINE_FEED = 0x0a;

/** Joins lines into a file. */
export function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const size = lines.reduce((sum, line) => sum + line.length + 1, 0);
  const out = new Uint8Array(size);
  let at = 0;
  for (const line of lines) {
    out.set(line, at);
    at += line.length;
    out[at++] = LINE_FEED;
  }
  return out;
}

/** The lines of a file without their line feeds; `cut` when the last one has none. */
export function splitLines(
  bytes: Uint8Array,
): { lines: Uint8Array[]; cut: boolean } {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (
    let end = bytes.indexOf(LINE_FEED);
    end !== -1;
    end = bytes.indexOf(LINE_FEED, from)
  ) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  const cut = from < bytes.length;
  if (cut) lines.push(bytes.subarray(from));
  return { lines, cut };
}
