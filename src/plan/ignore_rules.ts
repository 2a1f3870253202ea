/**
 * What a `.gitignore` names, by the rules of gitignore(5). Only the file's own text counts:
 * a user's global excludes and the index would make the plan depend on the machine.
 *
 * Matching takes time in proportion to pattern times name: a pattern cannot be made to hang it.
 *
 * @module
 */

/** The rules of one `.gitignore`, in the order of the file. */
export type IgnoreRules = readonly IgnoreRule[];

interface IgnoreRule {
  negated: boolean;
  foldersOnly: boolean;
  /** Without a slash a pattern is held against the last name only. */
  nameOnly: boolean;
  segments: string[];
}

/** Reads the text of a `.gitignore`. */
export function parseIgnore(text: string): IgnoreRules {
  const rules: IgnoreRule[] = [];
  for (const line of text.replace(/^\ufeff/, "").split("\n")) {
    const rule = parseLine(line.replace(/\r$/, ""));
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

/**
 * Whether rules say that `path` (relative to the folder of their file) is left out: `true` or
 * `false` by the last rule that matches, `undefined` when none does.
 */
export function ignores(
  rules: IgnoreRules,
  path: string,
  isFolder: boolean,
): boolean | undefined {
  if (rules.length === 0) return undefined;
  const names = byteText(path).split("/");
  for (let i = rules.length - 1; i >= 0; i--) {
    const rule = rules[i];
    if (rule.foldersOnly && !isFolder) continue;
    const hit = rule.nameOnly
      ? matchName(rule.segments[0], names[names.length - 1])
      : matchPath(rule.segments, names);
    if (hit) return !rule.negated;
  }
  return undefined;
}

function parseLine(line: string): IgnoreRule | null {
  let pattern = byteText(trimEnd(line));
  if (pattern === "" || pattern.startsWith("#")) return null;
  const negated = pattern.startsWith("!");
  if (negated) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith("/");
  if (foldersOnly) pattern = pattern.slice(0, -1);
  if (pattern === "") return null;
  const nameOnly = !pattern.includes("/");
  if (pattern.startsWith("/")) pattern = pattern.slice(1);
  const segments = nameOnly ? [pattern] : pattern.split("/");
  // A closing "**" stands for everything beneath, not for the folder itself.
  if (!nameOnly && segments.at(-1) === "**") segments.push("*");
  return { negated, foldersOnly, nameOnly, segments };
}

/** Drops trailing spaces that are not quoted with a backslash. */
function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " ") end--;
  let slashes = 0;
  while (line[end - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1 && end < line.length
    ? line.slice(0, end + 1)
    : line.slice(0, end);
}

/** Git compares bytes, so `?` is one byte. One character per byte of UTF-8. */
function byteText(text: string): string {
  if (!/[^ -~]/.test(text)) return text;
  let out = "";
  for (const byte of new TextEncoder().encode(text)) {
    out += String.fromCharCode(byte);
  }
  return out;
}

/** Segments against names; `**` is any number of names. Only the last `**` is ever tried again. */
function matchPath(segments: string[], names: string[]): boolean {
  let s = 0;
  let n = 0;
  let star = -1;
  let retry = 0;
  while (n < names.length) {
    if (s < segments.length && segments[s] === "**") {
      star = s++;
      retry = n;
    } else if (s < segments.length && matchName(segments[s], names[n])) {
      s++;
      n++;
    } else if (star >= 0) {
      s = star + 1;
      n = ++retry;
    } else return false;
  }
  while (s < segments.length && segments[s] === "**") s++;
  return s === segments.length;
}

/** A glob against one name; only the last `*` is ever tried again. */
function matchName(glob: string, name: string): boolean {
  let g = 0;
  let n = 0;
  let star = -1;
  let retry = 0;
  while (n < name.length) {
    if (glob[g] === "*") {
      star = ++g;
      retry = n;
      continue;
    }
    const next = g < glob.length ? matchOne(glob, g, name[n]) : -1;
    if (next >= 0) {
      g = next;
      n++;
    } else if (star >= 0) {
      g = star;
      n = ++retry;
    } else return false;
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}

/** Where the glob goes on after its part at `at` has taken `char`; -1 when it does not take it. */
function matchOne(glob: string, at: number, char: string): number {
  switch (glob[at]) {
    case "?":
      return at + 1;
    case "[":
      return matchBracket(glob, at, char);
    case "\\":
      return glob[at + 1] === char ? at + 2 : -1;
    default:
      return glob[at] === char ? at + 1 : -1;
  }
}

function matchBracket(glob: string, at: number, char: string): number {
  let i = at + 1;
  const negated = glob[i] === "!" || glob[i] === "^";
  if (negated) i++;
  let hit = false;
  for (let first = true;; first = false) {
    if (i >= glob.length) return -1;
    if (glob[i] === "]" && !first) break;
    if (glob.startsWith("[:", i)) {
      const end = glob.indexOf(":]", i + 2);
      if (end < 0) return -1;
      const test = CLASSES.get(glob.slice(i + 2, end));
      if (test === undefined) return -1;
      if (test.test(char)) hit = true;
      i = end + 2;
      continue;
    }
    if (glob[i] === "\\") i++;
    if (i >= glob.length) return -1;
    const low = glob[i++];
    let high = low;
    if (glob[i] === "-" && i + 1 < glob.length && glob[i + 1] !== "]") {
      i++;
      if (glob[i] === "\\") i++;
      if (i >= glob.length) return -1;
      high = glob[i++];
    }
    if (low <= char && char <= high) hit = true;
  }
  return hit !== negated ? i + 1 : -1;
}

const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ["alnum", /[0-9A-Za-z]/],
  ["alpha", /[A-Za-z]/],
  ["blank", /[ \t]/],
  ["cntrl", /[^ -~\x80-\xff]/],
  ["digit", /[0-9]/],
  ["graph", /[!-~]/],
  ["lower", /[a-z]/],
  ["print", /[ -~]/],
  ["punct", /[!-/:-@[-`{-~]/],
  ["space", /[ \t\n\v\f\r]/],
  ["upper", /[A-Z]/],
  ["xdigit", /[0-9A-Fa-f]/],
]);
