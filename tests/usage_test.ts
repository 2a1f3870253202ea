/**
 * What a step used: the figures are the step's, and one that is not is told as unknown.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Receipt, ReceiptSchema } from "../src/ledger/receipt.ts";
import { type Usage, UsageSchema } from "../src/ledger/usage.ts";
import { unknownLines, usedCells } from "../src/cli/used.ts";
import {
  toldUsage,
  usageInNamespaces,
  usageUnderLandlock,
} from "../src/sandbox/usage.js";
import { BACKENDS, underEach } from "./support/sandbox.ts";
import { TrialWorld } from "./support/trial_world.ts";
import { Workspace } from "./support/workspaces.ts";

const MIB = 1024 * 1024;
const sh = (script: string) => ["sh", "-c", script];
/** Takes a shell some 100 ms of processor time. */
const LOOP = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
const HOG = "head -c 300000000 /dev/zero | tail -c 300000000 | wc -c";
const processor = ({ userMs, systemMs }: Pick<Usage, "userMs" | "systemMs">) =>
  (userMs ?? NaN) + (systemMs ?? NaN);

underEach(
  "the processor time of what the step waited for is counted",
  async (bench) => {
    const { usage } = await bench.run(sh(`sh -c '${LOOP}'; true`));
    assert(processor(usage) >= 50, JSON.stringify(usage));
    assert(usage.wallMs > 0);
  },
);

const DAEMON = sh(
  `(setsid sh -c '${LOOP}; echo > done; sleep 60' >/dev/null 2>&1 &)
  until [ -e done ]; do sleep 0.02; done`,
);

underEach(
  "the processor time of what outlived its parent is counted",
  async (bench) => {
    const { usage, exit } = await bench.run(DAEMON);
    assertEquals(exit, 0);
    assert(processor(usage) >= 50, JSON.stringify(usage));
  },
  { only: "landlock" },
);

underEach(
  "where what was still running is not counted, that is told",
  async (bench) => {
    const { usage, exit } = await bench.run(DAEMON);
    assertEquals(exit, 0);
    assertEquals(Object.keys(usage.notes), [
      "userMs",
      "systemMs",
      "peakMemoryBytes",
    ]);
    assertMatch(usage.notes.userMs!, /still running/);
  },
  { only: "bubblewrap" },
);

underEach(
  "of a step that was ended what it used is counted, or unknown and why",
  async (bench) => {
    const stop = new AbortController();
    const { usage } = await bench.run(sh(`${LOOP}; echo up; sleep 60`), {}, {
      signal: stop.signal,
      seen: () => stop.abort(),
    });
    if (bench.backend.name === "landlock") {
      assert(processor(usage) >= 50, JSON.stringify(usage));
    } else {
      assertEquals([usage.userMs, usage.systemMs, usage.peakMemoryBytes], [
        null,
        null,
        null,
      ]);
      assertMatch(usage.notes.userMs!, /killed with its sandbox/);
    }
  },
);

underEach(
  "a step that sleeps used less of the processor than one that works",
  async (bench) => {
    const slept = await bench.run(["sleep", "0.3"]);
    const worked = await bench.run(sh(`${LOOP}; ${LOOP}; ${LOOP}`));
    assert(slept.usage.wallMs >= 300);
    assert(processor(slept.usage) < processor(worked.usage));
  },
);

underEach(
  "the peak of memory is that of the largest process",
  async (bench) => {
    const { usage } = await bench.run(sh(HOG));
    assert((usage.peakMemoryBytes ?? 0) > 250 * MIB, JSON.stringify(usage));
  },
);

underEach("the peak of memory is not the launcher's", async (bench) => {
  const { usage } = await bench.run(["true"]);
  assert(usage.peakMemoryBytes! > 0 && usage.peakMemoryBytes! < 32 * MIB);
}, { only: "bubblewrap" });

underEach(
  "a peak of memory that is not above the launcher's is unknown, and why",
  async (bench) => {
    const { usage } = await bench.run(["true"]);
    assertEquals(usage.peakMemoryBytes, null);
    assertMatch(
      usage.notes.peakMemoryBytes!,
      /^it was not above that of the launcher \(\d+ MiB\)/,
    );
    assertEquals(Object.keys(usage.notes), ["peakMemoryBytes"]);
  },
  { only: "landlock" },
);

const ONE = { user: 10, system: 5, peak: 30 * MIB };
const TWO = { user: 1, system: 2, peak: 90 * MIB };

Deno.test("what lost its parent is added, its peak counts alone", () => {
  assertEquals(
    toldUsage(usageUnderLandlock(ONE, [TWO, ONE], true, 64 * MIB), 7),
    {
      wallMs: 7,
      userMs: 21,
      systemMs: 12,
      peakMemoryBytes: 90 * MIB,
      notes: {},
    },
  );
});

