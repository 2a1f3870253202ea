/**
 * Acts that read what was not given.
 *
 * @module
 */
import { allowed, type Family, namespacesOnly, STOPPED } from "./act.ts";
import { opens, ROOT, there } from "./needs.ts";

const LIBC = Deno.dlopen("libc.so.6", {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
});

/** Opens a file as Deno never does: programs that are started from now on inherit it. */
function openForAll(path: string): number {
  return LIBC.symbols.open(new TextEncoder().encode(`${path}\0`), 0);
}
const inherited: number[] = [];

const METADATA = "Landlock has no rule for names, sizes, modes and times";

/** Reading. */
export const READING: Family = {
  name: "Reading what was not given",
  acts: [
    {
      id: "read-path",
      what: "reading an undeclared file by its path",
      under: STOPPED,
      run: { sh: 'cat "$OUT/secret"' },
      done: "secret",
    },
    {
      id: "read-up",
      what: "reading above the workspace through `..`",
      under: STOPPED,
      run: { sh: "cat ../outside/secret" },
      done: "secret",
    },
    {
      id: "read-planted-link",
      what: "reading through a symlink that lay in the workspace before",
      under: STOPPED,
      run: { sh: "cat link" },
      done: "secret",
      prepare: ({ stage, outside }) =>
        Deno.symlink(`${outside}/secret`, `${stage}/link`),
    },
    {
      id: "read-own-link",
      what: "reading through a symlink that the step makes",
      under: STOPPED,
      run: { sh: 'ln -s "$OUT" link && cat link/secret' },
      done: "secret",
    },
    {
      id: "read-root-link",
      what: "reading through a symlink to the root folder",
      under: STOPPED,
      run: { sh: 'ln -s / root && cat "root$OUT/secret"' },
      done: "secret",
    },
    {
      id: "read-hard-link",
      what: "reading through a hard link that the step makes",
      under: STOPPED,
      run: { sh: 'ln "$OUT/secret" own && cat own' },
      done: "secret",
    },
    {
      id: "read-proc-root",
      what: "reading through `/proc/self/root`",
      under: STOPPED,
      run: { sh: 'cat "/proc/self/root$OUT/secret"' },
      done: "secret",
    },
    {
      id: "read-proc-cwd",
      what: "reading through `/proc/self/cwd/..`",
      under: STOPPED,
      run: { sh: "cat /proc/self/cwd/../outside/secret" },
      done: "secret",
    },
    {
      id: "read-other-root",
      what: "reading through another process's root folder",
      under: STOPPED,
      run: { sh: 'cat "/proc/$PID/root$OUT/secret"' },
      done: "secret",
    },
    {
      id: "read-other-cwd",
      what: "reading in another process's current folder",
      under: STOPPED,
      run: { sh: 'ls "/proc/$PID/cwd/" | grep -q .' },
    },
    {
      id: "read-other-descriptor",
      what: "reading another process's open file in `/proc/*/fd`",
      under: STOPPED,
      run: { sh: 'cat "/proc/$PID/fd/$FD"' },
      done: "secret",
    },
    {
      id: "read-runner-descriptors",
      what: "listing the files that the runner has open",
      under: STOPPED,
      run: { sh: 'readlink "/proc/$RUNNER/fd/"* | grep -q .' },
    },
    {
      id: "read-other-environment",
      what: "reading another process's environment",
      under: STOPPED,
      run: { sh: 'tr "\\0" "\\n" < "/proc/$PID/environ"' },
      done: "secret",
    },
    {
      id: "read-first-environment",
      what: "reading `/proc/1/environ`",
      under: STOPPED,
      run: { sh: "test -n \"$(tr -d '\\0' < /proc/1/environ)\"" },
      // In a namespace of its own, the first process is the sandbox's, which has none.
      control: { unshare: ["--pid", "--fork", "--mount-proc"] },
      asRoot: true,
    },
    {
      id: "read-other-maps",
      what: "reading another process's memory map",
      under: STOPPED,
      run: { sh: 'grep -q . "/proc/$PID/maps"' },
    },
    {
      id: "open-other-memory",
      what: "opening another process's memory as a file",
      under: STOPPED,
      run: { sh: 'exec 9< "/proc/$PID/mem"' },
    },
    {
      id: "read-inherited",
      what: "reading a file that the runner has open",
      under: STOPPED,
      run: {
        perl: `for my $fd (3 .. 255) {
                 open(my $file, "<&=", $fd) or next; print <$file> if -f $file }`,
      },
      done: "secret",
      prepare: ({ outside }) =>
        void inherited.push(openForAll(`${outside}/secret`)),
      clean: () => inherited.splice(0).forEach((fd) => LIBC.symbols.close(fd)),
    },
    {
      id: "read-handle",
      what: "reading by a file handle, past every path",
      under: STOPPED,
      run: {
        perl: `
          my $path = "$out/secret"; my $mount = "\\0" x 4;
          my $handle = pack("Ii", 128, 0) . "\\0" x 128;
          call("name_to_handle_at", -100, $path, $handle, $mount, 0) == 0 or failed;
          opendir(my $here, ".") or failed;
          done(call("open_by_handle_at", fileno(DIR), $handle, 0)) if open(DIR, "<", ".");
          failed;`,
      },
      needs: [ROOT],
    },
    {
      id: "read-shadow",
      what: "reading `/etc/shadow`",
      under: STOPPED,
      run: { sh: "cat /etc/shadow | grep -q ." },
      needs: [opens("/etc/shadow", "read")],
    },
    {
      id: "read-home",
      what: "listing the user's home folder",
      under: STOPPED,
      run: { sh: 'ls -A "$OUT/home/" | grep -q ssh' },
      prepare: ({ outside }) => Deno.mkdir(`${outside}/home/.ssh`),
    },
    {
      id: "list-folder",
      what: "listing an undeclared folder",
      under: STOPPED,
      run: { sh: 'ls "$OUT" | grep -q secret' },
    },
    {
      id: "see-file",
      what: "seeing the size of an undeclared file",
      under: namespacesOnly(METADATA),
      run: { sh: 'test "$(stat -c %s "$OUT/secret")" -gt 0' },
    },
    {
      id: "see-link",
      what: "seeing where an undeclared symlink leads",
      under: namespacesOnly(METADATA),
      run: { sh: 'readlink "$OUT/link" | grep -q elsewhere' },
      prepare: ({ outside }) => Deno.symlink("elsewhere", `${outside}/link`),
    },
    {
      id: "read-shared-memory-folder",
      what: "reading what another program left in `/dev/shm`",
      under: namespacesOnly(
        "programs need `/dev/shm`, and Landlock gives no private one",
      ),
      run: { sh: 'cat "/dev/shm/writ-escape-$PID"' },
      done: "secret",
      needs: [there("/dev/shm")],
      prepare: ({ bystander, outside }) =>
        Deno.copyFile(
          `${outside}/secret`,
          `/dev/shm/writ-escape-${bystander.pid}`,
        ),
      clean: ({ bystander }) =>
        Deno.remove(`/dev/shm/writ-escape-${bystander.pid}`),
    },
    {
      id: "read-temporary",
      what: "reading what another program left in `/tmp`",
      under: STOPPED,
      run: { sh: 'cat "/tmp/writ-escape-$PID"' },
      done: "secret",
      prepare: ({ bystander, outside }) =>
        Deno.copyFile(
          `${outside}/secret`,
          `/tmp/writ-escape-${bystander.pid}`,
        ),
      clean: ({ bystander }) =>
        Deno.remove(`/tmp/writ-escape-${bystander.pid}`),
    },
    {
      id: "read-sys",
      what: "reading the machine's `/sys`",
      under: STOPPED,
      run: { sh: "ls /sys/kernel | grep -q ." },
      needs: [there("/sys/kernel/mm")],
    },
    {
      id: "read-kernel-memory",
      what: "reading the kernel's memory, `/proc/kcore`",
      under: STOPPED,
      run: { sh: "head -c 1 /proc/kcore | grep -q ." },
      needs: [opens("/proc/kcore", "read")],
    },
    {
      id: "read-memory-device",
      what: "opening the machine's memory, `/dev/mem`",
      under: STOPPED,
      run: { sh: "exec 9< /dev/mem" },
      needs: [opens("/dev/mem", "read")],
    },
    {
      id: "read-disk",
      what: "reading a disk's device past its file system",
      under: STOPPED,
      run: {
        sh:
          "for disk in /dev/vda /dev/sda /dev/nvme0n1 /dev/xvda; do head -c 512 $disk | grep -qc '' && exit 0; done; exit 1",
      },
      needs: [
        ["/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/xvda"].some((disk) =>
            opens(disk, "read") === null
          )
          ? null
          : "a disk that root can read",
      ],
    },
    {
      id: "read-kernel-log",
      what: "reading the kernel's log, `/dev/kmsg`",
      under: STOPPED,
      run: { sh: "exec 9< /dev/kmsg" },
      needs: [opens("/dev/kmsg", "read")],
    },
    {
      id: "make-device",
      what: "making a device and reading it",
      under: STOPPED,
      run: { sh: "mknod made c 1 9 && head -c 1 made | wc -c | grep -q 1" },
      needs: [ROOT],
    },
    {
      id: "read-environment",
      what: "finding the runner's environment in its own",
      under: STOPPED,
      run: { sh: "env" },
      done: "secret",
    },
    {
      id: "read-own",
      what: "reading what it was given",
      under: allowed("that is what was declared"),
      run: { sh: "cat given | grep -q given" },
      prepare: ({ stage }) => Deno.writeTextFile(`${stage}/given`, "given"),
    },
  ],
};
