/**
 * In what a value departs from the form of a document, in the words that all of Writ uses.
 *
 * @module
 */
import type * as z from "zod";
import { type ErrorCode, type Fault, WritError } from "../core/errors.ts";
import { didYouMean } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";
import type { JsonDocument, JsonPath } from "./document.ts";
import { type FaultList, MAX_FAULTS } from "./faults.ts";
import {
  type Issue,
  lacksKey,
  meantBranch,
  unknownKey,
  wrongKey,
  wrongValue,
} from "./issue_words.ts";
import { valueAt } from "./value_text.ts";

/** One departure. */
export interface FormFault {
  /** Where it lies. */
  path: JsonPath;
  /** Whether the last key of the path is what is wrong, and not its value. */
  ofKey: boolean;
  /** What was found and what was wanted. */
  message: string;
  /** What would put it right, where that is known; worked out when it is asked for. */
  hint: () => string | undefined;
}

/** A value of a form, or all in which it departs from it. */
export type Formed<T> = { value: T } | { faults: FormFault[] };

/**
 * Checks a value against a schema.
 *
 * Of a document of another version only that is told: what else it may hold is not known here.
 *
 * @param whole how the document is called at the beginning of a sentence: `The trust file`
 */
export function checkForm<T>(
  schema: z.ZodType<T>,
  value: unknown,
  whole: string,
): Formed<T> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const version = versionFault(schema, value, whole);
  if (version !== undefined) return { faults: [version] };
  return {
    faults: result.error.issues.flatMap((issue) =>
      faultsOf(issue, [], schema, value, whole)
    ),
  };
}

/**
 * The value, where it has the form.
 *
 * @param what how a sentence calls the document: `a ticket file`
 * @throws {WritError} `code`, with all faults
 */
export function requireForm<T>(
  schema: z.ZodType<T>,
  value: unknown,
  code: ErrorCode,
  what: string,
): T {
  const formed = checkForm(schema, value, "It");
  if ("value" in formed) return formed.value;
  const faults = formed.faults.slice(0, MAX_FAULTS).map((
    { message, hint },
  ): Fault => ({ message, hint: hint() }));
  const sentence = `Cannot accept ${what}`;
  if (faults.length === 1) {
    const why = becauseOf(formed.faults);
    throw new WritError(code, `${sentence}: ${why}`, { hint: faults[0].hint });
  }
  throw new WritError(code, `${sentence}: ${formed.faults.length} faults`, {
    faults,
  });
}

/** Faults of what a sentence calls "It", as the end of that sentence: the first, and how many more. */
export function becauseOf(faults: readonly FormFault[]): string {
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : "";
  return `${faults[0].message.replace(/^It /, "it ")}${more}`;
}

/** As {@linkcode checkForm}, of a document that knows its places; `undefined` where there are faults, which are added. */
export function checkDocument<T>(
  schema: z.ZodType<T>,
  document: JsonDocument,
  whole: string,
  faults: FaultList,
): T | undefined {
  const formed = checkForm(schema, document.value, whole);
  if ("value" in formed) return formed.value;
  for (const { path, ofKey, message, hint } of formed.faults) {
    const place = ofKey ? document.keyPlace(path) : document.place(path);
    faults.add(place, message, hint);
  }
  return undefined;
}

/** `a.b[0].c`, quoted; the whole where the path is empty. */
export function pathText(path: JsonPath, whole: string): string {
  if (path.length === 0) return whole;
  return quoted(path.reduce<string>(
    (text, key) =>
      typeof key === "number"
        ? `${text}[${key}]`
        : text === ""
        ? key
        : `${text}.${key}`,
    "",
  ));
}

function versionFault(
  schema: z.ZodType,
  value: unknown,
  whole: string,
): FormFault | undefined {
  const found = valueAt(value, ["v"]);
  const [wanted] = schemasAt(schema, ["v"]).flatMap((at) =>
    at._zod.def.type === "literal"
      ? (at as z.ZodLiteral<number>)._zod.def.values
      : []
  );
  if (
    typeof found !== "number" || wanted === undefined || found === wanted
  ) return undefined;
  return {
    path: ["v"],
    ofKey: false,
    message:
      `${whole} is of version ${found}: version ${wanted} was wanted, which this Writ reads`,
    hint: () =>
      found > wanted
        ? "A newer Writ has written it: update this one"
        : undefined,
  };
}

