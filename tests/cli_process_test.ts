/**
 * The command line as a process: where it stands, who listens, who interrupts, what it may.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import {
  codeInside,
  findWorkspace,
  guardOwnCode,
  locatePipeline,
} from "../src/cli/workspace.ts";
import { Terminal } from "../src/cli/terminal.ts";
import { shimText } from "../src/cli/write_shim.ts";
import { cleanEnv, runProgram, runWrit } from "./support/run_writ.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { ROOT } from "./support/source_files.ts";
import { codeOf, World } from "./support/world.ts";

const MAIN = `${ROOT}/src/cli/main.ts`;

/** Runs a test in a fresh folder with a workspace, `work`, and a home, `home`. */
function inPlace(
  name: string,
  act: (work: string, home: string) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const place = await Deno.realPath(await Deno.makeTempDir());
    try {
      for (const folder of ["work/.writ", "work/deep/er", "home"]) {
        await Deno.mkdir(join(place, folder), { recursive: true });
      }
      await act(join(place, "work"), join(place, "home"));
    } finally {
      await Deno.remove(place, { recursive: true });
    }
  });
}

inPlace(
  "a task of this repository works on the user's folder",
  async (work, home) => {
    const { status, stdout } = await runProgram(Deno.execPath(), [
      "task",
      "--quiet",
      "--config",
      `${ROOT}/deno.json`,
      "writ",
      "policy",
      "check",
      "--json",
    ], { cwd: join(work, "deep/er"), home });
    assertEquals(status, 0);
    assertEquals(JSON.parse(stdout).workspace, work);
  },
);

inPlace(
  "elsewhere INIT_CWD is somebody else's business",
  async (work, home) => {
    const { stdout } = await runWrit(["policy", "check", "--json"], {
      cwd: work,
      home,
      env: { INIT_CWD: "/" },
    });
    assertEquals(JSON.parse(stdout).workspace, work);
  },
);

inPlace("without HOME a command that needs it says so", async (work, home) => {
  const ended = await runWrit(["keys", "list"], {
    cwd: work,
    home,
    env: { HOME: "" },
  });
  assertEquals(ended.status, 2);
  assertStringIncludes(ended.stderr, "neither HOME nor XDG_CONFIG_HOME is set");
});

inPlace("without HOME the version can be asked for", async (work, home) => {
  const options = { cwd: work, home, env: { HOME: "" } };
  assertEquals((await runWrit(["--version"], options)).status, 0);
});

inPlace(
  "a missing permission is named, whoever left it out",
  async (work, home) => {
    const start = (flags: string[]) =>
      runProgram(Deno.execPath(), [
        "run",
        "--quiet",
        "--no-prompt",
        "--config",
        `${ROOT}/deno.json`,
        ...flags,
        MAIN,
        "keys",
        "new",
        "k",
        "--open",
        "--owner",
        "ada",
      ], { cwd: work, home });
    const without = await start(["--allow-read", "--allow-env"]);
    assertEquals(without.status, 3);
    assertStringIncludes(without.stderr, "error[writ.permission]");
    assertStringIncludes(without.stderr, "--allow-write");
    assertEquals(
      (await start(["--allow-read", "--allow-env", "--allow-write"])).status,
      0,
    );
  },
);

inPlace("a reader that goes away is no fault", async (work, home) => {
  const { status, stdout, stderr } = await runProgram("/bin/sh", [
    "-c",
    `deno run --quiet --no-prompt --config ${ROOT}/deno.json --allow-read ${MAIN} help execute | head -n 1; echo "$?"`,
  ], { cwd: work, home });
  assertEquals({ status, stderr }, { status: 0, stderr: "" });
  assertStringIncludes(stdout, "writ execute: ");
});

inPlace("Ctrl-C ends a command that waits", async (work, home) => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-prompt",
      "--config",
      `${ROOT}/deno.json`,
      MAIN,
      "keys",
      "new",
      "k",
      "--owner",
      "ada",
      "--passphrase-file",
      "-",
    ],
    cwd: work,
    clearEnv: true,
    env: { ...cleanEnv(home), WRIT_DEBUG: "1" },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  // It is asked again until it listens: a signal that comes earlier ends it, too.
  const ask = setInterval(() => child.kill("SIGINT"), 600);
  const { code } = await child.status;
  clearInterval(ask);
  await child.stdin.close();
  assert([130].includes(code), String(code));
});

inPlace(
  "a workspace is the nearest folder with .writ or .git",
  async (work) => {
    assertEquals(await findWorkspace(join(work, "deep/er")), { root: work });
    await Deno.writeTextFile(join(work, "deep/.git"), "gitdir: elsewhere\n");
    assertEquals(await findWorkspace(join(work, "deep/er")), {
      root: join(work, "deep"),
    });
  },
);

