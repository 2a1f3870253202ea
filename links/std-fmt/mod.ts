export * from "./colors.ts";
export * from "./bytes.ts";
