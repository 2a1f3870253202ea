/**
 * The sandbox as data: confinements, flags, argv, rules and the filter's bytes.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { WritError } from "../src/core/errors.ts";
import type { PlanStep } from "../src/plan/plan.ts";
import { bubblewrap } from "../src/sandbox/bubblewrap.ts";
import { chooseBackend } from "../src/sandbox/choose_backend.ts";
import { confine } from "../src/sandbox/confine.ts";
import type { Backend, HostFacts } from "../src/sandbox/confinement.ts";
import { landlock } from "../src/sandbox/landlock.ts";
import { notEnforced } from "../src/sandbox/not_enforced.ts";
import { ETC_NAMES, isEtcName, madeUpEtc } from "../src/sandbox/system_etc.ts";
import {
  confinement,
  LIMITS,
  NO_LIMITS,
  step,
} from "./support/confinements.ts";

const BWRAP: Backend = {
  name: "bubblewrap",
  version: "0.8.0",
  isolation: "namespaces",
  path: "/usr/bin/bwrap",
  abi: 0,
  mechanisms: ["disable-userns"],
};
const LANDLOCK: Backend = {
  name: "landlock",
  version: "abi 7",
  isolation: "kernel",
  path: null,
  abi: 7,
  mechanisms: [],
};
const HOST: HostFacts = {
  stage: "/state/stage",
  binds: [],
  home: "/state/home",
  tmp: "/state/tmp",
  etc: "/state/etc",
  program: "/usr/bin/true",
  roots: [],
  path: [],
  denoDir: null,
  caches: [],
  deno: null,
  relay: null,
  secrets: null,
  uid: 1001,
  gid: 1001,
  system: {
    arch: "x86_64",
    top: [{ path: "/bin", link: "usr/bin" }, { path: "/lib", link: null }],
    etc: ["/etc/passwd", "/etc/resolv.conf"],
    certificates: "/etc/ssl/certs/ca-certificates.crt",
  },
};

const net = (net: boolean | string[], kind: PlanStep["kind"] = "run") =>
  step({
    kind,
    argv: kind === "deno" ? ["run", "a.ts"] : ["true"],
    permissions: { ...step({}).permissions, net },
  });

const refuses = (name: string, code: string, act: () => unknown) =>
  Deno.test(name, () => {
    assertEquals(assertThrows(act, WritError).code, code);
  });

const networks: [
  name: string,
  step: PlanStep,
  network: string,
  hosts: string[],
][] = [
  ["none", net(false), "none", []],
  ["an empty list", net([]), "none", []],
  ["all", net(true), "host", []],
  ["localhost", net(["localhost"]), "loopback", []],
  [
    "localhost and its addresses with ports",
    net(["localhost:1", "127.0.0.1", "[::1]:2"]),
    "loopback",
    [],
  ],
  ["a list of a native step", net(["a.example:443", "localhost"]), "hosts", [
    "a.example:443",
  ]],
  [
    "a name that only begins as localhost",
    net(["localhost.example"]),
    "hosts",
    [
      "localhost.example",
    ],
  ],
  ["a list of a deno step", net(["a.example:443"], "deno"), "host", [
    "a.example:443",
  ]],
  [
    "a list with localhost of a deno step",
    net(["localhost", "b"], "deno"),
    "host",
    ["localhost", "b"],
  ],
];
for (const [name, given, network, hosts] of networks) {
  Deno.test(`the network of a step: ${name}`, () => {
    const made = confine(given);
    assertEquals([made.network, made.hosts], [network, hosts]);
  });
}

refuses(
  "a list of hosts is not held by Landlock",
  "sandbox.cannot_hold",
  () => landlock(confine(net(["a.example"])), HOST, LANDLOCK),
);
refuses(
  "a list of hosts is not held without a proxy",
  "sandbox.cannot_hold",
  () => bubblewrap(confine(net(["a.example"])), HOST, BWRAP),
);
refuses(
  "a step without a list of hosts gets no proxy",
  "sandbox.cannot_hold",
  () =>
    bubblewrap(confine(net(false)), {
      ...HOST,
      relay: { deno: "/d", folder: "/f" },
    }, BWRAP),
);

Deno.test("a secret is named, and its value is put in by the launcher", () => {
  const made = confine(step({
    env: {
      TOKEN: { secret: "token" },
      KEY: { secret: "key", as: "file" },
      B: "1",
    },
  }));
  assertEquals(made.secrets, [
    { variable: "KEY", secret: "key", as: "file" },
    { variable: "TOKEN", secret: "token", as: "value" },
  ]);
  const { argv, secrets } = bubblewrap(made, HOST, BWRAP);
  assertStringIncludes(argv.join(" "), "--setenv KEY /run/secrets/key ");
  assertStringIncludes(argv.join(" "), "--file 8 /run/secrets/key ");
  assert(!argv.includes("TOKEN"));
  assertEquals(secrets?.variables, [{ variable: "TOKEN", secret: "token" }]);
  const kernel = landlock(made, { ...HOST, secrets: "/state/s" }, LANDLOCK);
  assertEquals([kernel.env.KEY, kernel.env.TOKEN], ["/state/s/key", undefined]);
});

Deno.test("a step without limits has the default ones", () => {
  assertEquals(confine(step({})).limits, {
    ...NO_LIMITS,
    timeout: 600_000,
    output: 64 * 1024 * 1024,
  });
});

Deno.test("the same step, host and backend give the same launch", () => {
  const given = confine(step({ env: { B: "2", A: "1" } }));
  const again = confine(structuredClone(step({ env: { A: "1", B: "2" } })));
  for (
    const [make, backend] of [[bubblewrap, BWRAP], [
      landlock,
      LANDLOCK,
    ]] as const
  ) {
    assertEquals(
      JSON.stringify(make(given, HOST, backend)),
      JSON.stringify(make(again, structuredClone(HOST), backend)),
    );
  }
});

Deno.test("a step under bubblewrap sees exactly this", () => {
  const { argv } = bubblewrap(
    confinement({ argv: ["true", "x"], cwd: "sub", env: { A: "1" } }),
    {
      ...HOST,
      roots: ["/opt/tool/lib", "/opt/tool", "/usr/lib/x"],
      binds: [{ path: "src", source: "/blobs/1" }],
      path: ["/opt/tool/bin"],
    },
    BWRAP,
  );
  assertEquals(
    argv.join(" "),
    "/usr/bin/bwrap --unshare-user --unshare-all --disable-userns --die-with-parent --new-session " +
      "--cap-drop ALL --hostname writ --uid 1000 --gid 1000 --clearenv --setenv A 1 --setenv CI 1 " +
      "--setenv HOME /home/step --setenv LANG C.UTF-8 --setenv LC_ALL C.UTF-8 --setenv LOGNAME step --setenv NO_COLOR 1 " +
      "--setenv PATH /opt/tool/bin:/usr/local/bin:/usr/bin:/bin --setenv PYTHONDONTWRITEBYTECODE 1 --setenv TERM dumb --setenv TMPDIR /tmp " +
      "--setenv TZ UTC --setenv USER step --tmpfs / --ro-bind /usr /usr --symlink usr/bin /bin " +
      "--ro-bind /lib /lib --ro-bind /state/etc /etc --proc /proc --remount-ro /proc --dev /dev " +
      "--tmpfs /tmp --tmpfs /var/tmp --tmpfs /home/step --ro-bind /opt/tool /opt/tool " +
      "--bind /state/stage /work --ro-bind /blobs/1 /work/src --remount-ro / --chdir /work/sub " +
      "--seccomp 3 --json-status-fd 4 -- /usr/bin/true x",
  );
});

Deno.test("the network is shared only where it is the host's", () => {
  const shares = (network: "none" | "loopback" | "host") =>
    bubblewrap(confinement({ argv: ["x"], network }), HOST, BWRAP).argv
      .includes("--share-net");
  assertEquals([shares("none"), shares("loopback"), shares("host")], [
    false,
    false,
    true,
  ]);
});

Deno.test("certificates are told with the network only", () => {
  const env = (network: "none" | "host") =>
    landlock(confinement({ argv: ["x"], network }), HOST, LANDLOCK).env;
  assertEquals(env("none").SSL_CERT_FILE, undefined);
  assertEquals(env("host").SSL_CERT_FILE, "/etc/ssl/certs/ca-certificates.crt");
});

for (const root of ["/work/tool", "/etc/tool", "/proc", "/", "/deno/x"]) {
  refuses(
    `a tool cannot lie at ${root}`,
    "sandbox.cannot_hold",
    () =>
      bubblewrap(
        confinement({ argv: ["x"] }),
        { ...HOST, roots: [root] },
        BWRAP,
      ),
  );
}
refuses(
  "the machine's root is no tool under Landlock",
  "sandbox.cannot_hold",
  () =>
    landlock(confinement({ argv: ["x"] }), { ...HOST, roots: ["/"] }, LANDLOCK),
);

for (
  const paths of [["."], ["/a"], ["a/../b"], ["a//b"], ["a", "a/b"], ["a", "a"]]
) {
  refuses(
    `nothing is mounted at ${paths.join(" and ")}`,
    "sandbox.cannot_hold",
    () =>
      bubblewrap(confinement({ argv: ["x"] }), {
        ...HOST,
        binds: paths.map((path) => ({ path, source: "/s" })),
      }, BWRAP),
  );
}
refuses(
  "Landlock has no loopback",
  "sandbox.cannot_hold",
  () =>
    landlock(confinement({ argv: ["x"], network: "loopback" }), HOST, LANDLOCK),
);
refuses(
  "Landlock has no mounts",
  "sandbox.cannot_hold",
  () =>
    landlock(confinement({ argv: ["x"] }), {
      ...HOST,
      binds: [{ path: "a", source: "/s" }],
    }, LANDLOCK),
);

Deno.test("Landlock grants the kernel's network files with the network only", () => {
  const grants = (network: "none" | "host") =>
    landlock(confinement({ argv: ["x"], network }), HOST, LANDLOCK).kernel!
      .paths
      .some(({ path }) => path === "/etc/resolv.conf");
  assertEquals([grants("none"), grants("host")], [false, true]);
});

const abis: [
  abi: number,
  files: number,
  network: string,
  scoped: string,
  gaps: number,
][] = [
  [1, 0x1fff, "0", "0", 6],
  [2, 0x3fff, "0", "0", 6],
  [3, 0x7fff, "0", "0", 5],
  [4, 0x7fff, "3", "0", 5],
  [5, 0xffff, "3", "0", 4],
  [6, 0xffff, "3", "3", 3],
  [7, 0xffff, "3", "3", 3],
  [99, 0xffff, "3", "3", 3],
];
for (const [abi, files, network, scoped, gaps] of abis) {
  Deno.test(`Landlock ABI ${abi} is asked for what it has`, () => {
    const backend = { ...LANDLOCK, abi };
    const given = confinement({ argv: ["x"] });
    const { kernel } = landlock(given, HOST, backend);
    assertEquals([kernel!.handledFs, kernel!.handledNet, kernel!.scoped], [
      `${files}`,
      network,
      scoped,
    ]);
    const beyond = kernel!.paths.filter(({ access }) =>
      (Number(access) & ~files) !== 0
    );
    assertEquals(beyond, []);
    assertEquals(notEnforced(given, backend).length, gaps);
  });
}

Deno.test("Landlock lets nothing but the step's own folders and devices be written", () => {
  const WRITE = 1 << 1;
  const { kernel } = landlock(confinement({ argv: ["x"] }), {
    ...HOST,
    roots: ["/opt/t"],
    denoDir: "/state/deno",
  }, LANDLOCK);
  const writable = kernel!.paths.filter(({ access }) => Number(access) & WRITE)
    .map(({ path }) => path);
  assertEquals(writable, [
    "/state/stage",
    "/state/home",
    "/state/tmp",
    ...["null", "zero", "full", "random", "urandom", "tty"].map((name) =>
      `/dev/${name}`
    ),
    "/dev/shm",
  ]);
});

Deno.test("a list of hosts is held by the runtime only, and that is said", () => {
  assertEquals(notEnforced(confinement({ argv: ["x"] }), BWRAP), []);
  const [sentence] = notEnforced(
    confinement({ argv: ["x"], network: "host", hosts: ["a.example"] }),
    BWRAP,
  );
  assert(sentence.includes("a.example"));
});

Deno.test("a memory limit of a native step is a limit of its shell", () => {
  const { argv } = bubblewrap(
    confinement({ argv: ["x", "y"], limits: { ...LIMITS, memory: 2048 } }),
    HOST,
    BWRAP,
  );
  assertEquals(argv.slice(argv.indexOf("--") + 1), [
    "/bin/sh",
    "-c",
    'ulimit -d "$1" || exit 125; shift; exec "$@"',
    "sh",
    "2",
    "/usr/bin/true",
    "y",
  ]);
});
refuses(
  "the memory of a deno step is not limited",
  "sandbox.cannot_hold",
  () =>
    landlock(
      confinement({
        argv: ["run", "x.ts"],
        kind: "deno",
        runtime: confine(step({ kind: "deno" })).runtime,
        limits: { ...LIMITS, memory: 1 },
      }),
      HOST,
      LANDLOCK,
    ),
);
refuses(
  "the processes of root are not limited",
  "sandbox.cannot_hold",
  () =>
    bubblewrap(
      confinement({ argv: ["x"], limits: { ...LIMITS, processes: 1 } }),
      { ...HOST, uid: 0 },
      BWRAP,
    ),
);

const choices: [
  name: string,
  backends: Backend[],
  isolation: "namespaces" | "kernel",
  chosen: string,
][] = [
  ["the strongest of two", [LANDLOCK, BWRAP], "kernel", "bubblewrap"],
  ["the only one", [LANDLOCK], "kernel", "landlock"],
  ["never below the minimum", [LANDLOCK], "namespaces", "sandbox.unavailable"],
  ["none without any", [], "kernel", "sandbox.unavailable"],
];
for (const [name, backends, isolation, chosen] of choices) {
  Deno.test(`the backend of a step: ${name}`, () => {
    const choose = () =>
      chooseBackend(backends, isolation, confinement({ argv: ["x"] }));
    if (chosen.startsWith("sandbox.")) {
      assertEquals(assertThrows(choose, WritError).code, chosen);
    } else assertEquals(choose().name, chosen);
  });
}
refuses(
  "no step gets a loopback that its backend lacks",
  "sandbox.cannot_hold",
  () =>
    chooseBackend(
      [LANDLOCK],
      "kernel",
      confinement({ argv: ["x"], network: "loopback" }),
    ),
);

for (
  const path of [
    "shadow",
    "gshadow",
    "ssl/private/a.pem",
    "npmrc",
    "pip.conf",
    "gitconfig",
    "profile",
    "ssh/ssh_host_key",
    "java-17/x.p12",
    "hostsx",
  ]
) {
  Deno.test(`a step never sees /etc/${path}`, () => {
    assert(!isEtcName(path, ETC_NAMES) && !(path in madeUpEtc()));
  });
}
