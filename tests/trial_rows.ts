/**
 * The steps of the trial in their natural text, and how each misses a declaration.
 *
 * @module
 */
import type { Steps } from "./support/trial_world.ts";
import type { Workspace } from "./support/workspaces.ts";
import * as make from "./trial_fixtures.ts";

/**
 * How a forgotten declaration is noticed: `before` anything runs, by the program's `exit`, by a
 * `product` that was not made, by a `stray` file. `hint`: the step ends well and is wrong, and
 * the dry run shows what it will not see. `harmless`: the step does the same without it.
 */
export type Noticed =
  | "before"
  | "exit"
  | "product"
  | "stray"
  | "hint"
  | "harmless";

/** A step, or some that need each other. */
export interface TrialRow {
  name: string;
  /** Programs that the machine must have. */
  programs: string[];
  /** Makes the project. */
  make(workspace: Workspace): void | Promise<void>;
  steps: Steps;
  /** What the products must hold, by path. */
  products: Record<string, RegExp>;
  /** What must be printed. */
  prints?: RegExp;
  /** By declaration, as `step.field path`. */
  without: Record<string, Noticed>;
  /** Where it differs under Landlock: it is refused, or fails and says so. */
  landlock?: { refused: string } | { fails: RegExp };
}

const put = (files: Parameters<Workspace["put"]>[0]) => (place: Workspace) =>
  place.put(files);

/** How a gzip stream begins. */
const GZIP = new RegExp("^" + String.fromCharCode(0x1f));

