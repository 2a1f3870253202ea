/**
 * Captures what a step prints and what is told of it: kept as evidence, the former shown as it comes.
 *
 * @module
 */
import type { BlobStore, BlobWriter } from "../evidence/blobs.ts";
import type { EvidenceRef } from "../ledger/receipt.ts";

/** How much of the end of each stream is kept at hand to explain a failure. */
const TAIL = 16 * 1024;

/** What is captured. */
type Name = EvidenceRef["name"];

/** The streams of one attempt: its output, and what watches over it. */
export class Capture implements Disposable {
  readonly #streams: Map<Name, BlobWriter>;
  readonly #show: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
  #tail = new Uint8Array();
  #open = true;

  constructor(
    blobs: BlobStore,
    show: (stream: "stdout" | "stderr", chunk: Uint8Array) => void,
    names: readonly Name[],
  ) {
    this.#streams = new Map(names.map((name) => [name, blobs.writer()]));
    this.#show = show;
  }

  /** Takes a chunk of a stream. */
  take(stream: Name, chunk: Uint8Array): void {
    this.#streams.get(stream)!.write(chunk);
    if (stream !== "stdout" && stream !== "stderr") return;
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

  /** Makes all streams evidence. */
  close(truncated: { stdout: boolean; stderr: boolean }): EvidenceRef[] {
    this.#open = false;
    return [...this.#streams].map(([name, stream]) => {
      const { digest, bytes } = stream.close();
      const cut = name === "stdout" || name === "stderr"
        ? truncated[name]
        : false;
      return { name, digest, bytes, truncated: cut };
    });
  }

  /** Forgets what was not made evidence. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    for (const stream of this.#streams.values()) stream.abort();
  }
}
