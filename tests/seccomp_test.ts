/**
 * The seccomp filter, run here over calls of both architectures.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { assembleBpf } from "../src/sandbox/bpf.ts";
import { seccompFilter, type SeccompOptions } from "../src/sandbox/seccomp.ts";
import {
  type Arch,
  AUDIT_ARCH,
  DENIED,
  JUDGED,
  SHARED,
} from "../src/sandbox/syscalls.ts";

const ARCHES: Arch[] = ["x86_64", "aarch64"];

interface Call {
  arch: number;
  nr: number;
  args?: bigint[];
}

/** Runs a filter as the kernel does. */
function judge(filter: Uint8Array<ArrayBuffer>, call: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.nr, true);
  data.setUint32(4, call.arch, true);
  (call.args ?? []).forEach((word, index) =>
    data.setBigUint64(16 + 8 * index, word, true)
  );
  const code = new DataView(filter.buffer);
  let accumulator = 0;
  for (let at = 0;; at++) {
    const op = code.getUint16(at * 8, true);
    const yes = code.getUint8(at * 8 + 2);
    const no = code.getUint8(at * 8 + 3);
    const k = code.getUint32(at * 8 + 4, true);
    if (op === 0x20) accumulator = data.getUint32(k, true);
    else if (op === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (op === 0x15) at += accumulator === k ? yes : no;
    else if (op === 0x35) at += accumulator >= k ? yes : no;
    else if (op === 0x45) at += (accumulator & k) !== 0 ? yes : no;
    else if (op === 0x06) return k;
    else throw new Error(`no instruction ${op}`);
  }
}

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const errno = (number: number) => 0x00050000 | number;
const DENY = errno(1);

const filterOf = (options: Partial<SeccompOptions> = {}) =>
  seccompFilter({
    arch: "x86_64",
    inet: false,
    unix: false,
    shared: true,
    truncate: true,
    ...options,
  });

type Name = keyof typeof JUDGED;
const number = (name: Name, arch: Arch) =>
  JUDGED[name][arch === "x86_64" ? 0 : 1];

for (const arch of ARCHES) {
  const index = arch === "x86_64" ? 0 : 1;
  const filter = filterOf({ arch });
  const at = (nr: number, ...args: bigint[]): number =>
    judge(filter, { arch: AUDIT_ARCH[arch], nr, args });

  for (const [name, numbers] of Object.entries({ ...DENIED, ...SHARED })) {
    const nr = numbers[index];
    if (nr === null) continue;
    Deno.test(`${name} is denied on ${arch}`, () => {
      assertEquals(at(nr), DENY);
    });
  }

  const judged: [name: string, call: Name, args: bigint[], verdict: number][] =
    [
      ["a process", "clone", [0x11n], ALLOW],
      ["a thread", "clone", [0x3d0f00n], ALLOW],
      ["a user namespace", "clone", [0x10000011n], DENY],
      ["a mount namespace", "clone", [0x00020011n], DENY],
      ["a network namespace", "clone", [0x40000011n], DENY],
      [
        "a user namespace, high bits set",
        "clone",
        [0xffff_ffff_1000_0011n],
        DENY,
      ],
      ["clone3", "clone3", [0n], errno(38)],
      ["unshared files", "unshare", [0x400n], ALLOW],
      ["an unshared user namespace", "unshare", [0x10000000n], DENY],
      ["an unshared time namespace", "unshare", [0x80n], DENY],
      ["the size of a terminal", "ioctl", [0n, 0x5413n], ALLOW],
      ["typing into a terminal", "ioctl", [0n, 0x5412n], DENY],
      ["typing, high bits set", "ioctl", [0n, 0x1_0000_5412n], DENY],
      ["the console's commands", "ioctl", [0n, 0x541cn], DENY],
      ["IPv4", "socket", [2n, 1n, 0n], DENY],
      ["IPv4 by UDP", "socket", [2n, 2n, 0n], DENY],
      ["IPv6", "socket", [10n, 1n, 0n], DENY],
      ["IPv4, high bits set", "socket", [0x1_0000_0002n, 1n], DENY],
      ["a unix socket", "socket", [1n, 1n, 0n], DENY],
      ["the list of interfaces", "socket", [16n, 3n, 0n], ALLOW],
      ["netfilter", "socket", [16n, 3n, 12n], DENY],
      ["packets", "socket", [17n, 3n, 0n], errno(97)],
      ["vsock", "socket", [40n, 1n, 0n], errno(97)],
      ["the kernel's ciphers", "socket", [38n, 5n, 0n], errno(97)],
      ["a unix pair", "socketpair", [1n, 1n, 0n], ALLOW],
      ["another pair", "socketpair", [30n, 1n, 0n], errno(97)],
      ["own limits", "prlimit64", [0n], ALLOW],
      ["another's limits", "prlimit64", [1n], DENY],
      ["another's limits, low bits clear", "prlimit64", [0x1_0000_0000n], DENY],
      ["truncate", "truncate", [], ALLOW],
    ];
  for (const [name, call, args, verdict] of judged) {
    Deno.test(`${name} on ${arch}`, () => {
      assertEquals(at(number(call, arch), ...args), verdict);
    });
  }

  Deno.test(`every call of another architecture kills on ${arch}`, () => {
    const other = 0x40000003; // 32-bit x86
    for (let nr = 0; nr < 500; nr++) {
      assertEquals(judge(filter, { arch: other, nr }), KILL);
    }
  });

  Deno.test(`what is not named is allowed on ${arch}`, () => {
    const named = new Set<number | null>(
      Object.values({ ...DENIED, ...SHARED, ...JUDGED }).map((n) => n[index]),
    );
    for (let nr = 0; nr < 500; nr++) {
      if (!named.has(nr)) assertEquals(at(nr), ALLOW, `call ${nr}`);
    }
  });
}

