export * from "./prompt_secret.ts";
