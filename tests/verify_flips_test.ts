/**
 * One bit of a bundle, anywhere, is one too many.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { withIndex } from "../src/bundle/bundle_index.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import { asBundle, bundleFiles, RUN } from "./verify_fixtures.ts";
import { READER } from "./verify_rows.ts";

const files = await bundleFiles();
const filled = [...files.keys()].filter((name) => files.get(name)!.length > 0);

/** Any bit of any file, every file as likely as any other. */
const bit = (names: string[]) =>
  fc.constantFrom(...names).chain((name) =>
    fc.record({
      name: fc.constant(name),
      position: fc.nat(files.get(name)!.length - 1),
      mask: fc.nat(7).map((shift) => 1 << shift),
    })
  );

function flipped(
  { name, position, mask }: { name: string; position: number; mask: number },
): Map<string, Uint8Array> {
  const bytes = Uint8Array.from(files.get(name)!);
  bytes[position] ^= mask;
  return new Map(files).set(name, bytes);
}

Deno.test("without a flip the bundle is true", async () => {
  const report = await verifyBundle(asBundle(files), READER);
  assertEquals(report.exit, 0);
});

Deno.test("no flipped bit goes unseen", async () => {
  const property = fc.asyncProperty(bit(filled), async (flip) => {
    const report = await verifyBundle(asBundle(flipped(flip)), READER);
    assertEquals([report.exit, report.verdict], [4, "not-verified"]);
  });
  await fc.assert(property, { numRuns: 1500 });
});

// Of the author's file, comments and layout are in no plan.
const bound = filled.filter((name) =>
  name !== BUNDLE_FILES.index && name !== BUNDLE_FILES.pipeline
);

Deno.test("no flipped bit goes unseen where the list of files is made anew", async () => {
  const property = fc.asyncProperty(bit(bound), async (flip) => {
    const bundle = asBundle(withIndex(flipped(flip), RUN));
    const report = await verifyBundle(bundle, READER);
    assertEquals([report.exit, report.verdict], [4, "not-verified"]);
  });
  await fc.assert(property, { numRuns: 1500 });
});

const TEXTS: [what: string, text: string][] = [
  ["nothing", ""],
  ["deep nesting", "[".repeat(200_000) + "]".repeat(200_000)],
  ["nesting that does not end", '{"a":'.repeat(200_000)],
  ["many empty lines", "\n".repeat(50_000)],
  ["a byte order mark", "\ufeff{}"],
  ["the wrong type", '"text"'],
  ["a prototype", '{"__proto__":{"v":1}}'],
];

for (const [what, text] of TEXTS) {
  Deno.test(`${what} in any file is told, and breaks no check`, async () => {
    for (const name of filled) {
      const bytes = new TextEncoder().encode(text);
      const changed = withIndex(new Map(files).set(name, bytes), RUN);
      if (name === BUNDLE_FILES.index) changed.set(name, bytes);
      const report = await verifyBundle(asBundle(changed), READER);
      const codes = report.invariants.flatMap(({ reasons }) =>
        reasons.map(({ code }) => code)
      );
      assertEquals([name, report.exit], [name, 4]);
      assertEquals(codes.includes("verify.fault"), false, name);
    }
  });
}
