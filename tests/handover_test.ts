/**
 * A request goes to approvers on other machines and comes back as a ticket.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import {
  approve,
  ask,
  execute,
  handOver,
  type Machine,
  must,
  parties,
  trustedKey,
} from "./support/parties.ts";
import { runWrit } from "./support/run_writ.ts";
import { codeOf, refused, REVIEW_ALL, TRUST } from "./support/world.ts";

Deno.test("a request travels to an approver, the ticket back, the bundle to a reader", async () => {
  await using all = await parties();
  const { world, ann, bob, carol } = all;
  const at = (machine: Machine) => ({
    cwd: machine.workspace,
    home: machine.person.home,
  });
  await must(runWrit([
    ...["request", "pipeline.json", "--out", "asked"],
    ...["--as", "agent:bot", "--reason", "the nightly build"],
  ], at(ann)));
  await handOver("asked", ann, bob);
  // What the approver's clone holds does not matter: the request says what will run.
  await Deno.writeTextFile(join(bob.workspace, "src/in.txt"), "other\n");
  const signed = await must(runWrit([
    ...["approve", "asked", "--yes", "--out", "ticket", "--reason", "fine"],
    ...["--passphrase-file", bob.person.passphrase],
  ], at(bob)));
  for (const shown of ["agent bot", "the nightly build", "cat src/in.txt"]) {
    assertStringIncludes(signed.stderr, shown);
  }
  await handOver("ticket", bob, ann);
  const words = ["execute", "pipeline.json", "--ticket", "ticket"];
  await must(runWrit(words, at(ann)));
  assertEquals(world.text("out.txt"), "in\n");
  refused(await runWrit(words, at(ann)), "ticket.used");

  // The reader has no ledger and no keys, only their copy of trust.
  const { run } = (await world.show()).run;
  const verified = await runWrit([
    "verify",
    world.at(`.writ/runs/${run}`),
    "--trust",
    join(carol.workspace, TRUST),
  ], { cwd: carol.workspace, home: join(world.root, "nobody") });
  assertEquals(verified.status, 0, verified.stdout);
});

Deno.test("a request or a ticket in the place of another file is told by what it is", async (t) => {
  await using all = await parties();
  const { ann, bob } = all;
  await ask(ann);
  await handOver("asked", ann, bob);
  await must(approve(bob, "asked"));
  await handOver("ticket", bob, ann);
  const cases: [words: string[], what: string, hint: string][] = [
    [
      ["execute", "ticket"],
      "it is a ticket, a pipeline was expected",
      "execute PIPELINE --ticket ticket",
    ],
    [
      ["execute", "asked"],
      "it is a request, a pipeline was expected",
      "approve asked --out TICKET",
    ],
    [
      ["execute", "pipeline.json", "--ticket", "pipeline.json"],
      "it is a pipeline, a ticket was expected",
      "approve pipeline.json --out TICKET",
    ],
    [
      ["execute", "pipeline.json", "--ticket", "asked"],
      "it is a request, a ticket was expected",
      "approve asked --out TICKET",
    ],
  ];
  for (const [words, what, hint] of cases) {
    await t.step(words.join(" "), async () => {
      const { status, stderr } = await ann.writ(words);
      assertEquals(status, 2, stderr);
      assertStringIncludes(stderr, what);
      assertStringIncludes(stderr, hint);
      assertEquals(stderr.trimEnd().split("\n").length, 2, stderr);
    });
  }
  // The control: in its own place it is used.
  await must(execute(ann));
});

Deno.test("a quorum of two wants two owners, one after the other", async () => {
  await using all = await parties({
    quorum: 2,
    change: (world, { bob }) =>
      trustedKey(world, bob, "second", { owner: "bob", roles: ["approver"] }),
  });
  const { world, ann, bob, carol } = all;
  await ask(ann);
  await handOver("asked", ann, bob);
  const first = await must(approve(bob, "asked"));
  assertStringIncludes(first.stdout, "1 more approver must sign it");
  await handOver("ticket", bob, ann);
  refused(await execute(ann), "ticket.quorum");

  // Bob again, with the same key and with another one of his.
  await Deno.rename(join(bob.workspace, "ticket"), join(bob.workspace, "one"));
  const again = await approve(bob, "one");
  assertEquals([again.status, codeOf(again)], [2, "usage.invalid"]);
  await must(approve(bob, "one", "--key", "second"));
  await Deno.remove(join(ann.workspace, "ticket"));
  await handOver("ticket", bob, ann);
  refused(await execute(ann), "ticket.quorum");

  await handOver("one", bob, carol);
  const second = await must(approve(carol, "one"));
  assertEquals(second.stdout.includes("must sign"), false);
  await handOver("ticket", carol, ann);
  await must(execute(ann));
  assertEquals(world.text("out.txt"), "in\n");
  assertEquals((await world.verify()).status, 0);
});

Deno.test("nobody approves what they asked for", async (t) => {
  await using all = await parties({
    change: async (world, { bob }) => {
      await trustedKey(world, world.ann, "asker", {
        owner: "bob",
        roles: ["requester"],
      });
      await trustedKey(world, bob, "both", {
        owner: "bert",
        roles: ["requester", "approver"],
      });
    },
  });
  const { ann, bob, carol } = all;
  const again = async (machine: Machine) => {
    for (const file of ["asked", "ticket"]) {
      await Deno.remove(join(machine.workspace, file)).catch(() => {});
    }
  };
  const cases: [name: string, by: Machine, ask: string[], key: string[]][] = [
    ["by the same name", ann, ["--as", "human:BOB"], []],
    ["by another name of the same person", ann, ["--as", "human:bob/pc"], []],
    ["by another key of the same owner", ann, ["--key", "asker"], []],
    ["by the same key", bob, ["--key", "both"], ["--key", "both"]],
  ];
  for (const [name, asks, words, key] of cases) {
    await t.step(name, async () => {
      for (const machine of [ann, bob, carol]) await again(machine);
      await ask(asks, ...words);
      if (asks !== bob) await handOver("asked", asks, bob);
      const own = await approve(bob, "asked", ...key);
      refused(own, "ticket.self_approval");

      // The control: somebody else may.
      await handOver("asked", asks, carol);
      await must(approve(carol, "asked"));
    });
  }
});

Deno.test("a request that was judged by something else than what is in force here is not approved", async (t) => {
  await using all = await parties();
  const { world, ann, bob } = all;
  await t.step("another policy", async () => {
    const file = "policies/default.cedar";
    world.put({ [file]: `// Another one.\n${REVIEW_ALL["default.cedar"]}` });
    await world.accept(world.ann);
    await ask(ann);
    await handOver("asked", ann, bob);
    refused(await approve(bob, "asked"), "policy.unpinned");
  });
  await t.step("another trust", async () => {
    const file = "policies/default.cedar";
    world.put({ [file]: REVIEW_ALL["default.cedar"] });
    await world.changeTrust((trust) => ({ ...trust, policies: [] }));
    await world.accept(world.ann);
    await Deno.remove(world.at("asked"));
    await ask(ann);
    await handOver("asked", ann, bob);
    refused(await approve(bob, "asked"), "trust.unpinned");
  });
});

/** Approvers sign in the morning only; what may run at all does not depend on it. */
const IN_THE_MORNING = `
@id("in-the-morning")
@reason("Who is tired reads badly")
forbid (principal, action == Action::"approve", resource)
unless { context.time.hour < 12 };
`;

