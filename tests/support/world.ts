/**
 * A world for tests of the program: a workspace, a home with keys, and Writ run in it from
 * outside.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dirname } from "@std/path/dirname";
import { join } from "@std/path/join";
import { canonicalBytes } from "../../src/core/canonical_json.ts";
import type { Digest } from "../../src/core/digest.ts";
import { DEFAULT_POLICY } from "../../src/policy/default_policy.ts";
import { loadPolicy } from "../../src/policy/load_policy.ts";
import { writePins } from "../../src/policy/pins.ts";
import { listKeys, newKey } from "../../src/ticket/keyring.ts";
import { loadTrust } from "../../src/ticket/read_trust.ts";
import { setUp } from "../../src/ticket/setup.ts";
import type { Trust } from "../../src/ticket/trust.ts";
import { removeTree } from "../../src/evidence/remove_tree.ts";
import { type Ended, runWrit, startWrit } from "./run_writ.ts";
import type { Content } from "./workspaces.ts";

/** What a person, or an agent, has for themselves: a home and the passphrase of its keys. */
export interface Person {
  home: string;
  /** `<home>/.config/writ`. */
  config: string;
  /** `<home>/.local/state/writ`. */
  state: string;
  /** A file with the passphrase. */
  passphrase: string;
}

/** What a test says about its world. */
export interface WorldOptions {
  /** Files of the workspace, beside the policies. */
  files?: Record<string, Content>;
  /** `pipeline.json`. */
  steps?: Record<string, unknown>;
  params?: Record<string, string>;
  /** How many approvers a ticket needs; each further one than "ann" is another person. */
  quorum?: number;
  /** Steps need no approval. */
  unattended?: boolean;
}

const PASSPHRASE = "correct horse";

/** Scrypt at its cheapest: these keys protect nothing. */
const WORK_FACTOR = 2;

/** The default policy without the rule that lets a step run with no approval. */
export const REVIEW_ALL: Record<string, string> = {
  ...DEFAULT_POLICY.files,
  "default.cedar": DEFAULT_POLICY.files["default.cedar"].replace(
    /@id\("unattended"\)[^;]*;/,
    "",
  ),
};

/** A workspace that "ann" has set up, and where everything waits for her approval. */
export class World implements AsyncDisposable {
  /** A folder that holds all the rest. */
  readonly root: string;
  readonly workspace: string;
  readonly ann: Person;

  private constructor(root: string) {
    this.root = root;
    this.workspace = join(root, "work");
    this.ann = this.person("ann");
  }

  /** Makes it. */
  static async make(options: WorldOptions = {}): Promise<World> {
    const root = await Deno.realPath(
      await Deno.makeTempDir({ prefix: "writ-world-" }),
    );
    const world = new World(root);
    const { quorum = 1, unattended = false } = options;
    await Deno.mkdir(join(world.workspace, ".writ"), { recursive: true });
    world.put(options.files ?? {});
    if (options.steps !== undefined) {
      world.putPipeline(options.steps, options.params);
    }
    if (!unattended) {
      for (const [name, text] of Object.entries(REVIEW_ALL)) {
        world.put({ [`policies/${name}`]: text });
      }
    }
    await world.makeKeys(world.ann, "ann");
    if (quorum > 1) {
      await world.changeTrust((trust) => ({ ...trust, quorum }));
    }
    await world.accept(world.ann);
    return world;
  }

  /** A person with an empty home of this world. */
  person(name: string): Person {
    const home = join(this.root, name);
    Deno.mkdirSync(home, { recursive: true, mode: 0o700 });
    const passphrase = join(home, "passphrase");
    Deno.writeTextFileSync(passphrase, `${PASSPHRASE}\n`);
    return {
      home,
      config: join(home, ".config/writ"),
      state: join(home, ".local/state/writ"),
      passphrase,
    };
  }

  /** What `setup` does, without pinning what the workspace brings. */
  async makeKeys({ config }: Person, owner: string): Promise<void> {
    await setUp({
      config,
      workspace: this.workspace,
      owner,
      passphrase: () => Promise.resolve(PASSPHRASE),
      now: Date.now(),
      workFactor: WORK_FACTOR,
    });
  }

