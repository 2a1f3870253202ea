/**
 * Limits of a step: each ends the whole tree and is told by its name; a step that keeps within
 * them is left alone.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { WritError } from "../src/core/errors.ts";
import { cgroupFolders } from "../src/sandbox/cgroup_folders.js";
import type { Backend, StepLimits } from "../src/sandbox/confinement.ts";
import {
  cgroupVersion,
  holdLimits,
  requireLimits,
} from "../src/sandbox/held_limits.ts";
import { LIMITS } from "./support/confinements.ts";
import { BACKENDS, processesWith, underEach } from "./support/sandbox.ts";

const sh = (script: string) => ["sh", "-c", script];
let marks = 0;
/** A number of seconds that no other process sleeps. */
const mark = () => `4${Deno.pid}.${++marks}${Date.now() % 100000}`;

const groups = (limit: "memory" | "processes") =>
  BACKENDS.some(({ backend }) =>
      backend !== null && cgroupVersion(backend, limit) !== null
    )
    ? null
    : `a cgroup for ${limit}`;

/** 200 MiB, written in small pieces. */
const HOG = "head -c 200000000 /dev/zero | tail -c 200000000 | wc -c";
const FORKS = "i=0; while [ $i -lt 40 ]; do sleep 20 & i=$((i+1)); done; wait";
const SPIN = "while :; do :; done";

const exceeded: [
  name: keyof StepLimits,
  limit: number,
  script: string,
  lacks: string | null,
][] = [
  ["memory", 100_000_000, HOG, groups("memory")],
  ["processes", 20, FORKS, groups("processes")],
  ["cpu", 300, SPIN, null],
  ["cpu", 300, `sh -c '${SPIN}' & sh -c '${SPIN}'`, null],
  ["fileSize", 100_000, "head -c 200000 /dev/zero > big", null],
  ["timeout", 300, "sleep 20", null],
  ["output", 1000, "yes", null],
];
for (const [name, limit, script, lacks] of exceeded) {
  underEach(
    `limits.${name} ends the whole tree: ${script}`,
    async (bench) => {
      const seconds = mark();
      const ran = await bench.run(
        sh(`(setsid sleep ${seconds} >/dev/null 2>&1 &); ${script}`),
        { limits: { ...LIMITS, [name]: limit } },
      );
      assertEquals(ran.limits, [`limit.${name}`], ran.err);
      assertEquals(await processesWith(seconds), []);
    },
    { lacks },
  );
  underEach(
    `limits.${name} is not met by a step that keeps within it: ${script}`,
    async (bench) => {
      const ran = await bench.run(sh("echo within > small; exit 3"), {
        limits: { ...LIMITS, [name]: Math.max(limit, 5000) },
      });
      assertEquals([ran.limits, ran.exit], [[], 3], ran.err);
    },
    { lacks },
  );
}

const PYTHON_FILES = `
import time
files = [open("/dev/null") for _ in range(40)]
time.sleep(20)
`;
underEach("limits.openFiles ends the whole tree", async (bench) => {
  const ran = await bench.run([
    "/usr/bin/python3",
    "-c",
    `
import time
files = []
try:
  while True: files.append(open("/dev/null"))
finally:
  time.sleep(20)
`,
  ], { limits: { ...LIMITS, openFiles: 40 } });
  assertEquals(ran.limits, ["limit.openFiles"], ran.err);
});
underEach(
  "limits.openFiles is not met by a step that keeps within it",
  async (bench) => {
    const ran = await bench.run([
      "/usr/bin/python3",
      "-c",
      PYTHON_FILES.replace("20", "0.3"),
    ], { limits: { ...LIMITS, openFiles: 60 } });
    assertEquals([ran.limits, ran.exit], [[], 0], ran.err);
  },
);

underEach(
  "a victim of the memory limit that is not the step's first process is told too",
  async (bench) => {
    const ran = await bench.run(sh(`sh -c '${HOG}'; echo on; exit 0`), {
      limits: { ...LIMITS, memory: 100_000_000 },
    });
    assertEquals(ran.limits, ["limit.memory"], ran.err);
  },
  { lacks: groups("memory") },
);

underEach(
  "the memory limit counts all processes together",
  async (bench) => {
    const one =
      "head -c 40000000 /dev/zero | tail -c 40000000 | { sleep 5; wc -c; }";
    const ran = await bench.run(
      sh(`${one} & ${one} & ${one} & ${one} & wait`),
      {
        limits: { ...LIMITS, memory: 100_000_000 },
      },
    );
    assertEquals(ran.limits, ["limit.memory"], ran.err);
  },
  { lacks: groups("memory") },
);

underEach(
  "without a cgroup an allocation beyond the memory limit fails",
  async (bench) => {
    const bare = withoutGroups(bench.backend);
    const ran = await bench.under(bare).run([
      "/usr/bin/python3",
      "-c",
      "bytearray(300 << 20)",
    ], {
      limits: { ...LIMITS, memory: 100_000_000 },
    });
    assertEquals(ran.exit, 1);
    assert(ran.err.includes("MemoryError"));
    const within = await bench.under(bare).run([
      "/usr/bin/python3",
      "-c",
      "bytearray(10 << 20)",
    ], {
      limits: { ...LIMITS, memory: 100_000_000 },
    });
    assertEquals(within.exit, 0);
  },
);

underEach(
  "without a cgroup the memory of all processes together is looked at",
  async (bench) => {
    const script = `
import os, time
for i in range(4):
  if os.fork() == 0:
    held = b"x" * (60 << 20)
    time.sleep(20)
time.sleep(20)
`;
    const ran = await bench.under(withoutGroups(bench.backend)).run(
      ["/usr/bin/python3", "-c", script],
      { limits: { ...LIMITS, memory: 100_000_000 } },
    );
    assertEquals(ran.limits, ["limit.memory"], ran.err);
  },
);

