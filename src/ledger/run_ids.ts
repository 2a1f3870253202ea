/**
 * Ids of runs that several indexes list, in order, found by leaping: each list is asked for its
 * next id from where another stands, so that what only one of them lists is not read.
 *
 * @module
 */
import type { RunIndex } from "./run_index.ts";
import type { Store } from "./store.ts";

/** How many ids are read at first, and at most, at one time: who wants a few reads a few. */
const IDS_PER_TURN = { first: 8, most: 64 };

/** The direction, and the beginning that ids must have. */
export interface RunIdOptions {
  reverse: boolean;
  prefix: string;
}

/** A place among ids: at one of them, or `past` it in the direction; `null`: before all. */
type Place = { id: string; past: boolean } | null;

/** Ids in order, of which those before a place can be passed over. */
interface RunIds {
  /** The first id that does not lie before a place; `null` when there is none. Never goes back. */
  seek(place: Place): Promise<string | null>;
}

/**
 * The ids that each group of indexes lists, where a group lists what any of its indexes does.
 *
 * @param groups at least one
 */
export async function* runIds(
  store: Store,
  groups: readonly (readonly RunIndex[])[],
  options: RunIdOptions,
): AsyncIterable<string> {
  const lists = groups.map((indexes) =>
    anyOf(indexes.map((index) => listOf(store, index, options)), options)
  );
  let place: Place = null;
  for (;;) {
    const id = await meet(lists, place);
    if (id === null) return;
    yield id;
    place = { id, past: true };
  }
}

/** The first id from a place on that all lists have: each goes to where the one before it stands. */
async function meet(
  lists: readonly RunIds[],
  from: Place,
): Promise<string | null> {
  let place = from;
  let agreed = 0;
  for (let i = 0;; i = (i + 1) % lists.length) {
    const id = await lists[i].seek(place);
    if (id === null) return null;
    agreed = place?.id === id && !place.past ? agreed + 1 : 1;
    if (agreed === lists.length) return id;
    place = { id, past: false };
  }
}

function anyOf(lists: readonly RunIds[], { reverse }: RunIdOptions): RunIds {
  return {
    async seek(place) {
      let first: string | null = null;
      for (const list of lists) {
        const id = await list.seek(place);
        if (first === null || id !== null && id < first !== reverse) first = id;
      }
      return first;
    },
  };
}

function listOf(
  store: Store,
  index: RunIndex,
  { reverse, prefix }: RunIdOptions,
): RunIds {
  let ids: string[] | null = null;
  let at = 0;
  let limit = IDS_PER_TURN.first;
  let isLast = false;
  const isBefore = (id: string, place: Place) =>
    place !== null &&
    (id === place.id ? place.past : id < place.id !== reverse);
  const read = async (place: Place) => {
    const listed = store.list("index", {
      reverse,
      prefix: index + prefix,
      limit,
      ...(place === null ? {} : { from: index + place.id }),
    });
    const found = await Array.fromAsync(listed);
    ids = found.map(({ id }) => id.slice(index.length));
    at = 0;
    isLast = ids.length < limit;
    limit = Math.min(2 * limit, IDS_PER_TURN.most);
    return ids;
  };
  return {
    async seek(place) {
      let held = ids ?? await read(place);
      for (;;) {
        while (at < held.length && isBefore(held[at], place)) at++;
        if (at < held.length) return held[at];
        if (isLast) return null;
        held = await read(place);
      }
    },
  };
}
