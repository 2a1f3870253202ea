// @ts-types="./string_includes.d.ts"
export * from "npm:deno-std@1.4.0/assert/string_includes.js";
