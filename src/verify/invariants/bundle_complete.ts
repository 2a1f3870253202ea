/**
 * `bundle.complete`: the folder holds exactly what `bundle.json` lists, and one run.
 *
 * @module
 */
import {
  BUNDLE_FILES,
  type BundleIndex,
  EXPIRED_FILE,
} from "../../bundle/bundle.ts";
import {
  BUNDLE_POLICY,
  bundleNameFault,
  CACHED_FOLDER,
  EVIDENCE_FOLDER,
} from "../../bundle/names.ts";
import type { BundleParts } from "../../bundle/parse_bundle.ts";
import { type Digest, sha256 } from "../../core/digest.ts";
import { expiredFiles } from "../expired_evidence.ts";
import { Findings, type Invariant } from "../invariant.ts";

/** Every listed file is there with its size and digest but for what is said to have expired, nothing else is, and all of it is of one run. */
export const bundleComplete: Invariant = {
  id: "bundle.complete",
  title: "The bundle is whole and holds nothing else",
  beforeSeal: false,
  check(parts) {
    const found = new Findings();
    checkPresent(parts, found);
    checkListed(parts, found);
    checkRun(parts, found);
    return found;
  },
};

/** What is there: the required names, no name that leads elsewhere, nothing but files. */
function checkPresent({ bundle }: BundleParts, found: Findings): void {
  for (const name of Object.values(BUNDLE_FILES)) {
    if (!bundle.files.has(name)) {
      found.fail("bundle.file_missing", `There is no "${name}"`, name);
    }
  }
  for (const { name, what } of bundle.strange) {
    found.fail(
      "bundle.strange",
      `"${name}" is ${what}; a bundle holds plain files only`,
      name,
    );
  }
  for (const name of bundle.files.keys()) {
    if (isVouched(name)) continue;
    found.fail(
      "bundle.file_unvouched",
      `"${name}" is listed, but nothing that is checked here says anything about it`,
      name,
    );
  }
}

const OF_A_MAKER = new RegExp(
  `^${CACHED_FOLDER}[^/]+/(${
    [BUNDLE_FILES.plan, BUNDLE_FILES.receipts, BUNDLE_FILES.seal].join("|")
      .replaceAll(".", "\\.")
  })$`,
);

/** Whether some other invariant says what the file must hold. */
function isVouched(name: string): boolean {
  return name === EXPIRED_FILE ||
    Object.values<string>(BUNDLE_FILES).includes(name) ||
    name.startsWith(BUNDLE_POLICY) || name.startsWith(EVIDENCE_FOLDER) ||
    OF_A_MAKER.test(name);
}

/** `bundle.json` lists each file as it is, and those that have expired as they were. */
function checkListed(parts: BundleParts, found: Findings): void {
  const { files } = parts.bundle;
  const index = found.own(parts.index);
  if (index === undefined) return;
  const expired = expiredFiles(parts);
  let last = "";
  for (const [i, listed] of index.files.entries()) {
    const { name } = listed;
    const at = `${BUNDLE_FILES.index}#/files/${i}`;
    const fault = bundleNameFault(name);
    if (fault !== null) {
      found.fail("bundle.name", `"${name}" cannot be a name: ${fault}`, at);
    }
    if (!(last < name)) {
      found.fail("bundle.order", `"${name}" is listed out of order`, at);
    }
    last = name;
    const bytes = files.get(name);
    if (bytes !== undefined) checkBytes(listed, bytes, at, found);
    else checkGone(listed, expired.get(name), at, found);
  }
  const listed = new Set(index.files.map(({ name }) => name));
  checkUnlisted(listed, files.keys(), expired.keys(), found);
}

type Listed = BundleIndex["files"][number];

function checkBytes(
  { name, size, digest }: Listed,
  bytes: Uint8Array,
  at: string,
  found: Findings,
): void {
  if (bytes.length !== size) {
    found.fail(
      "bundle.size",
      `"${name}" has ${bytes.length} bytes, ${size} are listed`,
      name,
      at,
    );
  } else if (sha256(bytes) !== digest) {
    found.fail(
      "bundle.digest",
      `"${name}" is ${sha256(bytes)}, ${digest} is listed`,
      name,
      at,
    );
  }
}

/** Whether what has expired may be gone is for `evidence.retention` to say. */
function checkGone(
  { name, size, digest }: Listed,
  was: { digest: Digest; bytes: number } | undefined,
  at: string,
  found: Findings,
): void {
  if (was === undefined) {
    found.fail("bundle.file_missing", `"${name}" is listed but not there`, at);
  } else if (was.bytes !== size || was.digest !== digest) {
    found.fail(
      "bundle.digest",
      `"${name}" has expired and is listed with ${size} bytes as ${digest}, ${was.bytes} as ${was.digest} are recorded`,
      at,
    );
  }
}

function checkUnlisted(
  listed: ReadonlySet<string>,
  files: Iterable<string>,
  expired: Iterable<string>,
  found: Findings,
): void {
  for (const name of files) {
    const isBeside = name === BUNDLE_FILES.index || name === EXPIRED_FILE;
    if (listed.has(name) !== isBeside) continue;
    found.fail(
      "bundle.file_unlisted",
      isBeside
        ? `"${name}" is listed, though it stands beside what the bundle was made of`
        : `"${name}" is there but not listed`,
      name,
    );
  }
  for (const name of expired) {
    if (listed.has(name)) continue;
    found.fail(
      "bundle.file_unlisted",
      `"${name}" has expired, and is not listed any more`,
      name,
    );
  }
}

/** The run id is the same wherever one is written. */
function checkRun(parts: BundleParts, found: Findings): void {
  const run = parts.index.value?.run;
  if (run === undefined) return;
  const others: [name: string, run: string | undefined][] = [
    [BUNDLE_FILES.receipts, parts.receipts.value?.[0]?.value.run],
    [BUNDLE_FILES.seal, parts.seal.value?.payload.run],
  ];
  for (const [name, other] of others) {
    if (other !== undefined && other !== run) {
      found.fail(
        "bundle.run",
        `"${name}" is of the run "${other}", the bundle is of "${run}"`,
        name,
        BUNDLE_FILES.index,
      );
    }
  }
}
