/**
 * Which paths every step sees of the system, as far as planning must know it.
 *
 * @module
 */
import { isBeneath } from "../core/paths.ts";

/** The version of the list of what every step sees; part of the toolchain. */
export const SYSTEM_VIEW = "linux-1";

/** Where programs of the system are searched, in this order. It is also the `PATH` of a step. */
export const SYSTEM_PATH: readonly string[] = [
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
];

const SYSTEM_FOLDERS: readonly string[] = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/etc/alternatives",
];

/** Whether an absolute path, without `..`, lies in what every step sees of the system. */
export function inSystemView(path: string): boolean {
  return SYSTEM_FOLDERS.some((folder) => isBeneath(path, folder));
}
