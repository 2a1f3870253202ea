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

/** Keys and indexes that lead from a step to a part of it, as its author wrote it. */
export type Field = readonly (string | number)[];

/** Where a field of a step stands in the author's file. */
export type PlaceOf = (step: string, field: Field) => Place | undefined;

/** Collects errors of steps. */
export class FaultCollector {
  readonly #name: string;
  readonly #placeOf: PlaceOf;
  readonly #errors = new Map<string, { error: WritError; fault: Fault }>();

  constructor(name: string, placeOf: PlaceOf = () => undefined) {
    this.#name = name;
    this.#placeOf = placeOf;
  }

  /** Does `work` on a field of a step; `null` when it came to a fault, which is kept. */
  attempt<T>(step: Step, field: Field, work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof WritError) || !OF_A_STEP.has(error.code)) {
        throw error;
      }
      this.add(step, field, error);
      return null;
    }
  }

  /** As {@linkcode attempt}, for work without a result; whether it went well. */
  check(step: Step, field: Field, work: () => void): boolean {
    return this.attempt(step, field, () => {
      work();
      return true;
    }) !== null;
  }

  /** Keeps a fault of a field of a step. */
  add(step: Pick<Step, "id">, field: Field, error: WritError): void {
    // Steps that read the same have the same fault.
    if (this.#errors.has(error.message)) return;
    this.#errors.set(error.message, {
      error,
      fault: {
        place: this.#placeOf(step.id, field),
        message: error.message,
        hint: error.hint,
      },
    });
  }

  /** @throws {WritError} the one fault, or one error with all of them. */
  throwIfAny(): void {
    const all = [...this.#errors.values()].sort((a, b) =>
      inFile(a.fault.place, b.fault.place)
    );
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

/** Orders by place; what has none keeps its turn. */
function inFile(a: Place | undefined, b: Place | undefined): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}
