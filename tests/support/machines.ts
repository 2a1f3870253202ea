/**
 * Machines for what the documentation shows: each has an empty home and a terminal of its own.
 * The first, "ada", has a fresh clone of this repository.
 *
 * Two programs are stand-ins. `npx` runs the Deno that runs the tests instead of downloading
 * it, and of "task test" one file instead of all, which would contain itself. `scp` copies
 * between the homes.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { removeTree } from "../../src/evidence/remove_tree.ts";
import { cleanEnv, runProgram } from "./run_writ.ts";
import { Session, type SessionOptions, type Typist } from "./session.ts";
import { ROOT } from "./source_files.ts";

const NPX = `#!/bin/sh
[ "$1 $2" = "-y deno@2.9.6" ] || { echo "npx $*: unknown here" >&2; exit 64; }
shift 2
[ "$*" = "task test" ] && set -- task test tests/core_test.ts
exec deno "$@"
`;

const scp = (place: string) =>
  `#!/bin/sh
at() { case "$1" in *:*) echo "${place}/\${1%%:*}/\${1#*:}";; *) echo "$1";; esac; }
exec cp -R "$(at "$1")" "$(at "$2")"
`;

export type TerminalOptions = Pick<SessionOptions, "columns" | "colour">;

/** A machine. */
export interface Machine {
  /** The folder that its terminal is in. */
  folder(): string;
  /** Gives a command in its terminal. */
  give: Session["give"];
  /** Runs a script in the folder of the terminal, with its variables, without a terminal. */
  script(text: string): Promise<{ status: number; text: string }>;
}

/** All machines of one document. */
export class Machines implements AsyncDisposable {
  /** The folder that holds their homes. */
  readonly place: string;
  readonly #terminal: TerminalOptions;
  readonly #known = new Map<string, Machine>();

  private constructor(place: string, terminal: TerminalOptions) {
    this.place = place;
    this.#terminal = terminal;
  }

  /** Makes the first. */
  static async make(
    terminal: TerminalOptions = { columns: 120 },
  ): Promise<Machines> {
    const place = await Deno.realPath(
      await Deno.makeTempDir({ prefix: "writ-docs-" }),
    );
    const machines = new Machines(place, terminal);
    await Deno.mkdir(join(place, ".bin"));
    for (const [name, text] of [["npx", NPX], ["scp", scp(place)]]) {
      await Deno.writeTextFile(join(place, ".bin", name), text, {
        mode: 0o755,
      });
    }
    const ada = machines.get("ada");
    await cloneTo(join(place, "ada/writ"), machines.#env("ada"));
    await ada.give("cd writ", () => null);
    return machines;
  }

  /** A machine by name; made where it is new. */
  get(name: string): Machine {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const home = join(this.place, name);
    const memory = join(this.place, `.${name}`);
    Deno.mkdirSync(home, { mode: 0o700 });
    Deno.mkdirSync(memory);
    const env = this.#env(name);
    const session = new Session({
      cwd: home,
      home,
      memory,
      env,
      ...this.#terminal,
    });
    const folder = () => Deno.readTextFileSync(`${memory}/cwd`).trim();
    const machine: Machine = {
      folder,
      give: (command: string, typist: Typist) => session.give(command, typist),
      script: async (text) => {
        const ended = await runProgram("/bin/sh", [
          "-eu",
          "-c",
          `. '${memory}/env'\n${text}`,
        ], { cwd: folder(), home, env });
        return { status: ended.status, text: ended.stdout + ended.stderr };
      },
    };
    this.#known.set(name, machine);
    return machine;
  }

  #env(user: string): Record<string, string> {
    const config = {
      "safe.directory": "*",
      "init.defaultBranch": "main",
      // `git clone ada:writ` is a clone of what lies in her home.
      ...Object.fromEntries(
        ["ada", "bob"].map((
          name,
        ) => [`url.${this.place}/${name}/.insteadOf`, `${name}:`]),
      ),
    };
    return {
      PATH: `${this.place}/.bin:${cleanEnv(this.place).PATH}`,
      USER: user,
      GIT_AUTHOR_NAME: user,
      GIT_AUTHOR_EMAIL: `${user}@example.com`,
      GIT_COMMITTER_NAME: user,
      GIT_COMMITTER_EMAIL: `${user}@example.com`,
      GIT_CONFIG_COUNT: `${Object.keys(config).length}`,
      ...Object.fromEntries(
        Object.entries(config).flatMap(([key, value], n) => [
          [`GIT_CONFIG_KEY_${n}`, key],
          [`GIT_CONFIG_VALUE_${n}`, value],
        ]),
      ),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.place);
  }
}

/** What someone gets who clones the repository: its files as they are now, and a git folder. */
async function cloneTo(
  folder: string,
  env: Record<string, string>,
): Promise<void> {
  const git = async (cwd: string, ...args: string[]): Promise<string> => {
    const home = dirname(folder);
    const ended = await runProgram("git", args, { cwd, home, env });
    assertEquals(ended.status, 0, ended.stderr);
    return ended.stdout;
  };
  const listed = await git(
    ROOT,
    ...["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  );
  for (const path of listed.split("\0").filter((path) => path !== "")) {
    const to = join(folder, path);
    await Deno.mkdir(dirname(to), { recursive: true });
    try {
      await Deno.copyFile(join(ROOT, path), to);
    } catch (error) {
      // Listed in the index, deleted from the tree: a clone of what is here has it not.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  await git(folder, "init", "--quiet");
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--message", "as it is");
}
