/**
 * The toolchain: which programs and which system a plan is made with.
 *
 * Edge: facts of the running Deno, and files of the system.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { sha256 } from "../core/digest.ts";
import type { Disk } from "./disk.ts";
import type { Toolchain } from "./plan.ts";
import { SYSTEM_VIEW } from "./system_view.ts";

/** Where distributions list what is installed: dpkg, apk, rpm (new, middle, old). */
const PACKAGE_LISTS: readonly string[] = [
  "/var/lib/dpkg/status",
  "/lib/apk/db/installed",
  "/usr/lib/sysimage/rpm/rpmdb.sqlite",
  "/var/lib/rpm/rpmdb.sqlite",
  "/var/lib/rpm/Packages",
];

/** Bytes of a package list that are read. */
const LIST_LIMIT = 1024 * 1024 * 1024;

/** Absolute path of the Deno that runs now. */
export function runningDeno(): string {
  return Deno.execPath();
}

/** The toolchain of this machine; `version` is Writ's. */
export function readToolchain(version: string, disk: Disk): Toolchain {
  return {
    writ: version,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    typescript: Deno.version.typescript,
    os: Deno.build.os,
    arch: Deno.build.arch,
    system: {
      view: SYSTEM_VIEW,
      release: releaseName(disk) ?? Deno.build.os,
      packages: packageDigest(disk),
    },
  };
}

/** `PRETTY_NAME` of os-release(5); `null` where there is none. */
export function releaseName(disk: Disk): string | null {
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    const bytes = disk.head(path, 64 * 1024);
    if (bytes === null) continue;
    const line = /^PRETTY_NAME=(["']?)(.*)\1\s*$/m.exec(
      new TextDecoder().decode(bytes),
    );
    if (line !== null) return line[2];
  }
  return null;
}

function packageDigest(disk: Disk): Digest | null {
  for (const path of PACKAGE_LISTS) {
    const stat = disk.lstat(path);
    if (stat === null) continue;
    const bytes = disk.head(path, Math.min(stat.size, LIST_LIMIT));
    if (bytes !== null) return sha256(bytes);
  }
  return null;
}
