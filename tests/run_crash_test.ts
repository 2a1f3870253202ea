/**
 * `kill -9` of a whole `execute` at any moment: the ledger is whole, says what nobody saw, the
 * run goes on under its ticket, and no ticket is good for two runs.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { codeOf, refused, type Shown, World } from "./support/world.ts";
import { gone } from "./support/processes.ts";
import { Running } from "./support/running.ts";
import { writHere } from "./support/in_process.ts";

const ROUNDS = 15;

const sh = (
  script: string,
  ...words: string[]
) => ["sh", "-c", script, ...words];

/** What it has said when, some milliseconds later, it is killed. */
const AFTER = [
  "",
  " under tkt_",
  "one started",
  "two started",
  "one ok",
  "more started",
  "join started",
  "last started",
  "sealed as",
];

/** Pairs of files that are published together, one that is updated, and one that is read again. */
const STEPS = {
  one: {
    run: sh('for f; do echo "$V" > "$f"; done', "sh", "a/1", "a/2"),
    env: { V: "${params.round}" },
    permissions: { write: ["a/1", "a/2"] },
  },
  two: {
    run: sh('mkdir b && for n in $(seq 60); do echo "$V" > "b/$n"; done'),
    env: { V: "${params.round}" },
    permissions: { write: ["b"] },
  },
  more: {
    run: sh('echo "$V" >> log.txt'),
    env: { V: "${params.round}" },
    permissions: { read: ["log.txt"], write: ["log.txt"] },
  },
  join: {
    run: sh("cat a/1 b/7"),
    needs: ["one", "two"],
    permissions: { read: ["a/1", "b/7"] },
    stdout: "joined.txt",
  },
  last: { run: ["true"], needs: ["join", "more"] },
};

Deno.test("killed at any moment a run is whole, says what nobody saw, and goes on", async () => {
  await using world = await World.make({
    steps: STEPS,
    params: { round: "none" },
    files: { "log.txt": "" },
  });
  const here = async (...words: string[]) =>
    await writHere(words, { cwd: world.workspace, home: world.ann.home });
  const must = async (...words: string[]) => {
    const ended = await here(...words);
    assertEquals(ended.status, 0, `${words.join(" ")}: ${ended.stderr}`);
    return ended;
  };
  for (let round = 0; round < ROUNDS; round++) {
    const asked = ["pipeline.json", "--param", `round=${round}`];
    const { stdout } = await must(
      ...["approve", ...asked, "--yes", "--json"],
      ...["--passphrase-file", world.ann.passphrase],
    );
    const ticket: string = JSON.parse(stdout).ticket.id;

    const running = new Running(world.start(["execute", ...asked]));
    await running.said(AFTER[round % AFTER.length]);
    await sleep(Math.random() * 40);
    await gone(await running.kill());

    await must("log", "--verify");
    const run = await runOf(ticket, here);
    if (run === null) {
      await must("execute", ...asked);
    } else {
      const again = await here("execute", ...asked);
      // Once "more" is published the file that it updates is no longer what was approved.
      const updated = world.text("log.txt")!.endsWith(`${round}\n`);
      refused(again, updated ? "ticket.missing" : "ticket.used");
      const shown = await show(run, here);
      assertEquals(shown.state, expectedState(shown));
      const { stdout } = await must("log", "--runs", "--json");
      const listed: { run: string; state: string }[] = JSON.parse(stdout).runs;
      const inLog = listed.find((one) => one.run === run);
      assertEquals(inLog?.state, shown.state);
      const resumed = await here("execute", ...asked, "--resume", run);
      if (resumed.status !== 0) {
        // It had come to its end, bundle and all.
        assertEquals(codeOf(resumed), "run.not_resumable", resumed.stderr);
        assertEquals(shown.state, "ok");
      }
    }
    const ended = await runOf(ticket, here);
    assert(ended !== null);
    assertEquals((await show(ended, here)).state, "ok");
    assertPublished(world, round);
    const verified = await here(
      ...["verify", ended, "--trust", "policies/trust.json"],
    );
    assertEquals(verified.status, 0, verified.stdout);
    refused(await here("execute", ...asked), "ticket.missing");
  }
  await must("log", "--verify");
  const stateFolder = await world.stateOfLedger();
  assertEquals([...Deno.readDirSync(`${stateFolder}/views`)], []);
  assertEquals([...Deno.readDirSync(world.at(".writ/publish"))], []);
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Here = (...words: string[]) => Promise<{ status: number; stdout: string }>;

/** The run that a ticket was used for; `null` when it was not used. */
async function runOf(ticket: string, here: Here): Promise<string | null> {
  const { stdout } = await here("log", "--all", "--json");
  const entries: { type: string; body: { ticket: string; run: string } }[] =
    JSON.parse(stdout).entries;
  const runs = entries.filter(({ type, body }) =>
    type === "run.admitted" && body.ticket === ticket
  );
  assert(runs.length < 2, "one use, two runs");
  return runs[0]?.body.run ?? null;
}

async function show(run: string, here: Here): Promise<Shown> {
  return JSON.parse((await here("show", run, "--json")).stdout);
}

/** What the receipts of a run that nobody holds come to. */
function expectedState({ run, receipts }: Shown): string {
  if (run.status !== "running") return run.status;
  const open = new Set<string>();
  for (const { type, body } of receipts) {
    if (type === "step.started") open.add(body.step!);
    if (type === "step.finished") open.delete(body.step!);
  }
  return open.size > 0 ? "indeterminate" : "interrupted";
}

function assertPublished(world: World, round: number): void {
  const text = `${round}\n`;
  assertEquals(world.text("a/1"), text);
  assertEquals(world.text("a/2"), text);
  const files = [...Deno.readDirSync(world.at("b"))];
  assertEquals(files.length, 60);
  for (const { name } of files) assertEquals(world.text(`b/${name}`), text);
  assertEquals(world.text("joined.txt"), text + text);
  // Updated once by each run, however often it was begun.
  const lines = Array.from({ length: round + 1 }, (_, n) => `${n}\n`);
  assertEquals(world.text("log.txt"), lines.join(""));
}
