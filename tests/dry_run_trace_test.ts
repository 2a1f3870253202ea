/**
 * The dry run, seen from the kernel: it starts no process and makes, opens for writing, moves or
 * marks no file.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { cleanEnv, runProgram, writArguments } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";
import { World } from "./support/world.ts";
import { works } from "./support/works.ts";

const STRACE = await works("strace", "-f", "-qq", "-o", "/dev/null", "true");
const needs = STRACE ? "" : " (ignored: strace does not work here)";

Deno.test({
  name: `the dry run touches nothing${needs}`,
  ignore: !STRACE,
  fn: async () => {
    await using world = await World.make({
      steps: {
        join: {
          run: ["sh", "-c", "cat src/*.txt > dist/all.txt"],
          permissions: { read: ["src"], write: ["dist/all.txt"] },
        },
        deno: { deno: ["run", "main.ts"], needs: ["join"] },
      },
      files: { "src/a.txt": "a\n", "main.ts": "" },
    });
    const options = { cwd: world.workspace, home: world.ann.home };
    const asked = (...words: string[]) => [
      Deno.execPath(),
      ...writArguments(words, options),
    ];
    const dry = await traced(world, asked("run", "pipeline.json"), options.cwd);
    assertEquals(dry.started.length, 1, dry.started.join("\n"));
    assertEquals(dry.changed, []);

    // The controls: the same eyes see what other commands do.
    const request = await traced(
      world,
      asked("request", "pipeline.json"),
      options.cwd,
    );
    assert(request.changed.some((line) => line.includes(".writ/requests")));
    const doctor = await traced(world, asked("doctor"), options.cwd);
    assert(doctor.started.length > 1);
  },
});

Deno.test({
  name:
    `deno task run, on this repository's own release, touches nothing${needs}`,
  ignore: !STRACE,
  fn: async () => {
    await using world = await World.make();
    const dry = await traced(world, [
      ...[Deno.execPath(), "task", "--quiet"],
      ...["run", "examples/release/pipeline.json"],
    ], ROOT);
    assertStringIncludes(dry.stdout, "Nothing was run.");
    // The task shell, and the Deno that it starts.
    assertEquals(dry.started.length, 2, dry.started.join("\n"));
    assertEquals(dry.changed, []);
  },
});

/** What a program did, by the system calls that change files or start programs. */
async function traced(
  world: World,
  words: readonly string[],
  cwd: string,
): Promise<{ stdout: string; started: string[]; changed: string[] }> {
  const log = `${world.root}/strace`;
  const options = { cwd, home: world.ann.home };
  const ended = await runProgram("strace", [
    ...["-f", "-qq", "-o", log],
    ...["-e", "signal=none", "-e", "trace=%process,%file,%network"],
    ...words,
  ], options);
  assertEquals(ended.status, 0, ended.stderr);
  const lines = (await Deno.readTextFile(log)).split("\n");
  await Deno.remove(log);
  // Deno's own caches of what it compiled; no flag of a command reaches them.
  const own = `"${cleanEnv(options.home).DENO_DIR}/`;
  return {
    stdout: ended.stdout,
    // What is looked for along PATH and not found there was not started.
    started: lines.filter((line) =>
      /\bexecve(at)?\(/.test(line) && !line.includes("ENOENT")
    ),
    changed: lines.filter((line) =>
      CHANGING.test(line) && !line.includes(own) &&
      !/"\/(dev|proc)\//.test(line)
    ),
  };
}

/** Calls that make, open for writing, move, remove or mark a file, or reach out. */
const CHANGING = new RegExp(
  "^\\d+ +(" + [
    String.raw`open(at2?)?\(.*\b(O_WRONLY|O_RDWR|O_CREAT|O_TRUNC)\b`,
    String.raw`(creat|truncate|mkdir|mkdirat|rmdir|mknod|mknodat)\(`,
    String.raw`(rename|renameat2?|link|linkat|symlink|symlinkat|unlink)\(`,
    String.raw`(unlinkat|chmod|fchmodat2?|chown|lchown|fchownat)\(`,
    String.raw`(utimensat|setxattr|lsetxattr|mount|bind|connect)\(`,
  ].join("|") + ")",
);
