/**
 * Secrets: only the declaring step has them, and nothing that is kept or shown does.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { join } from "@std/path/join";
import { WritError } from "../src/core/errors.ts";
import type { Confinement } from "../src/sandbox/confinement.ts";
import { takeSecrets, variableOf } from "../src/run/secrets.ts";
import { step } from "./support/confinements.ts";
import { processesWith, underEach } from "./support/sandbox.ts";
import { endsOf, refused, World } from "./support/world.ts";

const SECRET = `s3cr/t+${crypto.randomUUID()}`;
const sh = (script: string) => ["sh", "-c", script];
const SECRETS: Confinement["secrets"] = [
  { variable: "TOKEN", secret: "token", as: "value" },
  { variable: "KEY", secret: "key", as: "file" },
];
const VALUES = new Map([["token", SECRET], ["key", `${SECRET}\nline two\n`]]);

underEach("a step is given its secrets", async (bench) => {
  const folder = join(bench.folder, "secrets");
  await Deno.mkdir(folder, { mode: 0o700 });
  await Deno.writeTextFile(join(folder, "key"), VALUES.get("key")!, {
    mode: 0o400,
  });
  const kernel = bench.backend.name === "landlock";
  const script =
    'printf "%s|" "$TOKEN"; cat "$KEY"; stat -c %a "$KEY"; ls /proc/self/fd | tr "\\n" " "; echo x > "$KEY"';
  const ran = await bench.run(sh(script), { secrets: SECRETS }, {
    secrets: VALUES,
    host: { secrets: kernel ? folder : null },
  });
  const [given, rest] = ran.out.split("|");
  assertEquals(given, SECRET);
  assertEquals(rest, `${VALUES.get("key")}400\n0 1 2 3 `);
  assert(ran.exit !== 0);
});

underEach("a step without secrets has none", async (bench) => {
  const ran = await bench.run(sh("env; ls /run/secrets"), {}, {
    secrets: VALUES,
  });
  assert(!ran.out.includes(SECRET));
});

underEach(
  "no command line of the machine holds a secret",
  async (bench) => {
    let seen: number[] = [-1];
    await bench.run(sh('echo up; sleep 0.5; test -n "$TOKEN"'), {
      secrets: SECRETS.slice(0, 1),
    }, {
      secrets: VALUES,
      seen: () => void processesWith(SECRET).then((found) => seen = found),
    });
    assertEquals(seen, []);
    // The control: an argument is seen.
    let control: number[] = [];
    await bench.run(sh(`echo up; sleep 0.5; test -n '${SECRET}'`), {}, {
      seen: () => void processesWith(SECRET).then((found) => control = found),
    });
    assert(control.length > 0);
  },
);

underEach("a step that lacks its secret does not start", async (bench) => {
  const ran = bench.run(sh("touch started"), {
    secrets: SECRETS.slice(0, 1),
  });
  await ran.then(
    () => assert(false),
    (error) => assertEquals(error.code, "sandbox.launch"),
  );
  assertEquals([...Deno.readDirSync(bench.host.stage)], []);
});

const values: [
  name: string,
  value: string | undefined,
  code: string | null,
][] = [
  ["is not set", undefined, "secret.missing"],
  ["is empty", "", "secret.missing"],
  ["is too short to be masked", "1234567", "secret.unsafe"],
  ["is too short but for white space", "1234567\n\n", "secret.unsafe"],
  ["holds a NUL", "12345678\0", "secret.unsafe"],
  ["is no text", "12345678\ud800", "secret.unsafe"],
  ["is longer than any key", "x".repeat(100_000), "secret.unsafe"],
  ["is long enough", "12345678", null],
];
for (const [name, value, code] of values) {
  Deno.test(`a secret that ${name} is ${code === null ? "taken" : "refused"}`, () => {
    const steps = [step({ env: { T: { secret: "npm-token" } } })];
    const take = () =>
      takeSecrets(steps, (name) => name === "NPM_TOKEN" ? value : undefined);
    if (code === null) assertEquals(take().get("npm-token"), value);
    else {
      const error = assertThrows(take, WritError);
      assertEquals(error.code, code);
      assert(
        value === undefined || value === "" || !error.message.includes(value),
      );
    }
  });
}

for (
  const [name, variable] of [
    ["TOKEN", "TOKEN"],
    ["token", "token"],
    ["npm-token", "NPM_TOKEN"],
    ["a.b", "A_B"],
    ["1st", "_1ST"],
  ]
) {
  Deno.test(`the secret "${name}" is taken from ${variable}`, () => {
    assertEquals(variableOf(name), variable);
  });
}

const GIVEN = { env: { TOKEN: { secret: "API_TOKEN" } } };

/** Everything that a run leaves, wherever: files of the workspace and all homes. */
function left(world: World): string {
  return JSON.stringify(world.everything()) +
    JSON.stringify(Object.keys(world.everything()));
}

