/**
 * How much of a corpus of secrets is found, and how much is taken for one that is none.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { loadPreset } from "../src/evidence/redact_preset.ts";
import { redactStream } from "../src/evidence/redact.ts";
import { LOOK_ALIKES } from "./redact/look_alikes.ts";
import { POSITIVES } from "./redact/positives.ts";
import { sampleOf } from "./redact/template.ts";

/** What must be reached: secrets found, look-alikes left alone. */
const FLOOR = { recall: 0.99, spared: 0.99 };

const preset = await loadPreset();

function redacted(text: string): string {
  const stream = redactStream(new Map(), [preset]);
  const parts = [stream.write(new TextEncoder().encode(text)), stream.end()];
  return parts.map((part) => new TextDecoder().decode(part)).join("");
}

/** So much of a secret may be left beside its mark. */
const REMNANT = 6;

/** Whether nothing of the secrets can be read any more. */
function isHidden(template: string, seed: number): boolean {
  const { text, secrets } = sampleOf(template, seed);
  const left = redacted(text).replace(/\[redacted [^\]]*\]/g, "[]");
  return secrets.every((secret) => {
    for (const word of secret.split(/[\s\\]+/)) {
      const size = Math.min(word.length, REMNANT + 1);
      for (let at = 0; at + size <= word.length; at++) {
        if (size > 2 && left.includes(word.slice(at, at + size))) {
          return false;
        }
      }
    }
    return true;
  });
}

function isSpared(template: string, seed: number): boolean {
  const { text } = sampleOf(template, seed);
  return redacted(text) === text;
}

/** The share of each kind that is as it should be, printed; and those that are not. */
function measure(
  corpus: Record<string, string[]>,
  isRight: (template: string, seed: number) => boolean,
): { count: number; share: number; wrong: string[] } {
  const wrong: string[] = [];
  let count = 0;
  for (const [kind, templates] of Object.entries(corpus)) {
    const missed = templates.filter((template, i) => !isRight(template, i));
    console.log(
      `  ${kind}: ${templates.length - missed.length}/${templates.length}`,
    );
    for (const each of missed) console.log(`    ${each}`);
    wrong.push(...missed);
    count += templates.length;
  }
  return { count, share: 1 - wrong.length / count, wrong };
}

Deno.test("the corpus: secrets are found", () => {
  const { count, share, wrong } = measure(POSITIVES, isHidden);
  console.log(`recall ${(share * 100).toFixed(1)} % of ${count}`);
  assert(count >= 200);
  assert(share >= FLOOR.recall, `not found:\n${wrong.join("\n")}`);
});

Deno.test("the corpus: look-alikes are left alone", () => {
  const { count, share, wrong } = measure(LOOK_ALIKES, isSpared);
  console.log(
    `false positives ${((1 - share) * 100).toFixed(1)} % of ${count}`,
  );
  assert(count >= 200);
  assert(share >= FLOOR.spared, `taken for secrets:\n${wrong.join("\n")}`);
});

Deno.test("the corpus: what says nothing is no secret and no look-alike", () => {
  // A finder that takes all, or nothing, would pass one of the two tests above.
  const all = Object.values(POSITIVES).flat();
  const none = Object.values(LOOK_ALIKES).flat();
  assertEquals(all.filter(isSpared), []);
  assertEquals(none.filter((text) => /[«»]/.test(text)), []);
});
