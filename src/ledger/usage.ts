/**
 * What an attempt of a step used, and why that is not known where it is not.
 *
 * @module
 */
import * as z from "zod";

/** What an attempt used, with all that it started; what of the sandbox ran with it is included. */
export interface UsageFigures {
  /** Milliseconds from the launch until all that was started is gone. */
  wallMs: number;
  /** Processor time in user mode, milliseconds. */
  userMs: number | null;
  /** Processor time in the kernel, milliseconds. */
  systemMs: number | null;
  /** The largest resident set that any one process had (`ru_maxrss` of getrusage(2)), bytes. */
  peakMemoryBytes: number | null;
}

/** {@linkcode UsageFigures}, with a reason for each that is `null`. */
export interface Usage extends UsageFigures {
  /** Why a figure could not be had, for each that is `null`; of others, what they leave out. */
  notes: Partial<Record<Exclude<keyof UsageFigures, "wallMs">, string>>;
}

const figure = z.number().min(0);
const why = z.string().optional();

/** Schema of a {@linkcode Usage}. */
export const UsageSchema: z.ZodType<Usage> = z.strictObject({
  wallMs: figure,
  userMs: figure.nullable(),
  systemMs: figure.nullable(),
  peakMemoryBytes: z.int().min(0).nullable(),
  notes: z.strictObject({
    userMs: why,
    systemMs: why,
    peakMemoryBytes: why,
  }),
}).refine(
  ({ notes, ...figures }) =>
    Object.entries(figures).every(([name, value]) =>
      value !== null || Object.hasOwn(notes, name)
    ),
  { error: "a figure that is null has no reason" },
);
