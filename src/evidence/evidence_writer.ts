/**
 * Where captured bytes go: into the blob store as they are, or encrypted on the way, so that what
 * is sealed is never written in the clear.
 *
 * @module
 */
import type { BlobWriter } from "./blob_writer.ts";
import type { ReadResult } from "./read_one.ts";

/** Takes what was captured, piece by piece. Whoever asked for one must `close` or `abort` it. */
export interface EvidenceWriter {
  /** @throws {WritError} `store.unwritable`, now or when it is closed */
  write(bytes: Uint8Array): void;
  /** Makes what was written a blob: digest and size are those of what is kept. */
  close(): Promise<ReadResult>;
  /** Forgets what was written. */
  abort(): void;
}

/** Encrypts what passes, for recipients that it was made with. */
export type Sealing = (plain: ReadableStream<Uint8Array>) => Promise<
  ReadableStream<Uint8Array>
>;

/**
 * Encryption in the format of age (`age-encryption.org/v1`) for each of the recipients.
 *
 * @param recipients at least one, each as `age1…`
 */
export async function loadSealing(
  recipients: readonly string[],
): Promise<Sealing> {
  // Only who seals pays for loading it.
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const each of recipients) encrypter.addRecipient(each);
  return (plain) => encrypter.encrypt(plain);
}

/** Keeps bytes as they are. */
export function plainWriter(writer: BlobWriter): EvidenceWriter {
  return {
    write: (bytes) => writer.write(bytes),
    close: () => Promise.try(() => writer.close()),
    abort: () => writer.abort(),
  };
}

/** Encrypts bytes as they come; only what is encrypted reaches `writer`. */
export function sealingWriter(
  writer: BlobWriter,
  sealing: Sealing,
): EvidenceWriter {
  let source: ReadableStreamDefaultController<Uint8Array>;
  const plain = new ReadableStream<Uint8Array>({
    start: (controller) => {
      source = controller;
    },
  });
  let ended = false;
  const pump = (async () => {
    for await (const bytes of await sealing(plain)) {
      if (ended) return;
      writer.write(bytes);
    }
  })();
  // What goes wrong is thrown by `close`; until then more may come.
  pump.catch(() => {
    ended = true;
  });
  return {
    write(bytes) {
      if (!ended) source.enqueue(bytes.slice());
    },
    async close() {
      if (!ended) source.close();
      try {
        await pump;
      } catch (error) {
        writer.abort();
        throw error;
      }
      return writer.close();
    },
    abort() {
      if (!ended) source.error(new Error("aborted"));
      ended = true;
      writer.abort();
    },
  };
}
