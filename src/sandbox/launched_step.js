/**
 * One step as the launcher runs it: start, read, bound, reap all that it left.
 *
 * Edge: FFI, processes, clock.
 *
 * @module
 */
import { Descriptors } from "./descriptors.js";
import { spawnProcess } from "./libc.js";
import { OwnFolders } from "./own_folders.js";
import { secretDescriptors, secretValue } from "./step_secrets.js";
import { StepWatch } from "./step_watch.js";
import { toldUsage, usageInNamespaces, usageUnderLandlock } from "./usage.js";

const SYS_pidfd_open = 434;
const SIGKILL = 9;
const SIGXFSZ = 25;
const CHUNK = 65536;
/** How long a stream is waited for after all processes were killed, milliseconds. */
const GRACE = 1000;
/** How late its timers may be, milliseconds. */
const NAP = 50;

/** What is read lies here until it is copied: a new one for each read is what a small step would cost most. */
const buffer = new Uint8Array(CHUNK);

/**
 * What a pipe takes as a whole or not at all (POSIX's `PIPE_BUF` on Linux): with a part of its filter
 * a step would be held less, with none bubblewrap starts nothing.
 */
const MOST_FILTER = 4096;

function filterBytes({ filter }) {
  const bytes = Uint8Array.fromBase64(filter);
  if (bytes.length === 0 || bytes.length > MOST_FILTER) {
    throw new Error(`its filter has ${bytes.length} bytes`);
  }
  return bytes;
}

/** A step that is being run. */
export class LaunchedStep {
  #host;
  #launch;
  #limits;
  #secrets;
  #send;
  #fds;
  #pid = null;
  #worker = null;
  #group = null;
  #folders = null;
  #reads = [];
  #hit = [];
  #killed = false;
  #total = 0;
  #truncated = { stdout: false, stderr: false };
  /** What bubblewrap reported so far, where more of it comes, and the end of what was said on stderr. */
  #reported = "";
  #statusFd = null;
  /** The filter for which bubblewrap waits, and where it goes. */
  #filter = null;
  /** When its program was let begin. */
  #began = null;
  #timer = null;
  #watch = null;
  #complaint = "";

  /** `host` is `{ libc, waiting, workers, reaper, cgroups }`; `secrets` has the values by name. `send(stream, chunk)` passes output on. */
  constructor(host, launch, limits, secrets, send) {
    this.#host = host;
    this.#launch = launch;
    this.#limits = limits;
    this.#secrets = secrets;
    this.#send = send;
    this.#fds = new Descriptors(host.libc);
  }

