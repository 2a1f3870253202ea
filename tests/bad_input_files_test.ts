/**
 * Something else in the place of a file or folder: a FIFO, a socket, a device, links, a folder
 * for a file and the reverse. No command waits for it, follows it or takes it for what it is not.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path/join";
import type { ErrorCode } from "../src/core/errors.ts";
import {
  assertDone,
  assertTold,
  inWorld,
  type Maker,
  NO_FILES,
  replaced,
} from "./support/bad_input.ts";
import { snapshot, TRUST, World } from "./support/world.ts";

let world: World;

Deno.test.beforeAll(async () => {
  world = await World.make({
    files: { "src/a.txt": "a\n" },
    steps: {
      copy: {
        run: ["cat", "src/a.txt"],
        permissions: { read: ["src"] },
        stdout: "out.txt",
      },
    },
  });
  await done(REQUEST("req.json"));
  await done([...APPROVE("req.json"), "--out", "ticket.json"]);
  await done(APPROVE("pipeline.json"));
  await done(EXECUTE);
  await done(APPROVE("pipeline.json"));
});

Deno.test.afterAll(() => world[Symbol.asyncDispose]());

async function done(words: readonly string[]): Promise<void> {
  assertDone(await inWorld(world, words));
}

const RUN = ["run", "pipeline.json"];
const EXPLAIN = ["policy", "explain", "pipeline.json"];
const EXECUTE = ["execute", "pipeline.json"];
const SETUP = ["setup", "--owner", "ann", "--passphrase-file", "/dev/null"];
const ACCEPT = ["trust", "accept", "--yes"];
const VERIFY = ["verify", "latest", "--trust", TRUST];
const REQUEST = (out: string) => ["request", "pipeline.json", "--out", out];
const APPROVE = (what: string) => [
  ...["approve", what, "--yes"],
  ...["--passphrase-file", world.ann.passphrase],
];

/** A place, and what each command says that meets something else there. */
interface Target {
  path: () => string;
  code: ErrorCode;
  commands: () => string[][];
}

const config = (...names: string[]) => () => join(world.ann.config, ...names);

/** Files. */
const FILES: Record<string, Target> = {
  "the pipeline": {
    path: () => world.at("pipeline.json"),
    code: "input.unreadable",
    commands: () => [
      RUN,
      EXPLAIN,
      EXECUTE,
      REQUEST("new.json"),
      APPROVE("pipeline.json"),
    ],
  },
  "a request": {
    path: () => world.at("req.json"),
    code: "input.unreadable",
    commands: () => [[...APPROVE("req.json"), "--out", "new.json"]],
  },
  "a ticket file": {
    path: () => world.at("ticket.json"),
    code: "input.unreadable",
    commands: () => [
      [...EXECUTE, "--ticket", "ticket.json"],
      [...APPROVE("ticket.json"), "--out", "new.json"],
    ],
  },
  "a passphrase file": {
    path: () => join(world.root, "pass"),
    code: "input.unreadable",
    commands: () => [
      ["keys", "new", "k", "--owner", "ann", "--passphrase-file", "../pass"],
    ],
  },
  "the trust file": {
    path: () => world.at(TRUST),
    code: "trust.invalid",
    commands: () => [
      RUN,
      EXECUTE,
      SETUP,
      ACCEPT,
      VERIFY,
      ["trust", "show"],
      APPROVE("pipeline.json"),
    ],
  },
  "a policy file": {
    path: () => world.at("policies/default.cedar"),
    code: "policy.invalid",
    commands: () => [
      RUN,
      EXPLAIN,
      EXECUTE,
      SETUP,
      ACCEPT,
      ["policy", "check"],
      APPROVE("pipeline.json"),
    ],
  },
  "the policy's schema": {
    path: () => world.at("policies/writ.cedarschema"),
    code: "policy.invalid",
    commands: () => [RUN, EXECUTE, SETUP, ACCEPT, ["policy", "check"]],
  },
  "the pin": {
    path: () => join(world.ann.config, "pins", pinOf(world)),
    code: "config.unsafe",
    commands: () => [
      RUN,
      EXECUTE,
      SETUP,
      ACCEPT,
      ["trust", "show"],
      ["policy", "check"],
      ["log"],
      ["show"],
      ["tickets", "list"],
      ["tickets", "show", "latest"],
      ["tickets", "revoke", "latest", "--yes"],
      APPROVE("pipeline.json"),
    ],
  },
  "tools.json": {
    path: config("tools.json"),
    code: "config.unsafe",
    commands: () => [RUN, EXPLAIN, EXECUTE, APPROVE("pipeline.json")],
  },
  "what was seen of the ledger": {
    path: () => join(world.ann.config, "seen", seenOf(world)),
    code: "config.unsafe",
    commands: () => [["log"], ["show"], ["tickets", "list"], EXECUTE],
  },
  "a private key": {
    path: config("keys/approver.key"),
    code: "keys.unsafe",
    commands: () => [
      ["keys", "list"],
      SETUP,
      APPROVE("pipeline.json"),
      [...REQUEST("new.json"), "--key", "approver"],
    ],
  },
  "the runner's key": {
    path: config("keys/runner.key"),
    code: "keys.unsafe",
    commands: () => [["keys", "list"], EXECUTE],
  },
  "a public key": {
    path: config("keys/approver.pub.json"),
    code: "keys.unsafe",
    commands: () => [["keys", "list"], SETUP, APPROVE("pipeline.json")],
  },
};

