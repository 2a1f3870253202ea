/**
 * `writ demo`: the whole way on a small example, with throw-away keys in a temporary home.
 *
 * Edge: files, processes.
 *
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import greet from "../../../examples/hello/greet.ts" with { type: "text" };
import pipeline from "../../../examples/hello/pipeline.json" with {
  type: "text",
};
import words from "../../../examples/hello/words.json" with { type: "text" };
import { readBundle } from "../../bundle/read_bundle.ts";
import { EXIT, isWritError, WritError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import { approve } from "../../run/approve.ts";
import { propose, type Wish } from "../../run/propose.ts";
import { execute, type RunOptions } from "../../run/run.ts";
import { openSight } from "../../run/sight.ts";
import { openWorld, type World } from "../../run/world.ts";
import { loadSigner } from "../../ticket/keyring.ts";
import { setUp } from "../../ticket/setup.ts";
import type { Report } from "../../verify/report.ts";
import { verifyBundle } from "../../verify/verify.ts";
import { type Command, command, type Context } from "../command.ts";
import { proposalLines } from "../proposal_text.ts";
import type { DemoAnswer } from "../upkeep_answers.ts";
import { watchRun } from "../watch_run.ts";

const FOLDER = "examples/hello";

/** The whole way. */
export const demo: Command = command({
  about:
    "An agent asks, a person approves, the runner executes once, a stranger verifies; then somebody tampers.",
  parameters: {},
  run: async (_, context) => {
    const root = await Deno.makeTempDir({ prefix: "writ-demo-" });
    try {
      await theWay(root, context);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
    return EXIT.done;
  },
});

async function theWay(root: string, context: Context): Promise<void> {
  const { terminal, now } = context;
  const title = (text: string) =>
    terminal.answerLine(`\n${terminal.paint("name", text)}`);
  const workspace = await makeWorkspace(join(root, "workspace"));
  const config = join(root, "config", "writ");
  const passphrase = crypto.randomUUID();

  title("1. setup: keys, a policy, a trust file, and what is in force");
  await setUp({
    config,
    workspace,
    owner: "you",
    passphrase: () => Promise.resolve(passphrase),
    now: now(),
    // Throw-away keys need no slow sealing.
    workFactor: 10,
  });
  terminal.answerLine("keys approver (yours, sealed), runner, ledger");

  title("2. run: an agent proposes; planned and judged, nothing is executed");
  const sight = await openSight({
    workspace,
    config,
    stateFolder: join(root, "state", "writ"),
    env: context.env,
    now,
    denoDir: null,
  });
  const wish: Wish = {
    file: `${FOLDER}/pipeline.json`,
    bytes: new TextEncoder().encode(pipeline),
    params: { who: "stranger" },
    requester: { kind: "agent", id: "demo-agent", key: null },
  };
  const proposal = await propose(wish, sight, null);
  for (const line of proposalLines(proposal, terminal.paint)) {
    terminal.answerLine(line);
  }

  await using world = await openWorld(sight, join(root, "state", "writ"));
  title("3. execute without a ticket");
  terminal.answerLine(await refusalOf(wish, world, context));

  title("4. approve: your key signs exactly this plan, for one use");
  const signer = await loadSigner(
    config,
    "approver",
    () => Promise.resolve(passphrase),
  );
  const { ticket } = await approve(
    proposal,
    { reason: "demo", validForMs: 600_000, maxUses: 1 },
    signer,
    world,
  );
  terminal.answerLine(`${ticket.id} holds until ${ticket.expiresAt}, once`);

  title("5. execute: in the sandbox, with receipts before and after each step");
  const run = await execute(wish, optionsOf(context), world);
  terminal.answerLine(`${run.run} ${run.outcome}`);

  title("6. the same ticket again");
  terminal.answerLine(await refusalOf(wish, world, context));

  title("7. verify: offline, by the keys that the reader names");
  const trust = world.sight.trust.file;
  const verify = async (folder: string) =>
    await verifyBundle(await readBundle(folder), {
      trust,
      now: formatTime(now()),
    });
  const report = await verify(run.bundle);
  const passed = report.invariants.filter((one) => one.verdict === "PASS");
  terminal.answerLine(
    `${passed.length} of ${report.invariants.length} invariants PASS: ${
      terminal.paint(report.exit === 0 ? "good" : "bad", report.verdict)
    }`,
  );

  title("8. verify a copy in which one byte of the evidence was changed");
  const tampered = await tamper(run.bundle, join(root, "tampered"));
  const caught = await verify(tampered);
  terminal.answerLine(
    `${terminal.paint("good", "caught")}: ${firstFailure(caught)}`,
  );

  if (report.exit !== EXIT.done || caught.exit !== EXIT.notVerified) {
    throw new WritError(
      "verify.failed",
      `Cannot finish the demo: the bundle is ${report.verdict}, its tampered copy ${caught.verdict}`,
    );
  }
  terminal.answer(
    {
      run: run.run,
      ticket: ticket.id,
      verdict: report.verdict,
      tampered: caught.verdict,
    } satisfies DemoAnswer,
    terminal.spoken(
      "\nNext: deno task setup, then deno task run examples/hello/pipeline.json",
    ),
  );
}

async function makeWorkspace(folder: string): Promise<string> {
  await ensureDir(join(folder, ".writ"));
  await ensureDir(join(folder, FOLDER));
  for (
    const [name, text] of Object.entries({
      "greet.ts": greet,
      "pipeline.json": pipeline,
      "words.json": words,
    })
  ) await Deno.writeTextFile(join(folder, FOLDER, name), text);
  return await Deno.realPath(folder);
}

function optionsOf(context: Context): RunOptions {
  return {
    ticket: null,
    only: null,
    keepGoing: false,
    jobs: 2,
    resume: null,
    signal: context.signal,
    watch: watchRun(context.terminal),
  };
}

async function refusalOf(
  wish: Wish,
  world: World,
  context: Context,
): Promise<string> {
  try {
    await execute(wish, optionsOf(context), world);
  } catch (error) {
    if (!isWritError(error) || error.exit !== EXIT.refused) throw error;
    return `${
      context.terminal.paint("good", "refused")
    } (${error.code}): ${error.message}`;
  }
  throw new WritError("writ.fault", "A run was not refused that had to be");
}

async function tamper(bundle: string, copy: string): Promise<string> {
  const { files } = await readBundle(bundle);
  for (const [name, bytes] of files) {
    await ensureDir(dirname(join(copy, name)));
    const changed = bytes.slice();
    if (name.startsWith("evidence/") && changed.length > 0) changed[0] ^= 1;
    await Deno.writeFile(join(copy, name), changed);
  }
  return copy;
}

function firstFailure(report: Report): string {
  const failed = report.invariants.find((one) => one.verdict === "FAIL");
  const reason = failed?.reasons[0];
  return `${failed?.id} ${reason?.code}: ${reason?.message}`;
}
