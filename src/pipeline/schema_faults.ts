/**
 * What the schema finds wrong with a pipeline file, as faults with places.
 *
 * @module
 */
import { didYouMean } from "../core/nearest.ts";
import { quoted } from "../core/printable.ts";
import type { JsonDocument, JsonPath } from "./document.ts";
import { DENO_COMMANDS } from "./deno_subcommands.ts";
import type { FaultList } from "./faults.ts";
import type { PipelineFile } from "./file_form.ts";
import { KNOWN_KEYS, PipelineFileSchema } from "./file_schema.ts";
import {
  type Issue,
  lacksKey,
  meantBranch,
  unknownKey,
  wrongKey,
  wrongValue,
} from "./issue_words.ts";
import { valueAt } from "./value_text.ts";

/** Words of Writ that this version knows but does not offer. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  cache:
    'Leave it out: every step runs each time; "fetch" fills a cache of packages and "fetched" uses it',
  warm: "Leave it out: every step starts afresh",
  tools: "Leave it out: tools are found by their names",
};

/** The document as the schema has it; `undefined`, and a fault for everything in which it departs. */
export function checkSchema(
  document: JsonDocument,
  faults: FaultList,
): PipelineFile | undefined {
  const result = PipelineFileSchema.safeParse(document.value);
  for (const issue of result.error?.issues ?? []) {
    addIssue(issue, [], document, faults);
  }
  return result.data;
}

function addIssue(
  issue: Issue,
  holder: JsonPath,
  document: JsonDocument,
  faults: FaultList,
): void {
  const path = [...holder, ...issue.path as (string | number)[]];
  const found = valueAt(document.value, path);
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      addUnknownKey([...path, key], document, faults);
    }
    return;
  }
  if (issue.code === "invalid_key") {
    faults.add(
      document.keyPlace(path),
      wrongKey(
        label(path.slice(0, -1)),
        String(path.at(-1)),
        issue.issues[0].message,
      ),
    );
    return;
  }
  if (issue.code === "custom") {
    faults.add(
      document.place(path),
      `${label(path)} ${issue.message}`,
      issue.params?.hint as string | undefined,
    );
    return;
  }
  if (issue.code === "invalid_union") {
    const branch = meantBranch(issue.errors);
    if (branch !== undefined) {
      for (const inner of branch) addIssue(inner, path, document, faults);
      return;
    }
  }
  if (found === undefined) {
    const key = path.at(-1);
    faults.add(
      document.place(path),
      typeof key === "number"
        ? `${label(path.slice(0, -1))} is empty: ${issue.message} was wanted`
        : lacksKey(label(path.slice(0, -1)), String(key), issue.message),
    );
    return;
  }
  faults.add(
    document.place(path),
    wrongValue(label(path), found, issue.message),
    hintFor(path, found),
  );
}

function addUnknownKey(
  path: JsonPath,
  document: JsonDocument,
  faults: FaultList,
): void {
  const key = String(path.at(-1));
  const holder = path.slice(0, -1);
  const place = document.keyPlace(path);
  if (Object.hasOwn(NOT_OFFERED, key)) {
    faults.add(
      place,
      `${label(holder)} has ${
        quoted(key)
      }, which this version of Writ does not offer`,
      NOT_OFFERED[key],
    );
    return;
  }
  faults.add(
    place,
    unknownKey(label(holder), key),
    () => elsewhere(holder, key) ?? didYouMean(key, knownKeys(holder)),
  );
}

function knownKeys(holder: JsonPath): readonly string[] {
  if (holder.length === 0) return KNOWN_KEYS.pipeline;
  if (holder.length === 2) return KNOWN_KEYS.step;
  if (holder[2] === "permissions") return KNOWN_KEYS.permissions;
  if (holder[2] === "limits") return KNOWN_KEYS.limits;
  if (holder[2] === "stdin") return ["text", "file"];
  return ["from", "secret", "as"];
}

/** Where a key that is right in another place belongs. */
function elsewhere(holder: JsonPath, key: string): string | undefined {
  const alternatives = holder[2] === "stdin"
    ? ["text", "file"]
    : ["from", "secret"];
  if (["stdin", "env"].includes(`${holder[2]}`) && alternatives.includes(key)) {
    return `Keep one of "${alternatives[0]}" and "${alternatives[1]}"`;
  }
  const known = (keys: readonly string[]) => keys.includes(key);
  if (holder.length === 2) {
    if (known(KNOWN_KEYS.permissions)) return 'It belongs into "permissions"';
    if (known(KNOWN_KEYS.limits)) return 'It belongs into "limits"';
    return undefined;
  }
  if (holder.length > 2 && known(KNOWN_KEYS.step)) {
    return "It belongs into the step itself";
  }
  if (holder.length === 0 && known(KNOWN_KEYS.step)) {
    return "It belongs into a step";
  }
  return undefined;
}

function hintFor(
  path: JsonPath,
  found: unknown,
): string | (() => string | undefined) | undefined {
  const key = path.at(-1);
  if (key === "isolation" && found === "runtime") {
    return '"runtime" is not offered by this version of Writ';
  }
  if (path.at(-2) === "deno" && key === 0 && typeof found === "string") {
    return () => didYouMean(found, DENO_COMMANDS);
  }
  if ((key === "net" || key === "sys" || key === "ffi")) {
    if (found === "true" || found === "false") {
      return `Write ${found} without quotes`;
    }
  }
  if ((key === "run" || key === "deno") && typeof found === "string") {
    return "Write the program and each of its arguments as a text of its own";
  }
  return undefined;
}

/** How a part of the file is called at the beginning of a sentence. */
export function label(path: JsonPath): string {
  if (path.length === 0) return "The pipeline";
  if (path.length === 2 && path[0] === "steps") {
    return `Step ${quoted(String(path[1]))}`;
  }
  const last = path.at(-1);
  return typeof last === "number"
    ? `Item ${last + 1} of ${quoted(String(path.at(-2)))}`
    : quoted(String(last));
}
