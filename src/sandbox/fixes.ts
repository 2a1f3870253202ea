/**
 * What would have to change on this machine for more to hold: exact commands.
 *
 * Edge: processes.
 *
 * @module
 */
import type { Backend } from "./confinement.ts";
import { cgroupVersion } from "./held_limits.ts";

/** Something that does not hold, and the command or setting that changes it. */
export interface Fix {
  missing: string;
  fix: string;
}

/** Texts of the machine's files; `null` where one is not there. */
export type Look = (path: string) => string | null;

/** Looks at this machine: by another program, since the runtime keeps `/proc/sys` to itself. */
export const lookHere: Look = (path) => {
  const { success, stdout } = new Deno.Command("/bin/cat", {
    args: [path],
    clearEnv: true,
    stdin: "null",
    stderr: "null",
  }).outputSync();
  return success ? new TextDecoder().decode(stdout).trim() : null;
};

/** What is missing, given the backends that hold and why the others do not. */
export function fixesFor(
  backends: readonly Backend[],
  failures: readonly string[],
  look: Look,
): Fix[] {
  const has = (name: Backend["name"]) =>
    backends.find((backend) => backend.name === name);
  const bubblewrap = has("bubblewrap");
  const strongest = bubblewrap ?? has("landlock");
  return [
    ...(bubblewrap === undefined
      ? [{
        missing:
          "namespaces: a private loopback, a list of hosts for native steps, one path for all steps",
        fix: bubblewrapFix(failures, look),
      }]
      : []),
    ...(has("landlock") === undefined
      ? [{
        missing: "Landlock",
        fix: landlockFix(look),
      }]
      : []),
    ...(strongest !== undefined && cgroupVersion(strongest, "memory") === null
      ? [{
        missing:
          "cgroups: limits of memory and processes for the step as a whole",
        fix:
          "systemd-run --user --scope deno task execute …; or as root, in a container, docker run --cgroupns=private -v /sys/fs/cgroup:/sys/fs/cgroup:rw",
      }]
      : []),
  ];
}

function bubblewrapFix(failures: readonly string[], look: Look): string {
  const failure = failures.find((one) => one.startsWith("bubblewrap"));
  if (failure === undefined) return install(look);
  const set = (name: string, value: number) =>
    `sudo sysctl -w ${name}=${value}`;
  if (look("/proc/sys/user/max_user_namespaces") === "0") {
    return set("user.max_user_namespaces", 15000);
  }
  if (look("/proc/sys/kernel/unprivileged_userns_clone") === "0") {
    return set("kernel.unprivileged_userns_clone", 1);
  }
  if (look("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return `sudo apt-get install apparmor-profiles && sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict; or ${
      set("kernel.apparmor_restrict_unprivileged_userns", 0)
    }`;
  }
  if (
    look("/.dockerenv") !== null || look("/run/.containerenv") !== null ||
    /docker|containerd|kubepods/.test(look("/proc/1/cgroup") ?? "")
  ) {
    return "let the container make namespaces: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined";
  }
  return `it says: ${failure.replace(/^bubblewrap [^:]*: /, "")}`;
}

const INSTALL: Record<string, string> = {
  debian: "sudo apt-get install bubblewrap",
  ubuntu: "sudo apt-get install bubblewrap",
  fedora: "sudo dnf install bubblewrap",
  rhel: "sudo dnf install bubblewrap",
  arch: "sudo pacman -S bubblewrap",
  alpine: "sudo apk add bubblewrap",
  suse: "sudo zypper install bubblewrap",
  opensuse: "sudo zypper install bubblewrap",
};

function install(look: Look): string {
  const release = look("/etc/os-release") ?? "";
  const words = [...release.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)]
    .flatMap(([, text]) => text.split(/[ -]/));
  const known = words.find((word) => Object.hasOwn(INSTALL, word));
  return known === undefined
    ? "install bubblewrap 0.5 or newer as /usr/bin/bwrap"
    : INSTALL[known];
}

function landlockFix(look: Look): string {
  const modules = look("/sys/kernel/security/lsm");
  return modules !== null && !modules.split(",").includes("landlock")
    ? `boot with lsm=landlock,${modules}`
    : "use Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK=y";
}
