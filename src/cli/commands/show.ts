/**
 * `writ show`: one run as the ledger has it.
 *
 * @module
 */
import { EnvelopeSchema } from "../../core/dsse.ts";
import { EXIT, WritError } from "../../core/errors.ts";
import { isRunHeld } from "../../evidence/run_lock.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import {
  type Receipt,
  STEP_STATUSES,
  type StepStatus,
} from "../../ledger/receipt.ts";
import { parseStored, type RunRecord } from "../../ledger/records.ts";
import {
  readAdmitted,
  readDecision,
  readPlan,
  readReceipt,
  readTrust,
} from "../../run/documents.ts";
import { openTicket } from "../../ticket/check_ticket.ts";
import type { Ticket } from "../../ticket/ticket.ts";
import type { ShowAnswer } from "../answers.ts";
import { actorIds } from "../actor_ids.ts";
import { type Command, command } from "../command.ts";
import { findRun } from "../find_run.ts";
import { openLedger } from "../open_ledger.ts";
import { refuseBeside } from "../refuse_beside.ts";
import { requireStep } from "../require_step.ts";
import { choiceOption, flag, option, optionalOperand } from "../parameters.ts";
import { parseSince } from "../parse_since.ts";
import { keptEvidence, keptText } from "../kept_evidence.ts";
import { permissionUses, useText } from "../permission_uses.ts";
import { STATE_EMPHASIS } from "../run_table.ts";
import {
  resumeCommand,
  type ShownSigner,
  signersOf,
  signerText,
} from "../shown_ticket.ts";
import { showOutput, stepOutput } from "../step_output.ts";
import { openSteps, stepTable } from "../step_table.ts";
import { unknownLines } from "../used.ts";

/** Shows a run, the latest where none is named. */
export const show: Command = command({
  about:
    "--status, --since, --step and --actor leave out receipts, and the steps in them.",
  parameters: {
    run: optionalOperand(
      "RUN",
      "id, its beginning; or latest or #N, counting this workspace's",
    ),
    receipts: flag("every receipt, as it was hashed"),
    status: choiceOption(
      STEP_STATUSES,
      "only how steps ended so",
    ),
    since: option(
      "WHEN",
      "only from then on: 2h, 7d, a date, an RFC 3339 time",
    ),
    step: option("STEP", "only of this step"),
    output: flag(
      "what the step of --step printed last: its standard output as the answer",
    ),
    actor: option(
      "WHO",
      "only by them: a requester, an owner in trust, the id of a key",
    ),
  },
  async run(args, context) {
    const { terminal, now } = context;
    if (args.output) refuseOutput(args, context.json);
    const { paint } = terminal;
    await using open = await openLedger(context);
    const { ledger, state } = open;
    const record = await findRun(args.run ?? "latest", open);
    const all = await Array.fromAsync(ledger.receipts(record.run));
    const isWanted = filter({
      status: args.status,
      step: args.step,
      since: args.since === null
        ? null
        : parseSince(args.since, now(), "--since"),
      actors: args.actor === null
        ? null
        : await actorIds(args.actor, open.workspace),
    });
    const read = all.map(readReceipt);
    const plan = await readPlan(ledger, record.plan);
    if (args.step !== null) {
      requireStep(args.step, record, plan);
      if (args.output) {
        const printed = await stepOutput(args.step, read, record, open);
        showOutput(args.step, printed, terminal);
        return EXIT.done;
      }
    }
    const receipts = read.filter(isWanted);
    const stands = await ledger.runState(
      record,
      await isRunHeld(state.locks, record.run),
    );
    if (args.receipts && !context.json) {
      for (const [i, line] of all.entries()) {
        if (isWanted(read[i])) {
          terminal.answerLine(new TextDecoder().decode(line));
        }
      }
      return EXIT.done;
    }
    const uses = await permissionUses(plan, receipts, state);
    const permissions = Object.fromEntries(uses);
    const kept = await keptEvidence(record, read, open);
    const leave = await leaveOf(record, all[0], ledger);
    const { requester, reason, signers } = leave;
    const next = await resumeCommand(record, stands, ledger, now());
    const unended = record.status !== "running" || args.status !== null ||
        args.since !== null || args.actor !== null
      ? []
      : openSteps(record.only ?? plan.steps.map(({ id }) => id), read)
        .filter(({ step }) => args.step === null || args.step === step);
    terminal.answer(
      {
        run: record,
        state: stands,
        pipeline: plan.name,
        requester,
        reason,
        signers,
        next: next === null ? null : terminal.spoken(next),
        permissions,
        evidence: kept,
        receipts,
      } satisfies ShowAnswer,
      [
        paint("name", record.run),
        `state     ${paint(STATE_EMPHASIS[stands], stands)}`,
        `pipeline  ${plan.name}`,
        `ticket    ${record.ticket}, use ${record.use}`,
        `requester ${requester.kind} ${requester.id}`,
        ...signers.map((signer) => `signed by ${signerText(signer)}`),
        `reason    ${reason || "none given"}`,
        `plan      ${record.plan}`,
        `decision  ${record.decision}`,
        `opened    ${record.openedAt}`,
        ...(record.closedAt === null ? [] : [`closed    ${record.closedAt}`]),
        ...(record.seal === null ? [] : [`seal      ${record.seal}`]),
        `entries   ${record.entries.join(", ")}`,
        `receipts  ${
          receipts.length === read.length
            ? read.length
            : `${receipts.length} of ${read.length}`
        }`,
        ...kept.map((each) => `evidence  ${keptText(each)}`),
        "",
        ...terminal.table(stepTable(receipts, unended, paint)),
        ...unknownLines(
          receipts.map(({ type, body }) =>
            type === "step.finished" ? body.usage : null
          ),
        ),
        ...receipts.flatMap(({ type, body }) =>
          type !== "step.finished" || body.fetch === null ? [] : [
            `fetched by ${
              paint("name", body.step)
            }: ${body.fetch.cache} ${body.fetch.tree}`,
          ]
        ),
        ...[...uses].map(([step, use]) =>
          `permissions of ${paint("name", step)}: ${useText(use)}`
        ),
      ],
    );
    if (next !== null) terminal.next(next, "It was interrupted");
    return EXIT.done;
  },
});

