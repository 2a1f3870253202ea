/**
 * The workspace that a command works on, and whether Writ's own code lies in it.
 *
 * Edge: reads folders and real paths.
 * @module
 */
import { basename } from "@std/path/basename";
import { dirname } from "@std/path/dirname";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { relative } from "@std/path/relative";
import { resolve } from "@std/path/resolve";
import { WritError } from "../core/errors.ts";
import { isWithin } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { requireOwnFolders } from "../run/publish_place.ts";
import { nearFile } from "./near_file.ts";
import { flag, type Parameter } from "./parameters.ts";
import { whyUnreadable } from "./read_input.ts";
import type { Terminal } from "./terminal.ts";

/** A workspace. */
export interface Workspace {
  /** Its real path. */
  root: string;
}

/** A pipeline in its workspace. */
export interface LocatedPipeline extends Workspace {
  /** Path of the pipeline from the root, with `/`. */
  pipeline: string;
  /** Real path of the pipeline. */
  file: string;
}

/** `--dev`, of the commands that judge a workspace. */
export const dev: Parameter<boolean> = flag(
  "judge a workspace that holds Writ's own code (for Writ's own repository)",
);

/**
 * The nearest folder at or above `start` that holds `.writ` or `.git`.
 *
 * @throws {WritError} `input.unreadable` when there is none or `start` is no folder;
 * `workspace.unsafe` when its `.writ`, or what Writ keeps in it, is not a real folder.
 */
export async function findWorkspace(start: string): Promise<Workspace> {
  const from = await realFolder(start);
  for (let root = from;; root = dirname(root)) {
    const writ = await what(join(root, ".writ"));
    if (writ !== null) requireOwnFolders(root);
    if (writ !== null || await what(join(root, ".git")) !== null) {
      return { root };
    }
    if (dirname(root) === root) {
      throw new WritError(
        "input.unreadable",
        `Cannot find a workspace: neither "${from}" nor a folder above it holds .writ or .git`,
        {
          hint:
            "make a folder named .writ in the folder that is to be the workspace",
        },
      );
    }
  }
}

/**
 * Finds a pipeline and its workspace; links are followed first, so that the workspace is the
 * one in which the file really lies.
 *
 * @param argument as the user wrote it, resolved against `cwd`.
 * @throws {WritError} `input.unreadable`, `workspace.unsafe`
 */
export async function locatePipeline(
  argument: string,
  cwd: string,
): Promise<LocatedPipeline> {
  const wanted = resolve(cwd, argument);
  const info = await existing(wanted, argument, "the pipeline");
  if (!info.isFile) {
    throw new WritError(
      "input.unreadable",
      `Cannot read the pipeline "${argument}": it is ${
        info.isDirectory ? "a folder" : "no plain file"
      }, a file was expected`,
      info.isDirectory
        ? {
          hint: `name the file in it, for example ${
            join(argument, "pipeline.json")
          }`,
        }
        : {},
    );
  }
  const file = await Deno.realPath(wanted);
  const { root } = await findWorkspace(dirname(file));
  return { root, file, pipeline: relative(root, file).replaceAll("\\", "/") };
}

/**
 * Refuses to judge a workspace that holds the code of the judge, unless `--dev` was given:
 * then says so.
 *
 * @param main URL of the module that was started.
 * @throws {WritError} `code.inside_workspace`
 */
export async function guardOwnCode(
  workspace: Workspace,
  options: { main: string; dev: boolean; terminal: Terminal },
): Promise<void> {
  if (!await codeInside(workspace, options.main)) return;
  if (options.dev) {
    options.terminal.say(
      "--dev: Writ's own code lies in this workspace; who may write here may change the judge",
    );
    return;
  }
  throw new WritError(
    "code.inside_workspace",
    `Cannot judge "${workspace.root}": Writ's own code lies in it, so whoever may write there could change the judge`,
    {
      hint:
        "use a clone of Writ that lies elsewhere: deno task install makes the program writ of it; --dev is for Writ's own repository",
    },
  );
}

/** Whether the module at `main` is a file of the workspace. */
export async function codeInside(
  workspace: Workspace,
  main: string,
): Promise<boolean> {
  if (!main.startsWith("file:")) return false;
  return isWithin(await Deno.realPath(fromFileUrl(main)), workspace.root);
}

async function realFolder(path: string): Promise<string> {
  const info = await existing(path, path, "the folder");
  if (info.isDirectory) return await Deno.realPath(path);
  throw new WritError(
    "input.unreadable",
    `Cannot use "${basename(path)}": it is no folder`,
  );
}

async function existing(
  path: string,
  shown: string,
  noun: string,
): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new WritError(
      "input.unreadable",
      `Cannot read ${noun} ${quoted(shown, 200)}: ${whyUnreadable(cause)}`,
      {
        place: { file: shown },
        hint: cause instanceof Deno.errors.NotFound
          ? await nearFile(path, shown)
          : undefined,
        cause,
      },
    );
  }
}

async function what(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
