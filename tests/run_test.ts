/**
 * The way from outside: set up, dry run, approve, execute, verify, and that a ticket is leave
 * for exactly what was approved, once.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { ROOT } from "./support/source_files.ts";
import { refused, TRUST, World } from "./support/world.ts";

/** Two steps: one reads a folder and a parameter, the other what the first wrote. */
const STEPS = {
  join: {
    run: ["sh", "-c", 'cat src/*.txt > "$OUT" && echo "$1" >> "$OUT"', "join"]
      .concat("${params.last}"),
    env: { OUT: "dist/all.txt" },
    permissions: { read: ["src"], write: ["dist/all.txt"] },
  },
  count: {
    run: ["wc", "-c", "dist/all.txt"],
    needs: ["join"],
    permissions: { read: ["dist/all.txt"] },
    stdout: "dist/size.txt",
  },
};

const made = () =>
  World.make({
    steps: STEPS,
    params: { last: "end" },
    files: { "src/a.txt": "a\n", "src/b.txt": "b\n" },
  });

Deno.test("the way of a newcomer: setup, run, approve, execute, verify, once", async () => {
  await using world = await World.make();
  await Deno.remove(world.at("policies"), { recursive: true });
  const ann = world.person("newcomer");
  for (const name of ["greet.ts", "pipeline.json", "words.json"]) {
    const path = `examples/hello/${name}`;
    world.put({ [path]: await Deno.readTextFile(`${ROOT}/${path}`) });
  }
  const pipeline = "examples/hello/pipeline.json";
  // The default policy lets no agent run anything unattended.
  const asked = [pipeline, "--as", "agent:bot"];
  const writ = (...words: string[]) => world.writ(words, ann);

  const first = await writ("run", ...asked);
  assertEquals(first.status, 0, first.stderr);
  assertStringIncludes(first.stdout, "Not in force: ");
  assert(first.stdout.endsWith("\nNothing was run. Next: writ setup\n"));

  const setup = await writ(
    ...["setup", "--owner", "ann", "--passphrase-file", ann.passphrase],
  );
  assertEquals(setup.status, 0, setup.stderr);

  const before = world.snapshot();
  const dry = await writ("run", ...asked);
  assertEquals({ status: dry.status, stderr: dry.stderr }, {
    status: 0,
    stderr: "",
  });
  assertEquals(
    dry.stdout.split("\n").at(-2),
    `Nothing was run. Next: writ approve ${pipeline} --as agent:bot`,
  );
  assertEquals(world.snapshot(), before);

  refused(await writ("execute", ...asked), "ticket.missing");
  assertEquals(world.snapshot(), before);

  const approved = await writ(
    ...["approve", ...asked, "--yes", "--passphrase-file", ann.passphrase],
  );
  assertEquals(approved.status, 0, approved.stderr);

  const executed = await writ("execute", ...asked);
  assertEquals(executed.status, 0, executed.stderr);
  assertEquals(
    world.text("examples/hello/out/greeting.txt"),
    "Hello, world!\n",
  );

  const verified = await writ("verify", "latest", "--trust", TRUST);
  assertEquals(verified.status, 0, verified.stdout);
  refused(await writ("execute", ...asked), "ticket.used");
  const checked = await writ("log", "--verify");
  assertEquals(checked.status, 0, checked.stderr);
});

