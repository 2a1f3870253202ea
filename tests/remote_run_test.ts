/**
 * A run through the library whose ledger lies at a server, and the connection that breaks after
 * any of its commits: it is executed, sealed and found true, once.
 */
import { assert, assertEquals } from "@std/assert";
import { readBundle } from "../src/bundle/read_bundle.ts";
import { kvStore } from "../src/ledger/kv_store.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { UNNAMED } from "../src/run/propose.ts";
import { Writ } from "../src/run/writ.ts";
import { decodeBase64 } from "@std/encoding/base64";
import { loadTrust } from "../src/ticket/read_trust.ts";
import { verifyBundle } from "../src/verify/verify.ts";
import { KV_TOKEN, KvServer } from "./support/kv_server.ts";
import { TRUST, World } from "./support/world.ts";

Deno.env.set("DENO_KV_ACCESS_TOKEN", KV_TOKEN);

const STEPS = { make: { run: ["echo", "made"], stdout: "made.txt" } };

function execute(world: World, server: KvServer) {
  const writ = new Writ({
    workspace: world.workspace,
    config: world.ann.config,
    state: world.ann.state,
    store: () => kvStore(server.url),
    now: Date.now,
  });
  const wish = {
    file: "pipeline.json",
    bytes: new TextEncoder().encode(world.text("pipeline.json")!),
    params: {},
    requester: UNNAMED,
  };
  return writ.execute(wish, {
    ticket: null,
    only: null,
    keepGoing: false,
    jobs: 1,
    resume: null,
    signal: new AbortController().signal,
    watch: () => {},
  });
}

Deno.test("a run whose ledger is at a server that answers no commit at the first time is executed once, and true", async () => {
  await using server = new KvServer();
  await using world = await World.make({ steps: STEPS, unattended: true });
  let isSecond = true;
  let writes = 0;
  server.fault = (method) => {
    if (method !== "atomic_write") return null;
    isSecond = !isSecond;
    if (!isSecond) writes++;
    return isSecond ? null : writes % 2 === 0 ? "drop after" : "500 after";
  };
  const { bundle, outcome, run } = await execute(world, server);
  server.fault = () => null;
  assertEquals(outcome, "ok");
  assert(writes > 5, `${writes} commits`);
  assertEquals(world.text("made.txt"), "made\n");
  const trust = await loadTrust(world.at(TRUST));
  const report = await verifyBundle(await readBundle(bundle), {
    trust,
    now: new Date().toISOString(),
  });
  assertEquals(report.verdict, "verified");
  const store = await kvStore(server.url);
  const key = trust.keys.find(({ roles }) => roles.includes("ledger"))!;
  const ledger = await Ledger.open(store, {
    id: key.id,
    now: Date.now,
    signer: () => Promise.reject(new Error("nothing is signed here")),
  });
  const { faults, runs, tickets } = await ledger.verify(
    decodeBase64(key.publicKey),
  );
  assertEquals({ faults, runs, tickets }, { faults: [], runs: 1, tickets: 1 });
  assertEquals((await ledger.run(run))?.use, 1);
  await store.close();
});
