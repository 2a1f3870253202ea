/**
 * Parts of the frame that need no process: interrupts, errors, near words, arguments.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { asWritError } from "../src/core/as_writ_error.ts";
import { findHome } from "../src/cli/home.ts";
import { Interrupts } from "../src/cli/interrupts.ts";
import {
  flag,
  operand,
  operands,
  option,
  options,
  orShort,
  wholeOption,
} from "../src/cli/parameters.ts";
import { parseArguments } from "../src/cli/parse_arguments.ts";
import { ERROR_EXIT, WritError } from "../src/core/errors.ts";
import { spokenAsProgram, spokenAsTask } from "../src/cli/spoken.ts";
import { wrapped } from "../src/cli/wrapped.ts";
import { rejectsWith } from "./support/rejects_with.ts";

const PARAMETERS = {
  pipeline: operand("PIPELINE", ""),
  yes: flag(""),
  maxUses: wholeOption("N", ""),
  out: orShort("o", option("FILE", "")),
  only: options("STEP", ""),
};

const GOOD: [line: string, values: Record<string, unknown>][] = [
  ["p", {}],
  ["p --yes", { yes: true }],
  ["--yes p", { yes: true }],
  ["p --max-uses 3", { maxUses: 3 }],
  ["p --max-uses=3", { maxUses: 3 }],
  ["p --out=a=b", { out: "a=b" }],
  ["p --out -", { out: "-" }],
  ["p -o a", { out: "a" }],
  ["-o=a p", { out: "a" }],
  ["-oa p", { out: "a" }],
  ["p -o-", { out: "-" }],
  ["p --out --yes", { out: "--yes" }],
  ["p --only a,b --only c", { only: ["a", "b", "c"] }],
  ["-- p", {}],
];

for (const [line, values] of GOOD) {
  Deno.test(`"${line}" is read`, () => {
    assertEquals(parseArguments(line.split(" "), PARAMETERS, "writ x"), {
      pipeline: "p",
      yes: false,
      maxUses: null,
      out: null,
      only: [],
      ...values,
    });
  });
}

const BAD: [line: string, message: string][] = [
  ["--yes", "Cannot go on: PIPELINE is missing"],
  ["p q", 'Cannot use "q": no further word was expected'],
  ["p --yes=no", "Cannot use --yes with a value: it is given or not"],
  [
    "p --max-uses 0",
    'Cannot use "0" for --max-uses: a whole number of at least 1 was expected',
  ],
  [
    "p --max-uses 1e3",
    'Cannot use "1e3" for --max-uses: a whole number of at least 1 was expected',
  ],
  [
    "p --max-uses -1",
    'Cannot use "-1" for --max-uses: a whole number of at least 1 was expected',
  ],
  ["p --out a --out b", "Cannot use --out twice"],
  ["p --out a -o b", "Cannot use -o twice"],
  ["p --out", "Cannot use --out alone: FILE is missing"],
  ["p -o", "Cannot use -o alone: FILE is missing"],
  ["p -oa -ob", "Cannot use -o twice"],
  ["p -yo", "Cannot use -yo: writ x has no such option"],
  ["p -y", "Cannot use -y: writ x has no such option"],
  ["p --maxUses 1", "Cannot use --maxUses: writ x has no such option"],
];

for (const [line, message] of BAD) {
  Deno.test(`"${line}" is refused`, () => {
    const error = assertThrows(
      () => parseArguments(line.split(" "), PARAMETERS, "writ x"),
      WritError,
    );
    assertEquals(error.code, "usage.invalid");
    assertEquals(error.message, message);
  });
}

Deno.test("words after -- are operands, whatever they look like", () => {
  const parameters = { command: operands("WORD", ""), yes: flag("") };
  assertEquals(
    parseArguments(["--yes", "--", "rm", "--yes", "--"], parameters, "writ x"),
    { command: ["rm", "--yes", "--"], yes: true },
  );
});

/** Interrupts with a clock and an exit that only remember. */
function interrupts(endsInOrder: boolean) {
  const said: string[] = [];
  const clock = { now: 0 };
  const watched = new Interrupts({
    endsInOrder,
    onFirst: () => said.push("first"),
    exit: (status) => said.push(`exit ${status}`),
    now: () => clock.now,
  });
  const press = (at: number) => {
    clock.now = at;
    watched.arrive();
  };
  return { watched, said, press };
}

Deno.test("Ctrl-C that arrives twice within half a second is one", () => {
  const { watched, said, press } = interrupts(true);
  press(1000);
  press(1000.3);
  press(1499);
  assertEquals(said, ["first"]);
  assertEquals(watched.signal.aborted, true);
});

Deno.test("a second Ctrl-C ends the process at once", () => {
  const { said, press } = interrupts(true);
  press(1000);
  press(1000.3);
  press(1600);
  assertEquals(said, ["first", "exit 130"]);
});

Deno.test("a command that has nothing to bring to an end ends at the first", () => {
  const { said, press } = interrupts(false);
  press(1000);
  assertEquals(said.at(0), "exit 130");
});

