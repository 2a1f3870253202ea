/**
 * Fills in the defaults of a checked pipeline file and replaces its parameters.
 *
 * @module
 */
import type { LimitsFile, PipelineFile, StepFile } from "./file_form.ts";
import { substitute } from "./params.ts";
import type {
  EnvValue,
  Isolation,
  Limits,
  Pipeline,
  Step,
} from "./pipeline.ts";
import {
  durationWord,
  pathWord,
  programWord,
  sizeWord,
  type Word,
  writtenPathWord,
} from "./words.ts";

/** The pipeline of a file in which no fault was found; `ids` are its steps in the order of the file. */
export function expandPipeline(
  file: PipelineFile,
  ids: readonly string[],
  params: ReadonlyMap<string, string>,
): Pipeline {
  return {
    name: file.name,
    description: file.description ?? null,
    params: Object.fromEntries(params),
    require: file.require ?? [],
    steps: ids.map((id) =>
      expandStep(id, file.steps[id], file.isolation ?? "kernel", params)
    ),
  };
}

function expandStep(
  id: string,
  step: StepFile,
  isolation: Isolation,
  params: ReadonlyMap<string, string>,
): Step {
  const permissions = step.permissions ?? {};
  const stdout = step.stdout === undefined ? null : pathOf(step.stdout);
  const write = (permissions.write ?? []).map(writtenForm);
  if (stdout !== null && !write.includes(stdout)) write.push(stdout);
  return {
    id,
    description: step.description ?? null,
    kind: step.run === undefined ? "deno" : "run",
    argv: (step.run ?? step.deno ?? []).map((word) => substitute(word, params)),
    needs: step.needs ?? [],
    permissions: {
      read: (permissions.read ?? []).map(pathOf),
      write,
      deny: (permissions.deny ?? []).map(pathOf),
      net: permissions.net ?? false,
      run: (permissions.run ?? []).map((text) => valueOf(programWord(text))),
      sys: permissions.sys ?? false,
      ffi: Array.isArray(permissions.ffi)
        ? permissions.ffi.map(pathOf)
        : permissions.ffi ?? false,
      import: (permissions.import ?? []).map(pathOf),
    },
    env: expandEnv(step.env ?? {}, params),
    cwd: step.cwd === undefined ? "." : pathOf(step.cwd),
    stdin: step.stdin === undefined
      ? null
      : "file" in step.stdin
      ? { file: pathOf(step.stdin.file) }
      : step.stdin,
    stdout,
    scratch: (step.scratch ?? []).map(pathOf),
    limits: expandLimits(step.limits ?? {}),
    retries: step.retries ?? 0,
    isolation: step.isolation ?? isolation,
    evidence: step.evidence ?? "public",
    fetch: step.fetch ?? null,
    fetched: (step.fetched ?? []).map((cache) =>
      typeof cache === "string" ? { cache, tree: null } : { ...cache }
    ),
  };
}

function expandEnv(
  env: Record<string, EnvValue>,
  params: ReadonlyMap<string, string>,
): Record<string, EnvValue> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      typeof value === "string" ? substitute(value, params) : value,
    ]),
  );
}

function expandLimits(limits: LimitsFile): Limits {
  const given = (
    text: string | undefined,
    judge: (text: string) => Word<number>,
  ) => text === undefined ? null : valueOf(judge(text));
  return {
    timeout: given(limits.timeout, durationWord),
    cpu: given(limits.cpu, durationWord),
    memory: given(limits.memory, sizeWord),
    processes: limits.processes ?? null,
    openFiles: limits.openFiles ?? null,
    fileSize: given(limits.fileSize, sizeWord),
    output: given(limits.output, sizeWord),
  };
}

function pathOf(text: string): string {
  return valueOf(pathWord(text)).path;
}

function writtenForm(text: string): string {
  const { path, folder } = valueOf(writtenPathWord(text));
  return folder ? `${path}/` : path;
}

/** The schema has judged every word before; one that is wrong here is a fault of Writ. */
function valueOf<T>(word: Word<T>): T {
  if ("fault" in word) throw new TypeError(`Unchecked value ${word.fault}`);
  return word.value;
}
