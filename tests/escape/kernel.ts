/**
 * Acts on the kernel: calls that reach past every sandbox, or that are a large surface of attack.
 *
 * @module
 */
import { type Act, type Family, STOPPED } from "./act.ts";
import { NUMBERS } from "./numbers.ts";
import { callable, opens, ROOT, tried } from "./needs.ts";

/** A call that counts as done when it got past the filter and the check of capabilities. */
function reaches(
  id: string,
  what: string,
  call: string,
  needs: Act["needs"] = [ROOT],
): Act {
  return {
    id,
    what,
    under: STOPPED,
    run: { perl: `reached(call(${call}))` },
    needs,
  };
}

/** A device whose driver would be reached. */
function device(id: string, what: string, path: string): Act {
  return {
    id,
    what,
    under: STOPPED,
    run: { perl: `done(sysopen(my $fd, "${path}", O_RDWR) ? 0 : -1)` },
    needs: [ROOT, opens(path, "write")],
  };
}

const USER_NAMESPACES = await tried(
  "user namespaces",
  "unshare --user true",
);

const KEYS = await callable("keyctl", "0, -3, 1");

/** The smallest program of 32-bit x86: `exit(0)`. */
const I386 = [
  ..."7f454c46010101000000000000000000", // ELF, 32 bits
  ..."02000300010000005480040834000000",
  ..."00000000000000003400200001000000",
  ..."00000000", // program header: all of it, readable and executable
  ..."01000000000000000080040800800408",
  ..."60000000600000000500000000100000",
  ..."31c040", // xor eax, eax; inc eax
  ..."31db", // xor ebx, ebx
  ..."cd80", // int 0x80
  ..."9090909090",
].join("");
const MODULES = await tried(
  "loadable modules",
  `perl -e 'my $n = ""; exit(syscall(${NUMBERS.init_module}, 0, 0, $n) < 0 && $!{ENOSYS})'`,
);
const RUN_I386 = `printf '${
  I386.replace(/../g, (byte) =>
    `\\${parseInt(byte, 16).toString(8).padStart(3, "0")}`)
}' > program && chmod +x program && ./program`;

/** The kernel. */
export const KERNEL: Family = {
  name: "The kernel",
  acts: [
    {
      id: "io_uring",
      what: "using io_uring, whose calls no filter sees",
      under: STOPPED,
      run: { perl: 'done(call("io_uring_setup", 1, $room))' },
      needs: [await callable("io_uring_setup", "1, $r")],
    },
    {
      id: "userfaultfd",
      what: "using userfaultfd",
      under: STOPPED,
      run: { perl: 'done(call("userfaultfd", 1))' },
      needs: [ROOT],
    },
    {
      id: "keyctl",
      what: "using the kernel's keyrings",
      under: STOPPED,
      run: { perl: 'done(call("keyctl", 0, -3, 1))' },
      needs: [KEYS],
    },
    {
      id: "add-key",
      what: "leaving a key in the user's keyring",
      under: STOPPED,
      run: {
        perl: `my ($type, $name, $value) = ("user", "writ-escape", "x");
               my $key = call("add_key", $type, $name, $value, 1, -2);
               call("keyctl", 21, $key) if $key >= 0; done($key);`,
      },
      needs: [KEYS],
    },
    reaches(
      "request-key",
      "asking the kernel for a key, which may start a program",
      `"request_key", my $type = "user", my $name = "writ-escape-none", 0, -2`,
      [KEYS],
    ),
    reaches("bpf", "using BPF", '"bpf", 0, $room, 0'),
    reaches(
      "perf",
      "using perf events",
      '"perf_event_open", $room, 0, -1, -1, 0',
    ),
    reaches("fanotify", "watching all file accesses", '"fanotify_init", 0, 0'),
    reaches(
      "kernel-log",
      "reading the kernel's log by its call",
      '"syslog", 3, $room, 256',
    ),
    reaches(
      "load-module",
      "loading a kernel module",
      '"init_module", 0, 0, my $none = ""',
      [ROOT, MODULES],
    ),
    reaches(
      "unload-module",
      "unloading a kernel module",
      '"delete_module", my $name = "writ_escape_none", 0',
      [ROOT, MODULES],
    ),
    reaches("kexec", "loading another kernel", '"kexec_load", 0, 1000, 0, 0', [
      ROOT,
      await tried(
        "kexec",
        `perl -e 'exit(syscall(${NUMBERS.kexec_load}, 0, 1000, 0, 0) < 0 && ($!{EPERM} || $!{ENOSYS}))'`,
      ),
    ]),
    reaches(
      "reboot",
      "rebooting the machine, with a magic number that is none",
      '"reboot", 0, 0, 0, 0',
    ),
    reaches(
      "swap",
      "adding swap space",
      '"swapon", my $path = "/nonexistent", 0',
    ),
    reaches(
      "account",
      "recording every process of the machine",
      '"acct", my $path = "/nonexistent"',
      [
        ROOT,
        await tried(
          "process accounting",
          `perl -e 'my $p = "/nonexistent"; exit(syscall(${NUMBERS.acct}, $p) < 0 && $!{ENOSYS})'`,
        ),
      ],
    ),
    {
      id: "ports",
      what: "reaching the machine's input and output ports",
      under: STOPPED,
      run: { perl: 'done(call("iopl", 3))' },
      needs: [
        ROOT,
        Deno.build.arch === "x86_64" ? null : "an x86 processor",
        await tried(
          "ports",
          `perl -e 'exit(syscall(${NUMBERS.iopl ?? 0}, 3) != 0)'`,
        ),
      ],
    },
    {
      // The clock's estimate of its own error is set to what it is: the time stays.
      id: "clock",
      what: "steering the machine's clock",
      under: STOPPED,
      run: {
        perl: `my $clock = "\\0" x 256; call("adjtimex", $clock) >= 0 or failed;
               substr($clock, 0, 4) = pack("I", 4); done(call("adjtimex", $clock));`,
      },
      needs: [ROOT],
    },
    {
      id: "host-name",
      what: "changing the machine's name",
      under: STOPPED,
      run: {
        perl: 'my $name = "writ-escape"; done(call("sethostname", $name, 11))',
      },
      control: { unshare: ["--uts"] },
      asRoot: true,
    },
    {
      id: "i386",
      what: "making calls of another ABI, the 32-bit one",
      under: STOPPED,
      run: { sh: RUN_I386 },
      needs: [
        Deno.build.arch === "x86_64" ? null : "an x86 processor",
        await tried(
          "32-bit programs",
          `cd "$(mktemp -d)" && ${RUN_I386}; r=$?; rm -f program; rmdir "$PWD"; exit $r`,
        ),
      ],
    },
    {
      id: "x32",
      what: "making calls of another ABI, x32",
      under: STOPPED,
      run: { perl: "done(syscall(0x40000000 | 39))" },
      needs: [
        Deno.build.arch === "x86_64" ? null : "an x86 processor",
        await tried(
          "the x32 ABI",
          "perl -e 'exit(syscall(0x40000000 | 39) < 0)'",
        ),
      ],
    },
    device("fuse", "making a file system of its own, `/dev/fuse`", "/dev/fuse"),
    device("kvm", "starting virtual machines, `/dev/kvm`", "/dev/kvm"),
    device("tun", "making a network device, `/dev/net/tun`", "/dev/net/tun"),
    device(
      "loop",
      "making a disk of a file, `/dev/loop-control`",
      "/dev/loop-control",
    ),
    device("console", "writing to the machine's console", "/dev/tty0"),
  ],
};

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
