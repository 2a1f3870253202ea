/**
 * The recording in README.md shows what a terminal shows today.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { drawRecording } from "../docs/draw_recording.ts";
import { record } from "../docs/record.ts";
import { WITHOUT_TERMINAL, withoutColour } from "./support/session.ts";
import { ROOT } from "./support/source_files.ts";

const recorded = await Deno.readTextFile(`${ROOT}/docs/recording.ansi`);

Deno.test("the picture is drawn from the recording (deno task recording)", async () => {
  assertEquals(
    await Deno.readTextFile(`${ROOT}/docs/recording.svg`),
    drawRecording(recorded),
  );
});

Deno.test({
  name:
    `the recording is what the terminal shows (deno task recording)${WITHOUT_TERMINAL}`,
  ignore: WITHOUT_TERMINAL !== "",
  fn: async () => assertEquals(lines(await record()), lines(recorded)),
});

Deno.test("what a recorded line shows is looked at, what differs every time is not", () => {
  assertEquals(lines("run_01M7ZDNWHM1V9RPP259ZDF6MF2 ok"), ["run_… ok"]);
  assertEquals(lines("\x1b[32mok\x1b[39m in 1.2 s"), ["ok in …"]);
});

/** Without colours, and without what is another one each time or on another machine. */
function lines(transcript: string): string[] {
  return withoutColour(transcript)
    .replaceAll(/\b(run|tkt)_[0-9A-HJKMNP-TV-Z]{26}/g, "$1_…")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "…")
    .replaceAll(/\b[0-9a-f]{12} on main/g, "… on main")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…")
    .replaceAll(/ in [\d.]+ m?s$/gm, " in …")
    .replaceAll(/under (bubblewrap|landlock)$/gm, "under …")
    .split("\n");
}
