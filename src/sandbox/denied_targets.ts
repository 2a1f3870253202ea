/**
 * What the proxy of a step denied, from the lines of evidence that it wrote.
 *
 * @module
 */

/** What a step asked its proxy for in vain. */
export interface DeniedTarget {
  /** `host:port`; what the step wrote instead, where that is none. */
  target: string;
  /** Why, as it goes on after "which". */
  reason: string;
}

/** Reads what was denied out of lines of evidence, each once, in order. */
export function deniedTargets(lines: string): DeniedTarget[] {
  const found = new Map<string, DeniedTarget>();
  for (const line of lines.split("\n")) {
    const denied = readLine(line);
    if (denied !== null) found.set(`${denied.target} ${denied.reason}`, denied);
  }
  return [...found.values()];
}

function readLine(line: string): DeniedTarget | null {
  try {
    const { verdict, host, port, reason } = JSON.parse(line);
    if (verdict !== "denied" || typeof reason !== "string") return null;
    // A line without a host says that there were too many.
    if (typeof host !== "string" || host === "") return null;
    return { target: port === 0 ? host : `${host}:${port}`, reason };
  } catch {
    // The first one may be cut, and what was redacted need not be JSON any more.
    return null;
  }
}
