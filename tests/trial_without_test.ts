/**
 * The steps of the trial with one declaration taken away: that is noticed, and what is missing
 * is named.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import type { WritError } from "../src/core/errors.ts";
import type { Backend } from "../src/sandbox/confinement.ts";
import { BACKENDS } from "./support/sandbox.ts";
import { type Ended, TrialWorld, type Tried } from "./support/trial_world.ts";
import type { Workspace } from "./support/workspaces.ts";
import type { Noticed, TrialRow } from "./trial/row.ts";
import { ROWS } from "./trial/rows.ts";
import {
  assertDone,
  story,
  textAt,
  underBackend,
} from "./trial/under_backend.ts";
import {
  type Forgotten,
  forgottenOf,
  names,
  without,
} from "./trial/without.ts";

const world = await TrialWorld.open();
Deno.test.afterAll(() => world[Symbol.asyncDispose]());

/** What a test has at hand when the steps have run. */
interface Case {
  row: TrialRow;
  forgotten: Forgotten;
  place: Workspace;
  tried: Tried;
}

const NOTICED: Record<
  Noticed,
  { name: string; check(found: Case): void }
> = {
  before: {
    name: "refused before anything runs",
    check: ({ tried: { refused, ended }, forgotten }) => {
      assert(refused !== null);
      assertMatch(refused.code, /^(plan|pipeline)\./);
      assertEquals(ended, []);
      assertNames(sentencesOf(refused), forgotten);
    },
  },
  exit: {
    name: "the program's exit is explained",
    check: (found) => assertFailed(found, /^exit [1-9]/),
  },
  stray: {
    name: "its strays are told",
    check: (found) =>
      assertFailed(found, /^it wrote .+, which it did not declare$/),
  },
  changed: {
    name: "what it changed is told",
    check: (found) =>
      assertFailed(found, /^it changed .+, which it may only read$/),
  },
  hint: {
    name: "it ends well and is wrong, as the dry run said before",
    check: ({ row, place, tried, forgotten }) => {
      assertEquals(tried.outcome, "ok", story(tried));
      for (const [path, holds] of Object.entries(row.products)) {
        assertNotMatch(textAt(place, path) ?? "", holds);
      }
      if (row.prints !== undefined) assertNotMatch(tried.output, row.prints);
      assertNames(tried.hints.join("\n"), forgotten);
    },
  },
  printed: {
    name: "what it makes is shown and not kept",
    check: ({ row, place, tried, forgotten }) => {
      assertEquals(tried.outcome, "ok", story(tried));
      assertMatch(tried.output, row.products[forgotten.value]);
      assertEquals(textAt(place, forgotten.value), null);
    },
  },
  harmless: {
    name: "it does the same",
    check: ({ row, place, tried }) => assertDone(row, place, tried),
  },
};

/** The step failed for a reason, nothing else did, and what was forgotten is named. */
function assertFailed({ tried, forgotten }: Case, reason: RegExp): void {
  assertEquals(tried.outcome, "failed", story(tried));
  const failed = tried.ended.filter(({ status }) => status === "failed");
  assertEquals(failed.map(({ step }) => step), [forgotten.step], story(tried));
  assertMatch(failed[0].reason ?? "", reason);
  assertNames(explanationOf(failed[0]), forgotten);
}

function assertNames(text: string, { value }: Forgotten): void {
  assert(names(text, value), `"${value}" is not named in: ${text}`);
}

function explanationOf({ reason, hint }: Ended): string {
  return `${reason}\n${hint}`;
}

function sentencesOf({ message, hint, faults }: WritError): string {
  return [{ message, hint }, ...faults]
    .map((each) => `${each.message}\n${each.hint ?? ""}`).join("\n");
}

/** Which backends a row without a declaration is tried under, and how that is noticed there. */
function noticedUnder(
  row: TrialRow,
  noticed: TrialRow["without"][string],
): { name: Backend["name"]; backend: Backend | null; how: Noticed }[] {
  // What is refused before needs no backend, so one will do.
  if (noticed === "before") {
    const one = BACKENDS.find(({ backend }) => backend !== null) ?? BACKENDS[0];
    return [{ ...one, how: noticed }];
  }
  if (typeof noticed !== "string") {
    return BACKENDS.map((one) => ({ ...one, how: noticed[one.name] }));
  }
  return BACKENDS
    .filter(({ name }) => name !== "landlock" || row.landlock === undefined)
    .map((one) => ({ ...one, how: noticed }));
}

for (const row of ROWS) {
  for (const [declaration, noticed] of Object.entries(row.without)) {
    const forgotten = forgottenOf(declaration);
    const steps = without(row.steps, forgotten);
    for (const { name, backend, how } of noticedUnder(row, noticed)) {
      const title = `${row.name}, without ${declaration}: ${NOTICED[how].name}`;
      underBackend(row, title, [name, backend], async (place, backend) => {
        const tried = await world.try(place.root, steps, backend, row);
        NOTICED[how].check({ row, forgotten, place, tried });
      });
    }
  }
}
