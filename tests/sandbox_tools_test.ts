/**
 * Ordinary tools must work in a sandbox, and deno steps hold their permissions.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import type { Confinement } from "../src/sandbox/confinement.ts";
import { findDenoFiles, prepareDenoDir } from "../src/sandbox/deno_dir.ts";
import { bare, type Bench, underEach } from "./support/sandbox.ts";
import { NO_RUNTIME } from "./support/confinements.ts";

const sh = (script: string) => ["bash", "-euc", script];

/** Each prints `yes` when it works. */
const tools: [name: string, needs: string, script: string][] = [
  ["a shell with a here document", "bash", "cat <<< yes"],
  [
    "a shell with process substitution",
    "bash",
    "diff <(echo a) <(echo a) && echo yes",
  ],
  ["a temporary file", "mktemp", 'f=$(mktemp); echo yes > "$f"; cat "$f"'],
  ["who one is", "id", 'test -n "$(id -un)" && echo yes'],
  [
    "make and gcc",
    "gcc",
    `
    printf '#include <stdio.h>\\nint main(void) { puts("yes"); }\\n' > a.c
    printf 'a: a.c\\n\\tcc -o a a.c\\n' > Makefile
    make -s a && ./a`,
  ],
  ["python", "python3", "python3 -c 'print(\"yes\")'"],
  [
    "python's processes",
    "python3",
    `
    printf 'import multiprocessing as m\\nif __name__ == "__main__":\\n  print(*m.Pool(2).map(str.lower, ["YES"]))\\n' > p.py
    python3 p.py`,
  ],
  ["node", "node", "node -e 'console.log(\"yes\")'"],
  [
    "node's children",
    "node",
    'node -e \'process.stdout.write(require("child_process").execFileSync("echo", ["yes"]))\'',
  ],
  [
    "node's workers",
    "node",
    'node -e \'new (require("worker_threads").Worker)("console.log(\\"yes\\")", { eval: true })\'',
  ],
  [
    "node's interfaces",
    "node",
    'node -e \'require("os").networkInterfaces(); console.log("yes")\'',
  ],
  ["deno", "deno", "deno eval 'console.log(\"yes\")'"],
  [
    "git",
    "git",
    `
    git init -q . && git config user.email a@b && git config user.name n
    echo yes > f && git add f && git commit -qm m && git log --format=%B | sed s/m/yes/ | head -1`,
  ],
  [
    "sqlite",
    "sqlite3",
    "sqlite3 a.db 'create table t(a); insert into t values(\"yes\"); select * from t'",
  ],
  [
    "tar",
    "tar",
    "echo yes > f && tar cf a.tar f && rm f && tar xf a.tar --no-same-owner && cat f",
  ],
  [
    "java",
    "javac",
    `
    echo 'class A { public static void main(String[] a) { System.out.println("yes"); } }' > A.java
    javac A.java && java A`,
  ],
];

const found = new Set(
  (await bare(["ls", "/usr/bin", "/usr/local/bin"])).out.split("\n"),
);
for (const [name, needs, script] of tools) {
  underEach(`works: ${name}`, async (bench) => {
    const ran = await bench.run(sh(script));
    assertEquals([ran.out.trim(), ran.exit], ["yes", 0], ran.err);
  }, { lacks: found.has(needs) ? null : needs });
}

underEach("curl with the host's network", async (bench) => {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, () => new Response("yes"));
  const script = `curl -sS http://127.0.0.1:${server.addr.port}/`;
  const ran = await bench.run(sh(script), { network: "host" });
  const none = await bench.run(sh(script));
  await server.shutdown();
  assertEquals([ran.out, none.out], ["yes", ""]);
});

type Runtime = NonNullable<Confinement["runtime"]>;

async function deno(
  bench: Bench,
  argv: string[],
  runtime: Partial<Runtime> = {},
  parts: Partial<Confinement> = {},
  audit?: (chunk: Uint8Array) => void,
) {
  const denoDir = bench.outside("deno");
  await prepareDenoDir(denoDir, []);
  return await bench.run(argv, {
    kind: "deno",
    runtime: {
      ...NO_RUNTIME,
      ...runtime,
    },
    ...parts,
  }, { audit, host: { denoDir, deno: await findDenoFiles(bench.host.stage) } });
}

const put = (bench: Bench, name: string, text: string) =>
  Deno.writeTextFile(join(bench.host.stage, name), text);

underEach("the runtime tells what a deno step asks for", async (bench) => {
  await put(
    bench,
    "ask.ts",
    'Deno.env.get("A"); Deno.readTextFileSync("ask.ts");',
  );
  let told = "";
  const ran = await deno(
    bench,
    ["run", "ask.ts"],
    {
      read: ["."],
      env: ["A"],
    },
    {},
    (chunk) => void (told += new TextDecoder().decode(chunk)),
  );
  assertEquals(ran.exit, 0, ran.err);
  const asked = told.trim().split("\n").map((line) => JSON.parse(line).value);
  assertEquals(asked, ["A", "ask.ts"]);
});

