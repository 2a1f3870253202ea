/**
 * `pipeline.plan`: the plan says what the pipeline says, as far as it can be told without the workspace.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { canonicalText } from "../../core/canonical_json.ts";
import { sha256 } from "../../core/digest.ts";
import { isWritError } from "../../core/errors.ts";
import { withoutSlash } from "../../core/paths.ts";
import type { Pipeline, Step } from "../../pipeline/pipeline.ts";
import { ancestors } from "../../pipeline/order.ts";
import type { Plan, PlanCache, PlanStep } from "../../plan/plan.ts";
import { Findings, type Invariant } from "../invariant.ts";
import { eventsOf, receiptPointer } from "../step_runs.ts";

/** The file that the run was opened from. Name, parameters, steps, and of each step all that the planner only carries over. */
export const pipelinePlan: Invariant = {
  id: "pipeline.plan",
  title: "The plan says what the pipeline says",
  beforeSeal: "same",
  async check(parts) {
    const found = new Findings();
    const bytes = found.own(parts.pipeline);
    const plan = found.need(parts.plan);
    const receipts = found.need(parts.receipts);
    if (bytes === undefined) return found;
    for (const { seq, body } of eventsOf(receipts ?? [], "run.opened")) {
      if (body.pipeline !== sha256(bytes)) {
        found.fail(
          "pipeline.file",
          `The run was opened from the file ${body.pipeline}, this is ${
            sha256(bytes)
          }`,
          BUNDLE_FILES.pipeline,
          receiptPointer(seq),
        );
      }
    }
    if (plan === undefined) return found;
    const pipeline = await parse(bytes, plan, found);
    if (pipeline !== undefined) compare(pipeline, plan, found);
    return found;
  },
};

async function parse(
  bytes: Uint8Array,
  plan: Plan,
  found: Findings,
): Promise<Pipeline | undefined> {
  const { parsePipeline } = await import("../../pipeline/parse.ts");
  try {
    return parsePipeline(bytes, BUNDLE_FILES.pipeline, { params: plan.params });
  } catch (error) {
    if (!isWritError(error)) throw error;
    found.fail(
      "part.malformed",
      [error.message, ...error.faults.map(({ message }) => message)].join("; "),
      BUNDLE_FILES.pipeline,
    );
    return undefined;
  }
}

function compare(pipeline: Pipeline, plan: Plan, found: Findings): void {
  const differ = (what: string, pointer: string) =>
    found.fail(
      "pipeline.differs",
      `The plan has another ${what} than the pipeline`,
      `${BUNDLE_FILES.plan}#${pointer}`,
      BUNDLE_FILES.pipeline,
    );
  if (pipeline.name !== plan.name) differ("name", "/name");
  if (!same(pipeline.params, plan.params)) differ("parameter", "/params");
  if (!same(sorted(pipeline.require), plan.require)) {
    differ("requirement", "/require");
  }
  const steps = new Map(pipeline.steps.map((step) => [step.id, step]));
  // That needs come first is for plan.digests to see.
  if (!same([...steps.keys()].sort(), plan.steps.map(({ id }) => id).sort())) {
    differ("list of steps", "/steps");
  }
  for (const [i, planned] of plan.steps.entries()) {
    const step = steps.get(planned.id);
    if (step === undefined) continue;
    const wanted = carriedOver(step, pipeline);
    const actual = asPlanned(planned);
    for (const field of Object.keys(wanted) as (keyof CarriedOver)[]) {
      if (!same(wanted[field], actual[field])) {
        differ(
          `"${field}" in the step "${step.id}"`,
          `/steps/${i}/${field}`,
        );
      }
    }
  }
}

/** What the planner takes over as it is, or in sorted order. */
interface CarriedOver {
  kind: string;
  argv: string[];
  needs: string[];
  cwd: string;
  stdin: unknown;
  stdout: string | null;
  env: Record<string, unknown>;
  bound: string[];
  products: string[];
  scratch: string[];
  permissions: Record<string, unknown>;
  limits: unknown;
  retries: number;
  isolation: string;
  evidence: string;
  fetch: string | null;
  fetched: unknown[];
}

function carriedOver(step: Step, pipeline: Pipeline): CarriedOver {
  const bound = Object.entries(step.env).filter(([, value]) =>
    typeof value !== "string" && "from" in value
  ).map(([name]) => name);
  return {
    kind: step.kind,
    argv: step.argv,
    needs: sorted(step.needs),
    cwd: step.cwd,
    stdin: step.stdin,
    stdout: step.stdout,
    // The value of a bound name is the caller's, so that only the name can be compared.
    env: { ...step.env, ...Object.fromEntries(bound.map((name) => [name, 0])) },
    bound: sorted(bound),
    products: sorted(step.permissions.write.map(withoutSlash)),
    scratch: sorted(step.scratch.map(withoutSlash)),
    permissions: permissionsOf(step.permissions),
    limits: step.limits,
    retries: step.retries,
    isolation: step.isolation,
    evidence: step.evidence,
    fetch: step.fetch,
    fetched: fetchedOf(step, pipeline),
  };
}

function asPlanned(step: PlanStep): CarriedOver {
  return {
    kind: step.kind,
    argv: step.argv,
    needs: sorted(step.needs),
    cwd: step.cwd,
    stdin: step.stdin,
    stdout: step.stdout,
    env: {
      ...step.env,
      ...Object.fromEntries(step.bound.map((name) => [name, 0])),
    },
    bound: sorted(step.bound),
    products: sorted(step.products.map(({ path }) => withoutSlash(path))),
    scratch: sorted(step.scratch.map(withoutSlash)),
    permissions: permissionsOf(step.permissions),
    limits: step.limits,
    retries: step.retries,
    isolation: step.isolation,
    evidence: step.evidence,
    fetch: step.fetch,
    fetched: step.fetched,
  };
}

/** The caches that it is given, each from the step before it that fetches it where no tree is named. */
function fetchedOf(step: Step, { steps }: Pipeline): PlanCache[] {
  if (step.fetched.length === 0) return [];
  const before = ancestors(steps, step.id);
  return step.fetched.map(({ cache, tree }): PlanCache => {
    if (tree !== null) return { cache, tree };
    const from = steps.find((other) =>
      other.fetch === cache && before.has(other.id)
    );
    return { cache, from: from?.id ?? "" };
  }).sort((a, b) => a.cache < b.cache ? -1 : 1);
}

/** Lists are sets here, and a trailing slash says how a path starts, which `products` has. */
function permissionsOf(
  permissions: Step["permissions"],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(permissions).map(([name, value]) => [
      name,
      Array.isArray(value) ? sorted(value.map(withoutSlash)) : value,
    ]),
  );
}

function sorted(list: readonly string[]): string[] {
  return [...new Set(list)].sort();
}

function same(a: unknown, b: unknown): boolean {
  return canonicalText(a) === canonicalText(b);
}
