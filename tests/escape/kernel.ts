/**
 * Acts on the kernel: calls that reach past every sandbox, or that are a large surface of attack.
 *
 * @module
 */
import { type Act, type Family, STOPPED } from "./act.ts";
import { NUMBERS } from "./numbers.ts";
import { callable, opens, ROOT, tried } from "./needs.ts";

/** A call that counts as done when it got past the filter and the check of capabilities. */
export function reaches(
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