Deno.test("whether a key may approve is judged by when it signs, not by when it was asked", async (t) => {
  await using all = await parties({
    change: (world) => world.put({ "policies/more.cedar": IN_THE_MORNING }),
  });
  const { world, ann, bob } = all;
  const tomorrow = new Date(Date.now() + 86_400_000).setUTCHours(0, 0, 0, 0);
  const hour = (n: number) => tomorrow + n * 3_600_000;
  const signAt = (n: number) =>
    bob.writ([
      ...["approve", "asked", "--yes", "--out", "ticket"],
      ...["--passphrase-file", bob.person.passphrase],
    ], hour(n));
  const askAt = async (n: number) => {
    await Deno.remove(world.at("asked")).catch(() => {});
    await must(
      ann.writ(["request", "pipeline.json", "--out", "asked"], hour(n)),
    );
    await handOver("asked", ann, bob);
  };
  await t.step("asked in the morning, signed in the evening", async () => {
    await askAt(9);
    refused(await signAt(20), "ticket.signer_not_allowed");
    // The control: the same request, in the morning.
    await must(signAt(10));
    await Deno.remove(join(bob.workspace, "ticket"));
  });
  await t.step(
    "asked in the evening, signed in the morning, used in the evening",
    async () => {
      await askAt(-4);
      await must(signAt(11.5));
      await handOver("ticket", bob, ann);
      await must(execute(ann, hour(12.25)));
      const { run } = (await world.show()).run;
      const bundle = world.at(`.writ/runs/${run}`);
      const verified = await ann.writ(["verify", bundle, "--trust", TRUST]);
      assertEquals(verified.status, 0, verified.stdout);
    },
  );
});

Deno.test("what cannot be handed over is not signed", async (t) => {
  await using all = await parties();
  const { ann, world } = all;
  const at = { cwd: ann.workspace, home: ann.person.home };
  world.put({ "there": "mine\n" });
  const cases = [
    ["there", "something is there already"],
    ["nowhere/ticket", "its folder is not there"],
    ["../ticket", "below the folder that you stand in"],
  ];
  for (const [out, why] of cases) {
    await t.step(`${out}: ${why}`, async () => {
      const ended = await runWrit([
        ...["approve", "pipeline.json", "--yes", "--out", out],
        ...["--passphrase-file", ann.person.passphrase],
      ], at);
      assertEquals([ended.status, codeOf(ended)], [2, "usage.invalid"]);
      assertStringIncludes(ended.stderr, why);
      const { stdout } = await must(ann.writ(["tickets", "list", "--json"]));
      assertEquals(JSON.parse(stdout).tickets, []);
    });
  }
  assertEquals(world.text("there"), "mine\n");
  assertEquals(
    [...Deno.readDirSync(ann.workspace)].filter(({ name }) =>
      name.startsWith("there.")
    ),
    [],
  );
});
