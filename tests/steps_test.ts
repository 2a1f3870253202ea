/**
 * What a pipeline of steps comes to, from outside: how it fails, what is left out, what is
 * published.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Ended } from "./support/run_writ.ts";
import { cgroupVersion } from "../src/sandbox/held_limits.ts";
import { processesWith } from "./support/processes.ts";
import { BACKENDS } from "./support/sandbox.ts";
import {
  endsOf,
  type Shown,
  TRUST,
  World,
  type WorldOptions,
} from "./support/world.ts";

const sh = (
  script: string,
  ...words: string[]
) => ["sh", "-c", script, ...words];

const made = (
  steps: Record<string, unknown>,
  rest: Omit<WorldOptions, "steps"> = {},
) => World.make({ steps, unattended: true, ...rest });

const GROUPS = BACKENDS.some(({ backend }) =>
  backend !== null && cgroupVersion(backend, "memory") !== null
);

/** Executes, and asks the ledger and the verifier how it was. */
async function executed(
  world: World,
  words: readonly string[] = [],
): Promise<Ended & { shown: Shown; ends: Record<string, string> }> {
  const ended = await world.execute(words);
  const shown = await world.show();
  const verified = await world.verify();
  assertEquals(verified.status, ended.status, verified.stdout);
  return { ...ended, shown, ends: endsOf(shown) };
}

/** The order in which steps were started and finished: `a+ a- b+ b-`. */
function order({ receipts }: Shown): string {
  return receipts.flatMap(({ type, body }) =>
    type === "step.started"
      ? [`${body.step}+`]
      : type === "step.finished"
      ? [`${body.step}-`]
      : []
  ).join(" ");
}

Deno.test("a step that fails ends the run, sealed as failed; what follows is skipped", async () => {
  await using world = await made({
    bad: {
      run: sh("echo new > dist/bad.txt; echo why >&2; exit 7"),
      permissions: { write: ["dist/bad.txt"] },
    },
    after: { run: ["true"], needs: ["bad"] },
    last: { run: ["true"], needs: ["after"] },
  }, { files: { "dist/bad.txt": "old\n" } });
  const run = await executed(world);
  assertEquals(run.status, 1);
  assertEquals(run.shown.state, "failed");
  assertEquals(run.ends, {
    bad: "failed: exit 7",
    after: 'skipped: "bad" failed',
    last: 'skipped: "after" did not run',
  });
  assertStringIncludes(run.stderr, "bad | why\n");
  assertMatch(run.stdout, / {2}failed {2}\(1 failed, 2 skipped\)\n/);
  assertEquals(world.text("dist/bad.txt"), "old\n");
});

const TWO_BRANCHES = {
  bad: { run: ["false"] },
  afterBad: { run: ["true"], needs: ["bad"] },
  good: { run: ["true"] },
  afterGood: { run: ["true"], needs: ["good"] },
};

Deno.test("after a failure nothing more is started, one at a time", async () => {
  await using world = await made(TWO_BRANCHES);
  const run = await executed(world, ["--jobs", "1"]);
  assertEquals(run.status, 1);
  assertEquals(run.ends, {
    bad: "failed: exit 1",
    afterBad: 'skipped: "bad" failed',
    good: "skipped: another step failed",
    afterGood: 'skipped: "good" did not run',
  });
});

Deno.test("--keep-going goes on with what does not depend on the failure", async () => {
  await using world = await made(TWO_BRANCHES);
  const run = await executed(world, ["--jobs", "1", "--keep-going"]);
  assertEquals(run.status, 1);
  assertEquals(run.ends, {
    bad: "failed: exit 1",
    afterBad: 'skipped: "bad" failed',
    good: "ok",
    afterGood: "ok",
  });
});