  /** A person with an approver's key that trust names. */
  async approver(name: string): Promise<Person> {
    const person = this.person(name);
    const key = await newKey({
      config: person.config,
      name: "approver",
      owner: name,
      kind: "human",
      roles: ["approver"],
      passphrase: PASSPHRASE,
      workFactor: WORK_FACTOR,
    });
    const { name: _, sealed: __, v: ___, ...rest } = key;
    await this.changeTrust((trust) => ({
      ...trust,
      keys: [...trust.keys, {
        ...rest,
        notBefore: "2020-01-01T00:00:00.000Z",
        notAfter: null,
        revokedAt: null,
      }],
    }));
    return person;
  }

  /** What `trust accept` does, under the ledger of "ann"; here or in a clone. */
  async accept(
    { config }: Person,
    workspace = this.workspace,
  ): Promise<void> {
    const { policy } = await loadPolicy(workspace);
    const trust = await loadTrust(join(workspace, TRUST));
    await writePins(config, workspace, {
      policy,
      trust: canonicalBytes(trust),
    }, {
      ledger: await this.ledgerId(),
      acceptedAt: new Date().toISOString(),
    });
  }

  /** The id of the ledger of "ann". */
  async ledgerId(): Promise<Digest> {
    const keys = await listKeys(this.ann.config);
    return keys.find(({ name }) => name === "ledger")!.id;
  }

  /** Where the state of her ledger lies. */
  async stateOfLedger(): Promise<string> {
    return join(this.ann.state, (await this.ledgerId()).slice(7));
  }

  /** Changes the workspace's trust file. */
  async changeTrust(change: (trust: Trust) => Trust): Promise<void> {
    const path = join(this.workspace, TRUST);
    const trust = change(await loadTrust(path));
    await Deno.writeTextFile(path, JSON.stringify(trust, null, 2));
  }

  /** Puts files into the workspace. */
  put(files: Record<string, Content>): void {
    for (const [path, content] of Object.entries(files)) {
      const at = this.at(path);
      Deno.mkdirSync(dirname(at), { recursive: true });
      if (typeof content === "string") Deno.writeTextFileSync(at, content);
      else if ("link" in content) Deno.symlinkSync(content.link, at);
      else if ("folder" in content) Deno.mkdirSync(at, { recursive: true });
      else {
        Deno.writeTextFileSync(at, content.program);
        Deno.chmodSync(at, 0o755);
      }
    }
  }

  /** Writes `pipeline.json`. */
  putPipeline(
    steps: Record<string, unknown>,
    params?: Record<string, string>,
  ): void {
    this.put({
      "pipeline.json": JSON.stringify({
        name: "work",
        params,
        isolation: "kernel",
        steps,
      }),
    });
  }

  /** A path of the workspace, absolute. */
  at(path: string): string {
    return join(this.workspace, path);
  }

