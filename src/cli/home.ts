/**
 * The two folders of Writ outside any workspace: config and state.
 *
 * Edge: asks the file system whether a folder is a link.
 * @module
 */
import { isAbsolute } from "@std/path/is-absolute";
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";

/** Where Writ keeps what no workspace may write. The folders need not exist. */
export interface Home {
  /** `$XDG_CONFIG_HOME/writ` or `~/.config/writ`: keys, pins, `tools.json`. */
  configFolder: string;
  /** `$XDG_STATE_HOME/writ` or `~/.local/state/writ`: ledgers, tickets, blobs. */
  stateFolder: string;
}

/**
 * Says where the folders are, by the XDG Base Directory Specification. A relative path in
 * an XDG name is refused (the specification ignores it: a workspace could then be the home).
 *
 * @throws {WritError} `usage.invalid`, `config.unsafe`
 */
export async function findHome(
  env: (name: string) => string | undefined,
): Promise<Home> {
  const home = {
    configFolder: folder(env, "XDG_CONFIG_HOME", ".config"),
    stateFolder: folder(env, "XDG_STATE_HOME", ".local/state"),
  };
  await refuseLink(home.configFolder);
  await refuseLink(home.stateFolder);
  return home;
}

function folder(
  env: (name: string) => string | undefined,
  name: string,
  beneathHome: string,
): string {
  const given = env(name) ?? "";
  if (given !== "") return join(absolute(given, name), "writ");
  const home = env("HOME") ?? "";
  if (home === "") {
    throw new WritError(
      "usage.invalid",
      `Cannot find the folders of Writ: neither HOME nor ${name} is set`,
      { hint: "set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME" },
    );
  }
  return join(absolute(home, "HOME"), beneathHome, "writ");
}

function absolute(path: string, name: string): string {
  if (isAbsolute(path)) return path;
  throw new WritError(
    "usage.invalid",
    `Cannot use ${name}="${path}": an absolute path was expected`,
  );
}

async function refuseLink(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (info.isDirectory) return;
  throw new WritError(
    "config.unsafe",
    `Cannot use "${path}": it is ${
      info.isSymlink ? "a link" : "no folder"
    }, a real folder was expected`,
    {
      hint:
        "whoever may write where a link leads could choose keys and pins; move the folder itself there with XDG_CONFIG_HOME or XDG_STATE_HOME",
    },
  );
}
