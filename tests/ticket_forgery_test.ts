/**
 * Tickets and requests that were made or changed by someone who asks no `approve` whether they
 * may: each is refused with its own code, and the same file by the right hand is leave.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import type { ErrorCode } from "../src/core/errors.ts";
import type { Signer } from "../src/core/keys.ts";
import type { TicketRequest } from "../src/ticket/issue_ticket.ts";
import type { WritRequest } from "../src/ticket/request.ts";
import type { TicketFile } from "../src/ticket/ticket_file.ts";
import {
  approve,
  ask,
  changeDocument,
  execute,
  handOver,
  type Machine,
  must,
  type Parties,
  parties,
  signerOf,
  trustedKey,
  writeTicket,
} from "./support/parties.ts";
import { codeOf, refused } from "./support/world.ts";

const HOUR = 3_600_000;

/** Tickets that somebody signs who asks no `approve`. `codes`: at execute. */
const TICKETS: {
  name: string;
  signers: (all: Parties) => Promise<Signer[]>;
  change?: (all: Parties) => Partial<TicketRequest>;
  /** Hours from now at which it is executed. */
  later?: number;
  code: ErrorCode;
}[] = [
  {
    name: "signed by a key that trust does not name",
    signers: ({ carol }) => keys(carol, "unknown"),
    code: "ticket.signer_unknown",
  },
  {
    name: "signed by a key that is no approver's",
    signers: ({ carol }) => keys(carol, "asker"),
    code: "ticket.signer_not_allowed",
  },
  {
    name: "signed by the runner, which policy did not allow to",
    signers: ({ ann }) => keys(ann, "runner"),
    code: "ticket.signer_not_allowed",
  },
  {
    name: "signed by a key that was revoked",
    signers: ({ carol }) => keys(carol, "revoked"),
    code: "ticket.signer_not_in_force",
  },
  {
    name: "signed by a key whose time is over",
    signers: ({ carol }) => keys(carol, "old"),
    code: "ticket.signer_not_in_force",
  },
  {
    name: "signed by a key whose time has not come",
    signers: ({ carol }) => keys(carol, "early"),
    code: "ticket.signer_not_in_force",
  },
  {
    name: "signed by who asked for it",
    signers: ({ carol }) => keys(carol, "requester"),
    code: "ticket.self_approval",
  },
  {
    name: "for another ledger",
    signers: ({ bob }) => keys(bob, "approver"),
    change: () => ({ ledger: `sha256:${"1".repeat(64)}` }),
    code: "ticket.ledger",
  },
  {
    name: "that has expired",
    signers: ({ bob }) => keys(bob, "approver"),
    later: 1,
    code: "ticket.expired",
  },
  {
    name: "that does not hold yet",
    signers: ({ bob }) => keys(bob, "approver"),
    later: -0.1,
    code: "ticket.not_yet_valid",
  },
];

async function keys(
  { person }: Machine,
  ...names: string[]
): Promise<Signer[]> {
  return await Promise.all(names.map((name) => signerOf(person, name)));
}

Deno.test("a ticket", async (t) => {
  const now = Date.now();
  const time = (hours: number) => new Date(now + hours * HOUR).toISOString();
  await using all = await parties({
    change: async (world, { carol }) => {
      const roles = ["approver" as const];
      const add = (name: string, key: Parameters<typeof trustedKey>[3]) =>
        trustedKey(world, carol, name, key);
      await add("asker", { owner: "dora", roles: ["requester"] });
      await add("requester", { owner: "zoe", roles });
      await add("revoked", { owner: "d", roles, revokedAt: time(-2) });
      await add("old", { owner: "e", roles, notAfter: time(-2) });
      await add("early", { owner: "f", roles, notBefore: time(200) });
      await add("unknown", { owner: "g", roles });
      await world.changeTrust((trust) => ({
        ...trust,
        keys: trust.keys.filter(({ owner }) => owner !== "g"),
      }));
    },
  });
  const { world, ann } = all;
  await ask(ann, "--as", "human:zoe");
  const asked = join(ann.workspace, "asked");
  const ticket = join(ann.workspace, "ticket");
  for (const { name, signers, change, later, code } of TICKETS) {
    await t.step(`${name} is refused with ${code}`, async () => {
      await writeTicket(asked, ticket, await signers(all), change?.(all));
      const at = later === undefined ? undefined : Date.now() + later * HOUR;
      refused(await execute(ann, at), code);
      assertEquals(world.text("out.txt"), null);
    });
  }
  await t.step("by an approver is leave, once", async () => {
    await writeTicket(asked, ticket, await keys(all.bob, "approver"));
    await must(execute(ann));
    assertEquals(world.text("out.txt"), "in\n");
    refused(await execute(ann), "ticket.used");
  });
  await t.step("that was revoked since is refused", async () => {
    await writeTicket(asked, ticket, await keys(all.bob, "approver"), {
      maxUses: 2,
    });
    await must(execute(ann));
    await must(
      ann.writ(["tickets", "revoke", "latest", "--yes", "--by", "ann"]),
    );
    refused(await execute(ann), "ticket.revoked");
  });
});

