/**
 * What the end of a failed step's output says of a declaration that is missing.
 *
 * @module
 */
import { isWithin, joinPath, parentOf } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import type { CacheKind } from "../pipeline/pipeline.ts";
import type { PlanStep } from "../plan/plan.ts";
import { hintText, type ViewHint } from "../plan/view_hint.ts";
import { namedPaths, pathInView, wordPaths } from "../plan/words.ts";
import type { Backend, Confinement } from "../sandbox/confinement.ts";
import type { DeniedTarget } from "../sandbox/denied_targets.ts";
import { NOT_DECLARED } from "../sandbox/host_list.js";
import type { Listed } from "./attempt.ts";

/** What is known of a step whose program did not end with 0. */
export interface ExitClues {
  step: PlanStep;
  materials: readonly Listed[];
  /** What it did not see, as planned. */
  hidden: ViewHint | null;
  /** The end of what it printed. */
  output: string;
  network: Confinement["network"];
  /** What its proxy denied it. */
  denied: readonly DeniedTarget[];
  /** Whether the workspace holds a path, relative to its root. */
  exists(path: string): boolean;
  backend: Backend["name"];
  /** Where the step saw the workspace root, absolute. */
  root: string;
  /** The folder of the views of this run, absolute. */
  views: string;
}

/** A sentence that goes on after "it", `null` for none, and what would help. */
export interface Clue {
  what: string | null;
  hint: string | null;
}

/** The surest clue; without one, what the step did not see or did not start with. */
export function readClues(clues: ExitClues): Clue {
  for (const read of SURE) {
    const clue = read(clues);
    if (clue !== null) return clue;
  }
  const hint = [startsAbsent(clues), unseen(clues)].filter((hint) =>
    hint !== null
  ).join("; ");
  return {
    what: null,
    hint: hint === "" ? null : hint[0].toUpperCase() + hint.slice(1),
  };
}

/** From the one that leaves no doubt to the one that leaves some. */
const SURE: readonly ((clues: ExitClues) => Clue | null)[] = [
  otherView,
  notFetched,
  deniedByDeno,
  namedHidden,
  readOnly,
  namedUnmade,
  inAbsentFolder,
  refusedByProxy,
  withoutNetwork,
  withoutLoopback,
];

/** Landlock gives every step its workspace at another path. */
function otherView({ output, root, views }: ExitClues): Clue | null {
  const others = output.split(`${views}/`).slice(1).filter((rest) =>
    !`${views}/${rest}`.startsWith(`${root}/`) && /^[^/\s]+\/work\//.test(rest)
  );
  if (others.length === 0) return null;
  const step = others[0].split("/", 1)[0].replace(/-\d+$/, "");
  return {
    what: `named a path where step ${
      quoted(step)
    } ran: its input holds absolute paths`,
    hint: 'Set "isolation": "namespaces", which gives all steps one path',
  };
}

/** How tools say that they may not download what their cache has not. */
const NOT_CACHED: readonly [cache: CacheKind, said: RegExp][] = [
  ["deno", /Requires import access to "|--cached-only is specified/],
  ["npm", /npm (ERR!|error) code ENOTCACHED/],
  ["cargo", /CARGO_NET_OFFLINE|net\.offline|--offline (flag )?was specified/],
];

/** It asked for a package or a module that no step has fetched for it. */
function notFetched({ step, output }: ExitClues): Clue | null {
  const [cache] = NOT_CACHED.find(([, said]) => said.test(output)) ?? [];
  if (cache === undefined) return null;
  const isGiven = step.fetched.some((each) => each.cache === cache);
  return {
    what: isGiven
      ? `asked for what the ${cache} cache that it is given has not`
      : "asked for packages or modules that it is not given",
    hint: isGiven
      ? "Let the step that fetches it fetch this too"
      : `Fetch them in a step with "fetch": "${cache}", and name "${cache}" in the "fetched" of this one`,
  };
}

/** Deno names the permission that was missing. */
function deniedByDeno({ step, output, root }: ExitClues): Clue | null {
  if (step.kind !== "deno") return null;
  const [, name, what] =
    /NotCapable: Requires (\w+) access to "([^"]+)"/.exec(output) ?? [];
  if (name === undefined) return null;
  if (name === "env") {
    return {
      what: `asked for the variable ${quoted(what)}`,
      hint: `Give it a value in "env", if the step shall see it`,
    };
  }
  const path = name === "read" || name === "write"
    ? pathInView(what, { cwd: step.cwd, root })
    : what;
  if (path === null) return null;
  return {
    what: `asked for ${name} access to ${quoted(path)}`,
    hint: `Add ${
      quoted(path)
    } to permissions.${name}, if the step shall have it`,
  };
}

