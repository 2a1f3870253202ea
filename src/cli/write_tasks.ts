/**
 * Writes the tasks of `deno.json` from the table of commands: `deno task tasks`.
 *
 * Edge: reads and writes `deno.json`.
 * @module
 */
import { tasks } from "./task_flags.ts";

/** The text of a `deno.json` with the tasks of the table in the place of its own. */
export function withTasks(text: string): string {
  const config = { ...JSON.parse(text), tasks: tasks() };
  return `${JSON.stringify(config, null, 2)}\n`;
}

if (import.meta.main) {
  const file = new URL("../../deno.json", import.meta.url);
  const before = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, withTasks(before));
}
