/**
 * The schema of a pipeline file: what the parser applies and editors complete from.
 *
 * @module
 */
import * as z from "zod";
import { DENO_COMMANDS } from "./deno_subcommands.ts";
import type { PipelineFile } from "./file_form.ts";
import { DigestSchema } from "../core/digest.ts";
import { CACHES, REQUIREMENTS } from "./pipeline.ts";
import {
  LIMIT_KEYS,
  LimitsFileSchema,
  PERMISSION_KEYS,
  PermissionsFileSchema,
} from "./permissions_schema.ts";
import {
  argument,
  envName,
  list,
  name,
  samePath,
  word,
} from "./schema_parts.ts";
import {
  fileWord,
  pathWord,
  writtenFileWord,
  writtenPathWord,
} from "./words.ts";

const description = z.string({ error: "a text" }).meta({
  description: "What this is for, in words. It changes nothing.",
});
const isolation = z.enum(["namespaces", "kernel"], {
  error: '"namespaces" or "kernel"',
});

const envValue = z.union([
  argument,
  z.strictObject({
    from: envName.meta({
      description:
        "A variable of the caller's environment, whose value is bound into the plan.",
    }),
  }),
  z.strictObject({
    secret: name.meta({
      description:
        "A secret by name, taken from the runner's environment. Its value is in no digest or receipt.",
    }),
    as: z.literal("file", { error: '"file"' }).optional().meta({
      description:
        "The variable holds the path of a file with the secret in it.",
    }),
  }),
], 'a text, { "from": "NAME" } or { "secret": "NAME" }');

const cacheWanted = `one of ${CACHES.map((name) => `"${name}"`).join(", ")}`;
const cache = z.enum(CACHES, { error: cacheWanted });

const step = z.strictObject({
  description: description.optional(),
  run: z.array(argument, {
    error: "a list of texts with the program first",
  }).min(1, "at least a program").optional().meta({
    description:
      "A program and its arguments, never a line for a shell. ${params.NAME} is replaced; $${params. stands for ${params. itself.",
    examples: [["tar", "-cf", "dist/src.tar", "src"]],
  }),
  deno: z.tuple(
    [
      z.enum(DENO_COMMANDS, {
        error: `one of ${DENO_COMMANDS.map((name) => `"${name}"`).join(", ")}`,
      }),
    ],
    argument,
    {
      error: "a list of texts with a subcommand first",
    },
  ).optional().meta({
    description:
      "A subcommand of Deno and its arguments. Permissions and lock flags come from Writ. ${params.NAME} is replaced in arguments.",
    examples: [["test", "src"]],
  }),
  needs: list(z.string({ error: "the name of a step" }), "a list of step names")
    .optional().meta({
      description: "Steps that must have succeeded before.",
      examples: [["test"]],
    }),
  permissions: PermissionsFileSchema.optional().meta({
    description:
      "What the step may see and do. What is not declared does not exist for it.",
  }),
  env: z.record(envName, envValue, {
    error: "an object from variable names to values",
  }).optional().meta({
    description:
      "The environment, whole. A value is a text (${params.NAME} is replaced), one of the caller's, or a secret.",
    examples: [{ SOURCE_DATE_EPOCH: "0" }],
  }),
  cwd: word(pathWord, "a path").optional().meta({
    description:
      "The folder in which the step starts; all paths stay relative to the workspace root.",
    examples: ["packages/a"],
  }),
  stdin: z.union([
    z.strictObject({
      text: argument.meta({
        description: "The text itself. Parameters are not replaced in it.",
      }),
    }),
    z.strictObject({
      file: word(fileWord, "a path").meta({
        description: 'A file of the workspace that "read" covers.',
      }),
    }),
  ], '{ "text": … } or { "file": … }').optional().meta({
    description:
      "What the step reads on standard input; closed when not given.",
  }),
  stdout: word(writtenFileWord, "a path").optional().meta({
    description:
      "A file that takes the standard output. It is a product, as if it were in write.",
  }),
  scratch: list(word(writtenPathWord, "a path"), "a list of paths", samePath)
    .optional().meta({
      description: "Paths that the step may write and that are thrown away.",
    }),
  limits: LimitsFileSchema.optional().meta({
    description: "Bounds on the step.",
  }),
  retries: z.int({ error: "a whole number from 0 to 10" }).min(
    0,
    "a whole number from 0 to 10",
  ).max(10, "a whole number from 0 to 10").optional().meta({
    description: "How often the step is tried again when it fails.",
  }),
  isolation: isolation.optional().meta({
    description:
      "The least that must hold this step; not less than the pipeline's.",
  }),
  evidence: z.enum(["public", "sealed"], { error: '"public" or "sealed"' })
    .optional().meta({
      description:
        "How what the step prints is kept. public (default): as it is. sealed: encrypted for the recipients whom trust names, shown nowhere, for a shorter time.",
      default: "public",
    }),
  fetch: cache.optional().meta({
    description:
      "The cache of packages that the step fills over the network, from nothing. It is hashed, recorded and kept, and is all that leaves the step.",
    examples: ["npm"],
  }),
  fetched: z.array(
    z.union([
      cache,
      z.strictObject({
        cache: cache.meta({ description: "Which cache it is." }),
        tree: DigestSchema.meta({
          description: "What an earlier run fetched, by the root of its tree.",
        }),
      }),
    ], `${cacheWanted}, or { "cache": …, "tree": … }`),
    { error: "a list of caches" },
  ).optional().meta({
    description:
      "Caches that the step is given, read-only: as a step that it needs fetches them, or what an earlier run fetched.",
    examples: [["npm"]],
  }),
}, { error: "an object that describes a step" }).meta({
  description: "A step: exactly one of run and deno.",
  oneOf: [{ required: ["run"] }, { required: ["deno"] }],
});

