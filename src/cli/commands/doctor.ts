/**
 * `writ doctor`: what this machine can hold, and what is missing.
 *
 * Edge: asks Deno for its versions.
 * @module
 */
import { EXIT, WritError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import {
  SENSITIVE_NAMES,
  SENSITIVE_PATHS,
} from "../../policy/sensitive_paths.ts";
import { notInForce, requireInForce, type Sight } from "../../run/sight.ts";
import { listKeys } from "../../ticket/keyring.ts";
import { gapText, trustGaps } from "../../ticket/trust_gaps.ts";
import { asWritError } from "../../core/as_writ_error.ts";
import { type Command, command, type Context } from "../command.ts";
import { adviseStep } from "../doctor/advise_step.ts";
import { lookAtLedger } from "../doctor/look_at_ledger.ts";
import {
  lookAtMachine,
  type Machine,
  machineLines,
} from "../doctor/machine.ts";
import { matchPipeline, stepLines } from "../doctor/match_pipeline.ts";
import { ownKeys } from "../own_keys.ts";
import { flag, option } from "../parameters.ts";
import { refuseBeside } from "../refuse_beside.ts";
import { planning, sightOf } from "../proposing.ts";
import type { Check, DoctorAnswer } from "../upkeep_answers.ts";
import { versions } from "../versions.ts";
import { findWorkspace } from "../workspace.ts";

/** Looks at what a run needs, and changes nothing. */
export const doctor: Command = command({
  about:
    "Every line of the table was tried. Exit: 0 when a run can be executed here, 3 when something is missing; with --for, 3 when a step of that pipeline could not be held.",
  parameters: {
    for: option("PIPELINE", "whether each step of this pipeline can be held"),
    step: option(
      "STEP",
      "the least permissions that would have done for a deno step",
    ),
    run: option("RUN", "with --step, of this run instead of the latest"),
    sensitive: flag("list the names whose writing is always reviewed"),
    ...planning,
  },
  async run(args, context) {
    const { terminal } = context;
    const { for: pipeline, step, run, param, as } = args;
    if (args.sensitive) {
      refuseBeside("with --sensitive", { for: pipeline, step, run, param, as });
    } else if (step !== null) {
      refuseBeside("with --step", { for: pipeline, param, as });
    } else {
      refuseBeside("without --step", { run });
      if (pipeline === null) refuseBeside("without --for", { param, as });
    }
    if (args.sensitive) {
      const names = [...SENSITIVE_NAMES, ...SENSITIVE_PATHS];
      terminal.answer({ sensitive: names } satisfies DoctorAnswer, names);
      return EXIT.done;
    }
    if (step !== null) {
      return await adviseStep(step, run ?? "latest", context);
    }
    const machine = await lookAtMachine();
    const steps = pipeline === null
      ? null
      : await matchPipeline({ pipeline, param, as }, machine, context);
    // What two lines are about is looked at once; what is wrong with it is told by the first.
    const [seen] = await Promise.allSettled([sightHere(context)]);
    const checks = [
      await look("sandbox", () => Promise.resolve(sandbox(machine))),
      await look("keys", () => keys(context)),
      await look("in force", () => inForce(seen)),
      await look("ledger", () => lookAtLedger(context)),
      ...await believed(seen, context),
    ];
    const good = steps === null
      ? checks.every((check) => check.good !== false)
      : steps.every((step) => step.error === null);
    terminal.answer(
      {
        versions: versions().document,
        good,
        checks,
        ...machine,
        steps,
      } satisfies DoctorAnswer,
      [
        versions().text,
        ...checks.flatMap(({ what, good, found, hint }) => [
          `${
            good === false
              ? terminal.paint("bad", "missing")
              : good
              ? terminal.paint("good", "ok     ")
              : terminal.paint("care", "note   ")
          }  ${what}: ${found}`,
          ...(hint === null ? [] : [`         hint: ${terminal.spoken(hint)}`]),
        ]),
        ...machineLines(machine, terminal),
        ...(steps === null ? [] : stepLines(steps, terminal)),
      ],
    );
    return good ? EXIT.done : EXIT.refused;
  },
});

/** What went wrong while it was looked at is what was found. */
async function look(
  what: string,
  at: () => Promise<Omit<Check, "what">>,
): Promise<Check> {
  try {
    return { what, ...await at() };
  } catch (thrown) {
    return failed(what, thrown);
  }
}

function failed(what: string, thrown: unknown): Check {
  const { message, hint } = asWritError(thrown);
  return { what, good: false, found: message, hint: hint ?? null };
}

function sandbox({ backends, failures }: Machine): Omit<Check, "what"> {
  if (backends.length === 0) {
    throw new WritError(
      "sandbox.unavailable",
      ["No backend holds here", ...failures].join("; "),
    );
  }
  const found = backends.map(({ name, version, isolation }) =>
    `${name} ${version} (${isolation})`
  );
  return { good: true, found: found.join(", "), hint: null };
}

async function keys(context: Context): Promise<Omit<Check, "what">> {
  const { configFolder } = await context.home();
  const found = await listKeys(configFolder);
  return found.length === 0
    ? { good: false, found: "none", hint: "deno task setup makes them" }
    : {
      good: true,
      found: found.map(({ name, owner }) => `${name} of ${owner}`).join(", "),
      hint: null,
    };
}

/** What is in view of the workspace that the user stands in. */
async function sightHere(context: Context): Promise<Sight> {
  const { root } = await findWorkspace(context.cwd);
  return await sightOf(root, context);
}

function inForce(
  seen: PromiseSettledResult<Sight>,
): Promise<Omit<Check, "what">> {
  return Promise.try(() => {
    if (seen.status === "rejected") throw seen.reason;
    const { value: sight } = seen;
    requireInForce(sight);
    const { policy, trust } = sight.pins;
    return {
      good: true,
      found: `policy ${policy}, trust ${trust}`,
      hint: null,
    };
  });
}

/** What trust makes impossible here; nothing where none is in force, which is told apart. */
async function believed(
  seen: PromiseSettledResult<Sight>,
  context: Context,
): Promise<Check[]> {
  if (seen.status === "rejected") return [];
  const { value: sight } = seen;
  const { trust } = sight;
  if (trust === null || notInForce(sight) !== null) return [];
  try {
    const gaps = trustGaps({
      trust: trust.file,
      policy: sight.policy.digest,
      own: await ownKeys(sight.config),
      at: formatTime(context.now()),
    });
    return gaps.map((gap) => ({
      what: gap.about,
      // Where everything is to be approved, no policy needs to be listed.
      good: gap.about === "unattended" ? null : false,
      found: gapText(gap),
      hint: gap.hint,
    }));
  } catch (thrown) {
    return [failed("trust", thrown)];
  }
}
