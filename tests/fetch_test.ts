/**
 * Steps that fill caches of packages, and steps that are given them, under each backend. Registries
 * are on the loopback of this machine.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { sha256 } from "../src/core/digest.ts";
import type { CacheRef } from "../src/ledger/receipt.ts";
import type { Backend } from "../src/sandbox/confinement.ts";
import { NpmRegistry } from "./support/npm_registry.ts";
import { BACKENDS } from "./support/sandbox.ts";
import { type Steps, TrialWorld, type Tried } from "./support/trial_world.ts";
import { Workspace } from "./support/workspaces.ts";
import { lacking, story } from "./trial/under_backend.ts";
import { isThere } from "./support/is_there.ts";

const PACKAGES = [
  { name: "one", text: 'export default "one";\n' },
  { name: "two", text: 'export default "two";\n' },
];

const ONLINE = { net: true };
const sh = (script: string) => ["sh", "-c", script];

/** Fills the cache of pip, which may hold anything. */
const fill = (script: string) => ({
  run: sh(script),
  fetch: "pip" as const,
  permissions: ONLINE,
});

/** Is given that. */
const use = (script: string) => ({
  run: sh(`cd "\${PIP_FIND_LINKS#file://}" && ${script}`),
  needs: ["deps"],
  fetched: ["pip" as const],
});

/** Fetches with Deno, and runs what was fetched. */
const WITH_DENO = {
  deps: {
    run: ["deno", "cache", "--frozen", "main.ts"],
    fetch: "deno" as const,
    permissions: {
      read: [".npmrc", "deno.json", "deno.lock", "main.ts"],
      ...ONLINE,
    },
  },
  use: {
    deno: ["run", "main.ts"],
    needs: ["deps"],
    fetched: ["deno" as const],
    permissions: { read: [".npmrc"], write: ["out.txt"] },
  },
} satisfies Steps;

/** A project of Deno with its lock, as things should be. */
async function denoProject(main: string, npmrc = ""): Promise<Workspace> {
  const workspace = new Workspace({
    ".npmrc": npmrc,
    "deno.json": "{}",
    "main.ts": main,
  });
  const cache = await Deno.makeTempDir();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "-q", "--allow-import", "main.ts"],
    cwd: workspace.root,
    clearEnv: true,
    env: { DENO_DIR: cache, HOME: cache, PATH: dirname(Deno.execPath()) },
  }).output();
  await Deno.remove(cache, { recursive: true });
  assert(success, new TextDecoder().decode(stderr));
  return workspace;
}

const importing = (registry: NpmRegistry) =>
  denoProject(
    'import one from "npm:one@1.0.0";\nimport two from "npm:two@1.0.0";\nDeno.writeTextFileSync("out.txt", `${one} ${two}\\n`);\n',
    `registry=${registry.url}\n`,
  );

/** What a step fetched. */
function fetchOf({ finished }: Tried, step = "deps"): CacheRef {
  const fetch = finished.findLast((body) => body.step === step)?.fetch;
  assert(fetch, "nothing was fetched");
  return fetch;
}

const endsOf = ({ finished }: Tried) =>
  Object.fromEntries(finished.map(({ step, status }) => [step, status]));

const reasonOf = ({ finished }: Tried, of = "deps") =>
  finished.find(({ step }) => step === of)?.reason ?? "";

const world = await TrialWorld.open();
Deno.test.afterAll(() => world[Symbol.asyncDispose]());

/** Nothing that asks the registry for more than packages, or asks again. */
const NPM_CI = [
  "npm",
  "ci",
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--fetch-retries=0",
];

type Try = (place: Workspace, steps: Steps) => Promise<Tried>;

/** A test under each backend: ignored, with the reason, where this machine lacks something. */
function underEach(
  name: string,
  body: (attempt: Try, backend: Backend) => Promise<void>,
  programs: readonly string[] = [],
): void {
  for (const { name: which, backend } of BACKENDS) {
    const lacks = backend === null ? which : lacking(programs);
    Deno.test({
      name: `${name} [${which}]${
        lacks === null ? "" : `: this machine lacks ${lacks}`
      }`,
      ignore: lacks !== null,
      fn: () =>
        body(
          (place, steps) => world.try(place.root, steps, backend!),
          backend!,
        ),
    });
  }
}

