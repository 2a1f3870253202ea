/**
 * Control groups for the limits of memory and processes of a step as a whole.
 *
 * Edge: FFI, files.
 *
 * @module
 */
import { cgroupFolders } from "./cgroup_folders.js";
import { cString } from "./libc.js";
import { namesIn, readText, writeText } from "./plain_files.js";

const O_WRONLY = 1;
const O_CLOEXEC = 0o2000000;
const PREFIX = "writ-";

/** Bounds that every kernel takes, to see whether they can be set. */
const TRIED = { memory: 1 << 30, processes: 1000 };

/** The file that bounds, and where the kernel tells that the bound was met. */
const FILES = {
  memory: {
    1: {
      most: "memory.limit_in_bytes",
      // What must hold too where the kernel has it, or memory would move to the disk.
      also: ["memory.memsw.limit_in_bytes"],
      told: "memory.oom_control",
      as: /^oom_kill (\d+)$/m,
    },
    2: {
      most: "memory.max",
      also: [],
      told: "memory.events",
      as: /^oom_kill (\d+)$/m,
    },
  },
  processes: {
    1: { most: "pids.max", also: [], told: "pids.events", as: /^max (\d+)$/m },
    2: { most: "pids.max", also: [], told: "pids.events", as: /^max (\d+)$/m },
  },
};

/** Where groups can be made on this machine, found by making one. */
export class Cgroups {
  #libc;
  #made = 0;
  /** `{ memory, processes }`, each `{ version, folder }` or `null`. */
  #places;

  constructor(libc) {
    this.#libc = libc;
    const { memory, pids } = cgroupFolders(
      readText(libc, "/proc/self/cgroup") ?? "",
      readText(libc, "/proc/self/mountinfo") ?? "",
    );
    this.#places = {
      memory: this.#usable("memory", memory),
      processes: this.#usable("processes", pids),
    };
    for (const place of Object.values(this.#places)) {
      if (place !== null) this.#sweep(place.folder);
    }
  }

  /** The version that holds each limit, `null` where none does. */
  get offer() {
    return {
      memory: this.#places.memory?.version ?? null,
      processes: this.#places.processes?.version ?? null,
    };
  }

  /** Makes the groups of one step: `limits` is `{ memory, processes }`, `null` for what is not bounded. */
  make(limits) {
    const name = `${PREFIX}${this.#libc.getpid()}-${++this.#made}`;
    const group = new Cgroup(this.#libc);
    try {
      for (const which of ["memory", "processes"]) {
        if (limits[which] === null) continue;
        const place = this.#places[which];
        if (place === null) throw new Error(`no cgroup bounds the ${which}`);
        group.bound(
          which,
          place.version,
          `${place.folder}/${name}`,
          limits[which],
        );
      }
      return group;
    } catch (error) {
      group.remove();
      throw error;
    }
  }

  #usable(which, candidates) {
    for (const { version, folder } of candidates) {
      const group = new Cgroup(this.#libc);
      try {
        const name = `${PREFIX}${this.#libc.getpid()}-0`;
        group.bound(which, version, `${folder}/${name}`, TRIED[which]);
        return { version, folder };
      } catch {
        // The next one, or none: then other means hold the limit, or it is refused.
      } finally {
        group.remove();
      }
    }
    return null;
  }

  /** Removes what launchers left that were killed. */
  #sweep(folder) {
    for (const name of namesIn(this.#libc, folder)) {
      const pid = /^writ-(\d+)-\d+$/.exec(name)?.[1];
      if (
        pid !== undefined && readText(this.#libc, `/proc/${pid}/stat`) === null
      ) {
        this.#libc.rmdir(cString(`${folder}/${name}`));
      }
    }
  }
}

/** The groups of one step: one folder under version 2, one for each limit under version 1. */
export class Cgroup {
  #libc;
  #folders = [];
  #bounds = [];

  constructor(libc) {
    this.#libc = libc;
  }

  /** Adds a limit, in a folder that is made where it is not there yet. */
  bound(which, version, folder, most) {
    if (!this.#folders.includes(folder)) {
      if (this.#libc.mkdir(cString(folder), 0o755) !== 0) {
        throw new Error(`the cgroup "${folder}" could not be made`);
      }
      this.#folders.push(folder);
    }
    const files = FILES[which][version];
    if (!writeText(this.#libc, `${folder}/${files.most}`, `${most}\n`)) {
      throw new Error(
        `"${files.most}" of the cgroup "${folder}" could not be set`,
      );
    }
    for (const name of files.also) {
      writeText(this.#libc, `${folder}/${name}`, `${most}\n`);
    }
    if (which === "memory" && version === 2) {
      writeText(this.#libc, `${folder}/memory.swap.max`, "0\n");
      writeText(this.#libc, `${folder}/memory.oom.group`, "1\n");
    }
    this.#bounds.push({ which, path: `${folder}/${files.told}`, as: files.as });
  }

  /** Descriptors, one a folder: who writes `0` to each is in. The caller closes them. */
  open() {
    return this.#folders.map((folder) => {
      const fd = this.#libc.open(
        cString(`${folder}/cgroup.procs`),
        O_WRONLY | O_CLOEXEC,
      );
      if (fd < 0) throw new Error(`the cgroup "${folder}" cannot be entered`);
      return fd;
    });
  }

  /** Whether it bounds `memory` or `processes`. */
  holds(which) {
    return this.#bounds.some((bound) => bound.which === which);
  }

  /** The limits that were met. */
  met() {
    return this.#bounds.flatMap(({ which, path, as }) => {
      const count = as.exec(readText(this.#libc, path) ?? "")?.[1];
      return Number(count ?? 0) > 0 ? [which] : [];
    });
  }

  /** Ends all who are in, where the kernel has a call for that (version 2). */
  kill() {
    for (const folder of this.#folders) {
      writeText(this.#libc, `${folder}/cgroup.kill`, "1\n");
    }
  }

  /** Removes the folders; `false` when a process is still in one. */
  remove() {
    this.#folders = this.#folders.filter((folder) =>
      this.#libc.rmdir(cString(folder)) !== 0
    );
    return this.#folders.length === 0;
  }
}
