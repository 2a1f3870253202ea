/**
 * A terminal in which commands are given one after another, as a person does: what one leaves
 * behind, its folder and its exported variables, the next finds. Questions are answered.
 *
 * Starts `script` (util-linux), which gives a program a terminal of its own.
 *
 * @module
 */
import { cleanEnv, type Ended } from "./run_writ.ts";

/** What a session is made with. */
export interface SessionOptions {
  /** Where it begins. */
  cwd: string;
  home: string;
  /** A folder of its own, for what is remembered between commands. */
  memory: string;
  env?: Record<string, string>;
  /** Columns of the terminal; 100, if not given. */
  columns?: number;
  /** Whether programs are to write in colour. */
  colour?: boolean;
}

/** Says what is typed at a prompt, the text of the line so far; `null` where it is none. */
export type Typist = (prompt: string) => string | null;

/** The terminal. */
export class Session {
  readonly #options: SessionOptions;

  /** Nothing is started yet. */
  constructor(options: SessionOptions) {
    this.#options = options;
    Deno.writeTextFileSync(`${options.memory}/cwd`, options.cwd);
    Deno.writeTextFileSync(`${options.memory}/env`, "");
  }

  /**
   * Gives a command to a shell in the terminal and waits for its end.
   *
   * @returns its status and all that the terminal showed, without carriage returns
   */
  async give(
    command: string,
    typist: Typist,
  ): Promise<Pick<Ended, "status"> & { text: string }> {
    const { memory, home, env, columns = 100, colour = false } = this.#options;
    const { NO_COLOR, ...clean } = cleanEnv(home);
    const script = [
      `stty cols ${columns} rows 50`,
      `. '${memory}/env'`,
      `cd "$(cat '${memory}/cwd')"`,
      `trap 's=$?; export -p > "${memory}/env"; pwd > "${memory}/cwd"; exit $s' EXIT`,
      command,
    ].join("\n");
    const child = new Deno.Command("script", {
      args: [
        "--quiet",
        "--flush",
        "--return",
        "--command",
        script,
        "/dev/null",
      ],
      cwd: home,
      clearEnv: true,
      env: {
        ...clean,
        ...(colour ? {} : { NO_COLOR }),
        SHELL: "/bin/sh",
        TERM: "xterm",
        ...env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const keyboard = child.stdin.getWriter();
    const decoder = new TextDecoder();
    let shown = "";
    let answered = 0;
    for await (const chunk of child.stdout) {
      shown += decoder.decode(chunk, { stream: true });
      const from = Math.max(answered, shown.lastIndexOf("\n") + 1);
      const prompt = withoutColour(withoutMoves(shown.slice(from)));
      const answer = prompt === "" ? null : typist(prompt);
      if (answer === null) continue;
      answered = shown.length;
      await keyboard.write(new TextEncoder().encode(`${answer}\n`));
    }
    const { code } = await child.status;
    // Closed only now: `script` takes the end of its input for Ctrl-D.
    await keyboard.close();
    return { status: code, text: withoutMoves(shown) };
  }
}

const ESCAPE = String.fromCharCode(0x1b);
const MOVES = new RegExp(`\\r|${ESCAPE}\\[[0-9;?]*[A-HJKSTfhln]`, "g");
const COLOURS = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

/** A text without carriage returns and what moves the cursor: Deno says so what it downloads. */
function withoutMoves(text: string): string {
  return text.replace(MOVES, "");
}

/** A text without the sequences that give it colour. */
export function withoutColour(text: string): string {
  return text.replace(COLOURS, "");
}

/** Said in the name of a test that is ignored for want of `script`; empty where it is there. */
export const WITHOUT_TERMINAL: string = await hasScript()
  ? ""
  : " (ignored: script of util-linux is not installed)";

async function hasScript(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("script", {
      args: ["--version"],
      stdout: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
