/**
 * What became of a commit at a server. A connection may break after the server has committed and
 * before its answer is there; Deno then asks again, and the server refuses what it has done. So
 * each commit writes a mark that was not there: who finds it knows that the commit was made, and
 * who writes another in its place knows that it never will be.
 *
 * Edge: Deno KV.
 *
 * @module
 */
import type { Key } from "./kv_layout.ts";

const MADE = new Uint8Array([1]);
const VOID = new Uint8Array([0]);

/** A day: no request is under way for longer, and nobody needs a mark that is older. */
const LASTS = { expireIn: 86_400_000 };

/** Adds a mark to a commit, which then can be made once only. */
export function withMark(operation: Deno.AtomicOperation, mark: Key): void {
  operation.check({ key: [...mark], versionstamp: null })
    .set([...mark], MADE, LASTS);
}

/** Whether the commit with this mark was made. */
export async function isMade(kv: Deno.Kv, mark: Key): Promise<boolean> {
  const { value } = await kv.get([...mark]);
  return value instanceof Uint8Array && value[0] === MADE[0];
}

/** Sees to it that a commit is not made any more; `false` when it was made before. */
export async function makeVoid(kv: Deno.Kv, mark: Key): Promise<boolean> {
  // Refused when there is a mark: that of the commit, or this one, of which the answer was lost.
  await kv.atomic().check({ key: [...mark], versionstamp: null })
    .set([...mark], VOID, LASTS).commit();
  return !await isMade(kv, mark);
}
