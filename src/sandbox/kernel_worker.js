/**
 * A thread of the launcher that confines itself for good and then starts steps, which are
 * born with its confinement. There is no way for it to start anything before.
 *
 * Every function here stands by itself, with those of `libc.js`: see there.
 *
 * Edge: FFI, messages of a worker.
 *
 * @module
 */
import { addressOf, cString, errnoOf, openLibc, spawnProcess } from "./libc.js";

/**
 * Confines the calling thread by Landlock, without capabilities, with the seccomp filter.
 * Gives `null` when all of it is in force and was seen to be, else a sentence.
 */
export function restrictThread(libc, rules) {
  const SYS_landlock_restrict_self = 446;
  const PR_SET_NO_NEW_PRIVS = 38;
  const fault = (what) => `${what} (errno ${errnoOf(libc)})`;
  const parent = libc.getppid();
  const reached = libc.kill(parent, 0) === 0;

  const { ruleset, wrong } = makeRuleset(libc, rules);
  if (wrong !== null) return wrong;
  try {
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) {
      return fault("no_new_privs failed");
    }
    const held = libc.landlock_restrict_self(
      SYS_landlock_restrict_self,
      ruleset,
      0,
    );
    if (Number(held) !== 0) return fault("landlock_restrict_self failed");
  } finally {
    libc.close(ruleset);
  }
  return dropCapabilities(libc) ?? applyFilter(libc, rules.seccomp) ??
    notInForce(libc, rules, reached ? parent : null);
}

/** The Landlock ruleset as a descriptor, or what is `wrong` in words. */
export function makeRuleset(libc, rules) {
  const O_PATH_CLOEXEC = 0o10000000 | 0o2000000;
  const FILE_RIGHTS = 0x1n | 0x2n | 0x4n | 0x4000n | 0x8000n;
  const SYS_landlock_create_ruleset = 444;
  const SYS_landlock_add_rule = 445;
  const attribute = new BigUint64Array([
    BigInt(rules.handledFs),
    BigInt(rules.handledNet),
    BigInt(rules.scoped),
  ]);
  const size = rules.abi >= 6 ? 24 : rules.abi >= 4 ? 16 : 8;
  const ruleset = Number(libc.landlock_create_ruleset(
    SYS_landlock_create_ruleset,
    new Uint8Array(attribute.buffer),
    size,
    0,
  ));
  const open = ruleset < 0 ? [] : [ruleset];
  const fault = (what) => {
    const wrong = `${what} (errno ${errnoOf(libc)})`;
    for (const fd of open) libc.close(fd);
    return { ruleset: null, wrong };
  };
  if (ruleset < 0) return fault("landlock_create_ruleset failed");
  for (const { path, access, optional } of rules.paths) {
    const fd = libc.open(cString(path), O_PATH_CLOEXEC);
    if (fd < 0) {
      if (optional) continue;
      return fault(`"${path}" cannot be opened`);
    }
    open.push(fd);
    const stat = new Uint8Array(256);
    if (libc.statx(fd, cString(""), 0x1000, 1, stat) !== 0) {
      return fault(`"${path}" cannot be looked at`);
    }
    const folder = (new DataView(stat.buffer).getUint16(28, true) &
      0o170000) === 0o040000;
    const rights = folder ? BigInt(access) : BigInt(access) & FILE_RIGHTS;
    const beneath = new Uint8Array(16);
    const view = new DataView(beneath.buffer);
    view.setBigUint64(0, rights, true);
    view.setInt32(8, fd, true);
    const added = rights === 0n ? 0n : libc.landlock_add_rule(
      SYS_landlock_add_rule,
      ruleset,
      1,
      beneath,
      0,
    );
    if (Number(added) !== 0) return fault(`"${path}" cannot be allowed`);
    libc.close(open.pop());
  }
  return { ruleset, wrong: null };
}