/** Schema of a {@linkcode PipelineFile}. What concerns several fields or steps is checked by the parser. */
export const PipelineFileSchema: z.ZodType<PipelineFile> = z.strictObject({
  $schema: z.string({ error: "a text" }).optional().meta({
    description: "Where an editor finds the schema of this file.",
  }),
  name: name.meta({ description: "The pipeline's name." }),
  description: description.optional(),
  params: z.record(name, argument, {
    error: "an object from names to texts",
  }).optional().meta({
    description:
      "Public values for ${params.NAME} in arguments and env; --param NAME=VALUE replaces one.",
    examples: [{ version: "1.2.3" }],
  }),
  isolation: isolation.optional().meta({
    description:
      "The least that must hold every step. namespaces: what is not declared does not exist. kernel (default): it cannot be read, written or reached.",
    default: "kernel",
  }),
  require: list(
    z.enum(REQUIREMENTS, {
      error: `one of ${REQUIREMENTS.map((id) => `"${id}"`).join(", ")}`,
    }),
    "a list of invariants",
  ).optional().meta({
    description:
      "Invariants that must pass without a warning; a run in which one does not is sealed as failed.",
    examples: [["evidence.strength"]],
  }),
  steps: z.record(name, step, {
    error: "an object from step names to steps",
  }).meta({
    description: "The steps by name.",
    minProperties: 1,
  }),
}, { error: "an object that describes a pipeline" }).meta({
  title: "Writ pipeline",
  description: "What is to run: steps, their permissions, their order.",
}) as z.ZodType<PipelineFile>;

/** The keys that objects of the file may have, by the name of the object. */
export const KNOWN_KEYS = {
  pipeline: [
    "$schema",
    "name",
    "description",
    "params",
    "isolation",
    "require",
    "steps",
  ],
  step: Object.keys(step.shape),
  permissions: PERMISSION_KEYS,
  limits: LIMIT_KEYS,
} as const satisfies Record<string, readonly string[]>;
