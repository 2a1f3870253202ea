/**
 * Acts of Deno steps. They have two locks, the runtime's flags and the isolation around it; each is
 * tried without the other.
 *
 * @module
 */
import type { Act, Family, Verdict } from "./act.ts";
import { STOPPED } from "./act.ts";

const FLAGS: Verdict = { claim: "stopped" };

/** An act that both locks stop, each by itself. */
function both(
  id: string,
  what: string,
  deno: string,
  rest: Partial<Act> = {},
): Act {
  return { id, what, under: STOPPED, flags: FLAGS, run: { deno }, ...rest };
}

/** What waits for an answer that does not come ends by itself. */
const PATIENCE = "setTimeout(() => Deno.exit(0), 1500);";

/** A module of the workspace that imports the secret in a way. */
const importing = (type: string): Partial<Act> => ({
  done: "secret",
  prepare: ({ stage, outside }) =>
    Deno.writeTextFile(
      `${stage}/inner.js`,
      `import it from "file://${outside}/secret" with { type: "${type}" };
       console.log(typeof it === "string" ? it : new TextDecoder().decode(it));`,
    ),
});

const IMPORTED: Verdict = {
  claim: "not covered",
  why:
    "Deno loads local modules without leave to read, and a text counts as one",
};

/** Deno steps. */
export const DENO_STEPS: Family = {
  name: "Deno steps",
  acts: [
    both(
      "deno-read",
      "reading an undeclared file in a Deno step",
      "console.log(Deno.readTextFileSync(`${OUT}/secret`));",
      { done: "secret" },
    ),
    both(
      "deno-node-read",
      "reading an undeclared file by Node's library",
      'const fs = await import("node:fs"); console.log(fs.readFileSync(`${OUT}/secret`, "utf8"));',
      { done: "secret" },
    ),
    both(
      "deno-fetch-file",
      "fetching an undeclared file by its URL",
      "console.log(await (await fetch(`file://${OUT}/secret`)).text());",
      { done: "secret" },
    ),
    both(
      "deno-import-text",
      "importing an undeclared file as text",
      'await import("./inner.js");',
      { ...importing("text"), flags: IMPORTED },
    ),
    both(
      "deno-import-bytes",
      "importing an undeclared file as bytes",
      'await import("./inner.js");',
      { ...importing("bytes"), flags: IMPORTED },
    ),
    both(
      "deno-link",
      "reading through a symlink that a Deno step makes",
      'Deno.symlinkSync(`${OUT}/secret`, "link"); console.log(Deno.readTextFileSync("link"));',
      { done: "secret" },
    ),
    both(
      "deno-write",
      "writing outside in a Deno step",
      'Deno.writeTextFileSync(`${OUT}/folder/new`, "x");',
      { done: "changed" },
    ),
    both(
      "deno-node-write",
      "writing outside by Node's library",
      'const fs = await import("node:fs"); fs.writeFileSync(`${OUT}/folder/new`, "x");',
      { done: "changed" },
    ),
    both(
      "deno-kv",
      "making a database outside",
      "(await Deno.openKv(`${OUT}/folder/kv`)).close();",
      { done: "changed" },
    ),
    both(
      "deno-worker",
      "reading in a worker that is given more than its parent has",
      `const text = "self.postMessage(Deno.readTextFileSync('" + OUT + "/secret'))";
       const worker = new Worker("data:text/javascript," + encodeURIComponent(text),
         { type: "module", deno: { permissions: { read: true } } });
       const { promise, resolve, reject } = Promise.withResolvers();
       worker.onmessage = ({ data }) => resolve(data); worker.onerror = reject;
       console.log(await promise); Deno.exit(0);`,
      { done: "secret" },
    ),
    both(
      "deno-program",
      "having a program read for a Deno step",
      `const { stdout } = new Deno.Command("/bin/cat", { args: [OUT + "/secret"] }).outputSync();
       console.log(new TextDecoder().decode(stdout));`,
      { done: "secret" },
    ),
    both(
      "deno-library",
      "having the C library read for a Deno step",
      `const { symbols: libc } = Deno.dlopen("libc.so.6", {
         open: { parameters: ["buffer", "i32"], result: "i32" },
         read: { parameters: ["i32", "buffer", "usize"], result: "isize" } });
       const room = new Uint8Array(100);
       const fd = libc.open(new TextEncoder().encode(OUT + "/secret\\0"), 0);
       if (fd < 0 || libc.read(fd, room, 100n) < 0n) Deno.exit(1);
       console.log(new TextDecoder().decode(room));`,
      { done: "secret" },
    ),
    both(
      "deno-signal",
      "sending a signal in a Deno step",
      'Deno.kill(pid, "SIGCONT");',
      { abi: 6 },
    ),
    both(
      "deno-environment",
      "finding the runner's environment in a Deno step's own",
      "console.log(JSON.stringify(Deno.env.toObject()));",
      { done: "secret" },
    ),
    both(
      "deno-proc",
      "reading another process's environment in a Deno step",
      "console.log(Deno.readTextFileSync(`/proc/${PID}/environ`));",
      { done: "secret" },
    ),
    both(
      "deno-tcp",
      "reaching a service of this machine in a Deno step",
      'const it = await Deno.connect({ hostname: "127.0.0.1", port }); it.close();',
      { done: { heard: "tcp" } },
    ),
    both(
      "deno-fetch",
      "fetching from a service of this machine",
      `${PATIENCE} await fetch("http://127.0.0.1:" + PORT);`,
      { done: { heard: "tcp" } },
    ),
    both(
      "deno-node-net",
      "reaching a service of this machine by Node's library",
      `${PATIENCE} const net = await import("node:net");
       await new Promise((resolve, reject) =>
         net.connect(port, "127.0.0.1", resolve).on("error", reject)); Deno.exit(0);`,
      { done: { heard: "tcp" } },
    ),
    both(
      "deno-socket",
      "opening a WebSocket to a service of this machine",
      `${PATIENCE} const socket = new WebSocket("ws://127.0.0.1:" + PORT);
       await new Promise((resolve, reject) => socket.onerror = reject);`,
      { done: { heard: "tcp" } },
    ),
    both(
      "deno-udp",
      "sending a datagram in a Deno step",
      `const all = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
       await all.send(new Uint8Array(1), { transport: "udp", hostname: "127.0.0.1", port }); all.close();`,
      { done: { heard: "udp" } },
    ),
    both(
      "deno-dns",
      "asking a name server in a Deno step",
      `${PATIENCE} await Deno.resolveDns("secret.example", "A", { nameServer: { ipAddr: "127.0.0.1", port } });`,
      { done: { heard: "udp" } },
    ),
    both(
      "deno-unix",
      "reaching a socket by its path in a Deno step",
      'const it = await Deno.connect({ transport: "unix", path: `${OUT}/socket` }); it.close();',
      { done: { heard: "unix" } },
    ),
    both(
      "deno-remote-import",
      "importing a module over the network",
      `${PATIENCE} await import("http://127.0.0.1:" + PORT + "/it.js");`,
      { done: { heard: "tcp" } },
    ),
    both(
      "deno-npm-import",
      "importing a package that is in no cache",
      `${PATIENCE} const name = "npm:writ-escape@1.0.0"; await import(name);`,
      {
        done: { heard: "tcp" },
        env: ({ bystander: { port } }) => ({
          NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}/`,
        }),
      },
    ),
  ],
};
