/**
 * Acts against Writ itself: its keys and records, the workspace, the terminal that shows a run.
 *
 * @module
 */
import { allowed, type Family, namespacesOnly, STOPPED } from "./act.ts";
import type { RunAct } from "./run_act.ts";

/** Keys, records and the workspace. */
export const RECORDS: Family<RunAct> = {
  name: "Writ's keys and records, and the workspace",
  acts: [
    {
      id: "runner-key",
      what: "reading the runner's key",
      under: STOPPED,
      sh: 'grep -q PRIVATE "$CONFIG/keys/runner.key"',
    },
    {
      id: "ledger-key",
      what: "reading the ledger's key",
      under: STOPPED,
      sh: 'grep -q PRIVATE "$CONFIG/keys/ledger.key"',
    },
    {
      id: "approver-key",
      what: "reading the approver's sealed key",
      under: STOPPED,
      sh: 'test -n "$(head -c 9 "$CONFIG/keys/approver.key")"',
    },
    {
      id: "own-key",
      what: "adding a key of its own",
      under: STOPPED,
      sh: 'cd "$CONFIG/keys" && echo "{}" > mallory.pub.json',
    },
    {
      id: "pins",
      what: "changing which policy is in force",
      under: STOPPED,
      sh:
        'for pin in "$CONFIG/pins/"*.json; do echo >> "$pin" && exit 0; done; exit 1',
    },
    {
      id: "seen",
      what: "making Writ forget which ledger it has seen",
      under: STOPPED,
      sh:
        'for seen in "$CONFIG/seen/"*.json; do : > "$seen" && exit 0; done; exit 1',
    },
    {
      id: "tools",
      what: "declaring a folder of tools of its own",
      under: STOPPED,
      sh: 'cd "$CONFIG" && echo "{}" > tools.json',
    },
    {
      id: "read-ledger",
      what: "reading the ledger",
      under: STOPPED,
      sh: 'head -c 6 "$STATE/ledger/ledger.kv" | grep -q SQLite',
    },
    {
      id: "write-ledger",
      what: "writing to the ledger",
      under: STOPPED,
      sh: 'exec 9>> "$STATE/ledger/ledger.kv"',
    },
    {
      id: "lock-ledger",
      what: "locking the ledger, so that nobody else gets on",
      under: STOPPED,
      sh: 'exec 9< "$STATE/ledger/ledger.kv.lock" && flock -n 9',
    },
    {
      id: "remove-ledger",
      what: "removing the ledger",
      under: STOPPED,
      // The copy of the control is not the ledger that others use.
      sh: 'cd "$STATE/ledger" && mv ledger.kv gone && mv gone ledger.kv',
    },
    {
      id: "ticket",
      what: "leaving a ticket of its own",
      under: STOPPED,
      sh: 'cd "$STATE/tickets" && echo "{}" > tkt_mallory',
    },
    {
      id: "blobs",
      what: "poisoning the bytes that other steps are given",
      under: STOPPED,
      sh:
        'for blob in "$STATE"/blobs/*/*; do chmod u+w "$blob" && echo evil >> "$blob" && exit 0; done; exit 1',
    },
    {
      id: "views",
      what: "reading the views of other steps",
      under: STOPPED,
      sh: 'ls "$STATE/views/" | grep -q .',
    },
    {
      id: "bundles",
      what: "reading the bundles of earlier runs",
      under: STOPPED,
      sh: 'cat "$WORK"/.writ/runs/*/receipts.jsonl | grep -q run.opened',
    },
    {
      id: "plant-bundle",
      what: "planting a bundle",
      under: STOPPED,
      sh: 'cd "$WORK/.writ/runs" && mkdir run_planted',
    },
    {
      id: "plant-request",
      what: "planting a request",
      under: STOPPED,
      sh:
        'cd "$WORK/.writ" && mkdir -p requests && echo > requests/planted.json',
    },
    {
      id: "policy",
      what: "changing the proposed policy",
      under: STOPPED,
      sh:
        'echo >> "$WORK/policies/default.cedar" && test -s "$WORK/policies/default.cedar"',
    },
    {
      id: "pipeline",
      what: "changing the pipeline that is being run",
      under: STOPPED,
      sh: 'cd "$WORK" && echo >> pipeline.json',
    },
    {
      id: "read-undeclared",
      what: "reading a file of the workspace that it did not declare",
      under: STOPPED,
      sh:
        'grep -q precious "$WORK/precious.txt" || grep -q precious precious.txt',
    },
    {
      id: "write-undeclared",
      what: "changing a file of the workspace that it did not declare",
      under: STOPPED,
      sh: 'cd "$WORK" && echo evil >> precious.txt',
    },
    {
      id: "git-settings",
      what: "reading the workspace's `.git`",
      under: STOPPED,
      sh: 'grep -q core "$WORK/.git/config" || grep -q core .git/config',
    },
    {
      id: "git-hook",
      what: "leaving a hook in the workspace's `.git`",
      under: STOPPED,
      sh: 'cd "$WORK/.git" && mkdir -p hooks && echo evil > hooks/pre-commit',
    },
    {
      id: "environment",
      what: "finding the environment of whoever executes",
      under: STOPPED,
      sh: 'test -n "$WRIT_ESCAPE_SMUGGLED"',
    },
    {
      id: "change-material",
      what: "ending well after a change of what it only reads",
      under: STOPPED,
      sh: "chmod u+w src src/in.txt; echo evil > src/in.txt",
      permissions: { read: ["src"] },
    },
    {
      id: "change-own-copy",
      what: "changing a file that it reads and writes",
      under: allowed("that is what was declared; the change is hashed"),
      sh: "echo more >> kept.txt",
      permissions: { read: ["kept.txt"], write: ["kept.txt"] },
    },
    {
      id: "scratch",
      what: "leaving something in scratch space",
      under: allowed("it is thrown away with the step"),
      sh: "mkdir -p scrap && echo x > scrap/left",
      scratch: ["scrap"],
    },
    {
      id: "word-at-home",
      what:
        "finding what an earlier step left at home and among temporary files",
      under: STOPPED,
      earlier:
        'cd "$HOME" && echo word > word && cd "$TMPDIR" && echo word > word',
      sh: 'grep -q word "$HOME/word" || grep -q word "$TMPDIR/word"',
    },
    {
      id: "word-in-temporary",
      what: "finding what an earlier step left in `/var/tmp`",
      under: STOPPED,
      earlier: "echo word > /var/tmp/word-$NUMBER || true",
      sh: "grep -q word /var/tmp/word-$NUMBER",
      free: "echo word > word && grep -q word word",
    },
    {
      id: "word-in-attributes",
      what: "finding what an earlier step wrote on the folders it was given",
      under: STOPPED,
      earlier:
        'for folder in . "$HOME" "$TMPDIR"; do touch -d @9 "$folder"; chmod g+s,o+t "$folder"; done; true',
      sh:
        'for folder in . "$HOME" "$TMPDIR"; do test -k "$folder" -a -g "$folder" && exit 0; done; exit 1',
      free: "chmod g+s,o+t . && test -k . -a -g .",
    },
    {
      id: "word-in-shared-memory",
      what: "finding what an earlier step left in `/dev/shm`",
      under: namespacesOnly(
        "programs need `/dev/shm`, and Landlock gives no private one",
      ),
      earlier: "echo word > /dev/shm/word-$NUMBER",
      sh: "grep -q word /dev/shm/word-$NUMBER && rm /dev/shm/word-$NUMBER",
      free: "echo word > word && grep -q word word",
    },
    {
      id: "kill-parent",
      what: "killing what started it",
      under: STOPPED,
      argv: ["sh", "-c", 'kill -9 "$PPID"'],
      sh: `sh -c 'sh -c "kill -9 \\$PPID"; echo sealed as ok'`,
      done: ({ said }) => !said.includes("sealed as"),
    },
    {
      id: "parameter-shell",
      what: "having a parameter taken for a command of the shell",
      under: STOPPED,
      argv: ["printf", "%s", "${params.shell}"],
      sh: "printf '%s' $(echo ran)",
      done: ({ said }) => !said.includes("$(echo ran)"),
    },
    {
      id: "parameter-option",
      what: "having a parameter taken for an option that writes elsewhere",
      under: STOPPED,
      argv: ["sort", "${params.option}", "src/in.txt"],
      sh: 'sort "--output=$WORK/planted" src/in.txt',
      permissions: { read: ["src"] },
    },
    {
      id: "escape-codes",
      what: "sending commands to the terminal in what it prints",
      under: STOPPED,
      sh: String.raw`printf '\033]0;evil\007\033[2J\033[1;1H\233[2J\r\n'`,
      done: ({ said }) => /(?!\n)\p{Cc}/u.test(said),
    },
    {
      id: "false-lines",
      what: "printing lines that look like Writ's own",
      under: STOPPED,
      sh: "printf 'sealed as ok by evil\\n'",
      done: ({ said }) => /^sealed as ok by evil/m.test(said),
    },
  ],
};
