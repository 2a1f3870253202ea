/**
 * Errors as people read them.
 *
 * @module
 */
import type { Fault, Place, WritError } from "../core/errors.ts";
import type { Emphasis } from "./paint.ts";
import { type Spoken, spokenAsProgram } from "./spoken.ts";

/**
 * The lines of an error: `error[code]: Sentence`, then each fault with its place,
 * `pipeline.json:7:53: message`, then the hint.
 */
export function errorLines(
  error: WritError,
  paint: (emphasis: Emphasis, text: string) => string,
  spoken: Spoken = spokenAsProgram,
): string[] {
  const head = `${paint("bad", `error[${error.code}]:`)} ${error.message}`;
  const hint = (text: string) => `${paint("care", "hint:")} ${spoken(text)}`;
  const only = onlyFault(error);
  const faults = only === null ? error.faults : [];
  const advice = error.hint ?? only?.hint;
  return [
    addsNothing(error, faults) ? head : `${head} (${placeText(error.place!)})`,
    ...faults.flatMap((fault) => faultLines(fault, hint)),
    ...(advice === undefined ? [] : [hint(advice)]),
  ];
}

/** The one fault of an error whose sentence tells it already. */
function onlyFault({ faults, message, hint }: WritError): Fault | null {
  const [fault, ...more] = faults;
  return fault !== undefined && more.length === 0 &&
      message.includes(fault.message) &&
      (hint === undefined || fault.hint === undefined)
    ? fault
    : null;
}

/** A sentence that names the file needs it not twice; nor a place that a fault has. */
function addsNothing(
  { place, message }: WritError,
  faults: readonly Fault[],
): boolean {
  if (place === undefined) return true;
  if (faults.some((fault) => isSamePlace(fault.place, place))) return true;
  return place.line === undefined && message.includes(place.file);
}

function isSamePlace(a: Place | undefined, b: Place): boolean {
  return a?.file === b.file && a.line === b.line && a.column === b.column;
}

function faultLines(fault: Fault, hint: (text: string) => string): string[] {
  const place = fault.place === undefined ? "" : `${placeText(fault.place)}: `;
  const line = `  ${place}${fault.message}`;
  return fault.hint === undefined ? [line] : [line, `    ${hint(fault.hint)}`];
}

/** `file`, `file:line` or `file:line:column`. */
export function placeText(place: Place): string {
  return [place.file, place.line, place.column].filter((part) =>
    part !== undefined
  ).join(":");
}
