/**
 * Stages that serve again: what a step leaves reaches no other, whichever way it is left.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { STAGED, UsedStages } from "../src/evidence/used_stages.ts";
import { BACKENDS, bare, underEach } from "./support/sandbox.ts";
import { TrialWorld } from "./support/trial_world.ts";
import { Workspace } from "./support/workspaces.ts";

const FOLDERS = ["home", "tmp", "work"] as const;
const PYTHON = "/usr/bin/python3";
const HAS_NOT = await hasAttributes() ? null : "python3 or extended attributes";
const python = (script: string) => [PYTHON, "-c", `import os\n${script}`];

/** What a step may do to its own folder that emptying it would not take back. */
const ACTS: [string, string[], string | null][] = [
  ["its mode", ["chmod", "700", "."], null],
  ["the sticky bit", ["chmod", "+t", "."], null],
  ["an attribute", python("os.setxattr('.', 'user.note', b'hello')"), HAS_NOT],
  [
    "an access list that files inherit",
    python(
      "acl = '02000000' '01000700ffffffff' '04000500ffffffff' '20000500ffffffff'\n" +
        "os.setxattr('.', 'system.posix_acl_default', bytes.fromhex(acl))",
    ),
    HAS_NOT,
  ],
];

for (const [what, argv, lacks] of ACTS) {
  underEach(
    `a folder whose step changed ${what} is not used again`,
    async (bench) => {
      const { exit, err, reusable } = await bench.run(argv);
      assertEquals({ exit, err, reusable }, {
        exit: 0,
        err: "",
        reusable: false,
      });
    },
    { lacks },
  );
}

for (
  const [what, argv, lacks] of [
    ["its mode", ["chmod", "+t", ".."], null],
    ["an attribute", python("os.setxattr('..', 'user.x', b'x')"), HAS_NOT],
  ] as const
) {
  underEach(
    `a folder is not used again whose step changed the folder above: ${what}`,
    async (bench) => {
      const { exit, reusable } = await bench.run([...argv]);
      assertEquals({ exit, reusable }, { exit: 0, reusable: false });
    },
    { only: "landlock", lacks },
  );
}

underEach(
  "a folder whose step only wrote in it is used again",
  async (bench) => {
    const script = "mkdir -m 0 deep; echo x > file; ln -s / link; mkfifo fifo";
    const { exit, reusable } = await bench.run(["sh", "-c", script]);
    assertEquals({ exit, reusable }, { exit: 0, reusable: true });
  },
);

underEach("a folder whose step was killed is used again", async (bench) => {
  const { reusable } = await bench.run(["sh", "-c", "echo up; sleep 20"], {}, {
    signal: AbortSignal.timeout(300),
  });
  assertEquals(reusable, true);
});

underEach(
  "before ABI 6 something of a step may live on, so no folder is used again",
  async (bench) => {
    const older = bench.under({ ...bench.backend, version: "abi 5", abi: 5 });
    assertEquals((await older.run(["true"])).reusable, false);
  },
  { only: "landlock" },
);

/** What steps leave. */
const LEFT: [string, (root: string) => void][] = [
  ["nothing", () => {}],
  ["files", (root) => Deno.writeTextFileSync(`${root}/work/a`, "a")],
  [
    "a link to a folder",
    (root) => Deno.symlinkSync("/usr", `${root}/tmp/l`),
  ],
  ["a folder that nobody may enter", (root) => {
    Deno.mkdirSync(`${root}/home/closed/deep`, { recursive: true });
    Deno.chmodSync(`${root}/home/closed`, 0);
  }],
  ["secrets beside its folders", (root) => {
    Deno.mkdirSync(`${root}/secrets`);
    Deno.writeTextFileSync(`${root}/secrets/token`, "t");
  }],
];

for (const [what, leave] of LEFT) {
  Deno.test(`a stage with ${what} is empty when it serves again`, async () => {
    using folder = new Workspace();
    const stages = new UsedStages();
    makeStage(`${folder.root}/first`);
    leave(`${folder.root}/first`);
    await stages.keep(`${folder.root}/first`);
    const root = `${folder.root}/second`;
    assertEquals(stages.take(root, FOLDERS), true);
    assertEquals(
      [folder.root, root, ...FOLDERS.map((name) => `${root}/${name}`)]
        .map(namesIn),
      [["second"], ["home", STAGED, "tmp", "work"], [], [], []],
    );
  });
}

