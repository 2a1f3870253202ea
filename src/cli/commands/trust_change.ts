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
import {
  EXIT,
  type ExitStatus,
  isWritError,
  WritError,
} from "../../core/errors.ts";
import { quoted } from "../../core/printable.ts";
import { formatTime } from "../../core/time.ts";
import { loadPolicy } from "../../policy/load_policy.ts";
import { writePlainFile } from "../../policy/plain_file.ts";
import { policyDigest } from "../../policy/policy_set.ts";
import { validatePolicy } from "../../policy/validate.ts";
import { TRUST_FILE } from "../../core/workspace_names.ts";
import { loadProposedTrust } from "../../run/sight.ts";
import {
  parsePublicKey,
  type PublicKey,
  readKey,
} from "../../ticket/keyring.ts";
import { formOf } from "../../ticket/private_key.ts";
import { parseTrust } from "../../ticket/parse_trust.ts";
import { recipientFault } from "../../ticket/recipient.ts";
import type { Trust, TrustedKey } from "../../ticket/trust.ts";
import { trustText } from "../../ticket/trust_text.ts";
import { type Command, command, type Context } from "../command.ts";
import { alone } from "../alone.ts";
import { ownerOf } from "../owner.ts";
import {
  flag,
  operand,
  option,
  optionalOperand,
  options,
} from "../parameters.ts";
import type { TrustChangeAnswer } from "../people_answers.ts";
import { readInput } from "../read_input.ts";
import { rolesOf } from "../roles.ts";
import { findWorkspace } from "../workspace.ts";

/** Proposes a key, a recipient of sealed evidence, or the policy that may allow by itself. */
export const add: Command = command({
  about:
    "Whoever made the key hands over the file ending in .pub.json that writ keys new names. It is believed where writ trust accept puts it in force. An age recipient (age-keygen makes one) is whom sealed evidence is encrypted for. With --policy, what the policy of the workspace allows needs no approval; policies that were listed before stay, since runs under them are verified by the list.",
  parameters: {
    key: optionalOperand(
      "KEY",
      "a file ending in .pub.json, one of your keys, or an age recipient: age1…",
    ),
    role: options("ROLE", "what to believe it for; else what it is meant for"),
    owner: option(
      "NAME",
      "whose age recipient it is; this user, if not given",
    ),
    policy: flag("the policy of the workspace, instead of a key"),
  },
  run: async (args, context) => {
    if (args.policy) return await addPolicy(args, context);
    if (args.key === null) {
      throw new WritError("usage.invalid", "Cannot go on: KEY is missing", {
        hint: "writ trust add --help says how it is used",
      });
    }
    if (isRecipient(args.key)) {
      return await addRecipient(args.key, args, context);
    }
    if (args.owner !== null) {
      throw new WritError(
        "usage.invalid",
        "Cannot use --owner: a key says itself whose it is",
      );
    }
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
      const added: TrustedKey = {
        id,
        publicKey,
        owner,
        kind,
        roles,
        notBefore: now,
        notAfter: null,
        revokedAt: null,
      };
      return { ...trust, keys: [...trust.keys, added] };
    });
  },
});

