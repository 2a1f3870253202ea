// A year of sales. The same rows and seed give the same file, so that a run can be reproduced.
const rows = Number(Deno.args[0]);
let state = Number(Deno.args[1]);

/** A linear congruential generator (Numerical Recipes), 0 <= x < 1. */
function random(): number {
  state = (state * 1_664_525 + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

const regions = ["north", "south", "east", "west"];
const lines = ["date,region,units,price"];
for (let i = 0; i < rows; i++) {
  const day = new Date(Date.UTC(2025, 0, 1 + Math.floor(random() * 365)));
  const region = regions[Math.floor(random() * regions.length)];
  const units = 1 + Math.floor(random() * 20);
  const price = (5 + random() * 95).toFixed(2);
  const line = [day.toISOString().slice(0, 10), region, units, price].join(",");
  lines.push(random() < 0.02 ? line.replace(/,[^,]*$/, ",n/a") : line);
  if (random() < 0.01) lines.push(lines.at(-1)!);
}
await Deno.writeTextFile("examples/data/out/raw.csv", lines.join("\n") + "\n");
console.log(`${lines.length - 1} rows`);
