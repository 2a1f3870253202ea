/**
 * The one table of commands: what each does and what it may touch. The tasks in `deno.json`
 * are written from it (`deno task tasks`), `main` drops what a row does not grant, and the
 * help texts are made of it.
 *
 * Every row reads the whole file system, since a plan may name any tool of it. No row opens
 * the network or loads a library: steps do that, in processes of their own.
 *
 * @module
 */

/**
 * What may be written: nothing; the config and state folders (`home`); these and the user's
 * folder, for a file that the user names (`named`); or anything.
 */
export type WriteScope = "none" | "home" | "named" | "any";

/** A row of the table. */
export interface Profile {
  summary: string;
  /** Where it stands in the help. */
  group: "The way" | "Look" | "Set up";
  write: WriteScope;
  /**
   * Names of the environment. `any` where a pipeline may bind values (`{ "from": NAME }`)
   * or a step needs secrets: the names stand in the pipeline, which no flag can know before.
   * They are read by name only, and each one read by a plan is shown to its approver.
   */
  env: "any" | readonly string[];
  /**
   * Whether processes may be started. Bare, since the sandbox itself is started through
   * `deno`, and whoever may start `deno` may do everything.
   */
  run: boolean;
  /** Kinds of system information. */
  sys: readonly string[];
  /** It judges a workspace, so it takes `--dev`; this repository's own task spells it. */
  judges: boolean;
  /** Ctrl-C lets it end in order. */
  endsInOrder: boolean;
  /** Has a task of its own in `deno.json`. */
  task: boolean;
}

/** The names that say where the folders are, where the user stands, and how faults are told. */
export const HOME_NAMES = [
  "HOME",
  "INIT_CWD",
  "WRIT_DEBUG",
  "XDG_CONFIG_HOME",
  "XDG_STATE_HOME",
] as const;

const BASE: Omit<Profile, "summary" | "group"> = {
  write: "none",
  env: HOME_NAMES,
  run: false,
  sys: [],
  judges: false,
  endsInOrder: false,
  task: false,
};

const TABLE = {
  run: {
    ...BASE,
    summary: "dry run: plan, ask policy, show what would run; changes nothing",
    group: "The way",
    env: "any",
    task: true,
  },
  request: {
    ...BASE,
    summary: "ask for approval: writes a request for approvers",
    group: "The way",
    env: "any",
    write: "any",
  },
  approve: {
    ...BASE,
    summary: "show exactly what will run, ask, and sign a ticket",
    group: "The way",
    env: "any",
    write: "named",
    judges: true,
    task: true,
  },
  execute: {
    ...BASE,
    summary: "run under a ticket, in the sandbox, and seal the receipts",
    group: "The way",
    env: "any",
    write: "any",
    run: true,
    // Whose files and processes they are, for the sandbox.
    sys: ["gid", "uid"],
    judges: true,
    endsInOrder: true,
    task: true,
  },
  verify: {
    ...BASE,
    summary: "check a run's bundle: every hash, signature and decision",
    group: "The way",
    judges: true,
    task: true,
  },
  demo: {
    ...BASE,
    summary: "the whole way on an example, with throw-away keys",
    group: "The way",
    env: "any",
    write: "any",
    run: true,
    // Whose files and processes they are, for the sandbox.
    sys: ["gid", "uid"],
    endsInOrder: true,
    task: true,
  },
  log: {
    ...BASE,
    summary: "what the ledger says, newest first; whether it is whole",
    group: "Look",
    write: "home",
  },
  "log export": {
    ...BASE,
    summary: "the ledger as a folder that other tools read (C2SP tlog-tiles)",
    group: "Look",
    write: "named",
  },
  "log witness": {
    ...BASE,
    summary: "sign that the ledger continues what this user has seen of it",
    group: "Look",
    write: "named",
  },
  show: {
    ...BASE,
    summary: "one run: its steps, receipts and products",
    group: "Look",
    write: "home",
  },
  "tickets list": {
    ...BASE,
    summary: "tickets and what became of them",
    group: "Look",
    write: "home",
  },
  "tickets show": {
    ...BASE,
    summary: "one ticket: who signed what, and for how long",
    group: "Look",
    write: "home",
  },
  "tickets revoke": {
    ...BASE,
    summary: "take a ticket back, for good",
    group: "Look",
    write: "home",
    env: [...HOME_NAMES, "LOGNAME", "USER"],
  },
  "policy check": {
    ...BASE,
    summary: "validate a policy against its schema",
    group: "Look",
  },
  "policy explain": {
    ...BASE,
    summary: "why policy answers a pipeline as it does",
    group: "Look",
    env: "any",
  },
  doctor: {
    ...BASE,
    summary: "what this machine can hold, and what is missing",
    group: "Look",
    env: "any",
    write: "any",
    run: true,
    // Whose files and processes they are, for the sandbox.
    sys: ["gid", "uid"],
  },
  gc: {
    ...BASE,
    summary: "remove evidence that was kept long enough, and what nobody needs",
    group: "Set up",
    write: "any",
  },
  setup: {
    ...BASE,
    summary: "make keys, a trust file and a policy, and put them in force",
    group: "Set up",
    env: [...HOME_NAMES, "LOGNAME", "USER"],
    write: "any",
    task: true,
  },
  "keys new": {
    ...BASE,
    summary: "make a key",
    group: "Set up",
    env: [...HOME_NAMES, "LOGNAME", "USER"],
    write: "home",
  },
  "keys list": { ...BASE, summary: "the keys of this user", group: "Set up" },
  "trust show": {
    ...BASE,
    summary: "whose keys are believed here, for what",
    group: "Set up",
  },
  "trust add": {
    ...BASE,
    summary:
      "propose a key or policy to believe, or for whom evidence is sealed",
    group: "Set up",
    env: [...HOME_NAMES, "LOGNAME", "USER"],
    write: "any",
  },
  "trust revoke": {
    ...BASE,
    summary: "propose that a key counts no longer",
    group: "Set up",
    write: "any",
  },
  "trust accept": {
    ...BASE,
    summary: "show what trust and policy would change, and put it in force",
    group: "Set up",
    write: "home",
  },
} as const satisfies Record<string, Profile>;

/** The name of a command: one word, or two. */
export type CommandName = keyof typeof TABLE;

/** The table. */
export const PROFILES: Readonly<Record<CommandName, Profile>> = TABLE;

/** The names of all commands, in the order of the help. */
export const COMMAND_NAMES = Object.keys(TABLE) as CommandName[];
