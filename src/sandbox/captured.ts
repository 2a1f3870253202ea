/**
 * What is captured of a step.
 *
 * @module
 */
import type { Confinement } from "./confinement.ts";

/** What can be captured: output, what Deno was asked for, what the proxy let through. */
export type CapturedName = "stdout" | "stderr" | "permissions" | "network";

/** What is captured of a step that is confined so. */
export function capturedOf(
  { kind, network }: Pick<Confinement, "kind" | "network">,
): CapturedName[] {
  return [
    "stdout",
    "stderr",
    ...(kind === "deno" ? ["permissions" as const] : []),
    ...(network === "hosts" ? ["network" as const] : []),
  ];
}
