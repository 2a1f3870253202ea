/**
 * Network by host: what the list allows and denies, the proxy that holds it, and a step that has
 * no other way out. All servers are on the loopback of this machine.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path/join";
import { WritError } from "../src/core/errors.ts";
import { chooseBackend } from "../src/sandbox/choose_backend.ts";
import { confine } from "../src/sandbox/confine.ts";
import { deniedTargets } from "../src/sandbox/denied_targets.ts";
import {
  deniedAddresses,
  isSpecial,
  judgeTarget,
  mayLeadTo,
} from "../src/sandbox/host_list.js";
import { startProxy } from "../src/sandbox/host_proxy.ts";
import type { PlanStep } from "../src/plan/plan.ts";
import type { Confinement } from "../src/sandbox/confinement.ts";
import { cgroupVersion } from "../src/sandbox/held_limits.ts";
import { readRequest } from "../src/sandbox/http_request.js";
import { RELAY } from "../src/sandbox/relay_place.ts";
import { confinement, LIMITS, step } from "./support/confinements.ts";
import { BACKENDS, type Bench, underEach } from "./support/sandbox.ts";
import { endsOf, refused, World } from "./support/world.ts";

const LIST = [
  "example.org:443",
  "any.example",
  "192.0.2.1:80",
  "[2001:db8::1]:443",
];
const targets: [target: string, allowed: boolean][] = [
  ["example.org:443", true],
  ["EXAMPLE.org:443", true],
  ["any.example:1", true],
  ["192.0.2.1:80", true],
  ["[2001:db8::1]:443", true],
  ["[2001:DB8::1]:443", true],
  ["example.org:444", false],
  ["example.org:80", false],
  ["example.org", false],
  ["example.org:", false],
  ["example.org:0443", false],
  ["example.org:+443", false],
  ["example.org:443 ", false],
  [" example.org:443", false],
  ["example.org.:443", false],
  ["www.example.org:443", false],
  ["notexample.org:443", false],
  ["example.org.evil.test:443", false],
  ["evil.test#example.org:443", false],
  ["evil.test@example.org:443", false],
  ["example.org:443@evil.test:443", false],
  ["example.org\0.evil.test:443", false],
  ["example.org%00.evil.test:443", false],
  ["example.org:443\r\nHost: evil.test", false],
  ["ex\u0430mple.org:443", false],
  ["example\u3002org:443", false],
  ["\uff45xample.org:443", false],
  ["xn--exmple-4nf.org:443", false],
  ["*.example.org:443", false],
  ["192.0.2.1:443", false],
  ["192.000.002.001:80", false],
  ["3221225985:80", false],
  ["0xc0000201:80", false],
  ["192.0.513:80", false],
  ["[::ffff:192.0.2.1]:80", false],
  ["[::ffff:c000:201]:80", false],
  ["[2001:db8:0:0::1]:443", false],
  ["[2001:db8::1%25eth0]:443", false],
  ["2001:db8::1:443", false],
  ["localhost:443", false],
  ["127.0.0.1:443", false],
  ["169.254.169.254:80", false],
  ["", false],
  ["any.example:0", false],
  ["any.example:65536", false],
];
for (const [target, allowed] of targets) {
  Deno.test(`a list of hosts ${allowed ? "allows" : "denies"} ${JSON.stringify(target)}`, () => {
    assertEquals(judgeTarget(target, LIST).fault === null, allowed);
  });
}

const leads: [address: string, special: boolean][] = [
  ["93.184.215.14", false],
  ["2606:2800:21f::1", false],
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["10.1.2.3", true],
  ["172.16.0.1", true],
  ["172.31.255.255", true],
  ["172.32.0.1", false],
  ["192.168.1.1", true],
  ["169.254.169.254", true],
  ["100.64.0.1", true],
  ["0.0.0.0", true],
  ["224.0.0.1", true],
  ["255.255.255.255", true],
  ["::1", true],
  ["::", true],
  ["::ffff:127.0.0.1", true],
  ["fe80::1", true],
  ["fd00::1", true],
  ["64:ff9b::7f00:1", true],
  ["2002:7f00:1::", true],
  ["2001:0:1::", true],
];
for (const [address, special] of leads) {
  Deno.test(`a name ${special ? "may not" : "may"} lead to ${address}`, () => {
    assertEquals(isSpecial(address), special);
    assertEquals(mayLeadTo("a.example", address, 80, ["a.example"]), !special);
    const declared = address.includes(":") ? `[${address}]` : address;
    assert(
      mayLeadTo("a.example", address, 80, ["a.example", `${declared}:80`]),
    );
    assert(mayLeadTo(declared, address, 80, [declared]));
  });
}

Deno.test("the runtime denies what no declared address lies in", () => {
  assert(deniedAddresses(["a.example"]).includes("127.0.0.0/8"));
  assert(!deniedAddresses(["127.0.0.2:1"]).includes("127.0.0.0/8"));
  assert(deniedAddresses(["127.0.0.2:1"]).includes("10.0.0.0/8"));
});

const requests: [name: string, head: string, read: string][] = [
  ["a tunnel", "CONNECT a:443 HTTP/1.1", "a:443"],
  ["a request", "GET http://a/b?c HTTP/1.1", "a:80 GET /b?c HTTP/1.1"],
  ["a port", "GET http://a:81 HTTP/1.1", "a:81 GET / HTTP/1.1"],
  ["a query alone", "GET http://a?b HTTP/1.1", "a:80 GET /?b HTTP/1.1"],
  ["no absolute target", "GET /b HTTP/1.1", "400 Bad Request"],
  ["another scheme", "GET https://a/ HTTP/1.1", "400 Bad Request"],
  ["a user", "GET http://a@b/ HTTP/1.1", "400 Bad Request"],
  ["a backslash", "GET http://a\\@b/ HTTP/1.1", "400 Bad Request"],
  ["another version", "GET http://a/ HTTP/2.0", "400 Bad Request"],
  ["a NUL", "GET http://a\0b/ HTTP/1.1", "400 Bad Request"],
  ["a bare line feed", "GET http://a/ HTTP/1.1\nHost: b", "400 Bad Request"],
  [
    "a folded line",
    "GET http://a/ HTTP/1.1\r\nX: 1\r\n Host: b",
    "400 Bad Request",
  ],
  [
    "a space before a colon",
    "GET http://a/ HTTP/1.1\r\nHost : b",
    "400 Bad Request",
  ],
  [
    "pieces",
    "POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked",
    "411 Length Required",
  ],
  [
    "two lengths",
    "POST http://a/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
    "400 Bad Request",
  ],
  [
    "a strange length",
    "POST http://a/ HTTP/1.1\r\nContent-Length: +1",
    "400 Bad Request",
  ],
  [
    "a length that is not to be passed on",
    "POST http://a/ HTTP/1.1\r\nConnection: x, Content-Length\r\nContent-Length: 30",
    "400 Bad Request",
  ],
  [
    "the host named twice",
    "GET http://a/ HTTP/1.1\r\nHost: evil.test\r\nProxy-Authorization: x\r\nConnection: x-own\r\nX-Own: 1\r\nX: y",
    "a:80 GET / HTTP/1.1 Host: a Connection: close X: y",
  ],
];
for (const [name, head, read] of requests) {
  Deno.test(`the head of a request: ${name}`, () => {
    const request = readRequest(new TextEncoder().encode(`${head}\r\n\r\n`));
    const found = "status" in request ? request.status : [
      request.target,
      ...(request.forward === null
        ? []
        : new TextDecoder().decode(request.forward).split("\r\n")),
    ].filter((line) =>
      line !== "" && (read.includes("Host") || !/^(Host|Connection)/.test(line))
    )
      .join(" ");
    assertEquals(found, read);
  });
}

/** A server of this machine that answers with what it was asked, on an address of the loopback. */
async function server<T>(
  hostname: string,
  body: (port: number, heard: string[]) => Promise<T>,
): Promise<T> {
  const heard: string[] = [];
  const running = Deno.serve(
    { hostname, port: 0, onListen: () => {} },
    async (request) => {
      heard.push(`${request.method} ${new URL(request.url).pathname}`);
      if (request.url.endsWith("/away")) {
        return Response.redirect("http://127.0.0.3:9/", 302);
      }
      return new Response(`you said ${await request.text()}`);
    },
  );
  try {
    return await body(running.addr.port, heard);
  } finally {
    await running.shutdown();
  }
}

