/**
 * Numbers of the system calls that the filter names, by architecture.
 * Source: Linux `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`.
 *
 * @module
 */
import type { SystemFacts } from "./confinement.ts";

/** An architecture that Writ has a filter for. */
export type Arch = SystemFacts["arch"];

/** `AUDIT_ARCH_*` of `linux/audit.h`. */
export const AUDIT_ARCH: Record<Arch, number> = {
  x86_64: 0xc000003e,
  aarch64: 0xc00000b7,
};

/** Bit that marks the x32 calls, which share x86-64's architecture number. */
export const X32_BIT = 0x40000000;

type Numbers = readonly [x86_64: number | null, aarch64: number | null];

/** Never of use to a step, and each a way to reach other processes, the kernel or the mounts. */
export const DENIED = {
  // other processes
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  move_pages: [279, 239],
  // keys of the kernel
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // would do what is denied here, unseen by the filter
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  // mounts
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  swapon: [167, 224],
  swapoff: [168, 225],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  // namespaces
  setns: [308, 268],
  // attack surface of the kernel
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  create_module: [174, null],
  reboot: [169, 142],
  acct: [163, 89],
  syslog: [103, 116],
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
  uselib: [134, null],
  vhangup: [153, 58],
  iopl: [172, null],
  ioperm: [173, null],
} as const satisfies Record<string, Numbers>;

/** Memory and queues that every process of the user shares: out of reach in namespaces, to be denied without. */
export const SHARED = {
  shmget: [29, 194],
  shmat: [30, 196],
  semget: [64, 190],
  msgget: [68, 186],
  mq_open: [240, 180],
} as const satisfies Record<string, Numbers>;

/** Calls that the filter judges by their arguments. */
export const JUDGED = {
  clone: [56, 220],
  clone3: [435, 435],
  unshare: [272, 97],
  ioctl: [16, 29],
  socket: [41, 198],
  socketpair: [53, 199],
  prlimit64: [302, 261],
  truncate: [76, 45],
} as const satisfies Record<string, Numbers>;

/** The numbers of a table on one architecture; calls that it does not have are left out. */
export function numbersOf(
  table: Record<string, Numbers>,
  arch: Arch,
): number[] {
  const index = arch === "x86_64" ? 0 : 1;
  return Object.values(table).map((numbers) => numbers[index])
    .filter((number) => number !== null);
}

/** The number of one judged call. */
export function numberOf(name: keyof typeof JUDGED, arch: Arch): number {
  return JUDGED[name][arch === "x86_64" ? 0 : 1];
}

/** All numbers of one architecture by name, for who tries the calls. */
export function syscallNumbers(arch: Arch): Record<string, number> {
  const index = arch === "x86_64" ? 0 : 1;
  return Object.fromEntries(
    Object.entries<Numbers>({ ...DENIED, ...JUDGED }).flatMap((
      [name, numbers],
    ) => numbers[index] === null ? [] : [[name, numbers[index]]]),
  );
}
