// Keeps rows that are whole and not the same as the one before.
const [head, ...lines] = (await Deno.readTextFile("examples/data/out/raw.csv"))
  .trimEnd().split("\n");
const row = /^\d{4}-\d\d-\d\d,(north|south|east|west),\d+,\d+\.\d\d$/;
const whole = lines.filter((line) => row.test(line));
const kept = whole.filter((line, i) => line !== whole[i - 1]);
await Deno.writeTextFile(
  "examples/data/out/clean.csv",
  [head, ...kept].join("\n") + "\n",
);
console.log(
  `${kept.length} rows kept, ${lines.length - whole.length} broken, ${
    whole.length - kept.length
  } doubled`,
);
