/**
 * An outline: what can be made out of a pipeline file, right or wrong.
 *
 * Rules between fields and steps read it, so that they speak even where the schema found
 * something: what does not have the right form is passed over here, for the schema names it.
 *
 * @module
 */
import { isLocalhost } from "../core/localhost.ts";
import type { JsonDocument, JsonPath } from "./document.ts";
import { pathWord, writtenPathWord } from "./words.ts";

/** A part of the file, and where. */
export interface At<T> {
  value: T;
  at: JsonPath;
}

/** A path that a step writes; `folder` when it was written with a trailing slash. */
export type WriteAt = At<string> & { folder: boolean };

/** What can be made out of one step. */
export interface StepOutline {
  id: string;
  at: JsonPath;
  /** Whether it is an object at all. */
  whole: boolean;
  /** Which of `run` and `deno` it has. */
  kinds: ("run" | "deno")[];
  argv: At<string>[];
  /** Texts of `env`. */
  values: At<string>[];
  needs: At<string>[];
  /** The keys of `permissions`. */
  permissions: string[];
  reads: At<string>[];
  /** Modules and libraries: visible, so they are ordered like reads. */
  loads: At<string>[];
  deny: string[];
  writes: WriteAt[];
  stdout: WriteAt | undefined;
  scratch: At<string>[];
  stdin: { text?: At<string>; file?: At<string> };
  isolation: unknown;
  /** Whether `net` asks for more than a private loopback. */
  online: boolean;
  fetch: At<string> | undefined;
  fetched: (At<string> & { fromThisRun: boolean })[];
}

/** What can be made out of a file. */
export interface Outline {
  params: Map<string, string>;
  isolation: unknown;
  /** Whether `steps` is an object without a step. */
  empty: boolean;
  steps: StepOutline[];
}

/** Makes the outline of a document. */
export function outlineOf(document: JsonDocument): Outline {
  const file = fields(document.value);
  const written = fields(file.steps);
  const steps = isObject(file.steps)
    ? document.keys(["steps"]).map((id) => stepOutline(id, written[id]))
    : [];
  return {
    params: new Map(
      Object.entries(fields(file.params)).map(([name, value]) => [
        name,
        typeof value === "string" ? value : "",
      ]),
    ),
    isolation: file.isolation,
    empty: isObject(file.steps) && steps.length === 0,
    steps,
  };
}

function stepOutline(id: string, value: unknown): StepOutline {
  const at = ["steps", id];
  const step = fields(value);
  const permissions = fields(step.permissions);
  const kinds = (["run", "deno"] as const).filter((kind) =>
    step[kind] !== undefined
  );
  const stdin = fields(step.stdin);
  const permitted = (key: string) =>
    texts(permissions[key], [...at, "permissions", key]);
  return {
    id,
    at,
    whole: isObject(value),
    kinds,
    argv: kinds.length === 1 ? texts(step[kinds[0]], [...at, kinds[0]]) : [],
    values: Object.entries(fields(step.env)).flatMap(([name, value]) =>
      text(value, [...at, "env", name])
    ),
    needs: texts(step.needs, [...at, "needs"]),
    permissions: Object.keys(permissions),
    reads: permitted("read").flatMap(paths),
    loads: [...permitted("import"), ...permitted("ffi")].flatMap(paths),
    deny: permitted("deny").flatMap(paths).map((path) => path.value),
    writes: permitted("write").flatMap(writes),
    stdout: text(step.stdout, [...at, "stdout"]).flatMap(writes)[0],
    scratch: texts(step.scratch, [...at, "scratch"]).flatMap(writes),
    stdin: {
      text: text(stdin.text, [...at, "stdin", "text"])[0],
      file: text(stdin.file, [...at, "stdin", "file"]).flatMap(paths)[0],
    },
    isolation: step.isolation,
    online: permissions.net === true ||
      permitted("net").some(({ value }) => !isLocalhost(value)),
    fetch: text(step.fetch, [...at, "fetch"])[0],
    fetched: caches(step.fetched, [...at, "fetched"]),
  };
}

function caches(value: unknown, at: JsonPath): StepOutline["fetched"] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, index) => {
    const fromThisRun = typeof item === "string";
    const kind = fromThisRun ? item : fields(item).cache;
    return text(kind, [...at, index]).map((found) => ({
      ...found,
      fromThisRun,
    }));
  });
}

function fields(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown, at: JsonPath): At<string>[] {
  return typeof value === "string" ? [{ value, at }] : [];
}

function texts(value: unknown, at: JsonPath): At<string>[] {
  return Array.isArray(value)
    ? value.flatMap((item, index) => text(item, [...at, index]))
    : [];
}

function paths({ value, at }: At<string>): At<string>[] {
  const word = pathWord(value);
  return "value" in word ? [{ value: word.value.path, at }] : [];
}

function writes({ value, at }: At<string>): WriteAt[] {
  const word = writtenPathWord(value);
  return "value" in word
    ? [{ value: word.value.path, folder: word.value.folder, at }]
    : [];
}
