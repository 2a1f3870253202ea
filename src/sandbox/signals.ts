/**
 * Names of signals. Source: Linux `signal(7)`, the numbers that x86-64 and ARM64 share.
 *
 * @module
 */

const NAMES = [
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM",
  "STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO",
  "PWR SYS",
].join(" ").split(" ");

/** `SIGKILL` for 9; real-time signals by number, as `SIG34`. */
export function signalName(number: number): string {
  return `SIG${NAMES[number - 1] ?? number}`;
}
