/**
 * The policy engine, started early.
 *
 * @module
 */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { generateRules } from "../policies/generate.ts";
import { runProgram } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";

const at = (path: string) => JSON.stringify(`file://${ROOT}/${path}`);

/** Runs a module in a process of its own, in which no engine is loaded yet. */
async function evaluate(code: string): Promise<string> {
  const data = `data:application/typescript,${encodeURIComponent(code)}`;
  const ended = await runProgram(Deno.execPath(), [
    ...["run", "--quiet", "--config", `${ROOT}/deno.json`, "--allow-read"],
    data,
  ], { cwd: ROOT, home: Deno.env.get("HOME") ?? "/" });
  return ended.stdout + ended.stderr;
}

Deno.test("the engine that is compiled ahead is the one that deno.json names", async () => {
  const config = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  assertStringIncludes(
    await Deno.readTextFile(`${ROOT}/src/policy/compile_cedar.ts`),
    `"${config.imports["@cedar-policy/cedar-wasm"]}/web"`,
  );
});

Deno.test("an engine that was started answers, and is not loaded again", async () => {
  const said = await evaluate(`
    import { loadCedar, startCedar } from ${at("src/policy/cedar.ts")};
    import { compileCedar } from ${at("src/policy/compile_cedar.ts")};
    startCedar(compileCedar());
    const cedar = await loadCedar();
    startCedar(compileCedar());
    console.log((await loadCedar()) === cedar, cedar.getCedarLangVersion());
  `);
  const { getCedarLangVersion } = await import(
    "@cedar-policy/cedar-wasm/nodejs"
  );
  assertEquals(said, `true ${getCedarLangVersion()}\n`);
});

Deno.test("whoever asks an engine that could not be compiled is told why", async () => {
  const { loadCedar, startCedar } = await import(
    `../src/policy/cedar.ts?${crypto.randomUUID()}`
  );
  startCedar(Promise.reject(new Error("no engine")));
  await assertRejects(() => loadCedar(), Error, "no engine");
});

Deno.test("what is kept of the default policy is what the engine reads in it", async () => {
  assertEquals(
    await Deno.readTextFile(`${ROOT}/policies/default.rules.json`),
    await generateRules(),
    "deno task rules writes it anew",
  );
});
