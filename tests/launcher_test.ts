/**
 * The launcher: what it starts, what it passes on, and that nothing is left.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { isWritError, WritError } from "../src/core/errors.ts";
import { confine } from "../src/sandbox/confine.ts";
import { launchUnder } from "../src/sandbox/choose_backend.ts";
import {
  bare,
  Bench,
  processesWith,
  silently,
  underEach,
  withLauncher,
} from "./support/sandbox.ts";
import { confinement, LIMITS, step } from "./support/confinements.ts";
import { launcherAbove, until } from "./support/processes.ts";

const sh = (script: string) => ["sh", "-c", script];
let marks = 0;
/** A number of seconds that no other process sleeps. */
const mark = () => `3${Deno.pid}.${++marks}${Date.now() % 100000}`;

underEach("a step's output and exit code come back", async (bench) => {
  const ran = await bench.run(sh("echo out; echo err >&2; exit 7"));
  assertEquals([ran.out, ran.err, ran.exit, ran.signal, ran.limits], [
    "out\n",
    "err\n",
    7,
    null,
    [],
  ]);
});

underEach("a step reads what it is given on standard input", async (bench) => {
  const text = "x".repeat(300_000);
  const stdin = new TextEncoder().encode(text);
  assertEquals((await bench.run(["cat"], {}, { stdin })).out, text);
});

underEach("without input a step reads the end of it", async (bench) => {
  assertEquals((await bench.run(["cat"])).out, "");
});

underEach(
  "a signal's death is told by its name",
  async (bench) => {
    const { exit, signal } = await bench.run(sh("kill -TERM $$"));
    assertEquals({ exit, signal }, { exit: null, signal: "SIGTERM" });
  },
  { only: "landlock" },
);

underEach(
  "a signal's death is told by its number",
  async (bench) => {
    const { exit, signal } = await bench.run(sh("kill -TERM $$"));
    assertEquals({ exit, signal }, { exit: 143, signal: null });
  },
  { only: "bubblewrap" },
);

underEach("a broken pipe kills quietly", async (bench) => {
  const ran = await bench.run([
    "bash",
    "-c",
    "yes | head -1; echo ${PIPESTATUS[0]}",
  ]);
  assertEquals([ran.out, ran.err], ["y\n141\n", ""]);
});

underEach("a step has three descriptors and no more", async (bench) => {
  // The fourth is that of the listing itself.
  const ran = await bench.run(sh("ls /proc/self/fd"));
  assertEquals(ran.out.trim().split("\n"), ["0", "1", "2", "3"]);
});

underEach("a step leads a session of its own", async (bench) => {
  const ran = await bench.run(sh("cut -d' ' -f7 /proc/self/stat; umask"));
  assertEquals(ran.out, "0\n0022\n");
});

underEach("the output limit ends a step and cuts there", async (bench) => {
  const ran = await bench.run(["yes"], {
    limits: { ...LIMITS, output: 100_000 },
  });
  assertEquals([ran.exit, ran.signal, ran.limits], [null, "SIGKILL", [
    "limit.output",
  ]]);
  assertEquals([ran.out.length, ran.truncated], [100_000, {
    stdout: true,
    stderr: false,
  }]);
});

underEach("output within the limit is not cut", async (bench) => {
  const ran = await bench.run(sh("head -c 99999 /dev/zero; printf x >&2"), {
    limits: { ...LIMITS, output: 100_000 },
  });
  assertEquals([ran.exit, ran.limits, ran.out.length], [0, [], 99_999]);
});

const trees: [name: string, script: (seconds: string) => string][] = [
  ["a child", (s) => `sleep ${s}`],
  ["a background child", (s) => `sleep ${s} & wait`],
  ["a child in a session of its own", (s) => `setsid sleep ${s} & sleep 9`],
  ["a daemon", (s) => `(setsid sh -c 'sleep ${s} &' &) ; sleep 9`],
  ["one that ignores signals", (s) => `trap '' TERM HUP INT; sleep ${s}`],
];
for (const [name, script] of trees) {
  underEach(`the timeout kills the whole tree: ${name}`, async (bench) => {
    const seconds = mark();
    const ran = await bench.run(sh(script(seconds)), {
      limits: { ...LIMITS, timeout: 400, output: 1000 },
    });
    assertEquals([ran.exit, ran.limits], [null, ["limit.timeout"]]);
    assertEquals(await processesWith(seconds), []);
  });
}

const orphans: [name: string, script: (seconds: string) => string][] = [
  ["in its group", (s) => `sleep ${s} & echo done`],
  ["in a session of its own", (s) => `setsid sleep ${s} & echo done`],
  [
    "a daemon without the step's output",
    (s) => `(setsid sleep ${s} >/dev/null 2>&1 </dev/null &); echo done`,
  ],
  [
    "forty daemons",
    (s) =>
      `for i in 0 1 2 3 4 5 6 7 8 9; do for j in a b c d; do (setsid sleep ${s} >/dev/null 2>&1 &); done; done; echo done`,
  ],
];
for (const [name, script] of orphans) {
  underEach(`no process outlives a step: ${name}`, async (bench) => {
    const seconds = mark();
    const ran = await bench.run(sh(script(seconds)));
    assertEquals([ran.out, ran.exit], ["done\n", 0]);
    assertEquals(await processesWith(seconds), []);
  });
}

