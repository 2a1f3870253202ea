/**
 * Says what happens in a run, as it happens.
 *
 * @module
 */
import type { RunEvent } from "../run/run.ts";
import { quoted } from "../core/printable.ts";
import { STEP_EMPHASIS } from "./step_emphasis.ts";
import type { Terminal } from "./terminal.ts";

/** Shows the events of a run on standard error. */
export function watchRun(terminal: Terminal): (event: RunEvent) => void {
  const streams = new Map<string, ReturnType<Terminal["prefixed"]>>();
  const streamOf = (step: string, name: string) => {
    const key = `${name} ${step}`;
    let stream = streams.get(key);
    if (stream === undefined) {
      streams.set(key, stream = terminal.prefixed(step));
    }
    return stream;
  };
  return (event) => {
    switch (event.type) {
      case "admitted":
        return terminal.say(`${event.run} under ${event.ticket}`);
      case "started":
        return terminal.say(
          `${
            terminal.paint("name", event.step)
          } started under ${event.backend}${
            event.attempt > 1 ? `, attempt ${event.attempt}` : ""
          }`,
        );
      case "output":
        return streamOf(event.step, event.stream).write(event.chunk);
      case "finished":
        for (const name of ["stdout", "stderr"]) {
          streams.get(`${name} ${event.step}`)?.end();
        }
        terminal.say(
          `${terminal.paint("name", event.step)} ${
            terminal.paint(STEP_EMPHASIS[event.status], event.status)
          }${event.wallMs === null ? "" : ` in ${duration(event.wallMs)}`}${
            event.reason === null ? "" : `: ${event.reason}`
          }`,
        );
        if (event.hint !== null) terminal.say(`  hint: ${event.hint}`);
        return;
      case "sealed":
        return terminal.say(`sealed as ${event.outcome}`);
      case "left":
        return terminal.warn(
          `left in ${quoted(event.path, 400)}: ${event.why}`,
        );
    }
  };
}

/** `83 ms`, `1.2 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
