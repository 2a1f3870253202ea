/**
 * Acts that a sandbox should stop, tried from inside by the C library. Run without a sandbox it is
 * the control: what nobody could do here proves nothing.
 *
 * Edge: FFI, files, network, standard streams.
 *
 * @module
 */

/** The text of the module; its one argument is JSON: what lies outside of the sandbox. */
export function trialsSource() {
  return `(${trials})(JSON.parse(Deno.args[0]));\n`;
}

/** Prints JSON: by trial, `true` where the act was done, `false` where it was stopped. */
async function trials({ canary, folder, pid, port, socket, mark, numbers }) {
  const i64 = (count) => Array(count).fill("i64");
  const { symbols: libc } = Deno.dlopen("libc.so.6", {
    syscall: { parameters: i64(7), result: "i64" },
    kill: { parameters: ["i32", "i32"], result: "i32" },
    __errno_location: { parameters: [], result: "pointer" },
  });
  const memory = new Uint8Array(256);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
  const call = (number, ...args) =>
    libc.syscall(
      BigInt(number),
      ...[0, 1, 2, 3, 4, 5].map((at) => BigInt(args[at] ?? 0)),
    );
  const EPERM = 1;
  const errno = new Deno.UnsafePointerView(libc.__errno_location());
  /**
   * A call that got past the filter may still fail, for want of sense in its arguments. What the
   * runtime does between the call and the look may leave an error of its own, never this one.
   */
  const reached = (...words) => {
    for (let look = 0; look < 5; look++) {
      if (call(...words) >= 0n) return true;
      if (errno.getInt32() === EPERM) return false;
    }
    return true;
  };
  const attempt = async (act) => {
    try {
      return (await act()) !== false;
    } catch {
      return false;
    }
  };
  const status = Deno.readTextFileSync("/proc/self/status");
  const field = (name) =>
    new RegExp(`^${name}:\\s*(\\S+)$`, "m").exec(status)?.[1];
  const said = new TextEncoder().encode(mark);
  const done = {
    read: await attempt(() => Deno.readTextFileSync(canary)),
    write: await attempt(() =>
      Deno.writeTextFileSync(`${folder}/${mark}`, "x")
    ),
    look: await attempt(() => Deno.statSync(canary)),
    processes: await attempt(() => Deno.readFileSync(`/proc/${pid}/cmdline`)),
    environment: await attempt(() => Deno.readFileSync(`/proc/${pid}/environ`)),
    signal: libc.kill(pid, 0) === 0,
    tcp: await attempt(async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(said);
      connection.close();
    }),
    udp: await attempt(async () => {
      const datagrams = Deno.listenDatagram({
        transport: "udp",
        hostname: "127.0.0.1",
        port: 0,
      });
      await datagrams.send(said, {
        transport: "udp",
        hostname: "127.0.0.1",
        port,
      });
      datagrams.close();
    }),
    unix: await attempt(async () => {
      const connection = await Deno.connect({
        transport: "unix",
        path: socket,
      });
      await connection.write(said);
      connection.close();
    }),
    memory: reached(numbers.process_vm_readv, pid, 0, 0, 0, 0, 0),
    keyring: reached(numbers.keyctl, 0, -3, 1),
    io_uring: reached(numbers.io_uring_setup, 1, address),
    bpf: reached(numbers.bpf, 0, address, 0),
    perf: reached(numbers.perf_event_open, address, 0, -1, -1, 0),
    userfaultfd: reached(numbers.userfaultfd, 1),
    namespaces: reached(numbers.unshare, 0x10000000),
    mounts: reached(numbers.mount, 0, 0, 0, 0, 0),
    terminal: reached(numbers.ioctl, 0, 0x5412, address),
    privileges: field("NoNewPrivs") !== "1",
    capabilities: field("CapEff") !== "0000000000000000",
  };
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(done)));
}
