// @ts-types="./greater_or_equal.d.ts"
export * from "npm:deno-std@1.4.0/assert/greater_or_equal.js";
