/**
 * A decision: what policy answers to a plan, step by step.
 *
 * @module
 */
import * as z from "zod";
import { type Digest, digestOf, DigestSchema } from "../core/digest.ts";
import { TimeSchema } from "../core/time.ts";

/** Who asks. The id of a requester is `<owner>`; unnamed, it is `workspace`: whoever may write there. */
export interface Requester {
  /** A person, an AI agent, or software: what policy rules tell apart. */
  kind: "human" | "agent" | "system";
  /** The owner's name, as in trust. */
  id: string;
  /** The id of the key that signed the request; `null`: the name is a claim. */
  key: Digest | null;
}

/** What was the case when policy was asked. Source facts are claims read from `.git`, not authority. */
export interface Facts {
  /** What is checked out: 40 or 64 hex digits, a branch without `refs/heads/`; `null` where `.git` does not say. */
  source: { commit: string | null; branch: string | null };
  /** On whose behalf policy was asked. */
  requester: Requester;
  /** When policy was asked: RFC 3339, UTC, milliseconds. */
  time: string;
  /** Guards that were evaluated. */
  guards: string[];
}

/** `allow`: may run with no human. `review`: people must approve. `deny`: never. */
export type Verdict = "allow" | "review" | "deny";

/** A policy rule that took part in an answer. */
export interface Rule {
  /** The rule's `@id`. */
  id: string;
  /** Which question it answered. */
  question: "run" | "runUnattended";
  /** Cedar's: one `forbid` that applies outweighs every `permit`. */
  effect: "permit" | "forbid";
  /** The rule's `@reason`; empty when it has none. */
  reason: string;
}

/** The answer for one step. */
export interface Outcome {
  /** Its id in the plan. */
  step: string;
  /** What policy answers for this step alone; {@linkcode verdictOf} sums up the plan. */
  outcome: Verdict;
  /** Those that gave it; empty where none applied, which is a `deny`. */
  rules: Rule[];
  /** Sentences for people: what a reviewer must look at, in this step. */
  obligations: string[];
}

/** What policy answers to a plan. */
export interface Decision {
  /** Format version; any other is refused. */
  v: 1;
  /** SHA-256 of the canonical bytes of the plan that was judged. */
  plan: Digest;
  /** Digest of the policy that was asked, as of `policyDigest`. */
  policy: Digest;
  /** SHA-256 of the canonical bytes of trust; of nothing where there was none. */
  trust: Digest;
  /** What policy was told beside the plan. */
  facts: Facts;
  /** One a step, in the plan's order. */
  outcomes: Outcome[];
}

/** Schema of a {@linkcode Requester}. */
export const RequesterSchema: z.ZodType<Requester> = z.strictObject({
  kind: z.enum(["human", "agent", "system"]),
  id: z.string().min(1),
  key: DigestSchema.nullable(),
});

/** Schema of {@linkcode Facts}. */
export const FactsSchema: z.ZodType<Facts> = z.strictObject({
  source: z.strictObject({
    commit: z.string().nullable(),
    branch: z.string().nullable(),
  }),
  requester: RequesterSchema,
  time: TimeSchema,
  guards: z.array(z.string()),
});

/** Schema of a {@linkcode Decision}. */
export const DecisionSchema: z.ZodType<Decision> = z.strictObject({
  v: z.literal(1),
  plan: DigestSchema,
  policy: DigestSchema,
  trust: DigestSchema,
  facts: FactsSchema,
  outcomes: z.array(z.strictObject({
    step: z.string(),
    outcome: z.enum(["allow", "review", "deny"]),
    rules: z.array(z.strictObject({
      id: z.string(),
      question: z.enum(["run", "runUnattended"]),
      effect: z.enum(["permit", "forbid"]),
      reason: z.string(),
    })),
    obligations: z.array(z.string()),
  })),
});

/** The digest of a decision: SHA-256 of its canonical bytes. */
export function decisionDigest(decision: Decision): Digest {
  return digestOf(decision);
}

/** The verdict over all steps: `deny` if one is denied, else `review` if one needs it, else `allow`. */
export function verdictOf(decision: Decision): Verdict {
  const outcomes = decision.outcomes.map((outcome) => outcome.outcome);
  if (outcomes.includes("deny")) return "deny";
  return outcomes.includes("review") ? "review" : "allow";
}
