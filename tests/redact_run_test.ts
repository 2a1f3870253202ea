/**
 * What looks like a secret, in a run from outside: in nothing that is shown or kept but the
 * products that the step declared.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { sampleOf } from "./redact/template.ts";
import { runWrit } from "./support/run_writ.ts";
import { endsOf, World } from "./support/world.ts";

const TOKEN = sampleOf("ghp_{b62:36}", 3).text;
const PASSWORD = sampleOf("{b62:20}", 4).text;

Deno.test("what looks like a secret is in no evidence, receipt or live output", async () => {
  await using world = await World.make({
    files: { "said.txt": `token ${TOKEN}\nDB_PASSWORD=${PASSWORD}\nplain\n` },
    unattended: true,
    steps: {
      say: {
        run: ["sh", "-c", "cat said.txt; cat said.txt >&2"],
        permissions: { read: ["said.txt"] },
      },
      keep: {
        run: ["cat", "said.txt"],
        permissions: { read: ["said.txt"] },
        stdout: "kept.txt",
      },
      fail: {
        run: ["sh", "-c", `ls "missing-${TOKEN}" "said.txt"`],
        permissions: { read: ["said.txt"] },
        needs: ["say", "keep"],
      },
    },
  });
  const ended = await world.execute();
  assertEquals(ended.status, 1, ended.stderr);
  const { say } = endsOf(await world.show());
  assertEquals(say, "ok");
  const redacted =
    "token [redacted github-token]\nDB_PASSWORD=[redacted assignment]\nplain\n";
  for (const line of redacted.trim().split("\n")) {
    assert(ended.stderr.includes(`say | ${line}`), ended.stderr);
  }
  // A product is what the step made.
  assertEquals(world.text("kept.txt"), world.text("said.txt"));
  const runs = world.snapshot(".writ/runs");
  const evidence = Object.entries(runs).filter(([name]) =>
    name.includes("/evidence/")
  );
  assert(evidence.some(([, text]) => text.includes(redacted)));
  const receipts =
    Object.entries(runs).find(([name]) => name.endsWith("receipts.jsonl"))![1];
  assert(receipts.includes('"redacted":{"count":2,"first":[{"at":6,'));
  // The plan of "fail" names the token; what a run adds to that does not.
  const added = ended.stderr + ended.stdout +
    evidence.map(([, text]) => text).join("\n");
  assert(!added.includes(TOKEN));
  assert(!added.includes(PASSWORD) && !receipts.includes(PASSWORD));
  assertEquals((await world.verify()).status, 1);
});

Deno.test("what looks like a secret is in no error", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const ended = await runWrit(["run", `${TOKEN}.json`, "--json"], {
      cwd: folder,
      home: folder,
    });
    assertEquals(ended.status, 2);
    assert(ended.stdout.includes("[redacted github-token].json"), ended.stdout);
    assert(!(ended.stdout + ended.stderr).includes(TOKEN), ended.stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
