/**
 * A report as lines of text.
 *
 * @module
 */
import type { Place, WritError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import type {
  InvariantResult,
  InvariantVerdict,
  ReasonCode,
  Report,
} from "./report.ts";

/** Marks a text for emphasis, by what it means. */
export type Paint = (emphasis: "good" | "bad" | "care", text: string) => string;

/** How a report is rendered. */
export interface RenderOptions {
  /** Columns of the terminal; without it lines are as long as they are. */
  columns?: number;
  /** Without it text is plain. */
  paint?: Paint;
}

/**
 * The lines of a report: a table of the invariants with their reasons, what the run was, and
 * last the verdict. What is untrue comes first, then what is not known: all that is unknown only
 * because a file cannot be read is told once. Text of the bundle is shown with control characters
 * escaped.
 */
export function renderReport(
  report: Report,
  { columns = Infinity, paint = (_, text) => text }: RenderOptions = {},
): string[] {
  const { invariants } = report;
  const lines = (list: readonly InvariantResult[]) =>
    list.flatMap((each) => invariantLines(each, columns, paint));
  const verdicts = (...wanted: InvariantVerdict[]) =>
    invariants.filter(({ verdict }) => wanted.includes(verdict));
  const unknown = verdicts("UNKNOWN");
  const unread = unknown.filter(isUnread);
  return [
    ...lines(verdicts("FAIL").map(withoutUnread)),
    ...(unread.length > 1
      ? [
        ...unreadLines(unread, columns, paint),
        ...lines(unknown.filter((each) => !isUnread(each))),
      ]
      : lines(unknown)),
    ...lines(verdicts("PASS", "WARN")),
    "",
    ...subjectLines(report),
    "",
    verdictLine(report, paint),
  ];
}

const EMPHASIS = {
  PASS: "good",
  WARN: "care",
  FAIL: "bad",
  UNKNOWN: "bad",
} as const satisfies Record<InvariantVerdict, Parameters<Paint>[0]>;

const VERDICT_WIDTH = "UNKNOWN".length;
const ID_WIDTH = "decision.recomputed".length;

const UNREAD: ReasonCode = "part.unreadable";

/** Whether it is unknown for nothing but a file that cannot be read. */
function isUnread({ reasons }: InvariantResult): boolean {
  return reasons.every(({ code }) => code === UNREAD);
}

/** Beside what is untrue it tells nothing that others lack a file, too. */
function withoutUnread(result: InvariantResult): InvariantResult {
  const reasons = result.reasons.filter(({ code }) => code !== UNREAD);
  return { ...result, reasons };
}

function unreadLines(
  unread: readonly InvariantResult[],
  columns: number,
  paint: Paint,
): string[] {
  const files = new Set(
    unread.flatMap(({ reasons }) =>
      reasons.flatMap(({ pointers }) => pointers)
    ),
  );
  const names = [...files].map((file) => `"${shown(file)}"`).join(", ");
  return [
    `${
      paint(EMPHASIS.UNKNOWN, "UNKNOWN")
    }  ${unread.length} could not be checked, since ${names} cannot be read:`,
    ...wrapped(unread.map(({ id }) => id), Math.min(columns, 80))
      .map((line) => `  ${line}`),
  ];
}

/** Words as lines of at most so many columns, where a word is not longer. */
function wrapped(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const [i, name] of words.entries()) {
    const word = i === words.length - 1 ? name : `${name},`;
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last === undefined || longer.length + 2 > columns) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function invariantLines(
  { id, title, verdict, reasons }: InvariantResult,
  columns: number,
  paint: Paint,
): string[] {
  const mark = paint(EMPHASIS[verdict], verdict) +
    " ".repeat(VERDICT_WIDTH - verdict.length);
  const wide = VERDICT_WIDTH + ID_WIDTH + title.length + 4 <= columns;
  const head = wide
    ? [`${mark}  ${id.padEnd(ID_WIDTH)}  ${title}`]
    : [`${mark}  ${id}`, `  ${title}`];
  return [
    ...head,
    ...reasons.slice(0, MOST_REASONS).flatMap((reason) => [
      `  ${shown(reason.message)}`,
      `    ${[reason.code, ...reason.pointers.map(shown)].join("  ")}`,
    ]),
    ...(reasons.length > MOST_REASONS
      ? [`  … and ${reasons.length - MOST_REASONS} more; --json has them all`]
      : []),
  ];
}

/** Of one invariant; the hundredth reason tells nothing new. */
const MOST_REASONS = 10;

function subjectLines({ where, run, subjects, outcome }: Report): string[] {
  const { approvers, runner, steps, fetched, products } = subjects;
  const nobody = "nobody whom the reader trusts";
  return [
    ["bundle", where],
    ["run", `${run ?? "not known"} (${outcome ?? "no outcome"})`],
    ["plan", subjects.plan ?? "not known"],
    ["decision", subjects.decision ?? "not known"],
    ["ticket", subjects.ticket ?? "not known"],
    [
      "approved",
      approvers.map(({ owner, key }) => `${owner} (${key})`).join(", ") ||
      nobody,
    ],
    ["sealed", runner ?? nobody],
    [
      "steps",
      steps.map(({ step, status }) => `${step} ${status}`).join(", ") || "none",
    ],
    ...fetched.map(({ step, cache, tree }) => [
      "fetched",
      `${cache} ${tree} by ${step}`,
    ]),
    ...products.map(({ path, tree }) => ["product", `${path} ${tree}`]),
  ].map(([label, text]) => `${label.padEnd(8)}  ${shown(text)}`);
}

function verdictLine(report: Report, paint: Paint): string {
  const { invariants, outcome, verdict, subjects } = report;
  const failed = count(invariants, "FAIL");
  const unknown = count(invariants, "UNKNOWN");
  switch (verdict) {
    case "verified": {
      const steps = subjects.steps.length;
      // Where all that was to be done was done, what was skipped was not to be done.
      const done = steps -
        subjects.steps.filter(({ status }) => status === "skipped").length;
      const what = done === steps
        ? "a run"
        : `a run of a part of its plan, ${done} of ${steps} steps,`;
      return `${
        paint("good", "Verified")
      }: a true record of ${what} that was approved, executed and succeeded`;
    }
    case "failed-run":
      return `${
        paint("care", "Failed run")
      }: a true record of a run that did not succeed (${outcome})`;
    case "not-verified":
      return `${
        paint("bad", "Not verified")
      }: ${failed} failed, ${unknown} unknown of ${invariants.length} invariants`;
  }
}

function count(
  invariants: readonly InvariantResult[],
  verdict: InvariantVerdict,
): number {
  return invariants.filter((each) => each.verdict === verdict).length;
}

/** The lines of an error: its sentence, its faults with their places, its hint. */
export function renderError(error: WritError): string[] {
  const [first, ...more] = error.faults;
  // One fault that the sentence tells already adds its place and nothing else.
  const told = first !== undefined && more.length === 0 &&
    error.message.includes(first.message);
  const at = told && first.place !== undefined
    ? ` (${placeText(first.place)})`
    : "";
  const faults = told
    ? []
    : error.faults.map(({ place, message }) =>
      place === undefined ? `  ${message}` : `  ${placeText(place)}: ${message}`
    );
  const lines = [
    `error[${error.code}]: ${error.message}${at}`,
    ...faults,
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
  ];
  return lines.map(shown);
}

function placeText({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** Some messages have escaped what they quote already; that is not escaped again. */
function shown(text: string): string {
  return text.split("\\u{").map(printable).join("\\u{");
}
