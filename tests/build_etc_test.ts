/**
 * The made-up `/etc` of steps: believed only when it holds what its name says.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { basename } from "@std/path/basename";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { buildEtc, unusedEtcs } from "../src/sandbox/build_etc.ts";
import { inFolder } from "./support/in_folder.ts";
import { BACKENDS, bare } from "./support/sandbox.ts";
import { snapshot } from "./support/world.ts";

const MODULE = new URL("../src/sandbox/build_etc.ts", import.meta.url).href;
const CONFIG = fromFileUrl(new URL("../deno.json", import.meta.url));

/** A machine's folder, and the one that is made of it. */
async function made(root: string) {
  const source = join(root, "source");
  await Deno.mkdir(join(source, "ssl/certs"), { recursive: true });
  await Deno.writeTextFile(join(source, "ssl/certs/one.pem"), "certificate\n");
  const folder = join(root, "etc");
  const build = () => buildEtc(folder, { network: false, source });
  const etc = await build();
  return { folder, build, etc, before: snapshot(etc) };
}

const PASSWD = "passwd";

const DAMAGE: [name: string, damage: (etc: string) => Promise<void>][] = [
  ["emptied", (etc) => Deno.truncate(join(etc, PASSWD))],
  ["lost", (etc) => Deno.remove(join(etc, PASSWD))],
  ["added", (etc) => Deno.writeTextFile(join(etc, "shadow"), "x")],
  ["exchanged for a link", async (etc) => {
    await Deno.remove(join(etc, PASSWD));
    await Deno.symlink("/etc/passwd", join(etc, PASSWD));
  }],
];

for (const [name, damage] of DAMAGE) {
  Deno.test(`a made-up /etc in which a file was ${name} is made anew, and gc sweeps the old one`, () =>
    inFolder(async (root) => {
      const { folder, build, etc, before } = await made(root);
      await damage(etc);
      assertEquals(await build(), etc);
      assertEquals(snapshot(etc), before);
      const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
      assertEquals(
        unusedEtcs(folder, 0).map((path) => basename(path)),
        names.filter((name) => name !== basename(etc)),
      );
      assertEquals(names.length, 2);
    }));
}

const BWRAP = BACKENDS.some(({ name, backend }) =>
  name === "bubblewrap" && backend !== null
);
Deno.test({
  name: `what nobody else may look into is left out of a made-up /etc${
    BWRAP ? "" : ": this machine lacks bubblewrap"
  }`,
  ignore: !BWRAP,
  fn: () =>
    inFolder(async (root) => {
      const { etc } = await made(root);
      const source = join(root, "source");
      const build = async (name: string) => {
        const script = `
          import { buildEtc } from ${JSON.stringify(MODULE)};
          const options = { network: true, source: ${JSON.stringify(source)} };
          console.log(await buildEtc(${
          JSON.stringify(join(root, name))
        }, options));
        `;
        await Deno.writeTextFile(join(root, "script.ts"), script);
        // Without capabilities the superuser is kept out, too.
        const { out, err } = await bare([
          ...["/usr/bin/bwrap", "--dev-bind", "/", "/", "--cap-drop", "ALL"],
          ...[Deno.execPath(), "run", "-A", "--quiet", "--no-check"],
          ...["--config", CONFIG, join(root, "script.ts")],
        ]);
        assertEquals(err, "");
        return snapshot(out.trim());
      };
      await Deno.mkdir(join(source, "fonts/closed"), { recursive: true });
      await Deno.writeTextFile(join(source, "fonts/closed/x"), "x");
      await Deno.writeTextFile(join(source, "hosts"), "127.0.0.9 name\n");
      const open = await build("open");
      assertStringIncludes(open["fonts/closed/x"], "x");
      await Deno.chmod(join(source, "fonts"), 0);
      await Deno.chmod(join(source, "hosts"), 0);
      const closed = await build("closed");
      await Deno.chmod(join(source, "fonts"), 0o755);
      assertEquals(closed["fonts/closed/x"], undefined);
      assertEquals(
        closed["ssl/certs/one.pem"],
        snapshot(etc)["ssl/certs/one.pem"],
      );
    }),
});

Deno.test("a made-up /etc that is whole is used again, and nothing is left beside it", () =>
  inFolder(async (root) => {
    const { folder, build, etc } = await made(root);
    const { ino } = await Deno.stat(etc);
    assertEquals([await build(), (await Deno.stat(etc)).ino], [etc, ino]);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    assertEquals(unusedEtcs(folder, 0), []);
    assertEquals(unusedEtcs(folder, Date.now() + 60_000), [etc]);
  }));

Deno.test("what cannot be made leaves nothing behind", () =>
  inFolder(async (root) => {
    const { folder, build, etc } = await made(root);
    await Deno.remove(etc, { recursive: true });
    const { rename } = Deno;
    Deno.rename = () => Promise.reject(new Error("broken"));
    try {
      await build().then(
        () => assertEquals("made", "refused"),
        ({ code }) => assertEquals(code, "store.unwritable"),
      );
    } finally {
      Deno.rename = rename;
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("folders without any that was made have none to sweep", () =>
  inFolder((root) => {
    assertEquals(unusedEtcs(join(root, "none"), 0), []);
    return Promise.resolve();
  }));
