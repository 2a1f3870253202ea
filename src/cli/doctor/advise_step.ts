/**
 * The least permissions that would have done for a deno step, as `doctor --step` shows them.
 *
 * @module
 */
import { EXIT, type ExitStatus, WritError } from "../../core/errors.ts";
import { readPlan, readReceipts } from "../../run/documents.ts";
import type { Context } from "../command.ts";
import { findRun } from "../find_run.ts";
import { openLedger } from "../open_ledger.ts";
import { permissionUses, useText } from "../permission_uses.ts";
import type { DoctorAnswer } from "../upkeep_answers.ts";

/**
 * Answers from the evidence of a run.
 *
 * @throws {WritError} `reference.unknown` where the run knows nothing of the step's permissions
 */
export async function adviseStep(
  step: string,
  reference: string,
  context: Context,
): Promise<ExitStatus> {
  await using open = await openLedger(context);
  const { ledger, state } = open;
  const record = await findRun(reference, open);
  const receipts = await readReceipts(ledger, record.run);
  const plan = await readPlan(ledger, record.plan);
  const uses = await permissionUses(plan, receipts, state);
  const use = uses.get(step);
  if (use === undefined) {
    throw new WritError(
      "reference.unknown",
      `Cannot tell what "${step}" used: ${record.run} has no permission audit of a step of that name`,
      {
        hint: uses.size === 0
          ? "Only deno steps have one that can be read, where their evidence is public and has not expired"
          : `It has those of ${[...uses.keys()].join(", ")}`,
      },
    );
  }
  context.terminal.answer(
    { run: record.run, step, ...use } satisfies DoctorAnswer,
    [
      `${context.terminal.paint("name", step)} in ${record.run}: ${
        useText(use)
      }`,
      "",
      `"permissions": ${JSON.stringify(use.least, null, 2)}`,
      "",
      "Modules that it loaded and programs that it started are not told by the runtime: keep what they need, as import and run.",
    ],
  );
  return EXIT.done;
}
