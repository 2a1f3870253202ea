/**
 * Small files of the kernel, read and written through the C library.
 *
 * Edge: FFI, files.
 *
 * @module
 */
import { cString } from "./libc.js";

const O_WRONLY = 1;
const O_CLOEXEC = 0o2000000;
const PIECE = 4096;

/** The whole text; `null` where it cannot be read. */
export function readText(libc, path) {
  const fd = libc.open(cString(path), O_CLOEXEC);
  if (fd < 0) return null;
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(PIECE);
  let text = "";
  for (;;) {
    const count = Number(libc.read(fd, buffer, BigInt(PIECE)));
    if (count <= 0) {
      libc.close(fd);
      return count === 0 ? text + decoder.decode() : null;
    }
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

/** Writes at once, as the kernel's settings want it; `false` where that failed. */
export function writeText(libc, path, text) {
  const fd = libc.open(cString(path), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bytes = new TextEncoder().encode(text);
  const count = Number(libc.write(fd, bytes, BigInt(bytes.length)));
  libc.close(fd);
  return count === bytes.length;
}

/** The names in a folder, without `.` and `..`; empty where it cannot be read. */
export function namesIn(libc, path) {
  const folder = libc.opendir(cString(path));
  if (folder === null) return [];
  const names = [];
  for (
    let entry = libc.readdir(folder);
    entry !== null;
    entry = libc.readdir(folder)
  ) {
    const name = new Deno.UnsafePointerView(entry).getCString(19);
    if (name !== "." && name !== "..") names.push(name);
  }
  libc.closedir(folder);
  return names;
}