const THROWN: [what: string, thrown: unknown, code: keyof typeof ERROR_EXIT][] =
  [
    ["an error of Writ", new WritError("ticket.used", "Cannot"), "ticket.used"],
    [
      "a missing permission",
      new Deno.errors.NotCapable(
        'Requires write access to "/x", run again with the --allow-write flag',
      ),
      "writ.permission",
    ],
    [
      "a missing permission beneath another error",
      new Error("x", { cause: new Deno.errors.NotCapable("Requires y") }),
      "writ.permission",
    ],
    [
      "a full disk",
      Object.assign(new Error("x"), { code: "ENOSPC" }),
      "store.unwritable",
    ],
    [
      "a refusal after which tidying up failed too",
      new SuppressedError(
        new TypeError("x is not a function"),
        new WritError("ticket.used", "Cannot"),
      ),
      "ticket.used",
    ],
    ["a bug", new TypeError("x is not a function"), "writ.fault"],
    ["a thrown text", "x", "writ.fault"],
  ];

for (const [what, thrown, code] of THROWN) {
  Deno.test(`${what} is reported as ${code}`, () => {
    assertEquals(asWritError(thrown).code, code);
  });
}

Deno.test("a missing permission is named by its flag", () => {
  const error = asWritError(
    new Deno.errors.NotCapable(
      'Requires write access to "/x", run again with the --allow-write flag',
    ),
  );
  assertEquals(
    error.message,
    'Cannot go on: this process was started without --allow-write, and write access to "/x" is needed',
  );
});

const HOMES: [
  what: string,
  env: Record<string, string>,
  config: string,
  state: string,
][] = [
  ["HOME alone", { HOME: "/h" }, "/h/.config/writ", "/h/.local/state/writ"],
  [
    "XDG names",
    { HOME: "/h", XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" },
    "/c/writ",
    "/s/writ",
  ],
  [
    "XDG names without HOME",
    { XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" },
    "/c/writ",
    "/s/writ",
  ],
  [
    "empty XDG names",
    { HOME: "/h", XDG_CONFIG_HOME: "" },
    "/h/.config/writ",
    "/h/.local/state/writ",
  ],
];

for (const [what, env, configFolder, stateFolder] of HOMES) {
  Deno.test(`${what} says where the folders are`, async () => {
    assertEquals(await findHome((name) => env[name]), {
      configFolder,
      stateFolder,
    });
  });
}

const NO_HOMES: [what: string, env: Record<string, string>][] = [
  ["nothing", {}],
  ["one XDG name without HOME", { XDG_CONFIG_HOME: "/c" }],
  ["a relative HOME", { HOME: "h" }],
  ["a relative XDG name", { HOME: "/h", XDG_STATE_HOME: ".state" }],
];

for (const [what, env] of NO_HOMES) {
  Deno.test(`${what} is no place for the folders`, async () => {
    await rejectsWith("usage.invalid", () => findHome((name) => env[name]));
  });
}

const SPELT: [text: string, program: string, task: string][] = [
  ["deno task run P", "writ run P", "deno task run P"],
  ["writ run --help", "writ run --help", "deno task run --help"],
  [
    "deno task writ trust accept",
    "writ trust accept",
    "deno task writ trust accept",
  ],
  ["writ keys new", "writ keys new", "deno task writ keys new"],
  ["deno task install", "deno task install", "deno task install"],
  ["~/.config/writ run", "~/.config/writ run", "~/.config/writ run"],
  ["Writ keys", "Writ keys", "Writ keys"],
  ["writ keys-list", "writ keys-list", "writ keys-list"],
  [
    "Next: writ log, or deno task verify RUN",
    "Next: writ log, or writ verify RUN",
    "Next: deno task writ log, or deno task verify RUN",
  ],
];

for (const [text, program, task] of SPELT) {
  Deno.test(`"${text}" is spelt as it is given where it is read`, () => {
    assertEquals([spokenAsProgram(text), spokenAsTask(text)], [program, task]);
    assertEquals(spokenAsTask(program), task);
    assertEquals(spokenAsProgram(task), program);
  });
}

Deno.test("a line is wrapped between words, under where its text began", () => {
  assertEquals(wrapped("  --yes  do it at once, now", 40), [
    "  --yes  do it at once, now",
  ]);
  assertEquals(wrapped("  --yes  accept all of it without being asked", 34), [
    "  --yes  accept all of it without",
    "         being asked",
  ]);
  assertEquals(wrapped("one two three", 9), ["one two", "  three"]);
  assertEquals(wrapped("a".repeat(200), 20), ["a".repeat(200)]);
});

Deno.test("no line of any help is wider than its terminal, or a page", () => {
  fc.assert(fc.property(
    fc.array(
      fc.string({ minLength: 1, maxLength: 12, unit: "grapheme-ascii" }),
    ),
    fc.integer({ min: 20, max: 120 }),
    (words, columns) => {
      const line = words.map((word) => word.replace(/\s/g, "x")).join(" ");
      const lines = wrapped(line, columns);
      assertEquals(
        lines.join(" ").split(/ +/).join(" "),
        line.split(/ +/).join(" "),
      );
      assert(lines.every((one) => one.length <= Math.max(columns, 14)));
    },
  ));
  assert(
    wrapped("word ".repeat(100), Infinity).every((one) => one.length < 100),
  );
});
