/**
 * `writ log export`: the ledger as a folder that other tools read.
 *
 * @module
 */
import { decodeBase64 } from "@std/encoding/base64";
import { resolve } from "@std/path/resolve";
import { EXIT } from "../../core/errors.ts";
import { verifierKey } from "../../core/note.ts";
import {
  checkpointKey,
  openCheckpoint,
  parseCheckpoint,
} from "../../ledger/checkpoint.ts";
import { readKey } from "../../ticket/keyring.ts";
import { type Command, command } from "../command.ts";
import { openLedger } from "../open_ledger.ts";
import { operand } from "../parameters.ts";
import type { ExportAnswer } from "../upkeep_answers.ts";
import { exportedBefore, writeLog } from "../write_log.ts";

/** Writes an export, or brings one that is there up to date. */
export const exported: Command = command({
  about:
    "A checkpoint of all entries, the tiles of their Merkle tree and the entries themselves, as https://c2sp.org/tlog-tiles defines them. An export that is there is brought up to date; one of another history is refused.",
  parameters: {
    folder: operand("FOLDER", "a new folder, or an export made before"),
  },
  async run({ folder }, context) {
    const { terminal, cwd } = context;
    await using open = await openLedger(context);
    const { ledger, config } = open;
    const path = resolve(cwd, folder);
    const publicKey = decodeBase64((await readKey(config, "ledger")).publicKey);
    const before = await exportedBefore(path, folder);
    if (before !== null) {
      const what = `the checkpoint of "${folder}"`;
      await ledger.requireSeen(
        await openCheckpoint(before, ledger.id, publicKey, what),
        `the export "${folder}"`,
      );
    }
    const checkpoint = await ledger.checkpoint();
    const files = await writeLog(path, ledger.export(checkpoint), folder);
    const { size, root, origin } = parseCheckpoint(
      checkpoint,
      "the checkpoint",
    );
    const key = verifierKey(checkpointKey(ledger.id, publicKey));
    terminal.answer(
      { folder: path, origin, size, root, key, files } satisfies ExportAnswer,
      [
        `exported ${size} entries to ${folder}`,
        `origin ${origin}`,
        `root   ${root}`,
        `key    ${key}`,
      ],
    );
    return EXIT.done;
  },
});
