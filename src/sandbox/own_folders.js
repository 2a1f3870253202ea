/**
 * What a step's own folders carry beside what lies in them: mode, owner, flags, extended attributes.
 * A step may change all of that, and a later step in the same folders would find it.
 *
 * Edge: FFI, files.
 *
 * @module
 */
import { cString } from "./libc.js";

const O_DIRECTORY_NOFOLLOW_CLOEXEC = 0o200000 | 0o400000 | 0o2000000;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const FS_IOC_GETFLAGS = 0x80086601n;
const FS_IOC_FSGETXATTR = 0x801c581fn;
const LANDLOCK_WRITE_FILE = 2n;
/** The most that Linux gives, of the names together and of one value. */
const MOST_BYTES = 65536;

/** The folders that a step is free to write in, as they were when this was made. */
export class OwnFolders {
  #libc;
  #marks;

  /** Those of a launch, with the folders that hold them: under Landlock it may mark these too. */
  constructor(libc, { kernel, mountPoints }) {
    const paths = kernel === null
      ? [mountPoints?.root ?? ""]
      : kernel.paths.filter(({ access, optional }) =>
        !optional && (BigInt(access) & LANDLOCK_WRITE_FILE) !== 0n
      ).flatMap(({ path }) => [path, path.slice(0, path.lastIndexOf("/"))]);
    this.#libc = libc;
    this.#marks = [...new Set(paths)].map((path) => ({
      path,
      mark: folderMark(libc, path),
    }));
  }

  /** Whether they still carry what they did. What cannot be looked at is not. */
  areAsBefore() {
    return this.#marks.every(({ path, mark }) =>
      mark !== null && folderMark(this.#libc, path) === mark
    );
  }
}

/** A text that is another one for a folder that carries anything else; `null` where it cannot be looked at. */
function folderMark(libc, path) {
  const fd = libc.open(cString(path), O_DIRECTORY_NOFOLLOW_CLOEXEC);
  if (fd < 0) return null;
  try {
    const stat = new Uint8Array(256);
    if (libc.statx(fd, cString(""), AT_EMPTY_PATH, STATX_BASIC_STATS, stat)) {
      return null;
    }
    const view = new DataView(stat.buffer);
    return JSON.stringify([
      view.getBigUint64(8, true).toString(), // attributes
      view.getUint32(20, true), // user
      view.getUint32(24, true), // group
      view.getUint16(28, true), // mode
      view.getBigUint64(32, true).toString(), // inode
      control(libc, fd, FS_IOC_GETFLAGS),
      control(libc, fd, FS_IOC_FSGETXATTR),
      attributes(libc, fd),
    ]);
  } finally {
    libc.close(fd);
  }
}

/** What an `ioctl(2)` answers; a file system may know none of these. */
function control(libc, fd, request) {
  const answer = new Uint8Array(64);
  return [libc.ioctl(fd, request, answer), answer.toHex()];
}

/** Extended attributes, access lists among them, with their values. */
function attributes(libc, fd) {
  const names = read((buffer) => libc.flistxattr(fd, buffer, MOST_BYTES));
  if (names === null) return null;
  return new TextDecoder().decode(names).split("\0").filter(Boolean).map(
    (name) => [
      name,
      read((buffer) => libc.fgetxattr(fd, cString(name), buffer, MOST_BYTES))
        ?.toHex() ?? null,
    ],
  );
}

/** Read into again and again: a new one for each of a few bytes is what a step would cost most. */
const buffer = new Uint8Array(MOST_BYTES);

function read(into) {
  const count = Number(into(buffer));
  return count < 0 ? null : buffer.slice(0, count);
}
