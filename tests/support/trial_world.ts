/**
 * A world in a temporary home, in which steps run as `execute` runs them: planned, judged,
 * admitted under a ticket, held by one chosen backend, sealed.
 *
 * @module
 */
import { join } from "@std/path/join";
import type { WritError } from "../../src/core/errors.ts";
import { isWritError } from "../../src/core/errors.ts";
import type { Signer } from "../../src/core/keys.ts";
import {
  type ReceiptBodies,
  ReceiptSchema,
  type RunOutcome,
} from "../../src/ledger/receipt.ts";
import type { StepFile } from "../../src/pipeline/file_form.ts";
import { hintText } from "../../src/plan/view_hint.ts";
import { verdictOf } from "../../src/policy/decision.ts";
import type { ActiveRun } from "../../src/run/active_run.ts";
import { admit } from "../../src/run/admit.ts";
import { approve } from "../../src/run/approve.ts";
import { DenoDirs } from "../../src/run/deno_dirs.ts";
import { findLeave } from "../../src/run/find_leave.ts";
import type { Holding } from "../../src/run/hold.ts";
import { type Proposal, propose, UNNAMED } from "../../src/run/propose.ts";
import { Publishing } from "../../src/run/publishing.ts";
import type { RunEvent, RunOptions } from "../../src/run/run.ts";
import { runSteps } from "../../src/run/run_steps.ts";
import { sealRun } from "../../src/run/seal_run.ts";
import { openSight } from "../../src/run/sight.ts";
import { openWorld, type World } from "../../src/run/world.ts";
import { UsedStages } from "../../src/evidence/used_stages.ts";
import { etcFolders } from "../../src/sandbox/build_etc.ts";
import { chooseBackend } from "../../src/sandbox/choose_backend.ts";
import { confine } from "../../src/sandbox/confine.ts";
import type { Backend, SystemFacts } from "../../src/sandbox/confinement.ts";
import { type Launcher, startLauncher } from "../../src/sandbox/launcher.ts";
import { systemFacts } from "../../src/sandbox/system_facts.ts";
import { loadSigner } from "../../src/ticket/keyring.ts";
import { setUp } from "../../src/ticket/setup.ts";
import { DENO_DIR } from "./deno_cache.ts";

/** The steps of a pipeline, as an author writes them. */
export type Steps = Record<string, StepFile>;

/** How a step ended. */
export type Ended = Extract<RunEvent, { type: "finished" }>;

/** What came of trying some steps. */
export interface Tried {
  /** Why nothing was run; `null` where steps were. */
  refused: WritError | null;
  outcome: RunOutcome | null;
  ended: Ended[];
  /** Standard output and error of all steps. */
  output: string;
  /** What the dry run says that each step will not see. */
  hints: string[];
  /** How the receipts tell each step's end. */
  finished: ReceiptBodies["step.finished"][];
}

/** All of a pipeline, two steps at a time, watched by nobody. */
const PLAIN: RunOptions = {
  ticket: null,
  only: null,
  keepGoing: false,
  jobs: 2,
  resume: null,
  signal: new AbortController().signal,
  watch: () => {},
};

/** Where the steps of the trial run. */
export class TrialWorld implements AsyncDisposable {
  private constructor(
    readonly root: string,
    readonly world: World,
    readonly approver: Signer,
    readonly launcher: Launcher,
    readonly system: SystemFacts,
  ) {}

  /** Keys, policy and trust of its own, an open ledger, a launcher. */
  static async open(): Promise<TrialWorld> {
    const root = await Deno.realPath(
      await Deno.makeTempDir({ prefix: "writ-trial-" }),
    );
    const workspace = join(root, "workspace");
    const config = join(root, "config");
    await Deno.mkdir(join(workspace, ".writ"), { recursive: true });
    const passphrase = () => Promise.resolve("trial and error");
    await setUp({
      config,
      workspace,
      owner: "ana",
      passphrase,
      now: Date.now(),
      workFactor: 1,
    });
    const sight = await openSight({
      workspace,
      config,
      env: () => undefined,
      now: Date.now,
      denoDir: DENO_DIR,
      stateFolder: join(root, "state"),
    });
    return new TrialWorld(
      root,
      await openWorld(sight, join(root, "state")),
      await loadSigner(config, "approver", passphrase),
      await startLauncher(),
      await systemFacts(),
    );
  }

