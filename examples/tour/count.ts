// How often each letter stands in the poem, one a line.
const poem = await Deno.readTextFile("examples/tour/poem.txt");
const counts = Map.groupBy(poem.match(/[a-z]/g) ?? [], (letter) => letter);
const lines = [...counts].map(([letter, all]) => `${all.length} ${letter}\n`);
await Deno.writeTextFile("examples/tour/out/letters.txt", lines.join(""));
