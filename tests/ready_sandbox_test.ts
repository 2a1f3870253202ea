/**
 * A sandbox that is made ready before it is known whether anything will run in it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const MODULE = new URL("../src/run/ready_sandbox.ts", import.meta.url).href;

/** In a process of its own: what is left when a sandbox was disposed of after `before`. */
async function leftAfter(before: string) {
  const folder = await Deno.makeTempDir({ prefix: "writ-ready-" });
  try {
    const temporary = `${folder}/tmp`;
    await Deno.mkdir(temporary);
    const script = `
      import { readySandbox } from ${JSON.stringify(MODULE)};
      const count = () => [...Deno.readDirSync("/proc/self/task")].flatMap(
        ({ name }) =>
          Deno.readTextFileSync(\`/proc/self/task/\${name}/children\`)
            .split(" ").filter(Boolean),
      ).length;
      const sandbox = readySandbox(${JSON.stringify(`${folder}/state`)});
      ${before}
      const during = count();
      await sandbox[Symbol.asyncDispose]();
      console.log(JSON.stringify({ during, after: count() }));
    `;
    await Deno.mkdir(`${folder}/state`);
    await Deno.writeTextFile(`${folder}/script.ts`, script);
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: [
          ...["run", "-A", "--quiet", "--no-check"],
          ...["--config", `${ROOT}/deno.json`, `${folder}/script.ts`],
        ],
        env: { TMPDIR: temporary },
      },
    ).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
    return {
      ...JSON.parse(new TextDecoder().decode(stdout)),
      folders: [...Deno.readDirSync(temporary)].length,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ignore = Deno.build.os !== "linux";

Deno.test(
  "a sandbox that is ready is a process, and none when it was disposed of",
  {
    ignore,
  },
  async () => {
    assertEquals(
      await leftAfter("await sandbox.ready;"),
      { during: 1, after: 0, folders: 0 },
    );
  },
);

for (const ms of [0, 20, 50, 80, 120]) {
  Deno.test(
    `a sandbox that is disposed of after ${ms} ms leaves no process and no folder of its trials`,
    {
      ignore,
    },
    async () => {
      const { after, folders } = await leftAfter(
        `await new Promise((resolve) => setTimeout(resolve, ${ms}));`,
      );
      assertEquals({ after, folders }, { after: 0, folders: 0 });
    },
  );
}
