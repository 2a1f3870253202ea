/**
 * Numbers of the system calls that acts make. They are not those of `src/sandbox/syscalls.ts`: what
 * is wrong there must not be wrong here too. Source: Linux `asm/unistd_64.h` of x86 and
 * `asm-generic/unistd.h`.
 *
 * @module
 */

const ALL: Record<string, readonly [x86_64: number, aarch64: number | null]> = {
  acct: [163, 89],
  add_key: [248, 217],
  adjtimex: [159, 171],
  bpf: [321, 280],
  clone: [56, 220],
  clone3: [435, 435],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  fsopen: [430, 430],
  init_module: [175, 105],
  io_uring_setup: [425, 425],
  ioctl: [16, 29],
  iopl: [172, null],
  ioprio_set: [251, 30],
  kcmp: [312, 272],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  memfd_create: [319, 279],
  move_pages: [279, 239],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  pidfd_getfd: [438, 438],
  pidfd_open: [434, 434],
  pidfd_send_signal: [424, 424],
  pivot_root: [155, 41],
  prctl: [157, 167],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  reboot: [169, 142],
  request_key: [249, 218],
  sched_getaffinity: [204, 123],
  sched_setaffinity: [203, 122],
  sethostname: [170, 161],
  setns: [308, 268],
  setxattr: [188, 5],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  userfaultfd: [323, 282],
};

/** Numbers on this machine, by name; calls that it does not have are left out. */
export const NUMBERS: Record<string, number> = Object.fromEntries(
  Object.entries(ALL).flatMap(([name, [x86, arm]]) => {
    const number = Deno.build.arch === "x86_64" ? x86 : arm;
    return number === null ? [] : [[name, number]];
  }),
);
