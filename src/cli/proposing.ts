/**
 * What the commands that take a pipeline have in common: finding it, and saying who asks.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Requester } from "../policy/decision.ts";
import { UNNAMED, type Wish } from "../run/propose.ts";
import { openSight, type Sight } from "../run/sight.ts";
import type { Context } from "./command.ts";
import { option, repeatedOption } from "./parameters.ts";
import { readInput } from "./read_input.ts";
import { locatePipeline } from "./workspace.ts";

/** `--param` and `--as`, of every command that plans. */
export const planning = {
  param: repeatedOption("NAME=VALUE", "set a parameter of the pipeline"),
  as: option("KIND:NAME", "who asks: human:alice, agent:claude, system:ci"),
};

/** The pipeline that a command names, and what is in view of it. */
export async function openWish(
  args: { pipeline: string; param: string[]; as: string | null },
  context: Context,
): Promise<{ wish: Wish; sight: Sight }> {
  const located = await locatePipeline(args.pipeline, context.cwd);
  const wish: Wish = {
    file: located.pipeline,
    shown: args.pipeline,
    bytes: await readInput(located.file, args.pipeline),
    params: parseParams(args.param),
    requester: parseRequester(args.as),
  };
  return { wish, sight: await sightOf(located.root, context) };
}

/** What is in view of a workspace. */
export async function sightOf(
  workspace: string,
  context: Context,
): Promise<Sight> {
  const { configFolder, stateFolder } = await context.home();
  return await openSight({
    workspace,
    config: configFolder,
    stateFolder,
    env: context.env,
    now: context.now,
    denoDir: denoDirOf(context.env),
  });
}

/** Deno's module cache on Linux: `DENO_DIR`, else `deno` in the user's cache folder. */
function denoDirOf(env: Context["env"]): string | null {
  const named = env("DENO_DIR");
  if (named !== undefined && named !== "") return named;
  const cache = env("XDG_CACHE_HOME");
  if (cache !== undefined && cache !== "") return join(cache, "deno");
  const home = env("HOME");
  return home === undefined || home === "" ? null : join(home, ".cache/deno");
}

function parseParams(words: string[]): Record<string, string> {
  const names = new Set<string>();
  return Object.fromEntries(words.map((word) => {
    const at = word.indexOf("=");
    const name = word.slice(0, at);
    if (names.has(name)) {
      throw new WritError(
        "usage.invalid",
        `Cannot use --param ${
          quoted(word)
        }: "${name}" was given a value already`,
      );
    }
    names.add(name);
    if (at > 0) return [name, word.slice(at + 1)];
    throw new WritError(
      "usage.invalid",
      `Cannot use "${word}" for --param: NAME=VALUE was expected`,
    );
  }));
}

function parseRequester(word: string | null): Requester {
  if (word === null) return UNNAMED;
  const [kind, ...rest] = word.split(":");
  const id = rest.join(":");
  if (
    (kind === "human" || kind === "agent" || kind === "system") && id !== ""
  ) {
    return { kind, id, key: null };
  }
  throw new WritError(
    "usage.invalid",
    `Cannot use "${word}" for --as: human:NAME, agent:NAME or system:NAME was expected`,
  );
}
