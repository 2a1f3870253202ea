/**
 * `writ doctor`: what it tries, what it finds where something is missing, what it advises.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import type { Backend } from "../src/sandbox/confinement.ts";
import { fixesFor } from "../src/sandbox/fixes.ts";
import { LIMIT_TRIALS, TRIALS } from "../src/sandbox/trial_table.ts";
import type { TrialRow } from "../src/sandbox/try_backends.ts";

import { copyTree, putBack } from "./support/copy_tree.ts";
import type { Ended } from "./support/run_writ.ts";
import { BACKENDS } from "./support/sandbox.ts";
import { LACKS_USER_NAMESPACE, writIn } from "./support/user_namespace.ts";
import { codeOf, refused, World } from "./support/world.ts";

const found = BACKENDS.map(({ backend }) => backend)
  .filter((backend) => backend !== null);

Deno.test("doctor tries each backend, and each act that one claims to stop is stopped", async () => {
  await using world = await World.make();
  const ended = await world.writ(["doctor", "--json"]);
  assertEquals(ended.status, 0, ended.stderr);
  const { backends, holds }: { backends: Backend[]; holds: TrialRow[] } = JSON
    .parse(ended.stdout);
  assertEquals(
    backends.map(({ name }) => name),
    found.map(({ name }) => name),
  );
  assertEquals(holds.length, TRIALS.length + LIMIT_TRIALS.length);
  for (const { name } of backends) {
    for (const { id, by } of TRIALS) {
      const { held } = holds.find((row) => row.id === id)!.under[name];
      const expected = by[name] === null ? "open" : "holds";
      assert(held === expected || held === "untried", `${id} ${name}: ${held}`);
    }
  }
  // Reading a file of one's own is possible everywhere, so that this one is no guess.
  assertEquals(
    backends.map(({ name }) => holds[0].under[name].held),
    backends.map(() => "holds"),
  );
});

const landlock = found.some(({ name }) => name === "landlock");
const lacks = LACKS_USER_NAMESPACE ||
  (landlock ? "" : ": this machine lacks landlock");

/** Runs a command where no user namespace can be made, as in many containers. */
function without(world: World, words: readonly string[]) {
  const none = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';
  return writIn(["--map-root-user"], ["sh", "-c", none, "sh"], words, {
    cwd: world.workspace,
    home: world.ann.home,
  });
}

Deno.test({
  name:
    `without user namespaces steps are held by Landlock, and doctor says what is missing${lacks}`,
  ignore: lacks !== "",
  fn: async () => {
    await using world = await World.make({
      unattended: true,
      files: { "outside.txt": "not given\n" },
      steps: {
        held: {
          run: [
            "sh",
            "-c",
            "echo made > out.txt; ! cat ../../../*/outside.txt /etc/shadow",
          ],
          permissions: { write: ["out.txt"] },
        },
      },
    });
    const doctor = await without(world, ["doctor", "--json"]);
    assertEquals(doctor.status, 0, doctor.stderr);
    const { backends, fixes } = JSON.parse(doctor.stdout);
    assertEquals(backends.map(({ name }: Backend) => name), ["landlock"]);
    if (found.some(({ name }) => name === "bubblewrap")) {
      assertEquals(
        fixes[0].fix,
        "sudo sysctl -w user.max_user_namespaces=15000",
      );
    }
    const ended = await without(world, ["execute", "pipeline.json"]);
    assertEquals(ended.status, 0, ended.stderr);
    assertEquals(world.text("out.txt"), "made\n");
    const { receipts } = await world.show();
    assertEquals(
      receipts.find(({ type }) => type === "step.started")?.body.backend?.name,
      "landlock",
    );
  },
});

Deno.test({
  name:
    `doctor --for tells which steps could not be held, and exits with 3${lacks}`,
  ignore: lacks !== "",
  fn: async () => {
    await using world = await World.make({
      steps: {
        plain: { run: ["true"] },
        strict: { run: ["true"], isolation: "namespaces" },
        hosts: { run: ["true"], permissions: { net: ["a.example:443"] } },
        alone: { run: ["true"], permissions: { net: ["localhost"] } },
        secret: { run: ["true"], env: { T: { secret: "TOKEN" } } },
      },
    });
    const ended = await without(world, [
      "doctor",
      "--for",
      "pipeline.json",
      "--json",
    ]);
    assertEquals(ended.status, 3, ended.stderr);
    const { steps } = JSON.parse(ended.stdout);
    assertEquals(
      steps.map((step: { step: string; error: { code: string } | null }) => [
        step.step,
        step.error?.code ?? null,
      ]),
      [
        ["plain", null],
        ["strict", "sandbox.unavailable"],
        ["hosts", "sandbox.cannot_hold"],
        ["alone", "sandbox.cannot_hold"],
        ["secret", "secret.missing"],
      ],
    );
  },
});