  /** Plans and judges steps, and runs nothing. */
  async propose(workspace: string, steps: Steps): Promise<Proposal> {
    const { world } = this.#in(workspace);
    return await propose(wishOf(steps), world.sight, world.blobs);
  }

  /**
   * Runs steps in a workspace under one backend, the way that `execute` goes. What policy wants
   * reviewed is approved, and with `approved` all of it is.
   */
  async try(
    workspace: string,
    steps: Steps,
    backend: Backend,
    { approved = false }: { approved?: boolean } = {},
  ): Promise<Tried> {
    const { world } = this.#in(workspace);
    const tried: Tried = {
      refused: null,
      outcome: null,
      ended: [],
      output: "",
      hints: [],
      finished: [],
    };
    const decoder = new TextDecoder();
    const options: RunOptions = {
      ...PLAIN,
      watch: (event) => {
        if (event.type === "output") {
          tried.output += decoder.decode(event.chunk);
        } else if (event.type === "finished") tried.ended.push(event);
      },
    };
    try {
      const proposal = await propose(
        wishOf(steps),
        world.sight,
        world.blobs,
      );
      tried.hints = [...proposal.planned.hints.values()].map(hintText);
      const holding = this.#hold(proposal, backend);
      using run = await this.admit(proposal, options, world, approved);
      await runSteps(run, holding, options, world);
      for await (const bytes of world.ledger.receipts(run.id)) {
        const { type, body } = ReceiptSchema.parse(
          JSON.parse(decoder.decode(bytes)),
        );
        if (type === "step.finished") tried.finished.push(body);
      }
      tried.outcome = (await sealRun(run, options, world)).result.outcome;
    } catch (error) {
      if (!isWritError(error)) throw error;
      tried.refused = error;
    }
    return tried;
  }

  /** Admits a proposal. What policy wants reviewed is approved, and with `approved` all of it is. */
  async admit(
    proposal: Proposal,
    options: RunOptions = PLAIN,
    world: World = this.world,
    approved = false,
  ): Promise<ActiveRun> {
    if (approved || verdictOf(proposal.decision.value) === "review") {
      await approve(
        proposal,
        { reason: "trial", validForMs: 60_000, maxUses: 1 },
        this.approver,
        world,
      );
    }
    const leave = await findLeave(proposal, options, world);
    return await admit(proposal, leave, options, world);
  }

  #in(workspace: string): { world: World } {
    const { world } = this;
    const publishing = new Publishing(world.state.publish, workspace);
    const sight = { ...world.sight, workspace };
    return { world: { ...world, sight, publishing } };
  }

  #hold(proposal: Proposal, backend: Backend): Holding {
    return {
      launcher: this.launcher,
      backends: new Map(proposal.plan.value.steps.map((step) => [
        step.id,
        chooseBackend([backend], step.isolation, confine(step)),
      ])),
      secrets: new Map(),
      preset: () => [],
      seal: null,
      system: this.system,
      etc: etcFolders(join(this.world.state.root, "etc")),
      stages: new UsedStages(),
      denoDirs: new DenoDirs(this.world.state.denoDirs, null),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.launcher.close();
    await this.world[Symbol.asyncDispose]();
    await Deno.remove(this.root, { recursive: true });
  }
}

function wishOf(steps: Steps) {
  const bytes = new TextEncoder().encode(
    JSON.stringify({ name: "trial", steps }),
  );
  return { file: "pipeline.json", bytes, params: {}, requester: UNNAMED };
}
