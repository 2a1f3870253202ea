import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import {
  canonicalBytes,
  canonicalText,
  parseCanonical,
} from "../src/core/canonical_json.ts";
import { leafHash, sha256 } from "../src/core/digest.ts";
import { isWritError, WritError } from "../src/core/errors.ts";
import { nextReceipt, type ReceiptDraft } from "../src/ledger/chain.ts";
import { checkReceipts } from "./support/check_receipts.ts";
import { ascii, Scanner } from "../src/ledger/scan.ts";
import { walkChain } from "../src/ledger/walk_chain.ts";
import { OrderGuard } from "../src/ledger/order.ts";
import type { Receipt, StepStatus } from "../src/ledger/receipt.ts";
import { EMPTY_HEAD } from "../src/ledger/store.ts";
import {
  ACTOR,
  DECISION,
  finished,
  PLAN,
  sealed,
  started,
} from "./support/ledger.ts";

const RUN = "run_01JZ0000000000000000000000";
const ENTRY = { seq: 0, hash: sha256(PLAN) };

type Step =
  | "open"
  | "resume"
  | "seal"
  | "publish"
  | `${"start" | StepStatus} ${number}`;

function draftOf(step: Step): ReceiptDraft {
  const [word, number = "0"] = step.split(" ");
  const attempt = Number(number);
  const common = {
    run: RUN,
    at: "2026-05-01T10:00:00.000Z",
    actor: ACTOR,
  };
  switch (word) {
    case "open":
      return {
        ...common,
        type: "run.opened",
        body: {
          plan: sha256(PLAN),
          decision: sha256(DECISION),
          ticket: "t",
          envelope: sha256(PLAN),
          pipeline: sha256(PLAN),
          entry: ENTRY,
          only: null,
        },
      };
    case "resume":
      return { ...common, type: "run.resumed", body: { entry: ENTRY } };
    case "seal":
      return { ...common, type: "run.sealed", body: sealed() };
    case "start":
      return { ...common, type: "step.started", body: started("a", attempt) };
    case "publish":
      return {
        ...common,
        type: "step.published",
        body: { step: "a", products: [] },
      };
    default:
      return {
        ...common,
        type: "step.finished",
        body: finished("a", word as "ok", attempt),
      };
  }
}

function chainOf(steps: Step[]): { receipts: Receipt[]; lines: Uint8Array[] } {
  let head = EMPTY_HEAD;
  const receipts: Receipt[] = [];
  const lines: Uint8Array[] = [];
  for (const step of steps) {
    const link = nextReceipt(head, draftOf(step));
    receipts.push(link.receipt);
    lines.push(link.bytes);
    head = link.head;
  }
  return { receipts, lines };
}

const LEGAL: [what: string, steps: Step[]][] = [
  ["a run of no step", ["open", "seal"]],
  ["a step", ["open", "start 1", "ok 1", "publish", "seal"]],
  ["a step that publishes nothing", ["open", "start 1", "ok 1", "seal"]],
  ["a retry", ["open", "start 1", "failed 1", "start 2", "ok 2", "seal"]],
  ["a skipped step", ["open", "skipped 0", "seal"]],
  ["a refused step", ["open", "refused 0", "seal"]],
  ["a step refused at its launch", ["open", "start 1", "refused 1", "seal"]],
  ["a cached step", ["open", "cached 0", "publish", "seal"]],
  ["a step that a crash cut", [
    "open",
    "start 1",
    "resume",
    "indeterminate 1",
    "seal",
  ]],
  ["a step that runs again after a crash", [
    "open",
    "start 1",
    "resume",
    "indeterminate 1",
    "start 2",
    "ok 2",
    "publish",
    "seal",
  ]],
  ["two crashes", [
    "open",
    "start 1",
    "resume",
    "resume",
    "indeterminate 1",
    "seal",
  ]],
  ["a skipped step that runs after a resume", [
    "open",
    "skipped 0",
    "resume",
    "start 1",
    "ok 1",
    "seal",
  ]],
  ["a failed step that is skipped after a resume", [
    "open",
    "start 1",
    "failed 1",
    "resume",
    "skipped 0",
    "seal",
  ]],
  ["a publication finished after a resume", [
    "open",
    "start 1",
    "ok 1",
    "resume",
    "publish",
    "seal",
  ]],
];

for (const [what, steps] of LEGAL) {
  Deno.test(`order: ${what} is legal`, () => {
    const guard = new OrderGuard();
    for (const receipt of chainOf(steps).receipts) guard.accept(receipt);
    assertEquals(guard.phase, "sealed");
    assertEquals(guard.unfinished(), []);
  });
}

