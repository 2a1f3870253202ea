/**
 * What publishing must not lose: what the step was not shown, what is being put back, what another
 * folder of the same path holds, and the new bytes in a power cut.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { GONE, type Left } from "../src/run/publish_staging.ts";
import { publish, recoverPublish } from "../src/run/publish.ts";
import { Publishing } from "../src/run/publishing.ts";
import { type Bench, onBench } from "./support/publish_bench.ts";
import { isThere } from "./support/is_there.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { Running } from "./support/running.ts";
import { runOf, World } from "./support/world.ts";

const UNSEEN: [
  what: string,
  there: Record<string, string>,
  unseen: string[],
][] = [
  ["a file that is denied", { "app/.env": "only copy" }, ["app/.env"]],
  ["a folder that is scratch", { "app/tmp/x": "only copy" }, ["app/tmp/"]],
  ["a repository", { "app/lib/.git/HEAD": "only copy" }, []],
  ["a link of git", { "app/lib/.git": "gitdir: elsewhere" }, []],
];

/** Publishes `app` with a new `app/main`. */
async function publishApp(
  bench: Bench,
  options: Partial<Parameters<typeof publish>[0]> = {},
) {
  await publish({
    workspace: bench.workspace,
    products: [{ path: "app", entries: await bench.entries({ main: "new" }) }],
    blobs: bench.blobs,
    journalPath: bench.journal,
    ...options,
  });
}

/** Publishes it as a runner that is killed when all is moved, before it has said so. */
async function killedWhenMoved(bench: Bench, journalPath = bench.journal) {
  await bench.kill((pause) =>
    publishApp(bench, {
      journalPath,
      pause: (point) => point === "journal: moved" ? pause(point) : undefined,
    }), 0);
}

for (const [what, there, unseen] of UNSEEN) {
  Deno.test(`a product does not take away ${what}, which its step was not shown`, () =>
    onBench(async (bench) => {
      const before = { "app/main": "old", ...there };
      bench.lay(bench.workspace, before);
      const error = await rejectsWith(
        "publish.unsafe",
        () => publishApp(bench, { unseen }),
      );
      assertStringIncludes(error.message, "which the step was not shown");
      assertEquals(bench.tree, before);
      bench.assertClean();
      // The control: once it lies elsewhere the product is published.
      Deno.renameSync(`${bench.workspace}/app`, `${bench.workspace}/away`);
      bench.lay(bench.workspace, { "app/main": "old" });
      await publishApp(bench, { unseen });
      assertEquals(bench.tree["app/main"], "new");
    }));
}

Deno.test("a step that writes a folder with a file that it is denied ends without its product, and the file stays", async () => {
  await using world = await World.make({
    unattended: true,
    files: { "app/main": "old\n", "app/.env": "PASSWORD=only copy\n" },
    steps: {
      s: {
        run: ["sh", "-c", "test ! -e app/.env && echo new > app/main"],
        permissions: { read: ["app"], write: ["app"], deny: ["app/.env"] },
      },
    },
  });
  const ended = await world.execute();
  assertEquals(ended.status, 3, ended.stderr);
  assertStringIncludes(ended.stderr, "app/.env");
  assertEquals(world.text("app/.env"), "PASSWORD=only copy\n");
  assertEquals(world.text("app/main"), "old\n");
});

Deno.test("what somebody changes while a step writes a folder in its place is not taken away", async () => {
  const files = { "app/main": "old\n", "app/other": "old\n" };
  await using world = await World.make({
    unattended: true,
    files,
    steps: {
      s: {
        run: ["sh", "-c", "echo up; sleep 2; echo new > app/main"],
        permissions: { read: ["app"], write: ["app"] },
      },
    },
  });
  for (
    const [path, text] of [["app/other", "mine\n"], ["app/fresh", "mine\n"]]
  ) {
    const running = new Running(world.start(["execute", "pipeline.json"]));
    await running.said("s | up");
    world.put({ [path]: text });
    const ended = await running.ended;
    assertEquals(ended.status, 3, ended.stderr);
    assertStringIncludes(ended.stderr, `"${path}" was changed while`);
    assertEquals(world.text(path), text);
    assertEquals(world.text("app/main"), "old\n");
    // Once the change lies elsewhere the run goes on, and what the step wrote comes.
    world.put(files);
    if (path === "app/fresh") Deno.removeSync(world.at(path));
    await world.must(["execute", "pipeline.json", "--resume", runOf(ended)]);
    assertEquals(world.text("app/main"), "new\n");
    world.put(files);
  }
});

Deno.test("an undo that is cut off while it tidies up loses nothing of what it has put back", () =>
  onBench(async (bench) => {
    const before = { "app/main": "old", "b": "old b" };
    bench.lay(bench.workspace, before);
    const products = [
      { path: "app", entries: await bench.entries({ main: "new" }) },
      { path: "b", entries: await bench.entries({ ".": "new b" }) },
    ];
    await bench.kill((pause) =>
      publishApp(bench, {
        products,
        pause: (point) => point === "act: move b" ? pause(point) : undefined,
      }), 0);
    assertEquals(bench.tree["app/main"], "new");
    const { remove } = Deno;
    const cut = Promise.withResolvers<void>();
    // Some of what was new is gone, and then the process.
    Deno.remove = (path) => {
      Deno.removeSync(`${path}/new/0`, { recursive: true });
      cut.resolve();
      return new Promise(() => {});
    };
    try {
      void bench.recover();
      await cut.promise;
    } finally {
      Deno.remove = remove;
    }
    await bench.recover();
    assertEquals(bench.tree, before);
    bench.assertClean();
  }));

