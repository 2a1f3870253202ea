/**
 * What a step has of the system under each backend, and where folders are mounted for it. What it
 * must not get done is in `tests/escape`.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/join";
import { WritError } from "../src/core/errors.ts";
import { program } from "./escape/needs.ts";
import { bare, underEach } from "./support/sandbox.ts";

const sh = (script: string) => ["/bin/sh", "-c", script];

underEach("a call of another ABI ends the step", async (bench) => {
  const { exit, signal } = await bench.run([
    "/usr/bin/perl",
    "-e",
    "syscall(0x40000000 | 39)",
  ]);
  assert(exit === 128 + 31 || signal === "SIGSYS", `${exit} ${signal}`);
}, {
  lacks: Deno.build.arch === "x86_64" ? await program("perl") : "the x32 ABI",
});

for (
  const path of ["/usr", "/etc", "/", "/var", "/proc/sys/kernel/domainname"]
) {
  underEach(`a step does not write to ${path}`, async (bench) => {
    const name = `writ-test-${Deno.pid}`;
    const target = path.startsWith("/proc") ? path : join(path, name);
    const ran = await bench.run(sh(`echo ${name} > ${target}`));
    assert(ran.exit !== 0);
    const seen = await bare(["cat", target]);
    assert(!seen.out.includes(name));
  });
}

for (const name of ["HOME", "TMPDIR"]) {
  underEach(`$${name} is writable and private`, async (bench) => {
    const ran = await bench.run(
      sh(`echo x > "$${name}/file" && cat "$${name}/file"`),
    );
    assertEquals([ran.out, ran.exit], ["x\n", 0]);
  });
}

underEach("the caller's environment does not get in", async (bench) => {
  Deno.env.set("OTEL_WRIT_TEST", "1");
  const ran = await bench.run(["env"], { env: { GIVEN: "a b" } });
  Deno.env.delete("OTEL_WRIT_TEST");
  const names = ran.out.trim().split("\n").map((line) => line.split("=")[0]);
  assertEquals(names.filter((name) => name !== "PWD").sort(), [
    "CI",
    "GIVEN",
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "NO_COLOR",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
  ]);
  assert(ran.out.includes("GIVEN=a b\n"));
});

underEach("a mount goes to a real folder of the stage", async (bench) => {
  const source = bench.outside("source");
  const { stage } = bench.host;
  await Deno.mkdir(source);
  await Deno.writeTextFile(join(source, "file"), "bound");
  await Deno.mkdir(join(stage, "a/b"), { recursive: true });
  const host = { binds: [{ path: "a/b", source }] };
  const ran = await bench.run(sh("cat a/b/file; echo x > a/b/file"), {}, {
    host,
  });
  assertEquals([ran.out, ran.exit], ["bound", 2]);
  assertEquals(await Deno.readTextFile(join(source, "file")), "bound");
}, { only: "bubblewrap" });

const planted: [
  name: string,
  plant: (stage: string, away: string) => Promise<void>,
][] = [
  ["a link", (stage, away) => Deno.symlink(away, join(stage, "a"))],
  ["beneath a link", async (stage, away) => {
    await Deno.mkdir(join(away, "a"));
    await Deno.symlink(away, join(stage, "x"));
  }],
  ["a file", (stage) => Deno.writeTextFile(join(stage, "a"), "")],
  ["nothing", async () => {}],
];
for (const [name, plant] of planted) {
  underEach(`a mount is refused onto ${name}`, async (bench) => {
    const away = bench.outside("away");
    await Deno.mkdir(away);
    await plant(bench.host.stage, away);
    const path = name === "beneath a link" ? "x/a" : "a";
    const host = { binds: [{ path, source: bench.host.home }] };
    const error = await assertRejects(
      () => bench.run(["true"], {}, { host }),
      WritError,
    );
    assertEquals(error.code, "sandbox.launch");
  }, { only: "bubblewrap" });
}