Deno.test("--only runs a step with what it needs, and nothing else", async () => {
  await using world = await made(TWO_BRANCHES);
  const run = await executed(world, ["--only", "afterGood"]);
  assertEquals(run.status, 0);
  assertEquals(run.ends, { good: "ok", afterGood: "ok" });

  const verified = await world.writ(["verify", "latest", "--trust", TRUST]);
  assertEquals(verified.status, 0, verified.stdout);
  assertMatch(verified.stdout, /WARN +outcome\.honest/);
  assertMatch(verified.stdout, /left out: "bad", "afterBad"\n/);
  assertMatch(
    verified.stdout,
    /\nVerified: .* a part of its plan, 2 of 4 steps,.*\n$/,
  );

  const unknown = await world.execute(["--only", "godo"]);
  assertEquals(unknown.status, 2);
  assertStringIncludes(unknown.stderr, 'Cannot run step "godo"');
  assertStringIncludes(unknown.stderr, 'hint: Did you mean "good"?');
  const strange = await world.execute(["--only", "else"]);
  assertEquals(strange.status, 2);
  assertStringIncludes(strange.stderr, "hint: Its steps are ");
});

Deno.test("--jobs says how many steps run at one time", async () => {
  const slow = { run: ["sleep", "1"] };
  await using world = await made({ a: slow, b: slow });
  const one = await executed(world, ["--jobs", "1"]);
  assertEquals(order(one.shown), "a+ a- b+ b-");
  const two = await executed(world, ["--jobs", "2"]);
  // Both begin before either ends; which of them is first, nobody says.
  assertMatch(order(two.shown), /^(a\+ b\+|b\+ a\+) /);
});

Deno.test("a step that fails is tried again as often as it says", async () => {
  await using world = await made({ bad: { run: ["false"], retries: 2 } });
  const run = await executed(world);
  assertEquals(run.status, 1);
  assertEquals(order(run.shown), "bad+ bad- bad+ bad- bad+ bad-");
  assertStringIncludes(run.stderr, "tried again");
});

Deno.test("a step that succeeds in the end is ok, with every attempt on record", async () => {
  await using world = await made({
    // Three of four clock readings are good.
    flaky: {
      run: sh('echo x > out; test "$(($(date +%s%N) / 1000 % 4))" -gt 0'),
      retries: 10,
      permissions: { write: ["out"] },
    },
  });
  const run = await executed(world);
  assertEquals(run.status, 0);
  assertMatch(order(run.shown), /^(flaky\+ flaky- ?)+$/);
  assertEquals(run.ends, { flaky: "ok" });
  assertEquals(world.text("out"), "x\n");
});

Deno.test("what a later attempt leaves behind is judged as that of the first", async () => {
  await using world = await made({
    flaky: {
      run: sh('test "$(($(date +%s%N) / 1000 % 4))" = 0 && ln -s / out'),
      retries: 10,
      permissions: { write: ["out"] },
    },
  });
  const run = await executed(world);
  assertEquals(run.status, 1);
  assertMatch(run.ends.flaky, /^(refused: Cannot take|failed: exit 1)/);
});

Deno.test("a time limit ends a step with all that it started, and is named", async () => {
  await using world = await made({
    slow: {
      run: sh("sleep 4711 & (trap '' TERM HUP; sleep 4711) & sleep 4711"),
      limits: { timeout: "1s" },
    },
  });
  const run = await executed(world);
  assertEquals(run.status, 1);
  assertEquals(run.ends, { slow: "failed: it was killed at its time limit" });
  assertEquals(processesWith("sleep\x004711"), []);
});