Deno.test("doctor --for exits with 0 where every step can be held", async () => {
  await using world = await World.make({ steps: { plain: { run: ["true"] } } });
  const ended = await world.writ(["doctor", "--for", "pipeline.json"]);
  assertEquals(ended.status, 0, ended.stderr);
  assertStringIncludes(ended.stdout, "held      plain: ");
});

Deno.test("doctor --step gives the least permissions that would have done", async () => {
  await using world = await World.make({
    unattended: true,
    files: {
      "main.ts": 'Deno.readTextFileSync("src/in.txt"); Deno.osRelease();',
      "src/in.txt": "in",
      "lib/x.txt": "x",
    },
    steps: {
      main: {
        deno: ["run", "main.ts"],
        permissions: { read: ["src", "lib"], sys: true },
      },
      native: { run: ["true"] },
    },
  });
  assertEquals((await world.execute()).status, 0);
  const { stdout } = await world.must(["doctor", "--step", "main"]);
  assertStringIncludes(stdout, "granted 3, used 2; not used: read lib");
  assertStringIncludes(
    stdout,
    '"permissions": {\n  "read": [\n    "src"\n  ],\n  "sys": [\n    "osRelease"\n  ]\n}',
  );
  const unknown = await world.writ(["doctor", "--step", "native"]);
  assertEquals([unknown.status, codeOf(unknown)], [2, "reference.unknown"]);
});

/** A line of what `doctor --json` found. */
interface Found {
  what: string;
  good: boolean | null;
  found: string;
  hint: string | null;
}

/** What doctor found, by line, and how it ended. */
async function look(
  doctor: Promise<Ended>,
): Promise<{ status: number; rows: Record<string, Found> }> {
  const { status, stdout } = await doctor;
  const { checks }: { checks: Found[] } = JSON.parse(stdout);
  return {
    status,
    rows: Object.fromEntries(checks.map((row) => [row.what, row])),
  };
}

Deno.test("doctor says of a fresh workspace that there is no ledger yet, and makes none", async () => {
  await using world = await World.make();
  const before = world.everything();
  const { status, rows } = await look(world.writ(["doctor", "--json"]));
  assertEquals(status, 0);
  assertEquals([rows.ledger.good, rows.ledger.found], [true, "none yet"]);
  assertEquals(world.everything(), before);
});

const ledgers: [
  name: string,
  harm: (state: string, older: string) => void | Promise<void>,
  code: string,
][] = [
  [
    "is no database",
    (state) => Deno.writeTextFile(join(state, "ledger/ledger.kv"), "garbage"),
    "ledger.corrupt",
  ],
  [
    "is a folder",
    (state) => {
      const file = join(state, "ledger/ledger.kv");
      Deno.removeSync(file);
      Deno.mkdirSync(file);
    },
    "store.unwritable",
  ],
  [
    "is gone",
    (state) => Deno.remove(join(state, "ledger/ledger.kv")),
    "ledger.rolled_back",
  ],
  [
    "is gone with its folder",
    (state) => Deno.remove(state, { recursive: true }),
    "ledger.rolled_back",
  ],
  [
    "is empty",
    (state) => Deno.truncate(join(state, "ledger/ledger.kv")),
    "ledger.rolled_back",
  ],
  [
    "was restored from an older copy",
    (state, older) => putBack(older, state),
    "ledger.rolled_back",
  ],
];
Deno.test("doctor exits with 3 where the ledger is not what a run would go on with", async (t) => {
  await using world = await World.make({
    unattended: true,
    steps: { plain: { run: ["true"] } },
  });
  const state = await world.stateOfLedger();
  const [older, newest] = [
    join(world.root, "older"),
    join(world.root, "newest"),
  ];
  await world.must(["execute", "pipeline.json"]);
  await copyTree(state, older);
  await world.must(["execute", "pipeline.json"]);
  await copyTree(state, newest);

  await t.step(
    "control: what the runs left is good, and stays as it is",
    async () => {
      const before = world.everything();
      const { status, rows } = await look(world.writ(["doctor", "--json"]));
      assertEquals([status, rows.ledger.good], [0, true]);
      assert(/^[1-9][0-9]* entries$/.test(rows.ledger.found));
      assertEquals(world.everything(), before);
    },
  );
  for (const [name, harm, code] of ledgers) {
    await t.step(`it ${name}, and stays as it is`, async () => {
      await putBack(newest, state);
      await harm(state, older);
      const before = world.everything();
      const { status, rows } = await look(world.writ(["doctor", "--json"]));
      assertEquals([status, rows.ledger.good], [3, false]);
      assertEquals(world.everything(), before);
      // It says what a run is refused with.
      const ended = await world.execute();
      refused(ended, code);
      assertStringIncludes(ended.stderr, rows.ledger.found);
      assertStringIncludes(ended.stderr, rows.ledger.hint!);
    });
  }
});

