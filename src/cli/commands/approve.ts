/**
 * `writ approve`: shows exactly what will run, asks, and signs.
 *
 * Edge: files.
 *
 * @module
 */
import { counted } from "../../core/counted.ts";
import { resolve } from "@std/path/resolve";
import { EXIT, type ExitStatus, WritError } from "../../core/errors.ts";
import type { Signer } from "../../core/keys.ts";
import {
  type Approval,
  approve as approveProposal,
} from "../../run/approve.ts";
import {
  approveRequest,
  countersignFile,
  receiveRequest,
} from "../../run/approve_request.ts";
import { propose } from "../../run/propose.ts";
import { materialTrees } from "../../run/request.ts";
import { requireSealable } from "../../run/seal_evidence.ts";
import { requireInForce, type Sight } from "../../run/sight.ts";
import { openWorld } from "../../run/world.ts";
import type { JudgedTicket } from "../../ticket/check_ticket.ts";
import { DEFAULT_VALIDITY } from "../../ticket/issue_ticket.ts";
import { loadSigner } from "../../ticket/keyring.ts";
import {
  openTicketFile,
  type TicketFile,
  ticketFileBytes,
} from "../../ticket/ticket_file.ts";
import { askYesNo, passphraseFile, readPassphrase } from "../ask.ts";
import { type Command, command, type Context } from "../command.ts";
import { flag, operand, option, wholeOption } from "../parameters.ts";
import { judgedLines, proposalLines } from "../proposal_text.ts";
import { openWish, planning, sightOf } from "../proposing.ts";
import { inFile, readInput } from "../read_input.ts";
import { documentKind } from "../document_kind.ts";
import { parseDuration } from "../parse_duration.ts";
import { dev, findWorkspace, guardOwnCode } from "../workspace.ts";
import { requireNewFile, writeNewFile } from "../write_file.ts";

