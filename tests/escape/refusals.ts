/**
 * Pipelines that ask for a way out: they are refused before anything runs, so it does not matter
 * under what they would run.
 *
 * @module
 */
import { type Family, type Row, type Under } from "./act.ts";

/** What is asked for, and the same in a form that is granted. */
export interface Refusal extends Row {
  code: string;
  steps: Record<string, unknown>;
  granted: Record<string, unknown>;
}

const REFUSED: Under = {
  bubblewrap: { claim: "refused" },
  landlock: { claim: "refused" },
};

function writes(
  id: string,
  what: string,
  path: string,
  granted = "dist/x",
): Refusal {
  const step = (path: string) => ({
    make: { run: ["true"], permissions: { write: [path] } },
  });
  return {
    id,
    what,
    under: REFUSED,
    code: "pipeline.invalid",
    steps: step(path),
    granted: step(granted),
  };
}

function reads(id: string, what: string, path: string): Refusal {
  const step = (path: string) => ({
    make: { run: ["true"], permissions: { read: [path] } },
  });
  return {
    id,
    what,
    under: REFUSED,
    code: "pipeline.invalid",
    steps: step(path),
    granted: step("src"),
  };
}

const twoWriters = (first: string, second: string, needs: string[]) => ({
  one: { run: ["true"], permissions: { write: [first] } },
  two: { run: ["true"], permissions: { write: [second] }, needs },
});

function deno(id: string, what: string, flag: string): Refusal {
  const step = (flag: string) => ({
    make: { deno: ["run", flag, "src/main.ts"] },
  });
  return {
    id,
    what,
    under: REFUSED,
    code: "pipeline.invalid",
    steps: step(flag),
    granted: step("--quiet"),
  };
}

/** Refusals. */
export const REFUSALS: Family<Refusal> = {
  name: "Asking for a way out",
  acts: [
    writes(
      "ask-git",
      "declaring a git hook as its output",
      ".git/hooks/pre-commit",
    ),
    writes(
      "ask-inner-git",
      "declaring another repository's hook as its output",
      "vendor/.GIT/hooks/x",
    ),
    writes("ask-writ", "declaring `.writ` as its output", ".writ/runs"),
    writes(
      "ask-policies",
      "declaring the policy as its output",
      "policies/default.cedar",
    ),
    writes("ask-workspace", "declaring the whole workspace as its output", "."),
    writes("ask-up", "declaring an output above the workspace", "../x"),
    writes(
      "ask-absolute",
      "declaring an output by an absolute path",
      "/etc/cron.d/x",
    ),
    writes(
      "ask-list",
      "declaring an output that Deno takes for several",
      "dist/x,/etc",
    ),
    reads("ask-read-up", "declaring that it reads above the workspace", "../x"),
    reads(
      "ask-read-absolute",
      "declaring that it reads an absolute path",
      "/etc/shadow",
    ),
    {
      id: "ask-race",
      what: "having two steps race on one path",
      under: REFUSED,
      code: "pipeline.invalid",
      steps: twoWriters("dist/x", "dist/x", []),
      granted: twoWriters("dist/x", "dist/x", ["one"]),
    },
    {
      id: "ask-inner-race",
      what: "having two steps race on a folder and what is in it",
      under: REFUSED,
      code: "pipeline.invalid",
      steps: twoWriters("dist", "dist/x", []),
      granted: twoWriters("dist", "dist/x", ["one"]),
    },
    {
      id: "ask-shell",
      what: "giving a line for a shell in the place of words",
      under: REFUSED,
      code: "pipeline.invalid",
      steps: { make: { run: "true; true" } },
      granted: { make: { run: ["true", ";", "true"] } },
    },
    {
      id: "ask-link",
      what: "reading through a symlink that leads out of the workspace",
      under: REFUSED,
      code: "plan.material_unsupported",
      steps: { make: { run: ["true"], permissions: { read: ["leads-out"] } } },
      granted: { make: { run: ["true"], permissions: { read: ["leads-in"] } } },
    },
    deno(
      "ask-all",
      "giving itself all permissions in a Deno step's words",
      "-A",
    ),
    deno(
      "ask-read",
      "giving itself a permission in a Deno step's words",
      "--allow-read=/etc",
    ),
    deno(
      "ask-config",
      "choosing a Deno step's configuration in its words",
      "--config=src/evil.json",
    ),
    deno(
      "ask-preload",
      "having another script run before a Deno step's own",
      "--preload=src/evil.ts",
    ),
    deno(
      "ask-inspect",
      "opening a Deno step to a debugger",
      "--inspect=0.0.0.0:9229",
    ),
    {
      id: "ask-parameter-flag",
      what: "having a parameter taken for a flag of Deno",
      under: REFUSED,
      code: "pipeline.invalid",
      steps: { make: { deno: ["run", "${params.flag}", "src/main.ts"] } },
      granted: { make: { deno: ["run", "${params.quiet}", "src/main.ts"] } },
    },
  ],
};
