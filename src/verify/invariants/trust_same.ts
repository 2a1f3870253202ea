/**
 * `trust.same`: whether the reader believes the keys that the runner's workspace believed.
 *
 * @module
 */
import { BUNDLE_FILES } from "../../bundle/bundle.ts";
import { trustDigest } from "../../ticket/trust.ts";
import { Findings, type Invariant } from "../invariant.ts";

/**
 * The bundle's trust proves nothing by itself, so a difference is only told: whether the keys
 * that signed are the reader's is for `ticket.valid` and `seal.signature` to say.
 */
export const trustSame: Invariant = {
  id: "trust.same",
  title: "The reader's trust is the one that was in force",
  beforeSeal: false,
  check(parts, { trust }) {
    const found = new Findings();
    if (trust === null) {
      found.unknown(
        "trust.none",
        "The reader named no trust file: whose keys these are is not known",
      );
      return found;
    }
    const theirs = found.need(parts.trust);
    if (theirs !== undefined && trustDigest(theirs) !== trustDigest(trust)) {
      found.warn(
        "trust.differs",
        `The reader's trust is ${trustDigest(trust)}, ${
          trustDigest(theirs)
        } was in force`,
        BUNDLE_FILES.trust,
      );
    }
    const known = new Set(trust.keys.map(({ id }) => id));
    for (const name of ["ticket", "seal"] as const) {
      for (const { keyid } of parts[name].value?.envelope.signatures ?? []) {
        if (!known.has(keyid)) {
          found.warn(
            "trust.key_unknown",
            `The key ${keyid}, which signed the ${name}, is not in the reader's trust`,
            BUNDLE_FILES[name],
          );
        }
      }
    }
    return found;
  },
};