  /** Ends it: `why` is a limit, or `null` when that was asked for. */
  kill(why) {
    if (why !== null && !this.#hit.includes(why)) this.#hit.push(why);
    this.#killed = true;
    if (this.#pid === null) return;
    this.#host.libc.kill(-this.#pid, SIGKILL);
    this.#group?.kill();
    // Whether it worked is found out when the step is reaped.
    this.#worker?.ask({ do: "sweep" }).catch(() => {});
  }

  /** Lets its program begin, now or as soon as all is built; its time counts from here. */
  open() {
    this.#began ??= performance.now();
    if (this.#pid !== null) this.#begin();
  }

  /**
   * Runs it to its end: under bubblewrap its program waits until it is let begin. Throws when it was
   * not started, or when that is not known.
   */
  async run(stdin) {
    try {
      if (this.#launch.seccompFd === null) this.open();
      const pidfd = await this.#start(stdin);
      if (this.#began !== null) this.#begin();
      const used = await this.#follow(pidfd);
      this.#watch?.stop();
      this.#judgeLimits(used);
      return {
        ...this.#judge(used),
        reusable: used.gone && this.#folders.areAsBefore(),
        usage: toldUsage(used, this.#wallMs()),
      };
    } finally {
      this.#watch?.stop();
      clearTimeout(this.#timer);
      if (this.#pid !== null) {
        this.kill(null);
        await this.#reap();
      }
      this.#fds.closeAll();
      if (this.#worker !== null) this.#host.workers.release(this.#worker);
      this.#group?.remove();
    }
  }

  #begin() {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(
      () => this.kill("limit.timeout"),
      Math.max(0, this.#limits.timeout - this.#wallMs()),
    );
    this.#watch = this.#watchLimits();
    if (this.#filter === null) return;
    const { bytes, fd } = this.#filter;
    // Nobody reads it where bubblewrap has ended before.
    this.#host.libc.write(fd, bytes, BigInt(bytes.length));
    this.#fds.close(fd);
  }

  /** Milliseconds since its program was let begin. */
  #wallMs() {
    return this.#began === null ? 0 : performance.now() - this.#began;
  }

  /** Starts the process; gives a descriptor that tells when it has ended. */
  async #start(stdin) {
    const launch = this.#launch;
    const fds = this.#fds;
    if (
      launch.kernel === null &&
      (launch.seccompFd === null || launch.statusFd === null)
    ) throw new Error("nothing would confine it");
    if (launch.mountPoints !== null) fds.requireFolders(launch.mountPoints);
    this.#folders = new OwnFolders(this.#host.libc, launch);
    const out = fds.pipe();
    const err = fds.pipe();
    const given = [
      [stdin === null ? fds.nothing() : fds.bytes(stdin), 0],
      [out.write, 1],
      [err.write, 2],
    ];
    this.#reads = [["stdout", out.read], ["stderr", err.read]];
    if (launch.seccompFd !== null) {
      const { read, write } = fds.inlet();
      given.push([read, launch.seccompFd.fd]);
      this.#filter = { bytes: filterBytes(launch.seccompFd), fd: write };
    }
    if (launch.statusFd !== null) {
      const status = fds.pipe();
      given.push([status.write, launch.statusFd]);
      this.#statusFd = status.read;
    }
    if (launch.cgroup !== null) {
      this.#group = this.#host.cgroups.make(launch.cgroup);
      const entries = this.#group.open();
      if (entries.length !== launch.cgroup.fds.length) {
        throw new Error("its cgroups are not those of this machine");
      }
      entries.forEach((fd, at) =>
        given.push([fds.raise(fds.adopt(fd, "open")), launch.cgroup.fds[at]])
      );
    }
    if (launch.auditFd !== null) {
      const audit = fds.pipe();
      given.push([audit.write, launch.auditFd]);
      this.#reads.push(["audit", audit.read]);
    }
    if (launch.secrets !== null) {
      given.push(...secretDescriptors(fds, launch.secrets, this.#secrets));
    }
    this.#pid = await this.#spawn(given);
    this.#host.reaper.expect(this.#pid, this.#worker === null);
    this.#send("started", new TextEncoder().encode(`${this.#pid}`));
    for (const [fd] of given) fds.close(fd);
    // An end that was asked for meanwhile had nothing to kill yet.
    if (this.#killed) this.kill(null);
    return fds.adopt(
      this.#host.libc.pidfd_open(SYS_pidfd_open, this.#pid, 0),
      "pidfd_open",
    );
  }

  async #spawn(given) {
    const { program, argv, cwd, kernel, secrets } = this.#launch;
    const env = { ...this.#launch.env };
    if (secrets !== null && secrets.fd === null) {
      for (const { variable, secret } of secrets.variables) {
        env[variable] = secretValue(this.#secrets, secret);
      }
    }
    const start = {
      program,
      argv,
      env,
      cwd,
      fds: given,
      keep: Math.max(...given.map(([, to]) => to)) + 1,
    };
    if (kernel !== null) this.#worker = await this.#host.workers.take(kernel);
    if (this.#killed) throw new Error("it was ended before it started");
    // bubblewrap dies with the thread that started it, which here is the launcher's first.
    const spawned = this.#worker === null
      ? spawnProcess(this.#host.libc, start)
      : await this.#worker.ask({ do: "spawn", start });
    if (spawned.pid !== undefined) return spawned.pid;
    throw new Error(
      spawned.fault ??
        `"${program}" could not be started in "${cwd}" (errno ${spawned.errno})`,
    );
  }

  #watchLimits() {
    const { libc, reaper } = this.#host;
    const watch = new StepWatch(
      libc,
      this.#limits,
      this.#group,
      async () => {
        if (this.#pid === null) return { roots: [], init: null };
        if (this.#worker === null) {
          const init = this.#innerPid();
          return { roots: init === null ? [] : [init], init };
        }
        const left = await reaper.leftBy(this.#worker);
        return { roots: [this.#pid, ...left], init: null };
      },
      (names) => names.forEach((name) => this.kill(`limit.${name}`)),
    );
    watch.start();
    return watch;
  }

  /** What bubblewrap reported; it is little, so nothing waits for it before it is needed. */
  #status() {
    if (this.#statusFd === null) return "";
    for (;;) {
      const count = Number(
        this.#host.libc.read(this.#statusFd, buffer, BigInt(CHUNK)),
      );
      if (count <= 0) return this.#reported;
      this.#reported += new TextDecoder().decode(buffer.subarray(0, count));
    }
  }

  /** bubblewrap's process 1, as it reported; `null` before it did. */
  #innerPid() {
    const first = /"child-pid": (\d+)/.exec(this.#status());
    return first === null ? null : Number(first[1]);
  }

  /** What only shows at the end: a limit that was met and whose victim was not the step's first process. */
  #judgeLimits({ status, user, system }) {
    const { cpu, fileSize } = this.#limits;
    const names = this.#group?.met() ?? [];
    if (cpu !== null && (user ?? 0) + (system ?? 0) > cpu) names.push("cpu");
    const code = /"exit-code": (\d+)/.exec(this.#status());
    const exit = this.#launch.statusFd === null
      ? (status >> 8) & 0xff
      : Number(code?.[1] ?? 0);
    // A shell tells of its last command's signal by adding 128, and so does bubblewrap.
    const signal = (status & 0x7f) || exit - 128;
    if (fileSize !== null && signal === SIGXFSZ) names.push("fileSize");
    for (const name of names) {
      if (!this.#hit.includes(`limit.${name}`)) this.#hit.push(`limit.${name}`);
    }
  }

  /** Reads until the process has ended and nobody holds its output. */
  async #follow(pidfd) {
    const fds = [...this.#reads.map(([, fd]) => fd), pidfd];
    let used = null;
    let patience = Infinity;
    while (fds.some((fd) => fd >= 0) && performance.now() < patience) {
      const left = patience - performance.now();
      const ready = await this.#host.waiting.ready(fds, Math.min(left, NAP));
      for (let at = 0; at < this.#reads.length; at++) {
        if (ready[at] && !await this.#read(at)) fds[at] = -1;
      }
      if (ready.at(-1)) {
        used = await this.#reap();
        fds[fds.length - 1] = -1;
        patience = performance.now() + GRACE;
      }
    }
    return used;
  }

  /** Passes on what there is; `false` at the end of the stream, or when there is nothing. */
  async #read(at) {
    const [name, fd] = this.#reads[at];
    const count = Number(
      this.#host.libc.read(fd, buffer, BigInt(CHUNK)),
    );
    if (count <= 0) return false;
    const bytes = buffer.slice(0, count);
    if (name === "audit") {
      await this.#send(name, bytes);
      return true;
    }
    const room = Math.max(0, this.#limits.output - this.#total);
    if (count > room) {
      this.#truncated[name] = true;
      this.kill("limit.output");
    }
    const chunk = bytes.subarray(0, room);
    this.#total += chunk.length;
    if (name === "stderr" && this.#launch.statusFd !== null) {
      this.#complaint = (this.#complaint + new TextDecoder().decode(chunk))
        .slice(-500);
    }
    if (chunk.length > 0) await this.#send(name, chunk);
    return true;
  }

  /** Kills whatever the process left, waits until it is gone, and sums up what was used. */
  async #reap() {
    const { libc, reaper } = this.#host;
    const namespaced = this.#worker === null;
    // The group first, while the unreaped process still keeps its number from being given away.
    libc.kill(-this.#pid, SIGKILL);
    if (!namespaced) await this.#worker.ask({ do: "sweep" });
    const own = reaper.collect(this.#pid);
    try {
      if (own === null) throw new Error("the process could not be waited for");
      const { status } = own;
      if (!namespaced) {
        const { abi } = this.#launch.kernel;
        const { used, known } = await reaper.collectAllOf(this.#worker);
        return {
          status,
          ...usageUnderLandlock(own, used, known || abi >= 6, reaper.ownPeak()),
          // What lives on before ABI 6 may write in the step's folders.
          gone: abi >= 6,
        };
      }
      const init = this.#innerPid();
      const inner = init === null ? null : await reaper.collectOrphan(init);
      return {
        status,
        ...usageInNamespaces(own, inner, this.#killed),
        gone: true,
      };
    } finally {
      reaper.forget(this.#pid, namespaced);
      this.#pid = null;
    }
  }

  #judge({ status }) {
    const code = /"exit-code": (\d+)/.exec(this.#status());
    const signal = status & 0x7f;
    const common = { limits: this.#hit, truncated: this.#truncated };
    if (this.#killed) return { exit: null, signal: SIGKILL, ...common };
    if (signal !== 0) return { exit: null, signal, ...common };
    if (this.#launch.statusFd === null) {
      return { exit: (status >> 8) & 0xff, signal: null, ...common };
    }
    if (code === null) {
      throw new Error(
        `bubblewrap did not start the program: ${this.#complaint.trim()}`,
      );
    }
    return { exit: Number(code[1]), signal: null, ...common };
  }
}
