/**
 * The ledger's store breaks at the n-th commit of a run, for every n, before it holds or after:
 * the run goes on from there under the use that it has.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { isWritError, WritError } from "../src/core/errors.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import { type Commit, EMPTY_HEAD, type Store } from "../src/ledger/store.ts";
import { readBundle } from "../src/bundle/read_bundle.ts";
import { readReceipt } from "../src/run/documents.ts";
import { UNNAMED, type Wish } from "../src/run/propose.ts";
import type { RunOptions } from "../src/run/run.ts";
import { Writ } from "../src/run/writ.ts";
import { loadTrust } from "../src/ticket/read_trust.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { TRUST, World } from "./support/world.ts";

const STEPS = { make: { run: ["echo", "made"], stdout: "made.txt" } };

for (const when of ["before", "after"] as const) {
  Deno.test(`a store that breaks ${when} the n-th commit of a run, for every n`, async () => {
    await using world = await World.make({ steps: STEPS, unattended: true });
    const store = new MemoryStore();
    const trust = await loadTrust(world.at(TRUST));
    let runs = 0;
    for (let n = 1;; n++) {
      const broke = await execute(world, breaking(store, n, when)).then(
        () => null,
        (error) => error,
      );
      if (broke === null) break;
      assert(isWritError(broke, "store.unwritable"), broke);
      const resume = /--resume (run_\w+)/.exec(broke.hint ?? "")?.[1] ?? null;
      // What broke at the admission itself says nothing of a run, and holds no use.
      const done = await execute(world, store, resume);
      assertEquals(done.outcome, "ok", `after break ${n}`);
      assertEquals(world.text("made.txt"), "made\n");
      const report = await verifyBundle(await readBundle(done.bundle), {
        trust,
        now: new Date().toISOString(),
      });
      assertEquals(report.verdict, "verified");
      runs++;
    }
    // Admitted, started, finished, published, sealed, closed.
    assert(runs >= 6, `${runs} breaks`);
  });
}

Deno.test("once its ticket has expired a run that broke at its n-th commit is finished where it was sealed, and else refused, for every n", async () => {
  await using world = await World.make({ steps: STEPS, unattended: true });
  const store = new MemoryStore();
  const HOUR = 3_600_000;
  const seen = new Set<string>();
  for (let n = 2;; n++) {
    // Each round after the one before, whose ticket was for an hour.
    const at = (hours: number) => () => Date.now() + (3 * n + hours) * HOUR;
    const broke = await execute(
      world,
      breaking(store, n, "after"),
      null,
      null,
      at(0),
    ).then(() => null, (error) => error);
    if (broke === null) break;
    const resume = /--resume (run_\w+)/.exec(broke.hint ?? "")?.[1] ?? null;
    assert(resume !== null, broke);
    const types = async () =>
      (await Array.fromAsync(store.receipts(resume))).map((bytes) =>
        readReceipt(bytes).type
      );
    const before = await types();
    const late = () => execute(world, store, resume, null, at(2));
    if (before.includes("run.sealed")) {
      assertEquals((await late()).outcome, "ok");
    } else {
      await rejectsWith("ticket.expired", late);
    }
    assertEquals(await types(), before);
    seen.add(before.at(-1)!);
  }
  for (const last of ["step.started", "step.published", "run.sealed"]) {
    assert(seen.has(last), [...seen].join());
  }
});

function execute(
  world: World,
  store: Store,
  resume: string | null = null,
  only: string[] | null = null,
  now = Date.now,
) {
  const writ = new Writ({
    workspace: world.workspace,
    config: world.ann.config,
    state: world.ann.state,
    store: () => Promise.resolve(store),
    now,
  });
  const wish: Wish = {
    file: "pipeline.json",
    bytes: new TextEncoder().encode(world.text("pipeline.json")!),
    params: {},
    requester: UNNAMED,
  };
  const options: RunOptions = {
    ticket: null,
    only,
    keepGoing: false,
    jobs: 1,
    resume,
    signal: new AbortController().signal,
    watch: () => {},
  };
  return writ.execute(wish, options);
}

/** A store whose n-th commit fails, and all that come after, as those of a disk that is gone. */
function breaking(store: Store, n: number, when: "before" | "after"): Store {
  let left = n;
  const gone = () =>
    new WritError("store.unwritable", "Cannot write: the disk is gone");
  return new Proxy(store, {
    get(target, name) {
      if (name !== "commit") {
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async (change: Commit) => {
        left--;
        if (left < 0 || left === 0 && when === "before") throw gone();
        await target.commit(change);
        if (left === 0) throw gone();
      };
    },
  });
}

Deno.test("a run of no step is refused, and spends no use", async () => {
  await using world = await World.make({ steps: STEPS, unattended: true });
  const store = new MemoryStore();
  await rejectsWith("usage.invalid", () => execute(world, store, null, []));
  assertEquals(await store.head(), EMPTY_HEAD);
  const { outcome } = await execute(world, store, null, ["make"]);
  assertEquals(outcome, "ok");
});

Deno.test("a run that is resumed is of the file that it was admitted with, whatever has been written beside it since", async () => {
  await using world = await World.make({ steps: STEPS, unattended: true });
  const store = new MemoryStore();
  const before = world.text("pipeline.json")!;
  const broke = await execute(world, breaking(store, 2, "after")).then(
    () => null,
    (error) => error,
  );
  const resume = /--resume (run_\w+)/.exec(broke?.hint ?? "")?.[1] ?? null;
  assert(resume !== null, broke);
  Deno.writeTextFileSync(
    world.at("pipeline.json"),
    `// A later thought.\n${before}`,
  );
  const done = await execute(world, store, resume);
  const bundle = await readBundle(done.bundle);
  const report = await verifyBundle(bundle, {
    trust: await loadTrust(world.at(TRUST)),
    now: new Date().toISOString(),
  });
  assertEquals([report.verdict, report.run], ["verified", resume]);
  assertEquals(
    new TextDecoder().decode(bundle.files.get("pipeline.json")),
    before,
  );
});