  /** The text of a file of the workspace; `null` where nothing is. */
  text(path: string): string | null {
    try {
      return Deno.readTextFileSync(this.at(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /** Runs a command in the workspace. */
  writ(
    words: readonly string[],
    by: Person = this.ann,
    env?: Record<string, string>,
  ): Promise<Ended> {
    return runWrit(words, { cwd: this.workspace, home: by.home, env });
  }

  /** Starts a command in the workspace, with both outputs piped. */
  start(words: readonly string[], by: Person = this.ann): Deno.ChildProcess {
    return startWrit(words, { cwd: this.workspace, home: by.home });
  }

  /** Runs a command that must do what it is asked. */
  async must(words: readonly string[], by?: Person): Promise<Ended> {
    const ended = await this.writ(words, by);
    assertEquals(ended.status, 0, `writ ${words.join(" ")}\n${ended.stderr}`);
    return ended;
  }

  /** Approves `pipeline.json`, and gives the ticket's id. */
  async approve(words: readonly string[] = [], by = this.ann): Promise<string> {
    const { stdout } = await this.must([
      "approve",
      "pipeline.json",
      "--yes",
      "--passphrase-file",
      by.passphrase,
      "--json",
      ...words,
    ], by);
    return JSON.parse(stdout).ticket.id;
  }

  /** Executes `pipeline.json`. */
  execute(
    words: readonly string[] = [],
    by?: Person,
    env?: Record<string, string>,
  ): Promise<Ended> {
    return this.writ(["execute", "pipeline.json", ...words], by, env);
  }

  /** Verifies a run with the workspace's trust. */
  verify(run = "latest", trust = TRUST): Promise<Ended> {
    return this.writ(["verify", run, "--trust", trust, "--json"]);
  }

  /** What `show --json` says of a run. */
  async show(run = "latest"): Promise<Shown> {
    return JSON.parse((await this.must(["show", run, "--json"])).stdout);
  }

  /** What was captured under a name in the latest run's first step that has it. */
  async evidence(name: string): Promise<string> {
    const { run, receipts } = await this.show();
    const found = receipts.flatMap(({ body }) => body.evidence ?? [])
      .find((one) => one.name === name)!;
    const hex = found.digest.slice("sha256:".length);
    return Deno.readTextFileSync(
      this.at(`.writ/runs/${run.run}/evidence/sha256/${hex}`),
    );
  }

  /** Walks the whole ledger. */
  async checkLedger(): Promise<void> {
    await this.must(["log", "--verify"]);
  }

  /** Every file of the workspace, with its bytes as text and its mode. */
  snapshot(below = "."): Record<string, string> {
    return snapshot(this.at(below));
  }

  /** Workspace and homes, as {@linkcode World.snapshot}. */
  everything(): Record<string, string> {
    return snapshot(this.root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.root);
  }
}

/** The workspace's trust file. */
export const TRUST = "policies/trust.json";

/** What `show --json` answers, as far as tests look at it. */
export interface Shown {
  run: { run: string; ticket: string; status: string; use: number };
  state: string;
  receipts: {
    type: string;
    body: {
      step?: string;
      attempt?: number;
      status?: string;
      reason?: string | null;
      limits?: string[];
      materials?: { path: string; tree: Digest }[];
      evidence?: { name: string; digest: string }[];
      backend?: { name: string };
    };
  }[];
}

/** How each step ended last, with the reason, by step. */
export function endsOf({ receipts }: Shown): Record<string, string> {
  const ends: Record<string, string> = {};
  for (const { type, body } of receipts) {
    if (type !== "step.finished") continue;
    ends[body.step!] = body.reason === null
      ? body.status!
      : `${body.status}: ${body.reason}`;
  }
  return ends;
}

/** Asserts that a command was refused with a code. */
export function refused(ended: Ended, code: string): void {
  assertEquals(
    { status: ended.status, code: codeOf(ended), stdout: ended.stdout },
    { status: 3, code, stdout: "" },
    ended.stderr,
  );
}

/** The code that an error was said with. */
export function codeOf({ stderr }: Ended): string | null {
  return /^error\[([a-z._]+)\]/m.exec(stderr)?.[1] ?? null;
}

/** The id of the run that a command speaks of. */
export function runOf({ stderr }: Ended): string {
  const run = /run_[0-9A-Z]{26}/.exec(stderr)?.[0];
  if (run === undefined) throw new Error(`no run in: ${stderr}`);
  return run;
}

/** Every file beneath a folder, with its bytes as text and its mode; a link with its target. */
export function snapshot(root: string): Record<string, string> {
  const files: Record<string, string> = {};
  const walk = (folder: string) => {
    for (const { name } of Deno.readDirSync(join(root, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const at = join(root, path);
      const info = Deno.lstatSync(at);
      const mode = ((info.mode ?? 0) & 0o7777).toString(8);
      if (info.isSymlink) files[path] = `-> ${Deno.readLinkSync(at)}`;
      else if (info.isDirectory) {
        files[path] = `folder ${mode}`;
        walk(path);
      } else {
        files[path] = `${mode} ${latin1(Deno.readFileSync(at))}`;
      }
    }
  };
  walk("");
  return files;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
