/**
 * From a pipeline to its plan: what will run, exactly.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { TreeEntry } from "../core/tree.ts";
import { executionOrder } from "../pipeline/order.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import { DenoCaches } from "./deno_cache.ts";
import { denoMembers } from "./deno_members.ts";
import { type Disk, disk as thisDisk } from "./disk.ts";
import { type Draft, Drafter } from "./draft.ts";
import { type Located, ToolFinder, type ToolRoots } from "./executables.ts";
import { FaultCollector, type PlaceOf } from "./faults.ts";
import { buildTree, foundIn, Materials, type Tree } from "./materials.ts";
import type { Plan, PlanStep, Toolchain } from "./plan.ts";
import { planStep, toolOf } from "./plan_step.ts";
import type { FileRead, FileToRead, ReadFiles } from "./read_files.ts";
import { type ToolDigestCache, ToolDigests } from "./tool_digests.ts";
import { readToolchain, runningDeno } from "./toolchain.ts";
import { type ViewHint, ViewHints } from "./view_hint.ts";
import { Walker } from "./walk.ts";
import { Writers } from "./writers.ts";

/** What a plan is made with. */
export interface PlanOptions {
  /** Absolute real path of the workspace. */
  workspace: string;
  /** The caller's environment; asked for the names of `{ "from": NAME }` and nothing else. */
  env: (name: string) => string | undefined;
  toolRoots: ToolRoots;
  /** Reads the materials; it may also keep them. */
  readFiles: ReadFiles;
  /** Reads tools, which are not kept. */
  readTools: ReadFiles;
  /** Knows tools again that were hashed before. */
  toolDigests?: ToolDigestCache | null;
  /** Deno's cache; `null`: steps are given nothing of it. */
  denoDir?: string | null;
  /** Writ's version. */
  version: string;
  /** Where a field of a step stands in the author's file. */
  placeOf?: PlaceOf;
  /** The file system; this machine's by default. */
  disk?: Disk;
  /** The toolchain; this machine's by default. */
  toolchain?: Toolchain;
}

/** A plan, and what of this machine belongs to it. */
export interface Planned {
  /** What is judged and hashed: nothing of this machine but its toolchain is in it. */
  plan: Plan;
  /** The listing of every material, by its root. */
  trees: Map<Digest, TreeEntry[]>;
  /** The text of every link in those listings, by its digest. */
  links: Map<Digest, string>;
  /** Where the programs of each step lie. */
  located: Map<string, Located>;
  /** What steps will not see, of those that do not see everything. */
  hints: Map<string, ViewHint>;
}

/**
 * Plans a pipeline. The same tree and toolchain give the same plan, wherever they lie.
 *
 * @throws {WritError} `plan.*`; with several faults, the code of the first and all of them in `faults`.
 */
export async function makePlan(
  pipeline: Pipeline,
  options: PlanOptions,
): Promise<Planned> {
  const disk = options.disk ?? thisDisk;
  const byId = new Map(pipeline.steps.map((step) => [step.id, step]));
  const order = executionOrder(pipeline.steps).map((id) => byId.get(id)!);
  const writers = new Writers(order);
  const walker = new Walker(disk, options.workspace, writers.anew());
  const materials = new Materials(
    walker,
    writers,
    denoMembers(disk, options.workspace),
  );
  const finder = new ToolFinder({
    disk,
    workspace: options.workspace,
    toolRoots: options.toolRoots.roots,
    deno: runningDeno(),
  });

  const faults = new FaultCollector(pipeline.name, options.placeOf);
  const drafter = new Drafter({
    disk,
    workspace: options.workspace,
    env: options.env,
    materials,
    writers,
    finder,
    caches: new DenoCaches(
      disk,
      options.workspace,
      options.denoDir ?? null,
    ),
    faults,
  });
  const drafts = order.map((step) => drafter.draft(step))
    .filter((draft) => draft !== null);
  faults.throwIfAny();

  const read = await readMaterials(materials, options.readFiles);
  const links = new Map<Digest, string>();
  const trees = new Map<string, Tree>();
  for (const [key, request] of materials.requests) {
    trees.set(key, buildTree(request, read, links));
  }
  const digests = new ToolDigests(
    disk,
    options.readTools,
    options.toolDigests ?? null,
  );
  const toolchain = options.toolchain ?? readToolchain(options.version, disk);
  const steps: PlanStep[] = [];
  for (const draft of drafts) {
    const tools = await Promise.all(
      draft.tools.map((tool) => toolOf(tool, digests, read)),
    );
    const executable = await toolOf(draft.executable, digests, read);
    steps.push(planStep(draft, executable, tools, trees, toolchain));
  }
  return {
    plan: {
      v: 1,
      name: pipeline.name,
      params: pipeline.params,
      require: [...pipeline.require].sort(),
      toolchain,
      steps,
    },
    trees: new Map(
      Array.from(trees.values(), (tree) => [tree.root, tree.entries]),
    ),
    links,
    located: new Map(drafts.map(({ step, located }) => [step.id, located])),
    hints: hintsOf(drafts, walker),
  };
}

/** Reads every file that some step sees, each once. */
async function readMaterials(
  materials: Materials,
  readFiles: ReadFiles,
): Promise<Map<string, FileRead>> {
  const files = new Map<string, FileToRead>();
  for (const request of materials.requests.values()) {
    for (const found of foundIn(request)) {
      if (found.kind === "file") {
        files.set(found.at, { path: found.at, size: found.size });
      }
    }
  }
  const list = [...files.values()];
  const read = await readFiles(list);
  return new Map(list.map((file, i) => {
    if (read[i].bytes !== file.size) {
      throw new WritError(
        "plan.changed_while_read",
        `Cannot read ${
          quoted(file.path)
        }: its size changed while the plan was made`,
      );
    }
    return [file.path, read[i]];
  }));
}

/** What each step will not see, of those that do not see everything. */
function hintsOf(
  drafts: readonly Draft[],
  walker: Walker,
): Map<string, ViewHint> {
  const makeHint = new ViewHints((folder) => walker.names(folder));
  const hints = new Map<string, ViewHint>();
  for (const { step, reads } of drafts) {
    const hint = makeHint.of(step, reads);
    if (hint !== null) hints.set(step.id, hint);
  }
  return hints;
}