Deno.test("doctor does not wait for a ledger that is a pipe", async () => {
  await using world = await World.make({ unattended: true });
  const file = join(await world.stateOfLedger(), "ledger/ledger.kv");
  await Deno.mkdir(dirname(file), { recursive: true });
  const made = await new Deno.Command("mkfifo", { args: [file] }).output();
  assert(made.success);
  const { status, rows } = await look(world.writ(["doctor", "--json"]));
  assertEquals([status, rows.ledger.good], [3, false]);
  assertStringIncludes(rows.ledger.found, "a file was expected");
});

Deno.test({
  name:
    `doctor shows every other line where the config folder cannot be read${LACKS_USER_NAMESPACE}`,
  ignore: LACKS_USER_NAMESPACE !== "",
  fn: async () => {
    await using world = await World.make();
    const doctor = () =>
      look(
        writIn(["--map-user=64321", "--map-group=64321"], [], [
          "doctor",
          "--json",
        ], { cwd: world.workspace, home: world.ann.home }),
      );
    const goods = (rows: Record<string, Found>) =>
      ["sandbox", "keys", "in force", "ledger"].map((what) => rows[what].good);
    const before = await doctor();
    assertEquals([before.status, goods(before.rows)], [0, [
      true,
      true,
      true,
      true,
    ]]);
    Deno.chmodSync(world.ann.config, 0o000);
    const { status, rows } = await doctor();
    Deno.chmodSync(world.ann.config, 0o700);
    assertEquals([status, goods(rows)], [3, [true, false, false, false]]);
    assertStringIncludes(rows.ledger.found, "the system does not let you");
  },
});

const BWRAP: Backend = {
  name: "bubblewrap",
  version: "1",
  isolation: "namespaces",
  path: "/usr/bin/bwrap",
  abi: 0,
  mechanisms: ["cgroup-v2-memory"],
};
const KERNEL: Backend = { ...BWRAP, name: "landlock", isolation: "kernel" };
const FAILED = ["bubblewrap 1: No permissions to create new namespace"];
const fixes: [
  name: string,
  backends: Backend[],
  failures: string[],
  files: Record<string, string>,
  fix: RegExp | null,
][] = [
  ["everything holds", [BWRAP, KERNEL], [], {}, null],
  ["bubblewrap is not installed on Debian", [KERNEL], [], {
    "/etc/os-release": "NAME=x\nID=debian",
  }, /^sudo apt-get install bubblewrap$/],
  ["bubblewrap is not installed on what is like Fedora", [KERNEL], [], {
    "/etc/os-release": 'ID=strange\nID_LIKE="rhel fedora"',
  }, /^sudo dnf install bubblewrap$/],
  [
    "bubblewrap is not installed elsewhere",
    [KERNEL],
    [],
    {},
    /^install bubblewrap/,
  ],
  ["no user namespaces are allowed", [KERNEL], FAILED, {
    "/proc/sys/user/max_user_namespaces": "0",
  }, /^sudo sysctl -w user\.max_user_namespaces=15000$/],
  ["Debian's own setting forbids them", [KERNEL], FAILED, {
    "/proc/sys/kernel/unprivileged_userns_clone": "0",
  }, /^sudo sysctl -w kernel\.unprivileged_userns_clone=1$/],
  ["AppArmor forbids them", [KERNEL], FAILED, {
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1",
  }, /apparmor_parser/],
  [
    "a container forbids them",
    [KERNEL],
    FAILED,
    { "/.dockerenv": "" },
    /^let the container/,
  ],
  ["nobody knows why", [KERNEL], FAILED, {}, /^it says: No permissions/],
  ["Landlock is not booted with", [BWRAP], [], {
    "/sys/kernel/security/lsm": "lockdown,yama",
  }, /^boot with lsm=landlock,lockdown,yama$/],
  ["the kernel is too old for Landlock", [BWRAP], [], {}, /^use Linux 5\.13/],
  [
    "no cgroup can be made",
    [{ ...BWRAP, mechanisms: [] }, KERNEL],
    [],
    {},
    /^systemd-run --user --scope/,
  ],
];
for (const [name, backends, failures, files, fix] of fixes) {
  Deno.test(`the fix is exact where ${name}`, () => {
    const [first] = fixesFor(backends, failures, (path) => files[path] ?? null);
    if (fix === null) assertEquals(first, undefined);
    else assert(fix.test(first.fix), first.fix);
  });
}
