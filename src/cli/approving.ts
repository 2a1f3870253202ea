/**
 * Showing an approver what they would sign, asking, and signing it.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { WritError } from "../core/errors.ts";
import type { Signer } from "../core/keys.ts";
import {
  type Approval,
  approve as approveProposal,
  countersign,
} from "../run/approve.ts";
import {
  approveRequest,
  countersignFile,
  receiveRequest,
  receiveTicket,
} from "../run/approve_request.ts";
import type { Leave } from "../run/find_ticket.ts";
import { type Proposal, propose, type Wish } from "../run/propose.ts";
import { materialTrees } from "../run/request.ts";
import { requireSealable } from "../run/seal_evidence.ts";
import { requireInForce, type Sight } from "../run/sight.ts";
import { waitingTicket } from "../run/waiting_ticket.ts";
import { openWorld } from "../run/world.ts";
import type { JudgedTicket } from "../ticket/check_ticket.ts";
import { requireUnsigned } from "../ticket/issue_ticket.ts";
import { loadSigner, readKey } from "../ticket/keyring.ts";
import type { Ticket } from "../ticket/ticket.ts";
import type { TicketFile } from "../ticket/ticket_file.ts";
import { askYesNo, readPassphrase } from "./ask.ts";
import type { Context } from "./command.ts";
import { judgedLines, proposalLines } from "./proposal_text.ts";
import { inFile } from "./read_input.ts";
import { waitingLines } from "./ticket_text.ts";

/** What `approve` was told. */
export interface ApproveArgs {
  pipeline: string;
  param: string[];
  as: string | null;
  reason: string | null;
  valid: string | null;
  uses: number | null;
  key: string | null;
  out: string | null;
  yes: boolean;
  passphraseFile: string | null;
}

/** A ticket as it was signed. */
export interface Signed {
  file: TicketFile;
  judged: Pick<JudgedTicket, "ticket" | "missing">;
}

/** Signs a pipeline as it is now, or the ticket for it that waits; `null` where the answer is no. */
export async function fromPipeline(
  wish: Wish,
  sight: Sight,
  approval: Approval,
  args: ApproveArgs,
  context: Context,
): Promise<Signed | null> {
  requireInForce(sight);
  const { stateFolder } = await context.home();
  const proposal = await propose(wish, sight, null);
  requireSealable(proposal.plan.value.steps, sight.trust.file);
  const { id } = await readKey(sight.config, keyOf(args));
  const waiting = await findWaiting(proposal, id, sight, stateFolder);
  if (waiting !== null) requireNoTerms(args, waiting.judged.ticket);
  show([
    ...proposalLines(proposal, context.terminal.paint),
    ...(waiting === null ? [] : ["", ...waitingLines(waiting.judged)]),
  ], context);
  if (!await agrees(args, context)) return null;
  const signer = await signerOf(args, sight, context);
  await using world = await openWorld(sight, stateFolder);
  const { envelope, decision, ...judged } = waiting === null
    ? await approveProposal(proposal, approval, signer, world)
    : await countersign(proposal, waiting.judged.ticket.id, signer, world);
  const plan = proposal.plan.value;
  const trees = materialTrees(proposal);
  return { file: { v: 1, envelope, plan, decision, trees }, judged };
}

/** The ledger is closed while somebody reads and is asked. */
async function findWaiting(
  proposal: Proposal,
  key: Digest,
  sight: Sight,
  stateFolder: string,
): Promise<Leave | null> {
  await using world = await openWorld(sight, stateFolder);
  return await waitingTicket(proposal, key, world);
}

/** Signs a request; `null` where the answer is no. */
export async function fromRequest(
  bytes: Uint8Array,
  sight: Sight,
  approval: Approval,
  args: ApproveArgs,
  context: Context,
): Promise<Signed | null> {
  const received = await inFile(
    args.pipeline,
    bytes,
    () => receiveRequest(bytes, sight),
  );
  const { plan, decision, pipeline, reason } = received.request;
  requireSealable(plan.steps, sight.trust?.file ?? null);
  show([
    ...judgedLines(
      { plan, decision, file: pipeline.file, hints: new Map() },
      context.terminal.paint,
    ),
    "",
    `asked because  ${reason === "" ? "no reason is given" : reason}`,
    received.signed
      ? "The request is signed by the requester's key"
      : "The request is not signed: who asks is a claim",
  ], context);
  if (!await agrees(args, context)) return null;
  const signer = await signerOf(args, sight, context);
  return await approveRequest(received, approval, signer);
}

/** Signs a ticket file once more; `null` where the answer is no. */
export async function fromTicket(
  bytes: Uint8Array,
  sight: Sight,
  args: ApproveArgs,
  context: Context,
): Promise<Signed | null> {
  const received = await inFile(
    args.pipeline,
    bytes,
    () => receiveTicket(bytes, sight),
  );
  const { file: { plan, decision, envelope }, judged } = received;
  requireNoTerms(args, judged.ticket);
  const { id } = await readKey(sight.config, keyOf(args));
  requireUnsigned(envelope, id);
  show([
    ...judgedLines(
      { plan, decision, file: args.pipeline, hints: new Map() },
      context.terminal.paint,
    ),
    "",
    ...waitingLines(judged),
  ], context);
  if (!await agrees(args, context)) return null;
  const signer = await signerOf(args, sight, context);
  return await countersignFile(received, signer);
}

function show(lines: string[], { terminal }: Context): void {
  for (const line of lines) terminal.say(line);
  terminal.say();
}

async function agrees(
  { yes }: ApproveArgs,
  { terminal }: Context,
): Promise<boolean> {
  return yes || await askYesNo(terminal, "Sign this?");
}

/** Whoever adds a signature signs what the first one wrote. */
function requireNoTerms(args: ApproveArgs, { id }: Ticket): void {
  const given = (["reason", "valid", "uses"] as const).find((name) =>
    args[name] !== null
  );
  if (given === undefined) return;
  throw new WritError(
    "usage.invalid",
    `Cannot use --${given}: ticket ${id} waits for more signatures, and its terms are signed already`,
    {
      hint:
        `Leave it out to sign that ticket, or deno task writ tickets revoke ${id} and begin anew`,
    },
  );
}

function keyOf({ key }: ApproveArgs): string {
  return key ?? "approver";
}

function signerOf(
  args: ApproveArgs,
  { config }: Sight,
  { terminal, cwd }: Context,
): Promise<Signer> {
  const name = keyOf(args);
  return loadSigner(config, name, () =>
    readPassphrase(terminal, {
      file: args.passphraseFile,
      cwd,
      prompt: `Passphrase of key "${name}"`,
    }));
}
