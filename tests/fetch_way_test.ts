/**
 * Fetching on the whole way: what the dry run says, who must approve it, what verify finds, and what
 * becomes of a cache of Deno's that is poisoned before and after the approval.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path/join";
import { writHere } from "./support/in_process.ts";
import { Running } from "./support/running.ts";
import { endsOf, refused, World } from "./support/world.ts";

const sh = (script: string) => ["sh", "-c", script];
const ONLINE = { permissions: { net: true } };

const DEPS = {
  run: sh('echo wheel > "$PIP_DEST/a.whl"'),
  fetch: "pip",
  ...ONLINE,
};
const USE = {
  run: sh('cat "${PIP_FIND_LINKS#file://}/a.whl"'),
  fetched: ["pip"],
  stdout: "out.txt",
};

Deno.test("a fetch waits for a person, is recorded and verified, and its digest serves later runs", async () => {
  await using world = await World.make({
    steps: { deps: DEPS, use: { ...USE, needs: ["deps"] } },
    unattended: true,
  });
  const dry = await world.must(["run", "pipeline.json"]);
  assertStringIncludes(dry.stdout, "fetches    the pip cache, from nothing\n");
  assertStringIncludes(dry.stdout, "fetched    pip (from deps)\n");
  assertMatch(dry.stdout, /deps {2}review\n[^]*rule +fetches: /);
  assertMatch(dry.stdout, /use {2}allow\n/);
  refused(await world.execute(), "ticket.missing");

  await world.approve();
  const ended = await world.execute();
  assertEquals(ended.status, 0, ended.stderr);
  assertEquals(world.text("out.txt"), "wheel\n");
  assertEquals((await world.verify()).status, 0);
  const { stdout } = await world.must(["show"]);
  const tree = /^fetched by deps: pip (sha256:[0-9a-f]{64})$/m.exec(stdout)
    ?.[1];
  assert(tree !== undefined, stdout);

  const pinned = { ...USE, fetched: [{ cache: "pip", tree }] };
  world.putPipeline({ use: pinned });
  const again = await world.must(["run", "pipeline.json"]);
  assertStringIncludes(again.stdout, `pip (${tree}, from an earlier run)`);
  assertMatch(again.stdout, /use {2}allow\n/);
  assertEquals((await world.execute()).status, 0);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("a cache that nobody fetched here is refused, and no use of the ticket is spent", async () => {
  const tree = `sha256:${"0".repeat(64)}`;
  await using world = await World.make({
    steps: { use: { ...USE, fetched: [{ cache: "pip", tree }] } },
  });
  await world.approve();
  const ended = await world.execute();
  refused(ended, "cache.missing");
  const { stdout } = await world.must(["tickets", "list", "--json"]);
  assertStringIncludes(stdout, '"uses": 0');
});

Deno.test("gc keeps what was fetched as long as the runs that it served, and no longer", async () => {
  await using world = await World.make({ steps: { deps: DEPS } });
  const DAY = 86_400_000;
  const start = Date.now();
  const writ = async (day: number, ...words: string[]) =>
    await writHere(words, {
      cwd: world.workspace,
      home: world.ann.home,
      now: () => start + day * DAY,
    });
  const execute = async (day: number) => {
    await writ(
      day,
      ...["approve", "pipeline.json", "--yes"],
      ...["--passphrase-file", world.ann.passphrase],
    );
    return await writ(day, "execute", "pipeline.json");
  };
  assertEquals((await execute(0)).status, 0);
  const { stdout } = await writ(0, "show");
  const [tree] = /sha256:[0-9a-f]{64}$/m.exec(stdout.split("fetched by")[1])!;
  world.putPipeline({ use: { ...USE, fetched: [{ cache: "pip", tree }] } });
  for (const day of [20, 40]) {
    assertEquals((await writ(day, "gc")).status, 0);
    const ended = await execute(day);
    assertEquals(ended.status, 0, ended.stderr);
  }
  assertEquals((await writ(80, "gc")).status, 0);
  refused(await execute(80), "cache.missing");
});

Deno.test("a cache that holds a secret is not kept", async () => {
  const secret = `s3cret-${crypto.randomUUID()}`;
  const steps = (script: string) => ({
    deps: { ...DEPS, run: sh(script), env: { TOKEN: { secret: "TOKEN" } } },
  });
  await using world = await World.make({
    steps: steps('echo "$TOKEN" | base64 > "$PIP_DEST/pip.conf"'),
  });
  const run = async () => {
    await world.approve();
    await world.execute([], world.ann, { TOKEN: secret });
    return endsOf(await world.show()).deps;
  };
  assertMatch(await run(), /^failed: it wrote a secret into "pip\/pip\.conf"/);
  world.putPipeline(steps('echo other > "$PIP_DEST/pip.conf"'));
  assertEquals(await run(), "ok");
});

Deno.test("a run that was killed goes on with what its step had fetched", async () => {
  await using world = await World.make({
    steps: {
      deps: DEPS,
      wait: { run: ["sleep", "1"], needs: ["deps"] },
      use: { ...USE, needs: ["wait"] },
    },
  });
  await world.approve();
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("wait started");
  await running.kill();
  const { run } = (await world.show()).run;
  const ended = await world.execute(["--resume", run]);
  assertEquals(ended.status, 0, ended.stderr);
  assertEquals(world.text("out.txt"), "wheel\n");
  assertEquals((await world.verify()).status, 0);
});

const PACKAGE = "npm/registry.npmjs.org/words/1.0.0";
const MODULE = "export default 'sound';\n";
const POISON = "export default 'poison';\n";

/** A cache of Deno's with one package, and commands that find it as the user's. */
function withPackage(world: World) {
  const dir = join(world.root, "deno");
  Deno.mkdirSync(join(dir, PACKAGE), { recursive: true });
  Deno.writeTextFileSync(
    join(dir, PACKAGE, "package.json"),
    JSON.stringify({
      name: "words",
      version: "1.0.0",
      type: "module",
      exports: "./mod.js",
    }),
  );
  const put = (text: string) =>
    Deno.writeTextFileSync(join(dir, PACKAGE, "mod.js"), text);
  put(MODULE);
  const writ = (...words: string[]) =>
    writHere(words, {
      cwd: world.workspace,
      home: world.ann.home,
      env: { DENO_DIR: dir },
    });
  return { put, writ, dir };
}

