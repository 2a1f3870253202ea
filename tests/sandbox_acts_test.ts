/**
 * What a step must not be able to do, under each backend; beside each act, that it succeeds
 * where it is allowed.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { WritError } from "../src/core/errors.ts";
import type { Confinement } from "../src/sandbox/confinement.ts";
import { bare, type Bench, underEach } from "./support/sandbox.ts";

const sh = (script: string) => ["/bin/sh", "-c", script];
const EPERM = 1;
const EAFNOSUPPORT = 97;

/** The acts, compiled; `null` without a compiler. */
const ACTS = await compile();

async function compile(): Promise<string | null> {
  const source = fromFileUrl(new URL("./support/acts.c", import.meta.url));
  const out = join(await Deno.makeTempDir({ prefix: "writ-acts-" }), "acts");
  try {
    const { code } = await bare(["gcc", "-O1", "-static", "-o", out, source]);
    return code === 0 ? out : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

addEventListener("unload", () => {
  if (ACTS !== null) Deno.removeSync(join(ACTS, ".."), { recursive: true });
});

const root = Deno.uid() === 0;

function canAppend(path: string): boolean {
  try {
    Deno.openSync(path, { append: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    if (error instanceof Deno.errors.NotCapable) return false;
    if (error instanceof Error && "code" in error && error.code === "EROFS") {
      return false;
    }
    throw error;
  }
}

async function act(
  bench: Bench,
  words: string[],
  parts: Partial<Confinement> = {},
) {
  await Deno.copyFile(ACTS!, join(bench.host.stage, "acts"));
  return await bench.run(sh(`exec ./acts ${words.join(" ")}`), parts);
}

const NO_COMPILER = { lacks: ACTS === null ? "a C compiler" : null };

const denied: [name: string, words: string[]][] = [
  ["tracing", ["ptrace"]],
  ["reading memory", ["read-memory"]],
  ["io_uring", ["io_uring"]],
  ["keys of the kernel", ["keyctl"]],
  ["BPF", ["bpf"]],
  ["userfaultfd", ["userfaultfd"]],
  ["perf", ["perf"]],
  ["a user namespace by unshare", ["unshare-user"]],
  ["a user namespace by clone", ["clone-user"]],
  ["a mount", ["mount", "."]],
  ["a mount by the new calls", ["fsopen"]],
  ["chroot", ["chroot", "."]],
  ["entering a namespace", ["setns"]],
  ["typing into the terminal", ["tiocsti"]],
  ["typing into the terminal, high bits set", ["tiocsti-high"]],
  ["a unix socket", ["unix-socket"]],
  ["a netfilter socket", ["netfilter"]],
];
for (const [name, words] of denied) {
  underEach(`denied: ${name}`, async (bench) => {
    assertEquals((await act(bench, words)).exit, EPERM);
  }, NO_COMPILER);
  Deno.test({
    name: `allowed to root without a sandbox: ${name}`,
    ignore: ACTS === null || !root,
    fn: async () => {
      const spot = await Deno.makeTempDir();
      const argv = words.map((word) => word === "." ? spot : word);
      // What it mounts is gone with it: nothing is left that a clean-up could reach through.
      const alone = words[0] === "mount" ? ["unshare", "--mount"] : [];
      const { code } = await bare([...alone, ACTS!, ...argv]);
      await Deno.remove(spot);
      assertEquals(code, 0);
    },
  });
}

for (const family of ["packet-socket", "vsock"]) {
  underEach(`a step has no ${family}`, async (bench) => {
    assertEquals((await act(bench, [family])).exit, EAFNOSUPPORT);
  }, NO_COMPILER);
}

const ordinary = [
  "nothing",
  "clone-plain",
  "unix-pair",
  "interfaces",
  "own-limits",
];
for (const name of ordinary) {
  underEach(`allowed in a sandbox: ${name}`, async (bench) => {
    assertEquals((await act(bench, [name])).exit, 0);
  }, NO_COMPILER);
}

underEach("clone3 does not exist", async (bench) => {
  assertEquals((await act(bench, ["clone3"])).exit, 38);
}, NO_COMPILER);

underEach("another ABI's calls kill", async (bench) => {
  const { exit, signal } = await act(bench, ["x32"]);
  assert(exit === 128 + 31 || signal === "SIGSYS", `${exit} ${signal}`);
}, NO_COMPILER);

underEach(
  "another process's limits and queues are out of reach",
  async (bench) => {
    assertEquals((await act(bench, ["others-limits", "1"])).exit, EPERM);
    assertEquals((await act(bench, ["shared-memory"])).exit, EPERM);
  },
  { ...NO_COMPILER, only: "landlock" },
);

underEach("another process cannot be signalled", async (bench) => {
  const { code } = await bare([ACTS!, "signal", `${Deno.pid}`]);
  assertEquals(code, 0);
  // Under bubblewrap there is no process of that number.
  const { exit } = await act(bench, ["signal", `${Deno.pid}`]);
  assert(exit === EPERM || exit === 3, `${exit}`);
}, NO_COMPILER);

underEach("an undeclared file cannot be read", async (bench) => {
  const secret = bench.outside("secret");
  await Deno.writeTextFile(secret, "secret");
  assertEquals((await bare(["cat", secret])).out, "secret");
  const ran = await bench.run(["cat", secret]);
  assertEquals([ran.out, ran.exit], ["", 1]);
});

for (
  const path of [
    "/etc/shadow",
    "/root",
    `/proc/${Deno.pid}/environ`,
    "/sys/kernel",
  ]
) {
  underEach(`a step does not read ${path}`, async (bench) => {
    const look = `if [ -d ${path} ]; then ls ${path}; else cat ${path}; fi`;
    const ran = await bench.run(sh(look));
    assert(ran.exit !== 0);
    assertEquals(ran.out, "");
  });
}

underEach("an undeclared file cannot be read through a link", async (bench) => {
  const secret = bench.outside("secret");
  await Deno.writeTextFile(secret, "secret");
  await Deno.symlink(secret, join(bench.host.stage, "link"));
  assertEquals(
    (await bare(["cat", join(bench.host.stage, "link")])).out,
    "secret",
  );
  assertEquals((await bench.run(["cat", "link"])).out, "");
});

const writes: [name: string, script: (path: string) => string][] = [
  ["made", (path) => `echo x > ${path}/new`],
  ["changed", (path) => `echo x >> ${path}/file`],
  ["emptied", (path) => `: > ${path}/file`],
  ["removed", (path) => `rm ${path}/file`],
  ["moved", (path) => `mv ${path}/file ./file`],
  ["linked", (path) => `ln ${path}/file ./file && echo x >> ./file`],
];
for (const [name, script] of writes) {
  underEach(`an undeclared file cannot be ${name}`, async (bench) => {
    const folder = bench.outside("folder");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(folder, "file"), "as it was");
    const ran = await bench.run(sh(script(folder)));
    assert(ran.exit !== 0);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left, ["file"]);
    assertEquals(await Deno.readTextFile(join(folder, "file")), "as it was");
    // The control: the same within the stage.
    await Deno.mkdir(join(bench.host.stage, "folder"));
    await Deno.writeTextFile(join(bench.host.stage, "folder/file"), "x");
    const control = await bench.run(sh(script("folder")));
    assertEquals(control.exit, 0, control.err);
  });
}

for (
  const path of ["/usr", "/etc", "/", "/var", "/proc/sys/kernel/domainname"]
) {
  underEach(`a step does not write to ${path}`, async (bench) => {
    const name = `writ-test-${Deno.pid}`;
    const target = path.startsWith("/proc") ? path : join(path, name);
    const ran = await bench.run(sh(`echo ${name} > ${target}`));
    assert(ran.exit !== 0);
    const seen = await bare(["cat", target]);
    assert(!seen.out.includes(name));
  });
}

for (const name of ["core_pattern", "modprobe"]) {
  const setting = `/proc/sys/kernel/${name}`;
  const open = sh(`: >> ${setting}`);
  underEach(`a step does not open ${name} for writing`, async (bench) => {
    assert((await bench.run(open)).exit !== 0);
  });
  const writable = root && canAppend(setting);
  Deno.test({
    name: `root opens ${name} for writing${
      writable ? "" : ": needs root and a writable /proc/sys"
    }`,
    ignore: !writable,
    fn: async () => assertEquals((await bare(open)).code, 0),
  });
}

for (const name of ["HOME", "TMPDIR"]) {
  underEach(`$${name} is writable and private`, async (bench) => {
    const ran = await bench.run(
      sh(`echo x > "$${name}/file" && cat "$${name}/file"`),
    );
    assertEquals([ran.out, ran.exit], ["x\n", 0]);
  });
}

underEach("the caller's environment does not get in", async (bench) => {
  Deno.env.set("OTEL_WRIT_TEST", "1");
  const ran = await bench.run(["env"], { env: { GIVEN: "a b" } });
  Deno.env.delete("OTEL_WRIT_TEST");
  const names = ran.out.trim().split("\n").map((line) => line.split("=")[0]);
  assertEquals(names.filter((name) => name !== "PWD").sort(), [
    "CI",
    "GIVEN",
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "NO_COLOR",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
  ]);
  assert(ran.out.includes("GIVEN=a b\n"));
});

/** A server of the machine: what reaches it, and its port. */
async function listening(
  body: (port: number, heard: () => number) => Promise<void>,
): Promise<void> {
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = tcp.addr as Deno.NetAddr;
  let heard = 0;
  const accepting = (async () => {
    for await (const connection of tcp) {
      heard++;
      connection.close();
    }
  })();
  try {
    await body(port, () => heard);
  } finally {
    tcp.close();
    await accepting;
  }
}

for (const network of ["none", "loopback"] as const) {
  const only = network === "loopback" ? "bubblewrap" : undefined;
  underEach(
    `TCP does not leave a step whose network is ${network}`,
    (bench) =>
      listening(async (port, heard) => {
        const ran = await act(bench, ["tcp", `${port}`], { network });
        assert(ran.exit !== 0);
        assertEquals(heard(), 0);
      }),
    { ...NO_COMPILER, only },
  );
  underEach(
    `UDP does not leave a step whose network is ${network}`,
    async (bench) => {
      const udp = new Deno.Command("python3", {
        args: ["-c", UDP_SERVER],
        stdout: "piped",
      }).spawn();
      const reader = udp.stdout.pipeThrough(new TextDecoderStream())
        .getReader();
      const port = (await reader.read()).value!.trim();
      await act(bench, ["udp", port], { network });
      // The control: this one arrives, and it is the first.
      await bare([ACTS!, "udp", port]);
      assertEquals((await reader.read()).value, "1\n");
      await reader.cancel();
      await udp.status;
    },
    { ...NO_COMPILER, only },
  );
}

/** Prints its port; then, after the first datagram and a little waiting, how many came. */
const UDP_SERVER = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
sys.stdout.write(f"{s.getsockname()[1]}\\n"); sys.stdout.flush()
s.recv(10)
count = 1
s.settimeout(0.3)
try:
    while s.recv(10): count += 1
except socket.timeout: pass
sys.stdout.write(f"{count}\\n"); sys.stdout.flush()
`;

underEach(
  "TCP leaves a step that has the network",
  (bench) =>
    listening(async (port) => {
      const ran = await act(bench, ["tcp", `${port}`], { network: "host" });
      assertEquals(ran.exit, 0);
    }),
  NO_COMPILER,
);

underEach("a private loopback answers", async (bench) => {
  assertEquals(
    (await act(bench, ["own-server"], { network: "loopback" })).exit,
    0,
  );
}, { ...NO_COMPILER, only: "bubblewrap" });

underEach("a mount goes to a real folder of the stage", async (bench) => {
  const source = bench.outside("source");
  const { stage } = bench.host;
  await Deno.mkdir(source);
  await Deno.writeTextFile(join(source, "file"), "bound");
  await Deno.mkdir(join(stage, "a/b"), { recursive: true });
  const host = { binds: [{ path: "a/b", source }] };
  const ran = await bench.run(sh("cat a/b/file; echo x > a/b/file"), {}, {
    host,
  });
  assertEquals([ran.out, ran.exit], ["bound", 2]);
  assertEquals(await Deno.readTextFile(join(source, "file")), "bound");
}, { only: "bubblewrap" });

const planted: [
  name: string,
  plant: (stage: string, away: string) => Promise<void>,
][] = [
  ["a link", (stage, away) => Deno.symlink(away, join(stage, "a"))],
  ["beneath a link", async (stage, away) => {
    await Deno.mkdir(join(away, "a"));
    await Deno.symlink(away, join(stage, "x"));
  }],
  ["a file", (stage) => Deno.writeTextFile(join(stage, "a"), "")],
  ["nothing", async () => {}],
];
for (const [name, plant] of planted) {
  underEach(`a mount is refused onto ${name}`, async (bench) => {
    const away = bench.outside("away");
    await Deno.mkdir(away);
    await plant(bench.host.stage, away);
    const path = name === "beneath a link" ? "x/a" : "a";
    const host = { binds: [{ path, source: bench.host.home }] };
    const error = await assertRejects(
      () => bench.run(["true"], {}, { host }),
      WritError,
    );
    assertEquals(error.code, "sandbox.launch");
  }, { only: "bubblewrap" });
}
