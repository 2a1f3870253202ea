/**
 * The command line from outside: words in; status, stdout, stderr and files out.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { resolve } from "@std/path/resolve";
import {
  type Case,
  type CaseCommand,
  matches,
  parseCases,
} from "./support/cases.ts";
import { runWrit } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";

const folder = `${ROOT}/tests/cases`;
const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".txt")).sort();

for (const name of names) {
  const text = Deno.readTextFileSync(join(folder, name));
  for (const one of parseCases(text)) {
    Deno.test(`${name.replace(".txt", "")}: ${one.name}`, () => play(one));
  }
}

async function play(one: Case): Promise<void> {
  const place = await Deno.realPath(await Deno.makeTempDir());
  const here = join(place, "work");
  const home = join(place, "home");
  try {
    await Deno.mkdir(here);
    await Deno.mkdir(home);
    for (const file of one.files) await put(join(here, file.path), file);
    for (const command of one.commands) await check(command, here, home);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

async function check(
  command: CaseCommand,
  here: string,
  home: string,
): Promise<void> {
  const fill = (text: string) =>
    text.replaceAll("$HERE", here).replaceAll("$HOME", home);
  const ended = await runWrit(command.words.map(fill), {
    cwd: here,
    home,
    env: { LOGNAME: "ada" },
    stdin: command.stdin ?? undefined,
  });
  const seen = [
    ...ended.stdout.split("\n").slice(0, -1).map((line) => `> ${line}`),
    ...ended.stderr.split("\n").slice(0, -1).map((line) => `! ${line}`),
  ];
  const stated = [
    ...command.stdout.map((line) => `> ${fill(line)}`),
    ...command.stderr.map((line) => `! ${fill(line)}`),
  ];
  const asStated = matches(command.stdout.map(fill), ended.stdout) &&
    matches(command.stderr.map(fill), ended.stderr);
  if (!asStated) assertEquals(seen, stated, command.words.join(" "));
  assertEquals(ended.status, command.status, command.words.join(" "));
  for (const path of command.present) {
    assert(await there(resolve(here, fill(path))), `${path} is missing`);
  }
  for (const path of command.absent) {
    assert(!await there(resolve(here, fill(path))), `${path} is there`);
  }
}

async function put(
  path: string,
  file: { kind: string; content: string },
): Promise<void> {
  await Deno.mkdir(file.kind === "folder" ? path : dirname(path), {
    recursive: true,
  });
  if (file.kind === "file") await Deno.writeTextFile(path, file.content);
  if (file.kind === "link") await Deno.symlink(file.content, path);
  if (file.kind === "fifo") {
    await new Deno.Command("mkfifo", { args: [path] }).output();
  }
}

async function there(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
