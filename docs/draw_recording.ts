/**
 * Draws what a terminal showed as a moving picture: SVG that a browser plays without a script.
 *
 * @module
 */

/** Columns and rows of the picture. */
export const SCREEN = { columns: 100, rows: 28 } as const;

const CELL = { width: 8.4, height: 19 };
const MARGIN = 16;

/** Seconds: before a command, after it, between two lines of output, and at the end. */
const PACE = { before: 1.6, after: 0.7, line: 0.06, end: 6 };

/** Text in one style, by the numbers of SGR (ECMA-48, 8.3.117). */
interface Span {
  style: string;
  text: string;
}

/** A row of the screen, and when it appears, in seconds. */
interface Row {
  spans: Span[];
  at: number;
}

/**
 * The picture of a transcript: lines that begin with `$ ` are commands, the others what they
 * showed, in colour as a terminal gets it.
 */
export function drawRecording(transcript: string): string {
  const rows = rowsOf(transcript);
  const total = rows.at(-1)!.at + PACE.end;
  const percent = (at: number) => (100 * at / total).toFixed(2);
  const width = Math.ceil(SCREEN.columns * CELL.width + 2 * MARGIN);
  const height = SCREEN.rows * CELL.height + 2 * MARGIN;
  const shows = rows.map(({ at }, n) =>
    `@keyframes r${n}{0%{visibility:hidden}${percent(at)}%{visibility:visible}}`
  );
  const scrolls = rows.slice(SCREEN.rows).map(({ at }, n) =>
    `${percent(at)}%{transform:translateY(${-(n + 1) * CELL.height}px)}`
  );
  const end = -Math.max(0, rows.length - SCREEN.rows) * CELL.height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A terminal: an agent's pipeline is planned, approved, changed, refused, executed and verified</title>
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#c9d1d9;white-space:pre}
.g{fill:#3fb950}.r{fill:#f85149}.y{fill:#d29922}.b{font-weight:bold;fill:#f0f6fc}.f{fill:#8b949e}.p{fill:#58a6ff}
#s{animation:s ${total.toFixed(2)}s step-end infinite}
#s text{animation:${total.toFixed(2)}s step-end infinite}
@keyframes s{0%{transform:none}${scrolls.join("")}}
${shows.join("\n")}
@media (prefers-reduced-motion:reduce){#s,#s text{animation:none!important}#s{transform:translateY(${end}px)}}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<clipPath id="c"><rect x="0" y="${MARGIN}" width="${width}" height="${
    SCREEN.rows * CELL.height
  }"/></clipPath>
<g clip-path="url(#c)"><g id="s">
${rows.map(drawRow).join("\n")}
</g></g>
</svg>
`;
}

function drawRow({ spans }: Row, n: number): string {
  const y = MARGIN + (n + 1) * CELL.height - 5;
  const text = spans.map(({ style, text }) =>
    style === ""
      ? escaped(text)
      : `<tspan class="${style}">${escaped(text)}</tspan>`
  ).join("");
  return `<text x="${MARGIN}" y="${y}" style="animation-name:r${n}" xml:space="preserve">${text}</text>`;
}

function rowsOf(transcript: string): Row[] {
  const rows: Row[] = [];
  let at = 0;
  for (const line of transcript.trimEnd().split("\n")) {
    const typed = line.startsWith("$ ");
    at += typed ? PACE.before : PACE.line;
    if (typed && rows.length > 0) rows.push({ spans: [], at });
    const spans = typed
      ? [{ style: "p", text: "$ " }, { style: "b", text: line.slice(2) }]
      : spansOf(line);
    for (const row of wrapped(spans)) rows.push({ spans: row, at });
    if (typed) at += PACE.after;
  }
  return rows;
}

const STYLES: Record<string, string> = {
  1: "b",
  2: "f",
  31: "r",
  32: "g",
  33: "y",
};

const COLOUR = new RegExp(`${String.fromCharCode(0x1b)}\\[([0-9;]*)m`);

function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let style = "";
  for (const [n, part] of line.split(COLOUR).entries()) {
    if (n % 2 === 1) style = STYLES[part] ?? "";
    else if (part !== "") spans.push({ style, text: part });
  }
  return spans;
}

/** Cut at the last column, as a terminal does. */
function wrapped(spans: readonly Span[]): Span[][] {
  const rows: Span[][] = [[]];
  let free: number = SCREEN.columns;
  for (const { style, text } of spans) {
    for (let rest = [...text]; rest.length > 0;) {
      if (free === 0) {
        rows.push([]);
        free = SCREEN.columns;
      }
      const piece = rest.slice(0, free);
      rows.at(-1)!.push({ style, text: piece.join("") });
      rest = rest.slice(piece.length);
      free -= piece.length;
    }
  }
  return rows;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
