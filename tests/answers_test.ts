/**
 * What `--json` answers is what `schemas/answers/` says.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { generateAnswerSchemas } from "../schemas/generate.ts";
import { World } from "./support/world.ts";
import { validatorsOf } from "./support/strict_ajv.ts";

const schemas = generateAnswerSchemas();
const folder = new URL("../schemas/", import.meta.url);

Deno.test("schemas/answers/ holds what the code says, and no other file", async () => {
  const files = [...Deno.readDirSync(new URL("answers/", folder))]
    .map(({ name }) => `answers/${name}`);
  assertEquals(files.toSorted(), [...schemas.keys()].toSorted());
  for (const [name, text] of schemas) {
    assertEquals(
      await Deno.readTextFile(new URL(name, folder)),
      text,
      "run: deno task schemas",
    );
  }
});

const validators = validatorsOf(schemas);

Deno.test("answers of every kind are as their schemas say, and nothing beside", async () => {
  await using world = await World.make({
    unattended: true,
    files: {
      "hi.ts": "console.log(Deno.readTextFileSync('in.txt'))",
      "in.txt": "x",
    },
    steps: {
      hi: { deno: ["run", "hi.ts"], permissions: { read: ["in.txt"] } },
      out: { run: ["echo", "hi"], stdout: "out.txt", needs: ["hi"] },
    },
  });
  const latest = ["verify", "latest"];
  const asked: [command: string, words: string[], status: number][] = [
    ["error", ["show", "latest"], 2],
    ["run", ["run", "pipeline.json"], 0],
    ["execute", ["execute", "pipeline.json"], 0],
    ["verify", [...latest, "--trust", "policies/trust.json"], 0],
    ["verify", latest, 4],
    ["show", ["show"], 0],
    ["log", ["log"], 0],
    ["log", ["log", "--runs"], 0],
    ["log", ["log", "--verify", "--consistent-with", CHECKPOINT], 0],
    ["error", ["run", "none.json"], 2],
    ["error", ["log", "--limit", "x"], 2],
  ];
  for (const [command, words, status] of asked) {
    const line = words.includes(CHECKPOINT)
      ? [...words.slice(0, -1), await checkpointOf(world)]
      : words;
    const ended = await world.writ([...line, "--json"]);
    assertEquals(ended.status, status, `${line.join(" ")}\n${ended.stderr}`);
    const validate = validators.get(`answers/${command}.schema.json`)!;
    const answer: Record<string, unknown> = JSON.parse(ended.stdout);
    const fits: boolean = validate(answer);
    assert(fits, `${line.join(" ")}\n${JSON.stringify(validate.errors)}`);
    // Control: a key more or less is none of it.
    assert(!validate({ ...answer, more: 1 }), command);
    for (const key of Object.keys(answer)) {
      const { [key]: _, ...less } = answer;
      assert(!validate(less), `${command} without ${key}`);
    }
  }
  const { permissions } = JSON.parse(
    (await world.must(["show", "--json"])).stdout,
  );
  assertEquals(Object.keys(permissions), ["hi"]);
});

/** Stands for the path of the latest run's checkpoint. */
const CHECKPOINT = "CHECKPOINT";

async function checkpointOf(world: World): Promise<string> {
  const { run } = await world.show();
  return world.at(`.writ/runs/${run.run}/checkpoint`);
}
