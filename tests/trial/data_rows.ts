/**
 * Steps over tables: jq, sqlite3, a pipe in bash, python.
 *
 * @module
 */
import * as make from "./fixtures.ts";
import { put, type TrialRow } from "./row.ts";

/** Steps over tables: jq, sqlite3, a pipe in bash, python. */
export const DATA_ROWS: TrialRow[] = [
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
      "sum.stdout sum.json": "printed",
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
    without: {
      "append.read base.db": "exit",
      "append.write base.db": "changed",
    },
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
    without: { "top.read sales.csv": "exit", "top.stdout top.txt": "printed" },
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
    name: "py report: a script loads modules beside it",
    programs: ["python3"],
    make: put(make.PY_MODULES),
    steps: {
      report: {
        run: ["python3", "report.py"],
        permissions: { read: ["report.py", "words.py", "lib"] },
      },
    },
    products: {},
    prints: /^Words 3\n$/,
    without: {
      "report.read report.py": "before",
      "report.read words.py": "exit",
      "report.read lib": "exit",
    },
  },
  {
    name: "venv test: the Python of a venv, with a package of its own",
    programs: ["/usr/bin/python3"],
    make: make.venv,
    steps: {
      test: {
        run: [".venv/bin/python3", "tests/check.py"],
        permissions: { read: [".venv", "tests"] },
      },
    },
    products: {},
    prints: /^1 passed\n$/,
    without: { "test.read .venv": "before", "test.read tests": "before" },
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
];
