/**
 * The schema of a step's permissions and limits, as an author writes them.
 *
 * @module
 */
import * as z from "zod";
import type { LimitsFile, PermissionsFile } from "./file_form.ts";
import { list, paths, samePath, word } from "./schema_parts.ts";
import {
  DURATION_PATTERN,
  durationWord,
  fileWord,
  hostWord,
  programWord,
  SIZE_PATTERN,
  sizeWord,
  writtenPathWord,
} from "./words.ts";

/** The kinds of system information that Deno's `--allow-sys` knows. */
export const SYS_KINDS = [
  "cpus",
  "getPriority",
  "gid",
  "homedir",
  "hostname",
  "loadavg",
  "networkInterfaces",
  "osRelease",
  "osUptime",
  "setPriority",
  "statfs",
  "systemMemoryInfo",
  "uid",
  "userInfo",
  "username",
] as const;

const permissions = z.strictObject({
  read: paths.optional().meta({
    description:
      'Files and folders of the workspace that the step sees. They are hashed. "." is the whole workspace without .git, .writ and what .gitignore names.',
    examples: [["src"]],
  }),
  write: list(
    word(writtenPathWord, "a path"),
    "a list of paths",
    samePath,
  ).optional().meta({
    description:
      'What the step makes, published when it succeeds. "dist" starts absent, "dist/" as an empty folder; a path that is also in "read" starts as a copy and is updated in place.',
    examples: [["dist"]],
  }),
  deny: paths.optional().meta({
    description: 'Paths that are left out of what "read" shows.',
  }),
  net: z.union([
    z.boolean(),
    list(word(hostWord, "a host"), "a list of hosts"),
  ], "true, false or a list of hosts").optional().meta({
    description:
      'true: the whole network. A list: hosts, as "host" or "host:port". "localhost" is a private loopback.',
    examples: [["localhost"], ["example.org:443"]],
  }),
  run: list(word(programWord, "the name of a program"), "a list of programs")
    .optional().meta({
      description:
        "A deno step: the programs that it may start. A native step: further programs that must be there.",
    }),
  sys: z.union([
    z.boolean(),
    list(
      z.enum(SYS_KINDS, { error: "a kind of system information" }),
      "a list of kinds of system information",
    ),
  ], "true, false or a list of kinds of system information").optional().meta({
    description: "Deno steps only: system information, as --allow-sys.",
  }),
  ffi: z.union([
    z.boolean(),
    list(word(fileWord, "a path"), "a list of paths", samePath),
  ], "true, false or a list of paths").optional().meta({
    description: "Deno steps only: libraries of the workspace, as --allow-ffi.",
  }),
  import: paths.optional().meta({
    description:
      "Deno steps only: files and folders whose modules may be loaded but not read as data.",
  }),
}, { error: "an object of permissions" });

const limits = z.strictObject({
  timeout: word(durationWord, 'a time such as "2m"', {
    pattern: DURATION_PATTERN,
  }).optional().meta({
    description:
      "Wall time after which the step is ended: 500ms, 30s, 2m, 1h. Ten minutes when not given.",
    examples: ["2m"],
  }),
  cpu: word(durationWord, 'a time such as "2m"', {
    pattern: DURATION_PATTERN,
  }).optional().meta({
    description: "Processor time of all its processes together: 30s, 2m.",
    examples: ["30s"],
  }),
  memory: word(sizeWord, 'a size such as "1GiB"', { pattern: SIZE_PATTERN })
    .optional().meta({
      description: "Memory: 512MiB, 1GiB.",
      examples: ["1GiB"],
    }),
  processes: z.int({ error: "a whole number from 1 to 65535" }).min(
    1,
    "a whole number from 1 to 65535",
  ).max(65535, "a whole number from 1 to 65535").optional().meta({
    description: "Processes and threads at one time.",
    examples: [64],
  }),
  openFiles: z.int({ error: "a whole number from 16 to 65535" }).min(
    16,
    "a whole number from 16 to 65535",
  ).max(65535, "a whole number from 16 to 65535").optional().meta({
    description: "Descriptors that a process may have open at one time.",
    examples: [256],
  }),
  fileSize: word(sizeWord, 'a size such as "1GiB"', { pattern: SIZE_PATTERN })
    .optional().meta({
      description: "Size of any one file that it writes: 512MiB.",
      examples: ["512MiB"],
    }),
  output: word(sizeWord, 'a size such as "8MiB"', { pattern: SIZE_PATTERN })
    .optional().meta({
      description:
        "Standard output and error together: 8MiB. 64MiB when not given.",
      examples: ["8MiB"],
    }),
}, { error: "an object of limits" });

/** Schema of {@linkcode PermissionsFile}. */
export const PermissionsFileSchema: z.ZodType<PermissionsFile> = permissions;

/** Schema of {@linkcode LimitsFile}. */
export const LimitsFileSchema: z.ZodType<LimitsFile> = limits;

/** The keys of permissions. */
export const PERMISSION_KEYS: readonly string[] = Object.keys(
  permissions.shape,
);

/** The keys of limits. */
export const LIMIT_KEYS: readonly string[] = Object.keys(limits.shape);
