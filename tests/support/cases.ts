/**
 * Plain-text cases of the command line, as they stand in `tests/cases/*.txt`.
 *
 * ```text
 * == a sentence that says what must hold
 * @ path            a file, its text follows
 * | line
 * @ link -> target  a symbolic link
 * @ folder/         an empty folder
 * @ pipe !fifo      a FIFO
 * < standard input of the next command
 * $ writ words 'with quotes'
 * ? 2               exit status, 0 where it is not stated
 * > a line of standard output
 * ! a line of standard error
 * + path            exists afterwards
 * - path            does not
 * ```
 *
 * What is not stated must be empty. `…` stands for anything within a line, a line that is
 * only `…` for any lines. `$HERE` is the case's own workspace, `$HOME` its home.
 *
 * @module
 */

/** A command of a case and what must come of it. */
export interface CaseCommand {
  words: string[];
  stdin: string | null;
  status: number;
  stdout: string[];
  stderr: string[];
  present: string[];
  absent: string[];
}

/** A file that a case starts with. */
export interface CaseFile {
  path: string;
  kind: "file" | "link" | "folder" | "fifo";
  /** Text, or the target of a link. */
  content: string;
}

/** A case. */
export interface Case {
  name: string;
  files: CaseFile[];
  commands: CaseCommand[];
}

/** Reads the cases of a text. */
export function parseCases(text: string): Case[] {
  const cases: Case[] = [];
  let stdin: string | null = null;
  for (const [n, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const mark = line.slice(0, line.startsWith("==") ? 2 : 1);
    const rest = line.slice(mark.length).replace(/^ /, "");
    const current = cases.at(-1);
    const last = current?.commands.at(-1);
    if (mark === "==") cases.push({ name: rest, files: [], commands: [] });
    else if (mark === "@") current!.files.push(fileOf(rest));
    else if (mark === "|") current!.files.at(-1)!.content += `${rest}\n`;
    else if (mark === "<") stdin = `${stdin ?? ""}${rest}\n`;
    else if (mark === "$") {
      const [, ...words] = splitWords(rest);
      current!.commands.push({
        words,
        stdin,
        status: 0,
        stdout: [],
        stderr: [],
        present: [],
        absent: [],
      });
      stdin = null;
    } else if (mark === "?") last!.status = Number(rest);
    else if (mark === ">") last!.stdout.push(rest);
    else if (mark === "!") last!.stderr.push(rest);
    else if (mark === "+") last!.present.push(rest);
    else if (mark === "-") last!.absent.push(rest);
    else throw new Error(`Cannot read line ${n + 1} of the cases: ${line}`);
  }
  return cases;
}

/** Whether lines are as stated; `…` stands for anything. */
export function matches(stated: readonly string[], text: string): boolean {
  const source = stated.map((line) =>
    line === "…"
      ? "(?:.*\n)*?"
      : `${
        line.split("…").map((part) =>
          part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
        )
          .join(".*")
      }\n`
  ).join("");
  return new RegExp(`^${source}$`).test(text);
}

function fileOf(rest: string): CaseFile {
  const [path, target] = rest.split(" -> ");
  if (target !== undefined) return { path, kind: "link", content: target };
  if (path.endsWith(" !fifo")) {
    return { path: path.slice(0, -6), kind: "fifo", content: "" };
  }
  if (path.endsWith("/")) return { path, kind: "folder", content: "" };
  return { path, kind: "file", content: "" };
}

/** Words as a shell splits them, with single quotes only. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) =>
    quoted ?? plain
  );
}
