/**
 * Several commands at once, from outside: a use of a ticket is given to one, products come from
 * one run whole, and nobody meets a locked database.
 *
 * @module
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Ended } from "./support/run_writ.ts";
import { Running } from "./support/running.ts";
import { codeOf, refused, World } from "./support/world.ts";

const sh = (
  script: string,
  ...words: string[]
) => ["sh", "-c", script, ...words];

Deno.test("of several that execute one ticket at once exactly one runs, round after round", async () => {
  await using world = await World.make({
    steps: {
      count: {
        run: sh("echo ran >> count.txt"),
        permissions: { read: ["count.txt"], write: ["count.txt"] },
      },
    },
    files: { "count.txt": "" },
  });
  for (let round = 1; round <= 4; round++) {
    await world.approve();
    const ended = await Promise.all(
      Array.from({ length: round === 1 ? 4 : 2 }, () => world.execute()),
    );
    const won = ended.filter(({ status }) => status === 0);
    assertEquals(won.length, 1, said(ended));
    for (const lost of ended.filter((one) => one !== won[0])) {
      // Who reads the file while it changes has not got as far as the ticket, and asks again.
      const met = codeOf(lost) === "plan.changed_while_read"
        ? await world.execute()
        : lost;
      // A slow one looks when the file has changed already.
      const late = codeOf(met) === "ticket.missing";
      refused(met, late ? "ticket.missing" : "ticket.used");
    }
    assertEquals(world.text("count.txt"), "ran\n".repeat(round));
  }
  await world.checkLedger();
});

Deno.test("who comes too late for the last use of a ticket is told to have it approved again, which leads on", async () => {
  await using world = await World.make({
    steps: { wait: { run: sh("echo up; exec sleep 600") } },
  });
  const ticket = await world.approve();
  const begin = async () => {
    const running = new Running(world.start(["execute", "pipeline.json"]));
    await running.said("wait | up");
    return running;
  };
  const end = async (running: Running) => {
    running.child.kill("SIGINT");
    assertEquals((await running.ended).status, 130);
  };
  const first = await begin();
  const late = await world.execute();
  refused(late, "ticket.used");
  assertMatch(
    late.stderr,
    new RegExp(`ticket ${ticket}: run_[0-9A-Z]{26} is running under it\n`),
  );
  assertStringIncludes(late.stderr, "hint: writ approve pipeline.json\n");
  await world.approve();
  const second = await begin();
  await end(first);
  await end(second);
  // The control: the end of the first one gives no use back.
  refused(await world.execute(), "ticket.used");
  await world.checkLedger();
});

Deno.test("runs at once publish one after the other: each product set comes from one run", async () => {
  const paths = Array.from({ length: 40 }, (_, n) => `out/${n}/file.txt`);
  const steps = {
    write: {
      run: sh(
        'for path; do mkdir -p "${path%/*}"; echo "$V" > "$path"; done',
        "sh",
        ...paths,
      ),
      env: { V: "${params.v}" },
      permissions: { write: paths },
    },
  };
  await using world = await World.make({
    steps,
    params: { v: "none" },
    unattended: true,
  });
  for (let round = 0; round < 2; round++) {
    const values = [0, 1, 2, 3].map((n) => `${round}.${n}`);
    const ended = await Promise.all(
      values.map((v) => world.execute(["--param", `v=${v}`])),
    );
    assertEquals(ended.map(({ status }) => status), [0, 0, 0, 0], said(ended));
    const found = new Set(paths.map((path) => world.text(path)));
    assertEquals(found.size, 1, [...found].join());
  }
  assertEquals([...Deno.readDirSync(world.at(".writ/publish"))], []);
  await world.checkLedger();
});

Deno.test("steps at once in one run publish into one folder, all of them", async () => {
  const ids = Array.from({ length: 24 }, (_, n) => `s${n}`);
  await using world = await World.make({
    steps: Object.fromEntries(
      ids.map((id) => [id, {
        run: sh('mkdir -p new/deep && echo "$0" > "new/deep/$0"', id),
        permissions: { write: [`new/deep/${id}`] },
      }]),
    ),
    unattended: true,
  });
  const ended = await world.execute(["--jobs", "12"]);
  assertEquals(ended.status, 0, ended.stderr);
  for (const id of ids) assertEquals(world.text(`new/deep/${id}`), `${id}\n`);
  assertEquals((await world.verify()).status, 0);
});

Deno.test("eight commands that write the ledger at once all do what they are asked", async () => {
  await using world = await World.make({
    steps: { s: { run: ["true"] } },
    unattended: true,
  });
  const words = ["execute", "pipeline.json"];
  const look = ["log", "--json"];
  const list = ["tickets", "list"];
  const ended = await Promise.all(
    [words, look, words, list, words, look, words, words].map((each) =>
      world.writ(each)
    ),
  );
  assertEquals(
    ended.map(({ status }) => status),
    Array(8).fill(0),
    said(ended),
  );
  assertEquals(ended.filter(({ stderr }) => /locked/.test(stderr)), []);
  const { entries } = JSON.parse(
    (await world.must(["log", "--all", "--json"])).stdout,
  );
  const closed = entries.filter((entry: { type: string }) =>
    entry.type === "run.closed"
  );
  assertEquals(closed.length, 5);
  await world.checkLedger();
});

function said(ended: readonly Ended[]): string {
  return ended.map(({ stderr }) => stderr).join("\n---\n");
}