underEach("a step can not leave or widen its cgroup", async (bench) => {
  const ran = await bench.run(
    sh(
      "ls /proc/self/fd; echo max > /sys/fs/cgroup/memory/memory.limit_in_bytes; mkdir /sys/fs/cgroup/x",
    ),
    { limits: { ...LIMITS, memory: 100_000_000, processes: 20 } },
  );
  assertEquals(ran.out.trim().split("\n"), ["0", "1", "2", "3"]);
  assert(ran.exit !== 0);
}, { lacks: groups("memory") });

underEach("a step's cgroup is gone after it", async (bench) => {
  await bench.run(["true"], {
    limits: { ...LIMITS, memory: 100_000_000, processes: 20 },
  });
  assertEquals(leftGroups(), []);
}, { lacks: groups("memory") });

function leftGroups(): string[] {
  const { memory, pids } = cgroupFolders(
    Deno.readTextFileSync("/proc/self/cgroup"),
    Deno.readTextFileSync("/proc/self/mountinfo"),
  );
  return [...memory, ...pids].flatMap(({ folder }) =>
    [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => {
      const pid = /^writ-(\d+)-/.exec(name)?.[1];
      return pid !== undefined && isChildOfThis(pid);
    })
  );
}

/** Other runs on this machine have groups of their own. */
function isChildOfThis(pid: string): boolean {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ===
    String(Deno.pid);
}

function withoutGroups(backend: Backend): Backend {
  return {
    ...backend,
    mechanisms: backend.mechanisms.filter((name) =>
      !name.startsWith("cgroup-")
    ),
  };
}

const BACKEND: Backend = {
  name: "landlock",
  version: "abi 7",
  isolation: "kernel",
  path: null,
  abi: 7,
  mechanisms: [],
};
const holding: [
  name: string,
  limits: Partial<StepLimits>,
  mechanisms: string[],
  groups: number,
  options: string,
][] = [
  ["nothing", {}, ["cgroup-v2-memory"], 0, ""],
  [
    "both in one group",
    { memory: 1, processes: 1 },
    [
      "cgroup-v2-memory",
      "cgroup-v2-processes",
    ],
    1,
    "",
  ],
  [
    "one group each",
    { memory: 1, processes: 1 },
    [
      "cgroup-v1-memory",
      "cgroup-v1-processes",
    ],
    2,
    "",
  ],
  [
    "one of each version",
    { memory: 1, processes: 1 },
    [
      "cgroup-v1-memory",
      "cgroup-v2-processes",
    ],
    2,
    "",
  ],
  ["a shell's limits", { memory: 4096, processes: 9 }, [], 0, "-d 4 -u 10"],
  [
    "the limits of each process",
    { cpu: 1500, openFiles: 20, fileSize: 1024 },
    [
      "cgroup-v2-memory",
    ],
    0,
    "-t 3 -n 21 -f 3",
  ],
];
for (const [name, limits, mechanisms, count, options] of holding) {
  Deno.test(`limits are held by what there is: ${name}`, () => {
    const held = holdLimits(
      { kind: "run", limits: { ...LIMITS, ...limits } },
      { ...BACKEND, mechanisms },
      1001,
      3,
    );
    assertEquals(held.cgroup?.fds.length ?? 0, count);
    assertEquals(
      held.processLimits.map(({ option, value }) => `${option} ${value}`)
        .join(" "),
      options,
    );
  });
}

const unbound: [
  name: string,
  kind: "run" | "deno",
  limits: Partial<StepLimits>,
  uid: number,
][] = [
  ["the memory of a deno step", "deno", { memory: 1 }, 1001],
  ["the processes of root", "run", { processes: 1 }, 0],
];
for (const [name, kind, limits, uid] of unbound) {
  const require = (mechanisms: string[]) =>
    requireLimits(
      { kind, limits: { ...LIMITS, ...limits } },
      { ...BACKEND, mechanisms },
      uid,
    );
  Deno.test(`${name} is limited by a cgroup or not at all`, () => {
    const error = assertThrows(() => require([]), WritError);
    assertEquals(error.code, "sandbox.cannot_hold");
    require(["cgroup-v2-memory", "cgroup-v2-processes"]);
  });
}

const V2 = "25 1 0:2 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
const folders: [
  name: string,
  groups: string,
  mounts: string,
  memory: string[],
][] = [
  ["a user's service", "0::/user.slice/app.slice/x.scope", V2, [
    "2 /sys/fs/cgroup/user.slice/app.slice/x.scope",
    "2 /sys/fs/cgroup/user.slice/app.slice",
  ]],
  ["the machine's root", "0::/", V2, ["2 /sys/fs/cgroup"]],
  [
    "version 1",
    "4:memory:/a/b\n0::/",
    "31 1 0:3 / /cg/mem\\040ory rw - cgroup c rw,memory",
    [
      "1 /cg/mem ory/a/b",
    ],
  ],
  [
    "a mount of a part",
    "4:memory:/docker/1/x",
    "31 1 0:3 /docker/1 /cg rw - cgroup c rw,memory",
    ["1 /cg/x"],
  ],
  [
    "a mount of another part",
    "4:memory:/docker/12",
    "31 1 0:3 /docker/1 /cg rw - cgroup c rw,memory",
    [],
  ],
  ["none", "", "", []],
];
for (const [name, text, mounts, expected] of folders) {
  Deno.test(`a process finds its cgroups: ${name}`, () => {
    assertEquals(
      cgroupFolders(text, mounts).memory.map(({ version, folder }) =>
        `${version} ${folder}`
      ),
      expected,
    );
  });
}
