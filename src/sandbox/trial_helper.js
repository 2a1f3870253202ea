/**
 * What lies outside of the sandbox while it is tried: a process, a server of TCP and UDP, a socket of
 * the file system. It prints its number and port, then whatever it hears, until its input ends.
 *
 * Edge: network, standard streams, the end of this process.
 *
 * @module
 */
const [path] = Deno.args;
const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = tcp.addr;
const udp = Deno.listenDatagram({
  transport: "udp",
  hostname: "127.0.0.1",
  port,
});
const unix = Deno.listen({ transport: "unix", path });
let written = say(JSON.stringify({ pid: Deno.pid, port }));
hear("tcp", tcp);
hear("unix", unix);
(async () => {
  for await (const [bytes] of udp) tell("udp", bytes);
})();
for await (const _ of Deno.stdin.readable);
await written;
Deno.exit(0);

async function hear(what, listener) {
  for await (const connection of listener) {
    for await (const bytes of connection.readable) tell(what, bytes);
  }
}

function tell(what, bytes) {
  const line = JSON.stringify({ what, mark: new TextDecoder().decode(bytes) });
  written = written.then(() => say(line));
}

function say(line) {
  return Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}