const x86 = { arch: AUDIT_ARCH.x86_64 };

Deno.test("every x32 call kills", () => {
  const filter = filterOf();
  for (let nr = 0; nr < 600; nr++) {
    assertEquals(judge(filter, { ...x86, nr: 0x40000000 + nr }), KILL);
  }
});

const socket = (family: bigint) => ({
  ...x86,
  nr: JUDGED.socket[0],
  args: [family, 1n, 0n],
});

Deno.test("the network is allowed where it is", () => {
  const filter = filterOf({ inet: true });
  assertEquals(judge(filter, socket(2n)), ALLOW);
  assertEquals(judge(filter, socket(10n)), ALLOW);
  assertEquals(judge(filter, socket(1n)), DENY);
});

Deno.test("a unix socket is allowed where it is", () => {
  assertEquals(judge(filterOf({ unix: true }), socket(1n)), ALLOW);
});

Deno.test("in namespaces, queues and limits need no rule", () => {
  const filter = filterOf({ shared: false });
  assertEquals(judge(filter, { ...x86, nr: SHARED.shmget[0] }), ALLOW);
  const prlimit = { ...x86, nr: JUDGED.prlimit64[0], args: [1n] };
  assertEquals(judge(filter, prlimit), ALLOW);
});

Deno.test("truncate is denied where Landlock cannot hold it", () => {
  const call = { ...x86, nr: JUDGED.truncate[0] };
  assertEquals(judge(filterOf({ truncate: false }), call), DENY);
});

Deno.test("no filter ends without a verdict, whatever the call", () => {
  const filters = ARCHES.map((arch) => filterOf({ arch }));
  const verdicts = [ALLOW, DENY, KILL, errno(38), errno(97)];
  fc.assert(fc.property(
    fc.constantFrom(...filters),
    fc.constantFrom(...Object.values(AUDIT_ARCH), 0),
    fc.oneof(fc.nat(500), fc.integer({ min: 0, max: 0xffffffff })),
    fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 6 }),
    (filter, arch, nr, args) =>
      verdicts.includes(judge(filter, { arch, nr, args })),
  ));
});

Deno.test("an assembler refuses a label that is missing or behind", () => {
  assertThrows(
    () => assembleBpf([{ test: "equal", value: 1, yes: "no" }, { give: 0 }]),
    RangeError,
  );
  assertThrows(
    () =>
      assembleBpf([
        { label: "back" },
        { load: 0 },
        { test: "equal", value: 1, yes: "back" },
      ]),
    RangeError,
  );
});
