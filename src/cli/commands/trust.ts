/**
 * `writ trust show` and `writ trust accept`.
 *
 * @module
 */
import { canonicalBytes, parseCanonical } from "../../core/canonical_json.ts";
import type { Digest } from "../../core/digest.ts";
import { EXIT, WritError } from "../../core/errors.ts";
import { formatTime } from "../../core/time.ts";
import { loadPolicy } from "../../policy/load_policy.ts";
import {
  type Pins,
  readPinned,
  readPins,
  writePins,
} from "../../policy/pins.ts";
import { policyDigest } from "../../policy/policy_set.ts";
import { validatePolicy } from "../../policy/validate.ts";
import { TRUST_FILE } from "../../core/workspace_names.ts";
import { loadProposedTrust } from "../../run/sight.ts";
import {
  type Differences,
  differences,
  type InForce,
} from "../../ticket/differences.ts";
import { listKeys } from "../../ticket/keyring.ts";
import { recipientId } from "../../ticket/recipient.ts";
import { gapText, trustGaps } from "../../ticket/trust_gaps.ts";
import {
  type Recipient,
  RETENTION,
  type Trust,
  trustDigest,
  TrustSchema,
} from "../../ticket/trust.ts";
import { askYesNo, NOTHING_CHANGED } from "../ask.ts";
import { type Command, command } from "../command.ts";
import { daysText, differenceLines } from "../difference_lines.ts";
import { flag } from "../parameters.ts";
import { ownKeys } from "../own_keys.ts";
import type { AcceptAnswer, TrustAnswer } from "../people_answers.ts";
import { findWorkspace } from "../workspace.ts";

/** Shows whose keys the workspace's trust file names, and whether it is in force. */
export const show: Command = command({
  parameters: {},
  async run(_args, { terminal, cwd, home }) {
    const { root } = await findWorkspace(cwd);
    const { configFolder } = await home();
    const trust = await loadProposedTrust(root);
    const pins = await readPins(configFolder, root);
    const digest = trustDigest(trust);
    const inForce = pins?.trust === digest;
    const { recipients = [], retention: kept = RETENTION } = trust;
    terminal.answer(
      { workspace: root, digest, inForce, pins, trust } satisfies TrustAnswer,
      [
        `${TRUST_FILE}  ${digest}`,
        inForce ? terminal.paint("good", "in force") : terminal.paint(
          "care",
          terminal.spoken("not in force: deno task writ trust accept"),
        ),
        `approvers needed: ${trust.quorum}`,
        ...(trust.witnesses === undefined
          ? []
          : [`witnesses needed: ${trust.witnesses}`]),
        `evidence is kept: public ${daysText(kept.public)}, sealed ${
          daysText(kept.sealed)
        }`,
        ...policyLines(trust, policyDigest((await loadPolicy(root)).policy)),
        "",
        ...terminal.table(trustTable(trust)),
        ...(recipients.length === 0 ? [] : [
          "",
          ...terminal.table(recipientTable(recipients)),
        ]),
      ],
    );
    return EXIT.done;
  },
});

