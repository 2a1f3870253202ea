/**
 * Collects what is wrong with a pipeline's steps, so that all of it is said at once.
 *
 * @module
 */
import { type Fault, type Place, WritError } from "../core/errors.ts";
import { quoted } from "../core/printable.ts";
import type { Step } from "../pipeline/pipeline.ts";

/** Errors that concern one step; any other stops the planning at once. */
const OF_A_STEP: ReadonlySet<string> = new Set([
  "plan.material_missing",
  "plan.material_unsupported",
  "plan.executable_missing",
  "plan.undeclared_word",
  "plan.environment_missing",
]);

/** Collects errors of steps. */
export class FaultCollector {
  readonly #name: string;
  readonly #placeOf: (
    step: string,
    field: readonly string[],
  ) => Place | undefined;
  readonly #errors = new Map<string, { error: WritError; fault: Fault }>();

  constructor(
    name: string,
    placeOf: (
      step: string,
      field: readonly string[],
    ) => Place | undefined = () => undefined,
  ) {
    this.#name = name;
    this.#placeOf = placeOf;
  }

  /** Does `work` on a field of a step; `null` when it came to a fault, which is kept. */
  attempt<T>(step: Step, field: readonly string[], work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof WritError) || !OF_A_STEP.has(error.code)) {
        throw error;
      }
      // Steps that read the same have the same fault.
      if (!this.#errors.has(error.message)) {
        this.#errors.set(error.message, {
          error,
          fault: {
            place: this.#placeOf(step.id, field),
            message: error.message,
            hint: error.hint,
          },
        });
      }
      return null;
    }
  }

  /** @throws {WritError} the one fault, or one error with all of them. */
  throwIfAny(): void {
    const all = [...this.#errors.values()];
    if (all.length === 0) return;
    const [{ error, fault }] = all;
    if (all.length === 1) {
      throw new WritError(error.code, error.message, {
        place: fault.place,
        hint: error.hint,
        cause: error,
      });
    }
    throw new WritError(
      error.code,
      `Cannot plan ${quoted(this.#name)}: ${all.length} faults`,
      { faults: all.map((each) => each.fault) },
    );
  }
}
