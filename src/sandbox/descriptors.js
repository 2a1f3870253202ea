/**
 * The descriptors of one step in the launcher.
 *
 * Edge: FFI.
 *
 * @module
 */
import { cString, errnoOf } from "./libc.js";

const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const MFD_CLOEXEC = 1;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const SYS_openat2 = 437;
const O_PATH_DIRECTORY_CLOEXEC = 0o10000000 | 0o200000 | O_CLOEXEC;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
/** Descriptors are handed over from above this one, so that none is overwritten before its turn. */
const ABOVE = 32;

/** Opens descriptors and closes whatever is left of them. */
export class Descriptors {
  #libc;
  #open = new Set();

  constructor(libc) {
    this.#libc = libc;
  }

  #keep(fd, what) {
    if (fd < 0) {
      throw new Error(`${what} failed (errno ${errnoOf(this.#libc)})`);
    }
    this.#open.add(fd);
    return fd;
  }

  /** The same from above the numbers that a step gets. */
  raise(fd) {
    const raised = this.#libc.fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
    this.close(fd);
    return this.#keep(raised, "fcntl");
  }

  /** `/dev/null`, to be read. */
  nothing() {
    return this.raise(
      this.#keep(this.#libc.open(cString("/dev/null"), O_CLOEXEC), "open"),
    );
  }

  /** Bytes, to be read from the start. */
  bytes(bytes) {
    const fd = this.#keep(
      this.#libc.memfd_create(cString("writ"), MFD_CLOEXEC),
      "memfd_create",
    );
    let at = 0;
    while (at < bytes.length) {
      const rest = bytes.subarray(at);
      const count = Number(
        this.#libc.write(fd, rest, BigInt(rest.length)),
      );
      if (count <= 0) throw new Error("the input could not be written");
      at += count;
    }
    this.#libc.lseek(fd, 0n, 0);
    return this.raise(fd);
  }

  /** A pipe: `read` does not wait, `write` is for the step. */
  pipe() {
    const [read, write] = this.#pair();
    this.#libc.fcntl(read, F_SETFL, O_NONBLOCK);
    return { read, write: this.raise(write) };
  }

  /** A pipe the other way round: who has `read` waits until `write` is closed, if only by the launcher's end. */
  inlet() {
    const [read, write] = this.#pair();
    return { read: this.raise(read), write };
  }

  #pair() {
    const pair = new Int32Array(2);
    if (this.#libc.pipe2(new Uint8Array(pair.buffer), O_CLOEXEC) !== 0) {
      throw new Error(`pipe2 failed (errno ${errnoOf(this.#libc)})`);
    }
    return [this.#keep(pair[0], "pipe2"), this.#keep(pair[1], "pipe2")];
  }

  /** Takes over a descriptor that a call gave. */
  adopt(fd, what) {
    return this.#keep(Number(fd), what);
  }

  close(fd) {
    if (this.#open.delete(fd)) this.#libc.close(fd);
  }

  closeAll() {
    for (const fd of this.#open) this.#libc.close(fd);
    this.#open.clear();
  }

  /** Throws unless every one of `paths` is a real folder under `root`, with no link on the way. */
  requireFolders({ root, paths }) {
    const base = this.#keep(
      this.#libc.open(cString(root), O_PATH_DIRECTORY_CLOEXEC),
      `opening "${root}"`,
    );
    // struct open_how: flags, mode, resolve
    const how = new Uint8Array(
      new BigUint64Array([
        BigInt(O_PATH_DIRECTORY_CLOEXEC),
        0n,
        BigInt(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
      ]).buffer,
    );
    for (const path of paths) {
      const fd = Number(
        this.#libc.openat2(SYS_openat2, base, cString(path), how, 24n),
      );
      if (fd < 0) {
        throw new Error(
          `"${path}" of the stage is no real folder, so nothing is mounted there`,
        );
      }
      this.#libc.close(fd);
    }
    this.close(base);
  }
}
