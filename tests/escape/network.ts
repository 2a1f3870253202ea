/**
 * Acts on the network and on sockets.
 *
 * @module
 */
import { RELAY } from "../../src/sandbox/relay_place.ts";
import {
  type Act,
  allowed,
  type Family,
  namespacesOnly,
  STOPPED,
  type Under,
} from "./act.ts";
import { ROOT, tried } from "./needs.ts";

/** Connects, or sends, and says something. */
const CONNECT = `
sub say { my ($family, $type, $to, $protocol) = @_;
  socket(my $fd, $family, $type, $protocol // 0) or failed;
  connect($fd, $to) or failed; defined send($fd, "hello", 0x4000) or failed; exit 0 }
`;

/** An act that says something to the bystander. */
export function says(
  id: string,
  what: string,
  heard: "tcp" | "tcp6" | "udp" | "unix" | "datagram" | "abstract",
  words: string,
  rest: Partial<Act> = {},
): Act {
  return {
    id,
    what,
    under: STOPPED,
    run: { perl: `${CONNECT} say(${words})` },
    done: { heard },
    ...rest,
  };
}

const LOCAL = "pack_sockaddr_in($port, INADDR_LOOPBACK)";
const LOCAL6 = "pack_sockaddr_in6($port6, IN6ADDR_LOOPBACK)";

/** A step that has a network of its own, which Landlock cannot give. */
const ALONE_UNDER: Under = {
  bubblewrap: { claim: "stopped" },
  landlock: { claim: "refused" },
};
const ALONE: Partial<Act> = {
  under: ALONE_UNDER,
  parts: { network: "loopback" },
};

/** A step whose only way out is a proxy that knows one address, which is not the bystander's. */
const LISTED: Partial<Act> = {
  under: ALONE_UNDER,
  parts: { network: "hosts", hosts: ["127.0.0.2:9"] },
};

/** Asks the step's proxy for the bystander. */
const BY_PROXY = `
  socket(my $fd, AF_INET, SOCK_STREAM, 0) or failed;
  connect($fd, pack_sockaddr_in(${RELAY.port}, INADDR_LOOPBACK)) or failed;
  syswrite($fd, "CONNECT 127.0.0.1:$port HTTP/1.1\\r\\nHost: 127.0.0.1:$port\\r\\n\\r\\n");
  sysread($fd, my $answer, 100); print $answer; exit($answer =~ / 200 / ? 0 : 1);
`;

