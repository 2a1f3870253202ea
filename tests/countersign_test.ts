/**
 * A second approver signs the ticket that the first one made: after having seen its terms, and
 * with no terms of their own.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path/join";
import { newTicketId } from "../src/core/id.ts";
import { shellWord } from "../src/core/shell_word.ts";
import { MemoryStore } from "../src/ledger/memory_store.ts";
import { UNNAMED } from "../src/run/propose.ts";
import { Writ } from "../src/run/writ.ts";
import { issueTicket } from "../src/ticket/issue_ticket.ts";
import { openTicketFile, ticketFileBytes } from "../src/ticket/ticket_file.ts";
import { writHere } from "./support/in_process.ts";
import { libraryOf } from "./support/interrupted.ts";
import {
  approve,
  ask,
  handOver,
  must,
  parties,
  signerOf,
  trustedKey,
} from "./support/parties.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { type Ended, writArguments } from "./support/run_writ.ts";
import { Session, WITHOUT_TERMINAL } from "./support/session.ts";
import { codeOf, refused, World } from "./support/world.ts";

/** Terms that another approver would want to know of. */
const TERMS = ["--uses", "7", "--valid", "5h", "--reason", "for the release"];

/** What of them must be on the screen before anything is signed. */
const SHOWN = ["7 times", "for the release", "signed by  bob (sha256:"];

/** One option each that a second approver would say in vain. */
const VAIN = [["--uses", "1"], ["--valid", "10m"], ["--reason", "another"]];

const here = (world: World, ...words: string[]) =>
  writHere(words, { cwd: world.workspace, home: world.ann.home });

const sign = (world: World, ...words: string[]) =>
  here(
    world,
    ...["approve", "pipeline.json", "--yes", "--json"],
    ...["--passphrase-file", world.ann.passphrase, ...words],
  );

/** A ledger in which "bob" has signed a ticket that waits for "ann", and its id. */
async function waiting(): Promise<[World, string]> {
  const world = await World.make({
    steps: { make: { run: ["echo", "made"], stdout: "made.txt" } },
    quorum: 2,
  });
  await trustedKey(world, world.ann, "bob", {
    owner: "bob",
    roles: ["approver"],
  });
  await world.accept(world.ann);
  const { stdout } = await must(sign(world, "--key", "bob", ...TERMS));
  return [world, JSON.parse(stdout).ticket.id];
}

async function signaturesOf(world: World, ticket: string): Promise<number> {
  const { stdout } = await must(
    here(world, "tickets", "show", ticket, "--json"),
  );
  return JSON.parse(stdout).envelope.signatures.length;
}

function assertShown({ stderr }: Ended): void {
  for (const shown of SHOWN) assertStringIncludes(stderr, shown);
}

Deno.test("a second approver sees the terms of the ticket that waits, and has none of their own", async (t) => {
  const [world, first] = await waiting();
  await using _ = world;
  await t.step("they are shown before the key is opened", async () => {
    const wrong = join(world.root, "wrong");
    await Deno.writeTextFile(wrong, "not it\n");
    const ended = await here(
      world,
      ...["approve", "pipeline.json", "--yes", "--passphrase-file", wrong],
    );
    refused(ended, "keys.passphrase");
    assertShown(ended);
    assertEquals(await signaturesOf(world, first), 1);
  });
  for (const words of VAIN) {
    await t.step(`${words.join(" ")} is refused`, async () => {
      const ended = await sign(world, ...words);
      assertEquals([ended.status, codeOf(ended)], [2, "usage.invalid"]);
      assertStringIncludes(ended.stderr, first);
      assertEquals(await signaturesOf(world, first), 1);
    });
  }
  await t.step("the same key again makes a ticket of its own", async () => {
    const { stdout } = await must(sign(world, "--key", "bob"));
    const { ticket, missing } = JSON.parse(stdout);
    assertEquals([ticket.id === first, missing], [false, 1]);
    assertEquals(await signaturesOf(world, first), 1);
    await must(
      here(world, "tickets", "revoke", ticket.id, "--yes", "--by", "bob"),
    );
  });
  await t.step("without terms of their own they sign that ticket", async () => {
    const signed = await must(sign(world));
    assertShown(signed);
    const { ticket, missing } = JSON.parse(signed.stdout);
    assertEquals([ticket.id, ticket.maxUses, missing], [first, 7, 0]);
    await must(here(world, "execute", "pipeline.json"));
    assertEquals(world.text("made.txt"), "made\n");
  });
});

