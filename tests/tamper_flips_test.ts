/**
 * A byte is flipped, set, inserted, left out or swapped with its neighbour, anywhere in a bundle: it
 * is told by the invariant that answers for that file, though the list of files is made anew.
 *
 * @module
 */
import { BUNDLE_FILES, EXPIRED_FILE } from "../src/bundle/bundle.ts";
import { BUNDLE_POLICY } from "../src/bundle/names.ts";
import { type Dice, SHARES, Tally } from "./tamper.ts";
import { answersFor } from "./tamper_answers.ts";
import { relist, type Shape, SHAPES, SMALL } from "./tamper_shapes.ts";
import { asBundle } from "./verify_fixtures.ts";

/** A way to change one byte; `null` where it changes nothing. */
type Change = (
  bytes: Uint8Array,
  at: number,
  dice: Dice,
) => Uint8Array | null;

const CHANGES: [name: string, change: Change][] = [
  ["a bit is flipped", (bytes, at, dice) => {
    const out = bytes.slice();
    out[at] ^= 1 << dice.below(8);
    return out;
  }],
  ["a byte is another", (bytes, at, dice) => {
    const out = bytes.slice();
    out[at] ^= 1 + dice.below(255);
    return out;
  }],
  ["a character is another of its kind", (bytes, at, dice) => {
    const kind = KINDS.find((each) => each.includes(bytes[at])) ?? PRINTABLE;
    const others = kind.filter((byte) => byte !== bytes[at]);
    const out = bytes.slice();
    out[at] = dice.of(others);
    return out;
  }],
  ["a byte is inserted", (bytes, at, dice) => {
    const out = new Uint8Array(bytes.length + 1);
    out.set(bytes.subarray(0, at));
    out[at] = dice.of([0, 0x20, 0x0a, 0x30, bytes[at], dice.below(256)]);
    out.set(bytes.subarray(at), at + 1);
    return out;
  }],
  ["a byte is left out", (bytes, at) => {
    const out = new Uint8Array(bytes.length - 1);
    out.set(bytes.subarray(0, at));
    out.set(bytes.subarray(at + 1), at);
    return out;
  }],
  ["two neighbours are swapped", (bytes, at) => {
    if (at + 1 === bytes.length || bytes[at] === bytes[at + 1]) return null;
    const out = bytes.slice();
    [out[at], out[at + 1]] = [bytes[at + 1], bytes[at]];
    return out;
  }],
];

const range = (from: string, to: string) =>
  Array.from(
    { length: to.charCodeAt(0) - from.charCodeAt(0) + 1 },
    (_, i) => from.charCodeAt(0) + i,
  );
const KINDS = [range("0", "9"), range("a", "z"), range("A", "Z")];
const PRINTABLE = range(" ", "~");

const tally = new Tally();

async function change(
  shape: Shape,
  name: string,
  at: number,
  [kind, change]: typeof CHANGES[number],
  relisted: boolean,
): Promise<void> {
  const { files, reader } = shape;
  const bytes = change(files.get(name)!, at, tally.dice);
  if (bytes === null) return;
  const changed = new Map(files).set(name, bytes);
  const folder = name.slice(0, name.indexOf("/") + 1);
  await tally.attack({
    kind: `${folder || name}: ${kind}`,
    what: `${shape.name}: ${name} at ${at}: ${files.get(name)![at]} -> ${
      bytes[at]
    }`,
    bundle: asBundle(relisted ? relist(shape, changed) : changed),
    reader,
    by: relisted || name === BUNDLE_FILES.index || name === EXPIRED_FILE
      ? answersFor(name)
      : [["bundle.complete", "bundle.digest", "bundle.size"]],
  });
}

const names = ({ files }: Shape, relisted: boolean) =>
  [...files.keys()].filter((name) =>
    files.get(name)!.length > 0 && !(relisted && name === BUNDLE_FILES.index)
  );

Deno.test("every byte of a bundle, changed in two ways, is told by what answers for its file", async () => {
  for (const name of names(SMALL, true)) {
    const { length } = SMALL.files.get(name)!;
    for (let at = 0; at < length; at++) {
      // The policy is much text for one digest.
      const ways = name.startsWith(BUNDLE_POLICY) ? [at] : [at, at + 3];
      for (const way of ways) {
        await change(SMALL, name, at, CHANGES[way % CHANGES.length], true);
      }
    }
  }
});

Deno.test("any byte of any shape of bundle, changed in any way, is told by what answers for its file", async () => {
  for (const shape of SHAPES.slice(1)) {
    for (const name of names(shape, true)) {
      const { length } = shape.files.get(name)!;
      for (let i = 0; i < 70; i++) {
        const at = tally.dice.below(length);
        await change(shape, name, at, tally.dice.of(CHANGES), true);
      }
    }
  }
});

Deno.test("any changed byte is told by the list of files", async () => {
  for (const shape of SHAPES) {
    for (const name of names(shape, false)) {
      const { length } = shape.files.get(name)!;
      for (let i = 0; i < 30; i++) {
        const at = tally.dice.below(length);
        await change(shape, name, at, tally.dice.of(CHANGES), false);
      }
    }
  }
});

Deno.test("the changed bytes, by what told them", () =>
  tally.close(SHARES.flips));
