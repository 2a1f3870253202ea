/**
 * The escape suite as data: an act is a small program that a step must not get done, and what is
 * claimed of each backend. One table is tested, and shown in `docs/escapes.md`.
 *
 * @module
 */
import type {
  Backend,
  Confinement,
  HostFacts,
} from "../../src/sandbox/confinement.ts";

/** What is claimed of a backend, with the reason where it does not stop the act. */
export type Verdict =
  | { claim: "stopped" }
  /** The step is refused before it starts: the backend cannot hold what it asks for. */
  | { claim: "refused" }
  | { claim: "by design" | "not covered"; why: string };

/** Claims of both backends. */
export type Under = Record<Backend["name"], Verdict>;

/** A row of the table. */
export interface Row {
  /** Short, and never used twice. */
  id: string;
  /** What is tried, in words that go with "stops". */
  what: string;
  under: Under;
  /** What is claimed of the flags of a Deno step without any backend. */
  flags?: Verdict;
}

/** The program of an act; it finds what is around it in its environment, see {@linkcode Place}. */
export type Script = { sh: string } | { perl: string } | { deno: string };

/** When an act counts as done: by its exit, by what it printed, by what became of others. */
export type Done =
  | "exit"
  | "secret"
  | "changed"
  | { heard: Channel }
  | ((tried: Tried) => boolean | Promise<boolean>);

/** Ways to a process outside. */
export type Channel =
  | "tcp"
  | "tcp6"
  | "udp"
  | "unix"
  | "datagram"
  | "abstract";

/** What a try leaves to judge. */
export interface Tried {
  /** The program's exit status was 0. */
  ok: boolean;
  out: string;
  /** What lies outside is not as it was before. */
  changed: boolean;
  /** By which ways something came to the bystander, a signal too, and whether its memory is `whole`. */
  heard: string[];
  place: Place;
}

/** Where an act is tried: everything is new, and lies in one temporary folder. */
export interface Place {
  /** The step's workspace, where it starts. */
  stage: string;
  /** Not given to the step: `secret`, `folder/file`, `home`, `socket`; in `tools` a program that it may run. */
  outside: string;
  bystander: Bystander;
  /**
   * `OUT` is the folder outside; `PID`, `PORT`, … are of the bystander; `RUNNER` is the process that
   * started the launcher.
   */
  env: Record<string, string>;
}

/** A process of the same user, outside of every sandbox. */
export interface Bystander {
  pid: number;
  port: number;
  port6: number;
  /** Name of its abstract socket and of its message queue. */
  abstract: string;
  /** Where its secret lies in its memory. */
  address: number;
  /** Of its shared memory. */
  key: number;
  /** On which it has the secret's file open. */
  fd: number;
}

/** An act that is tried on the sandbox alone. */
export interface Act extends Row {
  run: Script;
  /** `exit` where it is not said. */
  done?: Done;
  /** Puts things into the place. */
  prepare?(place: Place): void | Promise<void>;
  /** What the step is permitted, beside its workspace. */
  parts?: Partial<Confinement>;
  host?(place: Place): Partial<HostFacts>;
  /** Further variables, of the step and of the control. */
  env?(place: Place): Record<string, string>;
  /** Where the same act is free: by itself, it runs in a mount namespace of its own. */
  control?: Control;
  /** Starts a second step beside it, of the process id `NEIGHBOUR`. */
  neighbour?: true;
  /** Its control must be root, of the machine or of a user namespace of its own. */
  asRoot?: true;
  /** What this machine lacks for it; `null` where it lacks nothing. */
  needs?: (string | null)[];
  /** The first ABI of Landlock of which the claim is true. */
  abi?: number;
  /** Ends what the act left behind where it was free. */
  clean?(place: Place): void | Promise<void>;
}

/** How the control differs from the act. */
export interface Control {
  /** Another program, which does the same. */
  run?: Script;
  /** Further namespaces of its own, as `unshare` calls them. */
  unshare?: string[];
  /** Folders that it may change: they are empty ones in memory, in its own mount namespace. */
  over?: string[];
}

/** Acts of one kind. */
export interface Family<R extends Row = Act> {
  name: string;
  acts: R[];
}

/** Both stop it. */
export const STOPPED: Under = {
  bubblewrap: { claim: "stopped" },
  landlock: { claim: "stopped" },
};

/** A step may. */
export function allowed(why: string): Under {
  return {
    bubblewrap: { claim: "by design", why },
    landlock: { claim: "by design", why },
  };
}

/** Namespaces stop it, Landlock has no rule for it. */
export function namespacesOnly(why: string): Under {
  return {
    bubblewrap: { claim: "stopped" },
    landlock: { claim: "not covered", why },
  };
}
