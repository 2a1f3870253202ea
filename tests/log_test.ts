/**
 * The ledger from outside: what happened, whether it is whole, exported for others, witnessed.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path/join";
import { WritError } from "../src/core/errors.ts";
import { checkpointKey } from "../src/ledger/checkpoint.ts";
import { verifierKey } from "../src/core/note.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import type { Store } from "../src/ledger/store.ts";
import { exportedBefore, writeLog } from "../src/cli/write_log.ts";
import { tilesIn } from "../src/ledger/log_folder.ts";
import { TreeReader } from "../src/ledger/tree_reader.ts";
import { LEDGER_KEY, openLedger, wholeRun } from "./support/ledger.ts";
import { trustedKey } from "./support/parties.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { removeTree } from "../src/evidence/remove_tree.ts";
import { readCheckpoint, readLog } from "./support/tlog_reader.ts";
import { runOf, TRUST, World } from "./support/world.ts";

const GOOD = { good: { run: ["true"] } };
const BAD = { bad: { run: ["false"] } };

/** A world with two runs, the second of which failed. */
async function twoRuns(): Promise<{ world: World; runs: string[] }> {
  const world = await World.make({ unattended: true, steps: GOOD });
  const good = await world.execute();
  assertEquals(good.status, 0, good.stderr);
  world.putPipeline(BAD);
  const bad = await world.execute();
  assertEquals(bad.status, 1, bad.stderr);
  return { world, runs: [runOf(good), runOf(bad)] };
}

Deno.test("log and show: entries and runs, newest first, narrowed as asked", async () => {
  const { world, runs: [good, bad] } = await twoRuns();
  await using _ = world;
  const json = async (...words: string[]) =>
    JSON.parse((await world.must([...words, "--json"])).stdout);
  const runs = async (...words: string[]) =>
    (await json("log", ...words)).runs.map(({ run }: { run: string }) => run);
  const seqs = async (...words: string[]) =>
    (await json("log", ...words)).entries.map(({ seq }: { seq: number }) =>
      seq
    );

  assertEquals(await seqs(), [5, 4, 3, 2, 1, 0]);
  assertEquals(await seqs("--limit", "2"), [5, 4]);
  assertEquals(await seqs("--since", "1h"), [5, 4, 3, 2, 1, 0]);
  assertEquals(await seqs("--since", "2100-01-01"), []);
  assertEquals(await runs("--runs"), [bad, good]);
  assertEquals(await runs("--runs", "--limit", "1"), [bad]);
  assertEquals(await runs("--status", "ok"), [good]);
  assertEquals(await runs("--status", "failed"), [bad]);
  assertEquals(await runs("--status", "running"), []);
  assertEquals(await runs("--step", "bad"), [bad]);
  assertEquals(await runs("--step", "bad", "--status", "ok"), []);
  assertEquals(await runs("--actor", "ann/runner"), [bad, good]);
  assertEquals(await runs("--actor", "nobody"), []);
  assertEquals(await runs("--runs", "--since", "2100-01-01"), []);

  const { runs: [shown] } = await json("log", "--status", "failed");
  assertEquals([shown.pipeline, shown.state], ["work", "failed"]);
  const text = await world.must(["log", "--runs"]);
  assertStringIncludes(text.stdout, "run");
  assertMatch(
    text.stdout.split("\n")[1],
    /^run_\S+ +\S+Z +failed +\d+ m?s +work/,
  );

  const wrong = await world.writ(["log", "--since", "yesterday"]);
  assertEquals(wrong.status, 2);
  assertStringIncludes(wrong.stderr, "error[usage.invalid]");

  const types = async (...words: string[]) =>
    (await json("show", good, ...words)).receipts.map((
      { type }: { type: string },
    ) => type);
  assertEquals((await types()).length, 4);
  assertEquals(await types("--step", "good"), [
    "step.started",
    "step.finished",
  ]);
  assertEquals(await types("--status", "ok"), ["step.finished"]);
  assertEquals(await types("--status", "failed"), []);
  assertEquals((await types("--actor", "ann/runner")).length, 4);
  assertEquals(await types("--actor", "nobody"), []);
  assertEquals(await types("--since", "2100-01-01"), []);
  const short = good.slice(0, -1).toLowerCase();
  assertEquals((await json("show", short)).run.run, good);
  assertEquals((await json("show", "#2")).run.run, good);
  assertEquals((await json("show")).run.run, bad);
});

