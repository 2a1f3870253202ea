/**
 * `writ request`: everything an approver needs to see and judge, in one file.
 *
 * Edge: files.
 *
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import { join } from "@std/path/join";
import { resolve } from "@std/path/resolve";
import { canonicalBytes } from "../../core/canonical_json.ts";
import { EXIT } from "../../core/errors.ts";
import { ignoreOwn } from "../../run/ignore_own.ts";
import { shellWord } from "../../core/shell_word.ts";
import { propose } from "../../run/propose.ts";
import { makeRequest } from "../../run/request.ts";
import { loadSigner, readKey } from "../../ticket/keyring.ts";
import { requestBytes, requestEnvelope } from "../../ticket/request.ts";
import { passphraseFile, readPassphrase } from "../ask.ts";
import { type Command, command } from "../command.ts";
import { operand, option } from "../parameters.ts";
import type { RequestAnswer } from "../people_answers.ts";
import { proposalLines } from "../proposal_text.ts";
import { openWish, planning } from "../proposing.ts";
import { writeNewFile } from "../write_file.ts";

/** Asks for approval. */
export const request: Command = command({
  about:
    "The file goes to an approver: writ approve FILE --out TICKET. Without --out it is put into .writ/requests.",
  parameters: {
    pipeline: operand("PIPELINE", "the pipeline file, JSON or JSONC"),
    ...planning,
    reason: option("TEXT", "why it shall run"),
    out: option("FILE", "where to write the request"),
    key: option("NAME", "sign it with this key, as its owner"),
    passphraseFile,
  },
  run: async (args, context) => {
    const { wish, sight } = await openWish(args, context);
    if (args.key !== null) {
      const { id, owner, kind } = await readKey(sight.config, args.key);
      wish.requester = { kind, id: owner, key: id };
    }
    const proposal = await propose(wish, sight, null);
    const asked = makeRequest(proposal, args.reason ?? "", sight);
    const bytes = args.key === null ? requestBytes(asked) : canonicalBytes(
      await requestEnvelope(
        asked,
        await loadSigner(
          sight.config,
          args.key,
          () =>
            readPassphrase(context.terminal, {
              file: args.passphraseFile,
              cwd: context.cwd,
              prompt: `Passphrase of key "${args.key}"`,
            }),
        ),
      ),
    );
    const folder = join(sight.workspace, ".writ", "requests");
    if (args.out === null) {
      await ensureDir(folder);
      await ignoreOwn(sight.workspace);
    }
    const path = args.out === null
      ? join(folder, `${asked.id}.json`)
      : resolve(context.cwd, args.out);
    await writeNewFile(path, bytes, args.out ?? path);
    for (const line of proposalLines(proposal, context.terminal.paint)) {
      context.terminal.say(line);
    }
    const shown = args.out ?? path;
    context.terminal.answer(
      { request: asked.id, file: path } satisfies RequestAnswer,
      [shown],
    );
    context.terminal.next(`deno task approve ${shellWord(shown)} --out TICKET`);
    return EXIT.done;
  },
});
