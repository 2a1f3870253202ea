/**
 * The subcommands of Deno that a step may be, with what Writ must know of each.
 *
 * Permissions, configuration, lock file and where code comes from are Writ's to set: a flag
 * such as `-A` beside Writ's own would undo them. So a flag is taken only when it is on these
 * lists, which were made from `deno <subcommand> --help` of Deno 2.9.
 *
 * @module
 */

/** The subcommands of Deno that a step may be. */
export const DENO_COMMANDS = [
  "run",
  "test",
  "check",
  "lint",
  "fmt",
  "bundle",
] as const;

/** What Writ knows of a subcommand. */
export interface DenoSubcommand {
  /** Whether it runs the step's code, under permission flags: the others take none, and nothing of theirs is held by them. */
  runs: boolean;
  /** Whether it can be told to download nothing. */
  cachedOnly: boolean;
  /** Whether it loads modules, by a lock file. */
  modules: boolean;
  /** Flags that an author may give it, without a value behind `=`. */
  flags: readonly string[];
}

const COMMON = ["--quiet", "-q"];
const CHECKED = ["--check", "--no-check"];

const SUBCOMMANDS: Readonly<
  Record<typeof DENO_COMMANDS[number], DenoSubcommand>
> = {
  run: {
    runs: true,
    cachedOnly: true,
    modules: true,
    flags: [...COMMON, ...CHECKED, "--seed", "--ext", "--conditions"],
  },
  test: {
    runs: true,
    cachedOnly: true,
    modules: true,
    flags: [
      ...COMMON,
      ...CHECKED,
      "--clean",
      "--conditions",
      "--coverage",
      "--coverage-raw-data-only",
      "--coverage-threshold",
      "--doc",
      "--ext",
      "--fail-fast",
      "--filter",
      "--hide-stacktraces",
      "--ignore",
      "--junit-path",
      "--no-run",
      "--parallel",
      "--permit-no-files",
      "--repeats",
      "--reporter",
      "--retry",
      "--sanitize-ops",
      "--sanitize-resources",
      "--seed",
      "--shard",
      "--shuffle",
      "--trace-leaks",
      "--update-snapshots",
      "-u",
    ],
  },
  check: {
    runs: false,
    cachedOnly: true,
    modules: true,
    flags: [
      ...COMMON,
      "--all",
      "--conditions",
      "--doc",
      "--doc-only",
    ],
  },
  lint: {
    runs: false,
    cachedOnly: false,
    modules: false,
    flags: [
      ...COMMON,
      "--compact",
      "--ext",
      "--fix",
      "--ignore",
      "--json",
      "--permit-no-files",
      "--rules",
      "--rules-exclude",
      "--rules-include",
      "--rules-tags",
    ],
  },
  fmt: {
    runs: false,
    cachedOnly: false,
    modules: false,
    flags: [
      ...COMMON,
      "--check",
      "--ext",
      "--fail-fast",
      "--ignore",
      "--indent-width",
      "--line-width",
      "--no-editorconfig",
      "--no-semicolons",
      "--permit-no-files",
      "--prose-wrap",
      "--single-quote",
      "--use-tabs",
    ],
  },
  bundle: {
    runs: false,
    cachedOnly: false,
    modules: true,
    flags: [
      ...COMMON,
      ...CHECKED,
      "--code-splitting",
      "--conditions",
      "--declaration",
      "--external",
      "--format",
      "--inline-imports",
      "--keep-names",
      "--minify",
      "--outdir",
      "--output",
      "--packages",
      "--platform",
      "--sourcemap",
      "-o",
    ],
  },
};

/** What is known of a subcommand; `undefined` where a step cannot be it. */
export function denoSubcommand(name: string): DenoSubcommand | undefined {
  const known = DENO_COMMANDS.find((command) => command === name);
  return known === undefined ? undefined : SUBCOMMANDS[known];
}
