/**
 * Reads a pipeline from the bytes of its file.
 *
 * @module
 */
import type { Place, WritError } from "../core/errors.ts";
import { didYouMean } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";
import { type JsonDocument, type JsonPath, readDocument } from "./document.ts";
import { expandPipeline } from "./expand.ts";
import { FaultList } from "./faults.ts";
import { addNeedFaults } from "./need_rules.ts";
import { type Outline, outlineOf } from "./outline.ts";
import { substitutedLength } from "./params.ts";
import type { Pipeline } from "./pipeline.ts";
import { checkSchema, label } from "./schema_faults.ts";
import { addStepFaults } from "./step_rules.ts";
import { argumentWord } from "./words.ts";

/** What the caller brings beside the file. */
export interface ParseOptions {
  /** Values that replace those of `params` in the file, by name. */
  params?: Readonly<Record<string, string>>;
}

/** A pipeline with the places of its steps, for whoever finds faults in them later. */
export interface PlacedPipeline {
  pipeline: Pipeline;
  /**
   * Where a part of a step begins; `field` leads to it from the step, as the author wrote it:
   * `["permissions", "read", 0]`. Of a part that is not there, where its nearest holder begins.
   */
  placeOf: (step: string, field: JsonPath) => Place;
}

/**
 * The pipeline in a JSON or JSONC file. `file` is how the file is called in messages.
 *
 * @example
 * ```ts
 * import { parsePipeline } from "@writ/writ";
 * import { assertEquals } from "@std/assert";
 *
 * const text = `{
 *   "name": "greet",
 *   "params": { "who": "world" },
 *   "steps": { "greet": { "run": ["echo", "hello \${params.who}"] } } // one step
 * }`;
 * const { steps: [greet] } = parsePipeline(
 *   new TextEncoder().encode(text),
 *   "pipeline.jsonc",
 * );
 * assertEquals(greet.argv, ["echo", "hello world"]);
 * assertEquals(greet.permissions.net, false);
 * ```
 *
 * Faults of syntax are told alone; otherwise every fault of the file is told at once, in
 * the order of the file, each with its place, what was found and what was wanted.
 *
 * @throws {WritError} `pipeline.invalid` with all faults.
 */
export function parsePipeline(
  bytes: Uint8Array,
  file: string,
  options: ParseOptions = {},
): Pipeline {
  return parseWithPlaces(bytes, file, options).pipeline;
}

/**
 * As {@linkcode parsePipeline}, with the places of the steps.
 *
 * @throws {WritError} `pipeline.invalid` with all faults.
 */
export function parseWithPlaces(
  bytes: Uint8Array,
  file: string,
  options: ParseOptions = {},
): PlacedPipeline {
  const faults = new FaultList();
  const document = readDocument(bytes, file, faults);
  if (document === undefined) throw invalid(file, faults);
  const checked = checkSchema(document, faults);
  const outline = outlineOf(document);
  const params = withGiven(outline.params, options.params ?? {}, file, faults);
  requireBounded(outline, params, document, file);
  addStepFaults(outline, params, document, faults);
  addNeedFaults(outline, document, faults);
  if (checked === undefined || faults.size > 0) throw invalid(file, faults);
  return {
    pipeline: expandPipeline(checked, document.keys(["steps"]), params),
    placeOf: (step, field) => document.place(["steps", step, ...field]),
  };
}

/** What all arguments and variables may come to with their parameters, in characters. */
const MOST_TEXT = 16 * 1024 * 1024;

/**
 * Requires that parameters do not make the steps longer than can be held: a short file may name a
 * long value very often.
 *
 * @throws {WritError} `pipeline.invalid`, alone: to look on would be to make it all
 */
function requireBounded(
  { steps }: Outline,
  params: ReadonlyMap<string, string>,
  document: JsonDocument,
  file: string,
): void {
  let length = 0;
  for (
    const text of steps.flatMap(({ argv, values }) => [...argv, ...values])
  ) {
    length += substitutedLength(text.value, params);
    if (length <= MOST_TEXT) continue;
    const faults = new FaultList();
    faults.add(
      document.place(text.at),
      `${
        label(text.at)
      } is where arguments and variables come to more than ${MOST_TEXT} characters with their parameters`,
      "Hand long values over in a file that the steps read",
    );
    throw invalid(file, faults);
  }
}

/** The declared parameters, with the caller's values in the place of the file's. */
function withGiven(
  declared: ReadonlyMap<string, string>,
  given: Readonly<Record<string, string>>,
  file: string,
  faults: FaultList,
): Map<string, string> {
  const params = new Map(declared);
  for (const [name, value] of Object.entries(given)) {
    const judged = argumentWord(value);
    if (!declared.has(name)) {
      faults.add(
        { file },
        `The parameter ${
          quoted(name)
        } is given, but "params" does not declare it`,
        () => didYouMean(name, declared.keys()),
      );
    } else if ("fault" in judged) {
      faults.add({ file }, `The parameter ${quoted(name)} ${judged.fault}`);
    } else if (!value.isWellFormed()) {
      faults.add(
        { file },
        `The parameter ${quoted(name)} is ${
          quoted(value)
        }, which is not valid Unicode`,
      );
    } else params.set(name, value);
  }
  return params;
}

function invalid(file: string, faults: FaultList): WritError {
  return faults.error(
    "pipeline.invalid",
    `Cannot use the pipeline ${quoted(file, 200)}`,
  );
}
