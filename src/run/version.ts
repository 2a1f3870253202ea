/**
 * Writ's own version, as in `deno.json`.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };

/** Writ's version (Semantic Versioning). */
export const VERSION: string = config.version;
