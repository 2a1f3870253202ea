/**
 * All acts, in the order in which they are shown.
 *
 * @module
 */
import type { Family, Row } from "./act.ts";
import { KERNEL, NAMESPACES } from "./kernel.ts";
import { NETWORK, TERMINAL } from "./network.ts";
import { PROCESSES } from "./processes.ts";
import { READING } from "./reading.ts";
import { REFUSALS } from "./refusals.ts";
import { RESOURCES } from "./resources.ts";
import { PRODUCTS, RECORDS } from "./runs.ts";
import { SCENARIOS } from "./scenarios.ts";
import { WRITING } from "./writing.ts";

/** The escape suite. */
export const FAMILIES: readonly Family<Row>[] = [
  READING,
  WRITING,
  PROCESSES,
  KERNEL,
  NAMESPACES,
  NETWORK,
  TERMINAL,
  RESOURCES,
  RECORDS,
  PRODUCTS,
  SCENARIOS,
  REFUSALS,
];