Deno.test("a process does outlive its parent outside of the sandbox", async () => {
  const seconds = mark();
  await bare(["sh", "-c", `(setsid sleep ${seconds} >/dev/null 2>&1 &)`]);
  const left = await processesWith(seconds);
  for (const pid of left) Deno.kill(pid, "SIGKILL");
  assertEquals(left.length, 1);
});

underEach("one step's end leaves another's daemon alone", async (bench) => {
  const seconds = mark();
  const other = await neighbour(bench);
  let up = () => {};
  const started = new Promise<void>((resolve) => up = resolve);
  const stop = new AbortController();
  const long = other.run(
    sh(`(setsid sleep ${seconds} >/dev/null 2>&1 &); echo up; sleep 20`),
    {},
    { seen: () => up(), signal: stop.signal },
  );
  await started;
  await bench.run(sh("(setsid sleep 30 >/dev/null 2>&1 &); true"));
  const alive = await processesWith(`sleep\0${seconds}`);
  stop.abort();
  await long;
  assertEquals(alive.length, 1);
  assertEquals(await processesWith(seconds), []);
});

underEach("a step can be ended from outside", async (bench) => {
  const stop = new AbortController();
  const seconds = mark();
  const ran = await bench.run(sh(`echo up; sleep ${seconds}`), {}, {
    signal: stop.signal,
    seen: () => stop.abort(),
  });
  assertEquals([ran.out, ran.exit, ran.signal, ran.limits], [
    "up\n",
    null,
    "SIGKILL",
    [],
  ]);
  assertEquals(await processesWith(seconds), []);
});

underEach(
  "a step that was ended before it began comes to nothing",
  async (bench) => {
    const seconds = mark();
    const end = await bench.run(sh(`sleep ${seconds}; echo up`), {}, {
      signal: AbortSignal.abort(),
    }).then(
      ({ out, signal }) => `${out}${signal}`,
      (error) => isWritError(error) ? error.code : error,
    );
    // Where starting takes a while it is not even begun.
    assert(["SIGKILL", "sandbox.launch"].includes(end), end);
    assertEquals(await processesWith(seconds), []);
  },
);

underEach(
  "a step whose output cannot be taken is ended for that",
  async (bench) => {
    const seconds = mark();
    const error = await assertRejects(
      () =>
        bench.run(sh(`echo up; sleep ${seconds}`), {}, {
          seen: () => {
            throw new WritError("store.unwritable", "Cannot write");
          },
        }),
      WritError,
    );
    assertEquals(error.code, "store.unwritable");
    assertEquals(await processesWith(seconds), []);
  },
);

underEach(
  "a step whose requests cannot be taken is ended, and the next one runs",
  async (bench) => {
    await Deno.writeTextFile(
      join(bench.host.stage, "ask.ts"),
      "Deno.readTextFileSync('ask.ts'); for (;;);",
    );
    const error = await assertRejects(
      () =>
        bench.run(["run", "ask.ts"], {
          kind: "deno",
          runtime: {
            ...confine(step({ kind: "deno" })).runtime!,
            read: ["ask.ts"],
          },
        }, {
          audit: () => {
            throw new WritError("store.unwritable", "Cannot write");
          },
        }),
      WritError,
    );
    assertEquals(error.code, "store.unwritable");
    assertEquals((await bench.run(sh("echo up"))).out, "up\n");
  },
);

underEach("closing the launcher kills what runs", async (bench) => {
  const seconds = mark();
  const ended = bench.run(
    sh(`(setsid sleep ${seconds} &); echo up; sleep ${seconds}`),
    {},
    { seen: () => void bench.launcher.close() },
  );
  assertEquals((await ended).signal, "SIGKILL");
  await bench.launcher.close();
  assertEquals(await processesWith(seconds), []);
});

underEach("a step dies when the launcher is killed", async (bench) => {
  const seconds = mark();
  const killed = Promise.withResolvers<void>();
  const ended = bench.run(sh(`echo up; sleep ${seconds}; true`), {}, {
    seen: () => {
      killed.resolve(
        processesWith(seconds).then(([pid]) =>
          Deno.kill(launcherAbove(pid), "SIGKILL")
        ),
      );
    },
  });
  const error = await assertRejects(() => ended, WritError);
  await killed.promise;
  assertEquals(error.code, "sandbox.launch");
  assertMatch(error.message, /the launcher ended by SIGKILL/);
  await gone(seconds);
});

