/**
 * Tries the acts on daemons where `/run` is a folder of its own, and prints a line a try.
 *
 * @module
 */
import { BACKENDS } from "../support/sandbox.ts";
import { SERVICES } from "./services.ts";
import { tryFree, tryUnder } from "./try_act.ts";

for (const act of SERVICES.acts) {
  if (act.needs?.some((lack) => lack !== null)) continue;
  const tries = { free: await tryFree(act) };
  for (const { name, backend } of BACKENDS) {
    if (backend !== null) {
      Object.assign(tries, { [name]: await tryUnder(backend, act) });
    }
  }
  console.log(JSON.stringify({ id: act.id, tries }));
}
