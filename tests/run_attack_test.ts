/**
 * What whoever may write the workspace, and no more, can try against an approved pipeline:
 * refused, or without effect, and nothing lies where it should not.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { treeRoot } from "../src/core/tree.ts";
import type { Digest } from "../src/core/digest.ts";
import { copyTree, putBack } from "./support/copy_tree.ts";
import { runProgram } from "./support/run_writ.ts";
import { Running } from "./support/running.ts";
import { refused, runOf, TRUST, World } from "./support/world.ts";

const sh = (
  script: string,
  ...words: string[]
) => ["sh", "-c", script, ...words];

const STEPS = {
  make: {
    run: sh("cat src/in.txt > dist/out.txt"),
    permissions: { read: ["src"], write: ["dist/out.txt"] },
  },
};

const made = () =>
  World.make({ steps: STEPS, files: { "src/in.txt": "in\n" } });

/** A rule that lets everything be approved by nobody. */
const PERMIT_ALL = `
@id("all") @reason("all")
permit (principal, action, resource);
`;

/** What is done to the workspace, and the refusal of whoever then approves or executes. */
const ATTACKS: {
  name: string;
  attack: (world: World) => void | Promise<void>;
  code: string;
}[] = [
  {
    name: "a key of its own in trust.json",
    attack: async (world) => {
      await world.approver("mallory");
    },
    code: "trust.unpinned",
  },
  {
    name: "more time for a key in trust.json",
    attack: (world) =>
      world.changeTrust((trust) => ({
        ...trust,
        keys: trust.keys.map((key) => ({ ...key, notAfter: null })),
        policies: [...trust.policies, `sha256:${"0".repeat(64)}`],
      })),
    code: "trust.unpinned",
  },
  {
    name: "no trust.json",
    attack: (world) => Deno.remove(world.at(TRUST)),
    code: "trust.missing",
  },
  {
    name: "a rule more in a policy file",
    attack: (world) =>
      Deno.writeTextFile(world.at("policies/default.cedar"), PERMIT_ALL, {
        append: true,
      }),
    code: "policy.unpinned",
  },
  {
    name: "one policy file more",
    attack: (world) => world.put({ "policies/more.cedar": PERMIT_ALL }),
    code: "policy.unpinned",
  },
  {
    name: "no policy file, so that Writ's own would hold",
    attack: async (world) => {
      for (const name of ["default.cedar", "writ.cedarschema"]) {
        await Deno.remove(world.at(`policies/${name}`));
      }
    },
    code: "policy.unpinned",
  },
  {
    name: "policies behind a link",
    attack: async (world) => {
      await Deno.rename(world.at("policies"), world.at("mine"));
      await Deno.symlink("mine", world.at("policies"));
    },
    code: "policy.invalid",
  },
  {
    name: "a .writ that leads elsewhere",
    attack: (world) => plant(world, ".writ"),
    code: "workspace.unsafe",
  },
  {
    name: "a .writ/runs that leads elsewhere",
    attack: (world) => plant(world, ".writ/runs"),
    code: "workspace.unsafe",
  },
  {
    name: "a .writ/publish that leads elsewhere",
    attack: (world) => plant(world, ".writ/publish"),
    code: "workspace.unsafe",
  },
];

Deno.test("with an approved pipeline", async (t) => {
  await using world = await made();
  const outside = join(world.root, "outside");
  const kept = join(world.root, "kept");
  await Deno.mkdir(outside);
  await world.approve();
  await copyTree(world.workspace, kept);
  for (const { name, attack, code } of ATTACKS) {
    await t.step(
      `${name}: neither approved nor executed (${code})`,
      async () => {
        await attack(world);
        refused(await world.execute(), code);
        refused(
          await world.writ([
            ...["approve", "pipeline.json", "--yes"],
            ...["--passphrase-file", world.ann.passphrase],
          ]),
          code,
        );
        assertEquals(world.text("dist/out.txt"), null);
        assertEquals([...Deno.readDirSync(outside)], []);
        await putBack(kept, world.workspace);
      },
    );
  }
  await t.step(
    "what was approved runs, once all that is put right",
    async () => {
      await world.must(["execute", "pipeline.json"]);
      assertEquals(world.text("dist/out.txt"), "in\n");
      refused(await world.execute(), "ticket.used");
      await world.checkLedger();
    },
  );
});

/** Puts a link to a folder outside the workspace in the place of a folder. */
async function plant(world: World, path: string): Promise<void> {
  const at = world.at(path);
  await Deno.rename(at, `${world.root}/aside`).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.symlink(join(world.root, "outside"), at);
}

Deno.test("a folder of bundles that becomes a link while the run is on takes no bundle outside", async () => {
  await using world = await World.make({
    steps: { wait: { run: ["sleep", "2"] } },
    unattended: true,
  });
  const outside = join(world.root, "outside");
  await Deno.mkdir(outside);
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("wait started");
  await Deno.mkdir(world.at(".writ"), { recursive: true });
  await plant(world, ".writ/runs");
  const ended = await running.ended;
  refused(ended, "workspace.unsafe");
  const run = runOf(ended);
  assertStringIncludes(ended.stderr, `--resume ${run}`);
  assertEquals([...Deno.readDirSync(outside)], []);

  await Deno.remove(world.at(".writ/runs"));
  await world.must(["execute", "pipeline.json", "--resume", run]);
  assertEquals((await world.verify(run)).status, 0);
});

