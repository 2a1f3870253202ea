// @ts-types="./exists.d.ts"
export * from "npm:deno-std@1.4.0/assert/exists.js";
