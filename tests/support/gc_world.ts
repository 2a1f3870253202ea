/**
 * Worlds whose evidence expires, and gc in them at any time.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import type { Digest } from "../../src/core/digest.ts";
import type { Retention } from "../../src/ticket/trust.ts";
import type { Report } from "../../src/verify/report.ts";
import { writHere } from "./in_process.ts";
import type { Ended } from "./run_writ.ts";
import { TRUST, World } from "./world.ts";
import { isThere } from "./is_there.ts";

/** A recipient; nobody here has the identity. */
export const RECIPIENT =
  "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

/** Two steps: what one prints is public, what the other prints is sealed. */
export const STEPS = {
  open: {
    run: ["sh", "-c", "cat in.txt; cp in.txt out.txt"],
    permissions: { read: ["in.txt"], write: ["out.txt"] },
  },
  closed: {
    run: ["cat", "in.txt"],
    permissions: { read: ["in.txt"] },
    evidence: "sealed",
  },
};

export const DAY = 24 * 60 * 60 * 1000;

/** A world in which no approval is asked for. */
export async function gcWorld(
  retention?: Retention,
  steps: Record<string, unknown> = STEPS,
): Promise<World> {
  const world = await World.make({
    files: { "in.txt": "what goes in\n" },
    steps,
    unattended: true,
  });
  await keep(world, retention);
  return world;
}

/** Puts another retention in force. */
export async function keep(
  world: World,
  retention: Retention | undefined,
): Promise<void> {
  await world.changeTrust(({ retention: _, ...trust }) => ({
    ...trust,
    recipients: [{ recipient: RECIPIENT, owner: "ann" }],
    ...(retention === undefined ? {} : { retention }),
  }));
  await world.accept(world.ann);
}

/** Runs a command in this process, some days from now. */
export function later(
  world: World,
  days: number,
  words: readonly string[],
): Promise<Ended> {
  return writHere(words, {
    cwd: world.workspace,
    home: world.ann.home,
    now: () => Date.now() + days * DAY,
  });
}

/** What `gc --json` answers. */
export interface Answer {
  dryRun: boolean;
  expired: {
    run: string;
    expired: { class: string; days: number }[];
    kept: string[];
    files: number;
  }[];
  bundles: string[];
  unneeded: {
    blobs: number;
    trees: number;
    views: string[];
    denoDirs: number;
    drafts: number;
  } | null;
  left: { run: string; why: string }[];
}

/** Collects some days from now; it must succeed. */
export async function collect(
  world: World,
  days: number,
  ...words: string[]
): Promise<Answer> {
  const ended = await later(world, days, ["gc", "--json", ...words]);
  assertEquals(ended.status, 0, ended.stdout + ended.stderr);
  return JSON.parse(ended.stdout);
}

/** What expired, as lines: `run class`. */
export function expiredIn({ expired }: Answer): string[] {
  return expired.flatMap((each) =>
    each.expired.map((one) => `${each.run} ${one.class}`)
  );
}

/** What `verify` finds some days from now that is no `PASS`: `id verdict codes`. */
export async function verified(
  world: World,
  days: number,
  run = "latest",
): Promise<{ exit: number; found: string[] }> {
  const { stdout } = await later(world, days, [
    ...["verify", run, "--trust", TRUST, "--json"],
  ]);
  const report: Report = JSON.parse(stdout);
  const found = report.invariants.filter(({ verdict }) => verdict !== "PASS")
    .map(({ id, verdict, reasons }) =>
      [id, verdict, ...[...new Set(reasons.map(({ code }) => code))].sort()]
        .join(" ")
    );
  return { exit: report.exit, found };
}

/** The evidence of a run: its class, the file in the bundle, the file in the store. */
export async function pieces(world: World, run: string) {
  const state = await world.stateOfLedger();
  const { receipts } = JSON.parse(
    (await later(world, 0, ["show", run, "--json"])).stdout,
  );
  const refs: { digest: Digest; sealed?: unknown }[] = receipts.flatMap((
    { body }: { body: { evidence?: unknown[] } },
  ) => body.evidence ?? []);
  return refs.map(({ digest, sealed }) => {
    const hex = digest.slice(7);
    return {
      class: sealed === undefined ? "public" : "sealed",
      inBundle: world.at(`.writ/runs/${run}/evidence/sha256/${hex}`),
      inStore: join(state, "blobs", hex.slice(0, 2), hex.slice(2)),
    };
  });
}

/** Which of a run's evidence is there: `public bundle`, `sealed store`, … */
export async function present(world: World, run: string): Promise<string[]> {
  const found = (await pieces(world, run)).flatMap((piece) => [
    ...(isThere(piece.inBundle) ? [`${piece.class} bundle`] : []),
    ...(isThere(piece.inStore) ? [`${piece.class} store`] : []),
  ]);
  return [...new Set(found)].sort();
}

/** The ledger is whole, and has this many entries. */
export async function wholeLedger(world: World): Promise<number> {
  const ended = await later(world, 0, ["log", "--verify", "--json"]);
  assertEquals(ended.status, 0, ended.stdout + ended.stderr);
  return JSON.parse(ended.stdout).report.head.size;
}
