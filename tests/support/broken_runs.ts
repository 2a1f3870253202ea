/**
 * Runs that break at the n-th write, and what must hold after each: the ledger is whole and has all that
 * was said, outputs are whole, the run goes on under its one use, and ends verified.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { decodeBase64 } from "@std/encoding/base64";
import { join } from "@std/path/join";
import { isWritError } from "../../src/core/errors.ts";
import { readBundle } from "../../src/bundle/read_bundle.ts";
import { checkLedger } from "../../src/ledger/check_ledger.ts";
import { kvStore } from "../../src/ledger/kv_store.ts";
import { listRuns } from "../../src/ledger/list_runs.ts";
import type { RunRecord } from "../../src/ledger/records.ts";
import type { Store } from "../../src/ledger/store.ts";
import { UNNAMED } from "../../src/run/propose.ts";
import type { RunEvent, RunResult } from "../../src/run/run.ts";
import { Writ } from "../../src/run/writ.ts";
import { loadTrust } from "../../src/ticket/read_trust.ts";
import type { Trust } from "../../src/ticket/trust.ts";
import { verifyBundle } from "../../src/verify/verify.ts";
import { TRUST, World } from "./world.ts";

/** Where a run happens, as far as another process has to know. */
export interface Place {
  workspace: string;
  config: string;
  state: string;
  /** The ledger's database. */
  ledger: string;
  /** A folder for temporary files. */
  temporary: string;
}

/** Executes `pipeline.json` for a round. */
export async function executeRound(
  place: Place,
  round: number,
  options: {
    resume?: string | null;
    store?: () => Promise<Store>;
    watch?: (event: RunEvent) => void;
  } = {},
): Promise<RunResult> {
  const { workspace, config, state, ledger } = place;
  const { resume = null, watch = () => {} } = options;
  const writ = new Writ({
    workspace,
    config,
    state,
    now: Date.now,
    store: options.store ?? (() => kvStore(ledger)),
  });
  return await writ.execute({
    file: "pipeline.json",
    bytes: await Deno.readFile(join(workspace, "pipeline.json")),
    params: { round: `${round}` },
    requester: UNNAMED,
  }, {
    ticket: null,
    only: null,
    keepGoing: false,
    jobs: 1,
    resume,
    signal: new AbortController().signal,
    watch,
  });
}

/** A folder that is made anew each time, and a file that is updated. */
const STEPS = {
  fresh: {
    run: ["sh", "-c", 'for n in 1 2; do echo "$V" > "a/$n"; done'],
    env: { V: "${params.round}" },
    permissions: { write: ["a/"] },
  },
  more: {
    run: ["sh", "-c", 'echo "$V" >> log.txt'],
    env: { V: "${params.round}" },
    permissions: { read: ["log.txt"], write: ["log.txt"] },
  },
};

/** What somebody was told that has happened. */
export interface Told {
  run: string;
  steps: string[];
  sealed: boolean;
}

/** One world, in which run after run breaks. */
export class BrokenRuns implements AsyncDisposable {
  readonly place: Place;
  readonly #world: World;
  readonly #trust: Trust;
  readonly #runs = new Set<string>();
  /** The last round whose run came to its end. */
  #last = -1;

  private constructor(world: World, place: Place, trust: Trust) {
    this.#world = world;
    this.place = place;
    this.#trust = trust;
  }

  /** Makes the world, in which the first run has been made already. */
  static async make(
    steps: readonly (keyof typeof STEPS)[],
  ): Promise<BrokenRuns> {
    const world = await World.make({
      steps: Object.fromEntries(steps.map((step) => [step, STEPS[step]])),
      params: { round: "none" },
      files: { "log.txt": "" },
      unattended: true,
    });
    const place = {
      workspace: world.workspace,
      config: world.ann.config,
      state: world.ann.state,
      ledger: join(await world.stateOfLedger(), "ledger", "ledger.kv"),
      temporary: join(world.root, "tmp"),
    };
    await Deno.mkdir(place.temporary);
    const trust = await loadTrust(world.at(TRUST));
    const runs = new BrokenRuns(world, place, trust);
    await runs.goOn(0, null);
    return runs;
  }

