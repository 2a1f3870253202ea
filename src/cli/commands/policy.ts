/**
 * `writ policy check` and `writ policy explain`.
 *
 * @module
 */
import { EXIT, WritError } from "../../core/errors.ts";
import type { Verdict } from "../../policy/decision.ts";
import { explain as explainDecision } from "../../policy/explain.ts";
import { POLICY_FOLDER } from "../../core/workspace_names.ts";
import { loadPolicy } from "../../policy/load_policy.ts";
import { readPins } from "../../policy/pins.ts";
import { policyDigest } from "../../policy/policy_set.ts";
import { validatePolicy } from "../../policy/validate.ts";
import { propose } from "../../run/propose.ts";
import { type Command, command } from "../command.ts";
import type { Emphasis } from "../paint.ts";
import { waitLines, waitsFor } from "../own_keys.ts";
import { operand } from "../parameters.ts";
import type { ExplainAnswer, PolicyAnswer } from "../people_answers.ts";
import { openWish, planning } from "../proposing.ts";
import { findWorkspace } from "../workspace.ts";

/** Validates the workspace's policy. */
export const check: Command = command({
  parameters: {},
  async run(_args, { terminal, cwd, home }) {
    const { root } = await findWorkspace(cwd);
    const { policy, from } = await loadPolicy(root);
    const faults = await validatePolicy(policy);
    if (faults.length > 0) {
      throw new WritError(
        "policy.invalid",
        `Cannot use the policy in "${POLICY_FOLDER}": it is not valid`,
        { faults },
      );
    }
    const digest = policyDigest(policy);
    const pins = await readPins((await home()).configFolder, root);
    const inForce = pins?.policy === digest;
    const files = Object.keys(policy.files).sort();
    terminal.answer(
      { workspace: root, from, files, digest, inForce } satisfies PolicyAnswer,
      [
        `${
          from === "embedded" ? "Writ's own policy" : POLICY_FOLDER
        }  ${digest}`,
        ...files.map((file) => `  ${file}`),
        "valid",
        inForce ? terminal.paint("good", "in force") : terminal.paint(
          "care",
          terminal.spoken("not in force: deno task writ trust accept"),
        ),
      ],
    );
    return EXIT.done;
  },
});

const ANSWER: Record<Verdict, Emphasis> = {
  allow: "good",
  review: "care",
  deny: "bad",
};

/** Says for each step which rule gave its outcome, what it met, and who may help. */
export const explain: Command = command({
  parameters: {
    pipeline: operand("PIPELINE", "the pipeline file, JSON or JSONC"),
    ...planning,
  },
  async run(args, context) {
    const { terminal } = context;
    const { wish, sight } = await openWish(args, context);
    const proposal = await propose(wish, sight, null);
    const { plan, decision } = proposal;
    const waits = await waitsFor(proposal, sight);
    const steps = explainDecision(decision.value, plan.value);
    const { facts } = decision.value;
    terminal.answer(
      {
        plan: plan.digest,
        facts,
        waits: waits?.what ?? null,
        steps,
      } satisfies ExplainAnswer,
      [
        ...steps.flatMap((
          { step, outcome, summary, rules, values, help },
        ) => [
          `${terminal.paint("name", step)}  ${
            terminal.paint(ANSWER[outcome], outcome)
          }`,
          `  ${waits === null ? summary : "Policy asks for no approval"}`,
          ...rules.map((rule) => `  rule  ${rule}`),
          ...values.map((value) => `  met   ${value}`),
          ...(help === null ? [] : [`  help  ${terminal.spoken(help)}`]),
        ]),
        ...(waits === null ? [] : ["", ...waitLines(waits, terminal)]),
      ],
    );
    return EXIT.done;
  },
});
