/**
 * The parts that the schema of a pipeline file is made from. Their `error` texts are what was
 * wanted, as in "… was wanted".
 *
 * @module
 */
import * as z from "zod";
import {
  argumentWord,
  ENV_NAME_PATTERN,
  NAME_PATTERN,
  pathWord,
  type Word,
} from "./words.ts";

/** A text that a small language judges; `wanted` is said of what is no text at all. */
export function word(
  judge: (text: string) => Word<unknown>,
  wanted: string,
  meta: Record<string, unknown> = {},
): z.ZodType<string> {
  return z.string({ error: wanted }).superRefine((text, context) => {
    const judged = judge(text);
    if ("fault" in judged) {
      context.addIssue({
        code: "custom",
        message: judged.fault,
        params: { hint: judged.hint },
      });
    }
  }).meta(meta);
}

/** A list in which nothing is there twice, after `same` brought its texts to one form. */
export function list<T extends string>(
  item: z.ZodType<T>,
  wanted: string,
  same: (text: string) => string = (text) => text,
): z.ZodType<T[]> {
  return z.array(item, { error: wanted }).superRefine((texts, context) => {
    const seen = new Set<string>();
    texts.forEach((text, index) => {
      if (typeof text !== "string") return;
      const form = same(text);
      if (seen.has(form)) {
        context.addIssue({
          code: "custom",
          message: "is there twice",
          path: [index],
        });
      }
      seen.add(form);
    });
  }).meta({ uniqueItems: true });
}

/** The one form of a path, however it was written. */
export function samePath(text: string): string {
  const judged = pathWord(text);
  return "value" in judged ? judged.value.path : text;
}

const nameWanted =
  "a name of at most 64 letters, digits, dots, dashes and underscores that begins with a letter or digit";
/** A name of a pipeline, step, parameter or secret. */
export const name: z.ZodType<string> = z.string({ error: nameWanted }).regex(
  new RegExp(NAME_PATTERN),
  nameWanted,
);
const envNameWanted =
  "a name of letters, digits and underscores that does not begin with a digit";
/** A name of an environment variable. */
export const envName: z.ZodType<string> = z.string({ error: envNameWanted })
  .regex(
    new RegExp(ENV_NAME_PATTERN),
    envNameWanted,
  );
/** Paths of the workspace. */
export const paths: z.ZodType<string[]> = list(
  word(pathWord, "a path"),
  "a list of paths",
  samePath,
);
/** A word of a command line or a value of the environment. */
export const argument: z.ZodType<string> = word(argumentWord, "a text");
