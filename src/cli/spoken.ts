/**
 * How a command is spelt to whoever reads it: where Writ is installed `writ run`, in its own
 * repository `deno task run`, or `deno task writ trust accept` for a command without a task.
 * The source may say it either way.
 *
 * @module
 */
import { COMMAND_NAMES, PROFILES } from "./profile.ts";

/** A hint or a next step, its commands spelt as they are given here. */
export type Spoken = (text: string) => string;

/** As they are given in Writ's own repository. */
export const spokenAsTask: Spoken = (text) =>
  text.replace(
    SPELT,
    (_, name) => `deno task ${TASKS.has(name) ? "" : "writ "}${name}`,
  );

/** As they are given where Writ is installed. */
export const spokenAsProgram: Spoken = (text) =>
  text.replace(SPELT, (_, name) => `writ ${name}`);

const TASKS: ReadonlySet<string> = new Set(
  COMMAND_NAMES.filter((name) => PROFILES[name].task),
);

/** First words of commands; `deno task install` is none. */
const FIRST = [
  ...new Set(COMMAND_NAMES.map((name) => name.split(" ")[0])),
  "help",
  "COMMAND",
];

// Of a path that ends in "writ", what follows is no command.
const SPELT = new RegExp(
  `(?<![\\w/.-])(?:deno task writ|deno task|writ) (${
    FIRST.join("|")
  }|--version)(?![\\w-])`,
  "g",
);

/**
 * As they are given where Writ is installed, by whoever judges a workspace that holds Writ's own
 * code: what `--dev` was needed for needs it again. Tasks of the repository spell it themselves.
 */
export const spokenWithDev: Spoken = (text) =>
  spokenAsProgram(text).replace(
    /(?<![\w/.-])writ (?:approve|execute|verify)(?![\w-])/g,
    "$& --dev",
  );
