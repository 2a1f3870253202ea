/**
 * The one way out of a sandbox with a list of hosts: on its own loopback a relay takes what
 * HTTP clients give to a proxy, and passes it to the socket of the proxy outside. It judges nothing.
 *
 * Edge: network, standard streams.
 *
 * @module
 */
import { RELAY } from "./relay_place.ts";

/** The text of the relay's module. */
export function relaySource() {
  return `(${relay})(${
    JSON.stringify({
      path: `${RELAY.folder}/${RELAY.socket}`,
      port: RELAY.port,
    })
  });\n`;
}

/** Runs in the sandbox, and stands by itself. */
async function relay({ path, port }) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  await Deno.stdout.write(new TextEncoder().encode("ready\n"));
  for await (const client of listener) {
    try {
      const proxy = await Deno.connect({ transport: "unix", path });
      const both = [
        client.readable.pipeTo(proxy.writable),
        proxy.readable.pipeTo(client.writable),
      ];
      for (const one of both) one.catch(() => {});
    } catch {
      client.close();
    }
  }
}
