/**
 * Landlock's rights, and which of them a kernel has. Source: `linux/landlock.h`.
 *
 * @module
 */

const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const REMOVE_DIR = 1n << 4n;
const REMOVE_FILE = 1n << 5n;
const MAKE_CHAR = 1n << 6n;
const MAKE_DIR = 1n << 7n;
const MAKE_REG = 1n << 8n;
const MAKE_SOCK = 1n << 9n;
const MAKE_FIFO = 1n << 10n;
const MAKE_BLOCK = 1n << 11n;
const MAKE_SYM = 1n << 12n;
const REFER = 1n << 13n;
const TRUNCATE = 1n << 14n;
const IOCTL_DEV = 1n << 15n;

const BIND_TCP = 1n << 0n;
const CONNECT_TCP = 1n << 1n;

const ABSTRACT_UNIX_SOCKET = 1n << 0n;
const SIGNAL = 1n << 1n;

/** The highest ABI whose rights are known here. */
export const HIGHEST_ABI = 7;

/** What a step may do with the files beneath a path. */
export const RIGHTS = {
  read: READ_FILE | READ_DIR,
  readAndRun: READ_FILE | READ_DIR | EXECUTE,
  /** Devices: no folder rights. */
  device: READ_FILE | WRITE_FILE | IOCTL_DEV,
  /** Everything but the making of devices. */
  all: EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR | REMOVE_FILE |
    MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE,
} as const;

/** The rights of files that a kernel of this ABI restricts. */
export function handledFiles(abi: number): bigint {
  let rights = RIGHTS.all | MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV;
  if (abi < 2) rights &= ~REFER;
  if (abi < 3) rights &= ~TRUNCATE;
  if (abi < 5) rights &= ~IOCTL_DEV;
  return rights;
}

/** The TCP rights that a kernel of this ABI restricts. */
export function handledNetwork(abi: number): bigint {
  return abi < 4 ? 0n : BIND_TCP | CONNECT_TCP;
}

/** What a kernel of this ABI keeps inside: abstract sockets and signals. */
export function scoped(abi: number): bigint {
  return abi < 6 ? 0n : ABSTRACT_UNIX_SOCKET | SIGNAL;
}
