/**
 * The helper that trials of a sandbox try to reach, and the files that they try to touch.
 *
 * Edge: files, processes.
 *
 * @module
 */
import { join } from "@std/path/join";
import { WritError } from "../core/errors.ts";
import { startProgram } from "./start_program.ts";

/** A running helper. */
export interface TrialHelper extends AsyncDisposable {
  pid: number;
  port: number;
  /** A socket of the file system, and a file and a folder that no step is given. */
  socket: string;
  canary: string;
  folder: string;
  /** Waits for what was sent under `mark`, and tells by which way something came. */
  heard(
    mark: string,
    sent: Record<string, boolean>,
  ): Promise<(what: string) => boolean>;
}

/** Milliseconds that a datagram may take on one machine. */
const PATIENCE = 300;

/**
 * Starts it, with a new folder for its files.
 *
 * @throws {WritError} `sandbox.unavailable`
 */
export async function startHelper(folder: string): Promise<TrialHelper> {
  await Deno.mkdir(folder);
  const canary = join(folder, "canary");
  const socket = join(folder, "socket");
  await Deno.writeTextFile(canary, "canary");
  const child = startProgram("./trial_helper.js", {
    permissions: [
      `--allow-net=127.0.0.1,unix:${socket}`,
      `--allow-read=${socket}`,
      `--allow-write=${socket}`,
      "--unstable-net",
    ],
    args: [socket],
  });
  const complaint = new Response(child.stderr).text();
  const lines: { what: string; mark: string }[] = [];
  const started = Promise.withResolvers<{ pid: number; port: number } | null>();
  const listening = (async () => {
    let text = "";
    for await (
      const chunk of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      const parts = (text + chunk).split("\n");
      text = parts.pop()!;
      for (const part of parts) {
        const line = JSON.parse(part);
        if ("pid" in line) started.resolve(line);
        else lines.push(line);
      }
    }
    started.resolve(null);
  })();
  const end = async () => {
    await child.stdin.close().catch(() => {});
    await listening;
    await child.status;
    await complaint;
  };
  const first = await started.promise;
  if (first === null) {
    await end();
    throw new WritError(
      "sandbox.unavailable",
      `Cannot try the sandbox: its helper did not start: ${
        (await complaint).trim().slice(-300)
      }`,
    );
  }
  const came = (mark: string, what: string) =>
    lines.some((line) => line.what === what && line.mark === mark);
  return {
    ...first,
    socket,
    canary,
    folder,
    heard: async (mark, sent) => {
      const late = performance.now() + PATIENCE;
      const expected = ["tcp", "udp", "unix"].filter((what) => sent[what]);
      while (
        expected.some((what) => !came(mark, what)) && performance.now() < late
      ) await new Promise((resolve) => setTimeout(resolve, 10));
      return (what) => came(mark, what);
    },
    [Symbol.asyncDispose]: end,
  };
}