/** It named what is there, and was not shown to it. */
function namedHidden(clues: ExitClues): Clue | null {
  const isVisible = sightOf(clues);
  const hidden = namedPaths(
    clues.output,
    (path) => clues.exists(path) && !isVisible(path),
    viewOf(clues),
  );
  if (hidden.length === 0) return null;
  return {
    what: `named ${list(hidden)}, which ${
      hidden.length === 1 ? "exists" : "exist"
    } here but ${hidden.length === 1 ? "is" : "are"} not visible to it`,
    hint: `Add ${list(hidden)} to permissions.read, if the step shall see it`,
  };
}

const NOT_WRITABLE =
  /read-only file system|EROFS|(cannot|can't|could not|unable to|failed to) (create|make|write)/i;

/** It tried to change what it may only read, or to make something in it. */
function readOnly(clues: ExitClues): Clue | null {
  const { step, output, materials } = clues;
  if (!NOT_WRITABLE.test(output)) return null;
  const isRead = (path: string) =>
    materials.some((material) => isWithin(path, material.path)) &&
    !step.products.some((product) => isWithin(path, product.path));
  const named = namedPaths(output, isRead, viewOf(clues));
  const isVisible = sightOf(clues);
  const fresh = named.filter((path) => !isVisible(path));
  const made = fresh.filter((path) =>
    !fresh.some((other) => other !== path && isWithin(path, other))
  );
  if (made.length > 0) {
    return {
      what: `tried to make ${list(made)} in what it may only read`,
      hint: `Add ${
        list(made)
      } to scratch if it may be thrown away, else it or its folder to permissions.write`,
    };
  }
  const words = wordPaths(step).filter(isRead);
  const changed = materials.map(({ path }) => path).filter((path) =>
    isRead(path) &&
    [...words, ...named].some((each) => isWithin(each, path))
  );
  if (changed.length === 0) return null;
  return {
    what: `tried to change what it may only read: ${list(changed)}`,
    hint: `Add ${
      list(changed)
    } to permissions.write as well, to update it in place`,
  };
}

/** It named a word of its command line for which there is no place. */
function namedUnmade(clues: ExitClues): Clue | null {
  const { step, output, exists, materials } = clues;
  const own = [...step.products.map(({ path }) => path), ...step.scratch];
  const words = new Set(
    wordPaths(step).filter((path) =>
      !exists(path) && !own.some((each) => isWithin(path, each))
    ),
  );
  const unmade = namedPaths(output, (path) => words.has(path), viewOf(clues))
    .filter((path) => {
      const folder = folderOf(path);
      return folder === null
        ? !path.includes(".")
        : !materials.some((material) => isWithin(folder, material.path));
    });
  if (unmade.length === 0) return null;
  const folders = unmade.map((path) => `${folderOf(path) ?? path}/`);
  return {
    what: `named ${
      list(unmade)
    }, which is neither there nor in permissions.write`,
    hint: `Add ${
      list([...new Set(folders)])
    } to permissions.write, if the step shall write there: it starts as an empty folder`,
  };
}

const ABSENT = /no such file|ENOENT|NotFound|nonexistent|does not exist/i;

/** It said that something is not there, beneath a product that is absent when it starts. */
function inAbsentFolder(clues: ExitClues): Clue | null {
  const { step } = clues;
  // A command that make prints names paths too, and nothing is wrong with them.
  const output = clues.output.split("\n")
    .filter((line) => ABSENT.test(line)).join("\n");
  const absent = step.products.filter(({ starts }) => starts === "absent")
    .map(({ path }) => path);
  const beneath = namedPaths(
    output,
    (path) =>
      !/[:;,]$/.test(path) &&
      absent.some((folder) => path.startsWith(`${folder}/`)),
    viewOf(clues),
  );
  if (beneath.length === 0) return null;
  const folder = absent.find((folder) => beneath[0].startsWith(`${folder}/`))!;
  return {
    what: `named ${list(beneath)}, and ${
      quoted(folder)
    } is not there when it starts`,
    hint: `Write ${
      quoted(`${folder}/`)
    } in permissions.write: it then starts as an empty folder`,
  };
}

const NO_NETWORK =
  /EAI_AGAIN|ENETUNREACH|ENOTFOUND|name resolution|resolve host|Name or service not known|Network is unreachable|network is unreachable/;

const NAME_HOST =
  "Name the host in permissions.net, which a person must then approve";

/** It asked for a host, and the proxy that holds it to its list refused. */
function refusedByProxy({ denied }: ExitClues): Clue | null {
  const unlisted = denied.filter(({ reason }) => reason === NOT_DECLARED)
    .map(({ target }) => target);
  if (unlisted.length > 0) {
    return {
      what: `asked for ${list(unlisted)}, which ${
        unlisted.length === 1 ? "is" : "are"
      } not on its list`,
      hint: NAME_HOST,
    };
  }
  if (denied.length === 0) return null;
  const [{ target, reason }] = denied;
  return { what: `asked for ${quoted(target)}, which ${reason}`, hint: null };
}

/** It looked for a host itself, and has no network that leads there. */
function withoutNetwork({ network, output }: ExitClues): Clue | null {
  if (network === "host" || !NO_NETWORK.test(output)) return null;
  return network === "hosts"
    ? {
      what:
        "looked for a host by itself: a list of hosts is reached by its proxy only (HTTPS_PROXY), and this program does not use one",
      hint:
        "Let the program take its proxy from the variables HTTPS_PROXY and HTTP_PROXY",
    }
    : {
      what: "looked for a host that it has no network to",
      hint: NAME_HOST,
    };
}

/** Bubblewrap gives a loopback unasked; Landlock gives none. */
function withoutLoopback({ step, output, backend }: ExitClues): Clue | null {
  const { net } = step.permissions;
  const online = net === true || net !== false && net.length > 0;
  if (
    backend !== "landlock" || online ||
    !/EPERM|operation not permitted|failed to connect|refused/i.test(output) ||
    !/\b(listen|bind|connect|socket|serve)/i.test(output)
  ) return null;
  return {
    what: "was denied a socket: landlock gives no private loopback",
    hint:
      'Set "net": ["localhost"] in its permissions and install bubblewrap (apt-get install bubblewrap)',
  };
}

/** A word of the command line that the step does not find as it is here, since it makes it anew. */
function startsAbsent({ step, exists }: ExitClues): string | null {
  const anew = new Set(
    step.products.filter(({ starts }) => starts !== "update")
      .map(({ path }) => path),
  );
  const paths = wordPaths(step).filter((path) =>
    anew.has(path) && exists(path)
  );
  return paths.length === 0
    ? null
    : `to start with ${
      list(paths)
    } as it is, add it to permissions.read as well`;
}

function unseen({ hidden }: ExitClues): string | null {
  return hidden === null ? null : `it ${hintText(hidden)}`;
}

/** Whether the step saw a path, something beneath it, or writes there itself. */
function sightOf({ step, materials }: ExitClues): (path: string) => boolean {
  const own = [
    ...step.products.map(({ path }) => path),
    ...step.scratch,
    ...(step.stdout === null ? [] : [step.stdout]),
  ];
  const seen = new Set<string>();
  for (const { path, entries } of materials) {
    for (const entry of entries) {
      let at = joinPath(path, entry.path);
      while (!seen.has(at)) {
        seen.add(at);
        at = parentOf(at);
      }
    }
  }
  return (path) =>
    seen.has(path) ||
    own.some((each) => isWithin(path, each) || isWithin(each, path));
}

function viewOf({ step, root }: ExitClues): { cwd: string; root: string } {
  return { cwd: step.cwd, root };
}

/** The folder that holds a path; `null` for what lies in the root. */
function folderOf(path: string): string | null {
  const end = path.lastIndexOf("/");
  return end === -1 ? null : path.slice(0, end);
}

/** `"a", "b" and 3 more`. */
export function list(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => quoted(path)).join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
