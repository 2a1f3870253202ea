/**
 * The hosts of a network permission that stay on the machine.
 *
 * @module
 */

const LOCALHOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Whether a declared host is `localhost` or one of its addresses, with or without a port. */
export function isLocalhost(host: string): boolean {
  return LOCALHOST.test(host);
}
