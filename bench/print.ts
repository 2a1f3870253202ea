/**
 * How figures are printed.
 *
 * @module
 */

/** Prints a title and rows: a name to the left, figures to the right. */
export function printTable(title: string, rows: readonly string[][]): void {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length))
  );
  console.log(title);
  for (const [name, ...figures] of rows) {
    const cells = figures.map((each, i) => each.padStart(widths[i + 1]));
    console.log(`  ${[name.padEnd(widths[0]), ...cells].join("  ")}`);
  }
}

/** A rate as `12,345/s`. */
export function perSecond(count: number, ms: number): string {
  return `${Math.round(count / ms * 1000).toLocaleString("en")}/s`;
}
