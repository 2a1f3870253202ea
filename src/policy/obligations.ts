/**
 * What a reviewer must look at in a step, in sentences. They come from the plan alone, whatever
 * policy answers.
 *
 * @module
 */
import { quoted } from "../core/printable.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { Facts } from "./decision.ts";
import { asks, usesNetwork, writesOf } from "./facts.ts";
import { sensitiveWrites } from "./sensitive_paths.ts";

/** The sentences, most telling first; of a step that only reads and writes its paths, none. */
export function obligationsOf(step: PlanStep, facts: Facts): string[] {
  const { permissions } = step;
  const sensitive = sensitiveWrites(writesOf(step));
  const secrets = Object.entries(step.env)
    .filter(([, value]) => typeof value !== "string").map(([name]) => name);
  const unfetched = step.tools.filter(({ name }) => name.startsWith("npm:"))
    .length;
  const found: [boolean, string][] = [
    [
      facts.requester.kind === "agent",
      `An agent asks for it: ${quoted(facts.requester.id)}${
        facts.requester.key === null ? ", by a name that nothing proves" : ""
      }`,
    ],
    [
      sensitive.length > 0,
      `It writes what other tools execute: ${list(sensitive)}`,
    ],
    [
      usesNetwork(step),
      permissions.net === true
        ? "It reaches the whole network"
        : `It reaches the network: ${list(names(permissions.net))}`,
    ],
    [
      step.fetch !== null,
      `It fills the ${step.fetch} cache, which is recorded and given to later steps`,
    ],
    [
      step.fetched.some((cache) => "tree" in cache),
      `It is given what an earlier run fetched: ${
        step.fetched.flatMap((cache) =>
          "tree" in cache ? [`the ${cache.cache} cache ${cache.tree}`] : []
        ).join(", ")
      }`,
    ],
    [
      unfetched > 0,
      `Its npm packages (${unfetched}) come from Deno's cache on the machine that plans, and are not checked against the lock: nobody whom Writ knows fetched them; a step with "fetch": "deno" would`,
    ],
    [secrets.length > 0, `It is given secrets: ${list(secrets.sort())}`],
    [
      step.bound.length > 0,
      `It takes values from the environment of whoever asks: ${
        list(step.bound)
      }`,
    ],
    [
      asks(permissions.ffi),
      "It loads native libraries, which Deno's permissions do not hold",
    ],
    [
      step.kind === "deno" && permissions.run.length > 0,
      `It starts programs, which Deno's permissions do not hold: ${
        list(permissions.run)
      }`,
    ],
    [
      step.executable.tier === "workspace",
      `Its program comes from the workspace: ${list([step.executable.name])}`,
    ],
  ];
  return found.filter(([holds]) => holds).map(([, sentence]) => sentence);
}

function names(permission: boolean | readonly string[]): readonly string[] {
  return typeof permission === "boolean" ? [] : permission;
}

function list(values: readonly string[]): string {
  return values.map((value) => quoted(value)).join(", ");
}
