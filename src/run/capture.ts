/**
 * Captures what a step prints and what is told of it, redacted before it is kept or shown.
 *
 * @module
 */
import type { BlobStore, BlobWriter } from "../evidence/blobs.ts";
import {
  maskStream,
  type RedactingStream,
  redactStream,
  type Secrets,
} from "../evidence/redact.ts";
import type { FindSecrets } from "../evidence/redact_preset.ts";
import type { EvidenceRef } from "../ledger/receipt.ts";

/** How much of the end of each stream is kept at hand to explain a failure. */
const TAIL = 16 * 1024;

/** What is captured. */
type Name = EvidenceRef["name"];

/** What a {@linkcode Capture} is made with. */
export interface CaptureOptions {
  blobs: BlobStore;
  show(stream: "stdout" | "stderr", chunk: Uint8Array): void;
  names: readonly Name[];
  secrets: Secrets;
  /** Finds what looks like a secret, beside Writ's own rules. */
  preset: FindSecrets;
  /** Standard output is a product. */
  product: boolean;
}

/** What was captured. */
export interface Captured {
  evidence: EvidenceRef[];
  /** Standard output as a product: known secrets are taken out of it, and nothing else. */
  product: Pick<EvidenceRef, "digest" | "bytes"> | null;
}

interface Stream {
  writer: BlobWriter;
  redact: RedactingStream;
}

/** The streams of one attempt, without secrets: its output, and what watches over it. */
export class Capture implements Disposable {
  readonly #streams: Map<Name, Stream>;
  readonly #product: Stream | null;
  readonly #show: CaptureOptions["show"];
  #tail = new Uint8Array();
  #open = true;

  constructor(options: CaptureOptions) {
    const { blobs, secrets, preset } = options;
    this.#streams = new Map(options.names.map((name) => [name, {
      writer: blobs.writer(),
      redact: redactStream(secrets, [preset]),
    }]));
    this.#product = options.product
      ? { writer: blobs.writer(), redact: maskStream(secrets) }
      : null;
    this.#show = options.show;
  }

  /** Takes a chunk of a stream. */
  take(name: Name, chunk: Uint8Array): void {
    this.#keep(name, this.#streams.get(name)!.redact.write(chunk));
    if (name !== "stdout" || this.#product === null) return;
    this.#product.writer.write(this.#product.redact.write(chunk));
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
  close(truncated: Partial<Record<Name, boolean>>): Captured {
    this.#open = false;
    const evidence = [...this.#streams].map(([name, stream]): EvidenceRef => {
      const { writer, redact } = stream;
      const cut = truncated[name] ?? false;
      this.#keep(name, redact.end(cut));
      const { digest, bytes } = writer.close();
      return { name, digest, bytes, truncated: cut, redacted: redact.report };
    });
    return { evidence, product: this.#closeProduct(truncated.stdout ?? false) };
  }

  #closeProduct(cut: boolean): Captured["product"] {
    if (this.#product === null) return null;
    const { writer, redact } = this.#product;
    writer.write(redact.end(cut));
    return writer.close();
  }

  /** Forgets what was not made evidence. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    for (const { writer } of this.#streams.values()) writer.abort();
    this.#product?.writer.abort();
  }
}
