/**
 * Captures what a step prints and what is told of it: kept as evidence, the former shown as it comes.
 *
 * @module
 */
import type { BlobStore, BlobWriter } from "../evidence/blobs.ts";
import { Mask, type Secrets } from "../evidence/mask.ts";
import type { EvidenceRef } from "../ledger/receipt.ts";

/** How much of the end of each stream is kept at hand to explain a failure. */
const TAIL = 16 * 1024;

/** What is captured. */
type Name = EvidenceRef["name"];

/** One of its streams. */
interface Stream {
  writer: BlobWriter;
  /** `null` for a step without secrets. */
  mask: Mask | null;
}

/** The streams of one attempt, without its secrets: its output, and what watches over it. */
export class Capture implements Disposable {
  readonly #streams: Map<Name, Stream>;
  readonly #show: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
  #tail = new Uint8Array();
  #open = true;

  constructor(
    blobs: BlobStore,
    show: (stream: "stdout" | "stderr", chunk: Uint8Array) => void,
    names: readonly Name[],
    secrets: Secrets,
  ) {
    this.#streams = new Map(names.map((name) => [name, {
      writer: blobs.writer(),
      mask: secrets.size === 0 ? null : new Mask(secrets),
    }]));
    this.#show = show;
  }

  /** Takes a chunk of a stream. */
  take(name: Name, chunk: Uint8Array): void {
    const { mask } = this.#streams.get(name)!;
    this.#keep(name, mask === null ? chunk : mask.take(chunk));
  }

  #keep(name: Name, chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#streams.get(name)!.writer.write(chunk);
    if (name !== "stdout" && name !== "stderr") return;
    const joined = new Uint8Array(this.#tail.length + chunk.length);
    joined.set(this.#tail);
    joined.set(chunk, this.#tail.length);
    this.#tail = joined.slice(-TAIL);
    this.#show(name, chunk);
  }

  /** The end of what was printed, both streams as they came, invalid UTF-8 replaced. */
  get tail(): string {
    return new TextDecoder().decode(this.#tail);
  }

  /** Makes all streams evidence. */
  close(truncated: Partial<Record<Name, boolean>>): EvidenceRef[] {
    this.#open = false;
    return [...this.#streams].map(([name, { writer, mask }]) => {
      const cut = truncated[name] ?? false;
      if (mask !== null) this.#keep(name, mask.end(cut));
      const { digest, bytes } = writer.close();
      return { name, digest, bytes, truncated: cut };
    });
  }

  /** Forgets what was not made evidence. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    for (const { writer } of this.#streams.values()) writer.abort();
  }
}
