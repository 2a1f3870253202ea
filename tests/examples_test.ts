/**
 * The examples, run as their reader runs them: in a copy of this repository.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { runProgram } from "./support/run_writ.ts";
import { ROOT } from "./support/source_files.ts";
import { endsOf, TRUST, World } from "./support/world.ts";

/** An example, what policy says of it, and what it must leave. */
interface Example {
  name: string;
  /** `pipeline.json`, where it has no other. */
  file?: string;
  verdict: "allow" | "review";
  steps: string[];
  products: Record<string, RegExp>;
}

const EXAMPLES: Example[] = [
  {
    name: "hello",
    verdict: "allow",
    steps: ["greet", "checksum"],
    products: {
      "greeting.txt": /^Hello, world!\n$/,
      "SHA256SUMS": /^[0-9a-f]{64} {2}examples\/hello\/out\/greeting\.txt\n$/,
    },
  },
  {
    name: "tour",
    file: "pipeline.jsonc",
    verdict: "allow",
    steps: ["lint", "letters", "sort", "pack"],
    products: {
      "letters.txt": /^(\d+ [a-z]\n){20}$/,
      "sorted.txt": /^12 e\n6 h\n/,
      "pack/tour.tar": /examples\/tour\/out\/sorted\.txt/,
    },
  },
  {
    name: "data",
    verdict: "allow",
    steps: ["generate", "clean", "aggregate", "chart"],
    products: {
      "raw.csv": /^(.*\n){4000,}$/,
      "clean.csv": /^(.*\n){3000,}$/,
      "by-month.csv": /^(\d{4}-\d{2},\d+\.\d{2}\n){12}$/,
      "by-month.svg": /^<svg /,
    },
  },
  {
    name: "release",
    verdict: "review",
    steps: [
      ...["format", "lint", "types", "test"],
      ...["archive", "checksums", "manifest"],
    ],
    products: {
      "SHA256SUMS": /^[0-9a-f]{64} {2}examples\/release\/out\/writ\.tar\n$/,
      "package.json": /"version": "0\.1\.0"/,
    },
  },
];

for (
  const { name, file = "pipeline.json", verdict, steps, products } of EXAMPLES
) {
  Deno.test(
    `examples/${name} is planned, ${
      verdict === "review" ? "approved, " : ""
    }executed and verified`,
    async () => {
      await using world = await World.make({ unattended: true });
      await copyRepository(world.workspace);
      await world.makeKeys(world.ann, "ann");
      await world.accept(world.ann);
      const pipeline = `examples/${name}/${file}`;

      const dry = await world.must(["run", pipeline, "--json"]);
      assertEquals(JSON.parse(dry.stdout).verdict, verdict);
      if (verdict === "review") {
        const early = await world.writ(["execute", pipeline, "--dev"]);
        assertEquals(early.status, 3, early.stderr);
        assertStringIncludes(early.stderr, "ticket.missing");
        await world.must([
          ...["approve", pipeline, "--yes", "--dev"],
          ...["--passphrase-file", world.ann.passphrase],
        ]);
      }
      await world.must(["execute", pipeline, "--dev"]);

      assertEquals(
        endsOf(await world.show()),
        Object.fromEntries(steps.map((step) => [step, "ok"])),
      );
      for (const [product, pattern] of Object.entries(products)) {
        assertMatch(
          world.text(`examples/${name}/out/${product}`) ?? "",
          pattern,
          product,
        );
      }
      await world.must(["verify", "latest", "--trust", TRUST, "--dev"]);
    },
  );
}

Deno.test("examples/library.ts goes the whole way from TypeScript", async () => {
  const home = await Deno.makeTempDir();
  const ended = await runProgram(
    Deno.execPath(),
    ["run", "--quiet", "-A", "examples/library.ts"],
    { cwd: ROOT, home },
  );
  await Deno.remove(home, { recursive: true });
  assertEquals(ended, {
    status: 0,
    stdout: [
      "policy says review",
      "the run is ok",
      "the bundle is verified",
      "2 poem.txt\n",
    ].join("\n"),
    stderr: "",
  });
});

/** What git has of this repository, and what it would take. */
async function copyRepository(folder: string): Promise<void> {
  const { stdout } = await new Deno.Command("git", {
    args: [
      ...["-c", "safe.directory=*", "ls-files", "-z"],
      ...["--cached", "--others", "--exclude-standard"],
    ],
    cwd: ROOT,
  }).output();
  const paths = new TextDecoder().decode(stdout).split("\0");
  for (const path of paths.filter((path) => path !== "")) {
    const to = join(folder, path);
    await Deno.mkdir(dirname(to), { recursive: true });
    try {
      await Deno.copyFile(join(ROOT, path), to);
    } catch (error) {
      // Listed in the index, deleted from the tree: a clone of what is here has it not.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