const subcommands: [argv: string[], exit: number][] = [
  [["run", "good.ts"], 0],
  [["check", "good.ts"], 0],
  [["check", "bad.ts"], 1],
  [["test", "good_test.ts"], 0],
  [["lint", "good.ts"], 0],
  [["lint", "bad.ts"], 1],
  [["fmt", "--check", "good.ts"], 0],
  [["fmt", "--check", "bad.ts"], 1],
];
for (const [argv, exit] of subcommands) {
  underEach(`deno ${argv.join(" ")} exits ${exit}`, async (bench) => {
    await put(bench, "good.ts", "const a: number = 1;\nconsole.log(a);\n");
    await put(bench, "bad.ts", "const a: number   = 'x'; var b: any = a");
    await put(bench, "good_test.ts", 'Deno.test("a", () => {});\n');
    const ran = await deno(bench, argv);
    assertEquals(ran.exit, exit, ran.err);
  });
}

underEach("a deno step's configuration is that of the stage", async (bench) => {
  await put(bench, "deno.json", '{ "imports": { "x": "./x.ts" } }');
  await put(bench, "x.ts", 'export default "yes";');
  await put(bench, "a.ts", 'import x from "x"; console.log(x);');
  assertEquals((await deno(bench, ["run", "a.ts"])).out, "yes\n");
});

const held: [
  name: string,
  code: string,
  allowed: Partial<Runtime>,
  parts?: Partial<Confinement>,
][] = [
  ["reading", 'Deno.readTextFileSync("data")', { read: ["data"] }],
  ["writing", 'Deno.writeTextFileSync("out", "x")', { write: ["out"] }],
  [
    "a variable",
    'if (Deno.env.get("NAME") !== "v") throw 1',
    { env: ["NAME"] },
    { env: { NAME: "v" } },
  ],
  ["a process", 'new Deno.Command("true").outputSync()', { run: ["true"] }],
  ["system information", "Deno.hostname()", { sys: ["hostname"] }],
];
for (const [name, code, allowed, parts] of held) {
  underEach(
    `a deno step is held to its permissions: ${name}`,
    async (bench) => {
      await put(bench, "data", "x");
      await put(bench, "a.ts", code);
      const without = await deno(bench, ["run", "a.ts"], {}, parts);
      assertEquals(without.exit, 1);
      assert(without.err.includes("NotCapable"), without.err);
      const ran = await deno(bench, ["run", "a.ts"], allowed, parts);
      assertEquals(ran.exit, 0, ran.err);
    },
  );
}

underEach(
  "a deno step reads no undeclared file by an import",
  async (bench) => {
    const secret = bench.outside("secret.txt");
    await Deno.writeTextFile(secret, "secret");
    const code =
      `import x from "file://${secret}" with { type: "text" }; console.log(x);`;
    await put(bench, "a.ts", code);
    assertEquals(
      (await bare([
        Deno.execPath(),
        "run",
        "--no-prompt",
        join(bench.host.stage, "a.ts"),
      ])).out,
      "secret\n",
    );
    assertEquals((await deno(bench, ["run", "a.ts"])).out, "");
  },
);

underEach("a list of hosts is held by the flags", async (bench) => {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, () => new Response("yes"));
  const host = `127.0.0.1:${server.addr.port}`;
  await put(
    bench,
    "a.ts",
    `console.log(await (await fetch("http://${host}/")).text())`,
  );
  const run = (net: string[]) =>
    deno(bench, ["run", "a.ts"], { net }, { network: "host", hosts: net });
  const other = await run(["127.0.0.1:1"]);
  const listed = await run([host]);
  await server.shutdown();
  assertEquals([other.out, listed.out], ["", "yes\n"]);
});

/** A package that these tests' own dependencies have brought. */
const cache =
  JSON.parse((await bare([Deno.execPath(), "info", "--json"])).out).npmCache;
const zod = {
  path: "npm/registry.npmjs.org/zod/4.6.7",
  dir: join(cache, "registry.npmjs.org/zod/4.6.7"),
};
const LOCK = {
  version: "5",
  specifiers: { "npm:zod@4.6.7": "4.6.7" },
  npm: JSON.parse(
    await Deno.readTextFile(new URL("../deno.lock", import.meta.url)),
  ).npm,
};

underEach(
  "a deno step finds the packages that it was planned with, and no others",
  async (bench) => {
    await put(
      bench,
      "a.ts",
      'import * as z from "npm:zod@4.6.7"; console.log(z.string().parse("yes"));',
    );
    await put(bench, "deno.json", "{}");
    const npm = { "zod@4.6.7": LOCK.npm["zod@4.6.7"] };
    await put(bench, "deno.lock", JSON.stringify({ ...LOCK, npm }));
    const without = await deno(bench, ["run", "a.ts"]);
    assertEquals([without.out, without.exit], ["", 1]);
    await prepareDenoDir(bench.outside("deno"), [zod]);
    const ran = await deno(bench, ["run", "a.ts"]);
    assertEquals([ran.out, ran.exit], ["yes\n", 0], ran.err);
  },
);
