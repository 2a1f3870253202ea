/**
 * Whole processes: medians, as milliseconds and as ratios to a bare `deno run` of an empty file
 * in the same rounds.
 *
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { measure, type Subject } from "./measure.ts";
import { printTable } from "./print.ts";

const ROUNDS = 11;
const REPOSITORY = fromFileUrl(new URL("..", import.meta.url));
const MAIN = join(REPOSITORY, "src/cli/main.ts");

/** A workspace with `examples/hello`, and homes for it. */
interface Place {
  root: string;
  workspace: string;
  env: Record<string, string>;
}

/** The dry run of `examples/hello`, and `verify.ts` on its bundle. */
export async function benchProcesses(): Promise<void> {
  const place = await prepare();
  try {
    const subjects = subjectsOf(place, await runOnce(place));
    const medians = await measure(subjects, ROUNDS);
    const base = medians.get(subjects[0].name)!;
    printTable(
      `whole processes, median of ${ROUNDS} in turn`,
      Array.from(medians, ([name, ms]) => [
        name,
        `${ms.toFixed(0)} ms`,
        `${(ms / base).toFixed(1)} x`,
      ]),
    );
  } finally {
    await Deno.remove(place.root, { recursive: true });
  }
}

function subjectsOf(
  { root, workspace, env }: Place,
  { bundle, trust }: { bundle: string; trust: string },
): Subject[] {
  const config = ["--config", join(REPOSITORY, "deno.json")];
  return [
    {
      name: "deno run of an empty file",
      command: [Deno.execPath(), "run", join(root, "empty.js")],
    },
    {
      name: "dry run of examples/hello",
      command: [
        ...[Deno.execPath(), "run", "--no-prompt"],
        ...["--v8-flags=--liftoff-only", ...config],
        ...["--allow-read", "--allow-env", "--deny-run", "--deny-ffi"],
        ...["--deny-net", "--deny-write", MAIN],
        ...["run", "examples/hello/pipeline.json"],
      ],
      cwd: workspace,
      env,
    },
    {
      name: "verify.ts on its bundle",
      command: [
        ...[Deno.execPath(), "run", ...config, "--allow-read"],
        ...[join(REPOSITORY, "verify.ts"), bundle, "--trust", trust],
      ],
      cwd: root,
    },
  ];
}

async function prepare(): Promise<Place> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  const workspace = join(root, "workspace");
  await ensureDir(join(workspace, ".writ"));
  await ensureDir(join(workspace, "examples/hello"));
  for (const name of ["greet.ts", "pipeline.json", "words.json"]) {
    await Deno.copyFile(
      join(REPOSITORY, "examples/hello", name),
      join(workspace, "examples/hello", name),
    );
  }
  await Deno.writeTextFile(join(root, "empty.js"), "");
  await Deno.writeTextFile(join(root, "passphrase"), crypto.randomUUID());
  const env = {
    XDG_CONFIG_HOME: join(root, "config"),
    XDG_STATE_HOME: join(root, "state"),
    INIT_CWD: workspace,
  };
  return { root, workspace, env };
}

/** Sets up, executes the example, and returns where its bundle and trust file lie. */
async function runOnce(
  place: Place,
): Promise<{ bundle: string; trust: string }> {
  await writ(place, [
    ...["setup", "--owner", "bench"],
    ...["--passphrase-file", "../passphrase"],
  ]);
  const executed = await writ(place, [
    ...["execute", "examples/hello/pipeline.json", "--json"],
  ]);
  const { bundle } = JSON.parse(executed);
  return { bundle, trust: join(place.workspace, "policies/trust.json") };
}

async function writ({ workspace, env }: Place, args: string[]) {
  const config = join(REPOSITORY, "deno.json");
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", config, MAIN, ...args],
    cwd: workspace,
    env,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
