/**
 * The one voice: what goes where, and what never reaches a terminal.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { WritError } from "../src/core/errors.ts";
import { tableLines, textWidth } from "../src/cli/table.ts";
import { type Output, Terminal } from "../src/cli/terminal.ts";

/** An output that remembers. */
class Memory implements Output {
  text = "";
  readonly #terminal: boolean;
  constructor(terminal: boolean) {
    this.#terminal = terminal;
  }
  writeSync(bytes: Uint8Array): number {
    // A pipe may take less than it is given.
    const taken = bytes.subarray(0, Math.max(1, Math.ceil(bytes.length / 2)));
    this.#pieces.push(...taken);
    this.text = new TextDecoder().decode(new Uint8Array(this.#pieces));
    return taken.length;
  }
  readonly #pieces: number[] = [];
  isTerminal(): boolean {
    return this.#terminal;
  }
}

function speaker(
  { json = false, tty = false, noColor = false, columns = Infinity } = {},
) {
  const stdout = new Memory(tty);
  const stderr = new Memory(tty);
  const terminal = new Terminal({ json, noColor, stdout, stderr, columns });
  return { terminal, stdout, stderr };
}

Deno.test("an answer goes to standard output, talk to standard error", () => {
  const { terminal, stdout, stderr } = speaker();
  terminal.answer({ a: 1 }, ["one", "two"]);
  terminal.say("three");
  assertEquals(stdout.text, "one\ntwo\n");
  assertEquals(stderr.text, "three\n");
});

Deno.test("with json the answer is the document and nothing else", () => {
  const { terminal, stdout } = speaker({ json: true });
  terminal.answerLine("a line");
  terminal.answer({ a: 1 }, "text");
  assertEquals(JSON.parse(stdout.text), { a: 1 });
});

Deno.test("an error after the answer does not become a second document", () => {
  const { terminal, stdout, stderr } = speaker({ json: true });
  terminal.answer({ a: 1 }, "");
  terminal.error(new WritError("verify.failed", "Cannot verify it"));
  assertEquals(JSON.parse(stdout.text), { a: 1 });
  assertEquals(stderr.text, "error[verify.failed]: Cannot verify it\n");
});

Deno.test("an error shows its faults, their places and hints", () => {
  const { terminal, stderr } = speaker();
  terminal.error(
    new WritError("pipeline.invalid", "Cannot use the pipeline", {
      faults: [{
        place: { file: "pipeline.json", line: 7, column: 53 },
        message: "a list was expected",
        hint: "write [ ]",
      }],
      hint: "see the schema",
    }),
  );
  assertEquals(
    stderr.text,
    `error[pipeline.invalid]: Cannot use the pipeline
  pipeline.json:7:53: a list was expected
    hint: write [ ]
hint: see the schema
`,
  );
});

for (
  const [where, options, coloured] of [
    ["on a terminal", { tty: true }, true],
    ["off a terminal", { tty: false }, false],
    ["under NO_COLOR", { tty: true, noColor: true }, false],
  ] as const
) {
  Deno.test(`${where} emphasis is ${coloured ? "colour" : "nothing"}`, () => {
    const { terminal, stdout } = speaker(options);
    terminal.answer({}, terminal.paint("good", "fine"));
    assertEquals(
      stdout.text,
      coloured ? "\x1b[32mfine\x1b[39m\n" : "fine\n",
    );
  });
}

Deno.test("control characters from outside are shown, never sent", () => {
  const { terminal, stdout } = speaker({ tty: true });
  terminal.answer({}, "a\x1b[31mb\x07\u202ec\u200bd\x9be\rf");
  assertEquals(
    stdout.text,
    "a\\u{1b}[31mb\\u{7}\\u{202e}c\\u{200b}d\\u{9b}e\\u{d}f\n",
  );
});

Deno.test("captured output is answered with the lines that live output is shown with", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const captured = speaker({ tty: true });
    captured.terminal.answerOutput(bytes);
    const live = speaker({ tty: true });
    const lines = live.terminal.prefixed("a");
    lines.write(bytes);
    lines.end();
    const head = "\x1b[2ma |\x1b[22m ";
    assertEquals(
      live.stderr.text.split("\n").map((line) => line.replace(head, "")),
      captured.stdout.text.split("\n"),
    );
    assertEquals(captured.stderr.text, "");
  }));
});

