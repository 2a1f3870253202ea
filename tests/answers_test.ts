/**
 * What `--json` answers is what `schemas/answers/` says.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { generateAnswerSchemas } from "../schemas/generate.ts";
import { type CommandName, PROFILES } from "../src/cli/profile.ts";
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
  const pass = ["--passphrase-file", world.ann.passphrase];
  const approve = ["approve", "pipeline.json", "--yes", ...pass];
  const latest = ["verify", "latest"];
  const revoke = ["tickets", "revoke", "latest", "--yes", "--by", "ann"];
  const asked: [
    name: CommandName | "error",
    words: string[],
    status: number,
  ][] = [
    ["error", ["show", "latest"], 2],
    ["setup", ["setup", "--owner", "ann", ...pass], 0],
    ["run", ["run", "pipeline.json"], 0],
    ["policy check", ["policy", "check"], 0],
    ["policy explain", ["policy", "explain", "pipeline.json"], 0],
    ["request", ["request", "pipeline.json", "--out", "asked.json"], 0],
    ["approve", approve, 0],
    ["approve", [...approve, "--out", "ticket.json"], 0],
    ["execute", ["execute", "pipeline.json"], 0],
    ["verify", [...latest, "--trust", "policies/trust.json"], 0],
    ["verify", latest, 4],
    ["show", ["show"], 0],
    ["tickets list", ["tickets", "list"], 0],
    ["tickets show", ["tickets", "show", "latest"], 0],
    ["tickets revoke", revoke, 0],
    ["approve", approve, 0],
    ["tickets revoke", revoke, 0],
    ["tickets revoke", revoke, 0],
    ["tickets show", ["tickets", "show", "latest"], 0],
    ["log", ["log"], 0],
    ["log", ["log", "--runs"], 0],
    ["log", ["log", "--verify", "--consistent-with", CHECKPOINT], 0],
    ["log export", ["log", "export", "exported"], 0],
    ["log witness", ["log", "witness", ...pass], 0],
    ["doctor", ["doctor"], 0],
    ["doctor", ["doctor", "--for", "pipeline.json"], 0],
    ["doctor", ["doctor", "--step", "hi"], 0],
    ["doctor", ["doctor", "--sensitive"], 0],
    ["gc", ["gc", "--dry-run"], 0],
    ["gc", ["gc"], 0],
    ["keys new", ["keys", "new", "other", "--owner", "bob", "--open"], 0],
    ["keys list", ["keys", "list"], 0],
    ["trust add", ["trust", "add", "other"], 0],
    ["trust show", ["trust", "show"], 0],
    ["trust accept", ["trust", "accept", "--yes"], 0],
    ["trust accept", ["trust", "accept", "--yes"], 0],
    ["trust revoke", ["trust", "revoke", "bob"], 0],
    ["demo", ["demo"], 0],
    ["error", ["run", "none.json"], 2],
    ["error", ["log", "--limit", "x"], 2],
    // Half a commit is no commit that a run was not made at.
    ["error", [...latest, "--expect-commit", "abc123"], 2],
    ["error", [...latest, "--expect-plan", "abc123"], 2],
    ["error", [...latest, "--log", "exported"], 2],
  ];
  assertEquals(
    Object.keys(PROFILES).toSorted(),
    [...new Set(asked.map(([name]) => name))].toSorted()
      .filter((name) => name !== "error"),
  );
  for (const [name, words, status] of asked) {
    const line = words.includes(CHECKPOINT)
      ? [...words.slice(0, -1), await checkpointOf(world)]
      : words;
    const ended = await world.writ([...line, "--json"]);
    assertEquals(ended.status, status, `${line.join(" ")}\n${ended.stderr}`);
    const file = `answers/${name.replace(" ", "-")}.schema.json`;
    const validate = validators.get(file)!;
    const answer: Record<string, unknown> = JSON.parse(ended.stdout);
    const fits: boolean = validate(answer);
    assert(fits, `${line.join(" ")}\n${JSON.stringify(validate.errors)}`);
    // Control: a key more or less is none of it.
    assert(!validate({ ...answer, more: 1 }), name);
    for (const key of Object.keys(answer)) {
      const { [key]: _, ...less } = answer;
      assert(!validate(less), `${name} without ${key}`);
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
