/** The store at a server that speaks KV Connect: the suite of all stores, and what a network adds. */
import { assert, assertEquals } from "@std/assert";
import { kvStore } from "../src/ledger/kv_store.ts";
import type { WritError } from "../src/core/errors.ts";
import { EMPTY_HEAD, type Store } from "../src/ledger/store.ts";
import { testStore, texts } from "./store_suite.ts";
import { KV_TOKEN, type KvFault, KvServer } from "./support/kv_server.ts";
import {
  ACTOR,
  admission,
  appendTexts,
  finished,
  headAfter,
  makeTicket,
  openLedger,
  started,
  verifyLedger,
  wholeRun,
} from "./support/ledger.ts";
import { rejectsWith } from "./support/rejects_with.ts";

Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);

testStore("store at a server", () => {
  const server = new KvServer();
  return Promise.resolve({
    open: () => kvStore(server.url),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
});

/** A server, and one store of it that is open. */
async function atServer(
  body: (store: Store, server: KvServer) => Promise<void>,
  patience?: number,
): Promise<void> {
  await using server = new KvServer();
  const store = await kvStore(server.url, { patience });
  try {
    await body(store, server);
  } finally {
    await store.close();
  }
}

/** Lets the first request of a method meet a fault. */
function once(server: KvServer, method: string, fault: KvFault): void {
  server.fault = (asked) => {
    if (asked !== method) return null;
    server.fault = () => null;
    return fault;
  };
}

/** The fault of one atomic write, and how the commit ends all the same. */
const BROKEN_WRITES: [fault: KvFault, ends: "made" | "refused"][] = [
  ["drop before", "made"],
  ["drop after", "made"],
  ["500 before", "made"],
  ["500 after", "made"],
  ["garbage after", "made"],
  ["garbage before", "refused"],
  ["400 before", "refused"],
];

/** The faults that leave it open what became of a write. */
const IN_A_LEDGER = new Set<KvFault>([
  "drop after",
  "500 after",
  "garbage before",
]);

for (const [fault, ends] of BROKEN_WRITES) {
  Deno.test(`store at a server: a commit that meets "${fault}" is ${ends}, once`, async () => {
    await atServer(async (store, server) => {
      const first = appendTexts(EMPTY_HEAD, "a");
      await store.commit({ entries: first });
      const second = appendTexts(headAfter(first), "b");
      const change = {
        entries: second,
        put: [{ kind: "run" as const, id: "r", bytes: new Uint8Array([1]) }],
      };
      once(server, "atomic_write", fault);
      if (ends === "made") await store.commit(change);
      else await rejectsWith("store.unavailable", () => store.commit(change));
      const all = ends === "made" ? ["a", "b"] : ["a"];
      assertEquals(await texts(store.entries()), all);
      assertEquals(await store.get("run", "r") !== null, ends === "made");
      // The next finds the ledger as it is, whatever became of this one.
      const head = ends === "made" ? headAfter(second) : headAfter(first);
      await store.commit({ entries: appendTexts(head, "c") });
      assertEquals(await texts(store.entries()), [...all, "c"]);
    });
  });

  Deno.test(`store at a server: the first commit of all that meets "${fault}" is ${ends}, once`, async () => {
    await atServer(async (store, server) => {
      let asked = 0;
      // The first of the two writes down what format it is.
      server.fault = (method) =>
        method === "atomic_write" && ++asked === 2 ? fault : null;
      const change = { entries: appendTexts(EMPTY_HEAD, "a") };
      if (ends === "made") await store.commit(change);
      else await rejectsWith("store.unavailable", () => store.commit(change));
      const again = await kvStore(server.url);
      assertEquals(await texts(again.entries()), ends === "made" ? ["a"] : []);
      await again.close();
    });
  });

  if (!IN_A_LEDGER.has(fault)) continue;
  Deno.test(`ledger at a server: of everything that meets "${fault}" nothing is lost or doubled`, async () => {
    for (let nth = 1; nth <= 8; nth++) {
      await atServer(async (store, server) => {
        const ledger = await openLedger(store);
        await wholeRun(ledger);
        let asked = 0;
        server.fault = (method) =>
          method === "atomic_write" && ++asked === nth ? fault : null;
        const before = (await ledger.head()).size;
        const signed = await makeTicket();
        let run: string | null = null;
        let receipts = 0;
        try {
          run = (await ledger.admit(admission(signed))).record.run;
          receipts++;
          for (const step of ["a", "b", "c"]) {
            await ledger.append(run, "step.started", started(step), ACTOR);
            receipts++;
            await ledger.append(run, "step.finished", finished(step), ACTOR);
            receipts++;
          }
        } catch (error) {
          assertEquals((error as WritError).code, "store.unavailable");
        }
        const opened = await openLedger(store);
        assertEquals((await verifyLedger(opened)).faults, []);
        // The ticket and the admission, or neither.
        const { size } = await opened.head();
        assertEquals(size, before + (run === null ? 0 : 2));
        const kept = run === null
          ? []
          : await Array.fromAsync(opened.receipts(run));
        assertEquals(kept.length, receipts);
        if (ends === "made") assertEquals(receipts, 7);
      });
    }
  });
}

Deno.test("ledger at a server: eight that write at once lose nothing, and the ledger is whole", async () => {
  await using server = new KvServer();
  const child = new URL("./support/ledger_child.ts", import.meta.url).pathname;
  const ended = await Promise.all(
    Array.from({ length: 8 }, () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", child, "append", server.url, "40"],
        stderr: "inherit",
      }).output()),
  );
  const runs = ended.map(({ stdout }) =>
    new TextDecoder().decode(stdout).trim()
  );
  const store = await kvStore(server.url);
  const ledger = await openLedger(store);
  for (const run of runs) {
    assertEquals((await Array.fromAsync(ledger.receipts(run))).length, 41);
  }
  const { faults, receipts, tickets } = await verifyLedger(ledger);
  assertEquals({ faults, receipts, tickets }, {
    faults: [],
    receipts: 8 * 41,
    tickets: 8 * 3,
  });
  await store.close();
});