/** The network. */
export const NETWORK: Family = {
  name: "Network and sockets",
  acts: [
    says(
      "tcp",
      "reaching a service of this machine by TCP",
      "tcp",
      `AF_INET, SOCK_STREAM, ${LOCAL}`,
    ),
    says(
      "tcp6",
      "reaching a service of this machine by IPv6",
      "tcp6",
      `AF_INET6, SOCK_STREAM, ${LOCAL6}`,
    ),
    {
      id: "mapped",
      what: "reaching a service by IPv4 written as IPv6",
      under: STOPPED,
      run: {
        perl: `${CONNECT} say(AF_INET6, SOCK_STREAM,
          pack_sockaddr_in6($port, "\\0" x 10 . "\\xff\\xff\\x7f\\0\\0\\1"))`,
      },
      done: { heard: "tcp" },
    },
    {
      id: "fast-open",
      what: "reaching a service by TCP Fast Open, without `connect`",
      under: STOPPED,
      run: {
        perl: `socket(my $fd, AF_INET, SOCK_STREAM, 0) or failed;
               defined send($fd, "hello", 0x20000000 | 0x4000, ${LOCAL}) or failed; exit 0;`,
      },
      done: { heard: "tcp" },
    },
    says(
      "multipath",
      "reaching a service by multipath TCP",
      "tcp",
      `AF_INET, SOCK_STREAM, ${LOCAL}, 262`,
      {
        needs: [
          await tried(
            "multipath TCP",
            "perl -MSocket -e 'exit(!socket(my $fd, AF_INET, SOCK_STREAM, 262))'",
          ),
        ],
      },
    ),
    says("udp", "sending a datagram", "udp", `AF_INET, SOCK_DGRAM, ${LOCAL}`),
    {
      id: "dns",
      what: "asking a name server, with what it knows in the name",
      under: STOPPED,
      run: {
        perl: `socket(my $fd, AF_INET, SOCK_DGRAM, 0) or failed;
               my $question = pack("n6", 0x1234, 0x100, 1, 0, 0, 0) . "\\6secret\\7example\\0\\0\\1\\0\\1";
               defined send($fd, $question, 0, ${LOCAL}) or failed; exit 0;`,
      },
      done: { heard: "udp" },
    },
    says(
      "loopback-tcp",
      "reaching the machine's services from a loopback of its own",
      "tcp",
      `AF_INET, SOCK_STREAM, ${LOCAL}`,
      ALONE,
    ),
    says(
      "loopback-udp",
      "sending datagrams from a loopback of its own",
      "udp",
      `AF_INET, SOCK_DGRAM, ${LOCAL}`,
      ALONE,
    ),
    says(
      "loopback-abstract",
      "reaching an abstract socket from a loopback of its own",
      "abstract",
      `AF_UNIX, SOCK_STREAM, pack_sockaddr_un("\\0$ENV{ABSTRACT}")`,
      ALONE,
    ),
    {
      id: "raw",
      what: "sending a raw packet",
      under: STOPPED,
      run: {
        perl: `socket(my $fd, AF_INET, SOCK_RAW, 1) or failed;
               defined send($fd, pack("C2n3", 8, 0, 0xf7ff, 0, 0), 0, ${LOCAL}) or failed; exit 0;`,
      },
      needs: [ROOT],
    },
    {
      id: "packet",
      what: "listening to every packet of the machine",
      under: STOPPED,
      run: { perl: "done(socket(my $fd, 17, SOCK_RAW, 0x0300) ? 0 : -1)" },
      needs: [ROOT],
    },
    {
      id: "netfilter",
      what: "reaching the machine's packet filter",
      under: STOPPED,
      run: { perl: "done(socket(my $fd, 16, SOCK_RAW, 12) ? 0 : -1)" },
      needs: [
        await tried(
          "netfilter",
          "perl -MSocket -e 'exit(!socket(my $fd, 16, SOCK_RAW, 12))'",
        ),
      ],
    },
    {
      id: "vsock",
      what: "making a socket to the hypervisor",
      under: STOPPED,
      run: { perl: "done(socket(my $fd, 40, SOCK_STREAM, 0) ? 0 : -1)" },
      needs: [
        await tried(
          "vsock",
          "perl -MSocket -e 'exit(!socket(my $fd, 40, SOCK_STREAM, 0))'",
        ),
      ],
    },
    {
      id: "ciphers",
      what: "reaching the kernel's ciphers by a socket",
      under: STOPPED,
      run: { perl: "done(socket(my $fd, 38, SOCK_SEQPACKET, 0) ? 0 : -1)" },
      needs: [
        await tried(
          "sockets of ciphers",
          "perl -MSocket -e 'exit(!socket(my $fd, 38, SOCK_SEQPACKET, 0))'",
        ),
      ],
    },
    {
      id: "serve",
      what: "offering a service that others can reach",
      under: STOPPED,
      run: {
        perl: `socket(my $fd, AF_INET, SOCK_STREAM, 0) or failed;
               setsockopt($fd, SOL_SOCKET, SO_REUSEADDR, 1);
               bind($fd, pack_sockaddr_in(0, INADDR_LOOPBACK)) or failed; listen($fd, 1);
               my ($at) = unpack_sockaddr_in(getsockname($fd));
               open(my $file, ">", "port.new") or failed; print $file $at; close $file;
               rename("port.new", "port"); my $set = ""; vec($set, fileno($fd), 1) = 1;
               exit(select($set, undef, undef, 2) == 1 ? 0 : 110);`,
      },
      prepare: ({ stage }) => void knock(`${stage}/port`),
    },
    says(
      "unix",
      "reaching a socket by its path",
      "unix",
      'AF_UNIX, SOCK_STREAM, pack_sockaddr_un("$out/socket")',
    ),
    says(
      "unix-datagram",
      "sending to a socket by its path",
      "datagram",
      'AF_UNIX, SOCK_DGRAM, pack_sockaddr_un("$out/datagrams")',
    ),
    says(
      "unix-link",
      "reaching a socket through a symlink in its workspace",
      "unix",
      'AF_UNIX, SOCK_STREAM, pack_sockaddr_un("link")',
      {
        prepare: ({ stage, outside }) =>
          Deno.symlink(`${outside}/socket`, `${stage}/link`),
      },
    ),
    says(
      "unix-hard-link",
      "reaching a socket that is hard linked into its workspace",
      "unix",
      'AF_UNIX, SOCK_STREAM, pack_sockaddr_un("link")',
      {
        prepare: ({ stage, outside }) =>
          Deno.link(`${outside}/socket`, `${stage}/link`),
      },
    ),
    says(
      "unix-proc",
      "reaching a socket through another process's root folder",
      "unix",
      'AF_UNIX, SOCK_STREAM, pack_sockaddr_un("/proc/$pid/root$out/socket")',
    ),
    says(
      "abstract",
      "reaching an abstract socket",
      "abstract",
      'AF_UNIX, SOCK_STREAM, pack_sockaddr_un("\\0$ENV{ABSTRACT}")',
    ),
    {
      id: "see-ports",
      what: "seeing who is connected, and which ports are open",
      under: namespacesOnly(
        "programs need `/proc`, and Landlock gives no private one",
      ),
      run: { sh: `grep -qi ":$(printf %04X "$PORT") " /proc/net/tcp` },
    },
    {
      id: "own-pair",
      what: "making a pair of sockets for its own processes",
      under: allowed("nobody else has an end of it"),
      run: {
        perl:
          "done(socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) ? 0 : -1)",
      },
    },
    {
      id: "own-loopback",
      what: "reaching a service of its own by a loopback that it declares",
      under: {
        bubblewrap: { claim: "by design", why: "it is a loopback of its own" },
        landlock: { claim: "refused" },
      },
      parts: { network: "loopback" },
      run: {
        perl: `socket(my $server, AF_INET, SOCK_STREAM, 0) or failed;
               bind($server, pack_sockaddr_in(0, INADDR_LOOPBACK)) or failed; listen($server, 1);
               socket(my $client, AF_INET, SOCK_STREAM, 0) or failed;
               connect($client, getsockname($server)) or failed; exit 0;`,
      },
    },
    {
      id: "listed-undeclared",
      what: "asking its proxy for an address that is not on its list",
      run: { perl: BY_PROXY },
      done: { heard: "tcp" },
      control: {
        run: { perl: `${CONNECT} say(AF_INET, SOCK_STREAM, ${LOCAL})` },
      },
      parts: LISTED.parts,
      under: ALONE_UNDER,
    },
    says(
      "listed-direct",
      "going past its proxy",
      "tcp",
      `AF_INET, SOCK_STREAM, ${LOCAL}`,
      LISTED,
    ),
    says(
      "listed-udp",
      "sending a datagram where it has a list of hosts",
      "udp",
      `AF_INET, SOCK_DGRAM, ${LOCAL}`,
      LISTED,
    ),
    says(
      "declared-network-abstract",
      "reaching an abstract socket, where the network is declared",
      "abstract",
      'AF_UNIX, SOCK_STREAM, pack_sockaddr_un("\\0$ENV{ABSTRACT}")',
      { parts: { network: "host" } },
    ),
    says(
      "declared-network-unix",
      "reaching a socket by its path, where the network is declared",
      "unix",
      'AF_UNIX, SOCK_STREAM, pack_sockaddr_un("$out/socket")',
      { parts: { network: "host" } },
    ),
    {
      id: "declared-network-packet",
      what: "listening to every packet, where the network is declared",
      under: STOPPED,
      parts: { network: "host" },
      run: { perl: "done(socket(my $fd, 17, SOCK_RAW, 0x0300) ? 0 : -1)" },
      needs: [ROOT],
    },
    says(
      "declared-network",
      "reaching any service, where the network is declared",
      "tcp",
      `AF_INET, SOCK_STREAM, ${LOCAL}`,
      {
        under: allowed(
          '`"net": true` is what was declared; policy asks a person',
        ),
        parts: { network: "host" },
      },
    ),
  ],
};

/** Connects to the port that a file says, as soon as there is one. */
async function knock(file: string): Promise<void> {
  for (let wait = 0; wait < 200; wait++) {
    try {
      const port = Number(await Deno.readTextFile(file));
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      // Not yet, or never: in a network of its own nobody is reached.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