/** Shows what would change, asks, and puts policy and trust of the workspace in force. */
export const accept: Command = command({
  about:
    "Whoever may write the workspace proposes; what is accepted here is what holds, for this user, on this machine.",
  parameters: { yes: flag("accept without being asked") },
  async run(args, context) {
    const { terminal, cwd, now } = context;
    const { root } = await findWorkspace(cwd);
    const { configFolder } = await context.home();
    const next = await proposed(root);
    const pins = await readPins(configFolder, root);
    const gaps = trustGaps({
      trust: next.trust,
      policy: policyDigest(next.policy),
      own: await ownKeys(configFolder),
      at: formatTime(now()),
    });
    const warn = () => {
      for (const gap of gaps) {
        const help = gap.hint === null ? "" : `; ${gap.hint}`;
        terminal.warn(terminal.spoken(`${gapText(gap)}${help}`));
      }
    };
    const changes = differences(await inForce(configFolder, pins), next);
    const digests = {
      policy: policyDigest(next.policy),
      trust: trustDigest(next.trust),
    };
    if (pins !== null && unchanged(changes)) {
      warn();
      terminal.answer(
        { accepted: false, changes, pins, gaps } satisfies AcceptAnswer,
        "Nothing changed",
      );
      return EXIT.done;
    }
    for (const line of differenceLines(changes, terminal.paint)) {
      terminal.say(line);
    }
    warn();
    const question =
      `Put policy ${digests.policy} and trust ${digests.trust} in force for "${root}"?`;
    if (!args.yes && !await askYesNo(terminal, question)) {
      terminal.answer(
        { accepted: false, changes, pins, gaps } satisfies AcceptAnswer,
        NOTHING_CHANGED,
      );
      return EXIT.refused;
    }
    const accepted = await writePins(configFolder, root, {
      policy: next.policy,
      trust: canonicalBytes(next.trust),
    }, {
      ledger: pins?.ledger ?? await ownLedger(configFolder),
      acceptedAt: formatTime(now()),
    });
    terminal.answer(
      { accepted: true, changes, pins: accepted, gaps } satisfies AcceptAnswer,
      [
        `In force   policy ${accepted.policy}`,
        `           trust ${accepted.trust}`,
      ],
    );
    return EXIT.done;
  },
});

/** What the workspace proposes, refused where it could not be used. */
async function proposed(root: string): Promise<InForce> {
  const { policy } = await loadPolicy(root);
  const trust = await loadProposedTrust(root);
  const faults = await validatePolicy(policy);
  if (faults.length === 0) return { policy, trust };
  throw new WritError(
    "policy.invalid",
    "Cannot put the policy in force: it is not valid",
    { faults },
  );
}

async function inForce(
  config: string,
  pins: Pins | null,
): Promise<InForce | null> {
  if (pins === null) return null;
  const { policy, trust } = await readPinned(config, pins);
  return {
    policy,
    trust: TrustSchema.parse(parseCanonical(trust, "the trust in force")),
  };
}

async function ownLedger(config: string): Promise<Digest> {
  const key = (await listKeys(config)).find((one) =>
    one.roles.includes("ledger")
  );
  if (key !== undefined) return key.id;
  throw new WritError(
    "setup.missing",
    "Cannot put anything in force: this user has no ledger key",
    { hint: "deno task setup makes it" },
  );
}

function unchanged({ policy, trust }: Differences): boolean {
  return policy.length === 0 && trust.length === 0;
}

function trustTable(trust: Trust): { head: string[]; rows: string[][] } {
  return {
    head: ["owner", "kind", "roles", "from", "until", "id"],
    rows: trust.keys.map((key) => [
      key.owner,
      key.kind,
      key.roles.join(","),
      key.notBefore,
      key.revokedAt === null
        ? key.notAfter ?? "no end"
        : `revoked ${key.revokedAt}`,
      key.id,
    ]),
  };
}

/** Under which policies a policy key signs with nobody there, and whether this one is among them. */
function policyLines({ policies }: Trust, here: Digest): string[] {
  const lines = policies.map((digest) =>
    `  ${digest}${digest === here ? "  this workspace's" : ""}`
  );
  return [
    `policies that may allow by themselves: ${
      policies.length === 0 ? "none" : ""
    }`.trimEnd(),
    ...lines,
    ...(policies.includes(here) ? [] : [
      `  not ${here}, this workspace's`,
    ]),
  ];
}

function recipientTable(
  recipients: readonly Recipient[],
): { head: string[]; rows: string[][] } {
  return {
    head: ["evidence is sealed for", "recipient", "id"],
    rows: recipients.map(({ owner, recipient }) => [
      owner,
      recipient,
      recipientId(recipient),
    ]),
  };
}