Deno.test("the whole way of a checkpoint: from a bundle, by a witness, into an export, and back to verify", async () => {
  const { world, runs: [good, bad] } = await twoRuns();
  await using _ = world;
  const bundle = (run: string) => `.writ/runs/${run}`;
  const first = join(bundle(good), "checkpoint");
  const second = join(bundle(bad), "checkpoint");

  const whole = await world.must(["log", "--verify"]);
  assertEquals(
    whole.stdout,
    "whole: 6 entries, 2 tickets, 2 runs, 8 receipts\n",
  );
  const grew = await world.must(["log", "--consistent-with", first]);
  assertEquals(
    grew.stdout,
    "consistent: the ledger of 6 entries begins with the 3 of the checkpoint\n",
  );

  const verify = (run: string, ...words: string[]) =>
    world.writ(["verify", bundle(run), "--trust", TRUST, ...words]);
  const status = async (...[run, ...words]: [string, ...string[]]) =>
    (await verify(run, ...words)).status;
  // The failed run's bundle proves that it continues the one before; the other way needs an export.
  assertEquals(await status(bad, "--seen", first), 1);
  assertEquals(await status(good, "--seen", first), 0);
  const unproven = await verify(good, "--seen", second);
  assertEquals(unproven.status, 4);
  assertStringIncludes(unproven.stdout, "seen.unproven");
  assertEquals((await verify(good, "--log", "export")).status, 2);

  await world.must(
    [
      "log",
      "witness",
      "--out",
      "witnessed",
      "--passphrase-file",
      world.ann.passphrase,
    ],
  );
  const exported = JSON.parse(
    (await world.must(["log", "export", "export", "--json"])).stdout,
  );
  const log = readLog(world.at("export"), exported.key);
  assertEquals([log.origin, log.size], [exported.origin, 6]);
  assertEquals(
    log.entries.map((entry) => JSON.parse(entry).type),
    [1, 2].flatMap(() => ["ticket.issued", "run.admitted", "run.closed"]),
  );
  assertEquals(world.text("export/checkpoint"), world.text("witnessed"));
  assertEquals(await status(good, "--seen", "witnessed", "--log", "export"), 0);

  // Brought up to date after another run.
  world.putPipeline(GOOD);
  assertEquals((await world.execute()).status, 0);
  await world.must(["log", "export", "export"]);
  assertEquals(readLog(world.at("export"), exported.key).size, 9);
  assertEquals(
    await status(good, "--seen", "export/checkpoint", "--log", "export"),
    0,
  );

  // verify.ts alone, with leave to read and nothing else.
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--no-prompt",
      "--quiet",
      "--config",
      join(import.meta.dirname!, "../deno.json"),
      join(import.meta.dirname!, "../verify.ts"),
      world.at(bundle(good)),
      "--trust",
      world.at(TRUST),
      "--seen",
      world.at("export/checkpoint"),
      "--log",
      world.at("export"),
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stdout));
});

Deno.test("log witness: with a key of its own, not the ledger's, and what it signs can be checked by others", async () => {
  const { world } = await twoRuns();
  await using _ = world;
  await world.must(["keys", "new", "eye", "--open", "--owner", "eve"]);
  const answer = JSON.parse(
    (await world.must(["log", "witness", "--key", "eye", "--json"])).stdout,
  );
  const before = Date.now() / 1000;
  const { size, time } = readCheckpoint(answer.checkpoint, answer.key);
  assertEquals(size, 6);
  assert(time !== null && Math.abs(before - time) < 600);
  const own = await world.writ(["log", "witness", "--key", "ledger"]);
  assertEquals(own.status, 2);
  assertStringIncludes(own.stderr, "it is the ledger's own");
});

