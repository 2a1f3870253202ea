/**
 * The policy engine. It is WebAssembly that takes some 50 ms to compile: it loads at the first
 * question, unless a program started it before, beside its other work.
 *
 * @module
 */
import type * as engine from "@cedar-policy/cedar-wasm/nodejs";

/** Cedar's functions. */
export type Cedar = Omit<typeof engine, "default">;

/** What Cedar says of an error: `start` is an offset in bytes of UTF-8. */
export type CedarError = engine.DetailedError;

let loading: Promise<Cedar> | null = null;

/** Cedar, loaded once. */
export function loadCedar(): Promise<Cedar> {
  return loading ??= import("@cedar-policy/cedar-wasm/nodejs");
}

/**
 * Loads Cedar from a module that is being compiled, by threads that are not this one. What goes
 * wrong is told to whoever asks for Cedar.
 */
export function startCedar(compiled: Promise<WebAssembly.Module>): void {
  if (loading !== null) return;
  const started = Promise.all([
    import("@cedar-policy/cedar-wasm/web"),
    compiled,
  ])
    .then(([web, module]) => {
      web.initSync({ module });
      return web;
    });
  // Who never asks is not told.
  started.catch(() => {});
  loading = started;
}
