/**
 * Reads the default policy with the engine and keeps what it finds beside it, so that commands
 * need not: `deno task rules`, after `default.cedar` has changed. A test holds them in step.
 *
 * Edge: files.
 *
 * @module
 */
import { loadCedar } from "../src/policy/cedar.ts";
import { DEFAULT_POLICY, type KeptRule } from "../src/policy/default_policy.ts";
import { parsePolicy } from "../src/policy/parse_policy.ts";

/** The text of `default.rules.json`, as it should be. */
export async function generateRules(): Promise<string> {
  const { rules } = parsePolicy(await loadCedar(), DEFAULT_POLICY);
  const kept: KeptRule[] = rules.map(({ source, ...rule }) => ({
    ...rule,
    start: source.start,
  }));
  return `${JSON.stringify(kept, null, 2)}\n`;
}

if (import.meta.main) {
  await Deno.writeTextFile(
    new URL("default.rules.json", import.meta.url),
    await generateRules(),
  );
}
