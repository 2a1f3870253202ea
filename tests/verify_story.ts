/**
 * The run that the fixtures of verify tell: `check` (Deno), `pack` and `list` (native), each
 * started in bubblewrap, all of them ok.
 *
 * @module
 */
import { evidenceName } from "../src/bundle/names.ts";
import { digestOf, sha256 } from "../src/core/digest.ts";
import type { ReceiptDraft } from "../src/ledger/chain.ts";
import {
  type CacheRef,
  type EvidenceRef,
  type ReceiptBodies,
  type RunOutcome,
  type StepStatus,
  type TreeRef,
  unseenEnd,
} from "../src/ledger/receipt.ts";
import type { Plan, PlanStep } from "../src/plan/plan.ts";
import { bubblewrap } from "../src/sandbox/bubblewrap.ts";
import { capturedOf } from "../src/sandbox/captured.ts";
import { confine } from "../src/sandbox/confine.ts";
import type { Backend, HostFacts } from "../src/sandbox/confinement.ts";
import { landlock } from "../src/sandbox/landlock.ts";
import { notEnforced } from "../src/sandbox/not_enforced.ts";
import { planOf } from "./support/plans.ts";

/** The author's text. */
export const PIPELINE = `{
  // What is packed has been checked.
  "name": "release",
  "steps": {
    "check": { "deno": ["check", "src/main.ts"], "permissions": { "read": ["src"] } },
    "pack": { "run": ["tar", "-cf", "dist/src.tar", "src"], "needs": ["check"], "retries": 1,
      "permissions": { "read": ["src"], "write": ["dist"] } },
    "list": { "run": ["tar", "-tf", "dist/src.tar"], "needs": ["pack"],
      "permissions": { "read": ["dist"] } }
  }
}
`;

const SRC = { path: "src", tree: digestOf("src"), files: 2, bytes: 64 };

/** What `pack` writes. */
export const DIST: TreeRef = {
  path: "dist",
  tree: digestOf("dist"),
  files: 1,
  bytes: 10_240,
};

/** What a step that fetches brings in. */
export const NPM: CacheRef = {
  cache: "npm",
  tree: digestOf("npm"),
  files: 3,
  bytes: 4096,
};

/** The plan of {@linkcode PIPELINE}. */
export function goodPlan(): Plan {
  const tool = (name: string) => ({
    name,
    digest: digestOf(name),
    tier: "system" as const,
  });
  return planOf(
    {
      id: "check",
      kind: "deno",
      argv: ["check", "src/main.ts"],
      executable: { ...tool("deno"), tier: "content" },
      materials: [SRC],
      permissions: { read: ["src"] },
    },
    {
      id: "pack",
      argv: ["tar", "-cf", "dist/src.tar", "src"],
      needs: ["check"],
      executable: tool("tar"),
      materials: [SRC],
      products: [{ path: "dist", starts: "absent" }],
      permissions: { read: ["src"], write: ["dist"] },
      retries: 1,
    },
    {
      id: "list",
      argv: ["tar", "-tf", "dist/src.tar"],
      needs: ["pack"],
      executable: tool("tar"),
      materials: [{ path: "dist", from: "pack" }],
      permissions: { read: ["dist"] },
    },
  );
}

/** A receipt between opening and sealing; run and time are filled in. */
export type StepDraft = {
  [T in ReceiptDraft["type"]]: {
    type: T;
    actor: ReceiptDraft["actor"];
    body: ReceiptBodies[T];
  };
}[ReceiptDraft["type"]];

const ACTOR = { kind: "system", id: "runner" } as const;

export const BUBBLEWRAP: Backend = {
  name: "bubblewrap",
  version: "0.8.0",
  isolation: "namespaces",
  path: "/usr/bin/bwrap",
  abi: 0,
  mechanisms: ["mount-namespace", "seccomp"],
};

export const LANDLOCK: Backend = {
  name: "landlock",
  version: "abi 7",
  isolation: "kernel",
  path: null,
  abi: 7,
  mechanisms: ["landlock-fs", "seccomp"],
};

/** Host facts of a step. */
export function hostOf(step: PlanStep): HostFacts {
  const deno = step.kind === "deno";
  const state = `/var/lib/writ/views/${step.id}`;
  return {
    stage: `${state}/stage`,
    binds: [],
    caches: confine(step).caches.map(({ cache }) => ({
      cache,
      folder: `${state}/caches/work/${cache}`,
    })),
    home: `${state}/home`,
    tmp: `${state}/tmp`,
    etc: "/var/lib/writ/etc",
    program: deno ? "/opt/deno/bin/deno" : `/usr/bin/${step.executable.name}`,
    roots: deno ? ["/opt/deno/bin/deno"] : [],
    path: deno ? ["/opt/deno/bin"] : [],
    denoDir: deno ? `${state}/deno` : null,
    deno: deno ? { config: null, lock: null } : null,
    relay: null,
    secrets: null,
    uid: 1001,
    gid: 1001,
    system: {
      arch: "x86_64",
      top: [{ path: "/bin", link: "usr/bin" }, {
        path: "/lib",
        link: "usr/lib",
      }],
      etc: ["/etc/passwd"],
      certificates: "/etc/ssl/certs/ca-certificates.crt",
    },
  };
}