/** The rows, by the group of the trial that they come from. */
export const ROWS: TrialRow[] = [
  {
    name: "c build: make",
    programs: ["make", "cc"],
    make: put(make.C),
    steps: {
      build: {
        run: ["make"],
        permissions: {
          read: ["Makefile", "src", "include"],
          write: ["build"],
        },
      },
    },
    products: { "build/words": /ELF/, "build/main.o": /ELF/ },
    without: {
      "build.read Makefile": "exit",
      "build.read src": "exit",
      "build.read include": "exit",
      "build.write build": "stray",
    },
  },
  {
    name: "c rebuild: make clean && make check, after a build",
    programs: ["make", "cc", "sh"],
    make: put(make.C),
    steps: {
      build: {
        run: ["make"],
        permissions: {
          read: ["Makefile", "src", "include"],
          write: ["build"],
        },
      },
      rebuild: {
        run: ["sh", "-c", "make clean && make check"],
        needs: ["build"],
        permissions: {
          read: ["Makefile", "src", "include"],
          write: ["build"],
        },
      },
    },
    products: { "build/words": /ELF/ },
    without: {
      "rebuild.needs build": "before",
      "rebuild.read Makefile": "exit",
      "rebuild.read src": "exit",
      "rebuild.read include": "exit",
      "rebuild.write build": "stray",
    },
  },
  {
    name: "c one: gcc of two files",
    programs: ["gcc"],
    make: put(make.C),
    steps: {
      one: {
        run: [
          "gcc",
          "-Iinclude",
          "src/main.c",
          "src/words.c",
          "-lm",
          "-o",
          "words",
        ],
        permissions: { read: ["src", "include"], write: ["words"] },
      },
    },
    products: { "words": /ELF/ },
    without: {
      "one.read src": "before",
      "one.read include": "exit",
      "one.write words": "stray",
    },
  },
  {
    name: "cmake: configure, build, test",
    programs: ["cmake", "ctest", "cc"],
    make: put(make.CMAKE),
    steps: {
      configure: {
        run: ["cmake", "-S", ".", "-B", "build"],
        permissions: {
          read: ["CMakeLists.txt", "src", "include"],
          write: ["build"],
        },
      },
      build: {
        run: ["cmake", "--build", "build"],
        needs: ["configure"],
        permissions: {
          read: ["CMakeLists.txt", "src", "include", "build"],
          write: ["build"],
        },
      },
      test: {
        run: ["ctest", "--test-dir", "build"],
        needs: ["build"],
        permissions: { read: ["build"] },
        scratch: ["build/Testing"],
      },
    },
    products: { "build/words": /ELF/ },
    prints: /100% tests passed, 0 tests failed out of 1/,
    without: {
      "configure.read CMakeLists.txt": "exit",
      "configure.read src": "exit",
      "configure.read include": "harmless",
      "configure.write build": "stray",
      "build.needs configure": "before",
      "build.read CMakeLists.txt": "exit",
      "build.read src": "exit",
      "build.read include": "exit",
      "build.read build": "exit",
      "build.write build": "stray",
      "test.needs build": "before",
      "test.read build": "exit",
      "test.scratch build/Testing": "stray",
    },
    landlock: { fails: /build/ },
  },
  {
    name: "data sum: jq",
    programs: ["jq"],
    make: put(make.ROWS),
    steps: {
      sum: {
        run: ["jq", "map(.a) | add", "rows.json"],
        permissions: { read: ["rows.json"] },
        stdout: "sum.json",
      },
    },
    products: { "sum.json": /^42\n$/ },
    without: {
      "sum.read rows.json": "before",
      "sum.stdout sum.json": "before",
    },
  },
  {
    name: "data load: sqlite3 imports a table",
    programs: ["sqlite3"],
    make: put(make.SALES_CSV),
    steps: {
      load: {
        run: [
          "sqlite3",
          "sales.db",
          ".mode csv",
          ".import sales.csv sales",
          "select count(*) from sales",
        ],
        permissions: { read: ["sales.csv"], write: ["sales.db"] },
      },
    },
    products: { "sales.db": /^SQLite format 3/ },
    prints: /^4\s*$/,
    without: { "load.read sales.csv": "exit", "load.write sales.db": "stray" },
  },
  {
    name: "data append: sqlite3 updates a database",
    programs: ["sqlite3"],
    make: (place) => make.database(place, "base.db", "delete"),
    steps: {
      append: {
        run: ["sqlite3", "base.db", "insert into sales values (1,2,3)"],
        permissions: { read: ["base.db"], write: ["base.db"] },
      },
    },
    products: { "base.db": /^SQLite format 3/ },
    without: { "append.read base.db": "exit", "append.write base.db": "stray" },
  },
  {
    name: "data wal: sqlite3 asks a database with a write-ahead log",
    programs: ["sqlite3"],
    make: (place) => make.database(place, "wal.db", "wal"),
    steps: {
      wal: {
        run: ["sqlite3", "wal.db", "select count(*) from sales"],
        permissions: { read: ["wal.db"] },
        scratch: ["wal.db-wal", "wal.db-shm"],
      },
    },
    products: {},
    prints: /^1\n$/,
    without: {
      "wal.read wal.db": "before",
      "wal.scratch wal.db-wal": "harmless",
      "wal.scratch wal.db-shm": "harmless",
    },
  },
  {
    name: "data top: a pipe in bash",
    programs: ["bash", "cut"],
    make: put(make.SALES_CSV),
    steps: {
      top: {
        run: [
          "bash",
          "-euo",
          "pipefail",
          "-c",
          "cut -d, -f2 sales.csv | sort | uniq -c | sort -rn | sed 3q",
        ],
        permissions: { read: ["sales.csv"] },
        stdout: "top.txt",
      },
    },
    products: { "top.txt": /^ +2 north\n/ },
    without: { "top.read sales.csv": "exit", "top.stdout top.txt": "before" },
  },
  ...denoRows(),
  {
    name: "dstep build: a deno script with a module beside it",
    programs: [],
    make: put(make.DSTEP),
    steps: {
      build: {
        deno: ["run", "scripts/build.ts"],
        permissions: { read: ["src", "scripts"], write: ["dist"] },
        env: { SOURCE_DATE_EPOCH: "7" },
      },
    },
    products: { "dist/page.txt": /^HELLO\n7\n$/ },
    without: {
      "build.read src": "exit",
      "build.read scripts": "exit",
      "build.write dist": "exit",
    },
  },
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
      "describe.stdout VERSION": "before",
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
      "changes.stdout CHANGES": "before",
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
  {
    name: "java compile: javac",
    programs: ["javac"],
    make: put(make.JAVA),
    steps: {
      compile: {
        run: ["javac", "-d", "classes", "src/app/Main.java"],
        permissions: { read: ["src"], write: ["classes"] },
      },
    },
    products: { "classes/app/Main.class": /^\xca\xfe\xba\xbe/ },
    without: { "compile.read src": "before", "compile.write classes": "stray" },
  },
  {
    name: "mono a: npm test of a package that uses another",
    programs: ["npm", "node"],
    make: put(make.MONO),
    steps: {
      a: {
        run: ["npm", "test"],
        cwd: "packages/a",
        permissions: { read: ["packages/a", "packages/b", "node_modules"] },
      },
    },
    products: {},
    prints: /# pass 1\n/,
    without: {
      "a.read packages/a": "before",
      "a.read packages/b": "exit",
      "a.read node_modules": "exit",
    },
  },
  {
    name: "node test: npm test with a server on loopback",
    programs: ["npm", "node"],
    make: put(make.NODE),
    steps: {
      test: {
        run: ["npm", "test"],
        permissions: {
          read: ["package.json", "src", "test", "node_modules"],
          net: ["localhost"],
        },
      },
    },
    products: {},
    prints: /# pass 1\n/,
    without: {
      "test.read package.json": "exit",
      "test.read src": "exit",
      "test.read test": "hint",
      "test.read node_modules": "exit",
    },
    landlock: { refused: "loopback" },
  },
  {
    name: "node test, offline: npm test of what listens to nothing",
    programs: ["npm", "node"],
    make: put(make.NODE_OFFLINE),
    steps: {
      test: {
        run: ["npm", "test"],
        permissions: { read: ["package.json", "src", "test", "node_modules"] },
      },
    },
    products: {},
    prints: /# pass 1\n/,
    without: {
      "test.read package.json": "exit",
      "test.read src": "exit",
      "test.read test": "hint",
      "test.read node_modules": "exit",
    },
  },
  {
    name: "node bundle: npm run build",
    programs: ["npm", "node"],
    make: put(make.NODE),
    steps: {
      bundle: {
        run: ["npm", "run", "build"],
        permissions: {
          read: ["package.json", "src", "build.js", "node_modules"],
          write: ["dist"],
        },
      },
    },
    products: { "dist/out.js": /hello, / },
    without: {
      "bundle.read package.json": "exit",
      "bundle.read src": "exit",
      "bundle.read build.js": "exit",
      "bundle.read node_modules": "exit",
      "bundle.write dist": "stray",
    },
  },
  {
    name: "node minify: a program of node_modules/.bin",
    programs: ["node"],
    make: put(make.NODE),
    steps: {
      minify: {
        run: ["node_modules/.bin/squeeze", "src/app.js", "app.min.js"],
        permissions: { read: ["src", "node_modules"], write: ["app.min.js"] },
      },
    },
    products: {
      "app.min.js": /^import \{ createServer \} from "node:http"; im/,
    },
    without: {
      "minify.read src": "before",
      "minify.read node_modules": "before",
      "minify.write app.min.js": "stray",
    },
  },
  {
    name: "py generate: a script writes into a folder",
    programs: ["/usr/bin/python3"],
    make: put(make.PY),
    steps: {
      generate: {
        run: ["/usr/bin/python3", "gen.py", "data/sales.csv"],
        permissions: { read: ["gen.py"], write: ["data/"] },
      },
    },
    products: { "data/sales.csv": /^0,3\n/ },
    without: {
      "generate.read gen.py": "before",
      "generate.write data/": "exit",
    },
  },
  {
    name: "py stats: a script sums up a table",
    programs: ["python3"],
    make: put(make.PY),
    steps: {
      stats: {
        run: ["python3", "stats.py", "stats.json"],
        permissions: {
          read: ["stats.py", "sales.csv"],
          write: ["stats.json"],
        },
      },
    },
    products: { "stats.json": /^\{"rows": 4, "sum": 16\.5\}$/ },
    without: {
      "stats.read stats.py": "before",
      "stats.read sales.csv": "exit",
      "stats.write stats.json": "stray",
    },
  },
  {
    name: "py pool: two processes",
    programs: ["python3"],
    make: put(make.PY),
    steps: {
      pool: {
        run: ["python3", "mp.py"],
        permissions: { read: ["mp.py"] },
      },
    },
    products: {},
    prints: /^\[0, 2, 4, 6\]\n$/,
    without: { "pool.read mp.py": "before" },
  },
  ...shellRows(),
];