Deno.test("a program signs the ticket that it was shown, and no other", async () => {
  const [world, first] = await waiting();
  await using _ = world;
  const writ = libraryOf(world);
  const proposal = await writ.propose({
    file: "pipeline.json",
    bytes: await Deno.readFile(world.at("pipeline.json")),
    params: {},
    requester: UNNAMED,
  });
  const ann = await signerOf(world.ann, "approver");
  const bob = await signerOf(world.ann, "bob");
  assertEquals(await writ.waiting(proposal, bob.id), null);
  assertEquals((await writ.waiting(proposal, ann.id))?.id, first);
  await rejectsWith(
    "ticket.missing",
    () => writ.countersign(proposal, first, bob),
  );
  const terms = { reason: "", validForMs: 60_000, maxUses: 1 };
  const own = await writ.approve(proposal, terms, ann);
  assertEquals([own.ticket.id === first, own.missing], [false, 1]);
  const signed = await writ.countersign(proposal, first, ann);
  assertEquals([signed.ticket.id, signed.missing], [first, 0]);
  await rejectsWith(
    "ticket.missing",
    () => writ.countersign(proposal, first, ann),
  );
});

Deno.test("a ticket is looked for among those for its plan, however many others there are", async () => {
  await using world = await World.make({
    params: { n: "0" },
    steps: { make: { run: ["echo", "${params.n}"], stdout: "made.txt" } },
    quorum: 2,
  });
  const store = new MemoryStore();
  let read = 0;
  const { workspace, ann: { config, state } } = world;
  const writ = new Writ({
    workspace,
    config,
    state,
    now: Date.now,
    store: () =>
      Promise.resolve({
        head: () => store.head(),
        entries: (from, limit) => store.entries(from, limit),
        runHead: (run) => store.runHead(run),
        receipts: (run) => store.receipts(run),
        get: (kind, id) => {
          if (kind === "ticket") read++;
          return store.get(kind, id);
        },
        list: (kind, options) => store.list(kind, options),
        commit: (change) => store.commit(change),
        close: () => Promise.resolve(),
      }),
  });
  const proposed = async (n: number) =>
    await writ.propose({
      file: "pipeline.json",
      bytes: await Deno.readFile(world.at("pipeline.json")),
      params: { n: `${n}` },
      requester: UNNAMED,
    });
  const ann = await signerOf(world.ann, "approver");
  const terms = { reason: "", validForMs: 60_000, maxUses: 1 };
  const { id: another } = await signerOf(world.ann, "runner");
  const readFor = async (n: number) => {
    const proposal = await proposed(n);
    const before = read;
    const found = await writ.waiting(proposal, another);
    return [found === null ? 0 : 1, read - before];
  };
  for (let n = 0; n < 10; n++) {
    await writ.approve(await proposed(n), terms, ann);
  }
  assertEquals(await readFor(10), [0, 0]);
  assertEquals(await readFor(3), [1, 1]);
});

