/**
 * All acts, in the order in which they are shown.
 *
 * @module
 */
import type { Family, Row } from "./act.ts";
import { DENO_STEPS } from "./deno_steps.ts";
import { KERNEL } from "./kernel.ts";
import { NAMESPACES } from "./namespaces.ts";
import { NETWORK } from "./network.ts";
import { PROCESSES } from "./processes.ts";
import { PRODUCTS } from "./products.ts";
import { READING } from "./reading.ts";
import { RECORDS } from "./records.ts";
import { REFUSALS } from "./refusals.ts";
import { RESOURCES } from "./resources.ts";
import { SCENARIOS } from "./scenarios.ts";
import { SERVICES } from "./services.ts";
import { TERMINAL } from "./terminal.ts";
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
