// An npm manifest that names the archive and its checksum.
const out = "examples/release/out";
const [sum] = (await Deno.readTextFile(`${out}/SHA256SUMS`)).split(" ");
const manifest = {
  name: "writ",
  version: Deno.args[0],
  license: "MIT",
  files: ["writ.tar"],
  writ: { archive: { file: "writ.tar", sha256: sum } },
};
await Deno.writeTextFile(
  `${out}/package.json`,
  JSON.stringify(manifest, null, 2) + "\n",
);
console.log(`writ ${manifest.version} ${sum.slice(0, 12)}`);
