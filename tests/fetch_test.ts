/**
 * Steps that fill caches of packages, and steps that are given them, from outside and under each
 * backend. The registry is on the loopback of this machine.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path/dirname";
import type { PipelineFile } from "../src/pipeline/file_form.ts";
import { NpmRegistry } from "./support/npm_registry.ts";
import { BACKENDS } from "./support/sandbox.ts";
import { TrialWorld } from "./support/trial_world.ts";
import { story } from "./trial/under_backend.ts";
import { Workspace } from "./support/workspaces.ts";

type Steps = PipelineFile["steps"];

const PACKAGES = [
  { name: "one", text: 'export default "one";\n' },
  { name: "two", text: 'export default "two";\n' },
];

const READS = [".npmrc", "deno.json", "deno.lock", "main.ts"];

/** Fetches with Deno, and runs what was fetched. */
const DENO_STEPS: Steps = {
  deps: {
    run: ["deno", "cache", "--frozen", "main.ts"],
    fetch: "deno",
    permissions: { read: READS, net: true },
  },
  use: {
    deno: ["run", "main.ts"],
    needs: ["deps"],
    fetched: ["deno"],
    permissions: { read: [".npmrc"], write: ["out.txt"] },
  },
};

/** A project with a lock for the packages as they should be. */
async function project(registry: NpmRegistry): Promise<Workspace> {
  const workspace = new Workspace({
    ".npmrc": `registry=${registry.url}\n`,
    "deno.json": "{}",
    "main.ts":
      'import one from "npm:one@1.0.0";\nimport two from "npm:two@1.0.0";\nDeno.writeTextFileSync("out.txt", `${one} ${two}\\n`);\n',
  });
  await locked(workspace);
  return workspace;
}

/** Lets Deno write the lock, with a cache that is thrown away. */
async function locked({ root }: Workspace): Promise<void> {
  const cache = await Deno.makeTempDir();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "-q", "main.ts"],
    cwd: root,
    clearEnv: true,
    env: { DENO_DIR: cache, HOME: cache, PATH: dirname(Deno.execPath()) },
  }).output();
  await Deno.remove(cache, { recursive: true });
  assert(success, new TextDecoder().decode(stderr));
}

const world = await TrialWorld.open();
Deno.test.afterAll(() => world[Symbol.asyncDispose]());

for (const { name: which, backend } of BACKENDS) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({
      name: `${name} [${which}]${
        backend === null ? `: this machine lacks ${which}` : ""
      }`,
      ignore: backend === null,
      fn,
    });

  test("what a step fetched, a later one runs without a network", async () => {
    await using registry = await NpmRegistry.open(PACKAGES);
    using workspace = await project(registry);
    const tried = await world.try(workspace.root, DENO_STEPS, backend!);
    assertEquals(tried.outcome, "ok", story(tried));
    assertEquals(
      Deno.readTextFileSync(`${workspace.root}/out.txt`),
      "one two\n",
    );
  });

  test("a tarball that is not what the lock says fails the fetch, and nothing enters the cache", async () => {
    await using registry = await NpmRegistry.open(PACKAGES);
    using workspace = await project(registry);
    registry.poisoned.add("two");
    const tried = await world.try(workspace.root, DENO_STEPS, backend!);
    assertEquals(tried.outcome, "failed", story(tried));
    assertEquals(tried.ended.map(({ step, status }) => [step, status]), [
      ["deps", "failed"],
      ["use", "skipped"],
    ]);
    assertStringIncludes(tried.output, "two");
  });
}