/** The last one is illegal, all before it are legal. */
const ILLEGAL: [what: string, steps: Step[]][] = [
  ["a step before the run is open", ["start 1"]],
  ["a seal before the run is open", ["seal"]],
  ["a resume before the run is open", ["resume"]],
  ["a second opening", ["open", "open"]],
  ["a second seal", ["open", "seal", "seal"]],
  ["a step after the seal", ["open", "seal", "start 1"]],
  ["a resume after the seal", ["open", "seal", "resume"]],
  ["a seal while a step runs", ["open", "start 1", "seal"]],
  ["a seal while a step is lost", ["open", "start 1", "resume", "seal"]],
  ["a success without a start", ["open", "ok 0"]],
  ["a success of attempt 1 without a start", ["open", "ok 1"]],
  ["a failure without a start", ["open", "failed 1"]],
  ["an indeterminate end without a start", ["open", "indeterminate 1"]],
  ["a start at attempt 2", ["open", "start 2"]],
  ["a start while it runs", ["open", "start 1", "start 2"]],
  ["an end of another attempt", ["open", "start 1", "ok 2"]],
  ["a skip at attempt 1", ["open", "skipped 1"]],
  ["a skip of what runs", ["open", "start 1", "skipped 1"]],
  ["a cached end of what runs", ["open", "start 1", "cached 1"]],
  ["a retry at the same attempt", ["open", "start 1", "failed 1", "start 1"]],
  ["a start after success", ["open", "start 1", "ok 1", "start 2"]],
  ["a second end", ["open", "start 1", "ok 1", "ok 1"]],
  ["a change of the end", ["open", "start 1", "failed 1", "failed 1"]],
  ["a success claimed after a crash", ["open", "start 1", "resume", "ok 1"]],
  ["a failure claimed after a crash", [
    "open",
    "start 1",
    "resume",
    "failed 1",
  ]],
  ["a start of what is lost", ["open", "start 1", "resume", "start 2"]],
  ["a run of what was skipped", ["open", "skipped 0", "start 1"]],
  ["a publication of nothing", ["open", "publish"]],
  ["a publication of a failure", ["open", "start 1", "failed 1", "publish"]],
  ["a publication before the end", ["open", "start 1", "publish"]],
  ["a second publication", ["open", "start 1", "ok 1", "publish", "publish"]],
];

for (const [what, steps] of ILLEGAL) {
  Deno.test(`order: ${what} is illegal, and leaves the guard as it was`, () => {
    const { receipts } = chainOf(steps);
    const before = receipts.slice(0, -1);
    const guard = guardAfter(before);
    const act = () => guard.accept(receipts[receipts.length - 1]);
    assertEquals(assertThrows(act, WritError).code, "receipt.illegal");
    assertEquals(guard.phase, guardAfter(before).phase);
    assertEquals(guard.unfinished(), guardAfter(before).unfinished());
    // What may come next is the same as if it had never been tried.
    for (const next of NEXT) {
      const all = chainOf([...steps.slice(0, -1), next]).receipts;
      const tried = guardAfter(before);
      assertThrows(() => tried.accept(receipts[receipts.length - 1]));
      assertEquals(
        accepts(tried, all[all.length - 1]),
        accepts(guardAfter(before), all[all.length - 1]),
        next,
      );
    }
  });
}

const NEXT: Step[] = [
  "resume",
  "seal",
  "publish",
  "start 1",
  "start 2",
  "start 3",
  "ok 1",
  "ok 2",
  "skipped 0",
  "indeterminate 1",
];

function guardAfter(receipts: readonly Receipt[]): OrderGuard {
  const guard = new OrderGuard();
  for (const receipt of receipts) guard.accept(receipt);
  return guard;
}

function accepts(guard: OrderGuard, receipt: Receipt): boolean {
  try {
    guard.accept(receipt);
    return true;
  } catch (error) {
    assertEquals(isWritError(error, "receipt.illegal"), true);
    return false;
  }
}

// Chains.

const WHOLE: Step[] = ["open", "start 1", "ok 1", "publish", "seal"];

Deno.test("chain: a whole one has no fault, and reads as it was written", () => {
  const { receipts, lines } = chainOf(WHOLE);
  const checked = checkReceipts(lines, RUN);
  assertEquals(checked.faults, []);
  assertEquals(checked.receipts, receipts);
  assertEquals(checked.head, { size: 5, hash: leafHash(lines[4]) });
});

Deno.test("chain: one of no receipts is empty", () => {
  assertEquals(walkChain([], "receipt").head, EMPTY_HEAD);
});