/** `step.started`, as the plan and the facts ask for. */
export function started(
  step: PlanStep,
  attempt = 1,
  backend = BUBBLEWRAP,
  host = hostOf(step),
): StepDraft {
  const launch = (backend.name === "bubblewrap" ? bubblewrap : landlock)(
    confine(step),
    host,
    backend,
  );
  const { isolation: _, ...facts } = backend;
  return {
    type: "step.started",
    actor: ACTOR,
    body: {
      step: step.id,
      attempt,
      backend: facts,
      host: { ...host },
      program: launch.program,
      argv: launch.argv,
    },
  };
}

/** `step.finished` of an attempt that was ok, but for what is said otherwise. */
export function finished(
  step: PlanStep,
  options: Partial<ReceiptBodies["step.finished"]> = {},
  backend = BUBBLEWRAP,
): StepDraft {
  return {
    type: "step.finished",
    actor: ACTOR,
    body: {
      step: step.id,
      attempt: 1,
      status: "ok",
      reason: null,
      exit: 0,
      signal: null,
      limits: [],
      materials: step.materials.map((each) => "tree" in each ? each : DIST),
      products: step.products.map(() => DIST),
      fetch: step.fetch === null ? null : NPM,
      fetched: step.fetched.map(() => NPM),
      evidence: capturedOf(confine(step)).map((name) =>
        evidence(step.id, name)
      ),
      usage: {
        wallMs: 12.5,
        userMs: 8,
        systemMs: 2,
        peakMemoryBytes: 4096,
        notes: {},
      },
      notEnforced: notEnforced(confine(step), backend),
      ...options,
    },
  };
}

/** `step.finished` of a step that was not launched. */
export function settled(
  step: PlanStep,
  status: StepStatus,
  reason: string | null,
): StepDraft {
  return finished(step, unseenEnd(step.id, 0, status, reason));
}

/** `step.published`. */
export function published(step: PlanStep, products = [DIST]): StepDraft {
  const body = { step: step.id, products };
  return { type: "step.published", actor: ACTOR, body };
}

/** What a step printed. */
export function outputOf(step: string): string {
  return `output of ${step}\n`;
}

/** The name of what a step printed. */
export function outputName(step: string): string {
  return evidenceName(evidence(step).digest);
}

/** Leaves out what a step printed. */
export function dropOutput(
  files: Map<string, Uint8Array>,
  step: string,
): void {
  files.delete(outputName(step));
}

/** Nothing is told but on standard output. */
function evidence(
  step: string,
  name: EvidenceRef["name"] = "stdout",
): EvidenceRef {
  const text = name === "stdout" ? outputOf(step) : "";
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    digest: sha256(bytes),
    bytes: bytes.length,
    truncated: false,
    redacted: { count: 0, first: [] },
  };
}

/** All steps ok, and what they printed. */
export function goodSteps(
  plan: Plan,
): { drafts: StepDraft[]; evidence: Map<string, string> } {
  return {
    drafts: plan.steps.flatMap((step) => [
      started(step),
      finished(step),
      ...(step.products.length > 0 ? [published(step)] : []),
    ]),
    evidence: new Map([
      ...plan.steps.map(({ id }): [string, string] => [id, outputOf(id)]),
      ["nothing", ""],
    ]),
  };
}

/** `run.opened` for all steps. */
export function opened(
  body: Omit<ReceiptBodies["run.opened"], "only">,
): StepDraft {
  return { type: "run.opened", actor: ACTOR, body: { ...body, only: null } };
}

/** `run.sealed` as it follows from how the steps ended. */
export function sealed(
  plan: Plan,
  drafts: readonly StepDraft[],
): StepDraft {
  const steps = plan.steps.map(({ id }) => ({
    step: id,
    status: drafts.reduce<StepStatus>(
      (last, { type, body }) =>
        type === "step.finished" && body.step === id ? body.status : last,
      "skipped",
    ),
  }));
  const statuses = steps.map(({ status }) => status);
  const outcome: RunOutcome = statuses.includes("indeterminate")
    ? "indeterminate"
    : statuses.every((status) => status === "ok" || status === "cached")
    ? "ok"
    : "failed";
  return {
    type: "run.sealed",
    actor: ACTOR,
    body: { outcome, steps, invariants: [] },
  };
}
