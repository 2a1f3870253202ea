/**
 * The proxy of a step: it listens on a socket of the file system, and connects to the hosts on its
 * list and to no others. Its own permissions are the same list, so that the runtime is the second lock.
 *
 * Arguments: the socket's path, then the list. It writes a line of JSON for every connection that is
 * asked for, before it connects, and ends with its standard input.
 *
 * Edge: network, standard streams, clock, the end of this process.
 *
 * @module
 */
import { judgeTarget, mayLeadTo } from "./host_list.js";
import { endOfHead, LARGEST_HEAD, readRequest } from "./http_request.js";

/** After so many nothing more is allowed: evidence must stay readable. */
const MOST_CONNECTIONS = 10_000;
/** Milliseconds for a client to say what it wants. */
const PATIENCE = 30_000;

const REBOUND =
  "leads to an address that is not public: declare the address itself, if that is meant";

const [path, ...allowed] = Deno.args;
let count = 0;
let written = Promise.resolve();

const listener = Deno.listen({ transport: "unix", path });
tell({ ready: true });
serve();
for await (const _ of Deno.stdin.readable);
await written;
Deno.exit(0);

async function serve() {
  for await (const client of listener) {
    handle(client)
      .catch(failed)
      .finally(() => close(client));
  }
}

/** What failed counts once more: a client could fail as often as it likes. */
function failed(error) {
  if (mayGoOn(++count)) tell({ verdict: "failed", reason: String(error) });
}

/** Whether there were not too many connections yet; the first that is too many is told. */
function mayGoOn(n) {
  if (n === MOST_CONNECTIONS + 1) {
    tell({
      n,
      at: new Date().toISOString(),
      verdict: "denied",
      reason: "too many connections: none is allowed any more",
    });
  }
  return n <= MOST_CONNECTIONS;
}

function tell(line) {
  const bytes = new TextEncoder().encode(JSON.stringify(line) + "\n");
  written = written.then(async () => {
    for (let at = 0; at < bytes.length;) {
      at += await Deno.stdout.write(bytes.subarray(at));
    }
  });
  return written;
}

function close(connection) {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

async function handle(client) {
  const { head, rest } = await readHead(client);
  if (head === null) return;
  const request = readRequest(head);
  const n = ++count;
  const say = (verdict, more) =>
    tell({ n, at: new Date().toISOString(), verdict, ...more });
  if (!mayGoOn(n)) return await answer(client, "403 Forbidden");
  const { host, port, fault } = judgeTarget(request.target, allowed);
  const asked = { method: request.method ?? null, host, port };
  if ("status" in request) {
    await say("denied", {
      ...asked,
      reason: "is no request that a proxy takes",
    });
    return await answer(client, request.status);
  }
  if (fault !== null) {
    await say("denied", { ...asked, reason: fault });
    return await answer(client, "403 Forbidden", `${host}:${port} ${fault}`);
  }
  await say("allowed", asked);
  let server;
  try {
    server = await Deno.connect({ hostname: bare(host), port });
  } catch (error) {
    // The runtime's own lock: the name led to an address that is denied.
    const denied = error instanceof Deno.errors.NotCapable;
    await say(denied ? "denied" : "failed", {
      ...asked,
      reason: denied ? REBOUND : error.name,
    });
    return await answer(client, denied ? "403 Forbidden" : "502 Bad Gateway");
  }
  try {
    const address = server.remoteAddr.hostname;
    if (!mayLeadTo(host, address, port, allowed)) {
      await say("denied", { ...asked, address, reason: REBOUND });
      return await answer(client, "403 Forbidden", `${host} ${REBOUND}`);
    }
    const bytes = request.forward === null
      ? await tunnel(client, server, rest)
      : await forward(client, server, request, rest);
    await say("closed", { ...asked, address, ...bytes });
  } finally {
    close(server);
  }
}

function bare(host) {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** The head, and what came behind it; `null` where the client ended before, or was too slow. */
async function readHead(client) {
  const late = setTimeout(() => close(client), PATIENCE);
  try {
    let bytes = new Uint8Array(0);
    const buffer = new Uint8Array(16384);
    while (bytes.length <= LARGEST_HEAD) {
      const count = await client.read(buffer);
      if (count === null) return { head: null };
      const joined = new Uint8Array(bytes.length + count);
      joined.set(bytes);
      joined.set(buffer.subarray(0, count), bytes.length);
      bytes = joined;
      const end = endOfHead(bytes);
      if (end !== -1) {
        return { head: bytes.subarray(0, end), rest: bytes.subarray(end) };
      }
    }
    return { head: null };
  } finally {
    clearTimeout(late);
  }
}

async function answer(client, status, why = "") {
  const body = why === "" ? "" : `Writ: ${why}\n`;
  await writeAll(
    client,
    new TextEncoder().encode(
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${
        new TextEncoder().encode(body).length
      }\r\nConnection: close\r\n\r\n${body}`,
    ),
  );
}

async function writeAll(to, bytes) {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

async function tunnel(client, server, rest) {
  await writeAll(client, new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
  await writeAll(server, rest);
  const [sent, received] = await Promise.all([
    pump(client, server, Infinity),
    pump(server, client, Infinity),
  ]);
  return { sent: sent + rest.length, received };
}

/** One request, so that no second one rides along to where the first was allowed to go. */
async function forward(client, server, request, rest) {
  await writeAll(server, request.forward);
  const first = rest.subarray(0, request.length);
  await writeAll(server, first);
  const [sent, received] = await Promise.all([
    pump(client, server, request.length - first.length, false),
    pump(server, client, Infinity),
  ]);
  return { sent: sent + first.length, received };
}

/** Passes bytes on, at most `most`; their number. The end of one side is told to the other. */
async function pump(from, to, most, tellEnd = true) {
  const buffer = new Uint8Array(65536);
  let total = 0;
  try {
    while (total < most) {
      const room = Math.min(buffer.length, most - total);
      const count = await from.read(buffer.subarray(0, room));
      if (count === null) break;
      await writeAll(to, buffer.subarray(0, count));
      total += count;
    }
    if (tellEnd) await to.closeWrite();
  } catch {
    // Either side may go away at any time; then both go.
    close(from);
    close(to);
  }
  return total;
}