const LIMITED: [
  name: string,
  limit: string,
  script: string,
  called: string,
][] = [
  ["output", "64KiB", "yes", "output limit"],
  ["cpu", "300ms", "while :; do :; done", "limit of processor time"],
  [
    "fileSize",
    "64KiB",
    "head -c 100000 /dev/zero > dist/big; sleep 0",
    "limit of file size",
  ],
  [
    "memory",
    "64MiB",
    "head -c 200000000 /dev/zero | tail -c 200000000 | { sleep 9; wc -c; }",
    "memory limit",
  ],
];
for (const [name, limit, script, called] of LIMITED) {
  const lacks = name === "memory" && !GROUPS;
  Deno.test({
    name: `limits.${name} ends a step, and is named in the receipt${
      lacks ? ": this machine lacks a cgroup for memory" : ""
    }`,
    ignore: lacks,
    fn: async () => {
      await using world = await made({
        greedy: {
          run: sh(script),
          limits: { [name]: limit, timeout: "1m" },
          permissions: { write: ["dist/"] },
        },
      });
      const run = await executed(world);
      assertEquals(run.status, 1);
      assertEquals(run.ends, {
        greedy: `failed: it was killed at its ${called}`,
      });
      const end = run.shown.receipts.find(({ type }) =>
        type === "step.finished"
      )!;
      assertEquals(end.body.limits, [`limit.${name}`]);
    },
  });
}

/** Steps that exit with 0 and have not done what they declared. */
const FALSE_PASSES: {
  name: string;
  step: Record<string, unknown>;
  says: string;
}[] = [
  {
    name: "does not write its product",
    step: { run: ["true"], permissions: { write: ["dist/a"] } },
    says: 'failed: it finished, but did not write its product "dist/a"',
  },
  {
    name: "writes beside its product",
    step: {
      run: sh("echo a > dist/a; echo b > dist/b"),
      permissions: { write: ["dist/a"] },
    },
    says: 'failed: it wrote "dist/b", which it did not declare',
  },
  {
    name: "changes what it may only read",
    step: {
      run: sh("echo more >> src/in.txt || exit 0"),
      permissions: { read: ["src"] },
    },
    says: 'failed: it changed "src/in.txt", which it may only read',
  },
  {
    name: "leaves a link to outside as its product",
    step: {
      run: sh("ln -s /etc/passwd dist/a"),
      permissions: { write: ["dist/a"] },
    },
    says: 'refused: Cannot take the product "dist/a": it is a link',
  },
];

Deno.test("a step that exits with 0 and", async (t) => {
  await using world = await made({}, {
    files: { "src/in.txt": "in\n", "dist/a": "old\n" },
  });
  for (const { name, step, says } of FALSE_PASSES) {
    await t.step(`${name} has failed, and nothing is published`, async () => {
      world.putPipeline({ step });
      const run = await executed(world);
      // A sandbox may forbid the write at once; then the step had no effect to report.
      const end = run.ends.step;
      assert(
        end.startsWith(says) || end === "ok" && name.startsWith("changes"),
        end,
      );
      assertEquals(run.status, end === "ok" ? 0 : 1);
      assertEquals(world.text("dist/a"), "old\n");
      assertEquals(world.text("dist/b"), null);
      assertEquals(world.text("src/in.txt"), "in\n");
    });
  }
  await t.step("does what it declared is ok", async () => {
    world.putPipeline({
      step: {
        run: sh("cat src/in.txt > dist/a"),
        permissions: { read: ["src"], write: ["dist/a"] },
      },
    });
    assertEquals((await executed(world)).status, 0);
    assertEquals(world.text("dist/a"), "in\n");
  });
});

