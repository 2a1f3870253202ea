/**
 * `writ log witness`: a cosignature under the ledger's newest checkpoint.
 *
 * @module
 */
import { resolve } from "@std/path/resolve";
import { EXIT, WritError } from "../../core/errors.ts";
import { verifierKey } from "../../core/note.ts";
import { parseCheckpoint } from "../../ledger/checkpoint.ts";
import { witnessKey } from "../../ledger/cosignature.ts";
import { readWitness } from "../../run/witness.ts";
import { listKeys, loadSigner } from "../../ticket/keyring.ts";
import { samePerson } from "../../ticket/owner.ts";
import { passphraseFile, readPassphrase } from "../ask.ts";
import { type Command, command } from "../command.ts";
import { openLedger } from "../open_ledger.ts";
import { option } from "../parameters.ts";
import type { WitnessAnswer } from "../upkeep_answers.ts";
import { writeNewFile } from "../write_file.ts";

/** Cosigns a checkpoint of all entries, and prints it. */
export const witness: Command = command({
  about:
    "The cosignature (https://c2sp.org/tlog-cosignature) says that the ledger, as it is now, begins with all that this user has seen of it. It stays with the checkpoint until the next run is closed; keep the printed one, for writ verify --seen and writ log --consistent-with.",
  parameters: {
    key: option("NAME", "a key of this user's; approver, if not given"),
    out: option("FILE", "write the checkpoint to a new file"),
    passphraseFile,
  },
  async run(args, context) {
    const { terminal, cwd } = context;
    const name = args.key ?? "approver";
    await using open = await openLedger(context);
    const { ledger, config } = open;
    const signer = await loadSigner(
      config,
      name,
      () =>
        readPassphrase(terminal, {
          file: args.passphraseFile,
          cwd,
          prompt: `Passphrase for the key "${name}"`,
        }),
    );
    if (signer.id === ledger.id) {
      throw new WritError(
        "usage.invalid",
        `Cannot witness the ledger with the key "${name}": it is the ledger's own`,
        { hint: "A witness is somebody else: writ keys new makes a key" },
      );
    }
    const keys = await listKeys(config);
    const own = keys.find(({ id }) => id === ledger.id);
    const eye = keys.find(({ id }) => id === signer.id);
    const seen = await readWitness(config, ledger.id);
    const checkpoint = await ledger.cosign(signer, seen);
    if (args.out !== null) {
      await writeNewFile(resolve(cwd, args.out), checkpoint, args.out);
    }
    const { size, root } = parseCheckpoint(checkpoint, "the checkpoint");
    const key = verifierKey(witnessKey(signer.id, signer.publicKey));
    const text = new TextDecoder().decode(checkpoint);
    terminal.answer(
      { size, root, key, checkpoint: text } satisfies WitnessAnswer,
      text.trimEnd().split("\n"),
    );
    terminal.say(
      `Witnessed ${size} entries. Whoever knows ${key} can check it`,
    );
    if (
      own !== undefined && eye !== undefined && samePerson(own.owner, eye.owner)
    ) {
      terminal.say(
        "The ledger is your own: readers count witnesses who are somebody else",
      );
    }
    return EXIT.done;
  },
});
