/**
 * The policy folder, pins and the differences that are shown before they change.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { canonicalBytes } from "../src/core/canonical_json.ts";
import { digestOf } from "../src/core/digest.ts";
import { type ErrorCode, WritError } from "../src/core/errors.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { loadPolicy } from "../src/policy/load_policy.ts";
import {
  readPinned,
  readPins,
  requirePinned,
  writePins,
} from "../src/policy/pins.ts";
import { policyDigest } from "../src/policy/policy_set.ts";
import { differences, lineChanges } from "../src/ticket/differences.ts";
import { trustDigest } from "../src/ticket/trust.ts";
import { PERMIT, refused, rules, SCHEMA } from "./support/policies.ts";
import { LEDGER, trustedKey, trustOf } from "./support/tickets.ts";

const AT = { ledger: LEDGER, acceptedAt: "2026-01-14T12:00:00.000Z" };
const TEXTS = {
  policy: DEFAULT_POLICY,
  trust: canonicalBytes(trustOf()),
};

/** A folder with an empty workspace `w` and a config folder `c` that is not there yet. */
async function home(): Promise<
  AsyncDisposable & { root: string; w: string; c: string }
> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  await Deno.mkdir(`${root}/w`);
  return {
    root,
    w: `${root}/w`,
    c: `${root}/config/writ`,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** A workspace whose policy folder holds these files. */
async function workspace(files: Record<string, string | Uint8Array>) {
  const at = await home();
  await Deno.mkdir(`${at.w}/policies`);
  for (const [name, content] of Object.entries(files)) {
    const path = `${at.w}/policies/${name}`;
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else await Deno.writeFile(path, content);
  }
  return at;
}

const EMBEDDED: [sentence: string, files: Record<string, string>][] = [
  ["an empty policy folder", {}],
  ["a folder with trust alone", { "trust.json": "{}" }],
  ["a folder with a schema alone", { "writ.cedarschema": SCHEMA }],
];

for (const [sentence, files] of EMBEDDED) {
  Deno.test(`with ${sentence} Writ's own policy holds`, async () => {
    await using at = await workspace(files);
    assertEquals(await loadPolicy(at.w), {
      policy: DEFAULT_POLICY,
      from: "embedded",
    });
  });
}

Deno.test("without a policy folder Writ's own policy holds", async () => {
  await using at = await home();
  assertEquals((await loadPolicy(at.w)).from, "embedded");
});

Deno.test("a workspace's policy is every file of the folder that is one", async () => {
  await using at = await workspace({
    "a.cedar": PERMIT,
    "b.cedar": "// größer\r\n",
    "writ.cedarschema": SCHEMA,
    "trust.json": "{}",
    "README.md": "",
  });
  const { policy, from } = await loadPolicy(at.w);
  assertEquals(from, "workspace");
  assertEquals(policy.files, {
    "a.cedar": PERMIT,
    "b.cedar": "// größer\r\n",
    "writ.cedarschema": SCHEMA,
  });
});

const UNREADABLE: [
  sentence: string,
  make: (folder: string) => Promise<void>,
][] = [
  ["a link", (folder) => Deno.symlink("a.cedar", `${folder}/b.cedar`)],
  ["a link to nothing", (folder) => Deno.symlink("none", `${folder}/b.cedar`)],
  ["a folder", (folder) => Deno.mkdir(`${folder}/b.cedar`)],
  ["a FIFO", async (folder) => {
    const { success } = await new Deno.Command("mkfifo", {
      args: [`${folder}/b.cedar`],
    }).output();
    assert(success);
  }],
  [
    "a file above 1 MiB",
    (folder) =>
      Deno.writeTextFile(`${folder}/b.cedar`, " ".repeat(1024 * 1024 + 1)),
  ],
  [
    "bytes that are not UTF-8",
    (folder) => Deno.writeFile(`${folder}/b.cedar`, new Uint8Array([0xff])),
  ],
  [
    "a name in capitals",
    (folder) => Deno.writeTextFile(`${folder}/b.CEDAR`, PERMIT),
  ],
];

for (const [sentence, make] of UNREADABLE) {
  Deno.test(`a policy folder with ${sentence} is refused`, async () => {
    await using at = await workspace({ "a.cedar": PERMIT });
    await loadPolicy(at.w);
    await make(`${at.w}/policies`);
    await refused("policy.invalid", () => loadPolicy(at.w));
  });
}

Deno.test("a policy folder that is a link is refused", async () => {
  await using at = await home();
  await Deno.mkdir(`${at.root}/elsewhere`);
  await Deno.symlink(`${at.root}/elsewhere`, `${at.w}/policies`);
  await refused("policy.invalid", () => loadPolicy(at.w));
});

Deno.test("before anything was accepted nothing is in force", async () => {
  await using at = await home();
  assertEquals(await readPins(at.c, at.w), null);
});

Deno.test("what was pinned is in force, with its texts, for this workspace alone", async () => {
  await using at = await home();
  await Deno.mkdir(`${at.root}/other`);
  const pins = await writePins(at.c, at.w, TEXTS, AT);
  assertEquals(await readPins(at.c, at.w), pins);
  assertEquals(pins.policy, policyDigest(DEFAULT_POLICY));
  assertEquals(pins.trust, trustDigest(trustOf()));
  assertEquals(await readPinned(at.c, pins), TEXTS);
  assertEquals(await readPins(at.c, `${at.root}/other`), null);
});

Deno.test("a link to a workspace is that workspace", async () => {
  await using at = await home();
  await Deno.symlink(at.w, `${at.root}/link`);
  const pins = await writePins(at.c, `${at.root}/link`, TEXTS, AT);
  assertEquals(await readPins(at.c, at.w), pins);
});

Deno.test("accepting again replaces what was in force", async () => {
  await using at = await home();
  await writePins(at.c, at.w, TEXTS, AT);
  const texts = { ...TEXTS, policy: rules(PERMIT) };
  const pins = await writePins(at.c, at.w, texts, AT);
  assertEquals(await readPins(at.c, at.w), pins);
  assertEquals(await readPinned(at.c, pins), texts);
});

Deno.test("pins are for their owner only, and leave nothing half-written", async () => {
  await using at = await home();
  await writePins(at.c, at.w, TEXTS, AT);
  const found: string[] = [];
  for (const folder of [at.c, `${at.c}/pins`]) {
    assertEquals((await Deno.stat(folder)).mode! & 0o777, 0o700);
  }
  for await (const { name, isFile } of Deno.readDir(`${at.c}/pins`)) {
    if (!isFile) continue;
    found.push(name);
    const { mode } = await Deno.stat(`${at.c}/pins/${name}`);
    assertEquals(mode! & 0o777, 0o600);
  }
  assertEquals(found.length, 1);
});

/** The files of the pins: `[<id>.json, policy, trust]`. */
async function pinFiles(config: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isFile } of Deno.readDir(`${config}/pins`)) {
    if (isFile) files.push(`${config}/pins/${name}`);
    else {
      for await (const text of Deno.readDir(`${config}/pins/${name}`)) {
        files.push(`${config}/pins/${name}/${text.name}`);
      }
    }
  }
  return files.sort((a, b) =>
    a.split("/").length - b.split("/").length || (a < b ? -1 : 1)
  );
}

