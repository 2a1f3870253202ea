/**
 * The tasks of `deno.json`, from the table of commands.
 *
 * @module
 */
import { COMMAND_NAMES, type Profile, PROFILES } from "./profile.ts";

/** A task of `deno.json`. */
export interface Task {
  description: string;
  command: string;
}

/** Where the command line starts. */
const MAIN = "src/cli/main.ts";

/** How the folders that a row names are spelt where its flags stand. */
export interface Places {
  /** The config and state folders. */
  home: readonly string[];
  /** The folder that the user stands in; `null` where `home` is spelt so that it holds it. */
  user: string | null;
}

/** For the shell of `deno task`. */
export const TASK_PLACES: Places = {
  // An unset XDG name leaves "/writ" behind, a folder that nothing reads.
  home: [
    "$HOME/.config/writ",
    "$HOME/.local/state/writ",
    "$XDG_CONFIG_HOME/writ",
    "$XDG_STATE_HOME/writ",
  ],
  user: "$INIT_CWD",
};

/** For the program of `deno task install`, as it would be written by hand. */
export const PROGRAM_PLACES: Places = {
  home: [
    "${XDG_CONFIG_HOME:-$HOME/.config}/writ",
    "${XDG_STATE_HOME:-$HOME/.local/state}/writ",
  ],
  user: "$PWD",
};

/** The flags of Deno that a profile comes to: all that is granted, and what is denied for good. */
export function denoFlags(
  profile: Profile,
  { home, user }: Places = TASK_PLACES,
): string[] {
  const { write, env, run, sys } = profile;
  const paths = {
    none: null,
    home,
    named: [...home, ...(user === null ? [] : [user])],
    any: [],
  }[write];
  return [
    "--no-prompt",
    "--allow-read",
    paths === null ? "--deny-write" : allow("write", paths),
    allow("env", env === "any" ? [] : env),
    run ? "--allow-run" : "--deny-run",
    sys.length > 0 ? allow("sys", sys) : "--deny-sys",
    "--deny-net",
    "--deny-ffi",
    // Policy is compiled by the quick compiler: it is used for milliseconds.
    "--v8-flags=--liftoff-only",
  ];
}

/** What may do everything that some command may: `main` drops the rest. */
function widest(): Profile {
  const rows = Object.values(PROFILES);
  return {
    ...PROFILES.execute,
    sys: [...new Set(rows.flatMap((row) => row.sys))].sort(),
  };
}

/** All tasks of this repository, by name. */
export function tasks(): Record<string, Task> {
  const own = COMMAND_NAMES.filter((name) => PROFILES[name].task).map((
    name,
  ): [string, Task] => [name, {
    description: PROFILES[name].summary,
    command: [
      "deno run",
      ...denoFlags(PROFILES[name]),
      MAIN,
      name,
      ...(PROFILES[name].judges ? ["--dev"] : []),
    ].join(" "),
  }]);
  return {
    ...Object.fromEntries(own),
    writ: {
      description: "every command; it drops what its row does not grant",
      command: ["deno run", ...denoFlags(widest()), MAIN].join(" "),
    },
    install: {
      description: "make the command writ, for use in other projects",
      command: [
        // All of it, before it is needed somewhere without a network.
        `deno cache --frozen ${MAIN}`,
        "deno run --allow-read --allow-write --allow-env=HOME,PATH,DENO_INSTALL_ROOT src/cli/write_shim.ts",
      ].join(" && "),
    },
    ...UPKEEP,
  };
}

/** The tasks that look after this repository. */
const UPKEEP: Record<string, Task> = {
  test: {
    description: "all tests, and the examples in the documentation",
    command: "deno test -A --doc --parallel",
  },
  check: {
    description: "format, lint, types, documentation, what would be published",
    command: [
      "deno fmt --check",
      "deno lint",
      "deno check .",
      "deno doc --lint mod.ts verify.ts src/cli/main.ts",
      "deno publish --dry-run --allow-dirty",
    ].join(" && "),
  },
  ok: {
    description: "everything that is agreed: check, then test",
    command: "deno task check && deno task test",
  },
  bench: { description: "the figures", command: "deno run -A bench/bench.ts" },
  recording: {
    description: "record docs/recording.svg from what a terminal shows",
    command: "deno run -A docs/record.ts",
  },
  schemas: {
    description: "write schemas/ from the source",
    command: "deno run --allow-read --allow-write=schemas schemas/generate.ts",
  },
  rules: {
    description: "write policies/default.rules.json from the default policy",
    command:
      "deno run --allow-read --allow-write=policies policies/generate.ts",
  },
  escapes: {
    description:
      "write docs/escapes.md from the escape suite, and its summary in README",
    command: "deno run -A docs/write_escapes.ts",
  },
  tasks: {
    description: "write what follows from src/cli/profile.ts: tasks, README",
    command: [
      "deno run --allow-read=deno.json --allow-write=deno.json src/cli/write_tasks.ts",
      "deno run --allow-read=README.md --allow-write=README.md docs/write_readme.ts",
    ].join(" && "),
  },
};

function allow(kind: string, values: readonly string[]): string {
  // Quoted for the task shell: a home may have spaces in its name.
  if (values.length === 0) return `--allow-${kind}`;
  const list = values.join(",");
  return `--allow-${kind}=${list.includes("$") ? `"${list}"` : list}`;
}
