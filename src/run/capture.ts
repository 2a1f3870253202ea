/**
 * Captures what a step prints and what is told of it, redacted before it is kept or shown. What is
 * to be sealed is encrypted before it is kept, and not shown at all.
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
import {
  type EvidenceWriter,
  plainWriter,
  type Sealing,
  sealingWriter,
} from "../evidence/evidence_writer.ts";
import type { Digest } from "../core/digest.ts";
import type { EvidenceRef } from "../ledger/receipt.ts";

/** How many bytes of the end of what was printed, and of what the proxy told, are kept at hand to explain a failure. */
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
  /** Encrypts what is captured; `null`: it is kept as it is. */
  seal: Seal | null;
}

/** How evidence is sealed, and for whom. */
export interface Seal {
  sealing: Sealing;
  /** Fingerprints of the recipients, sorted. */
  recipients: Digest[];
}

/** What was captured. */
export interface Captured {
  evidence: EvidenceRef[];
  /** Standard output as a product: known secrets are taken out of it, and nothing else. */
  product: Pick<EvidenceRef, "digest" | "bytes"> | null;
}

interface Stream {
  writer: EvidenceWriter;
  redact: RedactingStream;
}

/** The streams of one attempt, without secrets: its output, and what watches over it. */
export class Capture implements Disposable {
  readonly #streams: Map<Name, Stream>;
  readonly #product: { writer: BlobWriter; redact: RedactingStream } | null;
  readonly #show: CaptureOptions["show"];
  readonly #seal: Seal | null;
  readonly #ends = { output: new Uint8Array(), network: new Uint8Array() };
  #open = true;

  constructor(options: CaptureOptions) {
    const { blobs, secrets, preset, seal } = options;
    this.#seal = seal;
    this.#streams = new Map(options.names.map((name) => [name, {
      writer: seal === null
        ? plainWriter(blobs.writer())
        : sealingWriter(blobs.writer(), seal.sealing),
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
    if (this.#seal !== null || name === "permissions") return;
    if (name === "network") return this.#remember("network", chunk);
    this.#remember("output", chunk);
    this.#show(name, chunk);
  }

  #remember(of: "output" | "network", chunk: Uint8Array): void {
    const before = this.#ends[of];
    const joined = new Uint8Array(before.length + chunk.length);
    joined.set(before);
    joined.set(chunk, before.length);
    this.#ends[of] = joined.slice(-TAIL);
  }

  /** The end of what was printed, both streams as they came, invalid UTF-8 replaced; nothing of what is sealed. */
  get tail(): string {
    return new TextDecoder().decode(this.#ends.output);
  }

  /** The end of what the proxy told, from anywhere in a line on; nothing of what is sealed. */
  get connections(): string {
    return new TextDecoder().decode(this.#ends.network);
  }

  /** Makes all streams evidence. */
  async close(truncated: Partial<Record<Name, boolean>>): Promise<Captured> {
    for (const [name, { redact }] of this.#streams) {
      this.#keep(name, redact.end(truncated[name] ?? false));
    }
    const product = this.#closeProduct(truncated.stdout ?? false);
    this.#open = false;
    const closed = await Promise.allSettled(
      [...this.#streams.values()].map(({ writer }) => writer.close()),
    );
    const evidence = [...this.#streams].map(([name, { redact }], i) => {
      const kept = closed[i];
      if (kept.status === "rejected") throw kept.reason;
      const { digest, bytes } = kept.value;
      const cut = truncated[name] ?? false;
      return this.#refOf({ name, digest, bytes, truncated: cut }, redact);
    });
    return { evidence, product };
  }

  #refOf(
    kept: Omit<EvidenceRef, "redacted" | "sealed">,
    { report }: RedactingStream,
  ): EvidenceRef {
    if (this.#seal === null) return { ...kept, redacted: report };
    const { recipients } = this.#seal;
    // Where a secret stood and how long it was is told of what everybody may read.
    const redacted = { count: report.count, first: [] };
    return { ...kept, redacted, sealed: { recipients } };
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