underEach(
  "what Deno fetched, a later step runs without a network",
  async (attempt) => {
    await using registry = await NpmRegistry.open(PACKAGES);
    using place = await importing(registry);
    const tried = await attempt(place, WITH_DENO);
    assertEquals(tried.outcome, "ok", story(tried));
    assertEquals(
      Deno.readTextFileSync(join(place.root, "out.txt")),
      "one two\n",
    );
    const [, used] = tried.finished;
    assertEquals(used.fetched, [fetchOf(tried)]);
  },
);

underEach(
  "a tarball that is not what the lock says fails the fetch, and nothing enters the cache",
  async (attempt) => {
    await using registry = await NpmRegistry.open(PACKAGES);
    using place = await importing(registry);
    registry.poisoned.add("two");
    const tried = await attempt(place, WITH_DENO);
    assertEquals(
      endsOf(tried),
      { deps: "failed", use: "skipped" },
      story(tried),
    );
    assertEquals(tried.finished.map(({ fetch }) => fetch), [null, null]);
    assertMatch(tried.output, /integrity|checksum/i);
  },
);

underEach(
  "a later run is given what an earlier one fetched, by its digest, and needs no registry",
  async (attempt) => {
    const registry = await NpmRegistry.open(PACKAGES);
    using place = await importing(registry);
    const { cache, tree } = fetchOf(await attempt(place, WITH_DENO));
    await registry[Symbol.asyncDispose]();
    Deno.removeSync(join(place.root, "out.txt"));
    const steps = (tree: CacheRef["tree"]): Steps => ({
      use: { ...WITH_DENO.use, needs: [], fetched: [{ cache, tree }] },
    });
    const tried = await attempt(place, steps(tree));
    assertEquals(tried.outcome, "ok", story(tried));
    assertEquals(
      Deno.readTextFileSync(join(place.root, "out.txt")),
      "one two\n",
    );
  },
);

underEach(
  "a step is not given an npm package that its cache has not, whatever the user's own has",
  async (attempt) => {
    using place = await denoProject("");
    place.put({
      "main.ts": 'import { z } from "npm:zod@4.6.7";\nconsole.log(typeof z);\n',
    });
    const lock = JSON.parse(Deno.readTextFileSync("deno.lock"));
    const zod = Object.entries(lock.npm).filter(([name]) =>
      name === "zod@4.6.7"
    );
    place.put({
      "deno.lock": JSON.stringify({
        version: "5",
        specifiers: { "npm:zod@4.6.7": "4.6.7" },
        npm: Object.fromEntries(zod),
      }),
    });
    const run = (fetched: Steps[string]["fetched"]): Steps => ({
      deps: {
        ...WITH_DENO.deps,
        run: sh('mkdir -p "$DENO_DIR/npm" && echo > "$DENO_DIR/npm/x"'),
      },
      use: { deno: ["run", "main.ts"], needs: ["deps"], fetched },
    });
    const without = await attempt(place, run(["deno"]));
    assertEquals(
      endsOf(without),
      { deps: "ok", use: "failed" },
      story(without),
    );
    const control = await attempt(place, run([]));
    assertEquals(control.outcome, "ok", story(control));
  },
);

underEach("a cache is read-only for whoever is given it", async (attempt) => {
  using place = new Workspace();
  const change =
    "echo bad > a.whl; echo bad > new; rm -f a.whl; mv a.whl b; ln -s a.whl l; cat a.whl; ls | wc -l";
  const tried = await attempt(place, {
    deps: fill('echo good > "$PIP_DEST/a.whl"'),
    one: use(change),
    two: { ...use("cat a.whl; ls | wc -l"), needs: ["deps", "one"] },
  });
  assertEquals(tried.outcome, "ok", story(tried));
  assertEquals(tried.output.match(/^(good|1|bad)$/gm), [
    "good",
    "1",
    "good",
    "1",
  ]);
});

