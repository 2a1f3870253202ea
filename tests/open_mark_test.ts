/**
 * The marks of runs that were begun in a workspace.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { markOpen } from "../src/run/open_mark.ts";
import { inFolder } from "./support/in_folder.ts";

Deno.test("the first runs of a workspace may be begun at once", () =>
  inFolder(async (root) => {
    const runs = ["run_A", "run_B", "run_C"];
    await Promise.all(runs.map((run) => markOpen(run, root)));
    const names = Array.from(
      Deno.readDirSync(join(root, ".writ/runs")),
      ({ name }) => name,
    );
    assertEquals(
      runs.filter((run) => !names.some((name) => name.endsWith(run))),
      [],
    );
  }));
