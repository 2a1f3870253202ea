/**
 * `writ verify`: every invariant of a run's bundle.
 *
 * Edge: looks for the bundle.
 * @module
 */
import { join } from "@std/path/join";
import { resolve } from "@std/path/resolve";
import { RUNS } from "../../bundle/names.ts";
import { readBundle } from "../../bundle/read_bundle.ts";
import { runsHere } from "../../bundle/runs_here.ts";
import { type ExitStatus, isWritError, WritError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import { readSeen } from "../../ledger/read_seen.ts";
import { loadTrust } from "../../ticket/read_trust.ts";
import { readExpected, readSeenFiles } from "../../verify/parse_arguments.ts";
import { renderReport } from "../../verify/render.ts";
import { verifyBundle } from "../../verify/verify.ts";
import { type Command, command, type Context } from "../command.ts";
import { operand, option } from "../parameters.ts";
import { resolveReference } from "../reference.ts";
import {
  dev,
  findWorkspace,
  guardOwnCode,
  type Workspace,
} from "../workspace.ts";

const HELP = "deno task verify --help";

/** Verifies a bundle with the keys that the reader names. */
export const verify: Command = command({
  about:
    "Exit: 0 true, executed and succeeded; 1 a true record of a failed run; 4 not true, or not provable.",
  parameters: {
    run: operand(
      "RUN",
      "folder of a bundle, or a run of this workspace: id, its beginning, latest, #N",
    ),
    trust: option(
      "FILE",
      "whose keys you believe; without it nothing is verified",
    ),
    expectPlan: option("DIGEST", "the run must be of this plan"),
    expectPipeline: option("DIGEST", "the run must be of this pipeline file"),
    expectCommit: option("ID", "the run must be made at this commit"),
    seen: option(
      "CHECKPOINT",
      "the ledger must continue this checkpoint, a file that you keep",
    ),
    log: option(
      "FOLDER",
      "an export of the ledger, for the proof from --seen where the bundle has none",
    ),
    dev,
  },
  async run(args, context): Promise<ExitStatus> {
    const { terminal, cwd, now } = context;
    const expect = readExpected({
      plan: args.expectPlan,
      pipeline: args.expectPipeline,
      commit: args.expectCommit,
    }, HELP);
    const seen = readSeenFiles(args, HELP);
    const folder = await bundleFolder(args.run, context);
    const workspace = await workspaceOf(folder);
    if (workspace !== null) {
      await guardOwnCode(workspace, {
        main: import.meta.url,
        dev: args.dev,
        terminal,
      });
    }
    const trust = args.trust === null
      ? null
      : await loadTrust(resolve(cwd, args.trust));
    const report = await verifyBundle(await readBundle(folder), {
      trust,
      now: formatTime(now()),
      expect,
      ...(seen === null ? {} : {
        seen: await readSeen(
          resolve(cwd, seen.checkpoint),
          seen.log === null ? null : resolve(cwd, seen.log),
        ),
      }),
    });
    terminal.answer(
      report,
      renderReport(report, {
        paint: terminal.paint,
        columns: terminal.columns,
      }),
    );
    if (trust === null) {
      terminal.say(
        "Nobody's keys were believed. Next: --trust FILE, a trust file that you got from whom you believe",
      );
    }
    return report.exit;
  },
});

/** A path where something lies, else a run of the workspace. */
async function bundleFolder(
  reference: string,
  { cwd }: Context,
): Promise<string> {
  const path = resolve(cwd, reference);
  if (await isThere(path)) return path;
  // What looks like a path is one: a missing folder is not looked for elsewhere.
  if (reference.includes("/")) {
    throw new WritError(
      "input.unreadable",
      `Cannot read the bundle "${reference}": nothing is there`,
    );
  }
  const { root } = await findWorkspace(cwd);
  const here = runsHere(root);
  const ids = here.map(({ run }) => run);
  const run = resolveReference(reference, ids, "run");
  if (here[ids.indexOf(run)].hasBundle) return join(root, RUNS, run);
  const before = here.slice(ids.indexOf(run)).find((one) => one.hasBundle);
  throw new WritError(
    "bundle.unreadable",
    `Cannot verify ${run}: it was begun in this workspace, and has no bundle, as one that was not closed`,
    {
      hint: `deno task writ show ${run} tells how it stands${
        before === undefined
          ? ""
          : `; deno task verify ${before.run} is of the one before it`
      }`,
    },
  );
}

async function workspaceOf(folder: string): Promise<Workspace | null> {
  try {
    return await findWorkspace(folder);
  } catch (error) {
    // A bundle travels: it need not lie in a workspace.
    if (isWritError(error, "input.unreadable")) return null;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
