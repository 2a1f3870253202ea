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
import { shellWord } from "../../core/shell_word.ts";
import type { Approval } from "../../run/approve.ts";
import { requireInForce } from "../../run/sight.ts";
import { wishWords } from "../../run/wish_words.ts";
import { DEFAULT_VALIDITY } from "../../ticket/issue_ticket.ts";
import { documentKind } from "../../ticket/document_kind.ts";
import { ticketFileBytes } from "../../ticket/ticket_file.ts";
import {
  type ApproveArgs,
  fromPipeline,
  fromRequest,
  fromTicket,
  type Signed,
} from "../approving.ts";
import { NOTHING_CHANGED, passphraseFile } from "../ask.ts";
import { type Command, command, type Context } from "../command.ts";
import { flag, operand, option, wholeOption } from "../parameters.ts";
import { parseDuration } from "../parse_duration.ts";
import type { ApproveAnswer } from "../people_answers.ts";
import { openWish, planning, sightOf } from "../proposing.ts";
import { readInput } from "../read_input.ts";
import { termsText } from "../ticket_text.ts";
import { dev, findWorkspace, guardOwnCode } from "../workspace.ts";
import { requireNewFile, writeNewFile } from "../write_file.ts";

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
    const approval = approvalOf(args);
    const path = resolve(context.cwd, args.pipeline);
    const bytes = await readInput(path, args.pipeline);
    const kind = documentKind(bytes);
    const opened = kind === "pipeline" ? await openWish(args, context) : {
      sight: await sightOf((await findWorkspace(context.cwd)).root, context),
    };
    const { sight } = opened;
    await guardOwnCode({ root: sight.workspace }, {
      main: import.meta.url,
      dev: args.dev,
      terminal: context.terminal,
    });
    requireInForce(sight);
    if (args.out !== null) {
      await requireNewFile(resolve(context.cwd, args.out), args.out);
    } else if (!("wish" in opened)) throw withoutOut();
    const signed = "wish" in opened
      ? await fromPipeline(opened.wish, sight, approval, args, context)
      : kind === "request"
      ? await fromRequest(bytes, sight, approval, args, context)
      : await fromTicket(bytes, sight, args, context);
    if (signed === null) {
      context.terminal.answer(
        { ticket: null, missing: null, out: null } satisfies ApproveAnswer,
        NOTHING_CHANGED,
      );
      return EXIT.refused;
    }
    const words = "wish" in opened ? wishWords(opened.wish) : null;
    await answer(signed, words, args, context);
    return EXIT.done;
  },
});

function approvalOf({ reason, valid, uses }: ApproveArgs): Approval {
  return {
    reason: reason ?? "",
    validForMs: valid === null
      ? DEFAULT_VALIDITY
      : parseDuration(valid, "--valid"),
    maxUses: uses ?? 1,
  };
}

function withoutOut(): WritError {
  return new WritError(
    "usage.invalid",
    "Cannot approve a file without --out: the ticket has to travel back",
    { hint: "--out FILE, then deno task execute PIPELINE --ticket FILE" },
  );
}

/** `words` is the wish, to be repeated; `null` where it was made elsewhere. */
async function answer(
  { file, judged: { ticket, missing } }: Signed,
  words: string | null,
  { out }: ApproveArgs,
  { terminal, cwd }: Context,
): Promise<void> {
  if (out !== null) {
    await writeNewFile(resolve(cwd, out), ticketFileBytes(file), out);
  }
  terminal.answer({ ticket, missing, out } satisfies ApproveAnswer, [
    `${ticket.id}  for ${ticket.decision}`,
    termsText(ticket),
    ...(missing === 0
      ? []
      : [`${counted(missing, "more approver")} must sign it`]),
  ]);
  const given = out === null ? null : shellWord(out);
  if (missing > 0) {
    terminal.next(
      given === null
        ? `deno task approve ${words}, by another approver`
        : `deno task approve ${given} --out TICKET, by another approver`,
    );
  } else if (given === null) terminal.next(`deno task execute ${words}`);
  else {terminal.next(
      `deno task execute ${words ?? "PIPELINE"} --ticket ${given}`,
    );}
}
