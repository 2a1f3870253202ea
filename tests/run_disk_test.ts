/**
 * Full disks and read-only ones, under a real `execute`: one clear error, nothing half-written,
 * and once there is room all goes on.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { copyTree } from "./support/copy_tree.ts";
import { runProgram, writArguments } from "./support/run_writ.ts";
import { codeOf, World } from "./support/world.ts";
import { works } from "./support/works.ts";

const BWRAP = await works(
  "bwrap",
  ...["--dev-bind", "/", "/", "--size", "4096", "--tmpfs", "/tmp", "true"],
);
const needs = BWRAP ? "" : " (ignored: bubblewrap does not work here)";

/** A product that is as large as what is there already, and one that is printed. */
const STEPS = {
  big: {
    run: [
      "sh",
      "-c",
      'head -c 1000000 /dev/zero | tr "\\0" "$V" > big.txt; echo done',
    ],
    env: { V: "${params.v}" },
    permissions: { write: ["big.txt"] },
    stdout: "said.txt",
  },
};

const made = () =>
  World.make({
    steps: STEPS,
    params: { v: "a" },
    files: { "big.txt": "old\n" },
    unattended: true,
  });

/**
 * In a folder on a disk of its own: for each number of free KiB a run, then room again, a look at
 * the ledger, and the same run once more, or resumed. Answers go to `$OUT/<KiB>.<what>`.
 */
const SCRIPT = `
set -u
cp -a "$SAVED/." "$PLACE"
cd "$WORK"
n=0
for free in $FREE; do
  n=$((n + 1))
  value=$(echo "$n" | tr 123456789 bcdefghij)
  before=$(sha256sum big.txt)
  cat /dev/zero > "$PLACE/filler" 2> /dev/null
  truncate -s "-\${free}K" "$PLACE/filler"
  "$@" execute pipeline.json --param "v=$value" > "$OUT/$free.stdout" 2> "$OUT/$free.stderr"
  echo "$?" > "$OUT/$free.status"
  [ "$before" = "$(sha256sum big.txt)" ] && echo old > "$OUT/$free.product"
  head -c 1 big.txt > "$OUT/$free.begins"
  rm "$PLACE/filler"
  "$@" log --verify > /dev/null 2> "$OUT/$free.log"
  echo "$?" > "$OUT/$free.checked"
  run=$(grep -o -m 1 -- '--resume run_[0-9A-Z]*' "$OUT/$free.stderr")
  # A run that got through is done; another one is begun anew or goes on.
  if [ "$(cat "$OUT/$free.status")" = 0 ]; then echo 0 > "$OUT/$free.again"
  else
    "$@" execute pipeline.json --param "v=$value" $run > /dev/null 2> "$OUT/$free.last"
    echo "$?" > "$OUT/$free.again"
  fi
  [ "$(tr -d "$value" < big.txt | wc -c)" = 0 ] && echo new > "$OUT/$free.then"
done
`;

/** Runs the script with a folder of the world on a disk of some MiB. */
async function onSmallDisk(
  world: World,
  place: string,
  mib: number,
  free: readonly number[],
): Promise<Record<number, (what: string) => string>> {
  const saved = join(world.root, "saved");
  const out = join(world.root, "out");
  await Deno.mkdir(place, { recursive: true });
  await copyTree(place, saved);
  await Deno.mkdir(out);
  const options = { cwd: world.root, home: world.ann.home };
  const env: Record<string, string> = {
    SAVED: saved,
    PLACE: place,
    WORK: world.workspace,
    OUT: out,
    FREE: free.join(" "),
  };
  const ended = await runProgram("bwrap", [
    ...BWRAP_BASE,
    ...["--size", `${mib * 1024 * 1024}`, "--tmpfs", place],
    ...["--", "sh", "-c", SCRIPT, "sh"],
    Deno.execPath(),
    ...writArguments(["execute"], { ...options, all: true }).slice(0, -1),
  ], { ...options, env });
  assertEquals(ended.status, 0, ended.stderr);
  return Object.fromEntries(free.map((kib) => [
    kib,
    (what: string) => {
      try {
        return Deno.readTextFileSync(join(out, `${kib}.${what}`)).trim();
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return "";
        throw error;
      }
    },
  ]));
}