function denoRows(): TrialRow[] {
  return [
    {
      name: "deno fmt: deno fmt --check",
      programs: ["deno"],
      make: put(make.DENO),
      steps: {
        fmt: {
          run: ["deno", "fmt", "--check", "src"],
          permissions: { read: ["src"] },
        },
      },
      products: {},
      prints: /Checked 3 files/,
      without: { "fmt.read src": "before" },
    },
    {
      name: "deno lint: deno lint",
      programs: ["deno"],
      make: put(make.DENO),
      steps: {
        lint: { run: ["deno", "lint", "src"], permissions: { read: ["src"] } },
      },
      products: {},
      prints: /Checked 3 files/,
      without: { "lint.read src": "before" },
    },
    {
      name: "deno check: deno check",
      programs: ["deno"],
      make: put(make.DENO),
      steps: {
        check: {
          run: ["deno", "check", "src"],
          permissions: { read: ["src"] },
        },
      },
      products: {},
      prints: /Check src\/mod_test\.ts/,
      without: { "check.read src": "before" },
    },
    {
      name: "deno test: deno test with a server on loopback",
      programs: ["deno"],
      make: put(make.DENO),
      steps: {
        test: {
          run: ["deno", "test", "-A", "src"],
          permissions: { read: ["src", "fixture.txt"], net: ["localhost"] },
        },
      },
      products: {},
      prints: /ok \| 2 passed/,
      without: { "test.read src": "before", "test.read fixture.txt": "exit" },
      landlock: { refused: "loopback" },
    },
    {
      name: "deno test, offline: deno test of what listens to nothing",
      programs: ["deno"],
      make: put(make.DENO_OFFLINE),
      steps: {
        test: {
          run: ["deno", "test", "-A", "src"],
          permissions: { read: ["src", "fixture.txt"] },
        },
      },
      products: {},
      prints: /ok \| 1 passed/,
      without: { "test.read src": "before", "test.read fixture.txt": "exit" },
    },
    {
      name: "deno bundle: deno bundle",
      programs: ["deno"],
      make: put(make.DENO),
      steps: {
        bundle: {
          run: ["deno", "bundle", "src/mod.ts", "-o", "dist/mod.js"],
          permissions: { read: ["src"], write: ["dist"] },
        },
      },
      products: { "dist/mod.js": /one two three/ },
      without: { "bundle.read src": "before", "bundle.write dist": "stray" },
    },
    {
      name: "deno format: deno fmt in place",
      programs: ["deno"],
      make: put(make.DENO_UGLY),
      steps: {
        format: {
          run: ["deno", "fmt", "src"],
          permissions: { read: ["src"], write: ["src"] },
        },
      },
      products: { "src/words.ts": /\n {2}return / },
      without: { "format.read src": "exit", "format.write src": "stray" },
    },
    {
      name: "deno step fmt",
      programs: [],
      make: put(make.DENO),
      steps: {
        fmt: {
          deno: ["fmt", "--check", "src"],
          permissions: { read: ["src"] },
        },
      },
      products: {},
      prints: /Checked 3 files/,
      without: { "fmt.read src": "before" },
    },
    {
      name: "deno step lint",
      programs: [],
      make: put(make.DENO),
      steps: {
        lint: { deno: ["lint", "src"], permissions: { read: ["src"] } },
      },
      products: {},
      prints: /Checked 3 files/,
      without: { "lint.read src": "before" },
    },
    {
      name: "deno step check",
      programs: [],
      make: put(make.DENO),
      steps: {
        check: { deno: ["check", "src"], permissions: { read: ["src"] } },
      },
      products: {},
      prints: /Check src\/mod_test\.ts/,
      without: { "check.read src": "before" },
    },
    {
      name: "deno step test",
      programs: [],
      make: put(make.DENO_OFFLINE),
      steps: {
        test: {
          deno: ["test", "src"],
          permissions: { read: ["src", "fixture.txt"] },
        },
      },
      products: {},
      prints: /ok \| 1 passed/,
      without: { "test.read src": "before", "test.read fixture.txt": "exit" },
    },
    {
      name: "deno step bundle",
      programs: [],
      make: put(make.DENO),
      steps: {
        bundle: {
          deno: ["bundle", "src/mod.ts", "-o", "dist/mod.js"],
          permissions: { read: ["src"], write: ["dist"] },
        },
      },
      products: { "dist/mod.js": /one two three/ },
      without: { "bundle.read src": "before", "bundle.write dist": "stray" },
    },
    {
      name: "deno step format",
      programs: [],
      make: put(make.DENO_UGLY),
      steps: {
        format: {
          deno: ["fmt", "src"],
          permissions: { read: ["src"], write: ["src"] },
        },
      },
      products: { "src/words.ts": /\n {2}return / },
      without: { "format.read src": "exit", "format.write src": "stray" },
    },
  ];
}

function shellRows(): TrialRow[] {
  return [
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
      name: "shell server: python on loopback, and curl",
      programs: ["sh", "python3", "curl"],
      make: put({}),
      steps: {
        server: {
          run: [
            "sh",
            "-c",
            "python3 -m http.server 8766 --bind 127.0.0.1 >/dev/null 2>&1 & sleep 0.5; curl -fsS -o /dev/null http://127.0.0.1:8766/",
          ],
          permissions: { net: ["localhost"] },
        },
      },
      products: {},
      without: {},
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
      without: { "sums.read a": "before", "sums.stdout SHA256SUMS": "before" },
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
      without: { "bump.read VERSION": "exit", "bump.write VERSION": "stray" },
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
}