underEach("a step dies when the runner is killed", async (bench) => {
  const seconds = mark();
  const step = confinement({
    argv: [
      "sh",
      "-c",
      `(setsid sleep ${seconds} &); echo up; sleep ${seconds}`,
    ],
  });
  const launch = launchUnder(bench.backend, step, bench.host);
  const runner = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", RUNNER],
    env: { LAUNCH: JSON.stringify({ launch, limits: step.limits }) },
    stdout: "piped",
  }).spawn();
  const reader = runner.stdout.getReader();
  await reader.read();
  // The one in the background may still be on its way.
  await until(async () =>
    (await processesWith(`sleep\0${seconds}`)).length >= 2
  );
  runner.kill("SIGKILL");
  await reader.cancel();
  await runner.status;
  await gone(seconds);
});

underEach("many steps run at once", async (bench) => {
  const benches = [bench, await neighbour(bench)];
  const all = await Promise.all(
    Array.from(
      { length: 24 },
      (_, i) => benches[i % 2].run(sh(`echo ${i}; exit ${i}`)),
    ),
  );
  assertEquals(
    all.map(({ out, exit }) => [out, exit]),
    all.map((_, i) => [`${i}\n`, i]),
  );
});

underEach(
  "a folder that was made anew is the one that is seen",
  async (bench) => {
    await bench.run(sh("echo 1 > old"));
    await Deno.remove(bench.host.stage, { recursive: true });
    await Deno.mkdir(bench.host.stage);
    const ran = await bench.run(sh("ls; echo 2 > new && cat new"));
    assertEquals([ran.out, ran.exit], ["2\n", 0]);
  },
);

const unstartable: [name: string, argv: string[], cwd: string][] = [
  ["a program that is not there", ["/usr/bin/no-such-program"], "."],
  ["a folder that is not there", ["/bin/true"], "no/such/folder"],
  ["a NUL in an argument", ["/bin/true", "a\0b"], "."],
];
for (const [name, argv, cwd] of unstartable) {
  underEach(
    `what cannot be started is no exit code: ${name}`,
    async (bench) => {
      const error = await assertRejects(
        () => bench.run(argv, { cwd }),
        WritError,
      );
      assert(isWritError(error, "sandbox.launch"), error.message);
    },
  );
}

Deno.test("the launcher starts nothing that nothing confines", async () => {
  const error = await withLauncher((launcher) =>
    assertRejects(() =>
      launcher.spawn({
        program: "/bin/true",
        argv: ["true"],
        env: {},
        cwd: "/",
        kernel: null,
        seccompFd: null,
        cgroup: null,
        auditFd: null,
        secrets: null,
        statusFd: null,
        mountPoints: null,
      }, silently(confinement({ argv: ["true"] }).limits)), WritError)
  );
  assert(isWritError(error, "sandbox.launch"));
});

type Kernel = NonNullable<ReturnType<typeof launchUnder>["kernel"]>;
const halfConfined: [name: string, change: (rules: Kernel) => Kernel][] = [
  ["a folder is missing", (rules) => ({
    ...rules,
    paths: [...rules.paths, {
      path: "/no/such/folder",
      access: "4",
      optional: false,
    }],
  })],
  [
    "files are not restricted",
    (rules) => ({ ...rules, handledFs: "0", paths: [] }),
  ],
  ["signals are not kept inside", (rules) => ({ ...rules, scoped: "0" })],
  [
    "the filter is no program",
    (rules) => ({ ...rules, seccomp: btoa("\x07".repeat(8)) }),
  ],
  ["there is no filter", (rules) => ({ ...rules, seccomp: "" })],
  ["the whole machine is allowed", (rules) => ({
    ...rules,
    paths: [...rules.paths, { path: "/", access: "12", optional: false }],
  })],
];
for (const [name, change] of halfConfined) {
  underEach(
    `a step does not start when ${name}`,
    async (bench) => {
      const step = confinement({ argv: ["touch", "started"] });
      const launch = launchUnder(bench.backend, step, {
        ...bench.host,
        program: "/usr/bin/touch",
      });
      const start = (kernel: Kernel) =>
        bench.launcher.spawn({ ...launch, kernel }, silently(step.limits));
      const error = await assertRejects(
        () => start(change(launch.kernel!)),
        WritError,
      );
      assert(isWritError(error, "sandbox.launch"));
      const started = join(bench.host.stage, "started");
      await assertRejects(() => Deno.stat(started), Deno.errors.NotFound);
      await start(launch.kernel!);
      assert((await Deno.stat(started)).isFile);
    },
    { only: "landlock" },
  );
}

/** A second stage beside that of `bench`, under the same launcher. */
async function neighbour(bench: Bench): Promise<Bench> {
  return await Bench.open(
    bench.launcher,
    bench.backend,
    join(bench.folder, "neighbour"),
  );
}

const RUNNER = fromFileUrl(new URL("./support/runner.ts", import.meta.url));

/** Waits until no process sleeps so long. */
function gone(seconds: string): Promise<void> {
  return until(async () => (await processesWith(seconds)).length === 0);
}
