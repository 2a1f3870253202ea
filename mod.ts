/**
 * Writ: nothing runs without a writ.
 *
 * What is exported stands in the order of the way: pipeline, plan, decision, ticket, run,
 * receipts, bundle, verify.
 *
 * @example A digest names a value by its canonical bytes
 * ```ts
 * import { digestOf } from "@writ/writ";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(digestOf({ b: 1, a: 2 }), digestOf({ a: 2, b: 1 }));
 * ```
 *
 * @module
 */
export { canonicalBytes, canonicalText } from "./src/core/canonical_json.ts";
export { type Digest, digestOf, isDigest } from "./src/core/digest.ts";
export {
  ERROR_EXIT,
  type ErrorCode,
  EXIT,
  type ExitStatus,
  type Fault,
  isWritError,
  type Place,
  WritError,
  type WritErrorOptions,
} from "./src/core/errors.ts";
export type {
  EnvValue,
  Isolation,
  Limits,
  Permissions,
  Pipeline,
  Stdin,
  Step,
} from "./src/pipeline/pipeline.ts";
export {
  type Material,
  type Plan,
  planDigest,
  type PlanStep,
  type Product,
  type Tool,
  type Toolchain,
} from "./src/plan/plan.ts";
export {
  type Decision,
  decisionDigest,
  type Facts,
  type Outcome,
  type Requester,
  type Rule,
  type Verdict,
  verdictOf,
} from "./src/policy/decision.ts";
export type { Ticket } from "./src/ticket/ticket.ts";
export {
  type Role,
  type Trust,
  trustDigest,
  type TrustedKey,
} from "./src/ticket/trust.ts";
