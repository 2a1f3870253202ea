/**
 * The C library as the launcher uses it: symbols, and how a process is started.
 *
 * Every function here stands by itself: the launcher hands their texts to its workers, which
 * may import nothing.
 *
 * Edge: FFI.
 *
 * @module
 */

/** Opens the C library. Fails as a whole when a symbol is missing: nothing here is optional. */
export function openLibc() {
  const symbols = {
    __errno_location: { parameters: [], result: "pointer" },
    // `syscall(2)` by the calls that the library has no function for.
    landlock_create_ruleset: {
      name: "syscall",
      parameters: ["i64", "buffer", "usize", "u32"],
      result: "i64",
    },
    landlock_add_rule: {
      name: "syscall",
      parameters: ["i64", "i32", "i32", "buffer", "u32"],
      result: "i64",
    },
    landlock_restrict_self: {
      name: "syscall",
      parameters: ["i64", "i32", "u32"],
      result: "i64",
    },
    seccomp: {
      name: "syscall",
      parameters: ["i64", "u32", "u32", "buffer"],
      result: "i64",
    },
    pidfd_open: {
      name: "syscall",
      parameters: ["i64", "i32", "u32"],
      result: "i64",
    },
    openat2: {
      name: "syscall",
      parameters: ["i64", "i32", "buffer", "buffer", "usize"],
      result: "i64",
    },
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    capset: { parameters: ["buffer", "buffer"], result: "i32" },
    capget: { parameters: ["buffer", "buffer"], result: "i32" },
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    statx: {
      parameters: ["i32", "buffer", "i32", "u32", "buffer"],
      result: "i32",
    },
    ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
    flistxattr: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    fgetxattr: {
      parameters: ["i32", "buffer", "buffer", "usize"],
      result: "isize",
    },
    pipe2: { parameters: ["buffer", "i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    eventfd: { parameters: ["u32", "i32"], result: "i32" },
    lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
    poll: {
      parameters: ["buffer", "u64", "i32"],
      result: "i32",
      nonblocking: true,
    },
    poll_now: {
      name: "poll",
      parameters: ["buffer", "u64", "i32"],
      result: "i32",
    },
    wait4: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
    wait4_blocking: {
      name: "wait4",
      parameters: ["i32", "buffer", "i32", "buffer"],
      result: "i32",
      nonblocking: true,
    },
    waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
    mkdir: { parameters: ["buffer", "u32"], result: "i32" },
    rmdir: { parameters: ["buffer"], result: "i32" },
    opendir: { parameters: ["buffer"], result: "pointer" },
    readdir: { parameters: ["pointer"], result: "pointer" },
    closedir: { parameters: ["pointer"], result: "i32" },
    setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
    getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
    close_range: { parameters: ["u32", "u32", "i32"], result: "i32" },
    kill: { parameters: ["i32", "i32"], result: "i32" },
    getpid: { parameters: [], result: "i32" },
    getppid: { parameters: [], result: "i32" },
    setsid: { parameters: [], result: "i32" },
    umask: { parameters: ["u32"], result: "u32" },
    signal: { parameters: ["i32", "usize"], result: "usize" },
    sigfillset: { parameters: ["buffer"], result: "i32" },
    sigemptyset: { parameters: ["buffer"], result: "i32" },
    posix_spawn: {
      parameters: [
        "buffer",
        "buffer",
        "buffer",
        "buffer",
        "buffer",
        "buffer",
      ],
      result: "i32",
    },
    posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
    posix_spawn_file_actions_destroy: {
      parameters: ["buffer"],
      result: "i32",
    },
    posix_spawn_file_actions_adddup2: {
      parameters: ["buffer", "i32", "i32"],
      result: "i32",
    },
    posix_spawn_file_actions_addclosefrom_np: {
      parameters: ["buffer", "i32"],
      result: "i32",
    },
    posix_spawn_file_actions_addchdir_np: {
      parameters: ["buffer", "buffer"],
      result: "i32",
    },
    posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
    posix_spawnattr_destroy: { parameters: ["buffer"], result: "i32" },
    posix_spawnattr_setflags: {
      parameters: ["buffer", "i16"],
      result: "i32",
    },
    posix_spawnattr_setsigdefault: {
      parameters: ["buffer", "buffer"],
      result: "i32",
    },
    posix_spawnattr_setsigmask: {
      parameters: ["buffer", "buffer"],
      result: "i32",
    },
  };
  return Deno.dlopen("libc.so.6", symbols).symbols;
}

/** The error number of the last call on this thread. For messages only: what failed is told by results. */
export function errnoOf(libc) {
  return new Deno.UnsafePointerView(libc.__errno_location()).getInt32();
}

/** A text as C has it. */
export function cString(text) {
  return new TextEncoder().encode(text + "\0");
}

/** The address of a buffer, for structures that hold pointers. */
export function addressOf(buffer) {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
}

/**
 * Starts a process: own session, default signals, `fds` (`[from, to]`) and no other
 * descriptor. Gives `{ pid }`, or `{ errno, at }` when nothing was started.
 */
export function spawnProcess(libc, { program, argv, env, cwd, fds, keep }) {
  const POSIX_SPAWN_SETSIGDEF = 0x04;
  const POSIX_SPAWN_SETSIGMASK = 0x08;
  const POSIX_SPAWN_SETSID = 0x80;
  // One buffer holds all texts: an address of its own for each costs as much as the rest of a start.
  const pointers = (texts) => {
    const encoder = new TextEncoder();
    // UTF-8 has at most three bytes for each unit of UTF-16, and a zero ends each text.
    const most = texts.reduce((sum, { length }) => sum + 3 * length + 1, 1);
    const buffer = new Uint8Array(most);
    const base = addressOf(buffer);
    const list = new BigUint64Array(texts.length + 1);
    let at = 0;
    texts.forEach((text, index) => {
      list[index] = base + BigInt(at);
      at += encoder.encodeInto(text, buffer.subarray(at)).written + 1;
    });
    // The buffer is returned too, so that it lives as long as the list.
    return { list: new Uint8Array(list.buffer), buffer };
  };
  const actions = new Uint8Array(256);
  const attributes = new Uint8Array(1024);
  const all = new Uint8Array(128);
  const none = new Uint8Array(128);
  libc.sigfillset(all);
  libc.sigemptyset(none);
  const folder = cString(cwd);
  libc.posix_spawn_file_actions_init(actions);
  libc.posix_spawnattr_init(attributes);
  try {
    const failed = [
      ...fds.map(([from, to]) =>
        libc.posix_spawn_file_actions_adddup2(actions, from, to)
      ),
      libc.posix_spawn_file_actions_addclosefrom_np(actions, keep),
      libc.posix_spawn_file_actions_addchdir_np(actions, folder),
      libc.posix_spawnattr_setsigdefault(attributes, all),
      libc.posix_spawnattr_setsigmask(attributes, none),
      libc.posix_spawnattr_setflags(
        attributes,
        POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID,
      ),
    ].find((code) => code !== 0);
    if (failed !== undefined) return { errno: failed, at: "prepare" };
    const pid = new Int32Array(1);
    const words = pointers(argv);
    const variables = pointers(
      Object.entries(env).map(([name, value]) => `${name}=${value}`),
    );
    const code = libc.posix_spawn(
      new Uint8Array(pid.buffer),
      cString(program),
      actions,
      attributes,
      words.list,
      variables.list,
    );
    if (words.buffer.at(-1) !== 0 || variables.buffer.at(-1) !== 0) {
      return { errno: 0, at: "prepare" };
    }
    return code === 0 ? { pid: pid[0] } : { errno: code, at: "start" };
  } finally {
    libc.posix_spawn_file_actions_destroy(actions);
    libc.posix_spawnattr_destroy(attributes);
  }
}