/** Gives up every capability; what is wrong in words, or `null`. */
export function dropCapabilities(libc) {
  const PR_CAPBSET_DROP = 24;
  const PR_CAP_AMBIENT = 47;
  for (let capability = 0; capability < 64; capability++) {
    // Fails for who has no capabilities, and beyond the last one; what counts is looked at below.
    libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0);
  const header = new Uint8Array(new Uint32Array([0x20080522, 0]).buffer);
  if (libc.capset(header, new Uint8Array(24)) !== 0) {
    return `capset failed (errno ${errnoOf(libc)})`;
  }
  const held = new Uint8Array(24);
  return libc.capget(header, held) !== 0 || held.some((byte) => byte !== 0)
    ? "capabilities are left"
    : null;
}

/** Applies a seccomp filter, given as base64; what is wrong in words, or `null`. */
export function applyFilter(libc, text) {
  const SYS_seccomp = Deno.build.arch === "aarch64" ? 277 : 317;
  const filter = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const program = new Uint8Array(16);
  new DataView(program.buffer).setUint16(0, filter.length / 8, true);
  new DataView(program.buffer).setBigUint64(8, addressOf(filter), true);
  if (
    Number(libc.seccomp(SYS_seccomp, 1, 0, program)) !== 0 ||
    // The program holds only the filter's address, so the filter must live until here.
    filter.length % 8 !== 0
  ) return `seccomp failed (errno ${errnoOf(libc)})`;
  return null;
}

/**
 * What does not hold though the kernel took it, or `null`. `outside` is a process that could be
 * reached before, or `null`.
 */
export function notInForce(libc, { abi }, outside) {
  const O_DIRECTORY_CLOEXEC = 0o200000 | 0o2000000;
  const PR_GET_SECCOMP = 21;
  const PR_GET_NO_NEW_PRIVS = 39;
  if (libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) !== 1) {
    return "no_new_privs is not in force";
  }
  if (libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) !== 2) {
    return "seccomp is not in force";
  }
  if (libc.open(cString("/"), O_DIRECTORY_CLOEXEC) >= 0) {
    return "Landlock is not in force";
  }
  if (abi >= 6 && !(outside !== null && libc.kill(outside, 0) === -1)) {
    return "signals are not kept inside";
  }
  return null;
}

/** Answers the launcher: the first message confines, all others need that it did. */
export function serveKernelWorker() {
  const SIGKILL = 9;
  const libc = openLibc();
  let rules = null;
  const answer = (message) => {
    if (message.do === "restrict") {
      if (rules !== null) return { fault: "already confined" };
      const fault = restrictThread(libc, message.rules);
      if (fault === null) rules = message.rules;
      return { fault };
    }
    if (rules === null) return { fault: "not confined" };
    switch (message.do) {
      case "spawn":
        return spawnProcess(libc, message.start);
      case "sweep":
        // Landlock lets the signal reach nothing but what this thread gave birth to. Below
        // ABI 6 it would reach every process of the user.
        return { swept: rules.abi >= 6 && libc.kill(-1, SIGKILL) === 0 };
      case "mine":
        return {
          pids: rules.abi < 6
            ? []
            : message.pids.filter((pid) => libc.kill(pid, 0) === 0),
        };
    }
    return { fault: "unknown message" };
  };
  self.onmessage = ({ data }) => {
    let result;
    try {
      result = answer(data);
    } catch (error) {
      result = { fault: String(error) };
    }
    self.postMessage({ id: data.id, result });
  };
}

/** A module that needs no file: the text of the functions above. */
export function kernelWorkerUrl() {
  const text = [
    openLibc,
    errnoOf,
    cString,
    addressOf,
    spawnProcess,
    makeRuleset,
    dropCapabilities,
    applyFilter,
    notInForce,
    restrictThread,
    serveKernelWorker,
  ].join("\n");
  return URL.createObjectURL(
    new Blob([`${text}\nserveKernelWorker();`], { type: "text/javascript" }),
  );
}
