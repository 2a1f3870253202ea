/**
 * Captures what a step prints: kept as evidence and shown as it comes.
 *
 * @module
 */
import type { BlobStore, BlobWriter } from "../evidence/blobs.ts";
import type { EvidenceRef } from "../ledger/receipt.ts";

/** How much of the end of each stream is kept at hand to explain a failure. */
const TAIL = 16 * 1024;

/** The two streams of one attempt. */
export class Capture implements Disposable {
  readonly #streams: Record<"stdout" | "stderr", BlobWriter>;
  readonly #show: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
  #tail = new Uint8Array();
  #open = true;

  constructor(
    blobs: BlobStore,
    show: (stream: "stdout" | "stderr", chunk: Uint8Array) => void,
  ) {
    this.#streams = { stdout: blobs.writer(), stderr: blobs.writer() };
    this.#show = show;
  }

  /** Takes a chunk of a stream. */
  take(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    this.#streams[stream].write(chunk);
    const joined = new Uint8Array(this.#tail.length + chunk.length);
    joined.set(this.#tail);
    joined.set(chunk, this.#tail.length);
    this.#tail = joined.slice(-TAIL);
    this.#show(stream, chunk);
  }

  /** The end of what was printed, both streams as they came, invalid UTF-8 replaced. */
  get tail(): string {
    return new TextDecoder().decode(this.#tail);
  }

  /** Makes both streams evidence. */
  close(truncated: { stdout: boolean; stderr: boolean }): EvidenceRef[] {
    this.#open = false;
    return (["stdout", "stderr"] as const).map((name) => {
      const { digest, bytes } = this.#streams[name].close();
      return { name, digest, bytes, truncated: truncated[name] };
    });
  }

  /** Forgets what was not made evidence. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#streams.stdout.abort();
    this.#streams.stderr.abort();
  }
}