Deno.test("a ticket file shows its terms to whoever signs it too", async (t) => {
  await using all = await parties({ quorum: 2 });
  const { ann, bob, carol } = all;
  await ask(ann);
  await handOver("asked", ann, bob);
  await must(approve(bob, "asked", ...TERMS));
  await handOver("ticket", bob, carol);
  await Deno.rename(
    join(carol.workspace, "ticket"),
    join(carol.workspace, "first"),
  );
  for (const words of VAIN) {
    await t.step(`${words.join(" ")} is refused`, async () => {
      const ended = await approve(carol, "first", ...words);
      assertEquals([ended.status, codeOf(ended)], [2, "usage.invalid"]);
    });
  }
  await t.step("without, it is signed as it is", async () => {
    const signed = await must(approve(carol, "first"));
    assertShown(signed);
    assertStringIncludes(signed.stdout, "7 times");
  });
  await t.step("one whose decision is not policy's is not shown", async () => {
    const path = join(carol.workspace, "first");
    const { file } = openTicketFile(await Deno.readFile(path));
    const [first, ...rest] = file.decision.outcomes;
    const decision = {
      ...file.decision,
      outcomes: [{ ...first, outcome: "allow" as const }, ...rest],
    };
    const { envelope } = await issueTicket({
      id: newTicketId(Date.now()),
      decision,
      ledger: await all.world.ledgerId(),
      seen: null,
      requester: decision.facts.requester,
      reason: "",
      now: Date.now(),
      signers: [await signerOf(bob.person, "approver")],
    });
    await Deno.remove(join(carol.workspace, "ticket"));
    await Deno.writeFile(
      path,
      ticketFileBytes({ ...file, decision, envelope }),
    );
    const ended = await approve(carol, "first");
    refused(ended, "ticket.decision");
    assertEquals(ended.stderr.includes("cat src/in.txt"), false);
  });
});

/** Commands that ask, and what is typed before. */
const ASKING = [
  "approve pipeline.json",
  "tickets revoke latest --by ann",
  "trust accept",
];

Deno.test({
  name:
    `the answer no is a refusal that changes nothing, whatever was asked${WITHOUT_TERMINAL}`,
  ignore: WITHOUT_TERMINAL !== "",
  async fn(t) {
    const [world] = await waiting();
    await using _ = world;
    world.put({ "policies/more.cedar": "// None.\n" });
    const memory = join(world.root, "memory");
    await Deno.mkdir(memory);
    const options = { cwd: world.workspace, home: world.ann.home };
    const session = new Session({ ...options, memory });
    for (const words of ASKING.toReversed()) {
      await t.step(words, async () => {
        const args = writArguments(words.split(" "), options);
        const { status, text } = await session.give(
          [Deno.execPath(), ...args].map(shellWord).join(" "),
          (prompt) => prompt.endsWith("[y/N] ") ? "n" : null,
        );
        assertEquals(status, 3, text);
        assertStringIncludes(text, "Nothing was changed");
        assertEquals(text.includes("error["), false, text);
      });
      await Deno.remove(world.at("policies/more.cedar")).catch(() => {});
    }
  },
});

Deno.test("options that cannot be are refused before anything is shown or asked", async (t) => {
  await using world = await World.make({
    steps: { make: { run: ["true"] } },
  });
  const cases = [
    [["--valid", "soon"], "30s, 15m, 2h or 7d"],
    [["--valid", "9999999d"], "at most 999999d was expected"],
    [["--uses", "0"], "at least 1"],
    [["--uses", "9007199254740993"], "at most 9007199254740991"],
  ] as const;
  for (const [words, why] of cases) {
    await t.step(words.join(" "), async () => {
      const ended = await sign(world, ...words);
      assertEquals([ended.status, codeOf(ended)], [2, "usage.invalid"]);
      assertStringIncludes(ended.stderr, why);
      assertEquals(ended.stderr.includes("make"), false);
    });
  }
  await t.step("--uses 9007199254740991 --valid 7d", async () => {
    const { stdout } = await must(
      sign(world, "--uses", "9007199254740991", "--valid", "7d"),
    );
    const { maxUses } = JSON.parse(stdout).ticket;
    assertEquals(maxUses, Number.MAX_SAFE_INTEGER);
  });
});
