/**
 * What a Deno step asks its runtime for: told through a pipe, kept as evidence, and compared with
 * what was granted.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  parseRequests,
  PermissionAudit,
  type PermissionRequest,
} from "../src/sandbox/permission_audit.ts";
import { permissionUse } from "../src/sandbox/permission_use.ts";
import { inWorkspace } from "../src/sandbox/view_paths.ts";
import { step } from "./support/confinements.ts";
import { World } from "./support/world.ts";

const paths: [named: string, is: string][] = [
  ["src/x", "sub/src/x"],
  ["./../src/x", "src/x"],
  ["/work/src", "src"],
  ["/work", "."],
  ["..", "."],
  ["../..", "/"],
  ["/workshop", "/workshop"],
  ["/etc/../work/a", "a"],
  ["file:///work/src/a%20b", "src/a b"],
];
for (const [named, is] of paths) {
  Deno.test(`a step in sub that names "${named}" means "${is}"`, () => {
    assertEquals(inWorkspace("/work", "sub", named), is);
  });
}

const line = (permission: string, value: string | null) =>
  `${JSON.stringify({ v: 1, datetime: "", permission, value })}\n`;

function audited(text: string, pieces = 7) {
  const audit = new PermissionAudit("/work", ".");
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += pieces) {
    audit.take(bytes.subarray(at, at + pieces));
  }
  return audit;
}

Deno.test("requests are counted, each once, in whatever pieces they come", () => {
  const audit = audited(
    line("read", "\u00e4") + line("env", null) + line("read", "/work/\u00e4"),
  );
  assertEquals(audit.requests, [
    { permission: "read", value: "\u00e4", count: 2 },
    { permission: "env", value: null, count: 1 },
  ]);
  assertEquals(audit.truncated, false);
});

Deno.test("what is no line of the runtime is left out, and that is told", () => {
  for (
    const text of [
      "x\n",
      "{}\n",
      '{"permission":1,"value":null}\n',
      "[]\n",
      "null\n",
      line("read", "file://%"),
      line("write", "file:///%ff"),
    ]
  ) {
    const audit = audited(text + line("env", "A"));
    assertEquals([audit.requests.length, audit.truncated], [1, true]);
  }
});

Deno.test("a flood of requests is bounded, and that is told", () => {
  const audit = audited(
    Array.from({ length: 6000 }, (_, at) => line("env", `A${at}`)).join(""),
    65536,
  );
  assertEquals([audit.requests.length, audit.truncated], [5000, true]);
});

const granted = step({
  kind: "deno",
  env: { A: "1", B: "2" },
  permissions: {
    ...step({}).permissions,
    read: ["lib", "src"],
    write: ["dist"],
    net: ["a.example:443", "b.example"],
    sys: true,
  },
});
const asked = (
  permission: string,
  value: string | null,
): PermissionRequest => ({
  permission,
  value,
  count: 1,
});
const uses: [name: string, requests: PermissionRequest[], used: string][] = [
  ["nothing", [], ""],
  ["a file in a folder", [asked("read", "src/a/b")], "read src"],
  ["a folder beside", [asked("read", "srcs")], ""],
  ["another kind", [asked("write", "src/a")], ""],
  ["a host", [asked("net", "a.example:443")], "net a.example:443"],
  ["another port", [asked("net", "a.example:80")], ""],
  ["any port", [asked("net", "b.example:1")], "net b.example"],
  ["fetch", [asked("net", "https://a.example/x?y")], "net a.example:443"],
  ["a variable", [asked("env", "A")], "env A"],
  ["all variables", [asked("env", null)], ""],
  ["a kind of system information", [asked("sys", "uid")], "sys null"],
];
for (const [name, requests, used] of uses) {
  Deno.test(`a permission is used by who asks for ${name}`, () => {
    const use = permissionUse(granted, requests);
    assertEquals(use.granted.length, 8);
    assertEquals(
      use.used.map(({ kind, value }) => `${kind} ${value}`).join(", "),
      used,
    );
    assertEquals(use.used.length + use.unused.length, 8);
    assertEquals(use.denied.length, used === "" ? requests.length : 0);
  });
}

Deno.test("the least set holds what was used, a whole kind narrowed to what was asked", () => {
  const { least } = permissionUse(granted, [
    asked("read", "src/a"),
    asked("sys", "uid"),
    asked("sys", "hostname"),
    asked("net", "https://a.example/"),
    asked("write", "elsewhere"),
  ]);
  assertEquals(least, {
    read: ["src"],
    sys: ["hostname", "uid"],
    net: ["a.example:443"],
  });
});

Deno.test("a path that cannot be decoded is left out of the evidence, and the step goes on", async () => {
  await using world = await World.make({
    unattended: true,
    files: {
      "main.ts":
        `await fetch("file:///%ff").catch(() => {}); Deno.readTextFileSync("main.ts"); console.log("here");`,
    },
    steps: {
      main: { deno: ["run", "main.ts"], permissions: { read: ["main.ts"] } },
    },
  });
  const ended = await world.execute();
  assertEquals(ended.status, 0, ended.stderr);
  assertEquals(await world.evidence("stdout"), "here\n");
  const requests = parseRequests(await world.evidence("permissions"));
  assert(requests.some(({ value }) => value === "main.ts"));
});

const SCRIPT = `
Deno.readTextFileSync("src/in.txt");
Deno.writeTextFileSync("out.txt", Deno.env.get("A") ?? "");
try { Deno.readTextFileSync("/etc/passwd"); } catch { /* not granted */ }
try { Deno.env.get("DENO_AUDIT_PERMISSIONS"); } catch { /* not granted */ }
try { Deno.truncateSync("/proc/self/fd/30"); } catch { /* not granted */ }
`;

Deno.test("a deno step's requests are evidence, and show says what was not used", async () => {
  await using world = await World.make({
    unattended: true,
    files: { "main.ts": SCRIPT, "src/in.txt": "in", "lib/x.txt": "x" },
    steps: {
      main: {
        deno: ["run", "main.ts"],
        permissions: { read: ["src", "lib"], write: ["out.txt"] },
        env: { A: "1", B: "2" },
      },
    },
  });
  const ended = await world.execute();
  assertEquals(ended.status, 0, ended.stderr);
  assertEquals((await world.verify()).status, 0);
  const requests = parseRequests(await world.evidence("permissions"));
  assertEquals(
    requests.map(({ permission, value }) => `${permission} ${value}`),
    [
      "read src/in.txt",
      "env A",
      "write out.txt",
      "read /etc/passwd",
      "env DENO_AUDIT_PERMISSIONS",
      "write /proc/self/fd/30",
    ],
  );
  const shown = await world.must(["show"]);
  assert(
    shown.stdout.includes(
      "permissions of main: granted 5, used 3; not used: read lib, env B; asked in vain: read /etc/passwd",
    ),
    shown.stdout,
  );
});
