/**
 * An assembler for classic BPF with labels, as seccomp takes it.
 *
 * @module
 */

/** One instruction, or a label that stands before the next one. */
export type BpfLine =
  | { label: string }
  /** Loads 32 bits of `struct seccomp_data` at `offset`. */
  | { load: number }
  /** Keeps the bits of `mask`. */
  | { and: number }
  /** Compares what was loaded with `value`; an absent target is the next instruction. */
  | {
    test: "equal" | "above" | "any";
    value: number;
    yes?: string;
    no?: string;
  }
  | { give: number };

const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K
const JUMP = { equal: 0x15, above: 0x35, any: 0x45 } as const; // JEQ, JGE, JSET with K
const SIZE = 8;

/**
 * The bytes of a program: `struct sock_filter[]`, little-endian, 8 bytes an instruction.
 *
 * @throws {RangeError} for a label that is missing, behind, or more than 255 instructions away.
 */
export function assembleBpf(lines: BpfLine[]): Uint8Array<ArrayBuffer> {
  const labels = new Map<string, number>();
  const code: Exclude<BpfLine, { label: string }>[] = [];
  for (const line of lines) {
    if ("label" in line) labels.set(line.label, code.length);
    else code.push(line);
  }
  const distance = (from: number, label: string | undefined): number => {
    if (label === undefined) return 0;
    const to = labels.get(label);
    const by = to === undefined ? -1 : to - from - 1;
    if (by < 0 || by > 255) {
      throw new RangeError(`Cannot jump to "${label}": it is ${by} away`);
    }
    return by;
  };
  const bytes = new Uint8Array(code.length * SIZE);
  const view = new DataView(bytes.buffer);
  code.forEach((line, index) => {
    const put = (op: number, k: number, yes = 0, no = 0) => {
      view.setUint16(index * SIZE, op, true);
      view.setUint8(index * SIZE + 2, yes);
      view.setUint8(index * SIZE + 3, no);
      view.setUint32(index * SIZE + 4, k, true);
    };
    if ("load" in line) put(LOAD, line.load);
    else if ("and" in line) put(AND, line.and);
    else if ("give" in line) put(RETURN, line.give);
    else {
      put(
        JUMP[line.test],
        line.value,
        distance(index, line.yes),
        distance(index, line.no),
      );
    }
  });
  return bytes;
}
