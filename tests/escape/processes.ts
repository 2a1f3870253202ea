/**
 * Acts on other processes.
 *
 * @module
 */
import { processesWith } from "../support/processes.ts";
import { allowed, type Family, namespacesOnly, STOPPED } from "./act.ts";
import { callable, ROOT } from "./needs.ts";

/** Number of seconds that only the orphan of a place sleeps. */
const ORPHAN = "6$PID.1";
const orphansOf = (pid: number) => processesWith(`sleep\0${`6${pid}.1`}`);
const killOrphans = (pid: number) =>
  orphansOf(pid).forEach((orphan) => Deno.kill(orphan, "SIGKILL"));

/** What another process may not be told by Landlock, and is by nobody else. */
const SCHEDULING = "Landlock has no rule for scheduling";

/** Other processes. */
export const PROCESSES: Family = {
  name: "Other processes",
  acts: [
    {
      id: "trace",
      what: "having its own child traced",
      under: STOPPED,
      run: {
        perl:
          `my $child = fork; if ($child == 0) { call("ptrace", 0, 0, 0, 0) == 0 ? exit 0 : failed }
               waitpid($child, 0); exit($? >> 8);`,
      },
    },
    {
      id: "attach",
      what: "tracing another process",
      under: STOPPED,
      run: { perl: 'done(call("ptrace", 0x4206, $pid, 0, 0))' },
      needs: [await callable("ptrace", "0x4206, 1 << 22, 0, 0")],
    },
    {
      id: "attach-runner",
      what: "tracing the runner",
      under: STOPPED,
      run: { perl: 'done(call("ptrace", 0x4206, $runner, 0, 0))' },
      needs: [ROOT],
    },
    {
      id: "attach-neighbour",
      what: "tracing a step beside it",
      under: STOPPED,
      neighbour: true,
      run: { perl: 'done(call("ptrace", 0x4206, $neighbour, 0, 0))' },
      needs: [ROOT],
    },
    {
      id: "read-memory",
      what: "reading another process's memory",
      under: STOPPED,
      run: {
        perl: `my $here = pack("JJ", unpack("J", pack("p", $room)), 21);
               my $there = pack("JJ", $address, 21);
               call("process_vm_readv", $pid, $here, 1, $there, 1, 0) > 0 or failed;
               print $room;`,
      },
      done: "secret",
      needs: [await callable("process_vm_readv", "$$, 0, 0, 0, 0, 0")],
    },
    {
      id: "write-memory",
      what: "writing another process's memory",
      under: STOPPED,
      run: {
        perl: `$room = "overwritten" . $room;
               my $here = pack("JJ", unpack("J", pack("p", $room)), 4);
               my $there = pack("JJ", $address, 4);
               done(call("process_vm_writev", $pid, $here, 1, $there, 1, 0));`,
      },
      done: ({ heard }) => heard.includes("changed"),
      needs: [await callable("process_vm_writev", "$$, 0, 0, 0, 0, 0")],
    },
    {
      id: "signal",
      what: "sending a signal to another process",
      under: STOPPED,
      run: { sh: 'kill -0 "$PID"' },
      abi: 6,
    },
    {
      id: "signal-runner",
      what: "sending a signal to the runner",
      under: STOPPED,
      run: { sh: 'kill -0 "$RUNNER"' },
      abi: 6,
    },
    {
      id: "signal-neighbour",
      what: "sending a signal to a step beside it",
      under: STOPPED,
      neighbour: true,
      run: { sh: 'kill -0 "$NEIGHBOUR"' },
      abi: 6,
    },
    {
      id: "signal-all",
      what: "killing every process that it can",
      under: STOPPED,
      // The control has processes of its own to kill.
      run: { perl: "sleep 1; kill 9, -1; exit 0" },
      control: {
        unshare: ["--pid", "--fork", "--mount-proc"],
        run: {
          sh:
            `sleep 60 & victim=$!; perl -e 'kill 9, -1'; wait $victim; test $? -gt 128 && printf killed`,
        },
      },
      done: ({ heard, out }) =>
        !heard.includes("whole") || out.includes("killed"),
      asRoot: true,
      abi: 6,
    },
    {
      id: "signal-descriptor",
      what: "sending a signal through a descriptor of a process",
      under: STOPPED,
      run: {
        perl: `my $fd = call("pidfd_open", $pid, 0); $fd >= 0 or failed;
               done(call("pidfd_send_signal", $fd, 0, 0, 0));`,
      },
      abi: 6,
    },
    {
      id: "signal-file",
      what: "having a file of its own send a signal to another process",
      under: STOPPED,
      run: {
        perl: `pipe(my $from, my $to) or failed;
               fcntl($from, F_SETOWN, $pid) or failed;
               fcntl($from, F_SETFL, O_ASYNC) or failed;
               syswrite($to, "x"); select(undef, undef, undef, 0.1);`,
      },
      done: ({ heard }) => heard.includes("signalled"),
      abi: 6,
    },
    {
      id: "take-descriptor",
      what: "taking a file that another process has open",
      under: STOPPED,
      run: {
        perl: `my $fd = call("pidfd_open", $pid, 0); $fd >= 0 or failed;
               my $taken = call("pidfd_getfd", $fd, $ENV{FD} + 0, 0); $taken >= 0 or failed;
               open(my $file, "<&=", $taken) or failed; print <$file>;`,
      },
      done: "secret",
      needs: [await callable("pidfd_getfd", "syscall(434, $$, 0), 0, 0")],
    },
    {
      id: "neighbour-environment",
      what: "reading the environment of a step beside it",
      under: STOPPED,
      neighbour: true,
      run: { sh: 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"' },
      done: "secret",
    },
    {
      id: "limits",
      what: "reading or setting another process's limits",
      under: STOPPED,
      run: { sh: 'prlimit --pid "$PID" --nofile >/dev/null' },
    },
    {
      id: "compare",
      what: "comparing what two processes share",
      under: STOPPED,
      run: { perl: 'done(call("kcmp", $pid, $pid, 2, 0, 0))' },
      needs: [await callable("kcmp", "$$, $$, 2, 0, 0")],
    },
    {
      id: "move-pages",
      what: "asking where another process's memory lies",
      under: STOPPED,
      run: { perl: 'done(call("move_pages", $pid, 0, 0, 0, 0, 0))' },
      needs: [await callable("move_pages", "$$, 0, 0, 0, 0, 0")],
    },
    {
      id: "affinity",
      what: "choosing the processors of another process",
      under: namespacesOnly(SCHEDULING),
      run: {
        perl: `call("sched_getaffinity", $pid, 128, $room) > 0 or failed;
               done(call("sched_setaffinity", $pid, 128, $room));`,
      },
    },
    {
      id: "priority",
      what: "changing the priority of another process",
      under: namespacesOnly(SCHEDULING),
      run: { sh: 'renice -n 5 -p "$PID" >/dev/null' },
    },
    {
      id: "io-priority",
      what: "changing how another process uses disks",
      under: namespacesOnly(SCHEDULING),
      run: { perl: 'done(call("ioprio_set", 1, $pid, (2 << 13) | 7))' },
    },
    {
      id: "see-processes",
      what: "seeing the command lines of other processes",
      under: namespacesOnly(
        "programs need `/proc`, and Landlock gives no private one",
      ),
      run: { sh: 'tr "\\0" " " < "/proc/$PID/cmdline" | grep -q bystander' },
    },
    {
      id: "see-name",
      what: "seeing the machine's name",
      under: namespacesOnly("Landlock gives no name of its own"),
      run: { sh: 'test "$(uname -n)" = "$NAME"' },
      env: () => ({ NAME: Deno.hostname() }),
    },
    {
      id: "see-load",
      what: "seeing how busy the machine is, and its memory",
      under: allowed("tools size their work by it"),
      run: { sh: "grep -q MemAvailable /proc/meminfo && cat /proc/loadavg" },
    },
    {
      id: "shared-memory",
      what: "reading another process's shared memory",
      under: STOPPED,
      run: {
        perl: `my $id = shmget($key, 0, 0); defined $id or failed;
               shmread($id, my $text, 0, 64) or failed; print $text;`,
      },
      done: "secret",
    },
    {
      id: "message-queue",
      what: "opening another process's message queue",
      under: STOPPED,
      run: {
        perl:
          'my $name = $ENV{ABSTRACT}; done(call("mq_open", $name, 0, 0, 0))',
      },
    },
    {
      id: "semaphores",
      what: "making semaphores that every process of the user shares",
      under: {
        bubblewrap: {
          claim: "by design",
          why: "they are seen in its own namespace only",
        },
        landlock: { claim: "stopped" },
      },
      run: {
        perl: `my $id = semget(0, 1, 01600); defined $id or failed;
               semctl($id, 0, 0, 0); exit 0;`,
      },
    },
    {
      id: "set-user",
      what: "becoming another user by a set-user-id program",
      under: STOPPED,
      run: { sh: "./other -u | grep -q 65534 && printf became" },
      done: ({ out }) => out.includes("became"),
      prepare: async ({ stage }) => {
        await Deno.copyFile("/usr/bin/id", `${stage}/other`);
        await Deno.chown(`${stage}/other`, 65534, 65534);
        await Deno.chmod(`${stage}/other`, 0o4755);
      },
      needs: [ROOT],
    },
    {
      id: "capabilities",
      what: "having a capability",
      under: STOPPED,
      run: { sh: "grep -q '^CapEff:.*[1-9a-f]' /proc/self/status" },
      asRoot: true,
    },
    {
      id: "change-user",
      what: "changing its user",
      under: STOPPED,
      run: { sh: "setpriv --reuid 65534 --clear-groups true" },
      needs: [ROOT],
    },
    {
      id: "orphan",
      what: "leaving a process that outlives the step",
      under: STOPPED,
      run: { sh: `(setsid sleep ${ORPHAN} >/dev/null 2>&1 &)` },
      done: ({ place }) => orphansOf(place.bystander.pid).length > 0,
      clean: ({ bystander }) => killOrphans(bystander.pid),
    },
    {
      id: "deaf-orphan",
      what: "leaving a process that is deaf to signals, two generations down",
      under: STOPPED,
      run: {
        sh:
          `(setsid sh -c 'trap "" HUP INT TERM; (setsid sleep ${ORPHAN} &) ' >/dev/null 2>&1 &); sleep 0.2`,
      },
      done: ({ place }) => orphansOf(place.bystander.pid).length > 0,
      clean: ({ bystander }) => killOrphans(bystander.pid),
    },
    {
      id: "own-limits",
      what: "lowering its own limits",
      under: allowed("they are its own"),
      run: { sh: "ulimit -n 64" },
    },
    {
      id: "own-child",
      what: "starting a child of its own",
      under: allowed("it is in the same sandbox, and ends with the step"),
      run: { sh: "sh -c true & wait $!" },
    },
  ],
};