Deno.test("what was there before and cannot be removed is told, and keeps nobody from publishing", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, { "app/main": "old" });
    using publishing = new Publishing(bench.state, bench.workspace);
    const products = [
      { path: "app", entries: await bench.entries({ main: "new" }) },
    ];
    const { remove } = Deno;
    Deno.remove = (path, options) =>
      `${path}`.endsWith(GONE)
        ? Promise.reject(new Deno.errors.PermissionDenied("no"))
        : remove(path, options);
    try {
      await publishing.publish("run_1", "s", products, bench.blobs);
      assertEquals(bench.tree, { "app/main": "new" });
      const [[path, why]] = publishing.left;
      assertStringIncludes(why, "cannot be removed: no");
      assertEquals(Deno.readTextFileSync(`${path}/old/0/main`), "old");
      await publishing.settle();
      await publishing.publish("run_2", "s", products, bench.blobs);
    } finally {
      Deno.remove = remove;
    }
    // Once it can be, it is.
    await publishing.settle();
    for (const path of publishing.left.keys()) assert(!isThere(path), path);
  }));

Deno.test("another folder that has the workspace's path since is not changed by an undo", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, { "app/main": "old" });
    await killedWhenMoved(bench);
    await Deno.rename(bench.workspace, `${bench.folder}/away`);
    await Deno.mkdir(bench.workspace);
    const fresh = { "app/main": "of a fresh clone", "app/mine": "mine" };
    bench.lay(bench.workspace, fresh);
    const error = await rejectsWith("publish.unsafe", () => bench.recover());
    assertStringIncludes(error.hint!, "put the folder of then back");
    assertEquals(bench.tree, fresh);
    // The control: in the folder of then it is undone.
    await Deno.remove(bench.workspace, { recursive: true });
    await Deno.rename(`${bench.folder}/away`, bench.workspace);
    assertEquals(await bench.recover(), "undone");
    assertEquals(bench.tree, { "app/main": "old" });
  }));

Deno.test("what somebody changed in a product of a killed runner is kept when that is undone", () =>
  onBench(async (bench) => {
    for (const isChanged of [true, false]) {
      bench.lay(bench.workspace, { "app/main": "old" });
      using publishing = new Publishing(bench.state, bench.workspace);
      await killedWhenMoved(bench, publishing.journalOf("run_1", "s"));
      const later = new Date(Date.now() + 5_000);
      if (isChanged) {
        bench.lay(bench.workspace, { "app/main": "edited", "app/mine": "m" });
        Deno.utimeSync(`${bench.workspace}/app/main`, later, later);
      }
      await publishing.settle();
      assertEquals(bench.tree, { "app/main": "old" });
      const left = [...publishing.left.keys()];
      assertEquals(left.length, isChanged ? 1 : 0);
      // Whoever settles next leaves it, too.
      await publishing.settle();
      for (const path of left) {
        assertEquals(Deno.readTextFileSync(`${path}/new/0/main`), "edited");
        assertEquals(Deno.readTextFileSync(`${path}/new/0/mine`), "m");
      }
    }
  }));

Deno.test("what is new is on disk before what is old goes", () =>
  onBench(async (bench) => {
    // The workspace's own folder is there already.
    await publishApp(bench);
    const done: string[] = [];
    const { open, remove } = Deno;
    const name = (path: string | URL) =>
      `${path}`.replace(bench.folder, "").replace(/[0-9a-f-]{36}/, "ID");
    Deno.open = async (path, options) => {
      const file = await open(path, options);
      const sync = file.sync.bind(file);
      file.sync = () => {
        done.push(`sync ${name(path)}`);
        return sync();
      };
      return file;
    };
    Deno.remove = (path, options) => {
      done.push(`remove ${name(path)}`);
      return remove(path, options);
    };
    try {
      await publishApp(bench, {
        pause: (point) => {
          if (point.startsWith("journal")) done.push(point);
        },
      });
    } finally {
      Deno.open = open;
      Deno.remove = remove;
    }
    const staging = "/state/publish/ID";
    // Those of one phase go side by side.
    assertEquals(
      done.join("\n").split(/^journal: /m).map((phase) =>
        phase.trim().split("\n").sort()
      ),
      [
        [""],
        [
          "building",
          `sync ${staging}/new`,
          `sync ${staging}/new/0`,
          `sync ${staging}/new/0/main`,
        ],
        [
          "moving",
          `sync ${staging}/new`,
          `sync ${staging}/old`,
          "sync /workspace",
        ].sort(),
        ["moved", `remove ${staging}.gone`],
      ],
    );
  }));

Deno.test("what is left of an undo is told as well", () =>
  onBench(async (bench) => {
    bench.lay(bench.workspace, { "app/main": "old" });
    await killedWhenMoved(bench);
    const { remove } = Deno;
    const left: Left[] = [];
    Deno.remove = (path, options) =>
      `${path}`.endsWith(GONE)
        ? Promise.reject(new Deno.errors.PermissionDenied("no"))
        : remove(path, options);
    try {
      await recoverPublish(bench.journal, bench.workspace, {
        leave: (one) => left.push(one),
      });
    } finally {
      Deno.remove = remove;
    }
    assertEquals(bench.tree, { "app/main": "old" });
    assertEquals(left.map(({ path }) => path.endsWith(GONE)), [true]);
  }));