const DAMAGE: [
  sentence: string,
  act: (files: string[], at: { c: string; root: string }) => Promise<void>,
][] = [
  ["cut off", ([pin]) => Deno.writeTextFile(pin, '{"v":1')],
  ["of a newer version", async ([pin]) => {
    const text = await Deno.readTextFile(pin);
    await Deno.writeTextFile(pin, text.replace('"v":1', '"v":2'));
  }],
  ["for another workspace", async ([pin]) => {
    const text = await Deno.readTextFile(pin);
    await Deno.writeTextFile(pin, text.replace('/w"', '/x"'));
  }],
  ["a link", async ([pin], { root }) => {
    await Deno.rename(pin, `${root}/moved`);
    await Deno.symlink(`${root}/moved`, pin);
  }],
  ["in a folder that others may write", async (_, { c }) => {
    await Deno.chmod(`${c}/pins`, 0o777);
  }],
  ["in a folder that is a link", async (_, { c, root }) => {
    await Deno.rename(`${c}/pins`, `${root}/moved`);
    await Deno.symlink(`${root}/moved`, `${c}/pins`);
  }],
  ["in a config folder that is a link", async (_, { c, root }) => {
    await Deno.rename(c, `${root}/moved`);
    await Deno.symlink(`${root}/moved`, c);
  }],
  [
    "with another policy text",
    ([, policy]) => Deno.writeTextFile(policy, '{"a.cedar":""}'),
  ],
  ["without its policy text", ([, policy]) => Deno.remove(policy)],
  ["with another trust text", ([, , trust]) => Deno.writeTextFile(trust, "{}")],
];

