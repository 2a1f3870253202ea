/**
 * The escape suite: Writ's keys and records, the workspace, what is published. All acts are steps of
 * one real `writ execute` under each backend.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import type { Backend } from "../../src/sandbox/confinement.ts";
import { removeTree } from "../../src/evidence/remove_tree.ts";
import { runProgram } from "../support/run_writ.ts";
import { endsOf } from "../support/world.ts";
import { Machine, RUNNERS } from "./machine.ts";
import { OWN_MOUNTS } from "./needs.ts";
import { PRODUCTS } from "./products.ts";
import { RECORDS } from "./records.ts";
import { type Left, PARAMS, type RunAct } from "./run_act.ts";
import { commandOf } from "./scripts.ts";
import { DOES } from "./test_acts.ts";

const ACTS = [...RECORDS.acts, ...PRODUCTS.acts];

/** What a step may read, and what it may not. */
const FILES = {
  "src/in.txt": "in\n",
  "kept.txt": "kept\n",
  "precious.txt": "precious\n",
  ".git/config": "[core]\n",
};

/** Of whoever executes; no step declares it. */
const ENVIRONMENT = { WRIT_ESCAPE_SMUGGLED: "yes" };

/** What the run of all acts left under one backend. */
interface Ran extends AsyncDisposable {
  machine: Machine;
  env: Record<string, string>;
  left: Left;
  ends: Record<string, string>;
}

for (const { name, lacks } of RUNNERS) {
  let running: Promise<Ran> | undefined;
  for (const act of ACTS) {
    const { claim } = act.under[name];
    Deno.test({
      name: `${name} ${DOES[claim]} ${act.what}${
        lacks === null ? "" : `: this machine lacks ${lacks}`
      }`,
      ignore: lacks !== null,
      fn: async () => {
        const ran = await (running ??= runAll(name));
        await control(act, ran);
        const began = act.argv === undefined
          ? `${act.id} | begun`
          : `${act.id} started under ${name}`;
        assert(ran.left.said.includes(began), ran.left.said);
        const done = act.done?.(ran.left) ?? ran.ends[act.id] === "ok";
        const may = claim === "by design" || claim === "not covered";
        assertEquals(done, may, ran.ends[act.id]);
      },
    });
  }
  Deno.test.afterAll(async () =>
    await (await running)?.[Symbol.asyncDispose]()
  );
}

/** The same act where it is allowed: outside, or as the twin among the steps. */
async function control(act: RunAct, { machine, env, ends }: Ran) {
  if (act.twin !== undefined) {
    return assertEquals(ends[`${act.id}-twin`], "ok", "the control");
  }
  const cwd = await Deno.makeTempDir({ dir: machine.world.root });
  await Deno.mkdir(join(cwd, "src"));
  await Deno.writeTextFile(join(cwd, "src/in.txt"), FILES["src/in.txt"]);
  const [program, ...args] = [
    ...OWN_MOUNTS,
    ...commandOf({
      sh: act.free ??
        [act.earlier, act.sh].filter((part) => part !== undefined).join("; "),
    }),
  ];
  const { status, stdout, stderr } = await runProgram(program, args, {
    cwd,
    home: machine.world.ann.home,
    env: { ...env, TMPDIR: cwd, ...ENVIRONMENT },
  });
  const done = act.done?.({ said: stdout, modeOf: () => null }) ??
    status === 0;
  assert(done, `the control: ${status}\n${stdout}${stderr}`);
}

async function runAll(name: Backend["name"]): Promise<Ran> {
  const machine = await Machine.make(name, {
    files: FILES,
    // There is an earlier run to look at.
    steps: { first: { run: ["true"] } },
  });
  const { world } = machine;
  assertEquals((await machine.writ(["execute", "pipeline.json"])).status, 0);
  const env = {
    WORK: world.workspace,
    CONFIG: world.ann.config,
    STATE: await world.stateOfLedger(),
    NUMBER: `${Deno.pid}-${name}`,
  };
  world.putPipeline(
    Object.assign({}, ...ACTS.map((act) => stepsOf(act, env))),
    PARAMS(world.workspace),
  );
  const { stdout, stderr } = await machine.writ(
    ["execute", "pipeline.json", "--keep-going", "--jobs", "2"],
    ENVIRONMENT,
  );
  const ends = endsOf(await world.show());
  const modes = Object.fromEntries(
    Object.entries(world.snapshot()).map((
      [path, what],
    ) => [path, what.split(" ")[0]]),
  );
  return {
    machine,
    env,
    ends,
    left: { said: stdout + stderr, modeOf: (path) => modes[path] ?? null },
    [Symbol.asyncDispose]: async () => {
      // Where the later step did not find the word of the earlier one, it is still there.
      await removeTree(`/dev/shm/word-${env.NUMBER}`);
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** The step of an act and its twin. What they give out lies in a folder of their own. */
function stepsOf(
  { id, sh, argv, earlier, twin, permissions, scratch }: RunAct,
  env: Record<string, string>,
): Record<string, unknown> {
  if (twin === undefined) {
    const run = argv ?? commandOf({ sh });
    const step = { run, env, permissions, scratch };
    if (earlier === undefined) return { [id]: step };
    return {
      [`${id}-earlier`]: { run: commandOf({ sh: earlier }), env },
      [id]: { ...step, needs: [`${id}-earlier`] },
    };
  }
  const giving = (folder: string, sh: string) => ({
    run: commandOf({ sh: `mkdir -p ${folder} && cd ${folder} && ${sh}` }),
    env,
    permissions: {
      write: permissions?.write?.map((path) => `${folder}/${path}`),
    },
  });
  return { [id]: giving(id, sh), [`${id}-twin`]: giving(`${id}-twin`, twin) };
}
