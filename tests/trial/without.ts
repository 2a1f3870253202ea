/**
 * Steps from which one declaration is taken away.
 *
 * @module
 */
import type { Steps } from "../support/trial_world.ts";

/** What is forgotten. */
export interface Forgotten {
  step: string;
  field: string;
  /** A path without its trailing slash, or another name. */
  value: string;
}

/** Reads `step.field value`. */
export function forgottenOf(declaration: string): Forgotten {
  const [, step, field, value] = /^([^.]+)\.(\w+) (.+)$/.exec(declaration)!;
  return { step, field, value: value.replace(/\/$/, "") };
}

/** The steps without the declaration, which must be there. */
export function without(
  steps: Steps,
  { step, field, value }: Forgotten,
): Steps {
  const changed = structuredClone(steps);
  const one = changed[step];
  const { permissions = {} } = one;
  const took = (list: unknown): boolean => {
    if (!Array.isArray(list)) return false;
    const at = list.findIndex((each) => each.replace(/\/$/, "") === value);
    if (at !== -1) list.splice(at, 1);
    return at !== -1;
  };
  let found = false;
  switch (field) {
    case "needs":
      found = took(one.needs);
      break;
    case "scratch":
      found = took(one.scratch);
      break;
    case "stdout":
      found = one.stdout === value;
      delete one.stdout;
      break;
    case "env":
      found = one.env !== undefined && delete one.env[value];
      break;
    case "read":
    case "write":
    case "net":
    case "run":
      found = took(permissions[field]);
  }
  if (!found) throw new Error(`${step} declares no ${field} ${value}`);
  return changed;
}

/** Whether a text names a path, or something beneath it, as a word of its own. */
export function names(text: string, path: string): boolean {
  const literal = path.replaceAll(/[^\w/]/g, "\\$&");
  return new RegExp(`(^|[\\s"(,])${literal}([\\s"),/:;]|$)`, "m").test(text);
}
