/**
 * Records `docs/recording.ansi`, what a terminal really shows on the way, and draws
 * `docs/recording.svg` from it: `deno task recording`.
 *
 * Edge: files, processes.
 * @module
 */
import { Machines } from "../tests/support/machines.ts";
import { drawRecording, SCREEN } from "./draw_recording.ts";

const PIPELINE = "examples/hello/pipeline.json";

/** What was typed before the recording: a project of its own, with Writ installed and set up. */
const BEFORE = [
  "deno task install",
  'export PATH="$HOME/.deno/bin:$PATH"',
  "mkdir -p ~/work/examples && cp -R examples/hello ~/work/examples/hello",
  "cd ~/work && git init --quiet && rm -rf examples/hello/out",
  "writ setup",
  "git add . && git commit --quiet --message hello",
];

const COMMANDS = [
  `writ execute ${PIPELINE} --as agent:claude`,
  `writ approve ${PIPELINE} --as agent:claude`,
  `echo '{ "greeting": "Goodbye", "mark": "." }' > examples/hello/words.json`,
  `writ execute ${PIPELINE} --as agent:claude`,
  "git restore examples/hello/words.json",
  `writ execute ${PIPELINE} --as agent:claude`,
  `writ execute ${PIPELINE} --as agent:claude`,
  "writ verify latest --trust policies/trust.json | tail -n 7",
];

/** Plays the way in a terminal of its own; the transcript, with its colours. */
export async function record(): Promise<string> {
  await using machines = await Machines.make({ ...SCREEN, colour: true });
  const ada = machines.get("ada");
  const typist = (prompt: string) =>
    /(passphrase .*|the same again): $/i.test(prompt)
      ? "correct horse battery staple"
      : prompt.endsWith("[y/N] ")
      ? "y"
      : null;
  for (const command of BEFORE) {
    const { status, text } = await ada.give(command, typist);
    if (status !== 0) throw new Error(`${command}: ${text}`);
  }
  const shown: string[] = [];
  for (const command of COMMANDS) {
    const { text } = await ada.give(command, typist);
    shown.push(`$ ${command}\n${text}`);
  }
  return shown.join("").replaceAll(machines.place, "/home");
}

if (import.meta.main) {
  const at = (name: string) => new URL(name, import.meta.url);
  const transcript = await record();
  await Deno.writeTextFile(at("recording.ansi"), transcript);
  await Deno.writeTextFile(at("recording.svg"), drawRecording(transcript));
}
