/**
 * Acts that are steps of one real run.
 *
 * @module
 */
import type { Row } from "./act.ts";

/** An act that is a step of a run. It counts as done when the step ended well. */
export interface RunAct extends Row {
  /**
   * The step's script. `WORK` is the workspace, `CONFIG` and `STATE` are the folders of whoever
   * executes.
   */
  sh: string;
  /** Words of its own in the place of the script, which then is the control alone. */
  argv?: string[];
  /** The control's script, where it is another. */
  free?: string;
  /** What a step before it runs. */
  earlier?: string;
  permissions?: { read?: string[]; write?: string[] };
  scratch?: string[];
  /**
   * What another step does, with the same permissions and products of its own, that ends well and is
   * published; without it, the control is the script outside of a sandbox.
   */
  twin?: string;
  /** What the run said and left, for acts that are more than the end of their step. */
  done?(left: Left): boolean;
}

/** What a run left. */
export interface Left {
  /** All that was said on the terminal. */
  said: string;
  /** What is at a path of the workspace: mode in octal, or `null` for nothing. */
  modeOf(path: string): string | null;
}

/** What somebody who may only choose parameters chooses. */
export const PARAMS = (workspace: string): Record<string, string> => ({
  shell: "$(echo ran)",
  option: `--output=${workspace}/planted`,
});
