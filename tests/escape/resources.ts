/**
 * Acts that use up what others need. They are bounded where they are free too.
 *
 * @module
 */
import type { StepLimits } from "../../src/sandbox/confinement.ts";
import { LIMITS } from "../support/confinements.ts";
import { type Act, type Family, STOPPED, type Under } from "./act.ts";
import { cgroup } from "./needs.ts";

/** A step that uses more than its limit. */
function exceeds(
  id: string,
  what: string,
  limits: Partial<StepLimits>,
  sh: string,
  rest: Partial<Act> = {},
): Act {
  return {
    id,
    what,
    under: STOPPED,
    run: { sh },
    parts: { limits: { ...LIMITS, ...limits } },
    ...rest,
  };
}

const NO_QUOTA: Under = {
  bubblewrap: {
    claim: "not covered",
    why: "a limit is of one file; there is none of all files together",
  },
  landlock: {
    claim: "not covered",
    why: "a limit is of one file; there is none of all files together",
  },
};

/** Uses the processor for some seconds. */
const spin = (seconds: number) =>
  `perl -e 'do { $n++ for 1 .. 100_000 } until (times)[0] > ${seconds}'`;

/** Resources. */
export const RESOURCES: Family = {
  name: "Using up the machine",
  acts: [
    exceeds(
      "fork-bomb",
      "starting more processes than its limit",
      { processes: 20 },
      "i=0; while [ $i -lt 60 ]; do sleep 1 & i=$((i+1)); done; wait",
      {
        needs: [cgroup("processes")],
      },
    ),
    exceeds(
      "fork-tree",
      "starting processes that start processes",
      { processes: 20 },
      "f() { [ $1 -eq 0 ] || { f $(($1-1)) & f $(($1-1)) & wait; }; }; f 6",
      {
        needs: [cgroup("processes")],
      },
    ),
    exceeds("memory-bomb", "using more memory than its limit", {
      memory: 50_000_000,
    }, `exec perl -e 'my $all = "x" x 150_000_000; sleep 1; exit 0'`),
    exceeds(
      "memory-crowd",
      "using more memory than its limit, in many processes",
      { memory: 50_000_000 },
      `for i in 1 2 3 4 5 6; do perl -e 'my $all = "x" x 20_000_000; sleep 1' & done; wait; true`,
      {
        needs: [cgroup("memory")],
      },
    ),
    exceeds(
      "memory-files",
      "using more memory than its limit, as files in memory",
      { memory: 50_000_000 },
      `head -c 100000000 /dev/zero > "$TMPDIR/big"`,
      {
        under: {
          bubblewrap: { claim: "stopped" },
          landlock: {
            claim: "by design",
            why: "its temporary folder is on a disk, and uses no memory",
          },
        },
        needs: [cgroup("memory")],
        control: { run: { sh: "head -c 100000000 /dev/zero > big" } },
      },
    ),
    exceeds("disk-bomb", "writing a file larger than its limit", {
      fileSize: 1_000_000,
    }, "head -c 5000000 /dev/zero > big"),
    exceeds(
      "many-files",
      "filling the disk with many small files",
      { fileSize: 1_000_000 },
      "i=0; while [ $i -lt 20 ]; do head -c 500000 /dev/zero > f$i; i=$((i+1)); done",
      {
        under: NO_QUOTA,
      },
    ),
    exceeds(
      "output-flood",
      "printing more than its limit",
      { output: 10_000 },
      "head -c 5000000 /dev/zero",
    ),
    exceeds(
      "descriptors",
      "opening more files than its limit",
      { openFiles: 16 },
      `exec perl -e 'my @all; for (1 .. 64) { open(my $fd, "<", "/dev/null") or exit 1; push @all, $fd }'`,
    ),
    exceeds("processor", "using more of the processor than its limit", {
      cpu: 200,
    }, `exec ${spin(0.8)}`),
    exceeds(
      "processor-children",
      "using more of the processor than its limit, by its children",
      { cpu: 200 },
      `for i in 1 2 3 4; do ${spin(0.25)} & done; wait; true`,
    ),
    exceeds("time", "running longer than its limit, deaf to signals", {
      timeout: 300,
    }, "trap '' TERM INT HUP; sleep 1; true"),
    exceeds(
      "raise-limits",
      "raising its own limits",
      { openFiles: 16 },
      `ulimit -n 64`,
    ),
  ],
};
