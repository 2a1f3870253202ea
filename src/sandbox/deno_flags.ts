/**
 * The flags of a deno step: what its permissions spell, and nothing else.
 *
 * @module
 */
import { WritError } from "../core/errors.ts";
import { denoArgumentFaults, scriptIndex } from "../pipeline/deno_arguments.ts";
import { DENO_COMMANDS, denoSubcommand } from "../pipeline/deno_subcommands.ts";
import type { Confinement, HostFacts } from "./confinement.ts";
import { inView } from "./view_paths.ts";

type Runtime = NonNullable<Confinement["runtime"]>;

/**
 * The arguments of `deno`, from the subcommand on; `root` is the workspace as the step sees
 * it. Every flag is spelt out, so that no configuration, lock or cache is found by search.
 *
 * @throws {WritError} `sandbox.cannot_hold` for an unknown subcommand, or an argument that no author may give it.
 */
export function denoFlags(
  confinement: Confinement,
  root: string,
  files: HostFacts["deno"],
): string[] {
  const { runtime, argv } = confinement;
  const [name] = argv;
  const subcommand = denoSubcommand(name);
  if (runtime === null || subcommand === undefined) {
    throw new WritError(
      "sandbox.cannot_hold",
      `Cannot start "deno ${name}": a deno step is one of ${
        DENO_COMMANDS.join(", ")
      }`,
    );
  }
  requireArguments(argv);
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
    ...(name === "run" ? scriptArguments(argv) : argv.slice(1)),
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

/** The runner does not trust a plan to have come out of a parsed pipeline. */
function requireArguments(argv: readonly string[]): void {
  const [fault] = denoArgumentFaults(argv);
  if (fault === undefined) return;
  const what = fault.index === 0 ? "it" : `argument ${fault.index}`;
  throw new WritError(
    "sandbox.cannot_hold",
    `Cannot start "deno ${argv[0]}": ${what} ${fault.message}`,
    { hint: fault.hint },
  );
}

function scriptArguments(argv: readonly string[]): string[] {
  const at = scriptIndex(argv);
  // A bare word could be the name of a task, which runs in a shell and with flags of its own.
  const script = /^([a-z][a-z0-9+.-]*:|\.{0,2}\/)/.test(argv[at])
    ? argv[at]
    : `./${argv[at]}`;
  return [...argv.slice(1, at), script, ...argv.slice(at + 1)];
}
