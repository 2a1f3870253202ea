/**
 * Writ installed for other projects: a clone makes a program that no workspace can redirect.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { shimText } from "../src/cli/write_shim.ts";
import { type Ended, runProgram } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";

Deno.test("the program pins its Deno, its code, its configuration and its lock", () => {
  assertEquals(
    shimText("/opt/deno", "/home/o'neil/writ").split("\n").slice(2, 3)[0]
      .replace(/--no-prompt .* '/, "… '"),
    `exec /opt/deno run --quiet '--config=/home/o'\\''neil/writ/deno.json' '--lock=/home/o'\\''neil/writ/deno.lock' --frozen … '/home/o'\\''neil/writ/src/cli/main.ts' "$@"`,
  );
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
