/**
 * The flags of a deno step: what its permissions spell, and nothing else.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import type { Confinement, HostFacts } from "./confinement.ts";
import { inView } from "./view_paths.ts";

type Runtime = NonNullable<Confinement["runtime"]>;

/** Which flags a subcommand of Deno 2.9 takes. */
const SUBCOMMANDS: Record<
  string,
  { runs: boolean; cachedOnly: boolean; modules: boolean }
> = {
  run: { runs: true, cachedOnly: true, modules: true },
  test: { runs: true, cachedOnly: true, modules: true },
  check: { runs: false, cachedOnly: true, modules: true },
  bundle: { runs: false, cachedOnly: false, modules: true },
  lint: { runs: false, cachedOnly: false, modules: false },
  fmt: { runs: false, cachedOnly: false, modules: false },
};

/** What may stand before the script of `deno run`. A value needs `=`, lest it be taken for the script. */
const RUN_ARGUMENT =
  /^(-q|--quiet|--no-code-cache|--(no-)?check(=.*)?|--unstable-[a-z0-9-]+|--(seed|location|v8-flags|conditions|ext)=.*)$/;

/** Arguments that would change what the step may do, or whose files are read. */
const CHANGES_PERMISSIONS =
  /^(-[a-zA-Z]*[ARWINESPcr]|--(allow|deny|ignore-(read|env)|permission|prompt|no-prompt|config|no-config|lock|no-lock|frozen|cached-only|no-remote|reload|cert|unsafely|inspect|preload|require|import-map|env-file|node-modules|vendor|watch|hmr|use-env-proxy|min-dep-age))/;

/**
 * The arguments of `deno`, from the subcommand on; `root` is the workspace as the step sees
 * it. Every flag is spelt out, so that no configuration, lock or cache is found by search.
 *
 * @throws {WritError} `sandbox.cannot_hold` for an unknown subcommand, or an argument that is itself a permission.
 */
export function denoFlags(
  confinement: Confinement,
  root: string,
  files: HostFacts["deno"],
): string[] {
  const { runtime, argv } = confinement;
  const [name, ...rest] = argv;
  const subcommand = Object.hasOwn(SUBCOMMANDS, name)
    ? SUBCOMMANDS[name]
    : undefined;
  if (runtime === null || subcommand === undefined) {
    throw new WritError(
      "sandbox.cannot_hold",
      `Cannot start "deno ${name}": a deno step is one of ${
        Object.keys(SUBCOMMANDS).join(", ")
      }`,
    );
  }
  const config = files?.config ?? null;
  const lock = files?.lock ?? null;
  const remote = mayLoadRemote(confinement, subcommand.cachedOnly);
  return [
    name,
    ...(subcommand.runs ? ["--no-prompt"] : []),
    ...(subcommand.cachedOnly ? ["--cached-only"] : []),
    ...(subcommand.modules && !remote ? ["--no-remote"] : []),
    ...(subcommand.modules ? ["--frozen"] : []),
    config === null ? "--no-config" : `--config=${inView(root, config)}`,
    ...(!subcommand.modules
      ? []
      : [lock === null ? "--no-lock" : `--lock=${inView(root, lock)}`]),
    ...(subcommand.runs ? permissionFlags(runtime, root) : []),
    ...(!subcommand.modules
      ? []
      : remote
      ? ["--allow-import"]
      : subcommand.runs
      ? ["--deny-import"]
      : []),
    ...(name === "run" ? scriptArguments(rest) : plainArguments(name, rest)),
  ];
}

/**
 * Remote modules are loaded out of a cache that was fetched, where the lock says what they must be,
 * and only where Deno cannot download any: by its flag or for want of a network.
 */
function mayLoadRemote(
  { caches, network }: Confinement,
  cachedOnly: boolean,
): boolean {
  const isFetched = caches.some(({ cache, fills }) =>
    cache === "deno" && !fills
  );
  return isFetched &&
    (cachedOnly || network === "none" || network === "loopback");
}

function permissionFlags(runtime: Runtime, root: string): string[] {
  const paths = (list: string[]) => list.map((path) => inView(root, path));
  const flag = (name: string, value: boolean | string[]): string[] => {
    if (value === true) return [`--allow-${name}`];
    // An empty list would mean "all" to Deno.
    if (value === false || value.length === 0) return [];
    return [`--allow-${name}=${value.join(",")}`];
  };
  const readable = paths([...new Set([...runtime.read])]);
  return [
    ...flag("read", readable),
    ...(runtime.deny.length === 0
      ? []
      : [`--deny-read=${paths(runtime.deny).join(",")}`]),
    ...flag("write", paths(runtime.write)),
    ...flag("net", runtime.net),
    ...flag("env", runtime.env),
    ...flag("run", runtime.run),
    ...flag("sys", runtime.sys),
    ...flag(
      "ffi",
      typeof runtime.ffi === "boolean" ? runtime.ffi : paths(runtime.ffi),
    ),
  ];
}

function scriptArguments(argv: string[]): string[] {
  const at = argv.findIndex((word) => !word.startsWith("-") || word === "-");
  if (at === -1) {
    throw new WritError(
      "sandbox.cannot_hold",
      'Cannot start "deno run": no script is named',
    );
  }
  for (const word of argv.slice(0, at)) {
    if (!RUN_ARGUMENT.test(word)) refuseArgument("run", word);
  }
  // A bare word could be the name of a task, which runs in a shell and with flags of its own.
  const script = /^([a-z][a-z0-9+.-]*:|\.{0,2}\/|-$)/.test(argv[at])
    ? argv[at]
    : `./${argv[at]}`;
  return [...argv.slice(0, at), script, ...argv.slice(at + 1)];
}

function plainArguments(name: string, argv: string[]): string[] {
  const end = argv.indexOf("--");
  for (const word of end === -1 ? argv : argv.slice(0, end)) {
    if (CHANGES_PERMISSIONS.test(word)) refuseArgument(name, word);
  }
  return argv;
}

function refuseArgument(name: string, word: string): never {
  throw new WritError(
    "sandbox.cannot_hold",
    `Cannot start "deno ${name}" with "${word}": the flags of a deno step come from its permissions alone`,
    {
      hint:
        "State what the step may do in its permissions, and give a flag's value after =",
    },
  );
}
