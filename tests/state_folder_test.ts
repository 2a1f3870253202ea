import { assertEquals, assertRejects } from "@std/assert";
import { type Digest, sha256 } from "../src/core/digest.ts";
import { removeTree } from "../src/evidence/remove_tree.ts";
import { acquireRunLock } from "../src/evidence/run_lock.ts";
import { openState } from "../src/evidence/state_folder.ts";
import { sweepViews } from "../src/evidence/sweep_views.ts";
import { inFolder } from "./support/in_folder.ts";
import { rejectsWith } from "./support/rejects_with.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const root = Deno.uid() === 0;

const LEDGER: Digest = sha256(bytesOf("ledger"));

Deno.test("the state folder is made with all its parts for its owner alone", () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state/writ`, LEDGER);
    assertEquals(state.root, `${folder}/state/writ/${LEDGER.slice(7)}`);
    for (const path of Object.values(state)) {
      const info = await Deno.lstat(path);
      assertEquals([info.isDirectory, info.mode! & 0o777], [true, 0o700]);
    }
    assertEquals(await openState(`${folder}/state/writ`, LEDGER), state);
  }));

for (const part of ["", "/blobs", "/locks"]) {
  Deno.test(`a state folder whose "${part}" is a link is refused`, () =>
    inFolder(async (folder) => {
      const { root } = await openState(`${folder}/state`, LEDGER);
      await Deno.rename(`${root}${part}`, `${folder}/moved`);
      await Deno.symlink(`${folder}/moved`, `${root}${part}`);
      await rejectsWith(
        "workspace.unsafe",
        () => openState(`${folder}/state`, LEDGER),
      );
    }));

  Deno.test(`a state folder whose "${part}" others may write is refused`, () =>
    inFolder(async (folder) => {
      const { root } = await openState(`${folder}/state`, LEDGER);
      await Deno.chmod(`${root}${part}`, 0o777);
      await rejectsWith(
        "workspace.unsafe",
        () => openState(`${folder}/state`, LEDGER),
      );
    }));

  Deno.test(
    `a state folder whose "${part}" belongs to another user is refused (needs root)`,
    {
      ignore: !root,
    },
    () =>
      inFolder(async (folder) => {
        const { root } = await openState(`${folder}/state`, LEDGER);
        await Deno.chown(`${root}${part}`, 12345, 12345);
        await rejectsWith(
          "workspace.unsafe",
          () => openState(`${folder}/state`, LEDGER),
        );
      }),
  );
}

Deno.test("a whole state folder of another user is refused (needs root)", {
  ignore: !root,
}, () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state`, LEDGER);
    for (const path of [`${folder}/state`, ...Object.values(state)]) {
      await Deno.chown(path, 12345, 12345);
    }
    await rejectsWith(
      "workspace.unsafe",
      () => openState(`${folder}/state`, LEDGER),
    );
  }));

Deno.test("the views of dead runs are swept, those of living ones stay until they end, however", () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state`, LEDGER);
    for (const run of ["run_dead", "run_ended", "run_alive"]) {
      await Deno.mkdir(`${state.views}/${run}/s/work`, { recursive: true });
    }
    await Deno.writeTextFile(`${state.locks}/run_ended`, "");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "-A", "-"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(bytesOf(
      `const file = Deno.openSync(${
        JSON.stringify(`${state.locks}/run_alive`)
      }, { write: true, create: true });
       file.lockSync(true);
       console.log("held");
       setInterval(() => {}, 1000);`,
    ));
    await writer.close();
    const reader = child.stdout.getReader();
    assertEquals(textOf((await reader.read()).value!), "held\n");
    assertEquals(await sweepViews(state), ["run_dead", "run_ended"]);
    assertEquals([...Deno.readDirSync(state.views)].map((each) => each.name), [
      "run_alive",
    ]);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    assertEquals(await sweepViews(state), ["run_alive"]);
  }));

Deno.test("a dead run can be taken while what it left is removed", () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state`, LEDGER);
    const run = `run_${"0".repeat(26)}`;
    await Deno.writeTextFile(`${state.locks}/${run}`, "");
    // So many that they are removed off the thread.
    const view = `${state.views}/${run}/s-1/work`;
    await Deno.mkdir(view, { recursive: true });
    for (let n = 0; n < 100; n++) await Deno.writeTextFile(`${view}/${n}`, "");
    const { remove } = Deno;
    let taken = 0;
    Deno.remove = async (path, options) => {
      using lock = await acquireRunLock(state.locks, run);
      // As the run does that goes on.
      await Deno.mkdir(`${state.views}/${run}/s-2`, { recursive: true });
      taken += lock.run === run ? 1 : 0;
      // One that sweeps meanwhile leaves both to whom they belong.
      assertEquals(await sweepViews(state), []);
      await remove(path, options);
    };
    try {
      assertEquals(await sweepViews(state), [run]);
    } finally {
      Deno.remove = remove;
    }
    assertEquals(taken, 1);
    assertEquals(
      [...Deno.readDirSync(state.views)].map(({ name }) => name),
      [run],
    );
  }));

Deno.test("what a sweep that was killed had set aside goes with the next", () =>
  inFolder(async (folder) => {
    const state = await openState(`${folder}/state`, LEDGER);
    await Deno.mkdir(`${state.views}/gone-1/work`, { recursive: true });
    assertEquals(await sweepViews(state), []);
    assertEquals([...Deno.readDirSync(state.views)], []);
  }));

Deno.test("a tree deeper than any path is removed", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/deep`);
    // Deeper than a path may be long, from folders that are moved beneath one another.
    let inner = `${folder}/seed`;
    await Deno.mkdir(inner);
    for (let i = 0; i < 1500; i++) {
      const outer = `${folder}/next${i % 2}`;
      await Deno.mkdir(outer);
      await Deno.rename(inner, `${outer}/dddddddd`);
      inner = outer;
    }
    await Deno.rename(inner, `${folder}/deep/top`);
    await removeTree(`${folder}/deep`);
    await assertRejects(() => Deno.lstat(`${folder}/deep`));
  }));

Deno.test("removing a tree does not follow links", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/kept`);
    await Deno.writeTextFile(`${folder}/kept/file`, "kept");
    await Deno.mkdir(`${folder}/gone`);
    await Deno.symlink(`${folder}/kept`, `${folder}/gone/link`);
    await removeTree(`${folder}/gone`);
    assertEquals(await Deno.readTextFile(`${folder}/kept/file`), "kept");
    await removeTree(`${folder}/gone`);
  }));
