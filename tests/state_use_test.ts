/**
 * Who uses the state folder: many that plan and run, or one that sweeps.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { stateAlone, useState } from "../src/evidence/state_use.ts";
import { inFolder } from "./support/in_folder.ts";
import { rejectsWith } from "./support/rejects_with.ts";

Deno.test("any number use it at once, and meanwhile nobody has it alone", () =>
  inFolder(async (folder) => {
    const first = await useState(folder);
    const second = await useState(folder);
    assertEquals(stateAlone(folder), null);
    first[Symbol.dispose]();
    assertEquals(stateAlone(folder), null);
    second[Symbol.dispose]();
    const alone = stateAlone(folder);
    assertEquals(alone === null, false);
    assertEquals(stateAlone(folder), null);
    alone![Symbol.dispose]();
  }));

Deno.test("who wants to use it waits for who has it alone", () =>
  inFolder(async (folder) => {
    const alone = stateAlone(folder)!;
    const order: string[] = [];
    const waiting = useState(folder).then((use) => {
      order.push("used");
      use[Symbol.dispose]();
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push("swept");
    alone[Symbol.dispose]();
    await waiting;
    assertEquals(order, ["swept", "used"]);
  }));

Deno.test("it ends with the process that used it", () =>
  inFolder(async (folder) => {
    const script = `
      import { useState } from ${
      JSON.stringify(new URL("../src/evidence/state_use.ts", import.meta.url))
    };
      await useState(${JSON.stringify(folder)});
      console.log("used");
      await new Promise(() => setInterval(() => {}, 1000));
    `;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    assertEquals(stateAlone(folder), null);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    const alone = stateAlone(folder);
    assertEquals(alone === null, false);
    alone![Symbol.dispose]();
  }));

Deno.test("a folder in the place of its file is told", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in-use`);
    await rejectsWith("store.unwritable", () => useState(folder));
    await rejectsWith(
      "store.unwritable",
      () => Promise.try(() => stateAlone(folder)),
    );
  }));
