/**
 * A wish as the command line says it again.
 *
 * @module
 */
import { shellWord } from "../core/shell_word.ts";
import { UNNAMED, type Wish } from "./propose.ts";

/** The pipeline and the options that belong to the wish, to be put behind a command's name. */
export function wishWords(
  { shown, file, params, requester }: Omit<Wish, "bytes">,
): string {
  const named = shown ?? file;
  const { kind, id } = requester;
  const isUnnamed = kind === UNNAMED.kind && id === UNNAMED.id;
  return [
    named.startsWith("-") ? `./${named}` : named,
    ...Object.entries(params).flatMap((
      [name, value],
    ) => ["--param", `${name}=${value}`]),
    ...(isUnnamed ? [] : ["--as", `${kind}:${id}`]),
  ].map(shellWord).join(" ");
}
