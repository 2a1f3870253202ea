/**
 * Yesterday's copy of the state folder, put back: no use of a ticket comes back with it, and no
 * revocation goes away.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { copyTree, putBack } from "./support/copy_tree.ts";
import { gone } from "./support/processes.ts";
import { Running } from "./support/running.ts";
import { refused, runOf, World } from "./support/world.ts";

const STEPS = {
  count: {
    run: ["sh", "-c", "date +%s%N > ran.txt"],
    permissions: { write: ["ran.txt"] },
  },
};

/** A world with an approved pipeline, the ticket as a file, and a copy of its state. */
async function approved(steps: Record<string, unknown> = STEPS) {
  const world = await World.make({ steps });
  const ticket = "ticket.json";
  const id = await world.approve(["--out", ticket]);
  const yesterday = join(world.root, "yesterday");
  await copyTree(world.ann.state, yesterday);
  return { world, ticket, id, yesterday };
}

/** Every way to use the ticket, or to make the ledger forget, meets the same refusal. */
async function refusedEverywhere(
  world: World,
  ticket: string,
  code = "ledger.rolled_back",
) {
  const ways = [
    ["execute", "pipeline.json"],
    ["execute", "pipeline.json", "--ticket", ticket],
    [
      ...["approve", "pipeline.json", "--yes"],
      ...["--passphrase-file", world.ann.passphrase],
    ],
    ["log"],
    ["tickets", "list"],
  ];
  for (const words of ways) {
    refused(await world.writ(words), code);
  }
}

Deno.test("a ticket that was used is not used again with the state of before", async () => {
  const { world, ticket, yesterday } = await approved();
  await using _ = world;
  await world.must(["execute", "pipeline.json"]);
  const ran = world.text("ran.txt");
  const today = join(world.root, "today");
  await copyTree(world.ann.state, today);

  await putBack(yesterday, world.ann.state);
  await refusedEverywhere(world, ticket);
  assertEquals(world.text("ran.txt"), ran);

  // The control: the newest copy is as good as the folder itself.
  await putBack(today, world.ann.state);
  refused(await world.execute(["--ticket", ticket]), "ticket.used");
  await world.approve();
  await world.must(["execute", "pipeline.json"]);
  await world.checkLedger();
});

Deno.test("a ticket that was revoked does not hold again with the state of before", async () => {
  const { world, ticket, id, yesterday } = await approved();
  await using _ = world;
  await world.must(["tickets", "revoke", id, "--yes", "--by", "ann"]);
  const today = join(world.root, "today");
  await copyTree(world.ann.state, today);

  await putBack(yesterday, world.ann.state);
  await refusedEverywhere(world, ticket);

  await putBack(today, world.ann.state);
  refused(await world.execute(["--ticket", ticket]), "ticket.revoked");
  assertEquals(world.text("ran.txt"), null);
});

Deno.test("a ticket whose run was killed is not used again with the state of before", async () => {
  const { world, ticket, yesterday } = await approved({
    wait: { run: ["sleep", "600"] },
  });
  await using _ = world;
  const running = new Running(world.start(["execute", "pipeline.json"]));
  await running.said("wait started");
  await gone(await running.kill());

  await putBack(yesterday, world.ann.state);
  await refusedEverywhere(world, ticket);
});

Deno.test("a state folder that is taken away takes no ticket's history with it", async () => {
  const { world, ticket } = await approved();
  await using _ = world;
  await world.must(["execute", "pipeline.json"]);
  await Deno.remove(world.ann.state, { recursive: true });
  await refusedEverywhere(world, ticket);
});

Deno.test("a state of before with another history since is found out", async () => {
  const { world, ticket, yesterday } = await approved();
  await using _ = world;
  await world.must(["execute", "pipeline.json"]);
  const seen = join(world.ann.config, "seen");
  const remembered = join(world.root, "seen");
  await copyTree(seen, remembered);

  // Whoever can make the config folder forget can write a longer history over the old one.
  await putBack(yesterday, world.ann.state);
  await Deno.remove(seen, { recursive: true });
  for (let more = 0; more < 3; more++) await world.approve();
  await putBack(remembered, seen);
  await refusedEverywhere(world, ticket, "ledger.rewritten");
});

Deno.test("git clean costs no ticket its history", async () => {
  const { world } = await approved();
  await using _ = world;
  const run = runOf(await world.must(["execute", "pipeline.json"]));
  await Deno.remove(world.at(".writ"), { recursive: true });
  world.put({ ".writ": { folder: true } });
  refused(await world.execute(), "ticket.used");
  assertEquals((await world.show(run)).state, "ok");

  // What is gone with it is made again from the ledger.
  await world.must(["execute", "pipeline.json", "--resume", run]);
  assertEquals((await world.show()).run.run, run);
  assertEquals((await world.verify(run)).status, 0);
});