for (const [name, target] of Object.entries(FILES)) {
  for (const [kind, make] of Object.entries(NO_FILES)) {
    Deno.test(`in the place of ${name}, ${kind} is refused`, async () => {
      await refused(target, make);
    });
  }
}

/** What may lie in the place of a folder. */
const NO_FOLDERS: Record<string, Maker> = {
  "a file": (path) => Deno.writeTextFileSync(path, "text"),
  "a FIFO": NO_FILES["a FIFO"],
  "a link to nothing": NO_FILES["a link to nothing"],
  "a link to itself": NO_FILES["a link to itself"],
  "a link to a folder": (path) => Deno.symlinkSync("/usr/share", path),
};

/** Folders. */
const FOLDERS: Record<string, Target> = {
  "the config folder": {
    path: config(),
    code: "config.unsafe",
    commands: () => [
      RUN,
      EXECUTE,
      SETUP,
      ACCEPT,
      ["log"],
      ["keys", "list"],
      ["keys", "new", "k", "--open", "--owner", "ann"],
      ["trust", "show"],
    ],
  },
  "the state folder": {
    path: () => world.ann.state,
    code: "config.unsafe",
    commands: () => [RUN, EXECUTE, SETUP, ["log"], ["tickets", "list"]],
  },
  "the folder of keys": {
    path: config("keys"),
    code: "config.unsafe",
    commands: () => [
      SETUP,
      EXECUTE,
      ["keys", "list"],
      ["keys", "new", "k", "--open", "--owner", "ann"],
      APPROVE("pipeline.json"),
    ],
  },
  "the folder of pins": {
    path: config("pins"),
    code: "config.unsafe",
    commands: () => [RUN, EXECUTE, SETUP, ACCEPT, ["log"], ["trust", "show"]],
  },
  "the folder of what was seen": {
    path: config("seen"),
    code: "config.unsafe",
    commands: () => [EXECUTE, ["log"], ["show"]],
  },
  "the policy folder": {
    path: () => world.at("policies"),
    code: "policy.invalid",
    commands: () => [RUN, EXECUTE, ACCEPT, ["policy", "check"]],
  },
  ".writ": {
    path: () => world.at(".writ"),
    code: "workspace.unsafe",
    commands: () => [
      RUN,
      EXPLAIN,
      EXECUTE,
      SETUP,
      ACCEPT,
      REQUEST("new.json"),
      ["verify", "latest"],
      ["log"],
      ["show"],
      ["tickets", "list"],
      ["trust", "show"],
      ["policy", "check"],
      APPROVE("pipeline.json"),
    ],
  },
  "the folder of runs": {
    path: () => world.at(".writ/runs"),
    code: "workspace.unsafe",
    commands: () => [EXECUTE, VERIFY],
  },
  "the folder of requests": {
    path: () => world.at(".writ/requests"),
    code: "workspace.unsafe",
    commands: () => [["request", "pipeline.json"]],
  },
  "the ledger's folder": {
    path: () => join(world.ann.state, only(world.ann.state, "isDirectory")),
    code: "workspace.unsafe",
    commands: () => [EXECUTE, ["log"], ["show"], ["tickets", "list"]],
  },
};

for (const [name, target] of Object.entries(FOLDERS)) {
  for (const [kind, make] of Object.entries(NO_FOLDERS)) {
    Deno.test(`in the place of ${name}, ${kind} is refused`, async () => {
      await refused(target, make);
    });
  }
}

async function refused(
  { path, code, commands }: Target,
  make: Maker,
): Promise<void> {
  const before = kept();
  const at = path();
  const shown = at.slice(at.lastIndexOf("/") + 1);
  {
    using _ = replaced(world, at, make);
    for (const words of commands()) {
      const ended = await inWorld(world, words);
      assertTold(ended, { code, names: [shown] });
    }
  }
  assertEquals(kept(), before);
}

/** All that a refused command must leave as it is. */
function kept(): Record<string, string>[] {
  return [world.workspace, world.ann.config].map(snapshot);
}

function pinOf(world: World): string {
  return only(join(world.ann.config, "pins"));
}

function seenOf(world: World): string {
  return only(join(world.ann.config, "seen"));
}

function only(folder: string, kind: "isFile" | "isDirectory" = "isFile") {
  const found = [...Deno.readDirSync(folder)].filter((entry) =>
    entry[kind] && !entry.name.startsWith("lock")
  );
  assertEquals(found.length, 1);
  return found[0].name;
}
