/**
 * The tasks of deno.json are those of the table, and a process keeps only what its row grants.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { COMMAND_NAMES, PROFILES } from "../src/cli/profile.ts";
import { denoFlags } from "../src/cli/task_flags.ts";
import { withTasks } from "../src/cli/write_tasks.ts";
import { runProgram } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";

Deno.test("the tasks of deno.json are written from the table", async () => {
  const text = await Deno.readTextFile(`${ROOT}/deno.json`);
  assertEquals(JSON.parse(text), JSON.parse(withTasks(text)));
});

for (const name of COMMAND_NAMES) {
  const profile = PROFILES[name];
  Deno.test(`${name} is started without network, libraries and questions`, () => {
    const flags = denoFlags(profile);
    for (const flag of ["--no-prompt", "--deny-net", "--deny-ffi"]) {
      assert(flags.includes(flag));
    }
  });
}

Deno.test("a dry run can neither write nor start anything", () => {
  const flags = denoFlags(PROFILES.run);
  assert(flags.includes("--deny-write"));
  assert(flags.includes("--deny-run"));
  assert(!flags.some((flag) => /^--allow-(write|run|ffi|net|all)/.test(flag)));
});

// What each kind of permission allows, tried for real.
const ACTS = {
  write: `Deno.writeTextFileSync(Deno.args[0], "x")`,
  run:
    `new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync()`,
  net: `Deno.listen({ port: 0, hostname: "127.0.0.1" }).close()`,
  env: `Deno.env.get("SECRET_OF_SOMEONE")`,
  envAll: `Deno.env.toObject()`,
  sys: `Deno.hostname()`,
  ffi: `Deno.dlopen("libc.so.6", {})`,
};

const GRANTED: Record<string, (keyof typeof ACTS)[]> = {
  run: ["env", "envAll"],
  verify: [],
  log: ["write"],
  setup: ["write"],
  execute: ["write", "run", "env", "envAll", "sys"],
};

for (const [name, granted] of Object.entries(GRANTED)) {
  for (const act of Object.keys(ACTS) as (keyof typeof ACTS)[]) {
    const may = granted.includes(act);
    Deno.test(`started with everything, ${name} ${may ? "keeps" : "drops"} ${act}`, async () => {
      const drop =
        `const { PROFILES } = await import("${ROOT}/src/cli/profile.ts");
         const { dropTo } = await import("${ROOT}/src/cli/permissions.ts");
         dropTo(PROFILES["${name}"]);`;
      assertEquals(await attempt(ACTS[act], ""), "done", "the control");
      assertEquals(await attempt(ACTS[act], drop), may ? "done" : "NotCapable");
    });
  }
}

Deno.test("after the drop a named variable can be read, another cannot", async () => {
  const out = await attempt(
    `if (env("HOME") !== Deno.args[1] || env("SECRET_OF_SOMEONE") !== undefined) throw new Error("wrong")`,
    `const { PROFILES } = await import("${ROOT}/src/cli/profile.ts");
     const { dropTo } = await import("${ROOT}/src/cli/permissions.ts");
     const env = dropTo(PROFILES.verify);`,
  );
  assertEquals(out, "done");
});

/** Runs a line of code with every permission, after another; says how it ended. */
async function attempt(code: string, before: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/act.ts`;
    await Deno.writeTextFile(
      file,
      `${before}
       try { ${code}; console.log("done"); }
       catch (error) { console.log((error as Error).name); }
       export {};`,
    );
    const { stdout, stderr } = await runProgram(Deno.execPath(), [
      "run",
      "-A",
      "--no-prompt",
      "--quiet",
      "--config",
      `${ROOT}/deno.json`,
      file,
      `${folder}/written`,
      folder,
    ], { cwd: folder, home: folder, env: { SECRET_OF_SOMEONE: "s" } });
    return stdout.trim() || stderr;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
