/**
 * `writ log`: what the ledger says, and whether it is whole.
 *
 * @module
 */
import { EXIT, type ExitStatus } from "../../core/errors.ts";
import type { Entry } from "../../ledger/entry.ts";
import type { LogAnswer } from "../answers.ts";
import { actorIds } from "../actor_ids.ts";
import { type Command, command, type Context } from "../command.ts";
import { FILTERS } from "../filters.ts";
import { judgeLedger } from "../judge_ledger.ts";
import { type OpenLedger, openLedger } from "../open_ledger.ts";
import { flag, option, type Values, wholeOption } from "../parameters.ts";
import { parseSince } from "../parse_since.ts";
import { refuseBeside } from "../refuse_beside.ts";
import { runTable, shownRuns } from "../run_table.ts";

const PARAMETERS = {
  ...FILTERS,
  runs: flag("runs instead of entries; so do --status, --step and --actor"),
  limit: wholeOption("N", "how many; 20, if neither this nor --since is given"),
  all: flag("every one"),
  verify: flag(
    "walk the whole ledger and every run, and recompute all of it",
  ),
  consistentWith: option(
    "CHECKPOINT",
    "whether the ledger only grew since this checkpoint, a file; with --verify also whether it is whole",
  ),
};

type Arguments = Values<typeof PARAMETERS>;

/** Shows the newest entries or runs first, or says whether the ledger is what it should be. */
export const log: Command = command({
  about:
    "The ledger is of all workspaces for which it is in force; the runs of this one, which latest and #N of other commands count, are marked as here.\nExit of --verify and --consistent-with: 0 it holds, 4 it does not.\nwrit log export and writ log witness have a help of their own.",
  parameters: PARAMETERS,
  async run(args, context): Promise<ExitStatus> {
    const { status, step, actor, since, limit, all, runs } = args;
    if (args.verify || args.consistentWith !== null) {
      refuseBeside(
        args.verify ? "with --verify" : "with --consistent-with",
        { status, step, actor, since, limit, all, runs },
      );
    }
    if (all) refuseBeside("with --all", { limit });
    await using open = await openLedger(context);
    if (args.verify || args.consistentWith !== null) {
      return await judgeLedger(args, open, context);
    }
    return runs || status !== null || step !== null || actor !== null
      ? await showRuns(args, open, context)
      : await showEntries(args, open, context);
  },
});

/** How many to show; a reader who says from when on wants all since. */
function limitOf({ all, limit, since }: Arguments): number {
  return all ? Infinity : limit ?? (since === null ? 20 : Infinity);
}

async function showEntries(
  args: Arguments,
  { ledger }: OpenLedger,
  { terminal, now }: Context,
): Promise<ExitStatus> {
  const limit = limitOf(args);
  const since = args.since === null
    ? ""
    : parseSince(args.since, now(), "--since");
  const entries: Entry[] = [];
  for await (const { entry } of ledger.newest()) {
    if (entries.length === limit || entry.at < since) break;
    entries.push(entry);
  }
  terminal.answer(
    {
      ledger: ledger.id,
      head: await ledger.head(),
      entries,
    } satisfies LogAnswer,
    terminal.table({
      head: ["seq", "at", "what", "which"],
      rows: entries.map((entry) => [
        String(entry.seq),
        entry.at,
        entry.type,
        which(entry),
      ]),
    }),
  );
  if (entries.length === 0) {
    if (args.since === null) {
      terminal.next("deno task run PIPELINE", "The ledger is empty");
    } else terminal.say(`The ledger has no entries since ${since}`);
  }
  return EXIT.done;
}

async function showRuns(
  args: Arguments,
  open: OpenLedger,
  { terminal, now }: Context,
): Promise<ExitStatus> {
  const { ledger, workspace } = open;
  const { status, step, actor, since } = args;
  const found = ledger.runs({
    reverse: true,
    limit: limitOf(args),
    ...(status === null ? {} : { status }),
    ...(step === null ? {} : { step }),
    ...(actor === null ? {} : { actors: await actorIds(actor, workspace) }),
    ...(since === null ? {} : { since: parseSince(since, now(), "--since") }),
  });
  const runs = await Array.fromAsync(shownRuns(found, open));
  terminal.answer(
    { ledger: ledger.id, runs } satisfies LogAnswer,
    terminal.table(runTable(runs, terminal)),
  );
  if (runs.length === 0) terminal.say("No run is like that");
  return EXIT.done;
}

function which(entry: Entry): string {
  switch (entry.type) {
    case "ticket.issued":
      return entry.body.ticket;
    case "ticket.revoked":
      return `${entry.body.ticket} by ${entry.body.by}: ${entry.body.reason}`;
    case "run.admitted":
      return `${entry.body.run} under ${entry.body.ticket}, use ${entry.body.use}`;
    case "run.resumed":
      return entry.body.run;
    case "run.closed":
      return `${entry.body.run} ${entry.body.outcome}`;
    case "evidence.expired":
      return `${entry.body.run} ${entry.body.class}, captured by ${entry.body.captured}`;
  }
}