function faultsOf(
  issue: Issue,
  holder: JsonPath,
  schema: z.ZodType,
  value: unknown,
  whole: string,
): FormFault[] {
  const path = [...holder, ...issue.path as JsonPath];
  if (issue.code === "unrecognized_keys") {
    const known = schemasAt(schema, path).flatMap(keysOf);
    return issue.keys.map((key) => ({
      path: [...path, key],
      ofKey: true,
      message: unknownKey(pathText(path, whole), key),
      hint: () => didYouMean(key, known),
    }));
  }
  if (issue.code === "invalid_union") {
    const branch = meantBranch(issue.errors);
    if (branch !== undefined) {
      return branch.flatMap((inner) =>
        faultsOf(inner, path, schema, value, whole)
      );
    }
  }
  const found = valueAt(value, path);
  const wanted = wantedBy(issue);
  const last = path.at(-1);
  const key = typeof last === "string" ? last : undefined;
  if (found === undefined && key !== undefined) {
    const message = lacksKey(pathText(path.slice(0, -1), whole), key, wanted);
    return [{ path, ofKey: false, message, hint: () => undefined }];
  }
  if (issue.code === "invalid_key" && key !== undefined) {
    const message = wrongKey(pathText(path.slice(0, -1), whole), key, wanted);
    return [{ path, ofKey: true, message, hint: () => undefined }];
  }
  return [{
    path,
    ofKey: false,
    message: wrongValue(pathText(path, whole), found, wanted),
    hint: () =>
      issue.code === "invalid_value" && typeof found === "string"
        ? didYouMean(found, issue.values.map(String))
        : undefined,
  }];
}

function wantedBy(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? own(issue) ?? issue.expected;
    case "invalid_value":
      return own(issue) ??
        listed(
          issue.values.map((each) =>
            typeof each === "string" ? `"${each}"` : String(each)
          ),
        );
    case "too_small":
    case "too_big":
      return own(issue) ?? sizeText(issue);
    case "invalid_key":
      return issue.issues.map(wantedBy)[0] ?? "another key";
    default:
      return own(issue) ?? "another form";
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

function sizeText(
  { code, origin, ...bounds }: Extract<
    Issue,
    { code: "too_small" | "too_big" }
  >,
): string {
  const bound = code === "too_small" && "minimum" in bounds
    ? `at least ${bounds.minimum}`
    : "maximum" in bounds
    ? `at most ${bounds.maximum}`
    : "another size";
  if (origin === "string") return `a text of ${bound} characters`;
  if (origin === "array") return `a list of ${bound} items`;
  return `a number of ${bound}`;
}

/** What the schema itself says is wanted; `undefined` where it leaves the words to zod. */
function own({ message }: Issue): string | undefined {
  return /^(Invalid|Too (small|big)|Unrecognized)/.test(message)
    ? undefined
    : message.replace(/^expected /, "");
}

function listed(words: readonly string[]): string {
  return words.length === 1
    ? words[0]
    : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The schemas that a part of a document may have: more than one below a union. */
function schemasAt(schema: z.core.$ZodType, path: JsonPath): z.core.$ZodType[] {
  let here = plain(schema);
  for (const key of path) {
    here = here.flatMap((each) => {
      const next = partOf(each, key);
      return next === undefined ? [] : plain(next);
    });
  }
  return here;
}

/** The schema of a part, by the zod classes that Writ's formats are made of. */
function partOf(
  schema: z.core.$ZodType,
  key: string | number,
): z.core.$ZodType | undefined {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  if (def.type === "object") return def.shape[key];
  if (def.type === "array") return def.element;
  return def.type === "record" ? def.valueType : undefined;
}

/** Without what stands around a schema and changes nothing of its form. */
function plain(schema: z.core.$ZodType): z.core.$ZodType[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case "optional":
    case "nullable":
    case "default":
    case "readonly":
      return plain(def.innerType);
    case "lazy":
      return plain(def.getter());
    case "union":
      return def.options.flatMap(plain);
    default:
      return [schema];
  }
}

function keysOf(schema: z.core.$ZodType): string[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  return def.type === "object" ? Object.keys(def.shape) : [];
}