Deno.test("a long line of captured output stays one line, and ends", () => {
  for (const end of ["", "\n"]) {
    for (const length of [64 * 1024, 64 * 1024 + 1, 200_000]) {
      const pieces: Uint8Array[] = [];
      const stdout: Output = {
        writeSync: (bytes) => {
          pieces.push(bytes.slice());
          return bytes.length;
        },
        isTerminal: () => false,
      };
      const terminal = new Terminal({ json: false, stdout });
      const line = `abc${"é".repeat(length)}`;
      terminal.answerOutput(new TextEncoder().encode(`${line}${end}`));
      const text = new TextDecoder().decode(
        Uint8Array.from(pieces.flatMap((piece) => [...piece])),
      );
      assert(text === `${line}\n`, `${length} and ${JSON.stringify(end)}`);
    }
  }
});

Deno.test("no text can forge emphasis or send a control character", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { terminal, stdout } = speaker({ tty: true });
    terminal.answer({}, terminal.paint("name", text));
    const inner = stdout.text.slice("\x1b[1m".length, -"\x1b[22m\n".length);
    assert(!/(?![\n\t])\p{Cc}/u.test(inner));
  }));
});

Deno.test("json holds the text, and nothing that a terminal obeys", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { terminal, stdout } = speaker({ json: true, tty: true });
    terminal.answer({ text }, "");
    assertEquals(JSON.parse(stdout.text), { text });
    assert(!/(?!\n)[\p{Cc}\p{Cf}]/u.test(stdout.text));
  }));
});

Deno.test("a reader that has gone away ends the talk, not the work", () => {
  const gone: Output = {
    writeSync: () => {
      throw new Deno.errors.BrokenPipe("gone");
    },
    isTerminal: () => false,
  };
  const stderr = new Memory(false);
  const terminal = new Terminal({ json: false, stdout: gone, stderr });
  terminal.answer({}, "one");
  terminal.answerLine("two");
  terminal.say("still here");
  assertEquals(stderr.text, "still here\n");
});

Deno.test("live output is shown line by line, each with the step's name", () => {
  const { terminal, stderr } = speaker();
  const a = terminal.prefixed("a");
  const b = terminal.prefixed("b");
  const bytes = (text: string) => new TextEncoder().encode(text);
  a.write(bytes("one\ntw"));
  b.write(bytes("eins\r\n\x1b[2Jzwei"));
  a.write(bytes("o\n"));
  a.end();
  b.end();
  assertEquals(
    stderr.text,
    "a | one\nb | eins\na | two\nb | \\u{1b}[2Jzwei\n",
  );
});

Deno.test("a character that is split between two chunks is whole", () => {
  const { terminal, stderr } = speaker();
  const a = terminal.prefixed("a");
  a.write(new Uint8Array([0xc3]));
  a.write(new Uint8Array([0xa4, 0x0a]));
  a.end();
  assertEquals(stderr.text, "a | ä\n");
});

Deno.test("output without a line break does not pile up", () => {
  const { terminal, stderr } = speaker();
  const a = terminal.prefixed("a");
  a.write(new TextEncoder().encode("x".repeat(100_000)));
  assertStringIncludes(stderr.text, "a | xxx");
});

const TABLE = {
  head: ["name", "what"],
  rows: [["a", "one thing"], ["bcd", "another"]],
};

Deno.test("a table has columns where there is room", () => {
  assertEquals(tableLines(TABLE, 80), [
    "name  what",
    "a     one thing",
    "bcd   another",
  ]);
});

Deno.test("a table becomes blocks on a terminal of 12 columns", () => {
  assertEquals(tableLines(TABLE, 12), [
    "name: a",
    "what: one thing",
    "",
    "name: bcd",
    "what: another",
  ]);
});

Deno.test("a table without rows is nothing", () => {
  assertEquals(tableLines({ head: ["a"], rows: [] }, 80), []);
});

for (
  const [text, width] of [
    ["abc", 3],
    ["漢字", 4],
    ["e\u0301", 1],
    ["👍", 2],
    ["", 0],
  ] as const
) {
  Deno.test(`"${text}" takes ${width} columns`, () => {
    assertEquals(textWidth(text), width);
  });
}
