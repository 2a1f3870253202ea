/**
 * The word that was probably meant.
 *
 * @module
 */
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** The known word nearest to `word`, when it is near enough to be a slip of the hand; else `null`. */
export function nearest(
  word: string,
  known: readonly string[],
): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = levenshteinDistance(word, candidate);
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best ??
    known.find((candidate) => word.length >= 2 && candidate.startsWith(word)) ??
    null;
}
