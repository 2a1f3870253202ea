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
 * @example A pipeline is parsed with all its faults at once
 * ```ts
 * import { parsePipeline, WritError } from "@writ/writ";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const text = `{ "name": "x y", "steps": { "a": { "rnu": ["true"] } } }`;
 * const error = assertThrows(
 *   () => parsePipeline(new TextEncoder().encode(text), "pipeline.json"),
 *   WritError,
 * );
 * assertEquals(error.code, "pipeline.invalid");
 * assertEquals(error.faults.length > 1, true);
 * ```
 *
 * @module
 */

// Words that all stages use.
export { canonicalBytes, canonicalText } from "./src/core/canonical_json.ts";
export { type Digest, digestOf, isDigest, sha256 } from "./src/core/digest.ts";
export type { Envelope, EnvelopeSignature } from "./src/core/dsse.ts";
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
export type { Signer } from "./src/core/keys.ts";
export type { Clock } from "./src/core/time.ts";
export { type TreeEntry, treeRoot } from "./src/core/tree.ts";

// What is wanted.
export { type ParseOptions, parsePipeline } from "./src/pipeline/parse.ts";
export type {
  CacheKind,
  EnvValue,
  EvidenceClass,
  FetchedCache,
  Isolation,
  Limits,
  Permissions,
  Pipeline,
  Requirement,
  SecretValue,
  Stdin,
  Step,
} from "./src/pipeline/pipeline.ts";

// What exactly will run.
export {
  type Material,
  type Plan,
  type PlanCache,
  planDigest,
  type PlanStep,
  type Product,
  stepDigest,
  type Tool,
  type Toolchain,
} from "./src/plan/plan.ts";

export type { Planned } from "./src/plan/make_plan.ts";
export type { Located, Program } from "./src/plan/located.ts";
export type { CachedFolder } from "./src/plan/deno_cache.ts";
export type { ViewHint } from "./src/plan/view_hint.ts";

// Policy's answer.
export { decide } from "./src/policy/decide.ts";
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
export { DEFAULT_POLICY } from "./src/policy/default_policy.ts";
export { policyDigest, type PolicySet } from "./src/policy/policy_set.ts";

export type { Pins } from "./src/policy/pins.ts";

// Keys, trust, and signed leave.
export {
  setUp,
  type SetupOptions,
  type SetupResult,
} from "./src/ticket/setup.ts";
export {
  type KeyringKey,
  loadSigner,
  type PublicKey,
} from "./src/ticket/keyring.ts";
export { loadTrust } from "./src/ticket/read_trust.ts";
export type { Ticket } from "./src/ticket/ticket.ts";
export {
  type Recipient,
  type Retention,
  type Role,
  type Trust,
  trustDigest,
  type TrustedKey,
} from "./src/ticket/trust.ts";

// The way itself.
export { Writ, type WritOptions } from "./src/run/writ.ts";
export type { Document } from "./src/run/documents.ts";
export { type Proposal, UNNAMED, type Wish } from "./src/run/propose.ts";
export type { Approval, Approved } from "./src/run/approve.ts";
export type { RunEvent, RunOptions, RunResult } from "./src/run/run.ts";
export { kvStore } from "./src/ledger/kv_store.ts";
export type { KvDatabaseOptions } from "./src/ledger/kv_database.ts";
export { MemoryStore } from "./src/ledger/memory_store.ts";
export type {
  Append,
  Commit,
  DocumentKind,
  Head,
  ListOptions,
  Put,
  Store,
} from "./src/ledger/store.ts";

// What it left, and whether it is true.
export type {
  Actor,
  CacheRef,
  EvidenceRef,
  Receipt,
  ReceiptBodies,
  ReceiptType,
  RunOutcome,
  StepStatus,
  TreeRef,
} from "./src/ledger/receipt.ts";
export type { Usage, UsageFigures } from "./src/ledger/usage.ts";
export { readBundle } from "./src/bundle/read_bundle.ts";
export type { Bundle } from "./src/bundle/bundle.ts";
export { verifyBundle } from "./src/verify/verify.ts";
export type { VerifyOptions } from "./src/verify/invariant.ts";
export type {
  InvariantResult,
  InvariantVerdict,
  Reason,
  ReasonCode,
  Report,
  ReportVerdict,
  Subjects,
} from "./src/verify/report.ts";