/** The secret in the forms that are looked for. */
const FORMS = [
  SECRET,
  encodeBase64(SECRET).slice(0, -4),
  encodeURIComponent(SECRET),
  [...new TextEncoder().encode(SECRET)].map((byte) =>
    byte.toString(16).padStart(2, "0")
  ).join(""),
];

const env = { API_TOKEN: SECRET };

Deno.test("a secret is in nothing that a run shows or leaves", async () => {
  await using world = await World.make({
    unattended: true,
    steps: {
      use: {
        run: sh(
          'echo "$TOKEN"; printf %s "$TOKEN" | base64 -w0; printf %s "$TOKEN" | od -An -tx1; ' +
            'echo "token=$TOKEN" >&2; cat "$TOKEN"; echo "${#TOKEN}"',
        ),
        ...GIVEN,
        stdout: "out.txt",
      },
      after: { run: ["env"], needs: ["use"] },
    },
  });
  // Whoever is given a secret could give it away: this always waits for a person.
  refused(await world.execute([], world.ann, env), "ticket.missing");
  await world.approve();
  const ended = await world.execute([], world.ann, env);
  assertEquals(ended.status, 0, ended.stderr);
  const out = world.text("out.txt")!;
  assertEquals(out.split("\n")[0], "[secret API_TOKEN]");
  assertEquals(out.trim().split("\n").at(-1), String(SECRET.length));
  assert(ended.stderr.includes("token=[secret API_TOKEN]"), ended.stderr);
  const all = ended.stdout + ended.stderr + left(world) +
    (await world.writ(["show", "--receipts"])).stdout;
  for (const form of FORMS) assert(!all.includes(form), form);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("a secret that is missing is refused before a use is taken", async () => {
  await using world = await World.make({
    unattended: true,
    steps: { use: { run: ["true"], ...GIVEN } },
  });
  await world.approve();
  refused(await world.execute(), "secret.missing");
  assertEquals((await world.execute([], world.ann, env)).status, 0);
});

const products: [name: string, script: string][] = [
  ["as it is", 'printf "x%sx" "$TOKEN" > dist/a'],
  ["in base64", 'printf "user:%s" "$TOKEN" | base64 > dist/a'],
  ["in a link", 'ln -s "$TOKEN" dist/a'],
  ["in a name", 'mkdir -p "dist/$TOKEN"; touch "dist/$TOKEN/a"'],
];
for (const [name, script] of products) {
  Deno.test(`a product that holds a secret is neither published nor kept: ${name}`, async () => {
    await using world = await World.make({
      unattended: true,
      steps: {
        use: { run: sh(script), ...GIVEN, permissions: { write: ["dist/"] } },
      },
    });
    await world.approve();
    const ended = await world.execute([], world.ann, env);
    assertEquals(ended.status, 1, ended.stderr);
    const { use } = endsOf(await world.show());
    assert(use.startsWith("failed: it wrote a secret into"), use);
    assertEquals(world.text("dist/a"), null);
    const all = ended.stdout + ended.stderr + left(world);
    for (const form of FORMS.slice(0, 2)) assert(!all.includes(form), form);
  });
}

const reasons: [name: string, script: string, reason: RegExp][] = [
  [
    "a file that it did not declare",
    'mkdir -p "${TOKEN%/*}"; touch "$TOKEN"',
    /^failed: it wrote "\[secret API_TOKEN\]", which it did not declare$/,
  ],
  [
    "a path of its output that is none until it is read",
    'echo "cannot create src/${TOKEN%%/*}//${TOKEN#*/}"; exit 1',
    /^failed: exit 1; it tried to make "src\/\[secret API_TOKEN\]" in/,
  ],
];
for (const [name, script, reason] of reasons) {
  Deno.test(`why a step failed names no secret: ${name}`, async () => {
    await using world = await World.make({
      unattended: true,
      files: { "src/a": "" },
      steps: {
        use: { run: sh(script), ...GIVEN, permissions: { read: ["src"] } },
      },
    });
    await world.approve();
    const ended = await world.execute([], world.ann, env);
    assertEquals(ended.status, 1, ended.stderr);
    const { use } = endsOf(await world.show());
    assert(reason.test(use), use);
    const all = ended.stdout + ended.stderr + left(world);
    assert(!all.includes(SECRET));
  });
}
