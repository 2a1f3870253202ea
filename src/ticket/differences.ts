/**
 * What would change in policy and trust, as data, for people to look at before they accept it.
 *
 * @module
 */
import type { PolicySet } from "../policy/policy_set.ts";
import {
  type Recipient,
  RETENTION,
  type Retention,
  type Trust,
  type TrustedKey,
} from "./trust.ts";

/** A line of a changed file. */
export interface LineChange {
  op: "added" | "removed" | "same";
  text: string;
}

/** A policy file that would change. */
export interface FileDifference {
  file: string;
  change: "added" | "removed" | "changed";
  lines: LineChange[];
}

/** What of trust would change. */
export type TrustDifference =
  | { what: "key"; change: "added" | "removed"; key: TrustedKey }
  | {
    what: "key";
    change: "changed";
    key: TrustedKey;
    /** Each field that differs, as JSON. */
    fields: { name: string; from: string; to: string }[];
  }
  | { what: "quorum"; from: number; to: number }
  | { what: "witnesses"; from: number; to: number }
  | { what: "recipient"; change: "added" | "removed"; recipient: Recipient }
  | { what: "retention"; from: Retention; to: Retention }
  | { what: "policies"; added: string[]; removed: string[] };

/** Everything that would change; two empty lists where nothing would. */
export interface Differences {
  policy: FileDifference[];
  trust: TrustDifference[];
}

/** Policy and trust together. */
export interface InForce {
  policy: PolicySet;
  trust: Trust;
}

/** Compares what is in force with what is proposed. Where nothing is in force, all of it is new. */
export function differences(old: InForce | null, next: InForce): Differences {
  return {
    policy: policyDifferences(old?.policy ?? { files: {} }, next.policy),
    trust: trustDifferences(old?.trust ?? null, next.trust),
  };
}

function policyDifferences(old: PolicySet, next: PolicySet): FileDifference[] {
  const names = new Set([
    ...Object.keys(old.files),
    ...Object.keys(next.files),
  ]);
  const found: FileDifference[] = [];
  for (const file of [...names].sort()) {
    const before = old.files[file], after = next.files[file];
    if (before === after) continue;
    found.push({
      file,
      change: before === undefined
        ? "added"
        : after === undefined
        ? "removed"
        : "changed",
      lines: lineChanges(linesOf(before), linesOf(after)),
    });
  }
  return found;
}

function trustDifferences(old: Trust | null, next: Trust): TrustDifference[] {
  const before = new Map(old?.keys.map((key) => [key.id, key]));
  const after = new Map(next.keys.map((key) => [key.id, key]));
  const found: TrustDifference[] = [];
  for (const key of next.keys) {
    const was = before.get(key.id);
    if (was === undefined) found.push({ what: "key", change: "added", key });
    else {
      const fields = fieldChanges(was, key);
      if (fields.length > 0) {
        found.push({ what: "key", change: "changed", key, fields });
      }
    }
  }
  for (const key of before.values()) {
    if (!after.has(key.id)) found.push({ what: "key", change: "removed", key });
  }
  if (old?.quorum !== next.quorum) {
    found.push({ what: "quorum", from: old?.quorum ?? 0, to: next.quorum });
  }
  const witnessed = { from: old?.witnesses ?? 0, to: next.witnesses ?? 0 };
  if (witnessed.from !== witnessed.to) {
    found.push({ what: "witnesses", ...witnessed });
  }
  const was = old?.policies ?? [];
  const added = next.policies.filter((digest) => !was.includes(digest));
  const removed = was.filter((digest) => !next.policies.includes(digest));
  if (added.length + removed.length > 0) {
    found.push({ what: "policies", added, removed });
  }
  return [...found, ...evidenceDifferences(old, next)];
}

/** Who can open sealed evidence, and how long evidence is kept. */
function evidenceDifferences(
  old: Trust | null,
  next: Trust,
): TrustDifference[] {
  const before = old?.recipients ?? [];
  const after = next.recipients ?? [];
  const missing = (
    list: readonly Recipient[],
    { recipient, owner }: Recipient,
  ) => !list.some((one) => one.recipient === recipient && one.owner === owner);
  const found: TrustDifference[] = [];
  for (const recipient of before.filter((one) => missing(after, one))) {
    found.push({ what: "recipient", change: "removed", recipient });
  }
  for (const recipient of after.filter((one) => missing(before, one))) {
    found.push({ what: "recipient", change: "added", recipient });
  }
  const from = old?.retention ?? RETENTION;
  const to = next.retention ?? RETENTION;
  if (from.public !== to.public || from.sealed !== to.sealed) {
    found.push({ what: "retention", from, to });
  }
  return found;
}

function fieldChanges(
  was: TrustedKey,
  is: TrustedKey,
): { name: string; from: string; to: string }[] {
  return (Object.keys(is) as (keyof TrustedKey)[]).sort()
    .map((name) => ({
      name,
      from: JSON.stringify(was[name]),
      to: JSON.stringify(is[name]),
    }))
    .filter(({ from, to }) => from !== to);
}

function linesOf(text: string | undefined): string[] {
  if (text === undefined || text === "") return [];
  return text.replace(/\n$/, "").split("\n");
}

// The table of the longest common subsequence is quadratic; above this many cells the middle
// is shown as replaced as a whole.
const MAX_CELLS = 4_000_000;

/** The changed lines, all unchanged ones among them. */
export function lineChanges(
  old: readonly string[],
  next: readonly string[],
): LineChange[] {
  let head = 0;
  while (
    head < old.length && head < next.length && old[head] === next[head]
  ) head++;
  let tail = 0;
  while (
    tail < old.length - head && tail < next.length - head &&
    old[old.length - 1 - tail] === next[next.length - 1 - tail]
  ) tail++;
  const same = (text: string): LineChange => ({ op: "same", text });
  return [
    ...old.slice(0, head).map(same),
    ...middle(
      old.slice(head, old.length - tail),
      next.slice(head, next.length - tail),
    ),
    ...old.slice(old.length - tail).map(same),
  ];
}

function middle(
  old: readonly string[],
  next: readonly string[],
): LineChange[] {
  const removed = (text: string): LineChange => ({ op: "removed", text });
  const added = (text: string): LineChange => ({ op: "added", text });
  if (old.length * next.length > MAX_CELLS) {
    return [...old.map(removed), ...next.map(added)];
  }
  const width = next.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      common[i * width + j] = old[i] === next[j]
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const out: LineChange[] = [];
  let i = 0, j = 0;
  while (i < old.length && j < next.length) {
    if (old[i] === next[j]) {
      out.push({ op: "same", text: old[i] });
      i++;
      j++;
    } else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) {
      out.push(removed(old[i++]));
    } else out.push(added(next[j++]));
  }
  return [...out, ...old.slice(i).map(removed), ...next.slice(j).map(added)];
}
