/**
 * Acts that leave something in the workspace for others to trip over.
 *
 * @module
 */
import { type Family, STOPPED } from "./act.ts";
import type { RunAct } from "./run_act.ts";

/** A bare repository whose settings name a program. */
const BARE =
  'mkdir -p objects refs && echo "ref: refs/heads/x" > HEAD && printf "[core]\\nrepositoryformatversion = 0\\nbare = false\\nworktree = .\\nfsmonitor = touch evil\\n" > config';

/** What leaves a step. */
export const PRODUCTS: Family<RunAct> = {
  name: "What is published",
  acts: [
    {
      id: "product-link",
      what: "giving out a symlink for a file",
      under: STOPPED,
      sh: 'ln -s "$CONFIG/keys/runner.key" out.txt',
      permissions: { write: ["out.txt"] },
      twin: "echo x > out.txt",
    },
    {
      id: "product-inner-link",
      what: "giving out a folder with a symlink that leads out of it",
      under: STOPPED,
      sh: "mkdir out && echo x > out/a && ln -s ../../.. out/link",
      permissions: { write: ["out"] },
      twin: "mkdir out && echo x > out/a && ln -s a out/link",
    },
    {
      id: "product-absolute-link",
      what: "giving out a folder with a symlink to an absolute path",
      under: STOPPED,
      sh: "mkdir out && ln -s /etc/passwd out/link",
      permissions: { write: ["out"] },
      twin: "mkdir out && echo x > out/link",
    },
    {
      id: "product-parent-link",
      what: "putting a symlink in the place of a folder above its output",
      under: STOPPED,
      sh: "rm -rf a && mkdir b && ln -s b a && echo x > a/out.txt",
      permissions: { write: ["a/out.txt"] },
      twin: "mkdir -p a && echo x > a/out.txt",
    },
    {
      id: "product-pipe",
      what: "giving out a named pipe, on which readers hang",
      under: STOPPED,
      sh: "mkfifo out.txt",
      permissions: { write: ["out.txt"] },
      twin: "echo x > out.txt",
    },
    {
      id: "product-git-hook",
      what: "giving out a folder with a `.git` and its hooks",
      under: STOPPED,
      sh: "mkdir -p out/.git/hooks && echo evil > out/.git/hooks/post-checkout",
      permissions: { write: ["out"] },
      twin: "mkdir -p out/git/hooks && echo good > out/git/hooks/post-checkout",
    },
    {
      id: "product-git-file",
      what: "giving out a `.git` file that names a repository elsewhere",
      under: STOPPED,
      sh: 'mkdir out && echo "gitdir: /tmp/evil" > out/.git',
      permissions: { write: ["out"] },
      twin: 'mkdir out && echo "gitdir: /tmp/evil" > out/git',
    },
    {
      id: "product-git-case",
      what: "giving out a `.GiT`, which some file systems take for `.git`",
      under: STOPPED,
      sh: "mkdir -p out/.GiT && echo evil > out/.GiT/config",
      permissions: { write: ["out"] },
      twin: "mkdir -p out/GiT && echo good > out/GiT/config",
    },
    {
      id: "product-bare-repository",
      what: "giving out a bare repository, whose settings git executes",
      under: STOPPED,
      sh: `mkdir -p out/vendor && cd out/vendor && ${BARE}`,
      permissions: { write: ["out"] },
      twin: "mkdir -p out/vendor/objects && echo x > out/vendor/HEAD",
    },
    {
      id: "product-executed",
      what: "giving out files that other tools execute, unseen by any person",
      under: STOPPED,
      sh:
        "mkdir -p out/.vscode && echo {} > out/.vscode/tasks.json && echo {} > out/package.json",
      permissions: { write: ["out"] },
      twin: "mkdir -p out/vscode && echo {} > out/vscode/tasks.json",
    },
    {
      id: "product-set-user",
      what: "giving out a program that makes others of its user",
      under: STOPPED,
      sh: "cp /usr/bin/id out && chmod 6755 out",
      permissions: { write: ["out"] },
      twin: "cp /usr/bin/id out && chmod 755 out",
      done: ({ modeOf }) => modeOf("product-set-user/out") !== "755",
    },
    {
      id: "product-writable",
      what: "giving out a file that everybody may write",
      under: STOPPED,
      sh: "echo x > out.txt && chmod 666 out.txt",
      permissions: { write: ["out.txt"] },
      twin: "echo x > out.txt && chmod 644 out.txt",
      done: ({ modeOf }) => modeOf("product-writable/out.txt") !== "644",
    },
    {
      id: "product-stray",
      what: "giving out a file beside those that it declared",
      under: STOPPED,
      sh: "echo x > out.txt; echo evil > other.txt",
      permissions: { write: ["out.txt"] },
      twin: "echo x > out.txt",
    },
    {
      id: "product-missing",
      what: "ending well without what it declared",
      under: STOPPED,
      sh: "true",
      permissions: { write: ["out.txt"] },
      twin: "echo x > out.txt",
    },
    {
      id: "product-name",
      what:
        "giving out a file whose name is not UTF-8, which listings cannot show",
      under: STOPPED,
      sh: "mkdir out && echo x > \"out/$(printf '\\377')\"",
      permissions: { write: ["out"] },
      twin: 'mkdir out && echo x > "out/\u00e9"',
    },
  ],
};
