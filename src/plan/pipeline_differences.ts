/**
 * Where a plan says something else than the pipeline that it is of, as far as that can be told
 * without the workspace.
 *
 * @module
 */
import { canonicalText } from "../core/canonical_json.ts";
import { withoutSlash } from "../core/paths.ts";
import { ancestors } from "../pipeline/order.ts";
import type { Pipeline, Step } from "../pipeline/pipeline.ts";
import type { Plan, PlanCache, PlanStep } from "./plan.ts";

/** One thing that differs. */
export interface PipelineDifference {
  /** For a sentence: `name`, `"argv" in the step "pack"`. */
  what: string;
  /** Where in the plan, a JSON pointer (RFC 6901). */
  pointer: string;
}

/** Name, parameters, requirements, steps, and of each step all that the planner only carries over. */
export function pipelineDifferences(
  pipeline: Pipeline,
  plan: Plan,
): PipelineDifference[] {
  const found: PipelineDifference[] = [];
  const differ = (what: string, pointer: string) =>
    void found.push({ what, pointer });
  if (pipeline.name !== plan.name) differ("name", "/name");
  if (!same(pipeline.params, plan.params)) differ("parameter", "/params");
  if (!same(sorted(pipeline.require), plan.require)) {
    differ("requirement", "/require");
  }
  const steps = new Map(pipeline.steps.map((step) => [step.id, step]));
  // That needs come first is for the plan's own digests to say.
  if (!same([...steps.keys()].sort(), plan.steps.map(({ id }) => id).sort())) {
    differ("list of steps", "/steps");
  }
  for (const [i, planned] of plan.steps.entries()) {
    const step = steps.get(planned.id);
    if (step === undefined) continue;
    const wanted = carriedOver(step, pipeline);
    const actual = asPlanned(planned);
    for (const field of Object.keys(wanted) as (keyof CarriedOver)[]) {
      if (same(wanted[field], actual[field])) continue;
      differ(`"${field}" in the step "${step.id}"`, `/steps/${i}/${field}`);
    }
  }
  return found;
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
    ...alike(step, bound),
    products: sorted(step.permissions.write.map(withoutSlash)),
    fetched: fetchedOf(step, pipeline),
  };
}

function asPlanned(step: PlanStep): CarriedOver {
  return {
    ...alike(step, step.bound),
    products: sorted(step.products.map(({ path }) => withoutSlash(path))),
    fetched: step.fetched,
  };
}

/** What a step says in the same words before and after it is planned. */
function alike(
  step: Step | PlanStep,
  bound: readonly string[],
): Omit<CarriedOver, "products" | "fetched"> {
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
    scratch: sorted(step.scratch.map(withoutSlash)),
    permissions: permissionsOf(step.permissions),
    limits: step.limits,
    retries: step.retries,
    isolation: step.isolation,
    evidence: step.evidence,
    fetch: step.fetch,
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
