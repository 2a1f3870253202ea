/**
 * A request: everything that an approver needs to see and to judge, in one file.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import * as z from "zod";
import { canonicalBytes, parseCanonical } from "../core/canonical_json.ts";
import { type Digest, DigestSchema } from "../core/digest.ts";
import {
  type Envelope,
  EnvelopeSchema,
  signEnvelope,
  signersOf,
} from "../core/dsse.ts";
import { WritError } from "../core/errors.ts";
import type { Signer } from "../core/keys.ts";
import { quoted } from "../core/printable.ts";
import { requireForm } from "../pipeline/form_faults.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { TimeSchema } from "../core/time.ts";
import { pipelineDifferences } from "../plan/pipeline_differences.ts";
import { PlanSchema } from "../plan/plan.ts";
import { decide } from "../policy/decide.ts";
import {
  decisionDigest,
  DecisionSchema,
  type Requester,
  RequesterSchema,
} from "../policy/decision.ts";
import { policyDigest } from "../policy/policy_set.ts";
import { notInForce } from "./judge_signers.ts";
import { sameOwner } from "./owner.ts";
import { checkSubject, type Subject, TreesSchema } from "./subject.ts";
import { type Trust, trustDigest, TrustSchema } from "./trust.ts";

/** The DSSE payload type of a signed request. */
export const REQUEST_TYPE = "application/vnd.writ.request.v1+json";

/** A request. On disk it is canonical bytes, or the canonical bytes of an envelope around them. */
export interface WritRequest extends Subject {
  v: 1;
  /** `req_` and a ULID. */
  id: string;
  /** The ledger that the ticket shall hold in. */
  ledger: Digest;
  /** The pipeline's path in the workspace, and its text as it was planned. */
  pipeline: { file: string; text: string };
  /** The policy's files, by name. */
  policy: Record<string, string>;
  trust: Trust;
  requester: Requester;
  reason: string;
  at: string;
}

/** A request that agrees with itself. */
export interface OpenedRequest {
  request: WritRequest;
  /** Whether the requester's key signed it; otherwise who asks is a claim. */
  signed: boolean;
}

/** Schema of a {@linkcode WritRequest}. */
export const RequestSchema: z.ZodType<WritRequest> = z.strictObject({
  v: z.literal(1),
  id: z.string().regex(/^req_[0-9A-HJKMNP-TV-Z]{26}$/),
  ledger: DigestSchema,
  pipeline: z.strictObject({ file: z.string().min(1), text: z.string() }),
  plan: PlanSchema,
  decision: DecisionSchema,
  policy: z.record(z.string(), z.string()),
  trust: TrustSchema,
  trees: TreesSchema,
  requester: RequesterSchema,
  reason: z.string(),
  at: TimeSchema,
});

/** The bytes of an unsigned request. */
export function requestBytes(request: WritRequest): Uint8Array<ArrayBuffer> {
  return canonicalBytes(request);
}

/**
 * A request signed by the requester's key.
 *
 * @throws {WritError} `usage.invalid` where the request names another key
 */
export async function requestEnvelope(
  request: WritRequest,
  signer: Signer,
): Promise<Envelope> {
  if (request.requester.key !== signer.id) {
    throw new WritError(
      "usage.invalid",
      `Cannot sign a request: it names the key ${request.requester.key}, not ${signer.id}`,
    );
  }
  return await signEnvelope(REQUEST_TYPE, requestBytes(request), [signer]);
}

/**
 * Reads a request and believes nothing in it: every digest is computed again, the policy in it is
 * asked again, its plan must be of the pipeline in it, and a signature must be by the key and owner
 * that it names. Whether its policy and trust are the ones in force is for the caller to say.
 *
 * @param bytes of the file
 * @param trust whose keys the approver believes
 * @throws {WritError} `input.invalid`; `ticket.signature`, `ticket.signer_unknown`,
 * `ticket.signer_not_in_force`, `ticket.signer_not_allowed` for its signature; `policy.invalid`
 */
