/**
 * The figures: whole processes, medians, as milliseconds and as ratios to a bare `deno run` of
 * an empty file in the same rounds. `deno task bench` prints them.
 *
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { measure, type Subject } from "./measure.ts";

const ROUNDS = 11;
const repository = fromFileUrl(new URL("..", import.meta.url));
const main = join(repository, "src/cli/main.ts");
const root = await Deno.realPath(await Deno.makeTempDir());
const workspace = join(root, "workspace");
const env = {
  XDG_CONFIG_HOME: join(root, "config"),
  XDG_STATE_HOME: join(root, "state"),
  INIT_CWD: workspace,
};

await prepare();
const { bundle, trust } = await runOnce();
const flags = ["--no-prompt", "--v8-flags=--liftoff-only"];
const config = ["--config", join(repository, "deno.json")];
const subjects: Subject[] = [
  {
    name: "deno run of an empty file",
    command: [Deno.execPath(), "run", join(root, "empty.js")],
  },
  {
    name: "dry run of examples/hello",
    command: [
      Deno.execPath(),
      "run",
      ...flags,
      ...config,
      "--allow-read",
      "--allow-env",
      "--deny-run",
      "--deny-ffi",
      "--deny-net",
      "--deny-write",
      main,
      "run",
      "examples/hello/pipeline.json",
    ],
    cwd: workspace,
    env,
  },
  {
    name: "verify.ts on its bundle",
    command: [
      Deno.execPath(),
      "run",
      ...config,
      "--allow-read",
      join(repository, "verify.ts"),
      bundle,
      "--trust",
      trust,
    ],
    cwd: root,
  },
];

const medians = await measure(subjects, ROUNDS);
const base = medians.get(subjects[0].name)!;
console.log(`median of ${ROUNDS}, in turn`);
for (const [name, ms] of medians) {
  console.log(
    `${name.padEnd(28)} ${ms.toFixed(0).padStart(5)} ms  ${
      (ms / base).toFixed(1).padStart(5)
    } x`,
  );
}
await Deno.remove(root, { recursive: true });

async function prepare(): Promise<void> {
  await ensureDir(join(workspace, ".writ"));
  await ensureDir(join(workspace, "examples/hello"));
  for (const name of ["greet.ts", "pipeline.json", "words.json"]) {
    await Deno.copyFile(
      join(repository, "examples/hello", name),
      join(workspace, "examples/hello", name),
    );
  }
  await Deno.writeTextFile(join(root, "empty.js"), "");
  await Deno.writeTextFile(join(root, "passphrase"), crypto.randomUUID());
}

/** Sets up, executes the example, and returns where its bundle and trust file lie. */
async function runOnce(): Promise<{ bundle: string; trust: string }> {
  await writ("setup", "--owner", "bench", "--passphrase-file", "../passphrase");
  const { bundle } = JSON.parse(
    await writ("execute", "examples/hello/pipeline.json", "--json"),
  );
  return { bundle, trust: join(workspace, "policies/trust.json") };
}

async function writ(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--config",
      join(repository, "deno.json"),
      main,
      ...args,
    ],
    cwd: workspace,
    env,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
