// A bar chart of revenue by month, as SVG that any browser shows.
const months = (await Deno.readTextFile("examples/data/out/by-month.csv"))
  .trimEnd().split("\n").map((line) => line.split(","))
  .map(([month, sum]) => ({ month, sum: Number(sum) }));
const width = 720;
const height = 320;
const left = 60;
const bottom = 40;
const top = Math.max(...months.map(({ sum }) => sum));
const step = (width - left) / months.length;
const bars = months.map(({ month, sum }, i) => {
  const tall = (height - bottom - 20) * sum / top;
  const x = left + i * step + step * 0.15;
  const y = height - bottom - tall;
  return `  <rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${
    (step * 0.7).toFixed(1)
  }" height="${tall.toFixed(1)}" fill="#3a6ea5"><title>${month}: ${
    sum.toFixed(2)
  }</title></rect>
  <text x="${(x + step * 0.35).toFixed(1)}" y="${
    height - bottom + 16
  }" text-anchor="middle">${month.slice(5)}</text>`;
});
await Deno.writeTextFile(
  "examples/data/out/by-month.svg",
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
  <title>Revenue by month, 2025</title>
  <text x="4" y="20">${Math.round(top).toLocaleString("en")}</text>
  <line x1="${left}" y1="${height - bottom}" x2="${width}" y2="${
    height - bottom
  }" stroke="#888"/>
${bars.join("\n")}
</svg>
`,
);
console.log(`${months.length} months`);
