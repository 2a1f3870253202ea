/**
 * Where a sandbox with a list of hosts has its way out.
 *
 * @module
 */

/** Where the relay and what it needs lie in the view. */
export const RELAY = {
  deno: "/run/writ/deno",
  folder: "/run/writ/proxy",
  script: "relay.js",
  socket: "socket",
  port: 3128,
} as const;
