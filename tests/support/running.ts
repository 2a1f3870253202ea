/**
 * A command that is still running: what it has said so far, and its end.
 *
 * @module
 */
import type { Ended } from "./run_writ.ts";
import { treeOf } from "./processes.ts";

/** A child with both outputs piped, as `startWrit` gives it. */
export class Running {
  readonly child: Deno.ChildProcess;
  /** What it ends with; a signal counts as 128 and its number. */
  readonly ended: Promise<Ended>;
  #stderr = "";
  #over = false;
  readonly #waiting = new Set<() => void>();

  constructor(child: Deno.ChildProcess) {
    this.child = child;
    const stdout = new Response(child.stdout).text();
    const listening = this.#listen();
    this.ended = (async () => {
      const { code } = await child.status;
      this.#over = true;
      await listening;
      return { status: code, stdout: await stdout, stderr: this.#stderr };
    })();
  }

  /** Resolves when its standard error holds a text; rejects when it ended without. */
  async said(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (this.#stderr.includes(text)) resolve();
    };
    this.#waiting.add(look);
    look();
    const ended = this.ended.then(({ stderr }) => {
      if (stderr.includes(text)) return;
      throw new Error(`it ended and never said "${text}": ${stderr}`);
    });
    await Promise.race([promise, ended]);
    this.#waiting.delete(look);
  }

  /** Kills it, unless it has ended, and gives the ids of all processes that it had. */
  async kill(): Promise<number[]> {
    if (this.#over) return [];
    const pids = treeOf(this.child.pid);
    this.child.kill("SIGKILL");
    await this.ended;
    return pids;
  }

  async #listen(): Promise<void> {
    const texts = this.child.stderr.pipeThrough(new TextDecoderStream());
    for await (const text of texts) {
      this.#stderr += text;
      for (const look of this.#waiting) look();
    }
  }
}
