/**
 * Acts that make or enter namespaces, or change what is mounted.
 *
 * @module
 */
import { type Act, type Family, STOPPED } from "./act.ts";
import { reaches } from "./kernel.ts";
import { ROOT, tried } from "./needs.ts";

const USER_NAMESPACES = await tried(
  "user namespaces",
  "unshare --user true",
);

/** Namespaces and mounts. */
export const NAMESPACES: Family = {
  name: "Namespaces and mounts",
  acts: [
    ...([
      ["user", "a user namespace, and with it all capabilities", 0x10000000],
      ["mount", "a mount namespace", 0x00020000],
      ["network", "a network namespace", 0x40000000],
      ["pid", "a pid namespace", 0x20000000],
      ["uts", "a namespace of names", 0x04000000],
      ["ipc", "an IPC namespace", 0x08000000],
      ["cgroup", "a cgroup namespace", 0x02000000],
      ["time", "a time namespace", 0x00000080],
    ] as const).map(([id, name, flag]): Act => ({
      id: `unshare-${id}`,
      what: `making ${name}`,
      under: STOPPED,
      run: { perl: `done(call("unshare", ${flag}))` },
      asRoot: true,
      needs: id === "user" ? [USER_NAMESPACES] : [],
    })),
    {
      id: "clone-user",
      what: "making a user namespace by `clone`",
      under: STOPPED,
      run: {
        perl: `my $child = call("clone", 0x10000011, 0, 0, 0, 0);
               exit 0 if $child == 0; done($child);`,
      },
      needs: [USER_NAMESPACES],
    },
    {
      id: "clone3-user",
      what: "making a user namespace by `clone3`, whose flags no filter sees",
      under: STOPPED,
      run: {
        perl: `my $how = pack("Q11", 0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0);
               my $child = call("clone3", $how, 88); exit 0 if $child == 0; done($child);`,
      },
      needs: [USER_NAMESPACES],
    },
    {
      id: "nested-sandbox",
      what: "starting a sandbox of its own, to be root in it",
      under: STOPPED,
      run: { sh: "unshare --user --map-root-user true" },
      needs: [USER_NAMESPACES],
    },
    {
      id: "setns",
      what: "entering a namespace again",
      under: STOPPED,
      run: {
        perl:
          'open(my $ns, "<", "/proc/self/ns/uts") or failed; done(call("setns", fileno($ns), 0))',
      },
      control: { unshare: ["--uts"] },
      asRoot: true,
    },
    {
      id: "setns-other",
      what: "entering the mount namespace of another process",
      under: STOPPED,
      run: { sh: 'nsenter --target "$PID" --mount cat "$OUT/secret"' },
      done: "secret",
      needs: [ROOT],
    },
    {
      id: "setns-descriptor",
      what: "entering all namespaces of another process by its descriptor",
      under: STOPPED,
      run: {
        perl: `my $fd = call("pidfd_open", $pid, 0); $fd >= 0 or failed;
               done(call("setns", $fd, 0x00020000));`,
      },
      needs: [ROOT],
    },
    {
      id: "mount",
      what: "mounting a file system",
      under: STOPPED,
      run: { sh: "mkdir here && mount -t tmpfs tmpfs here" },
      asRoot: true,
    },
    {
      id: "bind",
      what: "mounting a folder of the system into its workspace",
      under: STOPPED,
      run: { sh: 'mkdir here && mount --bind "$OUT" here && cat here/secret' },
      done: "secret",
      asRoot: true,
    },
    {
      id: "remount",
      what: "making the system writable by a mount",
      under: STOPPED,
      run: { sh: "mount -o remount,bind,rw /usr && : > /usr/writ-escape" },
      control: {
        run: {
          sh:
            "mount -t tmpfs tmpfs /usr/games && mount -o remount,ro /usr/games && mount -o remount,rw /usr/games && : > /usr/games/writ-escape",
        },
      },
      needs: [ROOT],
    },
    {
      id: "mount-proc",
      what: "mounting a `/proc` of its own",
      under: STOPPED,
      run: { sh: "mkdir here && mount -t proc proc here" },
      needs: [ROOT],
    },
    {
      id: "fsopen",
      what: "mounting by the newer calls",
      under: STOPPED,
      run: { perl: 'my $type = "tmpfs"; done(call("fsopen", $type, 0))' },
      asRoot: true,
    },
    {
      id: "open-tree",
      what: "taking a copy of the mounts",
      under: STOPPED,
      run: {
        perl: 'my $root = "/"; done(call("open_tree", -100, $root, 0x8001))',
      },
      asRoot: true,
    },
    {
      ...reaches(
        "unmount",
        "unmounting what hides a folder",
        '"umount2", my $path = "/writ-escape-none", 2',
        [],
      ),
      asRoot: true,
    },
    {
      ...reaches(
        "pivot-root",
        "taking another root by `pivot_root`",
        '"pivot_root", my $new = "/writ-escape-none", my $old = "/writ-escape-none"',
        [],
      ),
      asRoot: true,
    },
    {
      id: "chroot",
      what: "taking another root by `chroot`",
      under: STOPPED,
      run: { perl: 'done(chroot(".") ? 0 : -1)' },
      asRoot: true,
    },
  ],
};