const BROKEN: [
  what: string,
  codes: string[],
  tamper: (lines: Uint8Array[]) => Uint8Array[],
][] = [
  ["a receipt left out", ["chain.seq", "chain.prev"], (l) => l.toSpliced(2, 1)],
  ["the first left out", ["chain.seq", "chain.prev"], (l) => l.slice(1)],
  ["two exchanged", ["chain.seq", "chain.prev"], (
    [a, b, c, ...rest],
  ) => [a, c, b, ...rest]],
  ["one twice", ["chain.seq", "chain.prev"], (l) => [l[0], ...l]],
  [
    "a changed value",
    ["chain.prev"],
    (l) => change(l, 1, (r) => r.body.program = "/usr/bin/false"),
  ],
  [
    "another run",
    ["chain.owner"],
    (l) => change(l, 4, (r) => r.run = RUN.replace("Z", "Y")),
  ],
  [
    "no run",
    ["chain.owner", "chain.schema"],
    (l) => change(l, 4, (r) => delete r.run),
  ],
  ["another seq", ["chain.seq"], (l) => change(l, 4, (r) => r.seq = 9)],
  [
    "a text as seq",
    ["chain.seq", "chain.schema"],
    (l) => change(l, 4, (r) => r.seq = "4"),
  ],
  [
    "an unknown field",
    ["chain.schema"],
    (l) => change(l, 4, (r) => r.more = 1),
  ],
  [
    "an unknown status",
    ["chain.schema", "chain.prev"],
    (l) => change(l, 2, (r) => r.body.status = "fine"),
  ],
  [
    "an unsorted key",
    ["chain.bytes"],
    (l) => text(l, 4, /^\{"actor/, '{"z":1,"actor'),
  ],
  [
    "a key twice",
    ["chain.bytes"],
    (l) => text(l, 4, /"seq":4/, '"seq":3,"seq":4'),
  ],
  ["a space", ["chain.bytes"], (l) => text(l, 4, /"seq":/, '"seq": ')],
  [
    "a number in another form",
    ["chain.bytes"],
    (l) => text(l, 4, /"seq":4/, '"seq":4.0'),
  ],
  [
    "an escape that is not needed",
    ["chain.bytes"],
    (l) => text(l, 4, /"ada"/, '"\\u0061da"'),
  ],
  [
    "a lone surrogate",
    ["chain.bytes"],
    (l) => text(l, 4, /"ada"/, '"\\ud800"'),
  ],
  ["a byte order mark", ["chain.bytes"], (l) => text(l, 4, /^/, "\ufeff")],
  ["a list", ["chain.bytes"], (l) => text(l, 4, /^.*$/, "[]")],
  ["nothing", ["chain.bytes"], (l) => text(l, 4, /^.*$/, "")],
  ["deep nesting", ["chain.bytes"], (l) => text(l, 4, /^.*$/, "[".repeat(1e6))],
  ["bytes that are not UTF-8", ["chain.bytes"], (l) => [
    ...l.slice(0, 4),
    new Uint8Array([0x22, 0xff, 0x22]),
  ]],
];

for (const [what, codes, tamper] of BROKEN) {
  Deno.test(`chain: ${what} is found`, () => {
    const { lines } = chainOf(WHOLE);
    const { faults } = checkReceipts(tamper(lines), RUN);
    const found = new Set<string>(faults.map(({ code }) => code));
    for (const code of codes) assert(found.has(code), JSON.stringify(faults));
  });
}

Deno.test("chain: keys that JavaScript moves and escapes that RFC 8785 keeps are canonical", () => {
  const draft = draftOf("start 1");
  const host = { "10": 1, "2": 2, "\u{1f600}": '\u2028\u001f"\\\n', "é": -0.5 };
  Object.assign(draft.body, { host });
  const { bytes, head } = nextReceipt(EMPTY_HEAD, draft);
  assertEquals(walkChain([bytes], "receipt", RUN).faults, []);
  assertEquals(walkChain([bytes], "receipt", RUN).head, head);
});

Deno.test("chain: any flipped byte is found by the walk or moves the head", () => {
  const { lines } = chainOf(WHOLE);
  const { head } = walkChain(lines, "receipt", RUN);
  fc.assert(fc.property(
    fc.nat(lines.length - 1),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    (at, byte, mask) => {
      const changed = lines.map((line) => line.slice());
      changed[at][byte % changed[at].length] ^= mask;
      const walk = walkChain(changed, "receipt", RUN);
      assert(walk.faults.length > 0 || walk.head.hash !== head.hash);
    },
  ));
});

Deno.test("chain: the walk takes as canonical exactly what RFC 8785 does, also after a change of a byte", () => {
  const marks = [...'{}[]",:\\-+.0123456789eEtrufalsn \t\nu\u007f'];
  const verdicts = { sound: 0, broken: 0 };
  fc.assert(
    fc.property(
      fc.jsonValue({ stringUnit: "grapheme" }),
      fc.nat(),
      fc.constantFrom(...marks),
      fc.constantFrom("keep", "replace", "insert", "delete"),
      (body, at, mark, edit) => {
        const run = { body, prev: null, run: "r", seq: 0 };
        const raw = new TextDecoder().decode(canonicalBytes(run));
        const i = at % raw.length;
        const changed = {
          keep: raw,
          replace: raw.slice(0, i) + mark + raw.slice(i + 1),
          insert: raw.slice(0, i) + mark + raw.slice(i),
          delete: raw.slice(0, i) + raw.slice(i + 1),
        }[edit];
        const bytes = new TextEncoder().encode(changed);
        const found = walkChain([bytes], "receipt", "r").faults.some((fault) =>
          fault.code === "chain.bytes"
        );
        assertEquals(found, !isCanonicalObject(bytes), changed);
        verdicts[found ? "broken" : "sound"]++;
      },
    ),
    { numRuns: 5000 },
  );
  assert(verdicts.sound > 500 && verdicts.broken > 500);
});

Deno.test("chain: a number is scanned as canonical only as RFC 8785 writes it", () => {
  const scanner = new Scanner([]);
  const scans = (number: string) => scanner.scan(ascii(`{"n":${number}}`));
  const near = fc.tuple(
    fc.constantFrom("", "-"),
    fc.stringMatching(/^(0|[1-9]\d{0,16}|0[0-9]{1,3})$/),
    fc.stringMatching(/^(|\.0{0,8}\d{0,17})$/),
    fc.constantFrom("", "", "", "e1", ".", "-"),
  );
  const verdicts = { certain: 0, open: 0 };
  fc.assert(
    fc.property(near, (parts) => {
      const number = parts.join("");
      const isCertain = scans(number);
      if (isCertain) assertEquals(String(JSON.parse(number)), number);
      verdicts[isCertain ? "certain" : "open"]++;
    }),
    { numRuns: 20_000 },
  );
  assert(verdicts.certain > 500 && verdicts.open > 500);
  for (
    const number of [
      "0",
      "-7",
      "0.5",
      "-0.001",
      "3.297",
      "0.000001",
      "12345.25",
    ]
  ) assert(scans(number), number);
  for (
    const number of ["-0", "1.0", "0.0", "0.0000001", "01.5", "1.", ".5", "1e3"]
  ) assert(!scans(number), number);
});

/** The reference: parsed, made canonical again, compared. */
function isCanonicalObject(bytes: Uint8Array): boolean {
  try {
    const value = parseCanonical(bytes, "a line");
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** A receipt as JSON that a test may break. */
type Loose = Record<string, unknown> & { body: Record<string, unknown> };

function change(
  lines: Uint8Array[],
  at: number,
  edit: (receipt: Loose) => unknown,
): Uint8Array[] {
  const receipt = JSON.parse(new TextDecoder().decode(lines[at]));
  edit(receipt);
  return lines.with(at, canonicalBytes(receipt));
}

function text(
  lines: Uint8Array[],
  at: number,
  from: RegExp,
  to: string,
): Uint8Array[] {
  const before = new TextDecoder().decode(lines[at]);
  return lines.with(at, new TextEncoder().encode(before.replace(from, to)));
}

Deno.test("receipts of any size and script are in bytes of their own, also beside thousands", () => {
  const digest = sha256(PLAN);
  let head = EMPTY_HEAD;
  const links = Array.from({ length: 3_000 }, (_, i) => {
    const link = nextReceipt(head, {
      run: RUN,
      at: "2026-05-01T10:00:00.000Z",
      type: "step.published",
      actor: ACTOR,
      body: {
        step: ["a", "ä\u{1f600}", "\u2028"][i % 3].repeat(
          i % 500 === 7 ? 40_000 : i % 90,
        ),
        products: [{ path: "p", tree: digest, files: i, bytes: 0 }],
      },
    });
    head = link.head;
    return link;
  });
  for (const { bytes, receipt, hash } of links) {
    assertEquals(leafHash(bytes), hash);
    assert(new TextDecoder().decode(bytes) === canonicalText(receipt));
  }
});
