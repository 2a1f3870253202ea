/**
 * How much a program can be handed when it is started, so that a step whose command line is too
 * long is refused before anybody approves it.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Step } from "../pipeline/pipeline.ts";
import type { Field } from "./faults.ts";
import type { PlanStep } from "./plan.ts";

/**
 * The longest one argument, or one variable with its name and `=`, in bytes of UTF-8. Source:
 * execve(2), "Limits on size of arguments and environment": on Linux MAX_ARG_STRLEN, 32 pages,
 * which are of 4 KiB at least, with the NUL at the end.
 */
export const LONGEST_WORD = 32 * 4096 - 1;

/**
 * The most bytes of all of them together, each with its NUL and a pointer of 8 bytes. Source:
 * execve(2): a quarter of the limit of the stack, usually 8 MiB. A quarter of that is left to
 * what Writ adds.
 */
export const MOST_BYTES = 1536 * 1024;

/**
 * The most arguments, where a variable and a folder that is read take three. Source: bubblewrap's
 * MAX_ARGS, 9,000, of which a thousand are left to what Writ adds.
 */
export const MOST_WORDS = 8_000;

/** What cannot be handed over, the field that holds it, and why. `folders` is how many the step reads. */
export function startFaults(
  step: Step,
  env: PlanStep["env"],
  folders: number,
): { field: Field; error: WritError }[] {
  const words = step.argv.map((word, index) => ({
    field: [step.kind, index],
    what: `has an argument of ${bytesOf(word)} bytes`,
    bytes: bytesOf(word),
  }));
  const variables = Object.entries(env).map(([name, value]) => {
    // A secret is short, and its value is not known.
    const text = typeof value === "string" ? value : "";
    return {
      field: ["env", name],
      what: `sets ${quoted(name)} to ${bytesOf(text)} bytes`,
      bytes: bytesOf(`${name}=${text}`),
    };
  });
  const flags = step.kind === "deno" ? flagsOf(step) : [];
  const all = [...words, ...variables, ...flags];
  const faults = all.filter(({ bytes }) => bytes > LONGEST_WORD)
    .map(({ field, what }) => tooLong(step, field, what, LONGEST_WORD));
  const bytes = all.reduce((sum, one) => sum + one.bytes + 9, 0);
  if (faults.length === 0 && bytes > MOST_BYTES) {
    const what = `starts with ${bytes} bytes of arguments and variables`;
    faults.push(tooLong(step, [step.kind], what, MOST_BYTES));
  }
  const count = words.length + flags.length +
    3 * (variables.length + folders);
  if (count > MOST_WORDS) {
    const what = `starts with ${count} arguments, where a variable and a ` +
      "folder that it reads count as three";
    faults.push(tooLong(step, [step.kind], what, MOST_WORDS));
  }
  return faults;
}

/** The lists that become one flag of Deno each, where the workspace is `/work`. */
function flagsOf({ permissions, env }: Step) {
  const { read, deny, write, net, run, sys, ffi } = permissions;
  const lists: [field: Field, list: boolean | string[], before: string][] = [
    [["permissions", "read"], read, "/work/"],
    [["permissions", "deny"], deny, "/work/"],
    [["permissions", "write"], write, "/work/"],
    [["permissions", "ffi"], ffi, "/work/"],
    [["permissions", "net"], net, ""],
    [["permissions", "run"], run, ""],
    [["permissions", "sys"], sys, ""],
    [["env"], Object.keys(env), ""],
  ];
  return lists.flatMap(([field, list, before]) => {
    if (typeof list === "boolean" || list.length === 0) return [];
    const bytes = bytesOf(
      `--allow-write=${list.map((one) => `${before}${one}`).join(",")}`,
    );
    const name = quoted(String(field.at(-1)));
    return [{ field, what: `has ${bytes} bytes of ${name}`, bytes }];
  });
}

function tooLong(step: Step, field: Field, what: string, most: number) {
  const error = new WritError(
    "plan.too_long",
    `Step ${
      quoted(step.id)
    } ${what}: no program can be started with more than ${most}`,
    {
      hint: field[0] === "permissions"
        ? "Name the folders that hold these paths"
        : 'Hand it over in a file that the step reads, or as its "stdin"',
    },
  );
  return { field, error };
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