/** Runs `body` with a proxy, and gives the lines that it wrote. */
async function proxied(
  hosts: string[],
  body: (
    socket: string,
    relay: { deno: string; folder: string },
  ) => Promise<void>,
): Promise<Record<string, unknown>[]> {
  let text = "";
  const proxy = await startProxy(
    hosts,
    (chunk) => void (text += new TextDecoder().decode(chunk)),
  );
  try {
    await body(join(proxy.relay.folder, RELAY.socket), proxy.relay);
  } finally {
    await proxy.close();
  }
  return text.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Sends bytes to a socket, and gives all that comes back. */
async function say(path: string, text: string): Promise<string> {
  const connection = await Deno.connect({ transport: "unix", path });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

/** What became of the connections, in order: `allowed`, `denied: why`. */
const verdicts = (lines: Record<string, unknown>[]) =>
  lines.filter(({ verdict }) => verdict !== "closed").map((line) =>
    line.reason === undefined ? line.verdict : `${line.verdict}: ${line.reason}`
  );

Deno.test("the proxy forwards one request to a declared address, and no second one", () =>
  server("127.0.0.2", async (port, heard) => {
    const lines = await proxied([`127.0.0.2:${port}`], async (socket) => {
      const answer = await say(
        socket,
        `POST http://127.0.0.2:${port}/a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiGET http://127.0.0.2:${port}/b HTTP/1.1\r\n\r\n`,
      );
      assert(answer.endsWith("you said hi"), answer);
    });
    assertEquals(heard, ["POST /a"]);
    assertEquals(verdicts(lines), ["allowed"]);
    const { host, address, method, received } = lines[1];
    assertEquals([host, address, method], ["127.0.0.2", "127.0.0.2", "POST"]);
    assert(Number(received) > 0);
  }));

Deno.test("the proxy tunnels to a declared address", () =>
  server("127.0.0.2", async (port) => {
    await proxied([`127.0.0.2:${port}`], async (socket) => {
      const answer = await say(
        socket,
        `CONNECT 127.0.0.2:${port} HTTP/1.1\r\nHost: evil.test\r\n\r\nGET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      assert(answer.startsWith("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200"), answer);
    });
  }));

const denials: [name: string, request: (port: number) => string][] = [
  ["another port", () => "CONNECT 127.0.0.2:9 HTTP/1.1"],
  ["another address", (port) => `CONNECT 127.0.0.1:${port} HTTP/1.1`],
  ["another spelling", (port) => `CONNECT 127.0.2:${port} HTTP/1.1`],
  ["a name", (port) => `CONNECT localhost:${port} HTTP/1.1`],
  ["a request elsewhere", (port) => `GET http://127.0.0.1:${port}/ HTTP/1.1`],
  [
    "a host that only its header names",
    (port) =>
      `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: 127.0.0.2:${port}`,
  ],
];
for (const [name, request] of denials) {
  Deno.test(`the proxy denies ${name}, and says so`, () =>
    server(
      "127.0.0.2",
      (port, heard) =>
        server("127.0.0.1", async (other, overheard) => {
          const lines = await proxied([`127.0.0.2:${port}`], async (socket) => {
            const answer = await say(socket, `${request(other)}\r\n\r\n`);
            assert(answer.startsWith("HTTP/1.1 403 "), answer);
          });
          assertEquals([heard, overheard], [[], []]);
          assertEquals(verdicts(lines), ["denied: is not declared"]);
        }),
    ));
}

/** A name of this machine's hosts file that leads to it, and that is not "localhost". */
const OWN_NAME = Deno.readTextFileSync("/etc/hosts").split("\n")
  .map((line) => line.trim().split(/\s+/))
  .find(([address, name]) => address === "127.0.0.1" && name !== "localhost")
  ?.[1] ?? null;
const noName = OWN_NAME === null
  ? ": /etc/hosts has no other name for 127.0.0.1"
  : "";

Deno.test({
  name: `a declared name that leads to this machine is denied${noName}`,
  ignore: OWN_NAME === null,
  fn: () =>
    server("127.0.0.1", async (port, heard) => {
      const lines = await proxied([`${OWN_NAME}:${port}`], async (socket) => {
        const answer = await say(
          socket,
          `GET http://${OWN_NAME}:${port}/ HTTP/1.1\r\n\r\n`,
        );
        assert(answer.startsWith("HTTP/1.1 403 "), answer);
      });
      assertEquals(heard, []);
      assertEquals(verdicts(lines).length, 2);
      assert(
        String(verdicts(lines)[1]).startsWith("denied: leads to an address"),
      );
    }),
});

Deno.test({
  name:
    `a declared name may lead to a private address that is declared too${noName}`,
  ignore: OWN_NAME === null,
  fn: () =>
    server("127.0.0.1", async (port, heard) => {
      const hosts = [`${OWN_NAME}:${port}`, `127.0.0.1:${port}`];
      await proxied(hosts, async (socket) => {
        await say(socket, `GET http://${OWN_NAME}:${port}/ HTTP/1.1\r\n\r\n`);
      });
      assertEquals(heard, ["GET /"]);
    }),
});

Deno.test("what is no request of a proxy is refused and recorded", async () => {
  const lines = await proxied(["a.example"], async (socket) => {
    const answer = await say(socket, "GET / HTTP/1.1\r\n\r\n");
    assert(answer.startsWith("HTTP/1.1 400 "), answer);
  });
  assertEquals(verdicts(lines), ["denied: is no request that a proxy takes"]);
});

Deno.test("a method that is longer than any is refused, and not recorded", async () => {
  const lines = await proxied(["a.example"], async (socket) => {
    const request = (method: string) =>
      say(socket, `${method} http://b.example/ HTTP/1.1\r\n\r\n`);
    const answer = await request("A".repeat(60_000));
    assert(answer.startsWith("HTTP/1.1 400 "), answer);
    // The control: the longest of them all, UPDATEREDIRECTREF, fits.
    assert((await request("UPDATEREDIRECTREF")).startsWith("HTTP/1.1 403 "));
  });
  assertEquals(lines.length, 2);
  assert(JSON.stringify(lines[0]).length < 200);
  assertEquals(lines[1].method, "UPDATEREDIRECTREF");
});

Deno.test("after too many connections nothing more is recorded, whatever becomes of them", async () => {
  const lines = await proxied(["a.example"], async (socket) => {
    const drop = async () => {
      const connection = await Deno.connect({
        transport: "unix",
        path: socket,
      });
      await connection.write(new TextEncoder().encode("x\r\n\r\n"));
      connection.close();
    };
    for (let sent = 0; sent < 11_000; sent += 100) {
      await Promise.all(Array.from({ length: 100 }, drop));
      // The next hundred wait until these were heard.
      await say(socket, "x\r\n\r\n");
    }
  });
  const last = lines.findIndex(({ reason }) =>
    String(reason).startsWith("too many connections")
  );
  assertEquals(lines.slice(last + 1), []);
  assert(last > 0 && last <= 20_000, String(last));
});

const curl = (...words: string[]) => ["curl", "-sS", "-m", "10", ...words];

/** Runs steps that are held to one address of this machine. */
async function held(
  bench: Bench,
  body: (
    run: (
      argv: string[],
      parts?: Partial<Confinement>,
    ) => ReturnType<Bench["run"]>,
    port: number,
    heard: string[],
  ) => Promise<void>,
): Promise<Record<string, unknown>[]> {
  return await server(
    "127.0.0.2",
    (port, heard) =>
      proxied([`127.0.0.2:${port}`], (_, relay) =>
        body(
          (argv) =>
            bench.run(argv, {
              network: "hosts",
              hosts: [`127.0.0.2:${port}`],
            }, { host: { relay } }),
          port,
          heard,
        )),
  );
}

const only = "bubblewrap";

underEach("a step reaches a declared host", async (bench) => {
  const lines = await held(bench, async (run, port, heard) => {
    const ran = await run(curl("-d", "hello", `http://127.0.0.2:${port}/a`));
    assertEquals([ran.out, ran.exit], ["you said hello", 0], ran.err);
    const tunnelled = await run(curl("-p", `http://127.0.0.2:${port}/b`));
    assertEquals(tunnelled.out, "you said ");
    assertEquals(heard, ["POST /a", "GET /b"]);
  });
  assertEquals(verdicts(lines), ["allowed", "allowed"]);
}, { only });

underEach(
  "a step does not follow a redirect away from its hosts",
  async (bench) => {
    const lines = await held(bench, async (run, port, heard) => {
      const ran = await run(curl("-L", "-f", `http://127.0.0.2:${port}/away`));
      assertEquals(ran.exit, 22);
      assertEquals(heard, ["GET /away"]);
    });
    assertEquals(verdicts(lines), ["allowed", "denied: is not declared"]);
  },
  { only },
);

underEach("a step has no way past its proxy", async (bench) => {
  await server("127.0.0.1", async (other, overheard) => {
    await held(bench, async (run, port, heard) => {
      for (
        const words of [
          ["--noproxy", "*", `http://127.0.0.2:${port}/`],
          ["--noproxy", "*", `http://127.0.0.1:${other}/`],
          [`http://127.0.0.1:${other}/`],
          ["--proxy", "", `http://127.0.0.2:${port}/`],
        ]
      ) assert((await run(curl("-f", ...words))).exit !== 0, words.join(" "));
      assertEquals([heard, overheard], [[], []]);
    });
  });
}, { only });

underEach(
  "a step that kills its relay has no network at all",
  async (bench) => {
    await held(bench, async (run, port, heard) => {
      const ran = await run([
        "bash",
        "-c",
        `for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" = ${RELAY.deno} ] && kill -9 \${p#/proc/}; done; sleep 0.2; exec curl -sS -m 5 http://127.0.0.2:${port}/`,
      ]);
      assert(ran.exit !== 0);
      assertEquals(heard, []);
    });
  },
  { only },
);

underEach(
  "nothing of the relay stays in the step's environment or descriptors",
  async (bench) => {
    await held(bench, async (run) => {
      const ran = await run([
        "bash",
        "-c",
        "ls /proc/self/fd | tr '\\n' ' '; env | grep -c DENO_DIR",
      ]);
      assertEquals(ran.out, "0 1 2 3 0\n");
    });
  },
  { only },
);

const grouped = BACKENDS.some(({ backend }) =>
  backend !== null && cgroupVersion(backend, "processes") !== null
);
underEach("the limits of a step do not count its relay", async (bench) => {
  await held(bench, async (run, port) => {
    const limits = { ...LIMITS, processes: 2, memory: 40_000_000 };
    // curl has a thread that resolves names.
    const ran = await run(curl(`http://127.0.0.2:${port}/a`), { limits });
    assertEquals([ran.out, ran.exit], ["you said ", 0], ran.err);
  });
}, { only, lacks: grouped ? null : "a cgroup for processes" });

const namespaced = BACKENDS.some(({ backend }) =>
  backend?.name === "bubblewrap"
);
Deno.test({
  name: `the connections of a run are evidence that verifies${
    namespaced ? "" : ": this machine lacks bubblewrap"
  }`,
  ignore: !namespaced,
  fn: () =>
    server("127.0.0.2", async (port) => {
      const fetch = (host: string) =>
        `curl -fsS -m 10 http://${host}:${port}/; `;
      await using world = await World.make({
        steps: {
          fetch: {
            run: ["sh", "-c", fetch("127.0.0.3") + fetch("127.0.0.2")],
            permissions: { net: [`127.0.0.2:${port}`] },
            stdout: "out.txt",
          },
        },
      });
      await world.approve();
      const ended = await world.execute();
      assertEquals(ended.status, 0, ended.stderr);
      assertEquals(world.text("out.txt"), "you said ");
      assertEquals((await world.verify()).status, 0);
      const lines = (await world.evidence("network")).trim().split("\n")
        .map((line) => JSON.parse(line));
      assertEquals(
        lines.map(({ verdict, host }) => `${verdict} ${host}`),
        ["denied 127.0.0.3", "allowed 127.0.0.2", "closed 127.0.0.2"],
      );
    }),
});

Deno.test("what was denied is read once each, whatever was cut or taken out around it", () => {
  const denied = (host: string, port: number, reason = "is not declared") =>
    JSON.stringify({ verdict: "denied", host, port, reason });
  const lines = [
    denied("cut.example", 443).slice(9),
    denied("a.example", 443),
    denied("b.example", 80).replace("80", "[secret PORT]"),
    '{"verdict":"allowed","host":"c.example","port":443}',
    '{"verdict":"denied","reason":"too many connections"}',
    denied("a.example", 443),
    denied("d.example.", 0, "is no plain host and port"),
    "",
  ];
  assertEquals(
    deniedTargets(lines.join("\n")).map(({ target }) => target),
    ["a.example:443", "d.example."],
  );
});

const NAME_HOST =
  "hint: Name the host in permissions.net, which a person must then approve";
const failures: [
  name: string,
  command: string,
  reason: string,
  hint: string,
][] = [
  [
    "that a proxy refused says which host it asked for",
    "curl -sS -m 10 https://b.example/",
    'exit 56; it asked for "b.example:443", which is not on its list',
    NAME_HOST,
  ],
  [
    "that printed nothing says which host it asked for, not what it did not see",
    "curl -s -m 10 https://b.example/; exit 7",
    'exit 7; it asked for "b.example:443", which is not on its list',
    NAME_HOST,
  ],
  [
    "that looks up a listed host itself says that the proxy is the way",
    "curl -sS -m 10 --noproxy '*' http://a.example/",
    "exit 6; it looked for a host by itself: a list of hosts is reached by its proxy only (HTTPS_PROXY), and this program does not use one",
    "hint: Let the program take its proxy from the variables HTTPS_PROXY and HTTP_PROXY",
  ],
  [
    "whose proxy refused nothing says what it did not see",
    "exit 7",
    "exit 7",
    "hint: It sees 0 of ",
  ],
  [
    "that asked for a secret does not say it",
    'curl -s -m 10 "https://$TOKEN/"; exit 7',
    'exit 7; it asked for "[secret TOKEN]:443", which is not on its list',
    NAME_HOST,
  ],
];
for (const [name, command, reason, hint] of failures) {
  Deno.test({
    name: `a failed step with a list of hosts ${name}${
      namespaced ? "" : ": this machine lacks bubblewrap"
    }`,
    ignore: !namespaced,
    fn: async () => {
      await using world = await World.make({
        files: { "unseen.txt": "not given" },
        steps: {
          fetch: {
            run: ["sh", "-c", command],
            permissions: { net: ["a.example"] },
            env: { TOKEN: { secret: "TOKEN" } },
          },
        },
      });
      await world.approve();
      const ended = await world.execute([], undefined, {
        TOKEN: "very-hidden.example",
      });
      assertEquals(endsOf(await world.show()), { fetch: `failed: ${reason}` });
      assertStringIncludes(ended.stderr, hint);
    },
  });
}

Deno.test("a native step with a list of hosts is held by its proxy", () => {
  const net = ["a.example:443", "localhost"];
  const made = confine(
    step({ permissions: { ...step({}).permissions, net } }),
  );
  assertEquals([made.network, made.hosts], ["hosts", ["a.example:443"]]);
});

Deno.test("a backend that cannot hold a list of hosts is not taken", () => {
  const kernel = BACKENDS.map(({ backend }) => backend)
    .filter((backend) => backend?.name === "landlock").map((one) => one!);
  const error = assertThrows(
    () =>
      chooseBackend(
        kernel.length > 0 ? kernel : [],
        "kernel",
        confinement({ argv: ["x"], network: "hosts", hosts: ["a.example"] }),
      ),
    WritError,
  );
  assert(["sandbox.cannot_hold", "sandbox.unavailable"].includes(error.code));
});

const unheld: [
  name: string,
  argv: string[],
  more: Partial<PlanStep["permissions"]>,
][] = [
  ["beside programs", ["run", "a.ts"], { run: ["curl"] }],
  ["beside libraries", ["test"], { ffi: true }],
  ["of deno check", ["check", "a.ts"], {}],
  ["of deno bundle", ["bundle", "a.ts"], {}],
  ["of deno lint", ["lint"], {}],
  ["of deno fmt", ["fmt"], {}],
];
for (const [name, argv, more] of unheld) {
  Deno.test(`the flags of a deno step do not hold hosts ${name}`, () => {
    const { permissions } = step({});
    const make = (net: true | string[]) =>
      confine(
        step({
          kind: "deno",
          argv,
          permissions: { ...permissions, ...more, net },
        }),
      );
    assertEquals(
      assertThrows(() => make(["a.example"]), WritError).code,
      "sandbox.cannot_hold",
    );
    assertEquals(make(true).network, "host");
  });
}

Deno.test("a list of hosts that nothing holds is refused before approval", async () => {
  const steps = (net: true | string[]) => ({
    check: {
      deno: ["check", "main.ts"],
      permissions: { read: ["main.ts"], net },
    },
  });
  await using world = await World.make({
    files: { "main.ts": "console.log(1);" },
    steps: steps(["a.example:443"]),
  });
  for (const command of ["run", "approve", "execute"]) {
    refused(
      await world.writ([command, "pipeline.json"]),
      "sandbox.cannot_hold",
    );
  }
  world.putPipeline(steps(true));
  await world.must(["run", "pipeline.json"]);
});
