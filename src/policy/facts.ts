/**
 * What policy is told: Cedar entities and context, from a plan and the facts of a decision.
 * `policies/writ.cedarschema` is the other half of this file.
 *
 * @module
 */
import type {
  CedarValueJson,
  Context,
  EntityJson,
  TypeAndId,
} from "@cedar-policy/cedar-wasm/nodejs";
import { isLocalhost } from "../core/localhost.ts";
import type { Plan, PlanStep } from "../plan/plan.ts";
import type { Facts, Requester } from "./decision.ts";
import { sensitiveWrites } from "./sensitive_paths.ts";

/** Who may be asked about, in an approval. */
export interface Approver {
  /** The id of the key. */
  id: string;
  owner: string;
  kind: "human" | "agent" | "system";
}

/** Attributes of an entity. */
export type Attributes = Record<string, CedarValueJson>;

/** `Requester::"<id>"`. */
export function requesterEntity(requester: Requester): EntityJson {
  return {
    uid: { type: "Requester", id: requester.id },
    attrs: requesterFacts(requester),
    parents: [],
  };
}

/** `Approver::"<owner>"`. */
export function approverEntity(approver: Approver): EntityJson {
  return {
    uid: { type: "Approver", id: approver.owner },
    attrs: {
      kind: constant("Kind", approver.kind),
      owner: approver.owner,
      key: approver.id,
    },
    parents: [],
  };
}

/** `Step::"<id>"`, of which only the attributes matter to most rules. */
export function stepEntity(id: string, attrs: Attributes): EntityJson {
  return { uid: { type: "Step", id }, attrs, parents: [] };
}

/** All that a rule may look at in a step. */
export function stepAttributes(step: PlanStep, plan: Plan): Attributes {
  const { permissions, limits } = step;
  const secretNames = Object.entries(step.env)
    .filter(([, value]) => typeof value !== "string").map(([name]) => name);
  return {
    pipeline: plan.name,
    name: step.id,
    kind: constant("StepKind", step.kind),
    executable: {
      name: step.executable.name,
      digest: step.executable.digest,
      tier: constant("Tier", step.executable.tier),
    },
    arguments: set(step.argv.slice(step.kind === "run" ? 1 : 0)),
    reads: set(permissions.read),
    writes: set(writesOf(step)),
    sensitiveWrites: set(sensitiveWrites(writesOf(step))),
    network: usesNetwork(step),
    // A rule that lists allowed hosts must not hold for "everything": it has a name of its own.
    hosts: permissions.net === true
      ? ["*"]
      : set(permissions.net === false ? [] : permissions.net),
    secrets: secretNames.length > 0,
    secretNames: set(secretNames),
    boundEnv: step.bound.length > 0,
    boundNames: set(step.bound),
    isolation: constant("Isolation", step.isolation),
    sys: asks(permissions.sys),
    ffi: asks(permissions.ffi),
    run: step.kind === "deno" && permissions.run.length > 0,
    programs: set(permissions.run),
    limits: Object.fromEntries(
      Object.entries(limits).filter(([, value]) => value !== null),
    ),
    retries: step.retries,
    fetches: step.fetch === null ? [] : [constant("Cache", step.fetch)],
    fetched: step.fetched.map(({ cache }) => constant("Cache", cache)),
  };
}

/** The context of every question. */
export function contextOf(facts: Facts): Context {
  const { commit, branch } = facts.source;
  const time = new Date(facts.time);
  return {
    source: {
      ...(commit === null ? {} : { commit }),
      ...(branch === null ? {} : { branch }),
    },
    time: {
      hour: time.getUTCHours(),
      // Monday is 1 and Sunday 7 (ISO 8601).
      weekday: time.getUTCDay() || 7,
      iso: facts.time,
    },
    requester: requesterFacts(facts.requester),
    guards: set(facts.guards),
  };
}

/** Where a step writes what leaves it: the declared paths and the products, sorted. */
export function writesOf(step: PlanStep): string[] {
  return set([
    ...step.permissions.write,
    ...step.products.map((product) => product.path),
  ].map((path) => path.length > 1 ? path.replace(/\/+$/, "") : path));
}

/** Whether a step reaches the host's network. A private loopback is no network. */
export function usesNetwork(step: PlanStep): boolean {
  const { net } = step.permissions;
  return typeof net === "boolean"
    ? net
    : net.some((host) => !isLocalhost(host));
}

/** Whether a permission asks for anything. */
export function asks(permission: boolean | readonly string[]): boolean {
  return typeof permission === "boolean" ? permission : permission.length > 0;
}

/** A value of an enumerated entity type. */
export function constant(type: string, id: string): { __entity: TypeAndId } {
  return { __entity: { type, id } };
}

function requesterFacts(requester: Requester): Attributes {
  return {
    kind: constant("Kind", requester.kind),
    id: requester.id,
    signed: requester.key !== null,
  };
}

function set(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
