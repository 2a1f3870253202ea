/**
 * Rules that concern several fields of one step.
 *
 * @module
 */
import { foldersAbove, isWithin } from "../core/paths.ts";
import { quoted } from "../core/printable.ts";
import { denoArgumentFaults } from "./deno_arguments.ts";
import type { JsonDocument } from "./document.ts";
import type { FaultList } from "./faults.ts";
import type { Outline, StepOutline } from "./outline.ts";
import { misspelt, type ReferenceFault, substitute } from "./params.ts";
import { addFetchFaults } from "./fetch_rules.ts";
import { label } from "./schema_faults.ts";

/** Adds what is wrong within single steps. `params` are the values in force. */
export function addStepFaults(
  outline: Outline,
  params: ReadonlyMap<string, string>,
  document: JsonDocument,
  faults: FaultList,
): void {
  for (const step of outline.steps) {
    addKindFaults(step, document, faults);
    addParamFaults(step, params, document, faults);
    addArgumentFaults(step, params, document, faults);
    addStdinFaults(step, document, faults);
    addPathFaults(step, document, faults);
    addFetchFaults(step, document, faults);
    if (step.isolation === "kernel" && outline.isolation === "namespaces") {
      faults.add(
        document.place([...step.at, "isolation"]),
        `${
          label(step.at)
        } asks for "kernel", less than the "namespaces" of the whole pipeline`,
        "Leave it out, or lower the pipeline's and raise that of other steps",
      );
    }
  }
}

function addKindFaults(
  step: StepOutline,
  document: JsonDocument,
  faults: FaultList,
): void {
  if (!step.whole) return;
  if (step.kinds.length === 0) {
    faults.add(
      document.place(step.at),
      `${
        label(step.at)
      } has neither "run" nor "deno": exactly one of them was wanted`,
    );
  } else if (step.kinds.length === 2) {
    faults.add(
      document.keyPlace([...step.at, "deno"]),
      `${
        label(step.at)
      } has both "run" and "deno": exactly one of them was wanted`,
    );
  } else if (step.kinds[0] === "run") {
    for (const key of ["sys", "ffi", "import"]) {
      if (!step.permissions.includes(key)) continue;
      faults.add(
        document.keyPlace([...step.at, "permissions", key]),
        `${label(step.at)} is a native step and cannot have ${
          quoted(key)
        }: neither backend can hold that for a native program`,
        'Leave it out; only "deno" steps have it',
      );
    }
  }
}

function addParamFaults(
  step: StepOutline,
  params: ReadonlyMap<string, string>,
  document: JsonDocument,
  faults: FaultList,
): void {
  for (const text of [...step.argv, ...step.values]) {
    const report = (fault: ReferenceFault) =>
      faults.add(
        document.place(text.at),
        `${label(text.at)} ${fault.message}`,
        fault.hint,
      );
    substitute(text.value, params, report);
    misspelt(text.value, params).forEach(report);
  }
  const stdin = step.stdin.text;
  if (stdin?.value.includes("${params.")) {
    faults.add(
      document.place(stdin.at),
      'The text of "stdin" has "${params.", and parameters are not replaced in it',
      'Hand the value to the step in "env"',
    );
  }
}

function addArgumentFaults(
  step: StepOutline,
  params: ReadonlyMap<string, string>,
  document: JsonDocument,
  faults: FaultList,
): void {
  if (step.kinds.length !== 1 || step.argv.length === 0) return;
  // Judged as they will be: a parameter can bring a flag.
  const argv = step.argv.map((word) => substitute(word.value, params));
  if (step.kinds[0] === "run") {
    if (argv[0] === "") {
      faults.add(
        document.place(step.argv[0].at),
        `${label(step.at)} has an empty program`,
      );
    }
    return;
  }
  for (const { index, message, hint } of denoArgumentFaults(argv)) {
    const { at } = step.argv[index];
    faults.add(document.place(at), `${label(at)} ${message}`, hint);
  }
}

function addStdinFaults(
  step: StepOutline,
  document: JsonDocument,
  faults: FaultList,
): void {
  const file = step.stdin.file;
  if (file === undefined) return;
  const covered = step.reads.some((read) => isWithin(file.value, read.value)) &&
    !step.deny.some((deny) => isWithin(file.value, deny));
  if (!covered) {
    faults.add(
      document.place(file.at),
      `The "file" of "stdin" is ${
        quoted(file.value)
      }, which the step may not read`,
      `Add ${quoted(file.value)} to "read"`,
    );
  }
}

function addPathFaults(
  step: StepOutline,
  document: JsonDocument,
  faults: FaultList,
): void {
  const writes = new Map(step.writes.map((write) => [write.value, write]));
  const { stdout } = step;
  if (stdout !== undefined) {
    const same = writes.get(stdout.value);
    if (same?.folder) {
      faults.add(
        document.place(stdout.at),
        `"stdout" is ${quoted(stdout.value)}, which "write" makes a folder`,
      );
    }
    writes.set(stdout.value, same ?? stdout);
  }
  for (const write of writes.values()) {
    for (const above of foldersAbove(write.value)) {
      const outer = writes.get(above);
      if (outer === undefined) continue;
      const { line, column } = document.place(outer.at);
      faults.add(
        document.place(write.at),
        `${quoted(write.value)} lies within ${
          quoted(outer.value)
        } (${line}:${column}), which the step writes as a whole`,
        "Keep one of the two",
      );
      break;
    }
  }
  for (const scratch of step.scratch) {
    const write = writes.get(scratch.value);
    if (write === undefined) continue;
    const { line, column } = document.place(write.at);
    faults.add(
      document.place(scratch.at),
      `${
        quoted(scratch.value)
      } is both thrown away and a product (${line}:${column})`,
      'Keep it in "scratch" or in "write"',
    );
  }
  for (const read of step.reads) {
    const write = writes.get(read.value);
    if (!write?.folder) continue;
    faults.add(
      document.place(write.at),
      `${
        quoted(`${write.value}/`)
      } starts as an empty folder, and the step also reads it`,
      `Write ${quoted(write.value)} to update it in place`,
    );
  }
}
