/**
 * Whatever a step leaves, it ends, and its run is closed: what has no name or cannot be reached is no
 * fault of Writ's.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { findSecrets } from "../src/evidence/find_secrets.ts";
import { inFolder } from "./support/in_folder.ts";
import { LACKS_USER_NAMESPACE, writIn } from "./support/user_namespace.ts";
import { endsOf, World } from "./support/world.ts";

const SECRET = `s3cr/t+${crypto.randomUUID()}`;
const env = { API_TOKEN: SECRET };

/** Folders deeper than any path may be long, made by going into each. */
const deep = (folder: string) =>
  `cd ${folder}; i=0; while [ $i -lt 30 ]; do ` +
  `d=$(printf '%0200d' 0); mkdir $d; cd $d; i=$((i+1)); done; echo x > f`;

/** What is left in a folder `dist`, and how the step ends for which that is a product. */
const LEFT: [name: string, script: string, end: RegExp][] = [
  [
    "a name that is not UTF-8",
    `printf x > "dist/$(printf '\\377')"`,
    /its name is not UTF-8/,
  ],
  [
    "a folder of such a name",
    `mkdir "dist/$(printf '\\377')"; echo x > "dist/$(printf '\\377')/f"`,
    /its name is not UTF-8/,
  ],
  [
    "a link to such a name",
    `ln -s "$(printf 'a\\377')" dist/l`,
    /is a link to/,
  ],
  ["folders deeper than any path", deep("dist"), /its path is too long/],
];

/** Runs a step that leaves something in `dist`, and gives how it ended; its run must be closed and true. */
async function endOf(
  script: string,
  step: Record<string, unknown>,
): Promise<string> {
  await using world = await World.make({
    steps: { make: { run: ["sh", "-c", `mkdir -p dist; ${script}`], ...step } },
  });
  await world.approve();
  const ended = await world.execute([], world.ann, env);
  assertEquals([0, 1].includes(ended.status), true, ended.stderr);
  const shown = await world.show();
  assertEquals((await world.verify()).status, ended.status);
  return endsOf(shown).make;
}

for (const [name, script, end] of LEFT) {
  Deno.test(`a step that was given a secret and leaves ${name} as a product is refused for it`, async () => {
    const ended = await endOf(script, {
      env: { TOKEN: { secret: "API_TOKEN" } },
      permissions: { write: ["dist/"] },
    });
    assertMatch(ended, end);
  });
  Deno.test(`a step whose files are limited may leave ${name} as scratch`, async () => {
    const ended = await endOf(script, {
      scratch: ["dist/"],
      limits: { fileSize: "1MiB" },
    });
    assertEquals(ended, "ok");
  });
}

Deno.test(
  `a user who is not root is told of a product that cannot be opened by a step with a secret${LACKS_USER_NAMESPACE}`,
  { ignore: LACKS_USER_NAMESPACE !== "" },
  async () => {
    await using world = await World.make({
      steps: {
        make: {
          run: ["sh", "-c", "echo x > dist/f; chmod 000 dist/f"],
          env: { TOKEN: { secret: "API_TOKEN" } },
          permissions: { write: ["dist/"] },
        },
      },
    });
    await world.approve();
    const { status, stderr } = await writIn(
      ["--map-user=64321", "--map-group=64321"],
      [],
      ["execute", "pipeline.json"],
      { cwd: world.workspace, home: world.ann.home, env },
    );
    assertEquals(status, 1, stderr);
    assertMatch(endsOf(await world.show()).make, /permission denied/);
  },
);

for (
  const [name, isLink, found] of [
    ["through a link above a product", true, []],
    ["in a product beneath a folder", false, ["out/dist/f"]],
  ] as const
) {
  Deno.test(`a secret is ${isLink ? "not looked for" : "found"} ${name}`, () =>
    inFolder((folder) => {
      Deno.mkdirSync(`${folder}/host/dist`, { recursive: true });
      Deno.writeTextFileSync(`${folder}/host/dist/f`, SECRET);
      Deno.mkdirSync(`${folder}/work`);
      if (isLink) Deno.symlinkSync(`${folder}/host`, `${folder}/work/out`);
      else Deno.renameSync(`${folder}/host`, `${folder}/work/out`);
      const secrets = new Map([["API_TOKEN", SECRET]]);
      assertEquals(
        findSecrets(`${folder}/work`, ["out/dist"], secrets),
        [...found],
      );
      return Promise.resolve();
    }));
}
