/**
 * A stranger with keys, a ledger and a Writ of their own in the same workspace: what they sign
 * counts for nobody else, and their copy of Writ judges nothing here.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { copyTree, putBack } from "./support/copy_tree.ts";
import { cleanEnv, runProgram } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";
import {
  codeOf,
  type Person,
  refused,
  runOf,
  TRUST,
  World,
} from "./support/world.ts";

const STEPS = {
  make: { run: ["echo", "made"], stdout: "dist/out.txt" },
};

/**
 * What a stranger does to have all of it: trust and policy of their own in the place of those
 * that are in force, put in force for themselves, and taken away again at the end.
 */
async function asStranger(
  world: World,
  act: (stranger: Person) => Promise<void>,
): Promise<Person> {
  const kept = join(world.root, "policies");
  const stranger = world.person("mallory");
  await copyTree(world.at("policies"), kept);
  await Deno.remove(world.at(TRUST));
  for (const [name, text] of Object.entries(DEFAULT_POLICY.files)) {
    world.put({ [`policies/${name}`]: text });
  }
  const setup = await world.writ([
    ...["setup", "--owner", "mallory"],
    ...["--passphrase-file", stranger.passphrase],
  ], stranger);
  assertEquals(setup.status, 0, setup.stderr);
  await act(stranger);
  await copyTree(world.at("policies"), join(world.root, "foreign"));
  await putBack(kept, world.at("policies"));
  return stranger;
}

Deno.test("a ticket of a stranger's key is no leave under the trust in force", async () => {
  await using world = await World.make({ steps: STEPS });
  const stranger = await asStranger(world, async (stranger) => {
    await world.approve(["--out", "foreign.json"], stranger);
  });
  const ended = await world.execute(["--ticket", "foreign.json"]);
  assertEquals(ended.status, 3, ended.stderr);
  assertEquals(codeOf(ended), "ticket.decision");
  // For the stranger the trust in force is not theirs either.
  refused(await world.execute([], stranger), "trust.unpinned");
  assertEquals(world.text("dist/out.txt"), null);

  // The control: the same file by a key that is trusted.
  await world.approve(["--out", "own.json"]);
  await world.must(["execute", "pipeline.json", "--ticket", "own.json"]);
  assertEquals(world.text("dist/out.txt"), "made\n");
});

Deno.test("a bundle of a stranger is not true for a reader with their own trust", async () => {
  await using world = await World.make({ steps: STEPS });
  let run = "";
  await asStranger(world, async (stranger) => {
    await world.approve([], stranger);
    run = runOf(await world.must(["execute", "pipeline.json"], stranger));
  });
  const foreign = join(world.root, "foreign", "trust.json");
  const bundle = `.writ/runs/${run}`;
  const asked = await world.verify(bundle);
  assertEquals(asked.status, 4, asked.stdout);
  // Its own trust lies in the bundle, and proves nothing by itself.
  const alone = await world.writ(["verify", bundle]);
  assertEquals(alone.status, 4, alone.stdout);
  assertStringIncludes(alone.stdout, "UNKNOWN");

  // The control: whoever trusts the stranger finds it in order.
  assertEquals((await world.verify(bundle, foreign)).status, 0);
  await world.approve();
  await world.must(["execute", "pipeline.json"]);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("a stranger's bundle in the place of one's own is found out", async () => {
  await using world = await World.make({ steps: STEPS });
  await world.approve();
  const own = runOf(await world.must(["execute", "pipeline.json"]));
  let foreign = "";
  await asStranger(world, async (stranger) => {
    await world.approve([], stranger);
    foreign = runOf(await world.must(["execute", "pipeline.json"], stranger));
  });
  await putBack(
    world.at(`.writ/runs/${foreign}`),
    world.at(`.writ/runs/${own}`),
  );
  assertEquals((await world.verify(`.writ/runs/${own}`)).status, 4);
});

Deno.test("a copy of Writ inside the workspace does not judge it", async (t) => {
  await using world = await World.make({ steps: STEPS });
  const inside = world.at("vendor/writ");
  await copyWrit(inside);
  const outside = join(world.root, "writ");
  await copyWrit(outside);
  await world.approve(["--uses", "9"]);
  await world.must(["execute", "pipeline.json"]);
  const judging = [
    ["execute", "pipeline.json"],
    [
      ...["approve", "pipeline.json", "--yes"],
      ...["--passphrase-file", world.ann.passphrase],
    ],
    ["verify", "latest", "--trust", TRUST],
  ];
  const run = (code: string, words: string[]) =>
    runProgram(Deno.execPath(), [
      ...["run", "--quiet", "-A", "--no-prompt"],
      ...["--config", `${code}/deno.json`, `${code}/src/cli/main.ts`],
      ...words,
    ], {
      cwd: world.workspace,
      home: world.ann.home,
      env: cleanEnv(world.ann.home),
    });
  for (const words of judging) {
    await t.step(`${words[0]} refuses, without --dev`, async () => {
      refused(await run(inside, words), "code.inside_workspace");
      const dev = await run(inside, [...words, "--dev"]);
      assertEquals(dev.status, 0, dev.stderr);
      assertStringIncludes(dev.stderr, "may change the judge");
    });
    await t.step(`${words[0]} does its work from a copy outside`, async () => {
      const { status, stderr } = await run(outside, words);
      assertEquals(status, 0, stderr);
    });
  }
  await t.step("a link to it from outside does not help", async () => {
    const link = join(world.root, "linked");
    await Deno.symlink(inside, link);
    for (const words of judging) {
      refused(await run(link, words), "code.inside_workspace");
    }
  });
});

/** What of this repository the command line needs. */
async function copyWrit(to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const parts = [
    "deno.json",
    "deno.lock",
    "src",
    "links",
    "policies",
    "examples",
  ];
  for (const part of parts) await copyTree(`${ROOT}/${part}`, `${to}/${part}`);
}
