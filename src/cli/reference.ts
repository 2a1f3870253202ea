/**
 * References: how people name a run or a ticket.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";

/** Whether a reference names a run by its place among others, not by its id. */
export function isCounted(reference: string): boolean {
  return reference === "latest" || COUNTED.test(reference);
}

const COUNTED = /^#([1-9]\d{0,8})$/;

/**
 * The id that a reference names: a whole id, a part that only one id begins with (with or
 * without its `run_` or `tkt_`, in any case), `latest`, or `#N`, the N-th newest from 1.
 *
 * @param ids newest first.
 * @param noun for messages: `run`, `ticket`.
 * @throws {WritError} `reference.unknown`
 */
export function resolveReference(
  reference: string,
  ids: readonly string[],
  noun: string,
): string {
  if (ids.includes(reference)) return reference;
  const refuse = (why: string, hint?: string) =>
    new WritError(
      "reference.unknown",
      `Cannot find the ${noun} ${quoted(reference)}: ${why}`,
      { hint },
    );
  if (ids.length === 0) throw refuse(`there is no ${noun} yet`);
  if (reference === "latest") return ids[0];
  const number = COUNTED.exec(reference)?.[1];
  if (number !== undefined) {
    const id = ids[Number(number) - 1];
    if (id !== undefined) return id;
    throw refuse(`there are ${ids.length}`, "#1 is the newest");
  }
  const wanted = reference.toLowerCase();
  const found = wanted === "" ? [] : ids.filter((id) => {
    const whole = id.toLowerCase();
    return whole.startsWith(wanted) ||
      whole.slice(whole.indexOf("_") + 1).startsWith(wanted);
  });
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    throw refuse(
      `${found.length} of them begin so`,
      `more letters tell them apart: ${found.slice(0, 3).join(", ")}`,
    );
  }
  const near = nearest(reference, [...ids, "latest"]);
  throw refuse(
    "there is none",
    near === undefined
      ? "an id, the beginning of one, latest or #N names it"
      : `Did you mean ${near}?`,
  );
}