Deno.test("ledger at a server: of two that race for the last use of a ticket one wins", async () => {
  await using server = new KvServer();
  const [one, two] = [await kvStore(server.url), await kvStore(server.url)];
  const signed = await makeTicket();
  const ended = await Promise.allSettled(
    [one, two].map(async (store) =>
      await (await openLedger(store)).admit(admission(signed))
    ),
  );
  const statuses = ended.map(({ status }) => status).sort();
  assertEquals(statuses, ["fulfilled", "rejected"]);
  const lost = ended.find((each) => each.status === "rejected");
  assertEquals((lost?.reason as WritError).code, "ticket.used");
  await one.close();
  await two.close();
});

/** What cannot be used, and what the error says. */
const UNUSABLE: [what: string, run: () => Promise<WritError>, says: RegExp][] =
  [
    ["a wrong token", async () => {
      await using server = new KvServer();
      server.token = "another";
      return await rejectsWith(
        "store.unavailable",
        () => kvStore(server.url),
      );
    }, /401.*DENO_KV_ACCESS_TOKEN/s],
    ["no server", async () => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      listener.close();
      return await rejectsWith(
        "store.unavailable",
        () => kvStore(`http://127.0.0.1:${port}`),
      );
    }, /connect.*Check the address/s],
    ["a server of something else", async () => {
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => new Response("hello"),
      );
      const url = `http://127.0.0.1:${server.addr.port}`;
      return await rejectsWith("store.unavailable", () => kvStore(url));
    }, /speaks KV Connect/],
    ["a database of something else", async () => {
      await using server = new KvServer();
      using kv = await Deno.openKv(server.url);
      await kv.set(["theirs"], 1);
      return await rejectsWith("ledger.corrupt", () => kvStore(server.url));
    }, /something else/],
    [
      "an address of another kind",
      () => rejectsWith("usage.invalid", () => kvStore("ftp://127.0.0.1/x")),
      /ftp:/,
    ],
    [
      "an address with a password",
      () =>
        rejectsWith(
          "usage.invalid",
          () => kvStore("https://me:secret@127.0.0.1"),
        ),
      /DENO_KV_ACCESS_TOKEN/,
    ],
  ];

for (const [what, run, says] of UNUSABLE) {
  Deno.test(`store at a server: ${what} is one clear error`, async () => {
    const { message, hint } = await run();
    const said = `${message}\n${hint}`;
    assert(says.test(said), said);
    assert(!said.includes("secret"), said);
  });
}

Deno.test("store at a server: a commit that was given up is not sent later", async () => {
  await atServer(async (store, server) => {
    const first = appendTexts(EMPTY_HEAD, "a");
    await store.commit({ entries: first });
    const sent = server.asked.get("atomic_write");
    once(server, "snapshot_read", "late");
    await rejectsWith(
      "store.unavailable",
      () => store.commit({ entries: appendTexts(headAfter(first), "b") }),
    );
    server.release();
    // Whatever was waiting for the answer comes before these.
    for (let i = 0; i < 20; i++) await store.head();
    assertEquals(server.asked.get("atomic_write"), sent);
    assertEquals(await texts(store.entries()), ["a"]);
  }, 200);
});

/** What a silent server had done, and what is said of it. */
const SILENCES: [what: string, method: string, says: RegExp][] = [
  ["reads", "snapshot_read", /Cannot use the store.*no answer within 500 ms/],
  ["commits", "atomic_write", /Cannot tell whether.*was written/],
];

for (const [what, silent, says] of SILENCES) {
  Deno.test(`store at a server: one that falls silent before it ${what} is given up`, async () => {
    await using server = new KvServer();
    const child = new URL("./support/silent_child.ts", import.meta.url);
    const running = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", child.pathname, server.url],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = running.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    assertEquals((await lines.read()).value, "written\n");
    server.fault = (method) => method === silent ? "silence" : null;
    const writer = running.stdin.getWriter();
    await writer.write(new Uint8Array([10]));
    await writer.close();
    const said = (await lines.read()).value ?? "";
    assert(said.startsWith("store.unavailable: "), said);
    assert(says.test(said), said);
    await lines.cancel();
    assertEquals((await running.status).code, 0);
    server.fault = () => null;
    const store = await kvStore(server.url);
    assertEquals(await texts(store.entries()), ["a"]);
    await store.close();
  });
}
