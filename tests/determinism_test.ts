/**
 * What is the same for a step on every machine and in every folder.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import { Bench, underEach } from "./support/sandbox.ts";

const sh = (script: string) => ["sh", "-c", script];

const fixed: [name: string, script: string, out: string][] = [
  ["the time zone", "date -d @0 +%H:%M:%S%z", "00:00:00+0000\n"],
  ["the locale", "locale | grep -c 'C.UTF-8'; locale charmap", "14\nUTF-8\n"],
  ["the order of letters", "printf 'b\\nB\\na\\n' | sort | tr -d '\\n'", "Bab"],
  ["the umask", "umask; touch a; stat -c %a a", "0022\n644\n"],
  ["standard input", "cat; echo $?", "0\n"],
  ["the terminal", "tty; echo $TERM", "not a tty\ndumb\n"],
  ["the user's name", "echo $USER $LOGNAME", "step step\n"],
  ["a clean PATH", "echo $PATH", "/usr/local/bin:/usr/bin:/bin\n"],
];
for (const [name, script, out] of fixed) {
  underEach(`the same everywhere: ${name}`, async (bench) => {
    assertEquals((await bench.run(sh(script))).out, out);
  });
}

underEach(
  "SOURCE_DATE_EPOCH is what the pipeline sets, or nothing",
  async (bench) => {
    Deno.env.set("SOURCE_DATE_EPOCH", "1");
    const script = sh("echo ${SOURCE_DATE_EPOCH-none}");
    const without = await bench.run(script);
    const given = await bench.run(script, { env: { SOURCE_DATE_EPOCH: "9" } });
    Deno.env.delete("SOURCE_DATE_EPOCH");
    assertEquals([without.out, given.out], ["none\n", "9\n"]);
  },
);

const ALL =
  "pwd; hostname; id; echo $HOME $TMPDIR; env | sort; cat /etc/passwd; umask; ls -a / /work /tmp $HOME; realpath .; cat /proc/sys/kernel/hostname";

underEach(
  "in namespaces nothing tells one folder or machine from another",
  async (bench) => {
    const other = await Bench.open(
      bench.launcher,
      bench.backend,
      join(bench.folder, "a/very/different/place"),
    );
    const [one, two] = [await bench.run(sh(ALL)), await other.run(sh(ALL))];
    assertEquals(one.out, two.out);
    assert(one.out.startsWith("/work\nwrit\nuid=1000(step) gid=1000(step)"));
    assert(!one.out.includes(bench.folder));
  },
  { only: "bubblewrap" },
);
