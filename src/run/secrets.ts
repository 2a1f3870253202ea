/**
 * The values of the secrets that a run's steps declare, from the runner's environment.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { SHORTEST } from "../evidence/secret_forms.ts";
import type { PlanStep } from "../plan/plan.ts";

/** Longest value, bytes: a key or a token, not a file. */
const LARGEST = 64 * 1024;

/**
 * The values by name. No message holds one.
 *
 * @throws {WritError} `secret.missing`, or `secret.unsafe` for a value that could not be kept out of output
 */
export function takeSecrets(
  steps: readonly PlanStep[],
  env: (name: string) => string | undefined,
): Map<string, string> {
  const values = new Map<string, string>();
  for (const step of steps) {
    for (const name of secretNames(step)) {
      if (!values.has(name)) values.set(name, take(name, step.id, env));
    }
  }
  return values;
}

/** What one step is given of them. */
export function secretsOf(
  step: PlanStep,
  values: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map(secretNames(step).map((name) => [name, values.get(name)!]));
}

/** The variable of the runner's environment that holds a secret: no shell can set `npm-token`. */
export function variableOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name)
    ? name
    : name.toUpperCase().replace(/\W/g, "_").replace(/^\d/, "_$&");
}

function secretNames(step: PlanStep): string[] {
  const names = Object.values(step.env).flatMap((value) =>
    typeof value === "string" ? [] : [value.secret]
  );
  return [...new Set(names)].sort();
}

function take(
  name: string,
  step: string,
  env: (name: string) => string | undefined,
): string {
  const variable = variableOf(name);
  const value = env(variable);
  if (value === undefined || value === "") {
    throw new WritError(
      "secret.missing",
      `Cannot give step "${step}" the secret "${name}": ${variable} is not set`,
      { hint: `Set ${variable} in the environment of whoever executes` },
    );
  }
  const size = new TextEncoder().encode(value).length;
  const wrong = new TextEncoder().encode(value.trim()).length < SHORTEST
    ? `it is shorter than ${SHORTEST} bytes, so that it could not be told from other output`
    : size > LARGEST
    ? `it is longer than ${LARGEST} bytes`
    : value.includes("\0") || !value.isWellFormed()
    ? "it is no text that an environment can hold"
    : null;
  if (wrong !== null) {
    throw new WritError(
      "secret.unsafe",
      `Cannot give step "${step}" the secret "${name}": ${wrong}`,
    );
  }
  return value;
}
