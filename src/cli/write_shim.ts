/**
 * Writes the program `writ` for other projects: `deno task install`.
 *
 * `deno install --global` would copy the configuration and resolve packages anew, without this
 * repository's links and lock. The program names both where they lie, so that no workspace it
 * is started in, and nobody who publishes a package, chooses the code of what judges.
 *
 * Edge: reads the environment, writes one file.
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { EXIT, WritError } from "../core/errors.ts";
import { COMMAND_NAMES, type Profile, PROFILES } from "./profile.ts";
import { denoFlags } from "./task_flags.ts";
import { Terminal } from "./terminal.ts";

/** What tells the program from another of the same name. */
const MARK = "# Writ, as deno task install wrote it.";

/**
 * The text of the program: a shell script that finds the command in its words and starts Deno
 * with the flags of that command's row. `deno`: the one that runs it. `root`: the clone that it
 * is of.
 */
export function shimText(deno: string, root: string): string {
  const start = [
    "exec",
    deno,
    "run",
    "--quiet",
    `--config=${join(root, "deno.json")}`,
    `--lock=${join(root, "deno.lock")}`,
    "--frozen",
  ];
  const main = quoted(join(root, "src/cli/main.ts"));
  // Two words before one: "log export" is no "log".
  const names = [...COMMAND_NAMES].sort((a, b) => words(b) - words(a));
  const rows = names.map((name) =>
    `  ${words(name) === 2 ? `'${name}'` : `'${name} '*`}) ${
      rowStart(PROFILES[name], main)
    } ;;`
  );
  return [
    "#!/bin/sh",
    MARK,
    "# Each command is started with the permissions of its row of src/cli/profile.ts.",
    // An empty list would be everything. Deno takes a comma for the end of a path.
    `may=/dev/null; add() { case $1 in ''|*,*) ;; *) may="$may,$1" ;; esac; }`,
    'home() { add "${XDG_CONFIG_HOME:-$HOME/.config}/writ"; add "${XDG_STATE_HOME:-$HOME/.local/state}/writ"; }',
    'user() { add "$(pwd -P)"; }',
    `start() { ${start.map(quoted).join(" ")} "$@"; }`,
    "one= two=",
    'for word in "$@"; do case $word in --json|--help|-h) ;; *)',
    '  if [ -z "$one" ]; then one=$word; elif [ -z "$two" ]; then two=$word; fi',
    "esac; done",
    // One word with a space in it is no two.
    "case $one in *[!a-z]*) one= ;; esac",
    'case "$one $two" in',
    ...rows,
    // Help, versions, and what is no command.
    `  *) ${rowStart(PROFILES.verify, main)} ;;`,
    "esac",
    "",
  ].join("\n");
}

function rowStart(profile: Profile, main: string): string {
  const before = { none: "", any: "", home: "home; ", named: "home; user; " };
  const flags = denoFlags(profile, { home: ["$may"], user: null });
  return `${before[profile.write]}start ${flags.join(" ")} ${main} "$@"`;
}

function words(name: string): number {
  return name.split(" ").length;
}

/** For a shell: one word, whatever is in it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Whether `path` may be written: nothing is there, or what this made before. */
async function isOurs(path: string): Promise<boolean> {
  try {
    return (await Deno.readTextFile(path)).includes(MARK);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

if (import.meta.main) Deno.exitCode = await install();

async function install(): Promise<number> {
  const terminal = new Terminal({ json: false });
  const root = fromFileUrl(new URL("../..", import.meta.url)).slice(0, -1);
  const home = Deno.env.get("DENO_INSTALL_ROOT") ??
    join(Deno.env.get("HOME") ?? "", ".deno");
  const folder = join(home, "bin");
  const path = join(folder, "writ");
  if (!await isOurs(path)) {
    const error = new WritError(
      "usage.invalid",
      `Cannot install "${path}": another program of that name is there`,
      { hint: "DENO_INSTALL_ROOT=FOLDER deno task install" },
    );
    terminal.error(error);
    return error.exit;
  }
  await ensureDir(folder);
  await Deno.writeTextFile(path, shimText(Deno.execPath(), root));
  await Deno.chmod(path, 0o755);
  terminal.answer({ path, root }, `Installed ${path}, which runs ${root}`);
  if (!(Deno.env.get("PATH") ?? "").split(":").includes(folder)) {
    terminal.next(`export PATH="${folder}:$PATH"`);
  }
  return EXIT.done;
}