  /** What must hold at once when a run has broken. */
  async check(round: number, told: Told | null): Promise<void> {
    this.#assertWhole(round);
    const store = await kvStore(this.place.ledger);
    try {
      const key = this.#trust.keys.find(({ roles }) =>
        roles.includes("ledger")
      )!;
      const { faults } = await checkLedger(
        store,
        key.id,
        decodeBase64(key.publicKey),
      );
      assertEquals(faults, []);
      const runs = await Array.fromAsync(listRuns(store, {}));
      assertEquals(new Set(runs.map(({ ticket }) => ticket)).size, runs.length);
      if (told !== null) await assertKept(store, runs, told);
    } finally {
      await store.close();
    }
  }

  /** Brings the round to its end: the run that it has goes on, or one is admitted. */
  async goOn(round: number, done: RunResult | null): Promise<void> {
    const broken = await this.#broken();
    const run = done?.run ?? await this.#end(round, broken);
    assert(broken === null || run === broken);
    this.#runs.add(run);
    this.#last = round;
    this.#assertWhole(round);
    const bundle = join(this.place.workspace, ".writ/runs", run);
    const report = await verifyBundle(await readBundle(bundle), {
      trust: this.#trust,
      now: new Date().toISOString(),
    });
    assertEquals(report.verdict, "verified", JSON.stringify(report));
    assertEquals(await this.#broken(), null, "one use, two runs");
  }

  async #end(round: number, broken: string | null): Promise<string> {
    try {
      const options = { resume: broken };
      const { run, outcome } = await executeRound(this.place, round, options);
      assertEquals(outcome, "ok");
      return run;
    } catch (error) {
      // It had come to its end, bundle and all.
      if (broken !== null && isWritError(error, "run.not_resumable")) {
        return broken;
      }
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]();
  }

  /** The run that was admitted since the last one ended. */
  async #broken(): Promise<string | null> {
    const store = await kvStore(this.place.ledger);
    try {
      const runs = await Array.fromAsync(listRuns(store, {}));
      const others = runs.filter(({ run }) => !this.#runs.has(run));
      assert(others.length < 2);
      return others[0]?.run ?? null;
    } finally {
      await store.close();
    }
  }

  /** Each output is as the last run left it, as this one makes it, or on its way between. */
  #assertWhole(round: number): void {
    const ended = this.#last === round;
    const [first, second, log] = ["a/1", "a/2", "log.txt"].map((path) =>
      this.#world.text(path)
    );
    const before = this.#last < 0 ? null : `${this.#last}\n`;
    const allowed = ended ? [`${round}\n`] : [null, before, `${round}\n`];
    assertEquals(first, second);
    if (this.#has("fresh")) assert(allowed.includes(first), `${first}`);
    if (!this.#has("more")) return;
    const lines = (n: number) =>
      Array.from({ length: n + 1 }, (_, i) => `${i}\n`).join("");
    const logs = ended
      ? [lines(round)]
      : [null, lines(this.#last), lines(round)];
    assert(logs.includes(log), `${log}`);
  }

  #has(step: keyof typeof STEPS): boolean {
    return this.#world.text("pipeline.json")!.includes(`"${step}"`);
  }
}

/** What was told is in the ledger. */
async function assertKept(
  store: Store,
  runs: readonly RunRecord[],
  told: Told,
): Promise<void> {
  assert(runs.some(({ run }) => run === told.run), `${told.run} is lost`);
  const receipts = (await Array.fromAsync(store.receipts(told.run)))
    .map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
  for (const step of told.steps) {
    assert(
      receipts.some(({ type, body }) =>
        type === "step.finished" && body.step === step
      ),
      `the end of "${step}" is lost`,
    );
  }
  const last = receipts.at(-1);
  assert(!told.sealed || last.type === "run.sealed", "the seal is lost");
}
