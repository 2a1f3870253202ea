/**
 * The program `verify.ts`, from outside, with leave to read and nothing else.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { writeBundle } from "../src/bundle/write_bundle.ts";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { sha256 } from "../src/core/digest.ts";
import { ReportSchema } from "../src/verify/report.ts";
import { bundleFiles, type Changes, RUN, TRUST } from "./verify_fixtures.ts";
import { LIST } from "./verify_rows.ts";
import { finished, started } from "./verify_story.ts";

const ROOT = join(import.meta.dirname!, "..");

interface Place extends AsyncDisposable {
  bundle: string;
  trust: string;
  folder: string;
}

async function place(changes: Changes = {}): Promise<Place> {
  const folder = await Deno.makeTempDir();
  const files = await bundleFiles(changes);
  files.delete(BUNDLE_FILES.index);
  const bundle = join(folder, "run");
  await writeBundle(bundle, files, RUN);
  const trust = join(folder, "trust.json");
  await Deno.writeTextFile(trust, JSON.stringify(TRUST, null, 2));
  return {
    bundle,
    trust,
    folder,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const verify = (...args: string[]) => verifyWith(["--allow-read"], args);

async function verifyWith(
  may: string[],
  args: string[],
): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      ...may,
      "--deny-env",
      "--deny-net",
      "--deny-write",
      "--deny-run",
      "--deny-ffi",
      "--deny-sys",
      "verify.ts",
      ...args,
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1)!;

Deno.test("a true bundle exits 0 and says so last", async () => {
  await using at = await place();
  const { code, stdout, stderr } = await verify(at.bundle, "--trust", at.trust);
  assertEquals([code, stderr], [0, ""]);
  assert(lastLine(stdout).startsWith("Verified: "), stdout);
});

Deno.test("a true record of a failed run exits 1", async () => {
  await using at = await place({
    steps: (drafts) => [
      ...drafts.slice(0, 5),
      started(LIST),
      finished(LIST, { status: "failed", reason: "exit 1", exit: 1 }),
    ],
  });
  const { code, stdout } = await verify(at.bundle, `--trust=${at.trust}`);
  assertEquals(code, 1);
  assert(lastLine(stdout).startsWith("Failed run: "), stdout);
});

Deno.test("a bundle that was tampered with exits 4", async () => {
  await using at = await place();
  await Deno.writeTextFile(join(at.bundle, "pipeline.json"), "{}");
  const { code, stdout } = await verify(at.bundle, "--trust", at.trust);
  assertEquals(code, 4);
  assert(lastLine(stdout).startsWith("Not verified: "), stdout);
});

Deno.test("without a trust file it exits 4", async () => {
  await using at = await place();
  const { code, stdout } = await verify(at.bundle);
  assertEquals(code, 4);
  assertStringIncludes(stdout, "UNKNOWN  seal.signature");
});

Deno.test("a link in the bundle is told, and not followed", async () => {
  await using at = await place();
  await Deno.symlink("/etc/hostname", join(at.bundle, "policy/more.cedar"));
  const { code, stdout } = await verify(at.bundle, "--trust", at.trust);
  assertEquals(code, 4);
  assertStringIncludes(stdout, '"policy/more.cedar" is a link');
});

Deno.test("what the reader expects is compared", async () => {
  await using at = await place();
  const bytes = await Deno.readFile(join(at.bundle, "plan.json"));
  const plan = sha256(bytes);
  const good = ["--trust", at.trust, "--expect-plan", plan];
  assertEquals((await verify(at.bundle, ...good)).code, 0);
  const commit = ["--expect-commit", "0".repeat(40)];
  assertEquals((await verify(at.bundle, ...good, ...commit)).code, 4);
});

Deno.test("--json is one document of the report's schema", async () => {
  await using at = await place();
  const { code, stdout } = await verify(
    at.bundle,
    "--trust",
    at.trust,
    "--json",
  );
  const report = ReportSchema.parse(JSON.parse(stdout));
  assertEquals([code, report.exit, report.verdict], [0, 0, "verified"]);
});

Deno.test("control characters of the bundle are shown escaped", async () => {
  await using at = await place();
  await Deno.writeTextFile(join(at.bundle, "a\u001b[31m\u202eb"), "");
  const { code, stdout } = await verify(at.bundle, "--trust", at.trust);
  assertEquals(code, 4);
  assertStringIncludes(stdout, '"a\\u{1b}[31m\\u{202e}b"');
  assert(!stdout.includes("\u001b") && !stdout.includes("\u202e"));
});

const USAGE: [sentence: string, args: string[], code: number, error: string][] =
  [
    ["no bundle", [], 2, "usage.invalid"],
    ["two bundles", ["a", "b"], 2, "usage.invalid"],
    ["an unknown option", ["a", "--truts", "b"], 2, "usage.invalid"],
    ["an option without its value", ["a", "--trust"], 2, "usage.invalid"],
    ["an option twice", ["a", "--trust=b", "--trust=c"], 2, "usage.invalid"],
    ["no digest", ["a", "--expect-plan", "abc"], 2, "usage.invalid"],
    ["half a commit", ["a", "--expect-commit", "abc"], 2, "usage.invalid"],
    ["nothing of that name", ["/nowhere/run"], 2, "input.unreadable"],
    ["a file for a folder", ["verify.ts"], 4, "bundle.unreadable"],
    [
      "no checkpoint of that name",
      ["src", "--seen", "nope"],
      2,
      'input.unreadable]: Cannot read the checkpoint "nope": nothing is there\n',
    ],
    [
      "a folder for a checkpoint",
      ["src", "--seen", "src"],
      2,
      "input.unreadable",
    ],
    [
      "a folder that is no export",
      ["src", "--seen", "deno.json", "--log", "src"],
      2,
      "input.invalid",
    ],
    [
      "no trust file of that name",
      ["src", "--trust", "/nowhere"],
      3,
      "trust.missing",
    ],
    [
      "a trust file that is none",
      ["src", "--trust", "deno.json"],
      3,
      "trust.invalid",
    ],
  ];

for (const [sentence, args, code, error] of USAGE) {
  Deno.test(`told: ${sentence}`, async () => {
    const found = await verify(...args);
    assertEquals([found.code, found.stdout], [code, ""]);
    assertStringIncludes(found.stderr, `error[${error}`);
  });
}

Deno.test("a trust file that is not there is to be had from somebody, not made", async () => {
  const { stderr } = await verify("src", "--trust", "nobody.json");
  assertStringIncludes(stderr, "\nhint: take the file from whom you believe");
  assert(!stderr.includes("setup"), stderr);
});

Deno.test("what may not be read is named, and is no fault of Writ", async (t) => {
  await using at = await place();
  const may = [`--allow-read=${at.bundle}`];
  const rows: [what: string, args: string[]][] = [
    ["the trust file", ["--trust", at.trust]],
    ["the checkpoint", ["--seen", join(at.folder, "checkpoint")]],
    [
      "the export",
      ["--seen", join(at.bundle, "checkpoint"), "--log", at.folder],
    ],
  ];
  await t.step("the bundle", async () => {
    const { code, stderr } = await verifyWith([], [at.bundle]);
    assertEquals(code, 3);
    assertStringIncludes(stderr, "error[writ.permission]: ");
  });
  for (const [what, args] of rows) {
    await t.step(what, async () => {
      const { code, stderr } = await verifyWith(may, [at.bundle, ...args]);
      assertEquals(code, 3);
      assertStringIncludes(stderr, "error[writ.permission]: ");
      assertStringIncludes(stderr, at.folder);
      assertStringIncludes(stderr, "\nhint: give --allow-read: ");
    });
  }
  await t.step(
    "the policy engine, of which the bundle knows nothing",
    async () => {
      const { code, stdout, stderr } = await verifyWith(
        [`--allow-read=${at.folder}`],
        [at.bundle, "--trust", at.trust],
      );
      assertEquals([code, stdout], [3, ""]);
      assertStringIncludes(stderr, "cedar_wasm_bg.wasm");
    },
  );
  await t.step("the control: all of it may be read", async () => {
    const { code, stderr } = await verify(at.bundle, "--trust", at.trust);
    assertEquals([code, stderr], [0, ""]);
  });
});

Deno.test("--help is an answer", async () => {
  const { code, stdout, stderr } = await verify("--help");
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "--trust FILE");
});
