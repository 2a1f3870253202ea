/**
 * Tests of rows of the trial, each in a project of its own.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { SYSTEM_PATH } from "../../src/plan/system_view.ts";
import type { Backend } from "../../src/sandbox/confinement.ts";
import { hasBundler } from "../support/deno_cache.ts";
import type { Tried } from "../support/trial_world.ts";
import { Workspace } from "../support/workspaces.ts";
import type { TrialRow } from "./row.ts";

/** The first program that a step would not find; `null` when all are here. */
export function lacking(programs: readonly string[]): string | null {
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
export function underBackend(
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
export function textAt(workspace: Workspace, path: string): string | null {
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
export function story({ refused, ended, output }: Tried): string {
  const ends = ended.map(({ step, status, reason, hint }) =>
    `${step} ${status}: ${reason} (${hint})`
  );
  return [refused?.message ?? "not refused", ...ends, output].join("\n");
}

/** What a row should do, it did. */
export function assertDone(
  row: TrialRow,
  workspace: Workspace,
  tried: Tried,
): void {
  assertEquals(tried.outcome, "ok", story(tried));
  for (const [path, holds] of Object.entries(row.products)) {
    assertMatch(textAt(workspace, path) ?? "", holds);
  }
  if (row.prints !== undefined) assertMatch(tried.output, row.prints);
}
