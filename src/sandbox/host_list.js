/**
 * A list of hosts, exactly as it is declared: what a client asks for is on it, or is not.
 *
 * @module
 */

/** Why what is not on the list is denied. */
export const NOT_DECLARED = "is not declared";

/** Longest name that is repeated in a message or in evidence. */
const SHOWN = 300;

/**
 * Addresses that no name may lead to, unless they are declared themselves: a name's owner chooses
 * where it leads, and could lead it to this machine or behind the reader's firewall (DNS rebinding).
 * Source: IANA special-purpose address registries.
 */
const SPECIAL_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Global IPv6 addresses (2000::/3) but for those that hold an IPv4 address (Teredo, 6to4). */
const GLOBAL_V6 = /^(?!2002:|2001:0?:)[23][0-9a-f]{3}:/;

/**
 * Judges `host:port` as a client gave it.
 *
 * Nothing is repaired: a name with a trailing dot, an address in another spelling, a name that
 * is not ASCII are all other texts than the declared one.
 *
 * @param {string} target
 * @param {readonly string[]} allowed `host` or `host:port`, in their one form
 * @returns {{ host: string, port: number, fault: string | null }} `fault`: why it is denied
 */
export function judgeTarget(target, allowed) {
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([1-9][0-9]{0,4})$/
    .exec(target);
  if (parts === null || Number(parts[2]) > 65535) {
    return {
      host: target.slice(0, SHOWN),
      port: 0,
      fault: "is no plain host and port",
    };
  }
  const host = parts[1].toLowerCase();
  const port = Number(parts[2]);
  const declared = allowed.includes(host) ||
    allowed.includes(`${host}:${port}`);
  return {
    host: host.slice(0, SHOWN),
    port,
    fault: declared ? null : NOT_DECLARED,
  };
}

/**
 * Whether a connection that was asked of `host` may be to `address`.
 *
 * @param {string} host
 * @param {string} address as the system gives it, IPv6 without brackets
 * @param {number} port
 * @param {readonly string[]} allowed
 * @returns {boolean}
 */
export function mayLeadTo(host, address, port, allowed) {
  const written = address.includes(":") ? `[${address}]` : address;
  if (written === host || !isSpecial(address)) return true;
  return allowed.includes(written) || allowed.includes(`${written}:${port}`);
}

/**
 * Addresses that the runtime is to deny before it connects: those that no declared address lies in.
 *
 * @param {readonly string[]} allowed
 * @returns {string[]}
 */
export function deniedAddresses(allowed) {
  const addresses = allowed.map((one) => /^\d+\.\d+\.\d+\.\d+/.exec(one)?.[0])
    .filter((one) => one !== undefined);
  const ranges = SPECIAL_V4.filter((range) =>
    !addresses.some((address) => isWithin(address, range))
  );
  const own = allowed.some((one) => one.startsWith("[::1]"));
  return own ? ranges : [...ranges, "[::1]"];
}

/**
 * Whether an address is not of the public internet.
 *
 * @param {string} address
 * @returns {boolean}
 */
export function isSpecial(address) {
  if (/^[0-9.]+$/.test(address)) {
    return SPECIAL_V4.some((range) => isWithin(address, range));
  }
  return !GLOBAL_V6.test(address.toLowerCase());
}

function isWithin(address, range) {
  const [base, bits] = range.split("/");
  const mask = -1 << (32 - Number(bits));
  return (number(address) & mask) === (number(base) & mask);
}

function number(address) {
  return address.split(".").reduce((sum, part) => sum << 8 | Number(part), 0);
}