export async function openRequest(
  bytes: Uint8Array,
  trust: Trust,
): Promise<OpenedRequest> {
  const value = parseCanonical(bytes, "a request");
  const envelope = parseEnvelope(value);
  const request = envelope === null
    ? parseRequest(value)
    : parseRequest(parseCanonical(payloadOf(envelope), "a request"));
  await checkRequest(request);
  if (envelope !== null) await checkSignature(envelope, request, trust);
  else if (request.requester.key !== null) {
    throw refuse(
      `it names the key ${request.requester.key} and is not signed by it`,
    );
  }
  return { request, signed: envelope !== null };
}

function parseRequest(value: unknown): WritRequest {
  return requireForm(RequestSchema, value, "input.invalid", "a request");
}

/** The envelope of a signed request; `null` where it is none. */
function parseEnvelope(value: unknown): Envelope | null {
  const isEnvelope = typeof value === "object" && value !== null &&
    "payloadType" in value;
  return isEnvelope
    ? requireForm(EnvelopeSchema, value, "input.invalid", "a signed request")
    : null;
}

function payloadOf(envelope: Envelope): Uint8Array {
  if (envelope.payloadType !== REQUEST_TYPE) {
    throw refuse(
      `its payload type is ${
        quoted(envelope.payloadType)
      }, "${REQUEST_TYPE}" was expected`,
    );
  }
  return decodeBase64(envelope.payload);
}

async function checkRequest(request: WritRequest): Promise<void> {
  const { decision } = request;
  checkSubject(request, "a request", "input.invalid");
  const policy = { files: request.policy };
  if (decision.policy !== policyDigest(policy)) {
    throw refuse("its decision is by another policy than the one in it");
  }
  if (decision.trust !== trustDigest(request.trust)) {
    throw refuse("its decision names another trust than the one in it");
  }
  const asked = decision.facts.requester;
  const { id, kind, key } = request.requester;
  if (asked.id !== id || asked.kind !== kind || asked.key !== key) {
    throw refuse("policy was asked about another requester than the one in it");
  }
  await checkPipeline(request);
  const again = await decide(
    request.plan,
    policy,
    decision.trust,
    decision.facts,
  );
  if (decisionDigest(again) !== decisionDigest(decision)) {
    throw refuse("its decision is not what its policy answers");
  }
}

/** The plan is of the pipeline that whoever asks shows. */
async function checkPipeline(
  { pipeline: { file, text }, plan }: WritRequest,
): Promise<void> {
  const { parsePipeline } = await import("../pipeline/parse.ts");
  const bytes = new TextEncoder().encode(text);
  let pipeline: Pipeline;
  try {
    pipeline = parsePipeline(bytes, file, { params: plan.params });
  } catch (cause) {
    throw refuse("the pipeline in it cannot be read", cause);
  }
  const [difference] = pipelineDifferences(pipeline, plan);
  if (difference === undefined) return;
  throw refuse(
    `its plan has another ${difference.what} than the pipeline in it`,
  );
}

async function checkSignature(
  envelope: Envelope,
  request: WritRequest,
  trust: Trust,
): Promise<void> {
  const { requester, at } = request;
  const key = trust.keys.find(({ id }) => id === requester.key);
  if (
    key === undefined || envelope.signatures.length !== 1 ||
    envelope.signatures[0].keyid !== key.id
  ) {
    throw refuse(
      "trust does not know the key that signed it as the requester's",
      undefined,
      "ticket.signer_unknown",
    );
  }
  await signersOf(envelope, new Map([[key.id, decodeBase64(key.publicKey)]]));
  const outside = notInForce(key, at);
  if (outside !== null) {
    throw refuse(
      `the key of ${quoted(key.owner)} ${outside}`,
      undefined,
      "ticket.signer_not_in_force",
    );
  }
  if (
    !key.roles.includes("requester") || key.kind !== requester.kind ||
    !sameOwner(key.owner, requester.id)
  ) {
    throw refuse(
      `the key of ${quoted(key.owner)} may not ask as ${quoted(requester.id)}`,
      undefined,
      "ticket.signer_not_allowed",
    );
  }
}

function refuse(
  why: string,
  cause?: unknown,
  code:
    | "input.invalid"
    | `ticket.signer_${
      | "unknown"
      | "not_in_force"
      | "not_allowed"}` = "input.invalid",
): WritError {
  return new WritError(code, `Cannot accept a request: ${why}`, { cause });
}
