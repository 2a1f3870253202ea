/**
 * The escape suite's table: what it must hold, and that it is shown as it is tested.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { escapesPage, withEscapes } from "../../docs/write_escapes.ts";
import { ROOT } from "../support/source_files.ts";
import { FAMILIES } from "./table.ts";

const acts = FAMILIES.flatMap(({ acts }) => acts);

Deno.test("docs/escapes.md is written from the acts", async () => {
  assertEquals(
    await Deno.readTextFile(join(ROOT, "docs/escapes.md")),
    escapesPage(),
  );
});

Deno.test("README.md counts the acts", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  assertEquals(text, withEscapes(text));
});

Deno.test("there are more than eighty acts that a backend stops", () => {
  const stopped = acts.filter(({ under }) =>
    [under.bubblewrap, under.landlock].some(({ claim }) => claim === "stopped")
  );
  assert(stopped.length >= 80, `${stopped.length}`);
});

Deno.test("no two acts have one name", () => {
  for (const key of ["id", "what"] as const) {
    assertEquals(new Set(acts.map((act) => act[key])).size, acts.length);
  }
});

Deno.test("bubblewrap stops whatever Landlock stops, or gives it in a namespace of its own", () => {
  const weaker = acts.filter(({ under }) =>
    under.landlock.claim === "stopped" &&
    under.bubblewrap.claim === "not covered"
  );
  assertEquals(weaker.map(({ id }) => id), []);
});
