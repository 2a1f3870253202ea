/**
 * What the output of a failed step says of a declaration that is missing.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { EMPTY_DIGEST } from "../src/core/digest.ts";
import { type ExitClues, readClues } from "../src/run/exit_clues.ts";
import { confine } from "../src/sandbox/confine.ts";
import { planStep, type StepOptions } from "./support/plans.ts";

/** What a test says of a failure; the rest is a step that reads nothing and says nothing. */
interface Failure extends Partial<Omit<ExitClues, "step" | "materials">> {
  step?: StepOptions;
  /** Files that it saw, by declared path. */
  saw?: Record<string, string[]>;
  /** What the workspace holds. */
  here?: string[];
}

const VIEWS = "/s/views/run_1";

function clueOf({ step, saw = {}, here = [], ...rest }: Failure) {
  const planned = planStep(step);
  return readClues({
    step: planned,
    materials: Object.entries(saw).map(([path, files]) => ({
      path,
      tree: EMPTY_DIGEST,
      files: files.length,
      bytes: 0,
      entries: files.map((file) => ({
        path: file,
        mode: "100644" as const,
        digest: EMPTY_DIGEST,
      })),
    })),
    hidden: null,
    output: "",
    network: confine(planned).network,
    denied: [],
    exists: (path) => here.includes(path),
    backend: "bubblewrap",
    root: "/work",
    views: VIEWS,
    ...rest,
  });
}

const hidden = {
  folder: ".",
  seen: 1,
  total: 2,
  hidden: ["src"],
  above: [],
  links: [],
};

