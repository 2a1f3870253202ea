/**
 * `writ gc`: evidence that was kept long enough goes, and what nobody needs any more.
 *
 * @module
 */
import { counted } from "../../core/counted.ts";
import { EXIT } from "../../core/errors.ts";
import { BlobStore } from "../../evidence/blobs.ts";
import {
  type Collected,
  collectGarbage,
  findGarbage,
  type GarbageWorld,
} from "../../run/collect_garbage.ts";
import { type Command, command } from "../command.ts";
import { daysText } from "../difference_lines.ts";
import { openLedger } from "../open_ledger.ts";
import { flag } from "../parameters.ts";
import { retentionInForce } from "../retention_in_force.ts";
import type { GcAnswer } from "../upkeep_answers.ts";

/** Collects garbage. */
export const gc: Command = command({
  about:
    "Evidence is kept as long as the trust says under which its run was decided, or longer if a trust in force does, here or in another workspace that shares the ledger. Each expiry is an entry of the ledger before the bytes go; digests and sizes stay, and writ verify tells what has expired.",
  parameters: { dryRun: flag("show what would go, and change nothing") },
  async run(args, context) {
    const { terminal } = context;
    await using open = await openLedger(context);
    const { ledger, state, workspace, config } = open;
    const world: GarbageWorld = {
      ledger,
      state,
      blobs: new BlobStore(state),
      workspace,
      retention: await retentionInForce(config, ledger.id),
      now: context.now(),
    };
    const found = args.dryRun
      ? await findGarbage(world)
      : await collectGarbage(world);
    terminal.answer(answerOf(found, args.dryRun), lines(found, args.dryRun));
    for (const { run, why } of found.left) {
      terminal.say(`left in the bundle of ${run}: ${why}`);
    }
    if (found.unneeded === null) {
      terminal.say(
        "Others plan or run at this moment: what nobody needs was left. Next: writ gc, once they have ended",
      );
    }
    return found.left.length === 0 ? EXIT.done : EXIT.refused;
  },
});

/** As `--json` answers it: sizes, not files. */
function answerOf(
  { expired, bundles, unneeded, left }: Collected,
  dryRun: boolean,
): GcAnswer {
  return {
    dryRun,
    expired: expired.map(({ run, expired, kept, files, bytes }) => ({
      run,
      expired,
      kept,
      files,
      bytes,
    })),
    bundles,
    unneeded: unneeded === null ? null : {
      blobs: unneeded.blobs.length,
      trees: unneeded.trees.length,
      bytes: bytesOf(unneeded),
      views: unneeded.views,
      denoDirs: unneeded.denoDirs.length,
      drafts: unneeded.drafts.length,
    },
    left,
  };
}

function lines(found: Collected, dryRun: boolean): string[] {
  const { expired, bundles, unneeded } = found;
  const would = dryRun ? "would be " : "";
  const said = expired.map(({ run, expired, files, bytes }) =>
    `${run}  ${
      expired.map((each) =>
        `${each.class} evidence of ${each.captured} (kept ${
          daysText(each.days)
        })`
      ).join(", ")
    }: ${counted(files, "piece")}, ${bytes} B`
  );
  const swept = unneeded === null ? [] : [
    counted(unneeded.blobs.length, "stored file"),
    counted(unneeded.trees.length, "listing"),
    counted(unneeded.views.length, "view"),
    counted(unneeded.denoDirs.length, "module cache"),
    counted(unneeded.drafts.length, "draft"),
  ].filter((text) => !text.startsWith("0 "));
  return [
    ...said,
    `evidence of ${counted(expired.length, "run")} ${would}expired, ${
      counted(bundles.length, "bundle")
    } ${would}cleared`,
    ...(unneeded === null ? [] : [
      swept.length === 0
        ? "nothing else is unneeded"
        : `${would}removed: ${swept.join(", ")} (${bytesOf(unneeded)} B)`,
    ]),
    ...(dryRun ? ["Nothing was changed"] : []),
  ];
}

function bytesOf({ blobs, trees }: NonNullable<Collected["unneeded"]>): number {
  return [...blobs, ...trees].reduce((sum, { bytes }) => sum + bytes, 0);
}