Deno.test("log witness: whose ledger it is, by the names that setup gives, is no witness of it; somebody else is", async () => {
  await using world = await World.make({ unattended: true, steps: GOOD });
  await trustedKey(world, world.ann, "eye", {
    owner: "eve",
    roles: ["witness"],
  });
  await world.changeTrust((trust) => ({
    ...trust,
    witnesses: 1,
    keys: trust.keys.map((key) =>
      key.owner === "ann" ? { ...key, roles: ["approver", "witness"] } : key
    ),
  }));
  await world.accept(world.ann);
  const run = runOf(await world.execute());
  const verify = (seen: string) =>
    world.writ(["verify", run, "--trust", TRUST, "--seen", seen]);
  const by = ["--passphrase-file", world.ann.passphrase];
  await world.must(["log", "witness", "--out", "own", ...by]);
  const own = await verify("own");
  assertEquals(own.status, 4, own.stdout);
  assertMatch(own.stdout, /FAIL +ledger\.witnessed/);
  assertStringIncludes(own.stdout, "witness.own");

  await world.must(["log", "witness", "--key", "eye", "--out", "others"]);
  const others = await verify("others");
  assertEquals(others.status, 0, others.stdout);
});

// What was done to the ledger from outside.

async function folderOf(world: World): Promise<string> {
  return join(await world.stateOfLedger(), "ledger");
}

async function store(world: World): Promise<Store> {
  return await kvStore(join(await folderOf(world), "ledger.kv"));
}

Deno.test("log --verify: a ledger that is not whole is told by its codes, exit 4", async () => {
  const { world, runs: [good] } = await twoRuns();
  await using _ = world;
  const kv = await store(world);
  await kv.commit({
    put: [{ kind: "seal", id: good, bytes: new Uint8Array(3) }],
    unlist: [`status/ok/${good}`],
  });
  await kv.close();
  const { status, stdout } = await world.writ(["log", "--verify", "--json"]);
  const { holds, report } = JSON.parse(stdout);
  assertEquals([status, holds], [4, false]);
  assertEquals(report.faults.map(({ code }: { code: string }) => code), [
    "run.unlisted",
    "run.seal",
  ]);
  const text = await world.writ(["log", "--verify"]);
  assertMatch(
    text.stdout,
    /^run\.unlisted: .*\nrun\.seal: .*\nnot whole: 6 entries/,
  );
});

