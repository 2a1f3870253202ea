/**
 * The module of each command. Only the one that was asked for is loaded: a dry run must not
 * wait for the rest.
 *
 * @module
 */
import type { Command } from "./command.ts";
import type { CommandName } from "./profile.ts";

/** Loads a command. */
export function loadCommand(name: CommandName): Promise<Command> {
  return LOAD[name]();
}

const LOAD: Record<CommandName, () => Promise<Command>> = {
  run: async () => (await import("./commands/run.ts")).run,
  request: async () => (await import("./commands/request.ts")).request,
  approve: async () => (await import("./commands/approve.ts")).approve,
  execute: async () => (await import("./commands/execute.ts")).execute,
  verify: async () => (await import("./commands/verify.ts")).verify,
  demo: async () => (await import("./commands/demo.ts")).demo,
  log: async () => (await import("./commands/log.ts")).log,
  "log export": async () => (await import("./commands/log_export.ts")).exported,
  "log witness": async () =>
    (await import("./commands/log_witness.ts")).witness,
  show: async () => (await import("./commands/show.ts")).show,
  "tickets list": async () => (await import("./commands/tickets.ts")).list,
  "tickets show": async () => (await import("./commands/tickets.ts")).show,
  "tickets revoke": async () => (await import("./commands/tickets.ts")).revoke,
  "policy check": async () => (await import("./commands/policy.ts")).check,
  "policy explain": async () => (await import("./commands/policy.ts")).explain,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  gc: async () => (await import("./commands/gc.ts")).gc,
  setup: async () => (await import("./commands/setup.ts")).setup,
  "keys new": async () => (await import("./commands/keys.ts")).create,
  "keys list": async () => (await import("./commands/keys.ts")).list,
  "trust show": async () => (await import("./commands/trust.ts")).show,
  "trust add": async () => (await import("./commands/trust_change.ts")).add,
  "trust revoke": async () =>
    (await import("./commands/trust_change.ts")).revoke,
  "trust accept": async () => (await import("./commands/trust.ts")).accept,
};
