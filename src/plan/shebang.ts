/**
 * The first line of a script: which program it asks for.
 *
 * @module
 */

/** What a script asks for: an interpreter by its path, or by name through `env`. */
export type Interpreter = { path: string } | { name: string };

/** Bytes of a file that are looked at; the kernel looks at 256. */
export const SHEBANG_LIMIT = 256;

/**
 * Reads `#!` from the first bytes of a file; `null` when there is none. `env X`, `env -S X …`
 * and `env A=1 X` ask for the name `X`.
 */
export function parseShebang(head: Uint8Array): Interpreter | null {
  if (head[0] !== 0x23 || head[1] !== 0x21) return null;
  const text = new TextDecoder().decode(head.subarray(2, SHEBANG_LIMIT));
  const [line] = text.split("\n", 1);
  const words = line.trim().split(/[ \t]+/);
  const [path] = words;
  if (path === "") return null;
  if (path !== "/usr/bin/env" && path !== "/bin/env") return { path };
  const name = words.slice(1)
    .map((word) => word.replace(/^(-S|--split-string=?)/, ""))
    .find((word) =>
      word !== "" && !word.startsWith("-") && !/^[A-Za-z_]\w*=/.test(word)
    );
  if (name === undefined) return { path };
  return name.startsWith("/") ? { path: name } : { name };
}
