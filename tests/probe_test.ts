/**
 * Trying the backends of a machine.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { probe } from "../src/sandbox/probe.ts";
import { BACKENDS, withLauncher } from "./support/sandbox.ts";

const lacking = BACKENDS.flatMap(({ name, backend }) =>
  backend === null ? [name] : []
);
const ignore = lacking.length > 0;
const why = ignore ? `: this machine lacks ${lacking.join(" and ")}` : "";

Deno.test(
  `a run is held by the strongest backend, and no weaker one is tried for it${why}`,
  { ignore },
  () =>
    withLauncher(async (launcher) => {
      const all = await probe(launcher);
      assertEquals(all.backends.map(({ name }) => name), [
        "bubblewrap",
        "landlock",
      ]);
      const kernels: unknown[] = [];
      const counting = Object.create(launcher, {
        offer: { value: launcher.offer },
        spawn: {
          value: (...given: Parameters<typeof launcher.spawn>) => {
            kernels.push(given[0].kernel);
            return launcher.spawn(...given);
          },
        },
      });
      const { backends } = await probe(counting, { strongestOnly: true });
      assertEquals(backends, all.backends.slice(0, 1));
      assert(kernels.length > 0 && kernels.every((kernel) => kernel === null));
    }),
);

Deno.test(
  `where the strongest backend does not hold the next one is tried${why}`,
  { ignore },
  () =>
    withLauncher(async (launcher) => {
      const broken = Object.create(launcher, {
        offer: { value: launcher.offer },
        spawn: {
          value: (...given: Parameters<typeof launcher.spawn>) =>
            given[0].kernel === null
              ? Promise.reject(new Error("no namespaces here"))
              : launcher.spawn(...given),
        },
      });
      const { backends, failures } = await probe(broken, {
        strongestOnly: true,
      });
      assertEquals(backends.map(({ name }) => name), ["landlock"]);
      assert(failures.every((why) => why.endsWith("no namespaces here")));
      assert(failures.length > 0);
    }),
);
