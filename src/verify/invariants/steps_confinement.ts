/**
 * `steps.confinement`: each step was started as its plan says, in a sandbox that is strong enough.
 *
 * @module
 */
import { checkPart } from "../../bundle/part.ts";
import { isWritError } from "../../core/errors.ts";
import { fromFolder } from "../../plan/declared.ts";
import type { PlanStep } from "../../plan/plan.ts";
import { launchUnder } from "../../sandbox/choose_backend.ts";
import { confine } from "../../sandbox/confine.ts";
import type {
  Backend,
  Confinement,
  HostFacts,
  Launch,
} from "../../sandbox/confinement.ts";
import { notEnforced } from "../../sandbox/not_enforced.ts";
import { inView, VIEW } from "../../sandbox/view_paths.ts";
import { HostFactsSchema } from "../host_facts.ts";
import type { Findings, Invariant } from "../invariant.ts";
import { stepInvariant } from "../step_invariant.ts";
import { type Event, receiptPointer, type StepRun } from "../step_runs.ts";

/** Program and argv are computed again from plan, backend and host facts; the backend holds the plan's minimum. */
export const stepsConfinement: Invariant = stepInvariant(
  {
    id: "steps.confinement",
    title: "Each step was started as its plan says, in a strong enough sandbox",
  },
  ({ plan, runs }, found) => {
    for (const step of plan.steps) {
      const run = runs.get(step.id);
      for (const event of run?.started ?? []) {
        checkStart(step, event, run!, plan.toolchain.writ, found);
      }
    }
  },
);

function checkStart(
  step: PlanStep,
  event: Event<"step.started">,
  run: StepRun,
  writ: string,
  found: Findings,
): void {
  const at = receiptPointer(event.seq);
  const host = checkPart(event.body.host, `${at}/body/host`, HostFactsSchema);
  for (const { message, pointer } of host.faults ?? []) {
    found.fail(
      "confinement.host",
      `The host facts of the step "${step.id}": ${message}`,
      pointer,
    );
  }
  const backend: Backend = {
    ...event.body.backend,
    isolation: event.body.backend.name === "bubblewrap"
      ? "namespaces"
      : "kernel",
  };
  // Namespaces hold all that the kernel's rules hold; the other way round it is not so.
  if (step.isolation === "namespaces" && backend.isolation !== "namespaces") {
    found.fail(
      "confinement.isolation",
      `The step "${step.id}" wants namespaces at least, ${backend.name} gives ${backend.isolation}`,
      `${at}/body/backend`,
    );
  }
  if (host.value === undefined) return;
  try {
    const confinement = confine(step);
    const root = backend.name === "bubblewrap" ? VIEW.work : host.value.stage;
    checkHost(step, host.value, confinement, root, at, found);
    checkLaunch(
      step,
      event,
      launchUnder(backend, confinement, host.value),
      writ,
      found,
    );
    checkGaps(step, event, run, notEnforced(confinement, backend), found);
  } catch (error) {
    if (!isWritError(error)) throw error;
    found.fail(
      "confinement.refused",
      `The step "${step.id}" cannot have been started so: ${error.message}`,
      at,
    );
  }
}

/** The host facts open no more than the plan does. */
function checkHost(
  step: PlanStep,
  host: HostFacts,
  confinement: Confinement,
  root: string,
  at: string,
  found: Findings,
): void {
  for (const [i, { path }] of host.binds.entries()) {
    if (!confinement.reads.includes(path)) {
      found.fail(
        "confinement.host",
        `The step "${step.id}" saw "${path}", which the plan does not have it read`,
        `${at}/body/host/binds/${i}`,
      );
    }
  }
  const { name } = step.executable;
  const pointer = `${at}/body/host/program`;
  if (name.includes("/")) {
    const path = fromFolder(step.cwd, name);
    if (path === null || host.program !== inView(root, path)) {
      found.fail(
        "confinement.program",
        `The step "${step.id}" was started as "${host.program}", the plan says "${name}" in the workspace`,
        pointer,
      );
    }
  } else if (host.program.slice(host.program.lastIndexOf("/") + 1) !== name) {
    // A tool's link may lead to a program of another name.
    found.warn(
      "confinement.program",
      `The step "${step.id}" was started as "${host.program}": that this is "${name}" is the runner's word`,
      pointer,
    );
  }
}

function checkLaunch(
  step: PlanStep,
  { seq, body }: Event<"step.started">,
  launch: Launch,
  writ: string,
  found: Findings,
): void {
  const same = body.program === launch.program &&
    body.argv.length === launch.argv.length &&
    body.argv.every((word, i) => word === launch.argv[i]);
  if (!same) {
    found.fail(
      "confinement.argv",
      `The step "${step.id}" was not started with the command line that its plan gives; Writ ${writ} started it, and each version verifies its own`,
      `${receiptPointer(seq)}/body/argv`,
    );
  }
}

/** What could not be held was said. */
function checkGaps(
  step: PlanStep,
  { body }: Event<"step.started">,
  run: StepRun,
  gaps: readonly string[],
  found: Findings,
): void {
  const end = run.finished.find((event) => event.body.attempt === body.attempt);
  if (end === undefined || end.body.status === "indeterminate") return;
  const unsaid = gaps.filter((gap) => !end.body.notEnforced.includes(gap));
  if (unsaid.length > 0) {
    found.fail(
      "confinement.mechanisms",
      `The receipt of the step "${step.id}" does not say what its sandbox does not hold: ${
        unsaid.join("; ")
      }`,
      `${receiptPointer(end.seq)}/body/notEnforced`,
    );
  }
}
