/**
 * Keys on disk, and setting up.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { sha256 } from "../src/core/digest.ts";
import { verifySignature } from "../src/core/keys.ts";
import type { ErrorCode } from "../src/core/errors.ts";
import { readPins, requirePinned } from "../src/policy/pins.ts";
import { DEFAULT_POLICY } from "../src/policy/default_policy.ts";
import { policyDigest } from "../src/policy/policy_set.ts";
import {
  listKeys,
  loadSigner,
  type NewKey,
  newKey,
  readKey,
} from "../src/ticket/keyring.ts";
import { loadTrust } from "../src/ticket/read_trust.ts";
import { setUp } from "../src/ticket/setup.ts";
import { trustDigest } from "../src/ticket/trust.ts";
import { trustText } from "../src/ticket/trust_text.ts";
import { PERMIT, refused } from "./support/policies.ts";
import { NOW, trustOf } from "./support/tickets.ts";

const PASSPHRASE = "correct horse battery";
const right = () => Promise.resolve(PASSPHRASE);
const never = () => Promise.reject(new Error("nobody should ask"));

async function home() {
  const root = await Deno.realPath(await Deno.makeTempDir());
  await Deno.mkdir(`${root}/w`);
  const key = (options: Partial<NewKey> = {}) =>
    newKey({
      config: `${root}/c`,
      name: "ana",
      owner: "Ana",
      kind: "human",
      roles: ["approver"],
      passphrase: null,
      workFactor: 4,
      ...options,
    });
  return {
    root,
    config: `${root}/c`,
    keys: `${root}/c/keys`,
    workspace: `${root}/w`,
    key,
    setUp: () =>
      setUp({
        config: `${root}/c`,
        workspace: `${root}/w`,
        owner: "Ana",
        passphrase: right,
        now: NOW,
        workFactor: 4,
      }),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

for (const passphrase of [null, PASSPHRASE]) {
  const how = passphrase === null ? "open" : "sealed";
  Deno.test(`a key that lies ${how} signs, and its public half says whose it is`, async () => {
    await using at = await home();
    const made = await at.key({ passphrase });
    assertEquals(made.sealed, passphrase !== null);
    assertEquals(await readKey(at.config, "ana"), made);
    assertEquals(await listKeys(at.config), [made]);
    const signer = await loadSigner(
      at.config,
      "ana",
      passphrase === null ? never : right,
    );
    assertEquals(signer.id, made.id);
    const message = new Uint8Array([1, 2, 3]);
    assert(
      await verifySignature(
        signer.publicKey,
        message,
        await signer.sign(message),
      ),
    );
  });
}

Deno.test("a sealed key holds nothing of the private half in the clear", async () => {
  await using at = await home();
  await at.key({ passphrase: PASSPHRASE });
  const text = await Deno.readTextFile(`${at.keys}/ana.key`);
  assert(text.startsWith("-----BEGIN AGE ENCRYPTED FILE-----\n"));
  assert(!text.includes("PRIVATE KEY"));
});

Deno.test("a key and its folder are for their owner only", async () => {
  await using at = await home();
  await at.key();
  assertEquals((await Deno.stat(at.keys)).mode! & 0o777, 0o700);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(at.keys)) {
    names.push(name);
    const { mode } = await Deno.stat(`${at.keys}/${name}`);
    assertEquals(mode! & 0o777, 0o600);
  }
  assertEquals(names.sort(), ["ana.key", "ana.pub.json"]);
});

Deno.test("a key is never overwritten", async () => {
  await using at = await home();
  const made = await at.key();
  await refused("keys.exists", () => at.key());
  assertEquals(await listKeys(at.config), [made]);
  await loadSigner(at.config, "ana", never);
});

Deno.test("of many who make one key at once, one does", async () => {
  await using at = await home();
  const all = await Promise.allSettled(
    Array.from({ length: 8 }, () => at.key()),
  );
  const made = all.filter(({ status }) => status === "fulfilled");
  assertEquals(made.length, 1);
  const { id } = await readKey(at.config, "ana");
  assertEquals((await loadSigner(at.config, "ana", never)).id, id);
});

Deno.test("a key whose making was killed before its public half had its name is finished", async () => {
  await using at = await home();
  const made = await at.key();
  const secret = sha256(await Deno.readFile(`${at.keys}/ana.key`));
  await Deno.rename(
    `${at.keys}/ana.pub.json`,
    `${at.keys}/.ana.${secret.slice(7, 39)}.pub.json`,
  );
  assertEquals(await readKey(at.config, "ana"), made);
});

const REFUSED: [
  sentence: string,
  code: ErrorCode,
  act: (keys: string, root: string) => Promise<void>,
][] = [
  ["is not there", "keys.missing", (keys) => Deno.remove(`${keys}/ana.key`)],
  [
    "others may read",
    "keys.unsafe",
    (keys) => Deno.chmod(`${keys}/ana.key`, 0o640),
  ],
  [
    "anybody may read",
    "keys.unsafe",
    (keys) => Deno.chmod(`${keys}/ana.key`, 0o604),
  ],
  ["is a link", "keys.unsafe", async (keys, root) => {
    await Deno.rename(`${keys}/ana.key`, `${root}/moved`);
    await Deno.symlink(`${root}/moved`, `${keys}/ana.key`);
  }],
  [
    "lies in a folder that others may write",
    "config.unsafe",
    (keys) => Deno.chmod(keys, 0o770),
  ],
  ["lies in a folder that is a link", "config.unsafe", async (keys, root) => {
    await Deno.rename(keys, `${root}/moved`);
    await Deno.symlink(`${root}/moved`, keys);
  }],
  [
    "is no key",
    "keys.unsafe",
    (keys) => Deno.writeTextFile(`${keys}/ana.key`, "hello"),
  ],
  [
    "is cut off",
    "keys.unsafe",
    (keys) =>
      Deno.writeTextFile(
        `${keys}/ana.key`,
        "-----BEGIN PRIVATE KEY-----\nMC4C",
      ),
  ],
  ["is another than its public half", "keys.unsafe", async (keys) => {
    await Deno.rename(`${keys}/other.key`, `${keys}/ana.key`);
  }],
  [
    "has no public half",
    "keys.unsafe",
    (keys) => Deno.remove(`${keys}/ana.pub.json`),
  ],
  ["has a public half with another id", "keys.unsafe", async (keys) => {
    const text = await Deno.readTextFile(`${keys}/ana.pub.json`);
    await Deno.writeTextFile(
      `${keys}/ana.pub.json`,
      text.replace(
        /sha256:./,
        (id) => id.endsWith("0") ? "sha256:1" : "sha256:0",
      ),
    );
  }],
];

for (const [sentence, code, act] of REFUSED) {
  Deno.test(`a key that ${sentence} is refused`, async () => {
    await using at = await home();
    await at.key();
    await at.key({ name: "other" });
    await loadSigner(at.config, "ana", never);
    await act(at.keys, at.root);
    await refused(code, () => loadSigner(at.config, "ana", never));
  });
}

Deno.test({
  name: Deno.uid() === 0
    ? "a key of somebody else is refused"
    : "a key of somebody else is refused (only root can give a file away)",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await using at = await home();
    await at.key();
    await Deno.chown(`${at.keys}/ana.key`, 12345, null);
    await refused("keys.unsafe", () => loadSigner(at.config, "ana", never));
  },
});

Deno.test("a wrong passphrase opens nothing", async () => {
  await using at = await home();
  await at.key({ passphrase: PASSPHRASE });
  await loadSigner(at.config, "ana", right);
  await refused(
    "keys.passphrase",
    () => loadSigner(at.config, "ana", () => Promise.resolve("wrong")),
  );
});

Deno.test("a sealed key that is damaged is not called a wrong passphrase", async () => {
  await using at = await home();
  await at.key({ passphrase: PASSPHRASE });
  const text = await Deno.readTextFile(`${at.keys}/ana.key`);
  const lines = text.trimEnd().split("\n");
  lines[lines.length - 2] = lines[lines.length - 2].split("").reverse().join(
    "",
  );
  await Deno.writeTextFile(`${at.keys}/ana.key`, lines.join("\n"));
  await refused("keys.unsafe", () => loadSigner(at.config, "ana", right));
});

for (const name of ["", "../ana", "Ana", "a/b", ".ana", "a".repeat(65)]) {
  Deno.test(`"${name.slice(0, 9)}" is no name of a key`, async () => {
    await using at = await home();
    await refused("usage.invalid", () => at.key({ name }));
    await refused("keys.missing", () => loadSigner(at.config, name, never));
  });
}

Deno.test("setting up makes keys, trust and policy, and puts them in force", async () => {
  await using at = await home();
  const result = await at.setUp();
  assertEquals(
    result.keys.map(({ name, sealed, made }) => [name, sealed, made]),
    [["approver", true, true], ["runner", false, true], [
      "ledger",
      false,
      true,
    ]],
  );
  assertEquals(result.files.map(({ path, made }) => [path, made]), [
    ["policies/default.cedar", true],
    ["policies/writ.cedarschema", true],
    ["policies/trust.json", true],
  ]);
  assert(result.pinned);
  const pins = await readPins(at.config, at.workspace);
  const trust = await loadTrust(`${at.workspace}/policies/trust.json`);
  requirePinned(pins, policyDigest(DEFAULT_POLICY), trustDigest(trust));
  assertEquals(pins.ledger, result.keys[2].id);
});

Deno.test("setting up again changes nothing", async () => {
  await using at = await home();
  const first = await at.setUp();
  const again = await at.setUp();
  assertEquals(again.pins, first.pins);
  assertEquals(again.pinned, false);
  assert(![...again.keys, ...again.files].some(({ made }) => made));
});

const HALVES: [sentence: string, lost: string[]][] = [
  ["the pins", ["c/pins"]],
  ["trust and the pins", ["c/pins", "w/policies/trust.json"]],
  ["all but the keys", ["c/pins", "w/policies"]],
  ["a key and all that follows", [
    "c/pins",
    "w/policies",
    "c/keys/ledger.key",
    "c/keys/ledger.pub.json",
  ]],
];

for (const [sentence, lost] of HALVES) {
  Deno.test(`setting up that was killed before ${sentence} is finished by the next`, async () => {
    await using at = await home();
    await at.setUp();
    for (const path of lost) {
      await Deno.remove(`${at.root}/${path}`, { recursive: true });
    }
    assert((await at.setUp()).pinned);
  });
}

const BROUGHT: [sentence: string, file: string, text: string][] = [
  ["trust", "trust.json", trustText(trustOf())],
  ["rules", "own.cedar", PERMIT],
  ["a schema", "writ.cedarschema", "entity A;"],
];

for (const [sentence, file, text] of BROUGHT) {
  Deno.test(`a workspace that brings ${sentence} is not believed by setting up`, async () => {
    await using at = await home();
    await Deno.mkdir(`${at.workspace}/policies`);
    await Deno.writeTextFile(`${at.workspace}/policies/${file}`, text);
    const result = await at.setUp();
    assertEquals(result.pins, null);
    assertEquals(await readPins(at.config, at.workspace), null);
    assertEquals(
      await Deno.readTextFile(`${at.workspace}/policies/${file}`),
      text,
    );
  });
}

Deno.test("a policy folder that is a link is not written through", async () => {
  await using at = await home();
  await Deno.mkdir(`${at.root}/elsewhere`);
  await Deno.symlink(`${at.root}/elsewhere`, `${at.workspace}/policies`);
  await refused("workspace.unsafe", () => at.setUp());
  assertEquals([...Deno.readDirSync(`${at.root}/elsewhere`)], []);
});
