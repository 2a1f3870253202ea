/**
 * The word that was probably meant.
 *
 * @module
 */
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { quoted } from "./printable.ts";

/** A longer word is no slip of the hand, and costs as the square. */
const LONGEST = 128;

/**
 * The known word nearest to `word`: the one with the fewest wrong letters, when no more than a
 * third of them is wrong. Letters that are all there in another order, the commonest slip, count
 * as one; capitals count for nothing. Where none is near, the first that begins with `word`.
 */
export function nearest(
  word: string,
  known: Iterable<string>,
): string | undefined {
  if (word.length > LONGEST) return undefined;
  const wanted = word.toLowerCase();
  const letters = sorted(wanted);
  let least = Math.min(
    Math.max(1, Math.floor(word.length / 3)),
    word.length - 1,
  ) + 1;
  let best: string | undefined;
  let longer: string | undefined;
  for (const candidate of known) {
    if (candidate === word) continue;
    const other = candidate.toLowerCase();
    if (word.length > 1 && other.startsWith(wanted)) longer ??= candidate;
    // So many letters are too many, or too few.
    if (Math.abs(other.length - wanted.length) >= least) continue;
    const distance = other !== wanted && sorted(other) === letters
      ? 1
      : levenshteinDistance(wanted, other);
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best ?? longer;
}

/** `Did you mean "x"?`, where there is such an x. */
export function didYouMean(
  word: string,
  known: Iterable<string>,
): string | undefined {
  const meant = nearest(word, known);
  return meant === undefined ? undefined : `Did you mean ${quoted(meant)}?`;
}

function sorted(word: string): string {
  return Array.from(word).sort().join("");
}
