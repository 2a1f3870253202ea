/**
 * Tool roots from outside: nvm's folder, where a root may not lie, and that what is remembered of a
 * tool cannot be made to stand for another.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import type { Digest } from "../src/core/digest.ts";
import { disk } from "../src/plan/disk.ts";
import type { ToolRoots } from "../src/plan/executables.ts";
import { type ToolDigestCache, ToolDigests } from "../src/plan/tool_digests.ts";
import { ToolDigestFile } from "../src/run/tool_digest_file.ts";
import { inFolder } from "./support/in_folder.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Content,
  findProgram as find,
  hashFiles,
  planIn,
  Workspace,
} from "./support/workspaces.ts";
import { codeOf, World } from "./support/world.ts";

const rootsOf = (...roots: string[]): ToolRoots => ({ v: 1, roots });
const SH = { program: "#!/bin/sh\necho node9 of here\n" };

const node = (version: string): Record<string, Content> => ({
  [`versions/node/${version}/bin/node9`]: SH,
  [`versions/node/${version}/bin/npm9`]: { link: "../lib/npm/cli.js" },
  [`versions/node/${version}/lib/npm/cli.js`]: {
    program: "#!/usr/bin/env node9\n",
  },
});

const NVM: Record<string, Content> = {
  ...node("v9.11.2"),
  ...node("v20.1.0"),
  ...node("v20.10.0"),
  ...node("v22.0.0"),
  "alias/default": "lts/*\n",
  "alias/lts/*": "lts/iron\n",
  "alias/lts/iron": "v20.1.0\n",
  "alias/mine": "20\n",
  "alias/round": "round\n",
};

const CHOICES: [
  name: string,
  files: Record<string, Content>,
  version: string,
][] = [
  ["its default, over aliases", {}, "v20.1.0"],
  ["that of .nvmrc", { ".nvmrc": "v9.11.2\n" }, "v9.11.2"],
  ["the newest of a short version", { ".nvmrc": "20" }, "v20.10.0"],
  ["the newest of all", { ".nvmrc": "node\n" }, "v22.0.0"],
  ["that of an alias", { ".nvmrc": "mine # ours\n" }, "v20.10.0"],
];
for (const [name, files, version] of CHOICES) {
  Deno.test(`nvm's folder stands for ${name}`, async () => {
    using nvm = new Workspace(NVM);
    using workspace = new Workspace(files);
    const { executable, located } = await find(
      workspace,
      { argv: ["node9"] },
      { toolRoots: rootsOf(nvm.root) },
    );
    const prefix = `${nvm.root}/versions/node/${version}`;
    assertEquals(executable.tier, "prefix");
    assertEquals(located, {
      program: `${prefix}/bin/node9`,
      roots: [prefix],
      path: [`${prefix}/bin`],
      deno: null,
    });
  });
}

Deno.test("what a Node of nvm brings runs with that Node, and so does what node_modules has", async () => {
  using nvm = new Workspace(NVM);
  using workspace = new Workspace({
    ".nvmrc": "22",
    "node_modules/.bin/build": { link: "../build/cli.js" },
    "node_modules/build/cli.js": { program: "#!/usr/bin/env node9\n" },
  });
  const prefix = `${nvm.root}/versions/node/v22.0.0`;
  for (
    const wish of [
      { argv: ["npm9"] },
      {
        argv: ["node_modules/.bin/build"],
        permissions: { read: ["node_modules"] },
      },
    ]
  ) {
    const { located } = await find(workspace, wish, {
      toolRoots: rootsOf(nvm.root),
    });
    assertEquals(located.roots, [prefix]);
    assertEquals(located.path, [`${prefix}/bin`]);
  }
});

for (
  const [name, nvmrc] of [
    ["that is not there", "18"],
    ["of an alias that is not there", "lts/none"],
    ["of an alias that names itself", "round"],
    ["outside of its folder", "../../../etc/hostname"],
  ]
) {
  Deno.test(`refused: a Node of nvm ${name}`, async () => {
    using nvm = new Workspace(NVM);
    using workspace = new Workspace({ ".nvmrc": nvmrc });
    const error = await rejectsWith(
      "plan.executable_missing",
      () =>
        planIn(workspace, { s: { argv: ["node9"] } }, {
          toolRoots: rootsOf(nvm.root),
        }),
    );
    assertStringIncludes(error.message, "nvm has no Node");
  });
}

Deno.test("a program that no Node has is looked for in the next tool root", async () => {
  using nvm = new Workspace(NVM);
  using other = new Workspace({ "bin/other9": SH });
  using workspace = new Workspace({ ".nvmrc": "18" });
  const { located } = await find(workspace, { argv: ["other9"] }, {
    toolRoots: rootsOf(nvm.root, other.root),
  });
  assertEquals(located.program, `${other.root}/bin/other9`);
});

/** A world with tool roots, and a step that starts a program of one. */
async function withRoot(
  root: (world: World) => string,
): Promise<World> {
  const world = await World.make({
    steps: { s: { run: ["node9"] } },
    unattended: true,
  });
  const at = root(world);
  const program = join(at, "bin/node9");
  Deno.mkdirSync(dirname(program), { recursive: true });
  Deno.writeTextFileSync(program, SH.program, { mode: 0o755 });
  Deno.writeTextFileSync(
    join(world.ann.config, "tools.json"),
    JSON.stringify({ v: 1, roots: [at] }),
  );
  return world;
}

