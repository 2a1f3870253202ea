/**
 * A step on its way into the plan: everything that can be known without reading files.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { holders, isBeneath, isWithin, withoutSlash } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { Step } from "../pipeline/pipeline.ts";
import type { Declared } from "./declared.ts";
import type { DenoCaches } from "./deno_cache.ts";
import type { Disk } from "./disk.ts";
import type { ToolFinder } from "./executables.ts";
import type { FaultCollector, Field } from "./faults.ts";
import type { FoundProgram, Located, Seeker, ToolSource } from "./located.ts";
import {
  foundAt,
  type Materials,
  requireSupported,
  sees,
  type StepReads,
} from "./materials.ts";
import type { PlanCache, PlanStep } from "./plan.ts";
import { startFaults } from "./start_limits.ts";
import { undeclaredWords } from "./words.ts";
import { type Writers } from "./writers.ts";

/** A step, with what it reads and where its programs lie. */
export interface Draft extends Pick<PlanStep, "env" | "bound" | "fetched"> {
  step: Step;
  reads: StepReads;
  executable: ToolSource;
  /** Further programs and tool folders. */
  tools: ToolSource[];
  located: Located;
}

/** What drafts are made with. */
export interface DraftContext {
  disk: Disk;
  /** Absolute real path. */
  workspace: string;
  env: (name: string) => string | undefined;
  materials: Materials;
  writers: Writers;
  finder: ToolFinder;
  caches: DenoCaches;
  faults: FaultCollector;
}

/** Makes drafts of steps. */
export class Drafter {
  readonly #context: DraftContext;

  constructor(context: DraftContext) {
    this.#context = context;
  }

  /** The draft of a step; `null` when it has a fault, which the collector keeps. */
  draft(step: Step): Draft | null {
    const { faults, materials, finder } = this.#context;
    const env = bindEnv(step, this.#context.env, faults);
    const reads = faults.attempt(
      step,
      ["permissions", "read"],
      () => materials.of(step),
    );
    if (reads === null) return null;
    for (const { declared, error } of reads.missing) {
      faults.add(step, fieldOf(step, declared), error);
    }
    if (reads.missing.length > 0) return null;
    const seeker = this.#seeker(step, reads);
    const found = findPrograms(step, seeker, finder, faults);
    if (found === null) return null;
    const checks = reads.trees.map((tree) =>
      faults.check(
        step,
        fieldOf(step, { path: tree.path, field: "read" }),
        () => requireSupported(tree, found.roots),
      )
    );
    checks.push(
      faults.check(step, ["cwd"], () => this.#requireFolder(step, seeker)),
    );
    const hidden = undeclaredWords(step, {
      sees: seeker.sees,
      exists: (path) => this.#real(path) !== null,
      maker: (path) => this.#context.writers.maker(step, path)?.step,
    });
    for (const { index, error } of hidden) {
      faults.add(step, [step.kind, index], error);
    }
    const cached = faults.attempt(
      step,
      [step.kind],
      () => ({ deno: this.#context.caches.of(step) }),
    );
    const long = env === null
      ? []
      : startFaults(step, env.env, foldersOf(reads));
    for (const { field, error } of long) faults.add(step, field, error);
    if (env === null || checks.includes(false) || cached === null) return null;
    if (hidden.length + long.length > 0) return null;
    return {
      step,
      ...env,
      fetched: this.#fetched(step),
      reads,
      executable: found.program.self,
      tools: [
        ...found.tools,
        ...(cached.deno ?? []).map(({ name, dir }): ToolSource => ({
          name,
          tier: "content",
          folder: dir,
        })),
      ],
      located: {
        program: found.program.program,
        roots: found.roots,
        path: found.path,
        deno: cached.deno,
      },
    };
  }

  /** Parsing has made sure that exactly one step before it fetches each cache that has no tree. */
  #fetched(step: Step): PlanCache[] {
    return step.fetched.map(({ cache, tree }) => {
      if (tree !== null) return { cache, tree };
      const from = this.#context.writers.fetcher(step, cache);
      if (from !== undefined) return { cache, from };
      throw new WritError(
        "writ.fault",
        `No step before ${quoted(step.id)} fetches the ${cache} cache`,
      );
    }).sort((a, b) => a.cache < b.cache ? -1 : 1);
  }

  #seeker(step: Step, reads: StepReads): Seeker {
    return {
      id: step.id,
      cwd: step.cwd,
      sees: (path) => sees(reads, path) || this.#seesOverLink(reads, path),
      fileAt: (path) => {
        const found = foundAt(reads, path);
        return found?.kind === "file" ? found.at : undefined;
      },
      maker: (path) =>
        sees(reads, path)
          ? this.#context.writers.maker(step, path)?.step
          : undefined,
    };
  }

  /** Whether a link that the step sees leads on to what it sees: `node_modules/a -> ../packages/a`. */
  #seesOverLink(reads: StepReads, path: string): boolean {
    const isLinked = holders(path).slice(1).some((holder) =>
      foundAt(reads, holder)?.kind === "link"
    );
    const real = isLinked ? this.#real(path) : null;
    return real !== null && sees(reads, real);
  }

  /** The folder that a step runs in is there, or an earlier step or the step itself makes it. */
  #requireFolder(step: Step, seeker: Seeker): void {
    if (step.cwd === "." || seeker.maker(step.cwd) !== undefined) return;
    const written = step.permissions.write.map(withoutSlash);
    if (written.some((path) => isWithin(path, step.cwd))) return;
    const { disk, workspace } = this.#context;
    const real = this.#real(step.cwd);
    if (
      real === null || disk.lstat(`${workspace}/${real}`)?.kind !== "folder"
    ) {
      throw new WritError(
        "plan.material_missing",
        `Step ${quoted(step.id)} runs in ${
          quoted(step.cwd)
        }, which is no folder of the workspace`,
      );
    }
    const own = [...written, ...step.scratch.map(withoutSlash)];
    if (seeker.sees(step.cwd) || own.some((path) => isWithin(path, step.cwd))) {
      return;
    }
    throw new WritError(
      "plan.undeclared_word",
      `Step ${quoted(step.id)} runs in ${
        quoted(step.cwd)
      }, of which nothing is in permissions.read`,
      { hint: `Add ${quoted(step.cwd)} to permissions.read` },
    );
  }