underEach(
  "who fills a cache finds it empty, and may change what it put there",
  async (attempt) => {
    using place = new Workspace();
    const script =
      'cd "$PIP_DEST"; ls | wc -l; echo bad > a; echo good > a; mv a b; echo more > c; rm c';
    for (let round = 0; round < 2; round++) {
      const tried = await attempt(place, {
        deps: fill(script),
        use: use("ls; cat b"),
      });
      assertEquals(tried.outcome, "ok", story(tried));
      assertEquals(tried.output, "0\nb\ngood\n");
    }
  },
);

underEach(
  "a step that is not given a cache is told of none",
  async (attempt) => {
    using place = new Workspace();
    const tried = await attempt(place, {
      deps: fill('echo good > "$PIP_DEST/a.whl"'),
      not: { run: sh("env; ls /cache 2>&1"), needs: ["deps"] },
    });
    assertEquals(tried.outcome, "failed");
    assertEquals(endsOf(tried).not, "failed", story(tried));
    assert(!/PIP_|good/.test(tried.output), tried.output);
  },
);

const TOLD: [cache: CacheRef["cache"], part: string, told: RegExp[]][] = [
  ["cargo", "registry/x", [/^CARGO_NET_OFFLINE=true$/m, /^CARGO_HOME=\//m]],
  ["deno", "npm/x", [/^DENO_DIR=\//m]],
  ["npm", "", [/^npm_config_offline=true$/m, /^npm_config_cache=\//m]],
  ["pip", "x", [/^PIP_NO_INDEX=1$/m, /^PIP_FIND_LINKS=file:\/\/\//m]],
];
const FOLDER = {
  cargo: "CARGO_HOME",
  deno: "DENO_DIR",
  npm: "npm_config_cache",
  pip: "PIP_DEST",
};
/** A content of npm's cache is named by its digest: here of nothing. */
const NOTHING =
  "_cacache/content-v2/sha1/da/39/a3ee5e6b4b0d3255bfef95601890afd80709";

underEach(
  "each tool is told of its cache, and all four may be given together",
  async (attempt) => {
    using place = new Workspace();
    const fetching = TOLD.map(([cache, part]) => {
      const path = part || NOTHING;
      const script = `at="$${FOLDER[cache]}"; mkdir -p "$at/${
        dirname(path)
      }"; : > "$at/${path}"`;
      return [cache, { run: sh(script), fetch: cache, permissions: ONLINE }];
    });
    const names = TOLD.map(([cache]) => cache);
    const tried = await attempt(place, {
      ...Object.fromEntries(fetching),
      use: { run: ["env"], needs: names, fetched: [...names].reverse() },
    });
    assertEquals(tried.outcome, "ok", story(tried));
    for (const [, , told] of TOLD) {
      for (const line of told) assertMatch(tried.output, line);
    }
    assertEquals(
      tried.finished.at(-1)!.fetched.map(({ cache }) => cache),
      names,
    );
  },
);

underEach(
  "what a tool would believe unchecked, or makes anew, is not kept",
  async (attempt) => {
    using place = new Workspace();
    const tried = await attempt(place, {
      deps: {
        run: sh(
          'cd "$DENO_DIR"; mkdir -p gen npm/a; echo 1 > gen/x.js; echo 2 > npm/a/x; echo 3 > check_cache_v2',
        ),
        fetch: "deno",
        permissions: ONLINE,
      },
      use: {
        run: sh('cd "$DENO_DIR" && find . -type f'),
        needs: ["deps"],
        fetched: ["deno"],
      },
    });
    assertEquals(tried.outcome, "ok", story(tried));
    assertEquals(tried.output, "./npm/a/x\n");
    assertEquals(fetchOf(tried).files, 1);
  },
);

const UNFIT: [name: string, script: string, reason: RegExp][] = [
  ["nothing", "true", /^it fetched nothing into the pip cache$/],
  ["folders only", 'mkdir "$PIP_DEST/a"', /^it fetched nothing/],
  [
    "a link that leads out",
    'echo > "$PIP_DEST/a"; ln -s /etc/passwd "$PIP_DEST/l"',
    /a link to "\/etc\/passwd", which is not inside/,
  ],
  ["a pipe", 'mkfifo "$PIP_DEST/p"', /it is a named pipe|a FIFO|a pipe/],
];
for (const [name, script, reason] of UNFIT) {
  underEach(`a cache that holds ${name} is not taken`, async (attempt) => {
    using place = new Workspace();
    const tried = await attempt(place, {
      deps: fill(script),
      use: use("true"),
    });
    assertEquals(tried.outcome, "failed", story(tried));
    assertMatch(reasonOf(tried), reason);
    assertEquals(tried.finished.map(({ fetch }) => fetch), [null, null]);
  });
}

underEach(
  "a cache whose bytes were changed in the store is not given",
  async (attempt) => {
    using place = new Workspace();
    const word = crypto.randomUUID();
    const { cache, tree } = fetchOf(
      await attempt(place, { deps: fill(`echo ${word} > "$PIP_DEST/a"`) }),
    );
    const steps: Steps = {
      use: { ...use("cat a"), needs: [], fetched: [{ cache, tree }] },
    };
    const control = await attempt(place, steps);
    assertEquals(control.output, `${word}\n`);
    const [{ digest }] = await world.world.blobs.getTree(tree);
    const hex = digest.slice("sha256:".length);
    const blob = [
      `${hex.slice(0, 2)}/${hex}`,
      `${hex.slice(0, 2)}/${hex.slice(2)}`,
    ]
      .map((path) => join(world.world.state.blobs, path))
      .find((path) => isThere(path))!;
    Deno.chmodSync(blob, 0o644);
    Deno.writeTextFileSync(blob, `${word.toUpperCase()}\n`);
    world.world.blobs.sink.known.clear();
    const tried = await attempt(place, steps);
    assertEquals(endsOf(tried), { use: "refused" }, story(tried));
    assertStringIncludes(reasonOf(tried, "use"), "not what was stored");
  },
);

/** A server of one module. */
function serveModule(text: string) {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response(text, { headers: { "content-type": "text/javascript" } }),
  );
}

const POISON =
  'for f in "$DENO_DIR"/remote/http/*/*; do sed -i s/sound/poison/ "$f"; done';

underEach(
  "a remote module is given where it is what the lock says, and refused where it is not",
  async (attempt) => {
    await using server = serveModule('export default "sound";\n');
    const { port } = server.addr;
    using place = await denoProject(
      `import word from "http://127.0.0.1:${port}/mod.js";\nDeno.writeTextFileSync("out.txt", word);\n`,
    );
    const fetching = (
      more: string,
      reads: string[],
      lock = "--frozen",
    ): Steps => ({
      ...WITH_DENO,
      deps: {
        ...WITH_DENO.deps,
        run: sh(`deno cache -q ${lock} --allow-import main.ts; ${more}`),
        permissions: { read: reads, run: ["deno"], ...ONLINE },
      },
    });
    const all = WITH_DENO.deps.permissions.read;
    const sound = await attempt(place, fetching("true", all));
    assertEquals(sound.outcome, "ok", story(sound));
    assertEquals(Deno.readTextFileSync(join(place.root, "out.txt")), "sound");

    const poisoned = await attempt(place, fetching(POISON, all));
    assertEquals(endsOf(poisoned), { deps: "failed", use: "skipped" });
    assertMatch(
      reasonOf(poisoned),
      /mod\.js" is [0-9a-f]{64}, "deno\.lock" says/,
    );

    // Where the step that fetched read no lock, Deno itself looks at it.
    const unlocked = await attempt(
      place,
      fetching(
        POISON,
        all.filter((path) => path !== "deno.lock"),
        "--no-lock",
      ),
    );
    assertEquals(
      endsOf(unlocked),
      { deps: "ok", use: "failed" },
      story(unlocked),
    );
    assertStringIncludes(unlocked.output, "does not match");
  },
);

underEach("npm installs offline what it fetched before", async (attempt) => {
  await using registry = await NpmRegistry.open(PACKAGES);
  using place = new Workspace({
    ".npmrc": `registry=${registry.url}\n`,
    "package.json": JSON.stringify({
      name: "x",
      version: "1.0.0",
      dependencies: { one: "1.0.0", two: "1.0.0" },
    }),
    "package-lock.json": registry.packageLock(),
    "main.mjs":
      'import one from "one";\nimport two from "two";\nconsole.log(one, two);\n',
  });
  const read = [".npmrc", "package.json", "package-lock.json"];
  const steps: Steps = {
    deps: {
      run: NPM_CI,
      fetch: "npm",
      scratch: ["node_modules"],
      permissions: { read, ...ONLINE },
    },
    install: {
      run: NPM_CI,
      needs: ["deps"],
      fetched: ["npm"],
      permissions: { read, write: ["node_modules"] },
    },
    use: {
      run: ["node", "main.mjs"],
      needs: ["install"],
      permissions: { read: ["main.mjs", "node_modules"] },
    },
  };
  const tried = await attempt(place, steps);
  assertEquals(tried.outcome, "ok", story(tried));
  assertMatch(tried.output, /^one two$/m);
  registry.poisoned.add("one");
  const poisoned = await attempt(place, steps);
  assertEquals(endsOf(poisoned).deps, "failed", story(poisoned));
  assertMatch(poisoned.output, /EINTEGRITY/);
}, ["npm", "node"]);

/** Makes a wheel of one module; `RECORD` may be short, for pip looks at the file's digest only. */
const WHEEL = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    info = "words-1.0.0.dist-info/"
    wheel.writestr("words.py", sys.argv[2])
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: words\\nVersion: 1.0.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "words.py,,\\n")
`;

const PIP = ["/usr/bin/python3", "-m", "pip", "--disable-pip-version-check"];

underEach(
  "pip installs offline what it fetched before, if it is what was required",
  async (attempt) => {
    const name = "words-1.0.0-py3-none-any.whl";
    using wheels = new Workspace();
    const make = async (text: string) => {
      const at = join(wheels.root, name);
      await wheels.run("python3", "-c", WHEEL, at, text);
      return await Deno.readFile(at);
    };
    const good = await make("word = 'sound'\n");
    let served = good;
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) =>
        request.url.endsWith(".whl")
          ? new Response(served)
          : new Response(`<a href="/${name}">${name}</a>`, {
            headers: { "content-type": "text/html" },
          }),
    );
    using place = new Workspace({
      "requirements.txt": `words==1.0.0 --hash=${sha256(good)}\n`,
      "main.py": "import words\nprint('it is', words.word)\n",
    });
    const from = ["--require-hashes", "--requirement", "requirements.txt"];
    const index = `http://127.0.0.1:${server.addr.port}/simple`;
    const read = ["requirements.txt"];
    const steps: Steps = {
      deps: {
        run: [...PIP, "download", "--retries=0", "--index-url", index, ...from],
        fetch: "pip",
        permissions: { read, ...ONLINE },
      },
      install: {
        run: [...PIP, "install", "--target=out", ...from],
        needs: ["deps"],
        fetched: ["pip"],
        permissions: { read, write: ["out"] },
      },
      use: {
        run: ["/usr/bin/python3", "main.py"],
        needs: ["install"],
        env: { PYTHONPATH: "out" },
        permissions: { read: ["main.py", "out"] },
      },
    };
    const tried = await attempt(place, steps);
    assertEquals(tried.outcome, "ok", story(tried));
    assertMatch(tried.output, /^it is sound$/m);
    served = await make("word = 'poison'\n");
    const poisoned = await attempt(place, steps);
    assertEquals(endsOf(poisoned).deps, "failed", story(poisoned));
    assertMatch(poisoned.output, /HASHES/);
  },
  ["/usr/bin/python3", "/usr/bin/pip3"],
);
