/**
 * Steps of the shell and its tools.
 *
 * @module
 */
import * as make from "./fixtures.ts";
import { GZIP, put, type TrialRow } from "./row.ts";

/** Steps of the shell and its tools. */
export const SHELL_ROWS: TrialRow[] = [
  {
    name: "shell tmp: a temporary file",
    programs: ["sh", "mktemp"],
    make: put({}),
    steps: {
      tmp: { run: ["sh", "-c", "f=$(mktemp) && echo x > $f && cat $f"] },
    },
    products: {},
    prints: /^x\n$/,
    without: {},
  },
  {
    name: "shell tmp: a file of a fixed name in /tmp",
    programs: ["sh"],
    make: put({}),
    steps: {
      tmp: { run: ["sh", "-c", "echo x > /tmp/fixed && cat /tmp/fixed"] },
    },
    products: {},
    prints: /^x\n$/,
    without: {},
    landlock: { fails: /cannot create \/tmp\/fixed: Permission denied/ },
  },
  {
    name: "shell home: a folder in the home folder",
    programs: ["sh"],
    make: put({}),
    steps: {
      home: { run: ["sh", "-c", "cd && mkdir -p .config/x && ls -A"] },
    },
    products: {},
    prints: /^\.config\n$/,
    without: {},
  },
  {
    name: "shell who: a user that has a name",
    programs: ["sh", "getent"],
    make: put({}),
    steps: {
      who: { run: ["sh", "-c", "whoami && id && getent passwd root"] },
    },
    products: {},
    prints: /^(step|root)\nuid=/,
    without: {},
  },
  {
    name: "shell pipe: a broken pipe, two substitutions, a here string",
    programs: ["bash", "yes", "diff"],
    make: put({}),
    steps: {
      pipe: {
        run: [
          "bash",
          "-c",
          "yes | head -1; test ${PIPESTATUS[0]} = 141 && diff <(echo a) <(echo a) && cat <<< here",
        ],
      },
    },
    products: {},
    prints: /^y\nhere\n$/,
    without: {},
  },
  {
    name: "shell via-make: a shell starts what the step names",
    programs: ["sh", "python3"],
    make: put({}),
    steps: {
      "via-make": {
        run: ["sh", "-c", "python3 --version"],
        permissions: { run: ["python3"] },
      },
    },
    products: {},
    prints: /^Python 3/,
    without: { "via-make.run python3": "harmless" },
  },
  {
    name: "shell server: python on loopback, and curl",
    programs: ["sh", "python3", "curl"],
    make: put({}),
    steps: {
      server: {
        run: [
          "sh",
          "-c",
          "python3 -m http.server 8766 --bind 127.0.0.1 >/dev/null 2>&1 & sleep 0.5; curl -fsS --retry 5 --retry-connrefused -o /dev/null http://127.0.0.1:8766/",
        ],
        permissions: { net: ["localhost"] },
      },
    },
    products: {},
    without: {
      "server.net localhost": { bubblewrap: "harmless", landlock: "exit" },
    },
    landlock: { refused: "loopback" },
  },
  {
    name: "shell sums: sha256sum",
    programs: ["sha256sum"],
    make: put(make.FOLDER),
    steps: {
      sums: {
        run: ["sha256sum", "a/1", "a/2"],
        permissions: { read: ["a"] },
        stdout: "SHA256SUMS",
      },
    },
    products: {
      "SHA256SUMS": /^[0-9a-f]{64} {2}a\/1\n[0-9a-f]{64} {2}a\/2\n$/,
    },
    without: { "sums.read a": "before", "sums.stdout SHA256SUMS": "printed" },
  },
  {
    name: "shell bump: sed -i",
    programs: ["sed"],
    make: put({ "VERSION": "1.0\n" }),
    steps: {
      bump: {
        run: ["sed", "-i", "s/1/2/", "VERSION"],
        permissions: { read: ["VERSION"], write: ["VERSION"] },
      },
    },
    products: { "VERSION": /^2\.0\n$/ },
    without: { "bump.read VERSION": "exit", "bump.write VERSION": "changed" },
  },
  {
    name: "shell replace: a folder is removed and made anew",
    programs: ["sh"],
    make: put({ "dist/old": "old\n" }),
    steps: {
      replace: {
        run: ["sh", "-c", "rm -rf dist && mkdir dist && echo 1 > dist/a"],
        permissions: { write: ["dist"] },
      },
    },
    products: { "dist/a": /^1\n$/ },
    without: { "replace.write dist": "stray" },
  },
  {
    name: "shell tar: an archive",
    programs: ["tar"],
    make: put(make.FOLDER),
    steps: {
      tar: {
        run: [
          "tar",
          "czf",
          "out.tgz",
          "--sort=name",
          "--mtime=@0",
          "--owner=0",
          "--group=0",
          "a",
        ],
        permissions: { read: ["a"], write: ["out.tgz"] },
      },
    },
    products: { "out.tgz": GZIP },
    without: { "tar.read a": "before", "tar.write out.tgz": "stray" },
  },
  {
    name: "shell untar: an archive is unpacked",
    programs: ["tar"],
    make: make.archive,
    steps: {
      untar: {
        run: ["tar", "xzf", "in.tgz", "--no-same-owner", "-C", "x"],
        permissions: { read: ["in.tgz"], write: ["x/"] },
      },
    },
    products: { "x/b/1": /^one\n$/ },
    without: { "untar.read in.tgz": "before", "untar.write x/": "exit" },
  },
];
