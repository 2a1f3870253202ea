/**
 * `writ trust add` and `writ trust revoke`: what a workspace proposes to believe. Nothing is in
 * force by them; that is `writ trust accept`.
 *
 * Edge: files.
 *
 * @module
 */
import { join } from "@std/path/join";
import { resolve } from "@std/path/resolve";
import { EXIT, type ExitStatus, WritError } from "../../core/errors.ts";
import { quoted } from "../../core/printable.ts";
import { formatTime } from "../../core/time.ts";
import { writePlainFile } from "../../policy/plain_file.ts";
import { TRUST_FILE } from "../../run/sight.ts";
import {
  parsePublicKey,
  type PublicKey,
  readKey,
} from "../../ticket/keyring.ts";
import { parseTrust } from "../../ticket/parse_trust.ts";
import { loadTrust } from "../../ticket/read_trust.ts";
import type { Trust, TrustedKey } from "../../ticket/trust.ts";
import { trustText } from "../../ticket/trust_text.ts";
import { type Command, command, type Context } from "../command.ts";
import { operand, options } from "../parameters.ts";
import { readInput } from "../read_input.ts";
import { rolesOf } from "../roles.ts";
import { findWorkspace } from "../workspace.ts";

/** Proposes a key. */
export const add: Command = command({
  about:
    "Whoever made the key hands over the file ending in .pub.json that writ keys new names. It is believed where writ trust accept puts it in force.",
  parameters: {
    key: operand("KEY", "a file ending in .pub.json, or one of your keys"),
    role: options("ROLE", "what to believe it for; else what it is meant for"),
  },
  run: async (args, context) => {
    const key = await publicKeyOf(args.key, context);
    const roles = args.role.length === 0 ? key.roles : rolesOf(args.role);
    return await propose(context, `${key.owner} ${key.id}`, (trust, now) => {
      if (trust.keys.some(({ id }) => id === key.id)) {
        throw new WritError(
          "usage.invalid",
          `Cannot add the key ${key.id}: "${TRUST_FILE}" names it already`,
        );
      }
      const { id, publicKey, owner, kind } = key;
      return [...trust.keys, {
        id,
        publicKey,
        owner,
        kind,
        roles,
        notBefore: now,
        notAfter: null,
        revokedAt: null,
      }];
    });
  },
});

/** Proposes that a key counts no longer. */
export const revoke: Command = command({
  about:
    "What it signed before still counts: verify asks whether a key was in force when it signed.",
  parameters: {
    key: operand("KEY", "the key's id, its beginning, or its owner"),
  },
  run: async (args, context) =>
    await propose(context, args.key, (trust, now) => {
      const found = trust.keys.filter(({ id, owner, revokedAt }) =>
        revokedAt === null &&
        (owner === args.key || `${id}`.startsWith(args.key))
      );
      if (found.length === 1) {
        return trust.keys.map((key) =>
          key === found[0] ? { ...key, revokedAt: now } : key
        );
      }
      throw new WritError(
        "reference.unknown",
        `Cannot revoke ${quoted(args.key)}: ${
          found.length === 0 ? "no key" : `${found.length} keys`
        } of that id or owner ${found.length === 0 ? "is" : "are"} in force`,
        { hint: "deno task writ trust show lists them" },
      );
    }),
});

/** Writes the workspace's trust file with other keys. */
async function propose(
  { cwd, now, terminal }: Context,
  what: string,
  change: (trust: Trust, now: string) => TrustedKey[],
): Promise<ExitStatus> {
  const { root } = await findWorkspace(cwd);
  const path = join(root, TRUST_FILE);
  const trust = await loadTrust(path);
  const bytes = new TextEncoder().encode(
    trustText({ ...trust, keys: change(trust, formatTime(now())) }),
  );
  // Read again as anybody will: what is refused there must not be written.
  const next = parseTrust(bytes, TRUST_FILE);
  await writePlainFile(path, bytes, { mode: 0o644, replace: true });
  terminal.answer({ trust: next }, `${TRUST_FILE}  ${what}`);
  terminal.next("deno task writ trust accept");
  return EXIT.done;
}

async function publicKeyOf(
  word: string,
  { cwd, home }: Context,
): Promise<PublicKey> {
  if (!word.endsWith(".json")) {
    return await readKey((await home()).configFolder, word);
  }
  return parsePublicKey(await readInput(resolve(cwd, word), word), word);
}