/** What is done to an approved workspace, and what the refusal must name. */
const CHANGES: {
  name: string;
  change: (world: World) => void | Promise<void>;
  words?: string[];
  names: string;
}[] = [
  {
    name: "one byte of a material",
    change: (world) => world.put({ "src/a.txt": "A\n" }),
    names: '"src/a.txt" changed',
  },
  {
    name: "one new file in a folder that is read",
    change: (world) => world.put({ "src/c.txt": "" }),
    names: '"src/c.txt" is new',
  },
  {
    name: "a file less in a folder that is read",
    change: (world) => Deno.remove(world.at("src/b.txt")),
    names: '"src/b.txt" is gone',
  },
  {
    name: "a new mode of a material",
    change: (world) => Deno.chmod(world.at("src/b.txt"), 0o755),
    names: '"src/b.txt" changed its mode to 100755',
  },
  {
    name: "a material that became a link to the same bytes",
    change: async (world) => {
      await Deno.rename(world.at("src/b.txt"), world.at("src/bb.txt"));
      await Deno.symlink("bb.txt", world.at("src/b.txt"));
    },
    names: '"src/b.txt" changed',
  },
  {
    name: "an argument of the pipeline",
    change: (world) =>
      world.putPipeline({
        ...STEPS,
        count: { ...STEPS.count, run: ["wc", "-l", "dist/all.txt"] },
      }, { last: "end" }),
    names: 'step "count" has another "argv"',
  },
  {
    name: "a variable of a step",
    change: (world) =>
      world.putPipeline({
        ...STEPS,
        join: { ...STEPS.join, env: { ...STEPS.join.env, LD_DEBUG: "all" } },
      }, { last: "end" }),
    names: 'step "join" has another "env"',
  },
  {
    name: "a permission more",
    change: (world) =>
      world.putPipeline({
        ...STEPS,
        count: {
          ...STEPS.count,
          permissions: { ...STEPS.count.permissions, net: true },
        },
      }, { last: "end" }),
    names: 'step "count" has another "permissions"',
  },
  {
    name: "one step more",
    change: (world) =>
      world.putPipeline({ ...STEPS, more: { run: ["true"] } }, { last: "end" }),
    names: 'step "more" is new',
  },
  {
    name: "a parameter in the pipeline",
    change: (world) => world.putPipeline(STEPS, { last: "END" }),
    names: 'the param "last" changed',
  },
  {
    name: "a parameter on the command line",
    change: () => {},
    words: ["--param", "last=END"],
    names: 'the param "last" changed',
  },
];

Deno.test("after approval", async (t) => {
  await using world = await made();
  await world.approve();
  await world.must(["execute", "pipeline.json"]);
  await world.approve();
  for (const { name, change, words = [], names } of CHANGES) {
    await t.step(`${name} makes execute refuse, and is named`, async () => {
      await change(world);
      const ended = await world.execute(words);
      refused(ended, "ticket.missing");
      assertStringIncludes(ended.stderr, names);
      // A plan from the ledger and one just made are compared by value.
      assert(!ended.stderr.includes('another "executable"'), ended.stderr);
      await restore(world);
    });
  }
  await t.step(
    "what was approved still runs, once it is restored",
    async () => {
      await world.must(["execute", "pipeline.json"]);
      assertEquals(world.text("dist/all.txt"), "a\nb\nend\n");
    },
  );
  await t.step("none of it used a ticket or broke the ledger", async () => {
    const { stdout } = await world.must(["log", "--all", "--json"]);
    const { entries } = JSON.parse(stdout);
    assertEquals(
      entries.filter(({ type }: { type: string }) => type === "run.admitted")
        .length,
      2,
    );
    await world.checkLedger();
  });
});

async function restore(world: World): Promise<void> {
  await Deno.remove(world.at("src"), { recursive: true });
  world.put({ "src/a.txt": "a\n", "src/b.txt": "b\n" });
  world.putPipeline(STEPS, { last: "end" });
}

Deno.test("a comment, spaces and the order of keys change nothing that was approved", async () => {
  await using world = await made();
  await world.approve();
  const { name, params, steps } = JSON.parse(world.text("pipeline.json")!);
  world.put({
    "pipeline.json": `// why\n${
      JSON.stringify({ steps, params, name }, null, 4)
    }\n`,
  });
  await world.must(["execute", "pipeline.json"]);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("a parameter that was approved is the one that is used", async () => {
  await using world = await made();
  await world.approve(["--param", "last=fin"]);
  refused(await world.execute(), "ticket.missing");
  await world.must(["execute", "pipeline.json", "--param", "last=fin"]);
  assertEquals(world.text("dist/all.txt"), "a\nb\nfin\n");
});

Deno.test("a ticket for two uses is good for two runs and no third", async () => {
  await using world = await made();
  await world.approve(["--uses", "2"]);
  await world.must(["execute", "pipeline.json"]);
  await world.must(["execute", "pipeline.json"]);
  refused(await world.execute(), "ticket.used");
});

Deno.test("what needs no approval runs under one that a person has given, then under its own", async () => {
  await using world = await World.make({
    unattended: true,
    steps: { one: { run: ["true"] } },
  });
  await world.must(["execute", "pipeline.json"]);
  const ticket = await world.approve();
  await world.must(["execute", "pipeline.json"]);
  assertEquals((await world.show()).run.ticket, ticket);
  await world.must(["execute", "pipeline.json"]);
  assertNotEquals((await world.show()).run.ticket, ticket);
});
