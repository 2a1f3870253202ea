/**
 * How a command is spelt to whoever reads it. The source says `deno task run PIPELINE` or
 * `deno task writ trust accept`, as in Writ's own repository; where Writ is installed the same
 * commands begin with `writ`.
 *
 * @module
 */

/** A hint or a next step, its commands spelt as they are given here. */
export type Spoken = (text: string) => string;

/** As they are given in Writ's own repository. */
export const spokenAsTask: Spoken = (text) => text;

/** As they are given where Writ is installed. */
export const spokenAsProgram: Spoken = (text) =>
  text.replace(/\bdeno task (?:writ )?/g, "writ ");
