import { assert, assertEquals } from "@std/assert";
import { collectProducts } from "../src/evidence/collect.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import {
  type Bench,
  makeFifo,
  onBench,
  run,
  SRC,
} from "./support/view_bench.ts";

const root = Deno.uid() === 0;

/** What no product may hold, and whether making it needs root. */
const UNSAFE: Record<string, (path: string, bench: Bench) => void> = {
  "an absolute link": (path) => Deno.symlinkSync("/etc/passwd", path),
  "a link out of the product": (path) => Deno.symlinkSync("../src", path),
  "a link out of the workspace": (path) =>
    Deno.symlinkSync("../../../../etc/passwd", path),
  "a link out by way of another": (path) => {
    Deno.mkdirSync(`${path}/a/b`, { recursive: true });
    Deno.symlinkSync("../..", `${path}/a/b/c`);
    Deno.symlinkSync("a/b/c/../../x", `${path}/d`);
  },
  "a link that loops": (path) => Deno.symlinkSync("evil", path),
  "a FIFO": (path) => makeFifo(path),
  "a socket": (path) => {
    // Closing takes the name away that it was made by.
    using _ = Deno.listen({ transport: "unix", path: `${path}.made` });
    Deno.renameSync(`${path}.made`, path);
  },
  "a name that is not UTF-8": (path) =>
    run("sh", "-c", `touch "${path}$(printf '\\377')"`),
  "a link to a name that is not UTF-8": (path) =>
    run("sh", "-c", `ln -s "x$(printf '\\377')" "${path}"`),
  "a hard link to a file outside": (path, bench) => {
    Deno.writeTextFileSync(`${bench.folder}/secret`, "secret");
    Deno.linkSync(`${bench.folder}/secret`, path);
  },
  "a hard link to a blob": (path, bench) => {
    const blob = `${bench.folder}/blobs/blob`;
    Deno.writeTextFileSync(blob, "blob");
    Deno.linkSync(blob, path);
  },
};

for (const [name, make] of Object.entries(UNSAFE)) {
  Deno.test(`a product that holds ${name} is refused by name, without it it is taken`, () =>
    onBench(async (bench) => {
      const staged = await bench.stage({ src: SRC }, {
        products: [{ path: "dist", starts: "folder" }],
      });
      bench.write("dist/good");
      await collectProducts(staged);
      make(`${bench.work}/dist/evil`, bench);
      const error = await rejectsWith(
        "publish.unsafe",
        () => collectProducts(staged),
      );
      assert(error.faults.some(({ message }) => message.includes("dist/evil")));
    }));
}

for (const mode of ["b", "c"]) {
  Deno.test(`a product that holds a device (${mode}) is refused (needs root)`, {
    ignore: !root,
  }, () =>
    onBench(async (bench) => {
      const staged = await bench.stage({}, {
        products: [{ path: "dist", starts: "folder" }],
      });
      run("mknod", `${bench.work}/dist/evil`, mode, "1", "3");
      await rejectsWith("publish.unsafe", () => collectProducts(staged));
    }));
}

Deno.test("a product that is itself a link is refused, whatever it leads to", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({ src: SRC }, {
      products: [{ path: "dist", starts: "absent" }],
    });
    Deno.symlinkSync("src", `${bench.work}/dist`);
    await rejectsWith("publish.unsafe", () => collectProducts(staged));
  }));

Deno.test("all that is unsafe in a product is named at once", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "dist", starts: "folder" }],
    });
    makeFifo(`${bench.work}/dist/one`);
    Deno.symlinkSync("/", `${bench.work}/dist/two`);
    const error = await rejectsWith(
      "publish.unsafe",
      () => collectProducts(staged),
    );
    assertEquals(error.faults.length, 2);
  }));

Deno.test(
  `a product folder that cannot be entered is refused with the reason${
    root ? " (ignored: root may)" : ""
  }`,
  {
    ignore: root,
  },
  () =>
    onBench(async (bench) => {
      const staged = await bench.stage({}, {
        products: [{ path: "dist", starts: "folder" }],
      });
      Deno.mkdirSync(`${bench.work}/dist/closed`, { mode: 0o000 });
      const error = await rejectsWith(
        "publish.unsafe",
        () => collectProducts(staged),
      );
      assert(error.message.includes("permission denied"));
    }),
);

Deno.test("a product deeper than any path is refused, and its scratch twin is not looked at", () =>
  onBench(async (bench) => {
    const staged = await bench.stage({}, {
      products: [{ path: "dist", starts: "folder" }],
      scratch: ["tmp/"],
    });
    await deepen(bench, "tmp");
    await collectProducts(staged);
    await deepen(bench, "dist");
    const error = await rejectsWith(
      "publish.unsafe",
      () => collectProducts(staged),
    );
    assert(error.message.includes("too long"));
  }));

/** Makes folders deeper than a path may be long, by moving them beneath one another. */
async function deepen(bench: Bench, path: string) {
  let inner = `${bench.folder}/seed`;
  await Deno.mkdir(inner);
  for (let i = 0; i < 600; i++) {
    const outer = `${bench.folder}/next${i % 2}`;
    await Deno.mkdir(outer);
    await Deno.rename(inner, `${outer}/dddddddd`);
    inner = outer;
  }
  await Deno.rename(inner, `${bench.work}/${path}/top`);
}
