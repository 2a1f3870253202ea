/**
 * Acts on the terminal.
 *
 * @module
 */
import { type Family, STOPPED } from "./act.ts";

/** The terminal. */
export const TERMINAL: Family = {
  name: "The terminal",
  acts: [
    {
      id: "type",
      what: "typing into the terminal, TIOCSTI",
      under: STOPPED,
      run: { perl: 'my $key = "x"; reached(call("ioctl", 0, 0x5412, $key))' },
    },
    {
      id: "type-high",
      what:
        "typing into the terminal, with high bits that a filter may overlook",
      under: STOPPED,
      run: {
        perl:
          'my $key = "x"; reached(call("ioctl", 0, (1 << 32) | 0x5412, $key))',
      },
    },
    {
      id: "paste",
      what: "pasting into a console, TIOCLINUX",
      under: STOPPED,
      run: { perl: 'my $key = "\\2"; reached(call("ioctl", 0, 0x541c, $key))' },
    },
  ],
};
