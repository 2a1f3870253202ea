/**
 * The small languages within a pipeline file: names, paths, hosts, times and sizes.
 *
 * Each is a function from an author's text to its value, or to what is wrong with it as the
 * end of a sentence that begins with the field's name.
 *
 * @module
 */
import { OWN_FOLDER, POLICY_FOLDER } from "../core/workspace_names.ts";
import { normalizePath, withoutSlash } from "../core/paths.ts";
import type { PathFault } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";

/** A value, or what is wrong with the text. */
export type Word<T> = { value: T } | { fault: string; hint?: string };

/** Names of pipelines, steps, parameters and secrets. */
export const NAME_PATTERN = "^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$";

/** Names of environment variables (POSIX.1-2017 section 8.1, with lower case). */
export const ENV_NAME_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$";

const PATH_WORDS: Readonly<Record<PathFault, string>> = {
  "empty": "which is empty",
  "absolute": "which is absolute",
  "outside the workspace": "which lies outside the workspace",
  "holds a comma": "which holds a comma",
  "holds a pattern character": "which holds a pattern character",
  "holds a control character": "which holds a control or invisible character",
  "holds a character that is not valid Unicode":
    "which holds a character that is not valid Unicode",
  "holds a backslash": "which holds a backslash",
};

/** A path as it was written; `folder` when it ended with a slash. `path` itself has none. */
export interface WrittenPath {
  path: string;
  folder: boolean;
}

/** A path of the workspace. */
export function pathWord(text: string): Word<WrittenPath> {
  if (text.includes("${params.")) {
    return {
      fault: `is ${
        quoted(text)
      }: parameters are replaced in arguments and in values of "env" only`,
      hint: "Write the path out",
    };
  }
  if (text === "~" || text.startsWith("~/")) {
    return {
      fault: `is ${
        quoted(text)
      }, which lies outside the workspace: ${WANTED_PATH}`,
    };
  }
  if (text.length > MAX_PATH) {
    return {
      fault: `is ${
        quoted(text)
      }, which is longer than ${MAX_PATH}: ${WANTED_PATH}`,
    };
  }
  const normal = normalizePath(text);
  if ("fault" in normal) {
    return {
      fault: `is ${quoted(text)}, ${PATH_WORDS[normal.fault]}: ${WANTED_PATH}`,
    };
  }
  const path = withoutSlash(normal.path);
  return { value: { path, folder: path !== normal.path } };
}

/** PATH_MAX of Linux. */
const MAX_PATH = 4096;

const WANTED_PATH = "a path relative to the workspace root was wanted";

/** A path that a step may write: never the root, and nothing that Writ or git believes. */
export function writtenPathWord(text: string): Word<WrittenPath> {
  const word = pathWord(text);
  if ("fault" in word) return word;
  const { path } = word.value;
  if (path === ".") {
    return {
      fault: `is ${quoted(text)}, the workspace root, which no step may write`,
      hint: "Name the files and folders that the step makes",
    };
  }
  const segments = path.split("/");
  // A file system that folds case would open `.GIT` as `.git`; a nested `.git` has hooks too.
  const sacred =
    segments.find((segment) =>
      [".git", OWN_FOLDER].includes(segment.toLowerCase())
    ) ?? (segments[0] === POLICY_FOLDER ? POLICY_FOLDER : undefined);
  if (sacred !== undefined) {
    return {
      fault: `is ${quoted(text)}: nothing in ${
        quoted(sacred)
      } can ever be written by a step`,
    };
  }
  return word;
}

/** A file that a step writes: as {@linkcode writtenPathWord}, without a trailing slash. */
export function writtenFileWord(text: string): Word<string> {
  const word = writtenPathWord(text);
  if ("fault" in word) return word;
  if (word.value.folder) return { fault: folderFault(text) };
  return { value: word.value.path };
}

/** A file that a step reads. */
export function fileWord(text: string): Word<string> {
  const word = pathWord(text);
  if ("fault" in word) return word;
  if (word.value.folder || word.value.path === ".") {
    return { fault: folderFault(text) };
  }
  return { value: word.value.path };
}

function folderFault(text: string): string {
  return `is ${quoted(text)}, which names a folder: a file was wanted`;
}

const HOST_WANTED =
  'a host such as "example.org", "example.org:443", "localhost", "192.0.2.1" or "[2001:db8::1]:443" was wanted';

