/**
 * What a Deno step asked its runtime for, as the runtime tells it line by line.
 * Source: `DENO_AUDIT_PERMISSIONS` of Deno 2.5 and later.
 *
 * @module
 */
import { inWorkspace } from "./view_paths.ts";

/** One thing that was asked for, however often. Paths of the workspace are relative to its root. */
export interface PermissionRequest {
  /** `read`, `write`, `net`, `env`, `sys`, `ffi`, `import`. */
  permission: string;
  /** `null`: everything of the kind. */
  value: string | null;
  count: number;
}

/** More different ones are not kept. */
const MOST = 5000;
const LONGEST_LINE = 16_384;

/** Reads the runtime's lines, in whatever pieces they come. */
export class PermissionAudit {
  readonly #root: string;
  readonly #cwd: string;
  readonly #found = new Map<string, PermissionRequest>();
  readonly #decoder = new TextDecoder();
  #line = "";
  #truncated = false;

  /** `root` is the workspace as the step sees it, `cwd` where the step starts, relative to it. */
  constructor(root: string, cwd: string) {
    this.#root = root;
    this.#cwd = cwd;
  }

  /** Takes a piece. */
  take(chunk: Uint8Array): void {
    const lines = (this.#line + this.#decoder.decode(chunk, { stream: true }))
      .split("\n");
    this.#line = lines.pop()!.slice(0, LONGEST_LINE);
    for (const line of lines) this.#add(line);
  }

  /** Something is missing: there were too many, or a line was none of the runtime's. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** What was asked for, in the order in which it was first. */
  get requests(): PermissionRequest[] {
    return [...this.#found.values()];
  }

  #add(line: string): void {
    const read = this.#read(line);
    if (read === null) {
      this.#truncated = true;
      return;
    }
    const { permission, value } = read;
    const key = `${permission}\0${value}`;
    const known = this.#found.get(key);
    if (known !== undefined) known.count++;
    else if (this.#found.size < MOST) {
      this.#found.set(key, { permission, value, count: 1 });
    } else this.#truncated = true;
  }

  #read(line: string): Omit<PermissionRequest, "count"> | null {
    try {
      const { permission, value } = JSON.parse(line);
      if (typeof permission !== "string") return null;
      if (value === null) return { permission, value };
      if (typeof value !== "string") return null;
      return /^(read|write|ffi)$/.test(permission)
        ? { permission, value: inWorkspace(this.#root, this.#cwd, value) }
        : { permission, value };
    } catch {
      // Whatever a program that the step started wrote there is not the runtime's word; nor is a
      // path one that cannot be decoded.
      return null;
    }
  }
}

/** The line of evidence for a request. */
export function requestLine(request: PermissionRequest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(request)}\n`);
}

/** Reads the lines of evidence. */
export function parseRequests(text: string): PermissionRequest[] {
  return text.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