/** Steps that succeed, and the files that they leave. */
const FEATURES: {
  name: string;
  steps: Record<string, unknown>;
  words?: string[];
  leaves: Record<string, string | null>;
}[] = [
  {
    name: "standard output becomes a product",
    steps: { s: { run: ["echo", "said"], stdout: "dist/said.txt" } },
    leaves: { "dist/said.txt": "said\n" },
  },
  {
    name: "standard input is a text",
    steps: { s: { run: ["cat"], stdin: { text: "typed" }, stdout: "o" } },
    leaves: { o: "typed" },
  },
  {
    name: "standard input is a file",
    steps: {
      s: {
        run: ["cat"],
        stdin: { file: "src/in.txt" },
        stdout: "o",
        permissions: { read: ["src"] },
      },
    },
    leaves: { o: "in\n" },
  },
  {
    name: "standard input is closed where none is given",
    steps: { s: { run: ["cat"], stdout: "o" } },
    leaves: { o: "" },
  },
  {
    name: "what is denied is not there",
    steps: {
      s: {
        run: ["ls", "src"],
        stdout: "o",
        permissions: { read: ["src"], deny: ["src/hidden.txt"] },
      },
    },
    leaves: { o: "in.ts\nin.txt\n", "src/hidden.txt": "hidden\n" },
  },
  {
    name: "what is not declared is not there",
    steps: { s: { run: sh("cat src/in.txt || echo none"), stdout: "o" } },
    leaves: { o: "none\n" },
  },
  {
    name: "scratch is thrown away",
    steps: {
      s: {
        run: sh("mkdir tmp && echo t > tmp/t && cat tmp/t"),
        scratch: ["tmp"],
        stdout: "o",
      },
    },
    leaves: { o: "t\n", "tmp/t": null },
  },
  {
    name: "a path that is read and written is updated in place",
    steps: {
      s: {
        run: sh("echo more >> log.txt"),
        permissions: { read: ["log.txt"], write: ["log.txt"] },
      },
    },
    leaves: { "log.txt": "first\nmore\n" },
  },
  {
    name: "a folder that is written starts absent and replaces the old one",
    steps: {
      s: {
        run: sh("mkdir old && echo new > old/new.txt"),
        permissions: { write: ["old"] },
      },
    },
    leaves: { "old/new.txt": "new\n", "old/old.txt": null },
  },
  {
    name: "a folder that is written with a slash starts empty",
    steps: {
      s: {
        run: sh("ls old; echo new > old/new.txt"),
        permissions: { write: ["old/"] },
        stdout: "o",
      },
    },
    leaves: { o: "", "old/new.txt": "new\n", "old/old.txt": null },
  },
  {
    name: "a later step reads what an earlier one wrote, not what lies there",
    steps: {
      make: { run: ["echo", "made"], stdout: "old/old.txt" },
      use: {
        run: ["cat", "old/old.txt"],
        needs: ["make"],
        permissions: { read: ["old/old.txt"] },
        stdout: "o",
      },
    },
    leaves: { o: "made\n" },
  },
  {
    name: "a parameter is replaced in arguments and variables",
    steps: {
      s: {
        run: sh('echo "$1 $V"', "s", "${params.who}"),
        env: { V: "<${params.who}>" },
        stdout: "o",
      },
    },
    words: ["--param", "who=$(id) ;"],
    leaves: { o: "$(id) ; <$(id) ;>\n" },
  },
  {
    name: "the environment is what is declared",
    steps: {
      s: {
        run: sh('echo "${CI-none} ${PASSWORD-none} $HOME"'),
        env: { CI: "1" },
        stdout: "o",
      },
    },
    leaves: {},
  },
  {
    name: "a Deno step has what it declares",
    steps: {
      s: {
        deno: ["run", "src/in.ts"],
        permissions: { read: ["src/in.txt"], write: ["o"] },
      },
    },
    leaves: { o: "in\n" },
  },
];

Deno.test("a step:", async (t) => {
  await using world = await made({});
  for (const { name, steps, words = [], leaves } of FEATURES) {
    await t.step(name, async () => {
      world.put({
        "src/in.txt": "in\n",
        "src/hidden.txt": "hidden\n",
        "src/in.ts":
          'Deno.writeTextFileSync("o", Deno.readTextFileSync("src/in.txt"))',
        "log.txt": "first\n",
        "old/old.txt": "old\n",
      });
      world.putPipeline(steps, { who: "nobody" });
      const run = await executed(world, words);
      assertEquals(run.status, 0, run.stderr);
      for (const [path, text] of Object.entries(leaves)) {
        assertEquals(world.text(path), text, path);
      }
    });
  }
});
