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
import { programFlags } from "./task_flags.ts";
import { Terminal } from "./terminal.ts";

/** What tells the program from another of the same name. */
const MARK = "# Writ, as deno task install wrote it.";

/** The text of the program. `deno`: the one that runs it. `root`: the clone that it is of. */
export function shimText(deno: string, root: string): string {
  const words = [
    deno,
    "run",
    "--quiet",
    `--config=${join(root, "deno.json")}`,
    `--lock=${join(root, "deno.lock")}`,
    "--frozen",
    ...programFlags(),
    join(root, "src/cli/main.ts"),
  ];
  return `#!/bin/sh\n${MARK}\nexec ${words.map(quoted).join(" ")} "$@"\n`;
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
