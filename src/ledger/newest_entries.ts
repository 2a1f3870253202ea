/**
 * The entries of a ledger from the end, without reading those before.
 *
 * @module
 */
import type { EntryAt } from "./run_book.ts";

/** How many entries are read at one time. */
const ENTRIES_PER_TURN = 200;

/**
 * The entries before the one with this `seq`, newest first.
 *
 * @param read gives so many entries from one on, in order
 */
export async function* newestEntries(
  read: (from: number, limit: number) => AsyncIterable<EntryAt>,
  before: number,
): AsyncIterable<EntryAt> {
  for (let end = before; end > 0;) {
    const start = Math.max(0, end - ENTRIES_PER_TURN);
    const turn = await Array.fromAsync(read(start, end - start));
    yield* turn.reverse();
    end = start;
  }
}
