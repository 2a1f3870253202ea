// Reads the words it was given leave to read and writes the one file it may write.
const folder = "examples/hello";
const { greeting, mark } = JSON.parse(
  await Deno.readTextFile(`${folder}/words.json`),
);
const line = `${greeting}, ${Deno.args[0]}${mark}`;
await Deno.writeTextFile(`${folder}/out/greeting.txt`, line + "\n");
console.log(line);