const shrinks = foldersShrink();
Deno.test({
  name: `a stage whose folder has grown for good is removed${
    shrinks ? " (ignored: folders shrink here)" : ""
  }`,
  ignore: shrinks,
  fn: async () => {
    using folder = new Workspace();
    const stages = new UsedStages();
    makeStage(`${folder.root}/first`);
    fill(`${folder.root}/first/work`);
    await stages.keep(`${folder.root}/first`);
    assertEquals(stages.take(`${folder.root}/second`, FOLDERS), false);
    assertEquals(namesIn(folder.root), []);
  },
});

Deno.test("stages that are free are removed in the end", async () => {
  using folder = new Workspace();
  const stages = new UsedStages();
  makeStage(`${folder.root}/one`);
  await stages.keep(`${folder.root}/one`);
  await stages.clear();
  assertEquals(namesIn(folder.root), []);
  assertEquals(stages.take(`${folder.root}/two`, FOLDERS), false);
});

Deno.test("a stage serves only a step that gets the same folders", async () => {
  using folder = new Workspace();
  const stages = new UsedStages();
  makeStage(`${folder.root}/all`);
  makeStage(`${folder.root}/one`);
  for (const name of ["home", "tmp"]) {
    Deno.removeSync(`${folder.root}/one/${name}`);
  }
  await stages.keep(`${folder.root}/all`);
  await stages.keep(`${folder.root}/one`);
  assertEquals(stages.take(`${folder.root}/second`, FOLDERS), true);
  assertEquals(namesIn(`${folder.root}/second`), [
    "home",
    STAGED,
    "tmp",
    "work",
  ]);
  assertEquals(stages.take(`${folder.root}/third`, FOLDERS), false);
  assertEquals(stages.take(`${folder.root}/third`, ["work"]), true);
  assertEquals(namesIn(`${folder.root}/third`), [STAGED, "work"]);
});

/** Seconds since 1970, in 1999. */
const OLD = 946684799;

for (const { name, backend } of BACKENDS) {
  Deno.test({
    name: `the times of folders tell nothing to the next step [${name}]`,
    ignore: backend === null,
    fn: async () => {
      await using world = await TrialWorld.open();
      using workspace = new Workspace();
      const folders = '. .. "$HOME" "$TMPDIR"';
      const tried = await world.try(workspace.root, {
        first: {
          run: [
            "sh",
            "-c",
            `for at in ${folders}; do touch -d @${OLD} "$at"; stat -c 'first %Y' "$at"; done; true`,
          ],
        },
        second: {
          run: ["sh", "-c", `stat -c 'second %Y' ${folders}`],
          needs: ["first"],
        },
      }, backend!);
      assertEquals(tried.outcome, "ok", tried.output);
      assertStringIncludes(tried.output, `first ${OLD}`);
      assertStringIncludes(tried.output, "second ");
      assertEquals(tried.output.includes(`second ${OLD}`), false, tried.output);
    },
  });
}

const LEAVE =
  'for at in . "$HOME" "$TMPDIR"; do echo "of the first" > "$at/left"; mkdir "$at/.hidden"; done';
const LOOK = 'ls -A . "$HOME" "$TMPDIR"';

for (const { name, backend } of BACKENDS) {
  Deno.test({
    name:
      `a step finds nothing of the one before it, which left the same stage [${name}]`,
    ignore: backend === null,
    fn: async () => {
      await using world = await TrialWorld.open();
      using workspace = new Workspace();
      const tried = await world.try(workspace.root, {
        first: {
          run: ["sh", "-c", LEAVE],
          scratch: ["left", ".hidden"],
        },
        second: { run: ["sh", "-c", LOOK], needs: ["first"] },
      }, backend!);
      assertEquals(tried.outcome, "ok", tried.output);
      assertEquals(tried.output.match(/left|hidden/), null, tried.output);
    },
  });
}

function foldersShrink(): boolean {
  using folder = new Workspace();
  const before = Deno.statSync(folder.root).size;
  const names = fill(folder.root);
  for (const name of names) Deno.removeSync(name);
  return Deno.statSync(folder.root).size <= before;
}

/** Some 60 KiB of names. */
function fill(folder: string): string[] {
  return Array.from({ length: 300 }, (_, i) => {
    const path = `${folder}/${i}${"n".repeat(200)}`;
    Deno.writeTextFileSync(path, "");
    return path;
  });
}

function makeStage(root: string): void {
  for (const name of FOLDERS) {
    Deno.mkdirSync(`${root}/${name}`, { recursive: true });
  }
  Deno.writeTextFileSync(`${root}/${STAGED}`, "");
}

function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

async function hasAttributes(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    const script = `import os; os.setxattr('${folder}', 'user.note', b'x')`;
    return (await bare([PYTHON, "-c", script])).code === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  } finally {
    await Deno.remove(folder);
  }
}
