/**
 * The command line of `verify.ts`.
 *
 * @module
 */
import { type Digest, isDigest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { VerifyOptions } from "./invariant.ts";

/** What `verify.ts` prints with `--help`, and after a usage error as a hint. */
export const VERIFY_USAGE =
  `Usage: deno run --allow-read verify.ts BUNDLE --trust FILE [options]

  --trust FILE            whose keys you believe; without it nothing is verified
  --expect-plan DIGEST    the run must be of this plan
  --expect-pipeline DIGEST  … of a pipeline file with this SHA-256
  --expect-commit ID      … made at this commit
  --seen CHECKPOINT       the ledger must continue this checkpoint, a file that you keep
  --log FOLDER            an export of the ledger, for the proof where the bundle has none
  --json                  the report as one JSON document
  --help                  this text

Exit codes: 0 true, executed and succeeded; 1 a true record of a failed run;
2 bad usage, or nothing is there; 3 the trust file cannot be used, or Deno was
not given leave to read; 4 not true, or not provable; 70 a fault of Writ`;

/** What `verify.ts` is asked to do. */
export interface VerifyArguments {
  bundle: string;
  trust: string | null;
  expect: NonNullable<VerifyOptions["expect"]>;
  /** Files of what the reader has seen of the ledger. */
  seen: { checkpoint: string; log: string | null } | null;
  json: boolean;
}

const VALUED = [
  "--trust",
  "--expect-plan",
  "--expect-pipeline",
  "--expect-commit",
  "--seen",
  "--log",
] as const;
type Valued = typeof VALUED[number];

/**
 * Reads the arguments; `null` when help is asked for.
 *
 * @throws {WritError} `usage.invalid`
 */
export function parseVerifyArguments(
  args: readonly string[],
): VerifyArguments | null {
  const values = new Map<Valued, string>();
  const places: string[] = [];
  let json = false;
  let open = true;
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    if (!open || !word.startsWith("-")) {
      places.push(word);
      continue;
    }
    if (word === "--") {
      open = false;
      continue;
    }
    if (word === "--help" || word === "-h") return null;
    if (word === "--json") {
      json = true;
      continue;
    }
    const [name, ...rest] = word.split("=");
    const flag = VALUED.find((each) => each === name);
    if (flag === undefined) throw invalid(`${quoted(word)} is no option`);
    const value = rest.length > 0 ? rest.join("=") : args[++i];
    if (value === undefined || value === "") {
      throw invalid(`${flag} needs a value`);
    }
    if (values.has(flag)) throw invalid(`${flag} is given twice`);
    values.set(flag, value);
  }
  if (places.length !== 1 || places[0] === "") {
    throw invalid(
      places.length > 1
        ? `${places.length} bundles are named, one was expected`
        : "no bundle is named",
    );
  }
  return {
    bundle: places[0],
    trust: values.get("--trust") ?? null,
    expect: readExpected({
      plan: values.get("--expect-plan") ?? null,
      pipeline: values.get("--expect-pipeline") ?? null,
      commit: values.get("--expect-commit") ?? null,
    }, HELP),
    seen: readSeenFiles({
      seen: values.get("--seen") ?? null,
      log: values.get("--log") ?? null,
    }, HELP),
    json,
  };
}

/**
 * What a reader expects of a run, from the words of `--expect-plan`, `--expect-pipeline` and
 * `--expect-commit`. `help`: the command that says how to ask.
 *
 * @throws {WritError} `usage.invalid`
 */
export function readExpected(
  { plan, pipeline, commit }: Record<
    "plan" | "pipeline" | "commit",
    string | null
  >,
  help: string,
): NonNullable<VerifyOptions["expect"]> {
  return {
    ...expectDigest("plan", plan, help),
    ...expectDigest("pipeline", pipeline, help),
    ...expectCommit(commit, help),
  };
}

/**
 * The files that `--seen` and `--log` name; `null` where neither is given.
 *
 * @throws {WritError} `usage.invalid`
 */
export function readSeenFiles(
  { seen, log }: { seen: string | null; log: string | null },
  help: string,
): VerifyArguments["seen"] {
  if (seen !== null) return { checkpoint: seen, log };
  if (log === null) return null;
  throw invalid(
    "--log alone proves nothing, --seen names the checkpoint that it is about",
    help,
  );
}

function expectDigest(
  name: "plan" | "pipeline",
  text: string | null,
  help: string,
): { [name in "plan" | "pipeline"]?: Digest } {
  if (text === null) return {};
  if (isDigest(text)) return { [name]: text };
  throw invalid(
    `--expect-${name} is ${
      quoted(text)
    }, "sha256:" and 64 hex digits were expected`,
    help,
  );
}

function expectCommit(text: string | null, help: string): { commit?: string } {
  if (text === null) return {};
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text)) return { commit: text };
  throw invalid(
    `--expect-commit is ${
      quoted(text)
    }, a whole commit id of 40 or 64 hex digits was expected`,
    help,
  );
}

const HELP = "deno run --allow-read verify.ts --help";

function invalid(what: string, hint = HELP): WritError {
  return new WritError("usage.invalid", `Cannot verify: ${what}`, { hint });
}
