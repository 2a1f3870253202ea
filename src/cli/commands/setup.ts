/**
 * `writ setup`: keys, a policy and a trust file, and what is in force.
 *
 * @module
 */
import { EXIT } from "../../core/errors.ts";
import { listKeys } from "../../ticket/keyring.ts";
import { setUp } from "../../ticket/setup.ts";
import { passphraseFile, readPassphrase } from "../ask.ts";
import { type Command, command } from "../command.ts";
import { ownerOf } from "../owner.ts";
import { option } from "../parameters.ts";
import type { SetupAnswer } from "../people_answers.ts";
import { findWorkspace } from "../workspace.ts";

/** Makes what is missing; what is there stays. */
export const setup: Command = command({
  about:
    "Run it again at any time: what is there is kept. A policy or trust that the workspace brings itself is not put in force: look at it with writ trust accept.",
  parameters: {
    owner: option("NAME", "whose keys they are; this user, if not given"),
    passphraseFile,
  },
  async run(args, context) {
    const { terminal, cwd, now } = context;
    const { root } = await findWorkspace(cwd);
    const { configFolder } = await context.home();
    const done = await setUp({
      config: configFolder,
      workspace: root,
      owner: args.owner === null
        ? await knownOwner(configFolder) ?? await ownerOf(null, context)
        : await ownerOf(args.owner, context),
      passphrase: () =>
        readPassphrase(terminal, {
          file: args.passphraseFile,
          cwd,
          prompt: "Passphrase for your approver key",
          twice: true,
        }),
      now: now(),
    });
    const state = (made: boolean) => made ? "made" : "kept";
    terminal.answer({ workspace: root, ...done } satisfies SetupAnswer, [
      `Workspace  ${root}`,
      `Keys       ${configFolder}/keys`,
      ...done.keys.map((key) =>
        `  ${state(key.made)}  ${key.name}  ${key.owner}  ${key.id}`
      ),
      "Files",
      ...done.files.map(({ path, made }) => `  ${state(made)}  ${path}`),
      done.pins === null
        ? "In force   nothing yet: this workspace brings a policy or trust of its own"
        : `In force   policy ${done.pins.policy}, trust ${done.pins.trust}`,
    ]);
    if (done.pins === null) terminal.next("deno task writ trust accept");
    else {
      terminal.next("deno task run PIPELINE", "Commit the files");
    }
    return EXIT.done;
  },
});

/** The owner of the approver's key, where it is there already. */
async function knownOwner(config: string): Promise<string | null> {
  const keys = await listKeys(config);
  return keys.find(({ name }) => name === "approver")?.owner ?? null;
}
