/**
 * `writ doctor`: what this machine can hold, and what is missing.
 *
 * Edge: asks Deno for its versions.
 * @module
 */
import { EXIT, WritError } from "../../core/errors.ts";
import { readPins } from "../../policy/pins.ts";
import {
  SENSITIVE_NAMES,
  SENSITIVE_PATHS,
} from "../../policy/sensitive_paths.ts";
import { notInForce } from "../../run/sight.ts";
import { type Probe, probe } from "../../sandbox/probe.ts";
import { startLauncher } from "../../sandbox/launcher.ts";
import { listKeys } from "../../ticket/keyring.ts";
import { asWritError } from "../../core/as_writ_error.ts";
import { type Command, command, type Context } from "../command.ts";
import { flag } from "../parameters.ts";
import { sightOf } from "../proposing.ts";
import { versions } from "../versions.ts";
import { findWorkspace } from "../workspace.ts";

/** One thing that was looked at. */
interface Check {
  what: string;
  /** `false`: something that `execute` needs is missing. */
  good: boolean;
  found: string;
  hint: string | null;
}

/** Looks at what a run needs, and changes nothing. */
export const doctor: Command = command({
  about:
    "Exit: 0 when a run can be executed here, 3 when something is missing.",
  parameters: {
    sensitive: flag("list the names whose writing is always reviewed"),
  },
  async run(args, context) {
    const { terminal } = context;
    if (args.sensitive) {
      const names = [...SENSITIVE_NAMES, ...SENSITIVE_PATHS];
      terminal.answer({ sensitive: names }, names);
      return EXIT.done;
    }
    const checks = [
      await look("sandbox", sandbox),
      await look("keys", () => keys(context)),
      await look("in force", () => inForce(context)),
    ];
    const good = checks.every((check) => check.good);
    terminal.answer({ versions: versions().document, good, checks }, [
      versions().text,
      ...checks.flatMap(({ what, good, found, hint }) => [
        `${
          good
            ? terminal.paint("good", "ok     ")
            : terminal.paint("bad", "missing")
        }  ${what}: ${found}`,
        ...(hint === null ? [] : [`         hint: ${terminal.spoken(hint)}`]),
      ]),
    ]);
    return good ? EXIT.done : EXIT.refused;
  },
});

/** What went wrong while it was looked at is what was found. */
async function look(
  what: string,
  at: () => Promise<Omit<Check, "what">>,
): Promise<Check> {
  try {
    return { what, ...await at() };
  } catch (thrown) {
    const { message, hint } = asWritError(thrown);
    return { what, good: false, found: message, hint: hint ?? null };
  }
}

async function sandbox(): Promise<Omit<Check, "what">> {
  const { backends, failures } = await probed();
  if (backends.length === 0) {
    throw new WritError(
      "sandbox.unavailable",
      ["No backend holds here", ...failures].join("; "),
      { hint: "install bubblewrap, or use a kernel with Landlock" },
    );
  }
  const found = backends.map(({ name, version, isolation }) =>
    `${name} ${version} (${isolation})`
  );
  return {
    good: true,
    found: found.join(", "),
    hint: failures.length === 0 ? null : failures.join("; "),
  };
}

async function probed(): Promise<Probe> {
  const launcher = await startLauncher();
  try {
    return await probe(launcher);
  } finally {
    await launcher.close();
  }
}

async function keys(context: Context): Promise<Omit<Check, "what">> {
  const { configFolder } = await context.home();
  const found = await listKeys(configFolder);
  return found.length === 0
    ? { good: false, found: "none", hint: "deno task setup makes them" }
    : {
      good: true,
      found: found.map(({ name, owner }) => `${name} of ${owner}`).join(", "),
      hint: null,
    };
}

async function inForce(context: Context): Promise<Omit<Check, "what">> {
  const { root } = await findWorkspace(context.cwd);
  const problem = notInForce(await sightOf(root, context));
  if (problem !== null) throw problem;
  const { configFolder } = await context.home();
  const pins = await readPins(configFolder, root);
  return {
    good: true,
    found: `policy ${pins?.policy}, trust ${pins?.trust}`,
    hint: null,
  };
}
