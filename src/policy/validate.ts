/**
 * Whether a policy can be used at all, found out before it is pinned.
 *
 * @module
 */
import { type Fault, isWritError } from "../core/errors.ts";
import { EMPTY_DIGEST } from "../core/digest.ts";
import type { Plan } from "../plan/plan.ts";
import type { Facts } from "./decision.ts";
import {
  approverEntity,
  contextOf,
  requesterEntity,
  stepAttributes,
} from "./facts.ts";
import type { PolicySet } from "./policy_set.ts";
import { preparePolicy, type Question } from "./prepare_policy.ts";

/**
 * Every fault of a policy; of a good one, none. After the text and the types, each question is
 * asked once about a step without anything, so that a schema that is not Writ's is found here.
 */
export async function validatePolicy(policy: PolicySet): Promise<Fault[]> {
  try {
    const prepared = await preparePolicy(policy);
    const [step] = PROBE.steps;
    for (const question of QUESTIONS) {
      const principal = question === "approve"
        ? approverEntity({ id: EMPTY_DIGEST, owner: "probe", kind: "human" })
        : requesterEntity(FACTS.requester);
      prepared.asking(question, principal, contextOf(FACTS))(
        step.id,
        stepAttributes(step, PROBE),
      );
    }
    return [];
  } catch (error) {
    if (isWritError(error, "policy.invalid")) return [...error.faults];
    if (isWritError(error, "policy.missing")) {
      return [{ message: error.message, hint: error.hint }];
    }
    throw error;
  }
}

const QUESTIONS: readonly Question[] = ["run", "runUnattended", "approve"];

const FACTS: Facts = {
  source: { commit: null, branch: null },
  requester: { kind: "human", id: "probe", key: null },
  time: "2000-01-01T00:00:00.000Z",
  guards: [],
};

const PROBE: Plan = {
  v: 1,
  name: "probe",
  params: {},
  require: [],
  toolchain: {
    writ: "",
    deno: "",
    v8: "",
    typescript: "",
    os: "",
    arch: "",
    system: { view: "", release: "", packages: null },
  },
  steps: [{
    id: "probe",
    kind: "run",
    needs: [],
    argv: ["true"],
    executable: { name: "true", digest: EMPTY_DIGEST, tier: "system" },
    tools: [],
    cwd: ".",
    stdin: null,
    stdout: null,
    env: {},
    bound: [],
    materials: [],
    products: [],
    scratch: [],
    permissions: {
      read: [],
      write: [],
      deny: [],
      net: false,
      run: [],
      sys: false,
      ffi: false,
      import: [],
    },
    limits: {
      timeout: 1,
      cpu: 1,
      memory: 1,
      processes: 1,
      openFiles: 1,
      fileSize: 1,
      output: 1,
    },
    retries: 0,
    isolation: "kernel",
    evidence: "public",
    fetch: null,
    fetched: [],
    digest: EMPTY_DIGEST,
  }],
};
