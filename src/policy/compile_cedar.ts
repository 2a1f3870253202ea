/**
 * Compiles the policy engine ahead of the first question.
 *
 * Edge: reads the engine's own file.
 *
 * @module
 */

/** The package as `deno.json` has it: a published module's names are not looked up there. */
const CEDAR = "npm:@cedar-policy/cedar-wasm@4.13.0/web";

/** Cedar, compiled off the main thread. */
export async function compileCedar(): Promise<WebAssembly.Module> {
  const file = new URL("cedar_wasm_bg.wasm", import.meta.resolve(CEDAR));
  return await WebAssembly.compile(await Deno.readFile(file));
}
