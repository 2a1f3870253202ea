/**
 * Steps that ask a git repository.
 *
 * @module
 */
import * as make from "./fixtures.ts";
import { GZIP, type TrialRow } from "./row.ts";

/** Steps that ask a git repository. */
export const GIT_ROWS: TrialRow[] = [
  {
    name: "git describe: the version of the tree",
    programs: ["git"],
    make: make.repository,
    steps: {
      describe: {
        run: ["git", "describe", "--dirty"],
        permissions: { read: [".", ".git"] },
        stdout: "VERSION",
      },
    },
    products: { "VERSION": /^v1\.0-1-g[0-9a-f]+\n$/ },
    without: {
      "describe.read .": "hint",
      "describe.read .git": "exit",
      "describe.stdout VERSION": "printed",
    },
  },
  {
    name: "git changes: the log",
    programs: ["git"],
    make: make.repository,
    steps: {
      changes: {
        run: ["git", "log", "--oneline"],
        permissions: { read: [".git"] },
        stdout: "CHANGES",
      },
    },
    products: { "CHANGES": /^[0-9a-f]+ Second\n[0-9a-f]+ First\n$/ },
    without: {
      "changes.read .git": "exit",
      "changes.stdout CHANGES": "printed",
    },
  },
  {
    name: "git archive: of the last commit",
    programs: ["git"],
    make: make.repository,
    steps: {
      archive: {
        run: ["git", "archive", "-o", "out/src.tar.gz", "HEAD"],
        permissions: { read: [".git"], write: ["out/"] },
      },
    },
    products: { "out/src.tar.gz": GZIP },
    without: { "archive.read .git": "exit", "archive.write out/": "exit" },
  },
];