Deno.test("log --consistent-with: a checkpoint of another history is told, one that is not the ledger's is refused", async () => {
  const { world, runs: [good, bad] } = await twoRuns();
  await using _ = world;
  const other = await twoRuns();
  await using __ = other.world;
  const mine = await Deno.readTextFile(
    world.at(`.writ/runs/${good}/checkpoint`),
  );
  const theirs = await Deno.readTextFile(
    other.world.at(`.writ/runs/${other.runs[0]}/checkpoint`),
  );
  world.put({
    "theirs": theirs,
    "larger": mine.replace("\n3\n", "\n4\n"),
    "nothing": "nothing",
  });
  for (
    const [file, status, code] of [
      ["theirs", 4, "checkpoint.signature"],
      ["larger", 4, "checkpoint.signature"],
      ["nothing", 2, "input.invalid"],
      ["missing", 2, "input.unreadable"],
    ] as const
  ) {
    const ended = await world.writ(["log", "--consistent-with", file]);
    assertEquals(ended.status, status, ended.stderr);
    assertStringIncludes(ended.stderr, `error[${code}]`);
  }
  // The ledger's key signs what it never held: whoever keeps that finds out.
  const copy = join(world.root, "older");
  await Deno.mkdir(copy);
  const state = await folderOf(world);
  for (const name of ["ledger.kv", "ledger.kv-wal", "ledger.kv-shm"]) {
    await Deno.copyFile(join(state, name), join(copy, name)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  world.putPipeline(GOOD);
  const later = await world.execute();
  const kept = `.writ/runs/${runOf(later)}/checkpoint`;
  for (const name of ["ledger.kv", "ledger.kv-wal", "ledger.kv-shm"]) {
    await Deno.remove(join(state, name)).catch(() => {});
    await Deno.copyFile(join(copy, name), join(state, name)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  const back = await world.writ(["log"]);
  assertStringIncludes(back.stderr, "error[ledger.rolled_back]");
  await removeTree(join(world.ann.config, "seen"));
  const shorter = await world.writ(["log", "--consistent-with", kept]);
  assertEquals(
    [shorter.status, shorter.stdout],
    [4, "not consistent: the ledger has 6 entries, the checkpoint 9\n"],
  );
  assertEquals((await world.execute()).status, 0);
  const forked = await world.writ(["log", "--consistent-with", kept]);
  assertEquals(
    [forked.status, forked.stdout],
    [
      4,
      "not consistent: the first 9 entries are not those of the checkpoint\n",
    ],
  );
  const earlier = `.writ/runs/${bad}/checkpoint`;
  await world.must(["log", "--consistent-with", earlier, "--verify"]);
});

Deno.test("log export: what is there and no export, or of another history, is refused and left as it is", async () => {
  const { world } = await twoRuns();
  await using _ = world;
  world.put({ "full/file": "mine", "file": "mine" });
  for (const place of ["full", "file"]) {
    const ended = await world.writ(["log", "export", place]);
    assertEquals(ended.status, 2, ended.stderr);
    assertStringIncludes(ended.stderr, "no export of a ledger");
  }
  assertEquals(world.text("full/file"), "mine");
  await world.must(["log", "export", "export"]);
  const path = world.at("export/tile/0/000.p/6");
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.with(0, bytes[0] ^ 1));
  const changed = await world.writ(["log", "export", "export"]);
  assertEquals(changed.status, 2);
  assertStringIncludes(
    changed.stderr,
    `"tile/0/000.p/6" is there with other bytes`,
  );
});

// Many entries

Deno.test("an export over several tiles is what another tool reads, at each of its sizes", async () => {
  const memory = new MemoryStore();
  const ledger = await openLedger(memory);
  const folder = await Deno.makeTempDir({ prefix: "writ-log-" });
  const key = verifierKey(checkpointKey(LEDGER_KEY.id, LEDGER_KEY.publicKey));
  for (let run = 1; run <= 175; run++) {
    await wholeRun(ledger);
    if (![1, 85, 86, 170, 175].includes(run)) continue;
    const checkpoint = await ledger.checkpoint();
    await writeLog(folder, ledger.export(checkpoint), folder);
    assertEquals(await exportedBefore(folder, folder), checkpoint);
    const log = readLog(folder, key);
    assertEquals(log.size, 3 * run);
    const tree = new TreeReader(tilesIn(folder));
    for (const size of [1, 3, 255, 256, 257, 510, 3 * run]) {
      if (size > 3 * run) continue;
      assertEquals(
        await tree.headAt(size),
        await ledger.proofs().headAt(size),
      );
    }
  }
  await removeTree(folder);
});

Deno.test("an export of entries that are not those of the checkpoint ends before the checkpoint is written", async () => {
  const memory = new MemoryStore();
  const ledger = await openLedger(memory);
  await wholeRun(ledger);
  const checkpoint = await ledger.checkpoint();
  const other = await openLedger(new MemoryStore());
  await wholeRun(other);
  const folder = await Deno.makeTempDir({ prefix: "writ-log-" });
  await rejectsWith(
    "ledger.corrupt",
    () => writeLog(folder, other.export(checkpoint), folder),
  );
  await assertRejects(() => Deno.stat(join(folder, "checkpoint")));
  await removeTree(folder);
  await writeLog(folder, ledger.export(checkpoint), folder);
  await Deno.stat(join(folder, "checkpoint"));
  await removeTree(folder);
});

Deno.test("the independent reader finds a changed bit, wherever it is", async () => {
  const memory = new MemoryStore();
  const ledger = await openLedger(memory);
  await wholeRun(ledger);
  const folder = await Deno.makeTempDir({ prefix: "writ-log-" });
  const key = verifierKey(checkpointKey(LEDGER_KEY.id, LEDGER_KEY.publicKey));
  await writeLog(folder, ledger.export(await ledger.checkpoint()), folder);
  readLog(folder, key);
  for (const name of ["checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"]) {
    const path = join(folder, name);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.with(80, bytes[80] ^ 1));
    assertThrows(() => readLog(folder, key));
    await Deno.writeFile(path, bytes);
  }
  await removeTree(folder);
});

Deno.test("an entry that no bundle of entries could hold is refused", async () => {
  const ledger = await openLedger(new MemoryStore());
  await wholeRun(ledger);
  const [ticket] = await Array.fromAsync(ledger.tickets());
  const { id } = ticket.ticket;
  const error = await rejectsWith(
    "usage.invalid",
    () => ledger.revokeTicket(id, "x".repeat(70_000), "ann"),
  );
  assert(error instanceof WritError);
  await ledger.revokeTicket(id, "x".repeat(60_000), "ann");
});
