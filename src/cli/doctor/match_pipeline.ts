/**
 * Whether each step of a pipeline can be held on this machine, as `doctor --for` shows it.
 *
 * Edge: asks the system for the user's id.
 *
 * @module
 */
import { isWritError } from "../../core/errors.ts";
import type { PlanStep } from "../../plan/plan.ts";
import { matchSteps } from "../../run/match_steps.ts";
import { propose } from "../../run/propose.ts";
import { takeSecrets } from "../../run/secrets.ts";
import type { Context } from "../command.ts";
import { openWish } from "../proposing.ts";
import type { Terminal } from "../terminal.ts";
import type { Machine } from "./machine.ts";

/** A step of the pipeline. */
export interface StepMatch {
  step: string;
  /** What would hold it; `null` where nothing does. */
  backend: string | null;
  /** What that would not hold. */
  gaps: string[];
  error: { code: string; message: string; hint: string | null } | null;
}

/** Plans the pipeline, and matches its steps. */
export async function matchPipeline(
  args: { pipeline: string; param: string[]; as: string | null },
  { backends }: Machine,
  context: Context,
): Promise<StepMatch[]> {
  const { wish, sight } = await openWish(args, context);
  const { steps } = (await propose(wish, sight, null)).plan.value;
  return matchSteps(steps, backends, Deno.uid()!).map((match, at) => {
    const error = "error" in match
      ? match.error
      : missingSecret(steps[at], sight.env);
    return {
      step: match.step,
      backend: "backend" in match ? match.backend.name : null,
      gaps: "backend" in match ? match.gaps : [],
      error: error === null ? null : {
        code: error.code,
        message: error.message,
        hint: error.hint ?? null,
      },
    };
  });
}

function missingSecret(
  step: PlanStep,
  env: (name: string) => string | undefined,
) {
  try {
    takeSecrets([step], env);
    return null;
  } catch (error) {
    if (isWritError(error)) return error;
    throw error;
  }
}

/** A row a step, and under it why it is not held, or not wholly. */
export function stepLines(
  steps: readonly StepMatch[],
  { paint }: Pick<Terminal, "paint">,
): string[] {
  return [
    "",
    ...steps.flatMap(({ step, backend, gaps, error }) => [
      error === null
        ? `${paint("good", "held")}      ${step}: ${backend}`
        : `${paint("bad", "not held")}  ${step}: ${error.message}`,
      ...(error?.hint ? [`          hint: ${error.hint}`] : []),
      ...gaps.map((gap) => `          not enforced: ${gap}`),
    ]),
  ];
}
