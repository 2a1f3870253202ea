/**
 * Writ installed for other projects: a clone makes a program that no workspace can redirect.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path/join";
import {
  COMMAND_NAMES,
  type CommandName,
  PROFILES,
} from "../src/cli/profile.ts";
import { denoFlags } from "../src/cli/task_flags.ts";
import { shimText } from "../src/cli/write_shim.ts";
import { type Ended, runProgram, runWrit } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";
import { codeOf, World } from "./support/world.ts";

Deno.test("the program pins its Deno, its code, its configuration and its lock", () => {
  const lines = shimText("/opt/deno", "/home/o'neil/writ").split("\n");
  assertEquals(
    lines.find((line) => line.startsWith("start() ")),
    `start() { exec /opt/deno run --quiet '--config=/home/o'\\''neil/writ/deno.json' '--lock=/home/o'\\''neil/writ/deno.lock' --frozen "$@"; }`,
  );
  const starts = lines.filter((line) => /\) .*\bstart /.test(line));
  assertEquals(starts.length, COMMAND_NAMES.length + 1);
  for (const line of starts) {
    assert(
      line.endsWith(` '/home/o'\\''neil/writ/src/cli/main.ts' "$@" ;;`),
      line,
    );
  }
});

/** A folder with the program, of a Deno that only says how it was started. */
async function echoing() {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const echo = join(folder, "deno");
  const program = join(folder, "writ");
  await Deno.writeTextFile(echo, `#!/bin/sh\nprintf '%s\\n' "$@"\n`);
  await Deno.writeTextFile(program, shimText(echo, "/writ"));
  await Deno.chmod(echo, 0o755);
  await Deno.chmod(program, 0o755);
  return {
    folder,
    async flags(words: readonly string[], cwd = folder) {
      const { stdout, stderr } = await runProgram(program, words, {
        cwd,
        home: "/home/ann",
      });
      const said = stdout.split("\n").slice(0, -1);
      const main = said.indexOf("/writ/src/cli/main.ts");
      assertEquals(said.slice(main + 1), words, stderr);
      return said.slice(0, main).filter((word) =>
        /^--(allow|deny|no-prompt|v8)/.test(word)
      );
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** The flags of a row, where the home is that of "ann". */
function rowOf(name: CommandName, cwd: string): string[] {
  return denoFlags(PROFILES[name], {
    home: [
      "/dev/null",
      "/home/ann/.config/writ",
      "/home/ann/.local/state/writ",
    ],
    user: cwd,
  });
}

Deno.test("the program starts each command with the flags of its row, and nothing else", async () => {
  await using echo = await echoing();
  for (const name of COMMAND_NAMES) {
    const words = name.split(" ");
    for (
      const line of [
        [...words, "x", "--y"],
        ["--json", ...words],
        [words[0], "--help", ...words.slice(1)],
        [...words, "-h"],
      ]
    ) {
      assertEquals(
        await echo.flags(line),
        rowOf(name, echo.folder),
        line.join(" "),
      );
    }
  }
});

for (
  const words of [
    [],
    ["--version"],
    ["help", "execute"],
    ["keys"],
    ["exceute"],
    ["x", "execute"],
    ["--", "execute"],
    ["execute execute"],
    ["execute*"],
  ]
) {
  Deno.test(`the program starts what is no command without leave to write or run: "${words.join('" "')}"`, async () => {
    await using echo = await echoing();
    assertEquals(await echo.flags(words), rowOf("verify", ""));
  });
}

Deno.test("a folder whose name Deno would take for two is left out of what may be written", async () => {
  await using echo = await echoing();
  const cwd = join(echo.folder, "a,/etc");
  await Deno.mkdir(cwd, { recursive: true });
  const flags = await echo.flags(["approve", "x"], cwd);
  assertEquals(
    flags.filter((flag) => flag.startsWith("--allow-write")),
    ["--allow-write=/dev/null,/home/ann/.config/writ,/home/ann/.local/state/writ"],
  );
});

Deno.test("the program writes where the row says and nowhere else", async () => {
  await using world = await World.make();
  const program = join(world.root, "writ");
  await Deno.writeTextFile(program, shimText(Deno.execPath(), ROOT));
  await Deno.chmod(program, 0o755);
  const here = { cwd: world.workspace, home: world.ann.home };
  await world.must(["log"]);
  const elsewhere = await runProgram(
    program,
    ["log", "export", "../elsewhere"],
    here,
  );
  assertEquals([elsewhere.status, codeOf(elsewhere)], [3, "writ.permission"]);
  await assertRejects(() => Deno.lstat(join(world.root, "elsewhere")));
  const within = await runProgram(program, ["log", "export", "within"], here);
  assertEquals(within.status, 0, within.stderr);
  // Control: whoever is started with more, as by deno task writ, has more, and is told so.
  const broad = await runWrit(["log", "export", "../elsewhere"], {
    ...here,
    all: true,
  });
  assertEquals(broad.status, 0, broad.stderr);
  const told = "Started as this help was, it may write anywhere";
  const help = ["log", "export", "--help"];
  const whole = await runWrit(help, { ...here, all: true });
  assertStringIncludes(whole.stdout, told);
  const narrow = await runProgram(program, help, here);
  assert(!narrow.stdout.includes(told));
});

Deno.test("writ is installed from a clone", async (t) => {
  const place = await Deno.realPath(await Deno.makeTempDir());
  try {
    const home = join(place, "home");
    const work = join(place, "work");
    await Deno.mkdir(home);
    await Deno.mkdir(join(work, ".writ"), { recursive: true });
    // A workspace that names its own module where Writ names one of the standard library.
    await Deno.writeTextFile(
      join(work, "deno.json"),
      `{ "imports": { "@std/path/join": "./mine.ts", "zod": "./mine.ts" } }`,
    );
    await Deno.writeTextFile(
      join(work, "mine.ts"),
      `console.log("replaced"); export const join = () => ""; Deno.exit(9);`,
    );
    const deno = (...args: string[]) =>
      runProgram(Deno.execPath(), args, { cwd: work, home });
    const writ = (...args: string[]): Promise<Ended> =>
      runProgram(join(home, ".deno/bin/writ"), args, { cwd: work, home });

    await t.step("by one task", async () => {
      const { status, stderr } = await deno(
        "task",
        "--config",
        `${ROOT}/deno.json`,
        "install",
      );
      assertEquals(status, 0, stderr);
    });
    await t.step("its permissions are those of the table", async () => {
      const shim = await Deno.readTextFile(join(home, ".deno/bin/writ"));
      for (const flag of ["--no-prompt", "--deny-net", "--deny-ffi"]) {
        assertStringIncludes(shim, flag);
      }
      assert(!/ -A\b|--allow-(all|net|ffi)/.test(shim), shim);
    });
    await t.step(
      "control: the workspace redirects what is run in it",
      async () => {
        const { status, stdout } = await deno(
          "eval",
          `import "@std/path/join"`,
        );
        assertEquals({ status, stdout }, { status: 9, stdout: "replaced\n" });
      },
    );
    await t.step("the workspace does not redirect writ", async () => {
      const { status, stdout, stderr } = await writ("policy", "check");
      assertEquals(status, 0, stderr);
      assert(!stdout.includes("replaced"), stdout);
    });
    await t.step(
      "it judges the workspace without --dev, and speaks of writ",
      async () => {
        await Deno.writeTextFile(
          join(work, "pipeline.json"),
          `{ "name": "one", "steps": { "one": { "run": ["true"] } } }`,
        );
        const { status, stderr } = await writ("execute", "pipeline.json");
        assertEquals(status, 3);
        assertStringIncludes(stderr, "hint: writ setup\n");
      },
    );
  } finally {
    await Deno.remove(place, { recursive: true });
  }
});
