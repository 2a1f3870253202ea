/**
 * What would change in policy and trust, as lines for people.
 *
 * @module
 */
import { counted } from "../core/counted.ts";
import type {
  Differences,
  LineChange,
  TrustDifference,
} from "../ticket/differences.ts";
import type { Emphasis } from "./paint.ts";

type Paint = (emphasis: Emphasis, text: string) => string;

/** How many unchanged lines are shown around a change. */
const CONTEXT = 3;

/** The lines of all differences: trust first, since it says who may change the rest. */
export function differenceLines(changes: Differences, paint: Paint): string[] {
  return [
    ...changes.trust.flatMap((change) => trustLines(change, paint)),
    ...changes.policy.flatMap(({ file, change, lines }) => [
      paint("name", `policy ${file}: ${change}`),
      ...hunks(lines, paint),
    ]),
  ];
}

function trustLines(change: TrustDifference, paint: Paint): string[] {
  if (change.what === "quorum") {
    return [
      paint("care", `trust: approvers needed ${change.from} -> ${change.to}`),
    ];
  }
  if (change.what === "witnesses") {
    return [
      paint("care", `trust: witnesses needed ${change.from} -> ${change.to}`),
    ];
  }
  if (change.what === "policies") {
    return [
      "trust: policies under which a policy key may sign",
      ...change.added.map((digest) => paint("good", `+ ${digest}`)),
      ...change.removed.map((digest) => paint("bad", `- ${digest}`)),
    ];
  }
  if (change.what === "recipient") {
    const { recipient, owner } = change.recipient;
    return [
      change.change === "added"
        ? paint(
          "good",
          `+ trust: evidence is sealed for ${owner}, ${recipient}`,
        )
        : paint(
          "bad",
          `- trust: evidence is sealed for ${owner}, ${recipient}`,
        ),
    ];
  }
  if (change.what === "retention") {
    return (["public", "sealed"] as const)
      .filter((each) => change.from[each] !== change.to[each])
      .map((each) =>
        paint(
          "care",
          `trust: ${each} evidence is kept ${daysText(change.from[each])} -> ${
            daysText(change.to[each])
          }`,
        )
      );
  }
  const { key } = change;
  const who = `${key.owner} (${key.kind}) for ${
    key.roles.join(", ")
  }, ${key.id}`;
  if (change.change === "changed") {
    return [
      paint("care", `~ trust: key of ${who}`),
      ...change.fields.map(({ name, from, to }) =>
        `    ${name}: ${from} -> ${to}`
      ),
    ];
  }
  return [
    change.change === "added"
      ? paint("good", `+ trust: key of ${who}`)
      : paint("bad", `- trust: key of ${who}`),
  ];
}

/** For how long something is kept. */
export function daysText(days: number | null): string {
  return days === null ? "for ever" : counted(days, "day");
}

/** The changed lines with a few around them; what lies between is left out, and said so. */
function hunks(lines: readonly LineChange[], paint: Paint): string[] {
  const changed = lines.flatMap(({ op }, i) => op === "same" ? [] : [i]);
  const near = new Set(
    changed.flatMap((i) =>
      Array.from({ length: 2 * CONTEXT + 1 }, (_, d) => i + d - CONTEXT)
    ),
  );
  const out: string[] = [];
  let left = 0;
  for (const [i, line] of lines.entries()) {
    if (!near.has(i)) {
      left++;
      continue;
    }
    if (left > 0) out.push(paint("faint", `  (${left} lines unchanged)`));
    left = 0;
    out.push(
      line.op === "added"
        ? paint("good", `+ ${line.text}`)
        : line.op === "removed"
        ? paint("bad", `- ${line.text}`)
        : `  ${line.text}`,
    );
  }
  if (left > 0) out.push(paint("faint", `  (${left} lines unchanged)`));
  return out;
}
