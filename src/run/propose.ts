/**
 * A proposal: a pipeline, the plan that it comes to now, and policy's decision on it.
 *
 * @module
 */
import { formatTime } from "../core/time.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { BlobStore } from "../evidence/blobs.ts";
import { readFiles } from "../evidence/read_files.ts";
import { makePlan, type Planned } from "../plan/make_plan.ts";
import { readSource } from "../plan/source_facts.ts";
import { decide } from "../policy/decide.ts";
import type { Decision, Facts, Requester } from "../policy/decision.ts";
import { type Document, documentOf } from "./documents.ts";
import { readPipeline } from "./read_pipeline.ts";
import { requireHoldable } from "./require_holdable.ts";
import { UNNAMED_ID } from "../ticket/owner.ts";
import { type Sight, trustInSight } from "./sight.ts";
import { VERSION } from "./version.ts";

/** What someone wants to run. */
export interface Wish {
  /** The pipeline file, relative to the workspace; for messages. */
  file: string;
  /** The file as the user named it, for hints that repeat it; `file`, if not given. */
  shown?: string;
  /** The bytes of that file: JSON or JSONC, kept for the bundle as they are. */
  bytes: Uint8Array;
  /** Values that replace those of the file's `params`, by name. */
  params: Record<string, string>;
  /** On whose behalf; {@linkcode UNNAMED} where nobody says. */
  requester: Requester;
}

/** A wish, planned and judged. */
export interface Proposal {
  /** What it was made from. */
  wish: Wish;
  /** Parsed and expanded, with the wish's parameters in place. */
  pipeline: Pipeline;
  /** The plan, and what of this machine belongs to it. */
  planned: Planned;
  /** The same plan. */
  plan: Document<Planned["plan"]>;
  /** What policy in sight answers. */
  decision: Document<Decision>;
}

/** A requester without a name: whoever may write the workspace. */
export const UNNAMED: Requester = { kind: "human", id: UNNAMED_ID, key: null };

/**
 * pipeline -> plan -> decision. Materials are read once: with `keep`, the bytes that are hashed
 * are the bytes that are kept; without, nothing is written at all.
 */
export async function propose(
  wish: Wish,
  sight: Sight,
  keep: BlobStore | null,
): Promise<Proposal> {
  const { pipeline, placeOf } = await readPipeline(wish);
  const planned = await makePlan(pipeline, {
    workspace: sight.workspace,
    env: sight.env,
    toolRoots: sight.toolRoots,
    denoDir: sight.denoDir,
    readFiles: readFiles({ blobs: keep }),
    readTools: readFiles({ blobs: null }),
    toolDigests: sight.toolDigests,
    version: VERSION,
    placeOf,
  });
  requireHoldable(planned.plan, placeOf);
  if (keep !== null) {
    const encoder = new TextEncoder();
    for (const text of planned.links.values()) {
      await keep.put(encoder.encode(text));
    }
  }
  const facts: Facts = {
    source: await readSource(sight.workspace),
    requester: wish.requester,
    time: formatTime(sight.now()),
    guards: [],
  };
  const decision = await decide(
    planned.plan,
    sight.policy.set,
    trustInSight(sight),
    facts,
  );
  return {
    wish,
    pipeline,
    planned,
    plan: documentOf(planned.plan),
    decision: documentOf(decision),
  };
}