  /** The real path of what is there, from the workspace root; a dangling link is itself. */
  #real(path: string): string | null {
    const { disk, workspace } = this.#context;
    const at = `${workspace}/${path}`;
    const real = disk.realPath(at);
    if (real === null) return disk.lstat(at) === null ? null : path;
    if (real === workspace) return ".";
    return isBeneath(real, workspace) ? real.slice(workspace.length + 1) : null;
  }
}

/** The step's own program, and those that `permissions.run` names; `null` when one was not found. */
function findPrograms(
  step: Step,
  seeker: Seeker,
  finder: ToolFinder,
  faults: FaultCollector,
): {
  program: FoundProgram;
  tools: ToolSource[];
  roots: string[];
  path: string[];
} | null {
  const program = step.kind === "deno"
    ? faults.attempt(step, ["deno"], () => finder.find("deno", seeker))
    : faults.attempt(step, ["run", 0], () => finder.find(step.argv[0], seeker));
  const further: FoundProgram[] = [];
  for (const [index, word] of step.permissions.run.entries()) {
    const found = faults.attempt(
      step,
      ["permissions", "run", index],
      () => finder.find(word, seeker),
    );
    if (found !== null) further.push(found);
  }
  if (program === null || further.length < step.permissions.run.length) {
    return null;
  }
  const all = [program, ...further];
  return {
    program,
    tools: [...program.also, ...further.flatMap((f) => [f.self, ...f.also])],
    roots: [...new Set(all.flatMap((found) => found.roots))],
    path: [...new Set(all.flatMap((found) => found.path))],
  };
}

/** The values of the step's variables; `null` when one is not set. */
function bindEnv(
  step: Step,
  env: (name: string) => string | undefined,
  faults: FaultCollector,
): Pick<PlanStep, "env" | "bound"> | null {
  const values: PlanStep["env"] = {};
  const bound: string[] = [];
  let complete = true;
  for (const [name, value] of Object.entries(step.env)) {
    if (typeof value === "string") values[name] = value;
    else if ("secret" in value) values[name] = { ...value };
    else {
      const found = env(value.from);
      if (found === undefined) {
        const error = new WritError(
          "plan.environment_missing",
          `Step ${quoted(step.id)} takes ${quoted(name)} from the variable ${
            quoted(value.from)
          }, which is not set`,
          { hint: `Set ${value.from}, or give a value in the pipeline` },
        );
        faults.add(step, ["env", name], error);
        complete = false;
        continue;
      }
      values[name] = found;
      bound.push(name);
    }
  }
  return complete ? { env: values, bound: bound.sort() } : null;
}

/** How many folders a step reads; what an earlier step makes may be one. */
function foldersOf({ trees, made }: StepReads): number {
  const folders = trees.filter(({ walked }) => {
    const itself = walked.byPath.get(".");
    return itself === undefined || itself.kind === "folder";
  });
  return folders.length + made.length;
}

/** Where a step declares a read; of several places the first. */
function fieldOf(
  step: Step,
  { path, field }: Pick<Declared, "path" | "field">,
): Field {
  const { read, import: modules, ffi } = step.permissions;
  const at = (name: string, paths: readonly string[]): Field => {
    const index = paths.map(withoutSlash).indexOf(path);
    return ["permissions", name, ...(index === -1 ? [] : [index])];
  };
  switch (field) {
    case "read":
      return at("read", read);
    case "import":
      return at("import", modules);
    case "ffi":
      return at("ffi", Array.isArray(ffi) ? ffi : []);
    case "stdin":
      return ["stdin", "file"];
    case "script":
    case "implied":
      return [step.kind];
  }
}
