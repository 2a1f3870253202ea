/**
 * Redaction: takes secrets out of what is about to be shown or kept.
 *
 * Known values come first, in all their forms; then credentials by their looks.
 *
 * @module
 */
import { KnownSearch, type Secrets } from "./redact_known.ts";
import type { FindSecrets } from "./redact_preset.ts";
import { RedactingStream } from "./redact_stream.ts";
import { findSecrets } from "./redact_text.ts";

export type { Secrets } from "./redact_known.ts";
export type {
  RedactingStream,
  Redaction,
  RedactionReport,
} from "./redact_stream.ts";

/** Begins to redact a stream; `more` are finders beside our own, such as secretlint's preset. */
export function redactStream(
  secrets: Secrets,
  more: readonly FindSecrets[] = [],
): RedactingStream {
  return new RedactingStream(
    new KnownSearch(secrets),
    (text) => findSecrets(text, more),
  );
}

/** Begins to take nothing but known values out of a stream. */
export function maskStream(secrets: Secrets): RedactingStream {
  return new RedactingStream(new KnownSearch(secrets), null);
}

/** A whole text without its secrets. */
export function redactText(text: string, secrets: Secrets): string {
  return through(redactStream(secrets), text);
}

function through(stream: RedactingStream, text: string): string {
  const decoder = new TextDecoder();
  return decoder.decode(stream.write(new TextEncoder().encode(text)), {
    stream: true,
  }) + decoder.decode(stream.end());
}