Deno.test("a tool of a root that is apart from everything runs", async () => {
  await using world = await withRoot(({ root }) => join(root, "tools"));
  const ended = await world.execute();
  assertEquals(ended.status, 0, ended.stderr);
  assertStringIncludes(ended.stderr, "s | node9 of here\n");
});

const APART: [name: string, root: (world: World) => string, says: RegExp][] = [
  [
    "lies in the workspace",
    (world) => world.at("tools"),
    /it lies in the workspace/,
  ],
  ["is the workspace", (world) => world.workspace, /it lies in the workspace/],
  ["holds the workspace", (world) => world.root, /it holds the workspace/],
  [
    "lies in the config folder",
    ({ ann }) => join(ann.config, "tools"),
    /it lies in the config folder/,
  ],
  [
    "holds the state folder",
    ({ ann }) => join(ann.home, ".local"),
    /it holds the state folder/,
  ],
  [
    "is a link into the workspace",
    (world) => {
      Deno.mkdirSync(world.at("tools"));
      Deno.symlinkSync(world.at("tools"), join(world.root, "link"));
      return join(world.root, "link");
    },
    /it lies in the workspace/,
  ],
];
for (const [name, root, says] of APART) {
  Deno.test(`refused: a tool root that ${name}`, async () => {
    await using world = await withRoot(root);
    const ended = await world.writ(["run", "pipeline.json"]);
    assertEquals([ended.status, codeOf(ended)], [3, "config.unsafe"]);
    assertMatch(ended.stderr, says);
  });
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A memory of digests, as the runner's is, but for the file. */
function memory(): ToolDigestCache & { hits: number } {
  const kept = new Map<Digest, Digest>();
  return {
    hits: 0,
    read(key) {
      const found = kept.get(key);
      if (found !== undefined) this.hits++;
      return Promise.resolve(found);
    },
    write(key, digest) {
      kept.set(key, digest);
      return Promise.resolve();
    },
  };
}

/** What someone who may write the tool's files can do so that they look as before. */
const DISGUISES: [name: string, change: (file: string) => void][] = [
  ["bytes of the same number, and its old time", (file) => {
    const { mtime } = Deno.statSync(file);
    Deno.writeTextFileSync(file, "evil");
    Deno.utimeSync(file, mtime!, mtime!);
  }],
  ["another file of the same size and time in its place", (file) => {
    const { mtime } = Deno.statSync(file);
    Deno.writeTextFileSync(`${file}.new`, "evil");
    Deno.utimeSync(`${file}.new`, mtime!, mtime!);
    Deno.renameSync(`${file}.new`, file);
  }],
  ["a link to as many bytes", (file) => {
    Deno.removeSync(file);
    Deno.symlinkSync("evil", file);
  }],
  ["nothing", (file) => Deno.removeSync(file)],
  ["a file more", (file) => Deno.writeTextFileSync(`${file}2`, "")],
  ["the bit that makes it a program", (file) => Deno.chmodSync(file, 0o755)],
];
for (const [name, change] of DISGUISES) {
  Deno.test(`a tool with ${name} is another tool, whatever is remembered`, () =>
    inFolder(async (root) => {
      const tool = join(root, "tool");
      await Deno.mkdir(join(tool, "lib"), { recursive: true });
      await Deno.writeTextFile(join(tool, "lib/a"), "good");
      const old = new Date(Date.now() - 60_000);
      await Deno.utime(join(tool, "lib/a"), old, old);
      const cache = memory();
      // As seen a minute from now, so that the files are old enough to be remembered.
      const digest = (minutes: number) =>
        new ToolDigests(
          { ...disk, now: () => Date.now() + minutes * 60_000 },
          hashFiles,
          cache,
        ).tree(tool);
      const first = await digest(1);
      assertEquals(await digest(2), first);
      assertEquals(cache.hits, 1);
      // The time of a change is known in whole seconds, and is all that is left of these.
      if (/old time|same size/.test(name)) await wait(1_100);
      change(join(tool, "lib/a"));
      assertNotEquals(await digest(3), first);
      assertEquals(cache.hits, 1);
    }));
}

Deno.test("what is remembered lies in the state folder, and the least used goes", () =>
  inFolder(async (root) => {
    const digest = (n: number): Digest =>
      `sha256:${n.toString(16).padStart(64, "0")}`;
    const file = await ToolDigestFile.open(root);
    for (let n = 0; n < 10_001; n++) await file.write(digest(n), digest(n));
    assertEquals(await file.read(digest(0)), digest(0));
    await file.save();
    const again = await ToolDigestFile.open(root);
    assertEquals(await again.read(digest(0)), digest(0));
    assertEquals(await again.read(digest(1)), undefined);
    assertEquals(await again.read(digest(10_000)), digest(10_000));
    const { mode } = await Deno.stat(join(root, "tool-digests.json"));
    assertEquals(mode! & 0o777, 0o600);
  }));

Deno.test("a dry run remembers nothing, a run does, and no file of the workspace stands for it", async () => {
  await using world = await withRoot(({ root }) => {
    const tools = join(root, "tools");
    // A prefix: the folder as a whole is the tool.
    Deno.mkdirSync(join(tools, "lib"), { recursive: true });
    Deno.writeTextFileSync(join(tools, "lib/a"), "good");
    return tools;
  });
  // What changed in the last seconds is not remembered.
  await wait(3_200);
  const memory = join(world.ann.state, "tool-digests.json");
  const remembered = () => {
    try {
      return Object.keys(JSON.parse(Deno.readTextFileSync(memory)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  };
  await world.must(["run", "pipeline.json"]);
  assertEquals(remembered(), null);
  assertEquals((await world.execute()).status, 0);
  const keys = remembered();
  assert(keys !== null && keys.length > 0);

  const dry = async () => {
    const { stdout } = await world.must(["run", "pipeline.json"]);
    return /^ {2}plan +(\S+)$/m.exec(stdout)![1];
  };
  const plan = await dry();
  const forged = JSON.stringify(
    Object.fromEntries(keys.map((key) => [key, `sha256:${"0".repeat(64)}`])),
  );
  world.put({
    "tool-digests.json": forged,
    ".writ/tool-digests.json": forged,
    ".local/state/writ/tool-digests.json": forged,
  });
  assertEquals(await dry(), plan);
  // The control: in the state folder, which is the runner's alone, it would be believed.
  Deno.writeTextFileSync(memory, forged);
  assertNotEquals(await dry(), plan);
});
