/**
 * `writ keys new` and `writ keys list`.
 *
 * @module
 */
import { join } from "@std/path/join";
import { EXIT } from "../../core/errors.ts";
import { type KeyringKey, listKeys, newKey } from "../../ticket/keyring.ts";
import { passphraseFile, readPassphrase } from "../ask.ts";
import { type Command, command } from "../command.ts";
import { ownerOf } from "../owner.ts";
import type { KeyAnswer, KeysAnswer } from "../people_answers.ts";
import { refuseBeside } from "../refuse_beside.ts";
import { rolesOf } from "../roles.ts";
import { choiceOption, flag, operand, option, options } from "../parameters.ts";
import { ROLES } from "../../ticket/trust.ts";

/** Makes a key. */
export const create: Command = command({
  about:
    "The key is sealed with a passphrase unless --open is given. It is believed by nobody until a trust file names it: writ trust add.",
  parameters: {
    name: operand("NAME", "what to call it: letters, digits, hyphens"),
    owner: option("NAME", "whose it is; this user, where it is not given"),
    role: options("ROLE", `what it is meant for: ${ROLES.join(", ")}`),
    kind: choiceOption(["human", "agent", "system"], "who its owner is"),
    open: flag("do not seal it: whoever can read the file can sign"),
    passphraseFile,
  },
  async run(args, context) {
    const { terminal } = context;
    if (args.open) {
      refuseBeside("with --open", { passphraseFile: args.passphraseFile });
      if (args.role.length === 0) {
        terminal.warn(
          "an approver's key that lies open: whoever can read the file can approve; --role says what else it is for",
        );
      }
    }
    const { configFolder } = await context.home();
    const roles = rolesOf(args.role.length === 0 ? ["approver"] : args.role);
    const owner = await ownerOf(args.owner, context);
    const passphrase = args.open ? null : await readPassphrase(terminal, {
      file: args.passphraseFile,
      cwd: context.cwd,
      prompt: `Passphrase for the new key "${args.name}"`,
      twice: true,
    });
    const key = await newKey({
      config: configFolder,
      name: args.name,
      owner,
      kind: args.kind ?? "human",
      roles,
      passphrase,
    });
    terminal.answer({ key } satisfies KeyAnswer, [
      `made ${key.name}: ${key.id}`,
      `owner ${key.owner}, ${key.kind}, for ${key.roles.join(", ")}`,
      `to hand over: ${join(configFolder, "keys", `${key.name}.pub.json`)}`,
    ]);
    return EXIT.done;
  },
});

/** Lists the keys of the config folder. */
export const list: Command = command({
  parameters: {},
  async run(_args, { terminal, home }) {
    const { configFolder } = await home();
    const keys = await listKeys(configFolder);
    terminal.answer(
      { keys } satisfies KeysAnswer,
      terminal.table(keysTable(keys)),
    );
    if (keys.length === 0) {
      terminal.next("deno task setup", `No keys in "${configFolder}"`);
    }
    return EXIT.done;
  },
});

/** Keys as a table. */
export function keysTable(
  keys: readonly KeyringKey[],
): { head: string[]; rows: string[][] } {
  return {
    head: ["name", "owner", "kind", "roles", "sealed", "id"],
    rows: keys.map((key) => [
      key.name,
      key.owner,
      key.kind,
      key.roles.join(","),
      key.sealed ? "yes" : "no",
      key.id,
    ]),
  };
}
