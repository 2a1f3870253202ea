/**
 * The command line: reads what is asked, drops the permissions that it does not need, does
 * it, and ends the process. Nothing else ends it.
 *
 * Edge: reads the arguments, the environment and the working folder; ends the process.
 * @module
 */
import { fromFileUrl } from "@std/path/from-file-url";
import { asWritError } from "../core/as_writ_error.ts";
import type { ExitStatus } from "../core/errors.ts";
import { startCedar } from "../policy/cedar.ts";
import { compileCedar } from "../policy/compile_cedar.ts";
import { answer } from "./answer.ts";
import { type Interrupts, watchInterrupts } from "./interrupts.ts";
import { dropTo, mayWriteAnywhere, readEnv } from "./permissions.ts";
import { type CommandName, PROFILES } from "./profile.ts";
import { beforeDashes } from "./read_command.ts";
import { spokenAsProgram, spokenAsTask, spokenWithDev } from "./spoken.ts";
import { PROGRAM_PLACES, TASK_PLACES } from "./task_flags.ts";
import { Terminal } from "./terminal.ts";
import { loadRedact, withoutSecrets } from "./without_secrets.ts";

/** Commands that ask policy about every step: its engine starts while they load and plan. */
const ASKS_POLICY: ReadonlySet<CommandName> = new Set([
  "run",
  "request",
  "approve",
  "execute",
  "verify",
  "demo",
  "policy explain",
]);

/** Does what the words ask, and returns the status to exit with. */
export async function main(words: readonly string[]): Promise<ExitStatus> {
  const options = beforeDashes(words);
  const terminal = new Terminal({
    json: options.includes("--json"),
    spoken: taskFolder() !== null
      ? spokenAsTask
      : options.includes("--dev")
      ? spokenWithDev
      : spokenAsProgram,
  });
  // Asked for before permissions are dropped.
  const debug = readEnv("WRIT_DEBUG") !== undefined;
  const fail = async (thrown: unknown): Promise<ExitStatus> => {
    const redact = await loadRedact();
    const error = withoutSecrets(asWritError(thrown), redact);
    terminal.error(error);
    if (debug) terminal.say(redact(stackOf(thrown)));
    return error.exit;
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    void fail(event.reason).then(Deno.exit);
  });
  try {
    return await answer(words, {
      terminal,
      now: Date.now,
      started: {
        writesAll: mayWriteAnywhere(),
        places: taskFolder() === null ? PROGRAM_PLACES : TASK_PLACES,
      },
      cwd: userFolder,
      env: (name) => {
        const env = dropTo(PROFILES[name]);
        if (ASKS_POLICY.has(name)) startCedar(compileCedar());
        return env;
      },
      signal: (name) => watch(name, terminal).signal,
    });
  } catch (thrown) {
    return await fail(thrown);
  }
}

function watch(name: CommandName, terminal: Terminal): Interrupts {
  const { endsInOrder } = PROFILES[name];
  return watchInterrupts({
    endsInOrder,
    onFirst: () =>
      terminal.say("Ending in order; Ctrl-C once more ends it at once"),
    exit: Deno.exit,
  });
}

/** The folder that the user stands in. */
function userFolder(): string {
  return taskFolder() ?? Deno.cwd();
}

/**
 * The user's folder where this is a task of Writ's own repository: `deno task` starts it in
 * its root and says in `INIT_CWD` where the user is. Elsewhere that name is somebody else's
 * business, and this is `null`.
 */
function taskFolder(): string | null {
  const user = readEnv("INIT_CWD");
  if (user === undefined || !import.meta.url.startsWith("file:")) return null;
  const own = fromFileUrl(new URL("../..", import.meta.url));
  return Deno.realPathSync(own) === Deno.realPathSync(Deno.cwd()) ? user : null;
}

function stackOf(thrown: unknown): string {
  const stacks: string[] = [];
  for (
    let error = thrown;
    error instanceof Error;
    error = error.cause
  ) stacks.push(error.stack ?? String(error));
  return stacks.join("\ncaused by ");
}

if (import.meta.main) Deno.exit(await main(Deno.args));
