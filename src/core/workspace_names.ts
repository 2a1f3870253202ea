/**
 * What Writ itself has in a workspace, relative to its root.
 *
 * @module
 */

/** Writ's own folder: bundles, requests, what is being published. */
export const OWN_FOLDER = ".writ";

/** The folder of the proposed policy and trust. */
export const POLICY_FOLDER = "policies";

/** The proposed trust. */
export const TRUST_FILE = "policies/trust.json";