/** What is changed in a ticket file on its way. */
const TAMPERED: {
  name: string;
  change: (file: TicketFile, other: TicketFile) => void;
  code: ErrorCode;
}[] = [
  {
    name: "with more uses",
    change: ({ envelope }) => {
      envelope.payload = btoa(
        atob(envelope.payload).replace('"maxUses":1', '"maxUses":9'),
      );
    },
    code: "ticket.signature",
  },
  {
    name: "with more time",
    change: ({ envelope }) => {
      envelope.payload = btoa(
        atob(envelope.payload).replace(/"expiresAt":"20/, '"expiresAt":"29'),
      );
    },
    code: "ticket.signature",
  },
  {
    name: "with a signature of zeroes",
    change: ({ envelope }) => {
      envelope.signatures[0].sig = btoa("\0".repeat(64));
    },
    code: "ticket.signature",
  },
  {
    name: "with the signature of another ticket",
    change: ({ envelope }, other) => {
      envelope.signatures = other.envelope.signatures;
    },
    code: "ticket.signature",
  },
  {
    name: "with the signature under another's name",
    change: ({ envelope }) => {
      envelope.signatures[0].keyid = `sha256:${"2".repeat(64)}`;
    },
    code: "ticket.signer_unknown",
  },
  {
    name: "without a signature",
    change: ({ envelope }) => void (envelope.signatures = []),
    code: "ticket.malformed",
  },
  {
    name: "of another payload type",
    change: ({ envelope }) => void (envelope.payloadType = "text/plain"),
    code: "ticket.malformed",
  },
  {
    name: "with the envelope of another decision",
    change: (file, other) => void (file.envelope = other.envelope),
    code: "ticket.decision",
  },
  {
    name: "with the decision of another",
    change: (file, other) => void (file.decision = other.decision),
    code: "ticket.decision",
  },
  {
    name: "with another answer of policy",
    change: ({ decision }) => void (decision.outcomes[0].outcome = "allow"),
    code: "ticket.decision",
  },
  {
    name: "with another command in its plan",
    change: ({ plan }) => void plan.steps[0].argv.push("/etc/shadow"),
    code: "ticket.decision",
  },
  {
    name: "with another listing of a material",
    change: ({ trees }) => {
      for (const entries of Object.values(trees)) {
        entries[0].digest = `sha256:${"3".repeat(64)}`;
      }
    },
    code: "ticket.decision",
  },
  {
    name: "with a field more",
    change: (file) => void Object.assign(file, { force: true }),
    code: "ticket.malformed",
  },
  {
    name: "that is wholly another's",
    change: (file, other) => void Object.assign(file, other),
    code: "ticket.missing",
  },
];

Deno.test("a ticket file", async (t) => {
  await using all = await parties();
  const { world, ann, bob } = all;
  const at = (name: string) => join(ann.workspace, name);
  const bobs = await keys(bob, "approver");
  await ask(ann);
  await writeTicket(at("asked"), at("good"), bobs);
  // Another request of the same workspace, approved as well.
  await Deno.remove(at("asked"));
  world.put({ "src/in.txt": "other\n" });
  await ask(ann);
  await writeTicket(at("asked"), at("other"), bobs);
  world.put({ "src/in.txt": "in\n" });
  const other = JSON.parse(await Deno.readTextFile(at("other")));
  for (const { name, change, code } of TAMPERED) {
    await t.step(`${name} is refused with ${code}`, async () => {
      await Deno.copyFile(at("good"), at("ticket"));
      await changeDocument<TicketFile>(
        at("ticket"),
        (file) => change(file, other),
      );
      refused(await execute(ann), code);
      assertEquals(world.text("out.txt"), null);
    });
  }
  await t.step("as it was signed is leave", async () => {
    await Deno.copyFile(at("good"), at("ticket"));
    await must(execute(ann));
  });
});

/** What is changed in a request on its way to the approver. */
const ASKED: { name: string; change: (request: WritRequest) => void }[] = [
  {
    name: "another command",
    change: ({ plan }) => void plan.steps[0].argv.push("/etc/shadow"),
  },
  {
    name: "another pipeline than it was planned from",
    change: ({ pipeline }) => {
      pipeline.text = pipeline.text.replace("src/in.txt", "src/other.txt");
    },
  },
  {
    name: "a pipeline that is none",
    change: ({ pipeline }) => void (pipeline.text = "{}"),
  },
  {
    name: "another answer of policy",
    change: ({ decision }) => void (decision.outcomes[0].outcome = "allow"),
  },
  {
    name: "another policy",
    change: ({ policy }) => {
      policy["default.cedar"] = "permit (principal, action, resource);";
    },
  },
  {
    name: "another trust",
    change: ({ trust }) => void (trust.keys[0].owner = "mallory"),
  },
  {
    name: "another requester",
    change: ({ requester }) => void (requester.id = "carol"),
  },
  {
    name: "a requester's key that did not sign it",
    change: (request) => {
      request.requester.key = request.trust.keys[0].id;
      request.decision.facts.requester.key = request.trust.keys[0].id;
    },
  },
  {
    name: "another listing of a material",
    change: ({ trees }) => {
      for (const entries of Object.values(trees)) entries.pop();
    },
  },
];

Deno.test("a request with", async (t) => {
  await using all = await parties();
  const { ann, bob } = all;
  await ask(ann);
  await handOver("asked", ann, bob);
  const at = (name: string) => join(bob.workspace, name);
  for (const { name, change } of ASKED) {
    await t.step(`${name} is not approved`, async () => {
      await Deno.copyFile(at("asked"), at("tampered"));
      await changeDocument<WritRequest>(at("tampered"), change);
      const ended = await approve(bob, "tampered");
      assertEquals(
        [ended.status, codeOf(ended), ended.stdout],
        [2, "input.invalid", ""],
        ended.stderr,
      );
    });
  }
  await t.step("nothing changed is", async () => {
    await must(approve(bob, "asked"));
  });
});
