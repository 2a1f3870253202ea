/**
 * The size of the largest file below a folder.
 *
 * @module
 */
import { lookIfNamed, namesIn } from "./step_names.ts";

/** Bytes; 0 where there is no file. Links are not followed; what cannot be named or listed is left out. */
export function largestFile(folder: string): number {
  let largest = 0;
  const waiting = [folder];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const name of namesIn(at)) {
      const path = `${at}/${name}`;
      const info = lookIfNamed(path);
      if (info?.isDirectory) waiting.push(path);
      else if (info?.isFile) largest = Math.max(largest, info.size);
    }
  }
  return largest;
}
