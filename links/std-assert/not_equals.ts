// @ts-types="./not_equals.d.ts"
export * from "npm:deno-std@1.4.0/assert/not_equals.js";
