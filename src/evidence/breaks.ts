/**
 * Turns for others in long loops of synchronous calls.
 *
 * Edge: the clock.
 *
 * @module
 */

/** For so long, in milliseconds, nothing else is served. */
const PATIENCE = 25;

/** Gives a function to await in a loop: it rests when the loop has run for a while. */
export function breaks(): () => Promise<void> {
  let rested = performance.now();
  return async () => {
    if (performance.now() - rested < PATIENCE) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    rested = performance.now();
  };
}