const CLUES: [
  name: string,
  failure: Failure,
  what: string | null,
  hint: string | null,
][] = [
  ["nothing to go by", { output: "boom" }, null, null],
  [
    "a failure that names nothing, and a hint",
    { output: "boom", hidden },
    null,
    "It sees 1 of 2 entries of ./ (hidden: src)",
  ],
  [
    "what is here and was not shown",
    { output: "open 'a.txt'", here: ["a.txt"] },
    'named "a.txt", which exists here but is not visible to it',
    'Add "a.txt" to permissions.read, if the step shall see it',
  ],
  [
    "two of them",
    { output: "a.txt b.txt", here: ["a.txt", "b.txt"] },
    'named "a.txt", "b.txt", which exist here but are not visible to it',
    'Add "a.txt", "b.txt" to permissions.read, if the step shall see it',
  ],
  [
    "what is here, as seen from its folder",
    { output: "open 'a.txt'", here: ["sub/a.txt"], step: { cwd: "sub" } },
    'named "sub/a.txt", which exists here but is not visible to it',
    'Add "sub/a.txt" to permissions.read, if the step shall see it',
  ],
  [
    "what is left out of a folder that it reads",
    {
      output: "Cannot find /work/node_modules/x",
      here: ["node_modules/x"],
      saw: { ".": ["a.txt"] },
    },
    'named "node_modules/x", which exists here but is not visible to it',
    'Add "node_modules/x" to permissions.read, if the step shall see it',
  ],
  [
    "what it saw, the folders above it, and what it writes",
    {
      output: "src/a.txt src dist/x dist",
      here: ["src/a.txt", "src", "dist/x", "dist"],
      saw: { src: ["a.txt"] },
      step: { products: [{ path: "dist/x", starts: "absent" }] },
    },
    null,
    null,
  ],
  [
    "a path of its own view elsewhere",
    {
      output: `at ${VIEWS}/s-1/work/a.txt:3:7`,
      root: `${VIEWS}/s-1/work`,
      here: ["a.txt"],
    },
    'named "a.txt", which exists here but is not visible to it',
    'Add "a.txt" to permissions.read, if the step shall see it',
  ],
  [
    "what lies in a product that starts absent",
    {
      output: "tar: dist/src.tar: Cannot open: No such file or directory",
      step: { products: [{ path: "dist", starts: "absent" }] },
    },
    'named "dist/src.tar", and "dist" is not there when it starts',
    'Write "dist/" in permissions.write: it then starts as an empty folder',
  ],
  [
    "what lies in a product that starts as a folder",
    {
      output: "tar: dist/deep/src.tar: Cannot open: No such file or directory",
      step: { products: [{ path: "dist", starts: "folder" }] },
    },
    null,
    null,
  ],
  [
    "a path of another step's view",
    {
      output: `in ${VIEWS}/make-it-2/work/a.txt`,
      root: `${VIEWS}/s-1/work`,
    },
    'named a path where step "make-it" ran: its input holds absolute paths',
    'Set "isolation": "namespaces", which gives all steps one path',
  ],
  [
    "what Deno would not let it write",
    {
      output:
        'NotCapable: Requires write access to "/work/out dir", run again with',
      step: { kind: "deno", argv: ["run", "a.ts"] },
      here: ["out dir"],
    },
    'asked for write access to "out dir"',
    'Add "out dir" to permissions.write, if the step shall have it',
  ],
  [
    "a host that Deno would not let it reach",
    {
      output: 'NotCapable: Requires net access to "example.com:443", run',
      step: { kind: "deno", argv: ["run", "a.ts"] },
    },
    'asked for net access to "example.com:443"',
    'Add "example.com:443" to permissions.net, if the step shall have it',
  ],
  [
    "a variable that Deno would not let it see",
    {
      output: 'NotCapable: Requires env access to "CI", run again',
      step: { kind: "deno", argv: ["run", "a.ts"] },
    },
    'asked for the variable "CI"',
    'Give it a value in "env", if the step shall see it',
  ],
  [
    "a folder outside that Deno would not let it read",
    {
      output: 'NotCapable: Requires read access to "/etc/passwd", run again',
      step: { kind: "deno", argv: ["run", "a.ts"] },
    },
    null,
    null,
  ],
  [
    "Deno's words of a native step",
    { output: 'NotCapable: Requires env access to "CI", run again' },
    null,
    null,
  ],
  [
    "a read-only word of its command line",
    {
      output: "error: Read-only file system (os error 30)",
      step: { argv: ["fmt", "src"] },
      saw: { src: ["a.txt"], lib: ["b.txt"] },
    },
    'tried to change what it may only read: "src"',
    'Add "src" to permissions.write as well, to update it in place',
  ],
  [
    "a new file in what is read-only",
    {
      output: "Cannot create directory /work/src/out/x\nsrc/out is missing",
      saw: { src: ["a.txt"] },
    },
    'tried to make "src/out" in what it may only read',
    'Add "src/out" to scratch if it may be thrown away, else it or its folder to permissions.write',
  ],
  [
    "a word for which there is no folder",
    {
      output: "cannot open 'out/a.tar'",
      step: { argv: ["pack", "-o", "out/a.tar"] },
    },
    'named "out/a.tar", which is neither there nor in permissions.write',
    'Add "out/" to permissions.write, if the step shall write there: it starts as an empty folder',
  ],
  [
    "a slip of the pen in a folder that it reads",
    {
      output: "cannot open 'src/mian.c'",
      step: { argv: ["cc", "src/mian.c"] },
      saw: { src: ["main.c"] },
    },
    null,
    null,
  ],
  [
    "a host without a network",
    { output: "curl: (6) Could not resolve host: example.com" },
    "looked for a host that it has no network to",
    "Name the host in permissions.net, which a person must then approve",
  ],
  [
    "a host with a network",
    {
      output: "curl: (6) Could not resolve host: example.com",
      step: { permissions: { net: true } },
    },
    null,
    null,
  ],
  [
    "a name that a program with a list of hosts looks up itself",
    {
      output: "socket.gaierror: Temporary failure in name resolution",
      step: { permissions: { net: ["a.example:443"] } },
    },
    "looked for a host by itself: a list of hosts is reached by its proxy only (HTTPS_PROXY), and this program does not use one",
    "Let the program take its proxy from the variables HTTPS_PROXY and HTTP_PROXY",
  ],
  [
    "a name that a Deno step looks up, whose list its own flags hold",
    {
      output: "getaddrinfo ENOTFOUND a.example",
      step: {
        kind: "deno",
        argv: ["run", "a.ts"],
        permissions: { net: ["a.example:443"] },
      },
    },
    null,
    null,
  ],
  [
    "a host that is not on its list, whatever it did not see",
    {
      output: "urllib.error.URLError: <urlopen error Tunnel: 403 Forbidden>",
      denied: [{ target: "b.example:443", reason: "is not declared" }],
      hidden,
    },
    'asked for "b.example:443", which is not on its list',
    "Name the host in permissions.net, which a person must then approve",
  ],
  [
    "two hosts that are not on its list, and a name that it looked up itself",
    {
      output: "Could not resolve host: a.example",
      denied: ["b.example:443", "c.example:80"].map((target) => ({
        target,
        reason: "is not declared",
      })),
      step: { permissions: { net: ["a.example:443"] } },
    },
    'asked for "b.example:443", "c.example:80", which are not on its list',
    "Name the host in permissions.net, which a person must then approve",
  ],
  [
    "a listed host that leads to where no name may",
    {
      denied: [{ target: "a.example:443", reason: "leads to an address" }],
    },
    'asked for "a.example:443", which leads to an address',
    null,
  ],
  [
    "a hidden file that it named, and a host that is not on its list",
    {
      output: "open 'a.txt'",
      here: ["a.txt"],
      denied: [{ target: "b.example:443", reason: "is not declared" }],
    },
    'named "a.txt", which exists here but is not visible to it',
    'Add "a.txt" to permissions.read, if the step shall see it',
  ],
  [
    "a socket under Landlock",
    { output: "listen EPERM: not permitted", backend: "landlock" },
    "was denied a socket: landlock gives no private loopback",
    'Set "net": ["localhost"] in its permissions and install bubblewrap (apt-get install bubblewrap)',
  ],
  [
    "a socket under bubblewrap",
    { output: "listen EPERM: not permitted" },
    null,
    null,
  ],
  [
    "a remote module that nobody fetched",
    {
      output:
        'error: Requires import access to "deno.land:443", run again with the --allow-import flag',
    },
    "asked for packages or modules that it is not given",
    'Fetch them in a step with "fetch": "deno", and name "deno" in the "fetched" of this one',
  ],
  [
    "a package that was not fetched with the others",
    {
      output:
        'npm package not found in cache: "left-pad", --cached-only is specified.',
      step: { fetched: [{ cache: "deno", from: "deps" }] },
    },
    "asked for what the deno cache that it is given has not",
    "Let the step that fetches it fetch this too",
  ],
  [
    "a package of npm that was not fetched",
    {
      output:
        "npm error code ENOTCACHED\nnpm error request to https://a.example failed",
      step: { fetched: [{ cache: "npm", from: "deps" }] },
    },
    "asked for what the npm cache that it is given has not",
    "Let the step that fetches it fetch this too",
  ],
  [
    "a word that it makes anew, and a hint",
    {
      output: "no such table",
      here: ["a.db"],
      step: {
        argv: ["sqlite3", "a.db"],
        products: [{ path: "a.db", starts: "absent" }],
      },
      hidden,
    },
    null,
    'To start with "a.db" as it is, add it to permissions.read as well; it sees 1 of 2 entries of ./ (hidden: src)',
  ],
];

for (const [name, failure, what, hint] of CLUES) {
  Deno.test(`${name}: ${what ?? "nothing is sure"}`, () => {
    assertEquals(clueOf(failure), { what, hint });
  });
}