for (const [sentence, act] of DAMAGE) {
  Deno.test(`a pin ${sentence} is refused`, async () => {
    await using at = await home();
    const pins = await writePins(at.c, at.w, TEXTS, AT);
    const look = async () => {
      await readPins(at.c, at.w);
      await readPinned(at.c, pins);
    };
    await look();
    await act(await pinFiles(at.c), at);
    await refused("config.unsafe", look);
  });
}

const UNPINNED: [code: ErrorCode, policy: string, trust: string][] = [
  ["policy.unpinned", "another", "trust"],
  ["trust.unpinned", "policy", "another"],
];

for (const [code, policy, trust] of UNPINNED) {
  Deno.test(`what is not in force is refused as ${code}`, () => {
    const pins = {
      v: 1 as const,
      workspace: "/w",
      policy: digestOf("policy"),
      trust: digestOf("trust"),
      ...AT,
    };
    requirePinned(pins, digestOf("policy"), digestOf("trust"));
    const error = assertThrows(
      () => requirePinned(pins, digestOf(policy), digestOf(trust)),
      WritError,
    );
    assertEquals(error.code, code);
    assertEquals(error.hint, "deno task writ trust accept");
  });
}

Deno.test("where nothing is in force, setup is missing", () => {
  const error = assertThrows(
    () => requirePinned(null, digestOf("policy"), digestOf("trust")),
    WritError,
  );
  assertEquals(error.code, "setup.missing");
});

Deno.test("nothing differs from itself", () => {
  const same = { policy: DEFAULT_POLICY, trust: trustOf() };
  assertEquals(differences(same, same), { policy: [], trust: [] });
});

Deno.test("differences name every file, key and number that would change", () => {
  const old = {
    policy: { files: { "a.cedar": "1\n2\n3\n", "gone.cedar": "x\n" } },
    trust: trustOf(),
  };
  const next = {
    policy: { files: { "a.cedar": "1\ntwo\n3\n", "new.cedar": "y\n" } },
    trust: trustOf({ li: { revokedAt: "2026-01-01T00:00:00.000Z" } }, {
      quorum: 2,
      witnesses: 1,
      policies: [],
    }),
  };
  next.trust.keys = [
    ...next.trust.keys.filter(({ owner }) => owner !== "bot"),
    trustedKey("stranger"),
  ];
  const found = differences(old, next);
  assertEquals(
    found.policy.map(({ file, change }) => `${change} ${file}`),
    ["changed a.cedar", "removed gone.cedar", "added new.cedar"],
  );
  assertEquals(
    found.policy[0].lines.map(({ op, text }) => `${op} ${text}`),
    ["same 1", "removed 2", "added two", "same 3"],
  );
  assertEquals(
    found.trust.map((one) =>
      one.what === "key" ? `${one.change} ${one.key.owner}` : one.what
    ),
    [
      "changed li",
      "added stranger",
      "removed bot",
      "quorum",
      "witnesses",
      "policies",
    ],
  );
});

Deno.test("changed lines lead from the old text to the new", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });
  fc.assert(fc.property(lines, lines, (old, next) => {
    const changes = lineChanges(old, next);
    const without = (op: string) =>
      changes.filter((one) => one.op !== op).map(({ text }) => text);
    assertEquals(without("added"), old);
    assertEquals(without("removed"), next);
  }));
});
