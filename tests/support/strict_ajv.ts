/**
 * Validators of JSON Schemas.
 *
 * @module
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

/**
 * A validator for each schema, by name. Strict: a word that ajv does not know is an error. Formats
 * are left to the patterns beside them, `oneOf` may name what `properties` beside it define, and a
 * tuple may go on.
 */
export function validatorsOf(
  schemas: ReadonlyMap<string, string>,
): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    validateFormats: false,
  });
  return new Map(
    [...schemas].map(([name, text]) => [name, ajv.compile(JSON.parse(text))]),
  );
}
