/** Protocol Buffers, as far as messages of KV Connect need them: varints and bytes. */

/** The fields of a message by their number, in the order in which they came. */
export type Fields = Map<number, (bigint | Uint8Array)[]>;

/** Reads a message. */
export function readMessage(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("a message is cut");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Number(tag >> 3n);
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    if ((tag & 7n) === 0n) {
      values.push(varint());
      continue;
    }
    if ((tag & 7n) !== 2n) throw new Error("a field of an unknown kind");
    const end = Number(varint()) + at;
    if (end > bytes.length) throw new Error("a field is cut");
    values.push(bytes.slice(at, end));
    at = end;
  }
  return fields;
}

/** The messages, or the bytes, of a field. */
export function bytesOf(fields: Fields, field: number): Uint8Array[] {
  return (fields.get(field) ?? []).filter((value) =>
    value instanceof Uint8Array
  );
}

/** The number of a field; 0 where it was left out. */
export function numberOf(fields: Fields, field: number): number {
  const value = fields.get(field)?.at(-1) ?? 0n;
  if (typeof value !== "bigint") throw new Error("a number was expected");
  return Number(BigInt.asIntN(64, value));
}

/** Writes a message. */
export function writeMessage(
  ...fields: [field: number, value: number | Uint8Array][]
): Uint8Array {
  const bytes: number[] = [];
  const parts: Uint8Array[] = [];
  const varint = (value: number) => {
    let rest = BigInt(value);
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
  };
  for (const [field, value] of fields) {
    varint(field << 3 | (typeof value === "number" ? 0 : 2));
    if (typeof value === "number") {
      varint(value);
      continue;
    }
    varint(value.length);
    parts.push(Uint8Array.from(bytes), value);
    bytes.length = 0;
  }
  parts.push(Uint8Array.from(bytes));
  const whole = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
