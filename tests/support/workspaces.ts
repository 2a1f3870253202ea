/**
 * Workspaces on disk and pipelines in memory, for planning.
 *
 * @module
 */
import { dirname } from "@std/path/dirname";
import type {
  Permissions,
  Pipeline,
  Step,
} from "../../src/pipeline/pipeline.ts";
import { NO_LIMITS } from "./confinements.ts";
import { type Located, NO_TOOL_ROOTS } from "../../src/plan/executables.ts";
import {
  makePlan,
  type Planned,
  type PlanOptions,
} from "../../src/plan/make_plan.ts";
import type { Material, PlanStep, Tool } from "../../src/plan/plan.ts";
import { readFiles } from "../../src/evidence/read_files.ts";
import type { ReadFiles } from "../../src/plan/read_files.ts";

/** Reads files and keeps none. */
export const hashFiles: ReadFiles = readFiles({ blobs: null });

/** A file's text, a program's text, a link's target, or an empty folder. */
export type Content =
  | string
  | { program: string }
  | { link: string }
  | { folder: true };

/** A temporary folder that is removed when the test ends. */
export class Workspace implements Disposable {
  /** Absolute real path. */
  readonly root: string;

  constructor(files: Record<string, Content> = {}) {
    this.root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "writ-" }));
    this.put(files);
  }

  put(files: Record<string, Content>): void {
    for (const [path, content] of Object.entries(files)) {
      const at = `${this.root}/${path}`;
      Deno.mkdirSync(dirname(at), { recursive: true });
      if (typeof content === "string") Deno.writeTextFileSync(at, content);
      else if ("link" in content) Deno.symlinkSync(content.link, at);
      else if ("folder" in content) Deno.mkdirSync(at, { recursive: true });
      else {
        Deno.writeTextFileSync(at, content.program);
        Deno.chmodSync(at, 0o755);
      }
    }
  }

  /** Runs a program here; its output. */
  async run(program: string, ...args: string[]): Promise<string> {
    const output = await new Deno.Command(program, {
      args,
      cwd: this.root,
      stderr: "null",
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
    }).output();
    return new TextDecoder().decode(output.stdout);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** What a test says about a step. */
export type StepWish =
  & Partial<Omit<Step, "permissions">>
  & { permissions?: Partial<Permissions> };

/** A pipeline of steps; each runs `true` where the test does not say otherwise. */
export function pipelineOf(steps: Record<string, StepWish>): Pipeline {
  return {
    name: "release",
    description: null,
    params: {},
    require: [],
    steps: Object.entries(steps).map(([id, wish]) => stepOf(id, wish)),
  };
}

function stepOf(id: string, { permissions, ...rest }: StepWish): Step {
  return {
    id,
    description: null,
    kind: "run",
    argv: ["true"],
    needs: [],
    env: {},
    cwd: ".",
    stdin: null,
    stdout: null,
    scratch: [],
    limits: NO_LIMITS,
    retries: 0,
    isolation: "kernel",
    evidence: "public",
    fetch: null,
    fetched: [],
    ...rest,
    permissions: {
      read: [],
      write: [],
      deny: [],
      net: false,
      run: [],
      sys: false,
      ffi: false,
      import: [],
      ...permissions,
    },
  };
}

/** Plans steps in a workspace. */
export function planIn(
  { root }: Workspace,
  steps: Record<string, StepWish>,
  options: Partial<PlanOptions> = {},
): Promise<Planned> {
  return makePlan(pipelineOf(steps), {
    workspace: root,
    env: () => undefined,
    toolRoots: NO_TOOL_ROOTS,
    readFiles: hashFiles,
    readTools: hashFiles,
    version: "0.1.0",
    ...options,
  });
}

/** The one step of a plan, or that of an id. */
export function stepIn({ plan }: Planned, id?: string): PlanStep {
  const step = id === undefined
    ? plan.steps[0]
    : plan.steps.find((each) => each.id === id);
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
}

/** What a step reads, as lines: `src: a.ts b.ts`, or `dist from pack`. */
export function readsOf(planned: Planned, id?: string): string[] {
  return stepIn(planned, id).materials.map((material) =>
    "from" in material
      ? `${material.path} from ${material.from}`
      : `${material.path}: ${pathsOf(planned, material).join(" ")}`
  );
}

function pathsOf(
  { trees }: Planned,
  material: Extract<Material, { tree: unknown }>,
): string[] {
  return trees.get(material.tree)!.map((entry) =>
    entry.mode === "100755"
      ? `${entry.path}*`
      : entry.mode === "120000"
      ? `${entry.path}@`
      : entry.mode === "040000"
      ? `${entry.path}/`
      : entry.path
  );
}

/** Plans one step; its executable, its tools and where they lie. */
export async function findProgram(
  workspace: Workspace,
  wish: StepWish,
  options: Partial<PlanOptions> = {},
): Promise<{ executable: Tool; tools: string[]; located: Located }> {
  const planned = await planIn(workspace, { s: wish }, options);
  const { executable, tools } = stepIn(planned);
  return {
    executable,
    tools: tools.map(({ name, tier }) => `${name} ${tier}`),
    located: planned.located.get("s")!,
  };
}
