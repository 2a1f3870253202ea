/**
 * Makes tests of acts: one a backend, each with the control.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../src/sandbox/confinement.ts";
import { BACKENDS } from "../support/sandbox.ts";
import type { Act, Family, Verdict } from "./act.ts";
import { program, SOME_ROOT } from "./needs.ts";
import { type Outcome, tryFree, tryUnder } from "./try_act.ts";

/** What most acts are written in. */
export const PERL: string | null = await program("perl");

/** What a backend does, in a test's name. */
export const DOES: Record<Verdict["claim"], string> = {
  stopped: "stops",
  refused: "is not asked for",
  "by design": "allows",
  "not covered": "does not cover",
};

/** The tests of a family. */
export function testActs({ acts }: Family): void {
  for (const act of acts) {
    for (const { name, backend } of BACKENDS) {
      const verdict = act.under[name];
      const lacks = [
        backend === null ? name : null,
        PERL,
        act.asRoot ? SOME_ROOT : null,
        ...act.needs ?? [],
        tooOld(act, backend),
      ].find((lack) => lack !== null);
      Deno.test({
        name: `${name} ${DOES[verdict.claim]} ${act.what}${
          lacks === undefined ? "" : `: this machine lacks ${lacks}`
        }`,
        ignore: lacks !== undefined,
        fn: async () => {
          const free = await tryFree(act);
          assert(free.begun && free.done, `the control: ${free.said}`);
          judge(await tryUnder(backend!, act), verdict);
        },
      });
    }
  }
}

function tooOld({ abi = 0 }: Act, backend: Backend | null): string | null {
  return backend?.name === "landlock" && backend.abi < abi
    ? `Landlock of ABI ${abi}`
    : null;
}

/** Whether what came of a try is what was claimed. */
export function judge(
  { refused, begun, done, said }: Outcome,
  { claim }: Verdict,
): void {
  assertEquals(refused, claim === "refused" ? "sandbox.cannot_hold" : null);
  assertEquals(begun, claim !== "refused", `it never began: ${said}`);
  assertEquals(done, claim === "by design" || claim === "not covered", said);
}
