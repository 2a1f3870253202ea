/**
 * All acts, in the order in which they are shown.
 *
 * @module
 */
import type { Family, Row } from "./act.ts";
import { DENO_STEPS } from "./deno_steps.ts";
import { KERNEL, NAMESPACES } from "./kernel.ts";
import { NETWORK, TERMINAL } from "./network.ts";
import { PROCESSES } from "./processes.ts";
import { READING } from "./reading.ts";
import { REFUSALS } from "./refusals.ts";
import { RESOURCES } from "./resources.ts";
import { PRODUCTS, RECORDS } from "./runs.ts";
import { SCENARIOS } from "./scenarios.ts";
import { SERVICES } from "./services.ts";
import { WRITING } from "./writing.ts";

/** The escape suite. */
export const FAMILIES: readonly Family<Row>[] = [
  READING,
  WRITING,
  PROCESSES,
  KERNEL,
  NAMESPACES,
  NETWORK,
  SERVICES,
  TERMINAL,
  RESOURCES,
  DENO_STEPS,
  RECORDS,
  PRODUCTS,
  SCENARIOS,
  REFUSALS,
];
