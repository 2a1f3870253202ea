/**
 * The whole way from TypeScript: another project proposes, approves, executes and verifies.
 *
 * Run it with `deno run -A examples/library.ts`.
 *
 * @module
 */
import {
  loadSigner,
  loadTrust,
  readBundle,
  setUp,
  UNNAMED,
  verdictOf,
  verifyBundle,
  Writ,
} from "@writ/writ";

const root = await Deno.realPath(await Deno.makeTempDir());
const workspace = `${root}/workspace`;
const config = `${root}/config/writ`;
await Deno.mkdir(`${workspace}/.writ`, { recursive: true });
await Deno.writeTextFile(`${workspace}/poem.txt`, "so much depends\nupon\n");

// A pipeline is plain data, so a program can make it.
const pipeline = {
  name: "count",
  steps: {
    count: {
      run: ["wc", "-l", "poem.txt"],
      permissions: { read: ["poem.txt"] },
      stdout: "lines.txt",
      // Whatever a step takes from the caller's environment wants a review.
      env: { EDITION: { from: "EDITION" } },
    },
  },
};

await setUp({
  config,
  workspace,
  owner: "alice",
  passphrase: () => Promise.resolve("correct horse"),
  now: Date.now(),
});
const writ = new Writ({
  workspace,
  config,
  state: `${root}/state/writ`,
  env: (name) => name === "EDITION" ? "first" : undefined,
  now: Date.now,
});
const wish = {
  file: "pipeline.json",
  bytes: new TextEncoder().encode(JSON.stringify(pipeline)),
  params: {},
  requester: UNNAMED,
};

const proposal = await writ.propose(wish);
console.log("policy says", verdictOf(proposal.decision.value));

const signer = await loadSigner(
  config,
  "approver",
  () => Promise.resolve("correct horse"),
);
await writ.approve(
  proposal,
  { reason: "I read it", validForMs: 60_000, maxUses: 1 },
  signer,
);

const run = await writ.execute(wish, {
  ticket: null,
  only: null,
  keepGoing: false,
  jobs: 1,
  resume: null,
  signal: new AbortController().signal,
  watch: () => {},
});
console.log("the run is", run.outcome);

const report = await verifyBundle(await readBundle(run.bundle), {
  trust: await loadTrust(`${workspace}/policies/trust.json`),
  now: new Date().toISOString(),
});
console.log("the bundle is", report.verdict);
console.log((await Deno.readTextFile(`${workspace}/lines.txt`)).trim());
await Deno.remove(root, { recursive: true });
