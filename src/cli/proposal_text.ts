/**
 * What a dry run and an approver see of a proposal, as lines.
 *
 * @module
 */
import { counted } from "../core/counted.ts";
import { format } from "@std/fmt/bytes";
import type { Material, Plan, PlanCache, PlanStep } from "../plan/plan.ts";
import { hintText, type ViewHint } from "../plan/view_hint.ts";
import type { Decision, Outcome } from "../policy/decision.ts";
import type { Proposal } from "../run/propose.ts";
import type { Emphasis } from "./paint.ts";

type Paint = (emphasis: Emphasis, text: string) => string;

const ANSWER: Record<Outcome["outcome"], Emphasis> = {
  allow: "good",
  review: "care",
  deny: "bad",
};

/** A plan and its decision, as they are shown. */
export interface Judged {
  plan: Plan;
  decision: Decision;
  /** Where it comes from. */
  file: string;
  /** What each step will not see. */
  hints: ReadonlyMap<string, ViewHint | null>;
}

/** The lines of a proposal: a head, then a block a step. */
export function proposalLines(proposal: Proposal, paint: Paint): string[] {
  return judgedLines({
    plan: proposal.plan.value,
    decision: proposal.decision.value,
    file: proposal.wish.file,
    hints: proposal.planned.hints,
  }, paint);
}

/** The lines of a plan and its decision. */
export function judgedLines(judged: Judged, paint: Paint): string[] {
  const { plan, decision, file, hints } = judged;
  const { requester, source } = decision.facts;
  const outcomes = new Map(
    decision.outcomes.map((outcome) => [outcome.step, outcome]),
  );
  return [
    `${paint("name", plan.name)} (${file})`,
    `  plan       ${decision.plan}`,
    `  requester  ${requester.kind} ${requester.id}${
      requester.key === null ? "" : `, signed by ${requester.key}`
    }`,
    ...(source.commit === null ? [] : [
      `  source     ${source.commit.slice(0, 12)}${
        source.branch === null ? "" : ` on ${source.branch}`
      }`,
    ]),
    ...Object.entries(plan.params).map(([name, value]) =>
      `  param      ${name}=${value}`
    ),
    ...(plan.require.length === 0
      ? []
      : [`  requires   ${plan.require.join(", ")} without a warning`]),
    ...plan.steps.flatMap((step) => [
      "",
      ...stepLines(
        step,
        outcomes.get(step.id)!,
        hints.get(step.id) ?? null,
        paint,
      ),
    ]),
  ];
}

function stepLines(
  step: PlanStep,
  outcome: Outcome,
  hint: ViewHint | null,
  paint: Paint,
): string[] {
  const rows: [string, string][] = [
    ["command", commandOf(step)],
    ...(step.needs.length > 0 ? [["after", step.needs.join(", ")]] : []) as [
      string,
      string,
    ][],
    ...(step.cwd === "." ? [] : [["in", step.cwd]]) as [string, string][],
    ["reads", materialTexts(step.materials).join(", ") || "nothing"],
    [
      "writes",
      step.products.map(({ path, starts }) =>
        starts === "update" ? `${path} (in place)` : path
      ).join(", ") || "nothing",
    ],
    ...(step.scratch.length > 0
      ? [["scratch", step.scratch.join(", ")]]
      : []) as [string, string][],
    ...(step.tools.length > 0 ? [["tools", toolsText(step)]] : []) as [
      string,
      string,
    ][],
    ["network", networkText(step)],
    ...(step.fetch === null
      ? []
      : [["fetches", `the ${step.fetch} cache, from nothing`]]) as [
        string,
        string,
      ][],
    ...(step.fetched.length === 0
      ? []
      : [["fetched", step.fetched.map(cacheText).join(", ")]]) as [
        string,
        string,
      ][],
    ...Object.entries(step.env).map(([name, value]): [string, string] => [
      "env",
      typeof value === "string"
        ? `${name}=${value}${
          step.bound.includes(name) ? " (from your environment)" : ""
        }`
        : `${name} is ${
          value.as === "file" ? "a file with " : ""
        }the secret ${value.secret}`,
    ]),
    ["held by", `${step.isolation} or stronger`],
    ...(step.evidence === "public"
      ? []
      : [["output", "is sealed for the recipients in trust"]]) as [
        string,
        string,
      ][],
    ...(hint === null ? [] : [[
      "sees",
      hintText(hint).replace(/^sees /, "").replace(/^does not see/, "not"),
    ]]) as [string, string][],
    ...outcome.obligations.map((text): [string, string] => ["look at", text]),
    ...reasonRows(outcome),
  ];
  return [
    `${paint("name", step.id)}  ${
      paint(ANSWER[outcome.outcome], outcome.outcome)
    }`,
    ...rows.map(([name, text]) => `  ${name.padEnd(9)}  ${text}`),
  ];
}

function reasonRows(outcome: Outcome): [string, string][] {
  if (outcome.outcome === "allow") return [];
  const question = outcome.outcome === "deny" ? "run" : "runUnattended";
  const rules = outcome.rules.filter((rule) =>
    rule.question === question && rule.effect === "forbid"
  );
  if (rules.length === 0) return [["rule", "no rule permits it"]];
  return rules.map(({ id, reason }) => [
    "rule",
    reason === "" ? id : `${id}: ${reason}`,
  ]);
}

/** The command of a step, words with spaces quoted. */
export function commandOf(step: Pick<PlanStep, "kind" | "argv">): string {
  const words = step.kind === "deno" ? ["deno", ...step.argv] : step.argv;
  return words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)
  ).join(" ");
}

/** From how many on the folders and files of one folder are told together. */
const MANY = 4;

/** What a step reads; many in one folder, such as linked packages, are told as one. */
function materialTexts(materials: readonly Material[]): string[] {
  const groups = Map.groupBy(
    materials,
    (material) =>
      "from" in material
        ? material.path
        : material.path.slice(0, material.path.lastIndexOf("/") + 1),
  );
  return [...groups].flatMap(([folder, group]) => {
    if (folder === "" || group.length < MANY) return group.map(materialText);
    const sum = (count: (material: Material) => number) =>
      group.reduce((all, material) => all + count(material), 0);
    const files = sum((one) => "from" in one ? 0 : one.files);
    const bytes = sum((one) => "from" in one ? 0 : one.bytes);
    return [`${group.length} of ${folder} (${size(files, bytes)})`];
  });
}

function materialText(material: Material): string {
  return "from" in material
    ? `${material.path} (from ${material.from})`
    : `${material.path} (${size(material.files, material.bytes)})`;
}

function size(files: number, bytes: number): string {
  return `${counted(files, "file")}, ${format(bytes, { binary: true })}`;
}

/** Further programs and packages that are there for the step. */
function toolsText({ tools }: PlanStep): string {
  const names = tools.map(({ name }) => name);
  return names.length < MANY
    ? names.join(", ")
    : `${names[0]} and ${names.length - 1} more`;
}

function cacheText(cache: PlanCache): string {
  return "from" in cache
    ? `${cache.cache} (from ${cache.from})`
    : `${cache.cache} (${cache.tree}, from an earlier run)`;
}

function networkText({ permissions: { net } }: PlanStep): string {
  if (net === true) return "all of it";
  if (net === false || net.length === 0) return "none";
  return net.join(", ");
}
