/**
 * The escape suite: daemons of the machine. They are tried by one process, in whose mount namespace
 * the machine's own are not.
 *
 * @module
 */
import { assert } from "@std/assert";
import { BACKENDS } from "../support/sandbox.ts";
import { AS_ROOT, beside, SOME_ROOT } from "./needs.ts";
import { OWN_RUN, SERVICES } from "./services.ts";
import { DOES, judge, PERL } from "./test_acts.ts";
import type { Outcome } from "./try_act.ts";

let trying: Promise<Map<string, Record<string, Outcome>>> | undefined;

async function tryAll() {
  const [program, ...args] = [
    ...AS_ROOT,
    ...["sh", "-c"],
    `mount -t tmpfs tmpfs /run && : > ${OWN_RUN} && mkdir /run/systemd /run/systemd/system && exec "$@"`,
    ...["sh", Deno.execPath(), "run", "-A", "--quiet", beside("in_own_run.ts")],
  ];
  const { success, stdout } = await new Deno.Command(program, {
    args,
    stderr: "inherit",
  }).output();
  assert(success, "the acts were not tried");
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return new Map(
    lines.map((line) => JSON.parse(line)).map(({ id, tries }) => [id, tries]),
  );
}

for (const { id, what, under, needs = [] } of SERVICES.acts) {
  for (const { name, backend } of BACKENDS) {
    const verdict = under[name];
    const lacks = [backend === null ? name : null, PERL, SOME_ROOT, ...needs]
      .find((lack) => lack !== null);
    Deno.test({
      name: `${name} ${DOES[verdict.claim]} ${what}${
        lacks === undefined ? "" : `: this machine lacks ${lacks}`
      }`,
      ignore: lacks !== undefined,
      fn: async () => {
        const tries = (await (trying ??= tryAll())).get(id)!;
        const { free } = tries;
        assert(free.begun && free.done, `the control: ${free.said}`);
        judge(tries[name], verdict);
      },
    });
  }
}
