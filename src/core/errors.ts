/**
 * The one error type of Writ, and the closed list of its codes.
 *
 * @module
 */

/** What a process exits with. One meaning each, everywhere. */
export const EXIT = {
  done: 0,
  stepFailed: 1,
  usage: 2,
  refused: 3,
  notVerified: 4,
  different: 5,
  fault: 70,
  unsaid: 74,
  cancelled: 130,
} as const;

/** An exit status of Writ. */
export type ExitStatus = typeof EXIT[keyof typeof EXIT];

/**
 * Every error code and the exit status that it means. The code is the contract
 * that scripts and tests rely on; the sentence beside it may be improved.
 */
export const ERROR_EXIT = {
  // usage and input
  "usage.invalid": EXIT.usage,
  "input.unreadable": EXIT.usage,
  "input.invalid": EXIT.usage,
  "pipeline.invalid": EXIT.usage,
  "reference.unknown": EXIT.usage,
  "keys.exists": EXIT.usage,
  "keys.passphrase": EXIT.refused,
  "keys.missing": EXIT.refused,
  "keys.unsafe": EXIT.refused,
  "config.unsafe": EXIT.refused,
  // plan
  "plan.material_missing": EXIT.usage,
  "plan.material_unsupported": EXIT.usage,
  "plan.executable_missing": EXIT.usage,
  "plan.undeclared_word": EXIT.usage,
  "plan.environment_missing": EXIT.usage,
  "plan.too_long": EXIT.usage,
  "plan.changed_while_read": EXIT.refused,
  "cache.missing": EXIT.refused,
  // policy and trust
  "policy.invalid": EXIT.refused,
  "policy.missing": EXIT.refused,
  "policy.unpinned": EXIT.refused,
  "policy.denied": EXIT.refused,
  "trust.invalid": EXIT.refused,
  "trust.missing": EXIT.refused,
  "trust.busy": EXIT.refused,
  "trust.unpinned": EXIT.refused,
  "setup.missing": EXIT.refused,
  "code.inside_workspace": EXIT.refused,
  // tickets
  "ticket.missing": EXIT.refused,
  "ticket.malformed": EXIT.refused,
  "ticket.signature": EXIT.refused,
  "ticket.signer_unknown": EXIT.refused,
  "ticket.signer_not_in_force": EXIT.refused,
  "ticket.signer_not_allowed": EXIT.refused,
  "ticket.self_approval": EXIT.refused,
  "ticket.quorum": EXIT.refused,
  "ticket.decision": EXIT.refused,
  "ticket.ledger": EXIT.refused,
  "ticket.not_yet_valid": EXIT.refused,
  "ticket.expired": EXIT.refused,
  "ticket.revoked": EXIT.refused,
  "ticket.used": EXIT.refused,
  // sandbox
  "sandbox.unavailable": EXIT.refused,
  "sandbox.cannot_hold": EXIT.refused,
  "sandbox.launch": EXIT.refused,
  "secret.missing": EXIT.refused,
  "secret.unsafe": EXIT.refused,
  "workspace.unsafe": EXIT.refused,
  "publish.unsafe": EXIT.refused,
  // ledger, evidence, run
  "ledger.conflict": EXIT.refused,
  "ledger.corrupt": EXIT.refused,
  "ledger.busy": EXIT.refused,
  "ledger.newer": EXIT.refused,
  "ledger.rolled_back": EXIT.refused,
  "ledger.rewritten": EXIT.refused,
  "receipt.illegal": EXIT.fault,
  "evidence.corrupt": EXIT.refused,
  "evidence.no_recipient": EXIT.refused,
  "store.unwritable": EXIT.refused,
  "store.unavailable": EXIT.refused,
  "run.busy": EXIT.refused,
  "run.not_resumable": EXIT.refused,
  "run.cancelled": EXIT.cancelled,
  // verification
  "bundle.unreadable": EXIT.notVerified,
  "checkpoint.signature": EXIT.notVerified,
  "verify.failed": EXIT.notVerified,
  // Writ itself
  "writ.permission": EXIT.refused,
  "output.unwritable": EXIT.unsaid,
  "writ.fault": EXIT.fault,
} as const satisfies Record<string, ExitStatus>;

/** A code of a {@linkcode WritError}. */
export type ErrorCode = keyof typeof ERROR_EXIT;

/** A place in a text file. Lines and columns count from 1. */
export interface Place {
  /** How messages call the file: most often its path as the caller gave it. */
  file: string;
  /** Left out where the fault is of the file as a whole. */
  line?: number;
  /** Counts UTF-16 code units, as editors do; a byte order mark is none. */
  column?: number;
}

/** One fault among several that were found together. */
export interface Fault {
  /** Left out where no text is at fault. */
  place?: Place;
  /** A sentence as that of a {@linkcode WritError}: what was found and what was wanted. */
  message: string;
  /** What would put it right, where that is known. Never the way round a control. */
  hint?: string;
}

/** What a {@linkcode WritError} may carry beside its code and sentence. */
export interface WritErrorOptions {
  /** Where in the input the fault lies. */
  place?: Place;
  /** What the reader can do about it. Never the way round a control. */
  hint?: string;
  /** All faults, when several were found together. */
  faults?: Fault[];
  /** What was thrown below, kept as the standard `cause`. */
  cause?: unknown;
}

/**
 * An error with a code of the closed list, a sentence for people, and a cause.
 *
 * The sentence begins with a capital, has no period, names the action that
 * failed and quotes values: `Cannot read "x": it is a folder, a file was expected`.
 */
export class WritError extends Error {
  /** What scripts and tests match; the sentence may be improved, this stays. */
  readonly code: ErrorCode;
  /** Where in the input the fault lies; `undefined` where no text is at fault. */
  readonly place?: Place;
  /** What the reader can do about it. Never the way round a control. */
  readonly hint?: string;
  /** Every fault, where several were looked for at once; else empty. */
  readonly faults: readonly Fault[];

  /** `message` is the sentence, without its period. */
  constructor(
    code: ErrorCode,
    message: string,
    options: WritErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "WritError";
    this.code = code;
    this.place = options.place;
    this.hint = options.hint;
    this.faults = options.faults ?? [];
  }

  /** The exit status that the code means. */
  get exit(): ExitStatus {
    return ERROR_EXIT[this.code];
  }
}

/**
 * `true` when `error` is a {@linkcode WritError}, of `code` where one is given.
 *
 * @example
 * ```ts
 * import { isWritError, WritError } from "@writ/writ";
 * import { assert } from "@std/assert";
 *
 * const error = new WritError("ticket.used", "Cannot use the ticket");
 * assert(error.exit === 3);
 * assert(isWritError(error, "ticket.used"));
 * assert(!isWritError(new TypeError("something else")));
 * ```
 */
export function isWritError(
  error: unknown,
  code?: ErrorCode,
): error is WritError {
  return error instanceof WritError &&
    (code === undefined || error.code === code);
}
