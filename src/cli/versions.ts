/**
 * What `writ --version` says.
 *
 * Edge: asks Deno for its versions.
 * @module
 */
import { VERSION } from "../run/version.ts";

/** The versions of Writ and of what it runs on, as a document and as text. */
export function versions(): { document: Record<string, string>; text: string } {
  const { os, arch } = Deno.build;
  const document = { writ: VERSION, ...Deno.version, os, arch };
  const { writ, deno, v8, typescript } = document;
  return {
    document,
    text:
      `writ ${writ} (deno ${deno}, v8 ${v8}, typescript ${typescript}, ${os} ${arch})`,
  };
}
