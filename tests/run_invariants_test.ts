/**
 * What a runner finds before it seals, from outside: in the receipt, in the answer, in the outcome.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { BEFORE_SEAL } from "../src/verify/before_seal.ts";
import { World } from "./support/world.ts";

/** A step whose list of hosts is held by Deno's flags alone, which the receipt says. */
const WEAK = {
  deno: ["run", "a.ts"],
  permissions: { read: ["a.ts"], net: ["example.org:443"] },
};

function pipeline(require: string[]): Record<string, string> {
  return {
    "a.ts": "console.log(1);\n",
    "deno.json": "{}\n",
    "pipeline.json": JSON.stringify({
      name: "work",
      require,
      steps: { weak: WEAK },
    }),
  };
}

async function sealedOf(world: World) {
  const { receipts } = await world.show();
  return (receipts.at(-1)!.body as unknown as {
    outcome: string;
    invariants: { id: string; verdict: string; codes: string[] }[];
  });
}

Deno.test("a run that nothing more is asked of is ok with a warning", async () => {
  await using world = await World.make({ files: pipeline([]) });
  await world.approve();
  const ended = await world.execute();
  assertEquals(ended.status, 0, ended.stderr);
  const { outcome, invariants } = await sealedOf(world);
  assertEquals(outcome, "ok");
  assertEquals(
    invariants.map(({ id }) => id),
    BEFORE_SEAL.map(({ id }) => id),
  );
  assertEquals(invariants.filter(({ verdict }) => verdict !== "PASS"), [{
    id: "evidence.strength",
    verdict: "WARN",
    codes: ["strength.not_enforced"],
  }]);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("a run that lacks what its pipeline requires is sealed as failed, and says why", async () => {
  await using world = await World.make({
    files: pipeline(["evidence.strength"]),
  });
  const dry = await world.must(["run", "pipeline.json"]);
  assert(
    dry.stdout.includes("requires   evidence.strength without a warning"),
    dry.stdout,
  );
  await world.approve();
  const ended = await world.execute(["--json"]);
  assertEquals(ended.status, 1, ended.stderr);
  const result = JSON.parse(ended.stdout);
  assertEquals(result.outcome, "failed");
  assertEquals(result.steps[0].status, "ok");
  assertEquals(result.poison.map(({ id }: { id: string }) => id), [
    "evidence.strength",
  ]);
  assertEquals((await sealedOf(world)).outcome, "failed");
  const verified = await world.verify();
  assertEquals(verified.status, 1, verified.stdout);
  assertEquals(JSON.parse(verified.stdout).verdict, "failed-run");
});
