/**
 * What bad input must come to: one clear error with its documented exit code, nothing lost,
 * nothing that a terminal would obey.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import {
  ERROR_EXIT,
  type ErrorCode,
  EXIT,
  type ExitStatus,
} from "../../src/core/errors.ts";
import { writHere } from "./in_process.ts";
import type { Ended } from "./run_writ.ts";
import type { Person, World } from "./world.ts";
import { isThere } from "./is_there.ts";

/** Runs a command in a world, within this process; a hang is told as one. */
export async function inWorld(
  world: World,
  words: readonly string[],
  by: Person = world.ann,
): Promise<Ended> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`writ ${words.join(" ")} hangs`)),
      60_000,
    );
  });
  const run = writHere(words, { cwd: world.workspace, home: by.home });
  try {
    return await Promise.race([run, hang]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a refusal must be. */
export interface Told {
  code: ErrorCode;
  /** What its text must name: file, place, value, what was wanted. */
  names?: readonly string[];
}

/** Asserts that a command ended with one clear error, and that it did nothing else. */
export function assertTold(ended: Ended, { code, names = [] }: Told): void {
  const { status, stdout, stderr } = ended;
  assertSafe(ended);
  assertEquals(
    { code: codesOf(stderr), status, stdout },
    { code: [code], status: ERROR_EXIT[code], stdout: "" },
    stderr,
  );
  assertMatch(stderr, /^error\[[a-z._]+\]: [A-Z]/m);
  for (const name of names) assertStringIncludes(stderr, name);
}

/** Asserts that a command did what it was asked, and spoke safely. */
export function assertDone(ended: Ended, status: ExitStatus = EXIT.done): void {
  assertSafe(ended);
  assertEquals(ended.status, status, ended.stderr);
  assertEquals(codesOf(ended.stderr), []);
}

/** Asserts that nothing a terminal obeys or hides was said, and no stack was shown. */
export function assertSafe({ status, stdout, stderr }: Ended): void {
  assertEquals(
    `${stdout}${stderr}`.match(OBEYED),
    null,
    JSON.stringify({ stdout, stderr }),
  );
  assertEquals(/^\s+at .*(file|ext|npm):/m.exec(stderr), null, stderr);
  assertEquals(status === EXIT.fault, false, stderr);
}

const OBEYED =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

function codesOf(stderr: string): string[] {
  return Array.from(
    stderr.matchAll(/^error\[([a-z._]+)\]/gm),
    ([, code]) => code,
  );
}

/** Makes something at a path; what it returns keeps it there. */
export type Maker = (path: string) => Disposable | void;

/** Puts something else in the place of a file or folder; disposing of it puts that back. */
export function replaced(
  world: World,
  path: string,
  make: Maker | null,
): Disposable {
  const aside = join(world.root, "aside");
  const was = isThere(path);
  if (was) Deno.renameSync(path, aside);
  else Deno.mkdirSync(dirname(path), { recursive: true });
  const made = make?.(path);
  return {
    [Symbol.dispose]() {
      made?.[Symbol.dispose]();
      if (isThere(path)) Deno.removeSync(path, { recursive: true });
      if (was) Deno.renameSync(aside, path);
    },
  };
}

/** What may lie in the place of a file. */
export const NO_FILES: Record<string, Maker> = {
  "a folder": (path) => Deno.mkdirSync(path),
  "a FIFO": (path) => run("mkfifo", path),
  "a socket": (path) => Deno.listen({ transport: "unix", path }),
  "a link to nothing": (path) => Deno.symlinkSync("nowhere", path),
  "a link to itself": (path) => Deno.symlinkSync(path, path),
  "a link to an endless device": (path) => Deno.symlinkSync("/dev/zero", path),
};

function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
