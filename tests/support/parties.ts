/**
 * Several machines: each a person with a home and a clone of the same workspace, and nothing in
 * common but the files that they hand over.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import {
  canonicalBytes,
  parseCanonical,
} from "../../src/core/canonical_json.ts";
import { newTicketId } from "../../src/core/id.ts";
import type { Signer } from "../../src/core/keys.ts";
import {
  issueTicket,
  type TicketRequest,
} from "../../src/ticket/issue_ticket.ts";
import { loadSigner, newKey } from "../../src/ticket/keyring.ts";
import { type WritRequest } from "../../src/ticket/request.ts";
import {
  type TicketFile,
  ticketFileBytes,
} from "../../src/ticket/ticket_file.ts";
import type { TrustedKey } from "../../src/ticket/trust.ts";
import { copyTree } from "./copy_tree.ts";
import { writHere } from "./in_process.ts";
import type { Ended } from "./run_writ.ts";
import { type Person, World } from "./world.ts";

/** A person at their machine. */
export interface Machine {
  person: Person;
  workspace: string;
  /** Runs a command in this process, at a time. */
  writ(words: readonly string[], now?: number): Promise<Ended>;
}

/** The machine that the world's workspace lies on, where the ledger is. */
export function firstMachine(world: World): Machine {
  return machineOf(world.ann, world.workspace);
}

/** Another machine, on which the same trust and policy are in force. */
export async function anotherMachine(
  world: World,
  person: Person,
): Promise<Machine> {
  const workspace = `${person.home}-clone`;
  await copyTree(world.workspace, workspace);
  await world.accept(person, workspace);
  return machineOf(person, workspace);
}

function machineOf(person: Person, workspace: string): Machine {
  return {
    person,
    workspace,
    writ: (words, now) =>
      writHere(words, {
        cwd: workspace,
        home: person.home,
        now: now === undefined ? undefined : () => now,
      }),
  };
}

/** Hands a file over. */
export async function handOver(
  file: string,
  from: Machine,
  to: Machine,
): Promise<void> {
  const bytes = await Deno.readFile(join(from.workspace, file));
  await Deno.writeFile(join(to.workspace, file), bytes);
}

/** Who takes part in a handing over. */
export interface Parties extends AsyncDisposable {
  world: World;
  /** Where it is asked and executed. */
  ann: Machine;
  /** Approvers. */
  bob: Machine;
  carol: Machine;
}

const STEPS = {
  make: {
    run: ["cat", "src/in.txt"],
    permissions: { read: ["src"] },
    stdout: "out.txt",
  },
};

/** Three machines; `change` adds keys before trust is put in force on all of them. */
export async function parties(
  { quorum = 1, change = () => {} }: {
    quorum?: number;
    change?: (
      world: World,
      people: { bob: Person; carol: Person },
    ) => void | Promise<void>;
  } = {},
): Promise<Parties> {
  const world = await World.make({
    steps: STEPS,
    files: { "src/in.txt": "in\n" },
  });
  const bob = await world.approver("bob");
  const carol = await world.approver("carol");
  await world.changeTrust((trust) => ({ ...trust, quorum }));
  await change(world, { bob, carol });
  await world.accept(world.ann);
  return {
    world,
    ann: firstMachine(world),
    bob: await anotherMachine(world, bob),
    carol: await anotherMachine(world, carol),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Writes the file `asked`. */
export const ask = (from: Machine, ...words: string[]): Promise<Ended> =>
  must(from.writ(["request", "pipeline.json", "--out", "asked", ...words]));

/** Writes the file `ticket`. */
export const approve = (
  by: Machine,
  file: string,
  ...words: string[]
): Promise<Ended> =>
  by.writ([
    ...["approve", file, "--yes", "--out", "ticket", ...words],
    ...["--passphrase-file", by.person.passphrase],
  ]);

/** Executes under the file `ticket`. */
export const execute = (on: Machine, now?: number): Promise<Ended> =>
  on.writ(["execute", "pipeline.json", "--ticket", "ticket"], now);

/** Requires that a command did what it was asked. */
export async function must(ended: Promise<Ended>): Promise<Ended> {
  const { status, stderr } = await ended;
  assertEquals(status, 0, stderr);
  return await ended;
}

/** Makes a key without a passphrase that trust names. */
export async function trustedKey(
  world: World,
  person: Person,
  name: string,
  key: Pick<TrustedKey, "owner" | "roles"> & Partial<TrustedKey>,
): Promise<void> {
  const made = await newKey({
    config: person.config,
    name,
    owner: key.owner,
    kind: key.kind ?? "human",
    roles: key.roles,
    passphrase: null,
  });
  await world.changeTrust((trust) => ({
    ...trust,
    keys: [...trust.keys, {
      id: made.id,
      publicKey: made.publicKey,
      kind: made.kind,
      notBefore: "2020-01-01T00:00:00.000Z",
      notAfter: null,
      revokedAt: null,
      ...key,
    }],
  }));
}

/** Opens a key, sealed or not. */
export function signerOf(
  { config, passphrase }: Person,
  name: string,
): Promise<Signer> {
  return loadSigner(
    config,
    name,
    async () => (await Deno.readTextFile(passphrase)).trim(),
  );
}

/**
 * The ticket file that someone writes who asks no `approve` whether they may: for the request in
 * a file, signed by whatever keys.
 */
export async function writeTicket(
  request: string,
  file: string,
  signers: readonly Signer[],
  change: Partial<TicketRequest> = {},
): Promise<void> {
  const asked = parseCanonical(
    await Deno.readFile(request),
    "a request",
  ) as WritRequest;
  const now = Date.now();
  const { plan, decision, trees, ledger, requester } = asked;
  const { envelope } = await issueTicket({
    id: newTicketId(now),
    decision,
    ledger,
    seen: null,
    requester,
    reason: "",
    now,
    signers,
    ...change,
  });
  const whole: TicketFile = { v: 1, envelope, plan, decision, trees };
  await Deno.writeFile(file, ticketFileBytes(whole));
}

/** Changes a canonical document in a file. */
export async function changeDocument<T>(
  file: string,
  change: (document: T) => void,
): Promise<void> {
  const document = parseCanonical(await Deno.readFile(file), file) as T;
  change(document);
  await Deno.writeFile(file, canonicalBytes(document));
}
