/**
 * `writ execute`: what a ticket allows, once.
 *
 * @module
 */
import { resolve } from "@std/path/resolve";
import { EXIT, type ExitStatus } from "../../core/errors.ts";
import type { RunOutcome } from "../../ledger/receipt.ts";
import { execute as executeRun, type RunResult } from "../../run/run.ts";
import { openWorld } from "../../run/world.ts";
import { command } from "../command.ts";
import { findRun } from "../find_run.ts";
import {
  flag,
  operand,
  option,
  options,
  orShort,
  wholeOption,
} from "../parameters.ts";
import { openWish, planning } from "../proposing.ts";
import { readTicket } from "../read_ticket.ts";
import { watchRun } from "../watch_run.ts";
import { dev, guardOwnCode } from "../workspace.ts";

/** Executes a pipeline. */
export const execute = command({
  about:
    "Plans again from disk, needs a ticket for exactly that, runs it in the sandbox, seals and exports the bundle.",
  parameters: {
    pipeline: operand("PIPELINE", "the pipeline file, JSON or JSONC"),
    ...planning,
    ticket: option("FILE", "a ticket file; otherwise tickets of the ledger"),
    only: options("STEP", "run these steps and what they need"),
    keepGoing: flag("go on with what does not depend on a failed step"),
    jobs: orShort(
      "j",
      wholeOption("N", "steps at one time; by default as many as cores"),
    ),
    resume: option(
      "RUN",
      "continue an interrupted run under its ticket: id, its beginning, latest or #N",
    ),
    dev,
  },
  run: async (args, context) => {
    const { wish, sight } = await openWish(args, context);
    await guardOwnCode({ root: sight.workspace }, {
      main: import.meta.url,
      dev: args.dev,
      terminal: context.terminal,
    });
    const ticket = args.ticket === null
      ? null
      : await readTicket(resolve(context.cwd, args.ticket), args.ticket);
    const { stateFolder } = await context.home();
    await using world = await openWorld(sight, stateFolder);
    const resume = args.resume === null ? null : (await findRun(args.resume, {
      ledger: world.ledger,
      workspace: sight.workspace,
    })).run;
    const result = await executeRun(wish, {
      ticket,
      only: args.only.length === 0 ? null : args.only,
      keepGoing: args.keepGoing,
      jobs: args.jobs ?? navigator.hardwareConcurrency,
      resume,
      signal: context.signal,
      watch: watchRun(context.terminal),
    }, world);
    context.terminal.answer(result, resultLines(result));
    return EXIT_OF[result.outcome];
  },
});

/** What a run that ended is answered with. */
export const EXIT_OF: Record<RunOutcome, ExitStatus> = {
  ok: EXIT.done,
  failed: EXIT.stepFailed,
  indeterminate: EXIT.stepFailed,
  cancelled: EXIT.cancelled,
};

function resultLines(result: RunResult): string[] {
  const count = (status: string) =>
    result.steps.filter((step) => step.status === status).length;
  const counts =
    (["ok", "failed", "refused", "skipped", "indeterminate"] as const)
      .filter((status) => count(status) > 0)
      .map((status) => `${count(status)} ${status}`);
  return [
    `${result.run}  ${result.outcome}  (${counts.join(", ")})`,
    ...result.poison.flatMap(({ id, reasons }) =>
      reasons.map(({ message }) => `${id}  ${message}`)
    ),
    `bundle  ${result.bundle}`,
  ];
}