/** `host` or `host:port`, in the one form in which policies compare it. */
export function hostWord(text: string): Word<string> {
  const fault = (why: string, hint?: string): Word<string> => ({
    fault: `is ${quoted(text)}${why}: ${HOST_WANTED}`,
    hint,
  });
  if (text.includes("://")) return fault(", which has a scheme");
  if (text.includes("*")) return fault(", which has a wildcard");
  if (text.includes("/")) return fault(", which has a path");
  if (text !== text.toLowerCase()) {
    return fault(", which is not in lower case");
  }
  if (/^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/.test(text)) {
    return fault(
      ", an IPv6 address without brackets",
      `Write "[${text}]"`,
    );
  }
  const parts = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]+))?$/.exec(text);
  if (parts === null) return fault("");
  const [, host, port] = parts;
  if (port !== undefined && !(/^[1-9]/.test(port) && Number(port) <= 65535)) {
    return fault(", whose port is not one from 1 to 65535");
  }
  const numeric = host.startsWith("[") ||
    /(^|\.)(0x[0-9a-f]*|[0-9]+)$/.test(host);
  if (numeric) {
    // What the URL standard would read as another address must not slip past a rule.
    const canonical = canonicalAddress(host);
    if (canonical === undefined) return fault(", which is no IP address");
    if (canonical !== host) {
      return fault(
        ", which is not the usual form of the address",
        `Write "${canonical}"`,
      );
    }
  } else if (
    host.length > 253 ||
    !host.split(".").every((label) =>
      /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)
    )
  ) return fault("");
  return { value: text };
}

function canonicalAddress(host: string): string | undefined {
  return URL.parse(`http://${host}/`)?.hostname;
}

const TIME_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Text of a duration: `500ms`, `30s`, `2m`, `1h`. */
export const DURATION_PATTERN = "^[1-9][0-9]{0,9}(ms|s|m|h)$";

/** A duration in milliseconds, at most seven days. */
export function durationWord(text: string): Word<number> {
  const wanted =
    'a time such as "500ms", "30s", "2m" or "1h", at most "168h", was wanted';
  const parts = new RegExp(DURATION_PATTERN).exec(text);
  const value = parts === null
    ? NaN
    : parseInt(text, 10) * TIME_UNITS[parts[1]];
  // Timers of more than 2^31 milliseconds fire at once.
  if (!(value <= 168 * TIME_UNITS.h)) {
    const beyond = beyondBounds(text, TIME_UNITS, "1ms", "168h");
    return { fault: `is ${quoted(text)}${beyond}: ${wanted}` };
  }
  return { value };
}

/** Which bound a number with a unit broke, as a clause; empty for a text of another form. */
function beyondBounds(
  text: string,
  units: Readonly<Record<string, number>>,
  least: string,
  most: string,
): string {
  const [, number, unit] = /^([0-9]+)([a-zA-Z]+)$/.exec(text) ?? [];
  if (unit === undefined || !Object.hasOwn(units, unit)) return "";
  if (Number(number) === 0) return `, which is less than "${least}"`;
  // A number with a zero before it is of another form.
  return number.startsWith("0") ? "" : `, which is more than "${most}"`;
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** Text of a size: `512MiB`, `1GiB`. */
export const SIZE_PATTERN = "^[1-9][0-9]{0,15}(B|KiB|MiB|GiB|TiB)$";

/** The largest is as many whole TiB as numbers are exact for. */
const MOST_SIZE = "8191TiB";

/** A size in bytes, at most 8191 TiB. */
export function sizeWord(text: string): Word<number> {
  const value = bytesOf(text);
  if (value !== undefined) return { value };
  const beyond = beyondBounds(text, SIZE_UNITS, "1B", MOST_SIZE);
  const short = /^([1-9][0-9]*) ?([kmgt])i?b?$/i.exec(text);
  const meant = short === null
    ? undefined
    : `${short[1]}${short[2].toUpperCase()}iB`;
  return {
    fault: `is ${
      quoted(text)
    }${beyond}: a size such as "64KiB", "512MiB" or "1GiB", at most "${MOST_SIZE}", was wanted`,
    hint: meant === undefined || bytesOf(meant) === undefined
      ? undefined
      : `Did you mean "${meant}"?`,
  };
}

function bytesOf(text: string): number | undefined {
  const unit = new RegExp(SIZE_PATTERN).exec(text)?.[1];
  if (unit === undefined) return undefined;
  const bytes = parseInt(text, 10) * SIZE_UNITS[unit];
  return bytes <= 8191 * SIZE_UNITS.TiB ? bytes : undefined;
}

/** A word of a command line or a value of the environment: anything but NUL. */
export function argumentWord(text: string): Word<string> {
  return text.includes("\0")
    ? {
      fault: `is ${
        quoted(text)
      }: a text without the character NUL was wanted, which no program can be given`,
    }
    : { value: text };
}

/** A program by name, or as a path of the workspace. */
export function programWord(text: string): Word<string> {
  if (/^[^/\\,*\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]+$/u.test(text)) {
    return text === "." || text === ".." || text.includes("${params.")
      ? { fault: `is ${quoted(text)}: the name of a program was wanted` }
      : { value: text };
  }
  return fileWord(text);
}