/** Proposes that a key counts no longer, or that evidence is no longer sealed for a recipient. */
export const revoke: Command = command({
  about:
    "What it signed before still counts: verify asks whether a key was in force when it signed. What was sealed for an age recipient, that one can still open.",
  parameters: {
    key: operand(
      "KEY",
      "the key's id, its beginning, or its owner; an age recipient; or the digest of a policy",
    ),
  },
  run: async (args, context) =>
    await propose(context, args.key, (trust, now) => {
      if (isRecipient(args.key)) return withoutRecipient(trust, args.key);
      if (trust.policies.some((digest) => digest === args.key)) {
        const policies = trust.policies.filter((one) => one !== args.key);
        return { ...trust, policies };
      }
      const found = trust.keys.filter(({ id, owner, revokedAt }) =>
        revokedAt === null &&
        (owner === args.key || `${id}`.startsWith(args.key))
      );
      if (found.length === 1) {
        const keys = trust.keys.map((key) =>
          key === found[0] ? { ...key, revokedAt: now } : key
        );
        return { ...trust, keys };
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

async function addPolicy(
  args: { key: string | null; role: readonly string[]; owner: string | null },
  context: Context,
): Promise<ExitStatus> {
  if (args.key !== null || args.role.length > 0 || args.owner !== null) {
    throw new WritError(
      "usage.invalid",
      "Cannot use --policy with anything else: it is the policy of the workspace",
    );
  }
  const { root } = await findWorkspace(context.cwd);
  const { policy } = await loadPolicy(root);
  const faults = await validatePolicy(policy);
  if (faults.length > 0) {
    throw new WritError(
      "policy.invalid",
      "Cannot list the policy: it is not valid",
      { faults },
    );
  }
  const digest = policyDigest(policy);
  return await propose(context, `policy ${digest}`, (trust) => {
    if (trust.policies.includes(digest)) {
      throw new WritError(
        "usage.invalid",
        `Cannot add the policy ${digest}: "${TRUST_FILE}" lists it already`,
      );
    }
    return { ...trust, policies: [...trust.policies, digest] };
  });
}

function isRecipient(word: string): boolean {
  return word.startsWith("age1");
}

async function addRecipient(
  recipient: string,
  args: { owner: string | null; role: readonly string[] },
  context: Context,
): Promise<ExitStatus> {
  if (args.role.length > 0) {
    throw new WritError(
      "usage.invalid",
      "Cannot use --role: whom evidence is sealed for signs nothing",
    );
  }
  const fault = recipientFault(recipient);
  if (fault !== null) {
    throw new WritError(
      "usage.invalid",
      `Cannot seal for ${quoted(recipient, 200)}: it ${fault}`,
      { hint: "age-keygen makes one; it prints it as the public key" },
    );
  }
  const owner = await ownerOf(args.owner, context);
  return await propose(context, `${owner} ${recipient}`, (trust) => {
    const { recipients = [] } = trust;
    if (recipients.some((one) => one.recipient === recipient)) {
      throw new WritError(
        "usage.invalid",
        `Cannot add ${recipient}: "${TRUST_FILE}" names it already`,
      );
    }
    return { ...trust, recipients: [...recipients, { recipient, owner }] };
  });
}

function withoutRecipient(trust: Trust, recipient: string): Trust {
  const { recipients = [], ...rest } = trust;
  const left = recipients.filter((one) => one.recipient !== recipient);
  if (left.length === recipients.length) {
    throw new WritError(
      "reference.unknown",
      `Cannot take away ${
        quoted(recipient, 200)
      }: "${TRUST_FILE}" names no such recipient`,
      { hint: "deno task writ trust show lists them" },
    );
  }
  return left.length === 0 ? rest : { ...rest, recipients: left };
}

/** Writes the workspace's trust file anew. */
async function propose(
  { cwd, now, home, terminal }: Context,
  what: string,
  change: (trust: Trust, now: string) => Trust,
): Promise<ExitStatus> {
  const { root } = await findWorkspace(cwd);
  const { configFolder } = await home();
  const next = await alone(configFolder, async () => {
    const trust = await loadProposedTrust(root);
    const bytes = new TextEncoder().encode(
      trustText(change(trust, formatTime(now()))),
    );
    // What every reader would refuse must not be written.
    const parsed = parseTrust(bytes, TRUST_FILE);
    await writePlainFile(join(root, TRUST_FILE), bytes, {
      mode: 0o644,
      replace: true,
    });
    return parsed;
  });
  terminal.answer(
    { trust: next } satisfies TrustChangeAnswer,
    `${TRUST_FILE}  ${what}`,
  );
  terminal.next("deno task writ trust accept");
  return EXIT.done;
}

async function publicKeyOf(
  word: string,
  { cwd, home }: Context,
): Promise<PublicKey> {
  if (word.endsWith(".json")) {
    const bytes = await readInput(resolve(cwd, word), word);
    try {
      return parsePublicKey(bytes, word);
    } catch (cause) {
      if (!isWritError(cause, "keys.unsafe")) throw cause;
      // Of a key of one's own it would be a danger; a file that was named is input.
      const { message, hint, place } = cause;
      throw new WritError("input.invalid", message, { hint, place, cause });
    }
  }
  if (/[./]/.test(word)) throw await noPublicKey(word, cwd);
  return await readKey((await home()).configFolder, word);
}

/** What to say of a path that cannot be one of a public key. */
async function noPublicKey(word: string, cwd: string): Promise<WritError> {
  // Whether anything is there is told first, as of every file.
  const head = await readInput(resolve(cwd, word), word, PUBLIC_LIMIT);
  const isPrivate = formOf(new TextDecoder().decode(head)) !== null;
  return new WritError(
    "input.invalid",
    isPrivate
      ? `Cannot add ${
        quoted(word, 200)
      }: it is a private key, a file that ends in .pub.json was expected`
      : `Cannot add ${
        quoted(word, 200)
      }: a file that ends in .pub.json was expected`,
    {
      hint: isPrivate
        ? `hand over ${
          quoted(word.replace(/\.key$/, ".pub.json"), 200)
        }, which lies beside it, and keep the private key where it is`
        : "writ keys new names the file, it lies beside the private key",
    },
  );
}

/** More than a key's file has. */
const PUBLIC_LIMIT = 1024 * 1024;