Deno.test("times are told to the microsecond", () => {
  const sums = { user: 0.1 + 0.2, system: 2.175, peak: 1, notes: {} };
  const { userMs, systemMs, wallMs } = toldUsage(sums, 6.629227000000014);
  assertEquals([userMs, systemMs, wallMs], [0.3, 2.175, 6.629]);
});

Deno.test("processor time of which some may be missing is unknown", () => {
  const told = toldUsage(usageUnderLandlock(TWO, [], false, 64 * MIB), 7);
  assertEquals([told.userMs, told.systemMs, told.peakMemoryBytes], [
    null,
    null,
    90 * MIB,
  ]);
  assertEquals(Object.keys(told.notes), ["userMs", "systemMs"]);
  UsageSchema.parse(told);
});

for (
  const [what, inner, killed] of [
    ["without the sandbox's first process", null, false],
    ["of a step that was killed with its sandbox", { ...ONE, status: 9 }, true],
  ] as const
) {
  Deno.test(`${what} only the time is known`, () => {
    const told = toldUsage(usageInNamespaces(ONE, inner, killed), 7);
    assertEquals(Object.keys(told.notes), [
      "userMs",
      "systemMs",
      "peakMemoryBytes",
    ]);
    UsageSchema.parse(told);
  });
}

Deno.test("the sandbox's own peak is not the step's, its processor time is", () => {
  assertEquals(usageInNamespaces(TWO, { ...ONE, status: 0 }, false), {
    user: 11,
    system: 7,
    peak: ONE.peak,
    notes: {},
  });
});

const KNOWN: Usage = {
  wallMs: 1234,
  userMs: 300,
  systemMs: 20,
  peakMemoryBytes: 3 * MIB,
  notes: {},
};

const FORMS: [string, unknown, boolean][] = [
  ["all figures", KNOWN, true],
  ["a figure that is null without a reason", { ...KNOWN, userMs: null }, false],
  ["a note of what a figure leaves out", {
    ...KNOWN,
    notes: { userMs: "so" },
  }, true],
  ["a figure that is null and its reason", {
    ...KNOWN,
    peakMemoryBytes: null,
    notes: { peakMemoryBytes: "so" },
  }, true],
  ["a negative time", { ...KNOWN, wallMs: -1 }, false],
  ["half a byte", { ...KNOWN, peakMemoryBytes: 0.5 }, false],
];
for (const [what, value, legal] of FORMS) {
  Deno.test(`a usage with ${what} is ${legal ? "legal" : "refused"}`, () =>
    assertEquals(UsageSchema.safeParse(value).success, legal));
}

Deno.test("usage is shown with what is unknown, and each reason once", () => {
  const unknown: Usage = {
    ...KNOWN,
    peakMemoryBytes: null,
    notes: { peakMemoryBytes: "it was small" },
  };
  assertEquals(usedCells(KNOWN), ["1.2 s", "320 ms", "3.0 MiB"]);
  assertEquals(usedCells(unknown), ["1.2 s", "320 ms", "?"]);
  assertEquals(usedCells(null), ["", "", ""]);
  assertEquals(unknownLines([unknown, KNOWN, null, unknown]), [
    "? it was small",
  ]);
});

for (const { name, backend } of BACKENDS) {
  Deno.test({
    name: `receipts tell what each step used, or why nothing did [${name}]`,
    ignore: backend === null,
    fn: async () => {
      await using world = await TrialWorld.open();
      using workspace = new Workspace();
      await world.try(workspace.root, {
        work: { run: sh(`${LOOP}; ${LOOP}; ${LOOP}; ${HOG}`) },
        fail: { run: ["false"], needs: ["work"] },
        never: { run: ["true"], needs: ["fail"] },
      }, backend!);
      const [work, fail, never] = await ends(world);
      assert(work.usage!.userMs! >= 100, JSON.stringify(work.usage));
      assert(
        work.usage!.peakMemoryBytes! >= 250 * MIB,
        JSON.stringify(work.usage),
      );
      assert(fail.usage!.wallMs > 0);
      assertEquals(never.usage, null);
      assertMatch(never.reason!, /"fail"/);
    },
  });
}

async function ends({ world: { ledger } }: TrialWorld) {
  const [{ run }] = await Array.fromAsync(
    ledger.runs({ reverse: true, limit: 1 }),
  );
  const receipts = await Array.fromAsync(
    ledger.receipts(run),
    (bytes): Receipt =>
      ReceiptSchema.parse(JSON.parse(new TextDecoder().decode(bytes))),
  );
  return receipts.flatMap((receipt) =>
    receipt.type === "step.finished" ? [receipt.body] : []
  );
}
