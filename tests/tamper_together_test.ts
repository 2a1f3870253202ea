/**
 * Several things are changed at once: each of them is still told, or what it would be told by
 * cannot be read.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { type By, SHARES, Tally } from "./tamper.ts";
import { answersFor } from "./tamper_answers.ts";
import { relist, type Shape, SHAPES } from "./tamper_shapes.ts";
import { asBundle } from "./verify_fixtures.ts";

const tally = new Tally();
const { dice } = tally;

/** Some bytes of a file are others: one, or all from one place to another. */
function damaged(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  const from = dice.below(out.length);
  const to = dice.below(2) === 0 ? from : from + dice.below(out.length - from);
  for (let at = from; at <= to; at++) out[at] ^= 1 + dice.below(255);
  return dice.below(8) === 0 ? out.slice(0, from) : out;
}

const namesOf = ({ files }: Shape) =>
  [...files.keys()].filter((name) =>
    name !== BUNDLE_FILES.index && files.get(name)!.length > 0
  );

/** What was cut off to nothing is no longer what it was. */
const EMPTIED: By[] = [["evidence.true", "evidence.size"]];

Deno.test("of several files that are damaged at once none hides behind another", async () => {
  for (let i = 0; i < SHARES.together; i++) {
    const shape = dice.of(SHAPES);
    const names = new Set(
      Array.from({ length: 2 + dice.below(4) }, () => dice.of(namesOf(shape))),
    );
    const files = new Map(shape.files);
    for (const name of names) files.set(name, damaged(files.get(name)!));
    await tally.attack({
      kind: `${names.size} files damaged at once`,
      what: `${shape.name}: ${[...names].join(", ")}`,
      bundle: asBundle(relist(shape, files)),
      reader: shape.reader,
      by: [...[...names].flatMap(answersFor), ...EMPTIED],
    });
  }
});

Deno.test("the shares come to 100,000", () => {
  const all = Object.values(SHARES).reduce((sum, share) => sum + share, 0);
  assertEquals(all, 100_000);
  assert(SHAPES.length >= 7);
});

Deno.test("what was damaged at once, by what told it", () =>
  tally.close(SHARES.together));