/** What `approve` was told. */
interface Args {
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

/** Approves a pipeline as it is now, a request, or a ticket that waits for more approvers. */
export const approve: Command = command({
  about:
    "A pipeline is approved as it is now; a request, as it was asked; a ticket file gets one more signature.",
  parameters: {
    pipeline: operand("PIPELINE|REQUEST", "a pipeline, request or ticket file"),
    ...planning,
    reason: option("TEXT", "why it is approved; stands in the ticket"),
    valid: option("DURATION", "how long the ticket holds; by default 1h"),
    uses: wholeOption("N", "how often it may be used; by default once"),
    key: option("NAME", "the key that signs; by default approver"),
    out: option("FILE", "also write the ticket to a file, to be handed over"),
    yes: flag("sign without the question; the passphrase is still needed"),
    passphraseFile,
    dev,
  },
  run: async (args, context): Promise<ExitStatus> => {
    const path = resolve(context.cwd, args.pipeline);
    const bytes = await readInput(path, args.pipeline);
    const kind = documentKind(bytes);
    const opened = kind === "pipeline" ? await openWish(args, context) : {
      sight: await sightOf((await findWorkspace(context.cwd)).root, context),
    };
    await guardOwnCode({ root: opened.sight.workspace }, {
      main: import.meta.url,
      dev: args.dev,
      terminal: context.terminal,
    });
    requireInForce(opened.sight);
    if (args.out !== null) {
      await requireNewFile(resolve(context.cwd, args.out), args.out);
    }
    if ("wish" in opened) {
      const { stateFolder } = await context.home();
      const proposal = await propose(opened.wish, opened.sight, null);
      requireSealable(proposal.plan.value.steps, opened.sight.trust.file);
      showAndWarn(proposalLines(proposal, context.terminal.paint), context);
      await agree(args, context);
      const signer = await signerOf(args, opened.sight, context);
      await using world = await openWorld(opened.sight, stateFolder);
      const done = await approveProposal(
        proposal,
        approvalOf(args),
        signer,
        world,
      );
      await answer(
        done,
        {
          v: 1,
          envelope: done.envelope,
          plan: proposal.plan.value,
          decision: done.decision,
          trees: materialTrees(proposal),
        },
        args,
        context,
      );
      return EXIT.done;
    }
    const { file, judged } = kind === "request"
      ? await fromRequest(bytes, opened.sight, args, context)
      : await fromTicket(bytes, opened.sight, args, context);
    await answer(judged, file, args, context);
    return EXIT.done;
  },
});

async function fromRequest(
  bytes: Uint8Array,
  sight: Sight,
  args: Args,
  context: Context,
) {
  const received = await inFile(
    args.pipeline,
    bytes,
    () => receiveRequest(bytes, sight),
  );
  requireOut(args);
  const { plan, decision, pipeline, reason } = received.request;
  requireSealable(plan.steps, sight.trust?.file ?? null);
  showAndWarn([
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
  await agree(args, context);
  const signer = await signerOf(args, sight, context);
  return await approveRequest(received, approvalOf(args), signer);
}

async function fromTicket(
  bytes: Uint8Array,
  sight: Sight,
  args: Args,
  context: Context,
) {
  const { file } = await inFile(
    args.pipeline,
    bytes,
    () => openTicketFile(bytes),
  );
  requireOut(args);
  showAndWarn(
    judgedLines({
      plan: file.plan,
      decision: file.decision,
      file: args.pipeline,
      hints: new Map(),
    }, context.terminal.paint),
    context,
  );
  await agree(args, context);
  const signer = await signerOf(args, sight, context);
  return await countersignFile(bytes, signer, sight);
}

function showAndWarn(lines: string[], { terminal }: Context): void {
  for (const line of lines) terminal.say(line);
  terminal.say();
}

async function agree({ yes }: Args, { terminal }: Context): Promise<void> {
  if (yes || await askYesNo(terminal, "Sign this?")) return;
  throw new WritError("usage.invalid", "Cannot approve: the answer was no", {
    hint: "Nothing was signed",
  });
}

function signerOf(
  { key, passphraseFile }: Args,
  { config }: Sight,
  { terminal, cwd }: Context,
): Promise<Signer> {
  const name = key ?? "approver";
  return loadSigner(config, name, () =>
    readPassphrase(terminal, {
      file: passphraseFile,
      cwd,
      prompt: `Passphrase of key "${name}"`,
    }));
}

function approvalOf({ reason, valid, uses }: Args): Approval {
  return {
    reason: reason ?? "",
    validForMs: valid === null
      ? DEFAULT_VALIDITY
      : parseDuration(valid, "--valid"),
    maxUses: uses ?? 1,
  };
}

function requireOut({ out }: Args): void {
  if (out !== null) return;
  throw new WritError(
    "usage.invalid",
    "Cannot approve a file without --out: the ticket has to travel back",
    { hint: "--out FILE, then deno task execute PIPELINE --ticket FILE" },
  );
}

async function answer(
  { ticket, missing }: Pick<JudgedTicket, "ticket" | "missing">,
  file: TicketFile,
  { out, pipeline }: Args,
  { terminal, cwd }: Context,
): Promise<void> {
  if (out !== null) {
    await writeNewFile(resolve(cwd, out), ticketFileBytes(file), out);
  }
  terminal.answer({ ticket, missing, out }, [
    `${ticket.id}  for ${ticket.decision}`,
    `holds until ${ticket.expiresAt}, ${
      ticket.maxUses === 1 ? "once" : `${ticket.maxUses} times`
    }`,
    ...(missing === 0 ? [] : [
      `${counted(missing, "more approver")} must sign it`,
    ]),
  ]);
  if (missing > 0) {
    terminal.next(
      out === null
        ? `deno task approve ${pipeline}, by another approver`
        : `deno task approve ${out} --out TICKET, by another approver`,
    );
  } else if (out === null) terminal.next(`deno task execute ${pipeline}`);
  else terminal.next(`deno task execute PIPELINE --ticket ${out}`);
}