/** A step that uses the package out of Deno's cache. */
const importing = () =>
  World.make({
    files: {
      "deno.json": "{}",
      "main.ts":
        'import word from "npm:words@1.0.0";\nconsole.log(`it is ${word}`);\n',
      "deno.lock": JSON.stringify({
        version: "5",
        specifiers: { "npm:words@1.0.0": "1.0.0" },
        npm: { "words@1.0.0": { integrity: `sha512-${"A".repeat(86)}==` } },
      }),
    },
    steps: { use: { deno: ["run", "main.ts"] } },
  });

Deno.test("a cache of Deno's that is poisoned after the approval runs nothing", async () => {
  await using world = await importing();
  const { put, writ } = withPackage(world);
  const approved = await writ(
    ...["approve", "pipeline.json", "--yes"],
    ...["--passphrase-file", world.ann.passphrase],
  );
  assertEquals(approved.status, 0, approved.stderr);
  put(POISON);
  const poisoned = await writ("execute", "pipeline.json");
  refused(poisoned, "ticket.missing");
  assertStringIncludes(poisoned.stderr, "npm:words@1.0.0");
  put(MODULE);
  const sound = await writ("execute", "pipeline.json");
  assertEquals(sound.status, 0, sound.stderr);
  assertStringIncludes(sound.stderr, "it is sound");
});

Deno.test("packages that nobody fetched for Writ are said not to be checked, those of a fetch are not", async () => {
  await using world = await importing();
  const { put, writ } = withPackage(world);
  const dry = async () => {
    const ended = await writ("run", "pipeline.json");
    assertEquals(ended.status, 0, ended.stderr);
    return ended.stdout;
  };
  const planOf = (text: string) => /^ {2}plan +(sha256:\S+)$/m.exec(text)![1];
  const sound = await dry();
  put(POISON);
  const poisoned = await dry();
  assertNotEquals(planOf(poisoned), planOf(sound));
  for (const text of [sound, poisoned]) {
    assertMatch(
      text,
      /look at +Its npm packages \(1\) .* not checked against the lock.*"fetch": "deno"/,
    );
  }
  world.putPipeline({
    deps: {
      run: ["deno", "cache", "--frozen", "main.ts"],
      fetch: "deno",
      permissions: { net: true, read: ["deno.json", "deno.lock", "main.ts"] },
    },
    use: { deno: ["run", "main.ts"], needs: ["deps"], fetched: ["deno"] },
  });
  assert(!(await dry()).includes("not checked against the lock"));
});

Deno.test("a remote module in the user's own cache is not loaded, and the refusal says how it would be", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response("console.log('it ran');\n", {
        headers: { "content-type": "text/javascript" },
      }),
  );
  await using world = await World.make({
    unattended: true,
    files: {
      "deno.json": "{}",
      "main.ts": `import "http://127.0.0.1:${server.addr.port}/mod.js";\n`,
    },
    steps: { use: { deno: ["run", "main.ts"] } },
  });
  const { writ, dir } = withPackage(world);
  const run = (flags: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-import", ...flags, "main.ts"],
      cwd: world.workspace,
      env: { DENO_DIR: dir },
    }).output();
  const control = await run([]);
  assertEquals(new TextDecoder().decode(control.stdout), "it ran\n");
  const ended = await writ("execute", "pipeline.json");
  assertEquals(ended.status, 1, ended.stderr);
  assert(!ended.stderr.includes("it ran"), ended.stderr);
  assertStringIncludes(
    ended.stderr,
    'Fetch them in a step with "fetch": "deno", and name "deno" in the "fetched" of this one',
  );
});
