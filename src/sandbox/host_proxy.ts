/**
 * The runner's side of the proxy that holds a step to its list of hosts.
 *
 * Edge: files, processes.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import type { HostFacts } from "./confinement.ts";
import { deniedAddresses } from "./host_list.js";
import { relaySource } from "./relay.js";
import { RELAY } from "./relay_place.ts";
import { startProgram } from "./start_program.ts";

/** A running proxy. */
export interface HostProxy extends AsyncDisposable {
  /** What the step's sandbox needs to reach it. */
  readonly relay: NonNullable<HostFacts["relay"]>;
  /** Ends it, once; every line that it wrote was taken then. */
  close(): Promise<void>;
}

/**
 * Starts a proxy that connects to `hosts` and nowhere else. `take` gets what it writes: lines of
 * JSON, one for each connection that is allowed, denied or has ended.
 *
 * @throws {WritError} `sandbox.launch` when it does not start
 */
export async function startProxy(
  hosts: readonly string[],
  take: (chunk: Uint8Array) => void,
): Promise<HostProxy> {
  // The path of a socket has room for 107 bytes, which the state folder's may use up.
  const folder = await Deno.makeTempDir({ prefix: "writ-net-" });
  try {
    return await startIn(folder, hosts, take);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

async function startIn(
  folder: string,
  hosts: readonly string[],
  take: (chunk: Uint8Array) => void,
): Promise<HostProxy> {
  const socket = join(folder, RELAY.socket);
  const deno = Deno.execPath();
  await Deno.writeTextFile(join(folder, RELAY.script), relaySource());
  const child = startProgram("./proxy.js", {
    permissions: [
      `--allow-net=${[...hosts, `unix:${socket}`].join(",")}`,
      `--deny-net=${deniedAddresses(hosts).join(",")}`,
      `--allow-read=${socket}`,
      `--allow-write=${socket}`,
    ],
    args: [socket, ...hosts],
    deno,
  });
  const complaint = new Response(child.stderr).text();
  const ready = Promise.withResolvers<boolean>();
  const taken = (async () => {
    let first = true;
    for await (const chunk of child.stdout) {
      const rest = first ? afterFirstLine(chunk) : chunk;
      if (first) ready.resolve(true);
      first = false;
      if (rest.length > 0) take(rest);
    }
  })().finally(() => ready.resolve(false));
  // What could not be taken is told when the proxy is closed; without a reader it ends.
  taken.catch(() => {});
  const end = async () => {
    await child.stdin.close().catch(() => {});
    await child.status;
    return (await complaint).trim();
  };
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await end();
    await Deno.remove(folder, { recursive: true });
    await taken;
  };
  if (!await ready.promise) {
    throw new WritError(
      "sandbox.launch",
      `Cannot start the proxy that holds the step to its hosts: ${
        (await end()).slice(-500)
      }`,
    );
  }
  return { relay: { deno, folder }, close, [Symbol.asyncDispose]: close };
}

/** The first line only says that it listens. */
function afterFirstLine(chunk: Uint8Array): Uint8Array {
  return chunk.subarray(chunk.indexOf(10) + 1);
}