inPlace("a pipeline is found where it really lies", async (work, home) => {
  const file = join(work, "deep/p.json");
  await Deno.writeTextFile(file, "{}");
  const found = { root: work, file, pipeline: "deep/p.json" };
  assertEquals(await locatePipeline("deep/p.json", work), found);
  assertEquals(await locatePipeline("../p.json", join(work, "deep/er")), found);
  await Deno.symlink(file, join(home, "link.json"));
  assertEquals(await locatePipeline("link.json", home), found);
});

inPlace("what is no plain file is no pipeline", async (work) => {
  await Deno.symlink("loop", join(work, "loop"));
  await Deno.symlink("gone", join(work, "dangling"));
  await Deno.writeTextFile(join(work, "file"), "");
  await new Deno.Command("mkfifo", { args: [join(work, "fifo")] }).output();
  for (
    const name of ["missing", "deep", "loop", "dangling", "fifo", "file/p.json"]
  ) {
    const error = await rejectsWith(
      "input.unreadable",
      () => locatePipeline(name, work),
    );
    assertStringIncludes(error.message, `the pipeline "${name}"`);
  }
});

inPlace(
  "a judge that lies in the workspace refuses, unless it is its own",
  async (work) => {
    const main = `file://${work}/deep/main.ts`;
    await Deno.writeTextFile(join(work, "deep/main.ts"), "");
    const terminal = new Terminal({
      json: false,
      stderr: silent,
      stdout: silent,
    });
    const judge = (dev: boolean) =>
      guardOwnCode({ root: work }, { main, dev, terminal });
    assertEquals(await codeInside({ root: work }, main), true);
    assertEquals(await codeInside({ root: work }, import.meta.url), false);
    assertEquals(await codeInside({ root: work }, "https://jsr.io/x"), false);
    await rejectsWith("code.inside_workspace", () => judge(false));
    await judge(true);
  },
);

const silent = {
  writeSync: (bytes: Uint8Array) => bytes.length,
  isTerminal: () => false,
};

/** Runs a command of a shell in a world's workspace, `writ` in it being the program. */
async function inShell(world: World, line: string) {
  const program = join(world.root, "writ");
  await Deno.writeTextFile(program, shimText(Deno.execPath(), ROOT));
  await Deno.chmod(program, 0o755);
  return await runProgram("sh", ["-c", line.replaceAll("writ", program)], {
    cwd: world.workspace,
    home: world.ann.home,
  });
}

Deno.test("an answer that cannot be written is told as that, and what was done is done", async () => {
  await using world = await World.make({
    unattended: true,
    steps: { hi: { run: ["echo", "hi"], stdout: "hi.txt" } },
  });
  const full = await inShell(
    world,
    "writ execute pipeline.json >/dev/full",
  );
  assertEquals([full.status, codeOf(full)], [74, "output.unwritable"]);
  assertStringIncludes(full.stderr, "sealed as ok\nerror[output.unwritable]");
  assertStringIncludes(full.stderr, "what was asked for has been done");
  assertEquals(world.text("hi.txt"), "hi\n");
  assertEquals((await world.verify()).status, 0);
});

Deno.test("a refusal whose document cannot be written is told as that refusal", async () => {
  await using world = await World.make({
    steps: { hi: { run: ["echo", "hi"], stdout: "hi.txt" } },
  });
  for (
    const [line, status, code] of [
      ["writ execute pipeline.json --json", 3, "ticket.missing"],
      ["writ verify run_nothing --json", 2, "reference.unknown"],
      ["writ exceute --json", 2, "usage.invalid"],
    ] as const
  ) {
    // The control: with room for it the document says the same.
    const told = await inShell(world, line);
    assertEquals([told.status, JSON.parse(told.stdout).error.code], [
      status,
      code,
    ]);
    const full = await inShell(world, `${line} >/dev/full`);
    assertEquals([full.status, codeOf(full)], [status, code], full.stderr);
    assertStringIncludes(full.stderr, "warning: Cannot write the answer");
    assert(!full.stderr.includes("has been done"), full.stderr);
  }
  assertEquals(world.text("hi.txt"), null);
});

Deno.test("talk that cannot be written ends nothing", async () => {
  await using world = await World.make({
    unattended: true,
    steps: { hi: { run: ["echo", "hi"], stdout: "hi.txt" } },
  });
  const full = await inShell(world, "writ execute pipeline.json 2>/dev/full");
  assertEquals(full.status, 0, full.stderr);
  assertStringIncludes(full.stdout, "  ok  (1 ok)\n");
  // Whom --as names as a kind and a name, --actor finds as both.
  await world.execute(["--as", "human:bo"]);
  for (const actor of ["bo", "human:bo"]) {
    const log = await world.must(["log", "--actor", actor, "--json"]);
    assertEquals(JSON.parse(log.stdout).runs.length, 1, actor);
  }
});
