/**
 * The steps of the trial, under each backend: in their natural text they do what they should.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { SYSTEM_PATH } from "../src/plan/system_view.ts";
import type { Backend } from "../src/sandbox/confinement.ts";
import { hasBundler } from "./support/deno_cache.ts";
import { BACKENDS } from "./support/sandbox.ts";
import { TrialWorld, type Tried } from "./support/trial_world.ts";
import { Workspace } from "./support/workspaces.ts";
import type { TrialRow } from "./trial/row.ts";
import { ROWS } from "./trial/rows.ts";

const world = await TrialWorld.open();
Deno.test.afterAll(() => world[Symbol.asyncDispose]());

/** The first program that a step would not find; `null` when all are here. */
function lacking(programs: readonly string[]): string | null {
  return programs.find((program) =>
    program === "deno bundle" ? !hasBundler() : !SYSTEM_PATH.some((folder) => {
      const at = program.startsWith("/") ? program : `${folder}/${program}`;
      try {
        return Deno.statSync(at).isFile;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false;
        throw error;
      }
    })
  ) ?? null;
}

/** A test of a row under one backend, in a project of its own. */
function underBackend(
  row: TrialRow,
  name: string,
  [which, backend]: [Backend["name"], Backend | null],
  body: (workspace: Workspace, backend: Backend) => Promise<void>,
): void {
  const lacks = backend === null ? which : lacking(row.programs);
  Deno.test({
    name: `${name} [${which}]${
      lacks === null ? "" : `: this machine lacks ${lacks}`
    }`,
    ignore: lacks !== null,
    fn: async () => {
      using workspace = new Workspace();
      await row.make(workspace);
      await body(workspace, backend!);
    },
  });
}

/** The text of a file, a character a byte; `null` when there is none. */
function textAt(workspace: Workspace, path: string): string | null {
  try {
    return new TextDecoder("latin1").decode(
      Deno.readFileSync(`${workspace.root}/${path}`),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** What a step said and why it ended so: the message of an assertion that does not hold. */
function story({ refused, ended, output }: Tried): string {
  const ends = ended.map(({ step, status, reason, hint }) =>
    `${step} ${status}: ${reason} (${hint})`
  );
  return [refused?.message ?? "not refused", ...ends, output].join("\n");
}

/** What a row should do, it did. */
function assertDone(row: TrialRow, workspace: Workspace, tried: Tried): void {
  assertEquals(tried.outcome, "ok", story(tried));
  for (const [path, holds] of Object.entries(row.products)) {
    assertMatch(textAt(workspace, path) ?? "", holds);
  }
  if (row.prints !== undefined) assertMatch(tried.output, row.prints);
}

for (const row of ROWS) {
  for (const { name: which, backend } of BACKENDS) {
    const differs = which === "landlock" ? row.landlock : undefined;
    if (differs === undefined) {
      underBackend(row, row.name, [which, backend], async (place, backend) => {
        const tried = await world.try(place.root, row.steps, backend, row);
        assertDone(row, place, tried);
      });
    } else if ("refused" in differs) {
      const name = `${row.name}: refused for its ${differs.refused}`;
      underBackend(row, name, [which, backend], async (place, backend) => {
        const { refused, ended } = await world.try(
          place.root,
          row.steps,
          backend,
          row,
        );
        assertEquals(refused?.code, "sandbox.cannot_hold");
        assert(refused!.message.includes(differs.refused), refused!.message);
        assertEquals(ended, []);
      });
    } else {
      const name = `${row.name}: fails, and says so`;
      underBackend(row, name, [which, backend], async (place, backend) => {
        const tried = await world.try(place.root, row.steps, backend, row);
        assertEquals(tried.outcome, "failed");
        assertMatch(tried.output, differs.fails);
      });
    }
  }
}
