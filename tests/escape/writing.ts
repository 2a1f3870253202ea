/**
 * Acts that write where nothing may be written.
 *
 * @module
 */
import {
  allowed,
  type Family,
  namespacesOnly,
  type Place,
  STOPPED,
} from "./act.ts";
import { NUMBERS } from "./numbers.ts";
import { opens, ROOT, there, tried } from "./needs.ts";

const METADATA =
  "Landlock has no rule for modes, owners, times and attributes; it holds for files of the same user only";

const sharedFile = ({ bystander }: Place) =>
  `/dev/shm/writ-escape-write-${bystander.pid}`;

/** Writing. */
export const WRITING: Family = {
  name: "Writing outside",
  acts: [
    {
      id: "make-file",
      what: "making a file outside",
      under: STOPPED,
      run: { sh: 'echo x > "$OUT/folder/new"' },
      done: "changed",
    },
    {
      id: "make-folder",
      what: "making a folder outside",
      under: STOPPED,
      run: { sh: 'mkdir "$OUT/folder/new"' },
      done: "changed",
    },
    {
      id: "make-link",
      what: "making a symlink outside",
      under: STOPPED,
      run: { sh: 'ln -s / "$OUT/folder/new"' },
      done: "changed",
    },
    {
      id: "make-fifo",
      what: "making a named pipe outside",
      under: STOPPED,
      run: { sh: 'mkfifo "$OUT/folder/new"' },
      done: "changed",
    },
    {
      id: "append",
      what: "adding to a file outside",
      under: STOPPED,
      run: { sh: 'echo x >> "$OUT/folder/file"' },
      done: "changed",
    },
    {
      id: "empty",
      what: "emptying a file outside",
      under: STOPPED,
      run: { sh: ': > "$OUT/folder/file"' },
      done: "changed",
    },
    {
      id: "truncate",
      what: "cutting a file outside short by its path",
      under: STOPPED,
      run: { perl: 'done(truncate("$out/folder/file", 1) ? 0 : -1)' },
      done: "changed",
    },
    {
      id: "remove",
      what: "removing a file outside",
      under: STOPPED,
      run: { sh: 'rm -f "$OUT/folder/file"' },
      done: "changed",
    },
    {
      id: "move-in",
      what: "moving a file from outside in",
      under: STOPPED,
      run: { sh: 'mv "$OUT/folder/file" here' },
      done: "changed",
    },
    {
      id: "move-out",
      what: "moving a file out",
      under: STOPPED,
      run: { sh: 'echo x > own; mv own "$OUT/folder/own"' },
      done: "changed",
    },
    {
      id: "exchange",
      what: "writing over a file outside by a rename",
      under: STOPPED,
      run: {
        perl: `open(my $own, ">", "own"); print $own "x"; close $own;
               done(rename("own", "$out/folder/file") ? 0 : -1)`,
      },
      done: "changed",
    },
    {
      id: "link-out",
      what: "putting a hard link outside",
      under: STOPPED,
      run: { sh: 'echo x > own; ln own "$OUT/folder/own"' },
      done: "changed",
    },
    {
      id: "link-in",
      what: "writing to a file outside through a hard link",
      under: STOPPED,
      run: { sh: 'ln "$OUT/folder/file" here && echo x >> here' },
      done: "changed",
    },
    {
      id: "write-up",
      what: "writing above the workspace through `..`",
      under: STOPPED,
      run: { sh: "echo x >> ../outside/folder/file" },
      done: "changed",
    },
    {
      id: "write-planted-link",
      what: "writing through a symlink that lay in the workspace before",
      under: STOPPED,
      run: { sh: "echo x >> link/file" },
      done: "changed",
      prepare: ({ stage, outside }) =>
        Deno.symlink(`${outside}/folder`, `${stage}/link`),
    },
    {
      id: "write-own-link",
      what: "writing through a symlink that the step makes",
      under: STOPPED,
      run: { sh: 'ln -s "$OUT/folder" link && echo x >> link/new' },
      done: "changed",
    },
    {
      id: "write-proc-root",
      what: "writing through `/proc/self/root`",
      under: STOPPED,
      run: { sh: 'echo x >> "/proc/self/root$OUT/folder/file"' },
      done: "changed",
    },
    {
      id: "write-other-cwd",
      what: "writing through another process's root folder",
      under: STOPPED,
      run: { sh: 'echo x >> "/proc/$PID/root$OUT/folder/file"' },
      done: "changed",
    },
    {
      id: "change-mode",
      what: "changing the mode of the user's file outside",
      under: namespacesOnly(METADATA),
      run: { sh: 'chmod 666 "$OUT/folder/file"' },
      done: "changed",
    },
    {
      id: "change-time",
      what: "changing the time of the user's file outside",
      under: namespacesOnly(METADATA),
      run: { sh: 'touch -d @9 "$OUT/folder/file"' },
      done: "changed",
    },
    {
      id: "change-attribute",
      what: "changing an extended attribute of the user's file outside",
      under: namespacesOnly(METADATA),
      run: {
        perl:
          `my ($path, $name, $value) = ("$out/folder/file", "user.writ", "x");
               done(call("setxattr", $path, $name, $value, 1, 0))`,
      },
      needs: [
        await tried(
          "extended attributes",
          `f=$(mktemp) && perl -e 'my ($p, $n, $v) = ($ARGV[0], "user.writ", "x"); exit(syscall(${NUMBERS.setxattr}, $p, $n, $v, 1, 0) != 0)' "$f"; r=$?; rm -f "$f"; exit $r`,
        ),
      ],
    },
    {
      id: "write-shared-memory-folder",
      what: "changing what another program keeps in `/dev/shm`",
      under: namespacesOnly(
        "programs need `/dev/shm`, and Landlock gives no private one",
      ),
      run: { sh: 'test -f "$SHARED" && echo x >> "$SHARED"' },
      env: (place) => ({ SHARED: sharedFile(place) }),
      needs: [there("/dev/shm")],
      prepare: (place) => Deno.writeTextFile(sharedFile(place), "as it was"),
      clean: (place) => Deno.remove(sharedFile(place)),
    },
    {
      id: "write-home",
      what: "adding to the shell's start file at home",
      under: STOPPED,
      done: "changed",
      run: {
        sh: 'echo x >> "$OUT/home/.bashrc"',
      },
    },
    {
      id: "write-authorized-keys",
      what: "adding a key that may log in",
      under: STOPPED,
      done: "changed",
      run: {
        sh:
          'mkdir -p "$OUT/home/.ssh" && echo x >> "$OUT/home/.ssh/authorized_keys"',
      },
    },
    {
      id: "write-tool",
      what: "writing to a program that it may run",
      under: STOPPED,
      done: "changed",
      run: { sh: '"$OUT/tools/tool" && echo evil >> "$OUT/tools/tool"' },
      host: ({ outside }) => ({ roots: [`${outside}/tools`] }),
    },
    {
      id: "replace-tool",
      what: "putting another program in the place of one that it may run",
      under: STOPPED,
      done: "changed",
      run: {
        sh:
          '"$OUT/tools/tool" && echo evil > own && mv -f own "$OUT/tools/tool"',
      },
      host: ({ outside }) => ({ roots: [`${outside}/tools`] }),
    },
    {
      id: "add-tool",
      what: "adding a program to a folder of tools",
      under: STOPPED,
      done: "changed",
      run: { sh: 'echo evil > "$OUT/tools/another"' },
      host: ({ outside }) => ({ roots: [`${outside}/tools`] }),
    },
    {
      id: "write-system",
      what: "putting a program on the system's path",
      under: STOPPED,
      run: { sh: ": > /usr/local/bin/writ-escape" },
      control: { over: ["/usr/local/bin"] },
      asRoot: true,
    },
    {
      id: "write-preload",
      what: "making `/etc/ld.so.preload`, which every program would load",
      under: STOPPED,
      run: { sh: ": > /etc/ld.so.preload" },
      control: { over: ["/etc"] },
      asRoot: true,
    },
    {
      id: "write-cron",
      what: "leaving a job for cron",
      under: STOPPED,
      run: { sh: "mkdir -p /etc/cron.d && : > /etc/cron.d/writ-escape" },
      control: { over: ["/etc"] },
      asRoot: true,
    },
    {
      id: "write-unit",
      what: "leaving a unit for systemd",
      under: STOPPED,
      run: {
        sh:
          "mkdir -p /etc/systemd/system && : > /etc/systemd/system/writ-escape.service",
      },
      control: { over: ["/etc"] },
      asRoot: true,
    },
    {
      id: "write-root",
      what: "making a file in a folder of the system",
      under: STOPPED,
      run: { sh: ": > /var/writ-escape" },
      control: { over: ["/var"] },
      asRoot: true,
    },
    {
      id: "write-core-pattern",
      what: "opening `core_pattern`, a program that the kernel starts",
      under: STOPPED,
      run: { sh: ": >> /proc/sys/kernel/core_pattern" },
      needs: [ROOT, opens("/proc/sys/kernel/core_pattern", "write")],
    },
    {
      id: "write-modprobe",
      what: "opening `modprobe`, another program that the kernel starts",
      under: STOPPED,
      run: { sh: ": >> /proc/sys/kernel/modprobe" },
      needs: [ROOT, opens("/proc/sys/kernel/modprobe", "write")],
    },
    {
      id: "write-sysrq",
      what: "opening the kernel's emergency commands",
      under: STOPPED,
      run: { sh: ": >> /proc/sysrq-trigger" },
      needs: [ROOT, opens("/proc/sysrq-trigger", "write")],
    },
    {
      id: "write-release-agent",
      what: "opening `release_agent`, a program that a cgroup starts",
      under: STOPPED,
      run: {
        sh:
          "for file in /sys/fs/cgroup/*/release_agent; do : >> $file && exit 0; done; exit 1",
      },
      needs: [ROOT, opens("/sys/fs/cgroup/memory/release_agent", "write")],
    },
    {
      id: "write-cgroup",
      what: "leaving its cgroup",
      under: STOPPED,
      run: {
        sh:
          "for file in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do : >> $file && exit 0; done; exit 1",
      },
      needs: [ROOT],
    },
    {
      id: "write-oom-score",
      what: "choosing which process a shortage of memory kills",
      under: STOPPED,
      run: { sh: 'echo 500 > "/proc/$PID/oom_score_adj"' },
    },
    {
      id: "poison-modules",
      what: "poisoning the module cache of Deno steps",
      under: STOPPED,
      run: { sh: 'test -d "$DENO_DIR" && echo evil > "$DENO_DIR/npm"' },
      host: ({ outside }) => ({ denoDir: `${outside}/folder` }),
      control: { run: { sh: 'echo evil > "$OUT/folder/npm"' } },
      done: "changed",
    },
    {
      id: "loader",
      what:
        "having variables of the loader, as `LD_PRELOAD` is one, work on what starts its sandbox",
      under: STOPPED,
      run: { sh: "true" },
      env: ({ outside }) => ({
        LD_DEBUG: "files",
        LD_DEBUG_OUTPUT: `${outside}/folder/log`,
      }),
      done: "changed",
      needs: [
        await tried(
          "the GNU loader",
          "LD_DEBUG=help /bin/true | grep -q files",
        ),
      ],
    },
    {
      id: "run-own-program",
      what: "running a program that the step made",
      under: allowed("it runs in the same sandbox"),
      run: {
        sh: "printf '#!/bin/sh\\nexit 0\\n' > own && chmod +x own && ./own",
      },
    },
    {
      id: "run-from-memory",
      what: "running a program that lies in memory only",
      under: allowed("it runs in the same sandbox"),
      run: {
        perl: `my $name = "own"; my $fd = call("memfd_create", $name, 0);
               $fd >= 0 or failed;
               open(my $from, "<:raw", "/usr/bin/true") or failed;
               local $/; my $bytes = <$from>;
               open(my $to, ">&=", $fd) or failed;
               binmode $to; print $to $bytes; $to->flush;
               exec { "/proc/self/fd/$fd" } "own"; failed;`,
      },
    },
  ],
};
