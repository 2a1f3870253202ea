/**
 * `writ run`: the dry run. It cannot run or write anything.
 *
 * @module
 */
import { EXIT } from "../../core/errors.ts";
import { verdictOf } from "../../policy/decision.ts";
import { type Proposal, propose } from "../../run/propose.ts";
import { unsealable } from "../../run/seal_evidence.ts";
import { notInForce, type Sight } from "../../run/sight.ts";
import type { TrustGap } from "../../ticket/trust_gaps.ts";
import { wishWords } from "../../run/wish_words.ts";
import type { RunAnswer } from "../answers.ts";
import { command } from "../command.ts";
import { operand } from "../parameters.ts";
import { waitLines, waitsFor } from "../own_keys.ts";
import { proposalLines } from "../proposal_text.ts";
import { openWish, planning } from "../proposing.ts";

/** The dry run. */
export const run = command({
  about:
    "Plans the pipeline, asks policy, and shows what would run under which confinement.",
  parameters: {
    pipeline: operand("PIPELINE", "the pipeline file, JSON or JSONC"),
    ...planning,
  },
  run: async (args, context) => {
    const { wish, sight } = await openWish(args, context);
    const proposal = await propose(wish, sight, null);
    const problem = notInForce(sight);
    const unsealed = unsealable(
      proposal.plan.value.steps,
      sight.trust?.file ?? null,
    );
    const waits = await waitsFor(proposal, sight);
    const next = context.terminal.spoken(
      unsealed?.hint ?? nextStep(proposal, sight, waits),
    );
    context.terminal.answer(
      {
        plan: proposal.plan.value,
        planDigest: proposal.plan.digest,
        decision: proposal.decision.value,
        verdict: verdictOf(proposal.decision.value),
        inForce: problem === null,
        waits: waits?.what ?? null,
        hidden: Object.fromEntries(proposal.planned.hints),
        next,
      } satisfies RunAnswer,
      [
        ...proposalLines(proposal, context.terminal.paint),
        "",
        ...(problem === null ? [] : [
          `${context.terminal.paint("care", "Not in force:")} ${
            problem.message.replace(/^Cannot go on: /, "")
          }`,
        ]),
        ...(unsealed === null ? [] : [
          `${
            context.terminal.paint("care", "Would be refused:")
          } ${unsealed.message}`,
        ]),
        ...waitLines(waits, context.terminal),
        `Nothing was run. Next: ${next}`,
      ],
    );
    return EXIT.done;
  },
});

function nextStep(
  proposal: Proposal,
  sight: Sight,
  waits: TrustGap | null,
): string {
  const words = wishWords(proposal.wish);
  const problem = notInForce(sight);
  if (problem !== null) {
    return problem.code === "setup.missing" && problem.hint !== undefined
      ? problem.hint
      : "deno task writ trust accept";
  }
  switch (verdictOf(proposal.decision.value)) {
    case "allow":
      return waits === null
        ? `deno task execute ${words}`
        : `deno task approve ${words}`;
    case "review":
      return `deno task approve ${words}`;
    case "deny":
      return `deno task writ policy explain ${words}`;
  }
}