/** Refuses `--output` where there is no one step, or beside what it would pass over. */
function refuseOutput(
  { step, receipts, status, since, actor }: {
    step: string | null;
    receipts: boolean;
    status: string | null;
    since: string | null;
    actor: string | null;
  },
  json: boolean,
): void {
  if (step === null) refuseBeside("without --step", { output: true });
  refuseBeside("with --output", { receipts, status, since, actor });
  if (!json) return;
  throw new WritError(
    "usage.invalid",
    "Cannot use --output with --json: what a step printed is no document",
    {
      hint:
        "the receipts name it by digest: the hex digits are the name of its file in .writ/runs/RUN/evidence/sha256",
    },
  );
}

/** Who had asked for a run, and who had allowed it, when it was admitted. */
async function leaveOf(
  record: RunRecord,
  opened: Uint8Array,
  ledger: Ledger,
): Promise<
  Pick<Ticket, "requester" | "reason"> & {
    signers: ShownSigner[];
  }
> {
  const decision = await readDecision(ledger, record.decision);
  const admitted = await readAdmitted(ledger, opened, decision);
  const what = `the ticket of run "${record.run}"`;
  const envelope = parseStored(admitted.envelope, EnvelopeSchema, what);
  const { requester, reason } = openTicket(envelope).ticket;
  const trust = await readTrust(ledger, decision.trust);
  return {
    requester,
    reason,
    signers: signersOf(envelope, trust),
  };
}

function filter(
  { status, step, since, actors }: {
    status: StepStatus | null;
    step: string | null;
    since: string | null;
    actors: string[] | null;
  },
): (receipt: Receipt) => boolean {
  return ({ at, actor, body }) =>
    (since === null || at >= since) &&
    (actors === null || actors.includes(actor.id)) &&
    (step === null || "step" in body && body.step === step) &&
    (status === null || "status" in body && body.status === status);
}