Deno.test("a deno.json of the workspace chooses neither Writ's code nor its tasks", async () => {
  await using world = await made();
  const evil = `console.log("evil"); Deno.exit(0);`;
  world.put({
    "evil.ts": evil,
    "evil/deno.json": JSON.stringify({
      name: "@writ/writ",
      version: "0.1.0",
      exports: { "./cli": "../evil.ts" },
    }),
    "deno.json": JSON.stringify({
      links: ["./evil"],
      imports: {
        "@writ/writ/cli": "./evil.ts",
        "zod": "./evil.ts",
      },
      tasks: { execute: "deno run evil.ts", approve: "deno run evil.ts" },
      nodeModulesDir: "auto",
    }),
    "package.json": JSON.stringify({ imports: { "#x": "./evil.ts" } }),
  });
  // The control: whoever lets the workspace choose gets its code.
  for (const words of [["run", "@writ/writ/cli"], ["task", "execute"]]) {
    const chosen = await runProgram(Deno.execPath(), words, {
      cwd: world.workspace,
      home: world.ann.home,
    });
    assertEquals(chosen.stdout, "evil\n", chosen.stderr);
  }
  refused(await world.execute(), "ticket.missing");
  await world.approve();
  await world.must(["execute", "pipeline.json"]);
  assertEquals(world.text("dist/out.txt"), "in\n");
});

Deno.test("a task that a step calls is part of what was approved", async () => {
  const tasks = (build: string) => ({
    "deno.json": JSON.stringify({ tasks: { build } }),
  });
  await using world = await World.make({
    steps: {
      build: {
        run: ["deno", "task", "build"],
        permissions: { read: ["deno.json"] },
        env: { DENO_NO_UPDATE_CHECK: "1" },
        stdout: "built.txt",
      },
    },
    files: tasks("echo approved"),
  });
  await world.approve();
  world.put(tasks("echo evil"));
  const ended = await world.execute();
  refused(ended, "ticket.missing");
  assertStringIncludes(ended.stderr, '"deno.json" changed');
  world.put(tasks("echo approved"));
  await world.must(["execute", "pipeline.json"]);
  assertEquals(world.text("built.txt"), "approved\n");
});

Deno.test("what becomes of a material while the run is on does not run", async () => {
  await using world = await World.make({
    steps: {
      wait: { run: ["sleep", "1"] },
      use: {
        run: ["sh", "src/code.sh"],
        needs: ["wait"],
        permissions: { read: ["src"] },
        stdout: "said.txt",
      },
    },
    files: { "src/code.sh": "echo approved\n" },
  });
  await world.approve();
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("wait started");
  world.put({ "src/code.sh": "echo evil\n" });
  const { status, stderr } = await running.ended;
  assertEquals(status, 0, stderr);
  assertEquals(world.text("said.txt"), "approved\n");

  const refusal = await world.execute();
  refused(refusal, "ticket.missing");
  assertStringIncludes(refusal.stderr, '"src/code.sh" changed');
  await world.approve();
  await world.must(["execute", "pipeline.json"]);
  assertEquals(world.text("said.txt"), "evil\n");
});

Deno.test("a material that is swapped all the time is what was hashed, or the plan is refused", async () => {
  await using world = await World.make({
    steps: {
      sum: {
        run: ["sha256sum", "src/in.bin"],
        permissions: { read: ["src/in.bin"] },
        stdout: "sum.txt",
      },
    },
    files: { "src/in.bin": "" },
    unattended: true,
  });
  let going = true;
  const swapping = (async () => {
    for (let n = 0; going; n++) {
      await Deno.writeTextFile(world.at("next"), `${n % 2}`.repeat(300_000));
      await Deno.rename(world.at("next"), world.at("src/in.bin"));
      // In place too: the same inode with other bytes.
      await Deno.writeTextFile(
        world.at("src/in.bin"),
        `${n % 7}`.repeat(200_000),
      );
    }
  })();
  try {
    for (let round = 0; round < 5; round++) {
      const ended = await world.execute();
      if (ended.status !== 0) {
        refused(ended, "plan.changed_while_read");
        continue;
      }
      const sum = world.text("sum.txt")!.slice(0, 64);
      const { receipts } = await world.show();
      const [material] = receipts.find(({ type }) => type === "step.finished")!
        .body.materials!;
      const digest: Digest = `sha256:${sum}`;
      assertEquals(
        material.tree,
        treeRoot([{ path: ".", mode: "100644", digest }]),
      );
    }
  } finally {
    going = false;
    await swapping;
  }
});

Deno.test("a parent of a product that becomes a link while the step runs takes nothing outside", async () => {
  await using world = await World.make({
    steps: {
      make: {
        run: sh("sleep 1; echo new > dist/sub/out.txt"),
        permissions: { write: ["dist/sub/out.txt"] },
      },
    },
    files: { "dist/sub/out.txt": "old\n" },
  });
  const outside = join(world.root, "outside");
  await Deno.mkdir(outside);
  await Deno.writeTextFile(join(outside, "out.txt"), "precious\n");
  await world.approve();
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("make started");
  await Deno.rename(world.at("dist/sub"), world.at("dist/aside"));
  await Deno.symlink(outside, world.at("dist/sub"));
  const ended = await running.ended;
  refused(ended, "publish.unsafe");
  const run = runOf(ended);
  assertStringIncludes(ended.stderr, `--resume ${run}`);
  assertEquals(
    await Deno.readTextFile(join(outside, "out.txt")),
    "precious\n",
  );
  refused(await world.execute(), "ticket.used");

  await Deno.remove(world.at("dist/sub"));
  await Deno.rename(world.at("dist/aside"), world.at("dist/sub"));
  await world.must(["execute", "pipeline.json", "--resume", run]);
  assertEquals(world.text("dist/sub/out.txt"), "new\n");
  assertEquals((await world.verify(run)).status, 0);
  refused(await world.execute(), "ticket.used");
});