/** Whatever room there was: it did its work, or said once what is missing, and nothing is lost. */
function assertInOrder(said: (what: string) => string): void {
  const stderr = said("stderr");
  if (said("status") !== "0") {
    assertEquals([said("status"), said("stdout")], ["3", ""], stderr);
    assertEquals(
      stderr.match(/^error\[.*?\]/gm),
      ["error[store.unwritable]"],
      stderr,
    );
  }
  assertEquals(said("checked"), "0", said("log"));
  assertEquals(said("again"), "0", said("last"));
  assertEquals(said("then"), "new");
}

Deno.test({
  name: `a disk of the state that is full at any point${needs}`,
  ignore: !BWRAP,
  fn: async (t) => {
    await using world = await made();
    const free = [0, 8, 64, 256, 1024, 2048, 3072, 16384];
    const said = await onSmallDisk(world, world.ann.state, 32, free);
    for (const kib of free) {
      await t.step(`${kib} KiB`, () => assertInOrder(said[kib]));
    }
    assertEquals(said[0]("status"), "3");
    assertEquals(said[0]("product"), "old");
    assertEquals(said[16384]("status"), "0", said[16384]("stderr"));
  },
});

Deno.test({
  name: `a disk of the workspace that is full at any point${needs}`,
  ignore: !BWRAP,
  fn: async (t) => {
    await using world = await made();
    const free = [0, 8, 512, 980, 1000, 1100, 8192];
    const said = await onSmallDisk(world, world.workspace, 16, free);
    for (const kib of free) {
      await t.step(`${kib} KiB`, () => {
        assertInOrder(said[kib]);
        // Without room for its mark a run is not begun: no use is spent.
        assertEquals(
          said[kib]("stderr").includes("--resume run_"),
          kib > 0 && said[kib]("status") !== "0",
          said[kib]("stderr"),
        );
        // All of it or nothing: the old file is whole.
        assert(kib > 900 || said[kib]("product") === "old");
      });
    }
    for (const kib of [0, 8, 512]) assert(said[kib]("status") !== "0");
    assertEquals(said[0]("status"), "3");
    assertEquals(said[8192]("status"), "0", said[8192]("stderr"));
  },
});

/** Folders that cannot be written, which is found out before a use is spent. */
const READ_ONLY: [name: string, folder: (world: World) => string][] = [
  ["state", ({ ann }) => ann.state],
  ["config", ({ ann }) => ann.config],
  ["workspace", ({ workspace }) => workspace],
];

for (const [name, folder] of READ_ONLY) {
  Deno.test({
    name: `a ${name} folder that is read-only${needs}`,
    ignore: !BWRAP,
    fn: async () => {
      await using world = await made();
      await world.must(["execute", "pipeline.json"]);
      const asked = ["execute", "pipeline.json", "--param", "v=b"];
      const before = world.text("big.txt");
      const options = { cwd: world.workspace, home: world.ann.home };
      const ended = await runProgram("bwrap", [
        ...BWRAP_BASE,
        ...["--ro-bind", folder(world), folder(world), "--"],
        Deno.execPath(),
        ...writArguments(asked, options),
      ], options);
      assertEquals([ended.status, ended.stdout], [3, ""], ended.stderr);
      assertEquals(codeOf(ended), "store.unwritable", ended.stderr);
      assertEquals(ended.stderr.match(/^error\[/gm)?.length, 1);
      assertEquals(ended.stderr.includes("--resume"), false, ended.stderr);
      assertEquals(world.text("big.txt"), before);
      await world.checkLedger();
      await world.must(asked);
      assertEquals(world.text("big.txt"), "b".repeat(1_000_000));
      assertEquals((await world.verify()).status, 0);
    },
  });
}

/** All of this machine as it is; root keeps what a sandbox within this one needs. */
const BWRAP_BASE = [
  ...["--dev-bind", "/", "/", "--die-with-parent"],
  ...(Deno.uid() === 0 ? ["--cap-add", "ALL"] : []),
];
