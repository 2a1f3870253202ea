/**
 * Somebody who holds the whole ledger and every file of a bundle, and no key that counts: one
 * document is changed, and all that follows from it is made anew.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { BUNDLE_FILES } from "../src/bundle/bundle.ts";
import { joinLines, splitLines } from "../src/bundle/lines.ts";
import { canonicalBytes, canonicalText } from "../src/core/canonical_json.ts";
import { type Digest, digestOf, leafHash, sha256 } from "../src/core/digest.ts";
import { type Envelope, preAuthEncoding } from "../src/core/dsse.ts";
import type { Signer } from "../src/core/keys.ts";
import { formatNote, type Note, parseNote } from "../src/core/note.ts";
import { parseCheckpoint } from "../src/ledger/checkpoint.ts";
import type { TreeHead } from "../src/ledger/merkle.ts";
import { TreeEdge } from "../src/ledger/tree_edge.ts";
import { TreeReader } from "../src/ledger/tree_reader.ts";
import { type Edit, edited, type Json } from "./tamper_values.ts";
import { relist, type Shape } from "./tamper_shapes.ts";
import { KEYS, RUN } from "./verify_fixtures.ts";

/**
 * What becomes of the signatures: `kept` as they are, over what they were made for where that can
 * be; made by the attacker's key under its own name (`own`), or under the names of the true keys
 * (`claimed`).
 */
export type Signing = "kept" | "own" | "claimed";

/** A document of a bundle. */
export type DocumentName =
  | "plan"
  | "decision"
  | "trust"
  | "ticket"
  | "ticket envelope"
  | "receipt"
  | "seal"
  | "seal envelope"
  | "entry";

/** A change of one document. */
export interface Forgery {
  document: DocumentName;
  /** Which receipt or entry. */
  index: number;
  edit: Edit;
}

/** A change of the lists that are chained. */
export interface Rewriting {
  receipts?: (list: Members[]) => Members[];
  ledger?: (list: Placed[]) => Placed[];
}

/** An entry of the ledger. */
export interface Placed {
  entry: Members;
  /** Whether the bundle shows it. */
  shown: boolean;
}

/** A JSON object. */
export type Members = { [name: string]: Json };

/** The attacker, with what there is to change. */
export class Forger {
  readonly receipts: Json[];
  /** All entries of the ledger. */
  readonly entries: Json[];
  /** The entries that the bundle shows. */
  readonly shown: number[];
  readonly #shape: Shape;
  readonly #sizes: number[];

  constructor(shape: Shape) {
    this.#shape = shape;
    const { lines } = splitLines(this.#bytes("receipts"));
    this.receipts = lines.map((line) => parse(line));
    this.entries = chained(shape.ledger.map(({ draft }) => ({
      v: 1,
      ...draft,
    } as unknown as Members))).items;
    this.shown = [...shape.ledger.keys()].filter((i) => shape.ledger[i].shown);
    const { consistency } = this.#document("ledger") as Members;
    this.#sizes = (consistency as Members[]).map(({ size }) => Number(size));
  }

  /** A document as it is; of receipts and entries the one with the index. */
  document(name: DocumentName, index = 0): Json {
    switch (name) {
      case "receipt":
        return this.receipts[index];
      case "entry":
        return this.entries[index];
      case "ticket":
      case "seal":
        return parse(decodeBase64(this.#envelope(name).payload));
      case "ticket envelope":
        return this.#document("ticket");
      case "seal envelope":
        return this.#document("seal");
      default:
        return this.#document(name);
    }
  }

  /** The files of a bundle in which all that follows from a change follows from it. */
  async forge(
    forgery: Forgery | null,
    signing: Signing,
    { receipts: rewrite = same, ledger: replace = same }: Rewriting = {},
  ): Promise<Map<string, Uint8Array>> {
    const { document, index } = forgery ?? { document: null, index: 0 };
    const change = (name: DocumentName, value: Json, i = 0) =>
      forgery !== null && name === document && i === index
        ? edited(value, forgery.edit)
        : value;
    const files = new Map(this.#shape.files);
    const put = (name: keyof typeof BUNDLE_FILES, value: Json) =>
      files.set(BUNDLE_FILES[name], canonicalBytes(value));

    const plan = change("plan", this.#document("plan"));
    put("plan", plan);
    const trust = change("trust", this.#document("trust"));
    put("trust", trust);
    const decided = change("decision", {
      ...this.#document("decision") as Members,
      plan: digestOf(plan),
      trust: digestOf(trust),
    });
    put("decision", decided);
    const decision = digestOf(decided);

    const ticket = await this.#sign(
      "ticket",
      signing,
      (payload) =>
        change("ticket", {
          ...payload,
          ...signing === "kept" ? {} : { decision },
        }),
      document === "ticket",
    );
    const envelope = change(
      "ticket envelope",
      ticket.envelope as unknown as Json,
    );
    put("ticket", envelope);

    const issued = { payload: ticket.digest, decision };
    const places = replace(
      this.entries.map((entry, i) => ({
        entry: entry as Members,
        shown: this.shown.includes(i),
      })),
    );
    const shown = [...places.keys()].filter((i) => places[i].shown);
    const before = places.map(({ entry: each }): Members => {
      const { type, body } = each as Members & { body: Members };
      const isOurs = body.ticket === this.#ticketId();
      const changes: Members = type === "ticket.issued" && isOurs
        ? { ...issued, ticket: ticket.id }
        : type === "run.admitted" && isOurs
        ? { decision, ticket: ticket.id }
        : {};
      return { ...each as Members, body: { ...body, ...changes } };
    });
    const linked = chained(before, (value, i) => change("entry", value, i));

    const receipts = chained(
      rewrite(this.receipts as Members[]).map((each) => {
        const { type, body } = each as Members & { body: Members };
        if (type !== "run.opened" && type !== "run.resumed") {
          return each as Members;
        }
        const { seq: was } = body.entry as Members;
        const seq = places.findIndex(({ entry }) => entry.seq === was);
        const entry = seq === -1
          ? body.entry
          : { seq, hash: linked.hashes[seq] };
        const opened = {
          plan: digestOf(plan),
          decision,
          ticket: ticket.id,
          envelope: digestOf(envelope),
        };
        return {
          ...each as Members,
          body: { ...body, ...type === "run.opened" ? opened : {}, entry },
        };
      }),
      (value, i) => change("receipt", value, i),
    );
    files.set(
      BUNDLE_FILES.receipts,
      joinLines(receipts.items.map((each) => canonicalBytes(each))),
    );

    const seal = await this.#sign("seal", signing, (payload) =>
      change("seal", {
        ...payload,
        ...signing === "kept" ? {} : {
          head: receipts.hashes[receipts.hashes.length - 1],
          count: receipts.hashes.length,
          ticket: ticket.id,
        },
      }), document === "seal");
    const sealed = change("seal envelope", seal.envelope as unknown as Json);
    put("seal", sealed);
    const closing = {
      seal: seal.digest,
      envelope: digestOf(sealed),
      ...closingOf(seal.payload),
    };
    const last = before.map((each): Members => {
      const body = each.body as Members;
      return each.type === "run.closed" && body.run === RUN
        ? { ...each, body: { ...body, ...closing } }
        : each;
    });
    const ledger = chained(last, (value, i) => change("entry", value, i));
    await this.#publish(files, ledger, shown, signing);
    return relist(this.#shape, files);
  }

  /** The excerpt of a ledger that was written anew, and a checkpoint of it. */
  async #publish(
    files: Map<string, Uint8Array>,
    ledger: Chained,
    shown: readonly number[],
    signing: Signing,
  ): Promise<void> {
    const { tiles, edge: { head } } = TreeEdge.EMPTY.append(ledger.hashes);
    const reader = new TreeReader(({ level }) =>
      Promise.resolve(tiles.find((tile) => tile.level === level)!.bytes)
    );
    const excerpt = this.#document("ledger") as Members;
    const sizes = this.#sizes.filter((size) => size < head.size);
    const consistency = await Promise.all(sizes.map(async (size) => ({
      ...await reader.headAt(size),
      path: await reader.consistency(size, head.size),
    })));
    files.set(
      BUNDLE_FILES.ledger,
      canonicalBytes({
        ...excerpt,
        entries: shown.map((i) => ledger.items[i]),
        inclusion: await Promise.all(
          shown.map((seq) => reader.inclusion(seq, head.size)),
        ),
        consistency,
      }),
    );
    files.set(BUNDLE_FILES.checkpoint, await this.#checkpoint(head, signing));
  }

  async #checkpoint(
    { size, root }: TreeHead,
    signing: Signing,
  ): Promise<Uint8Array> {
    const bytes = this.#bytes("checkpoint");
    const note = parseNote(bytes, "the checkpoint");
    const { origin } = parseCheckpoint(bytes, "the checkpoint");
    const hash = encodeBase64(Uint8Array.fromHex(root.slice(7)));
    const text = `${origin}\n${size}\n${hash}\n`;
    if (signing === "kept") return formatNote({ ...note, text });
    const signature = await KEYS.mallory.sign(new TextEncoder().encode(text));
    const [line] = note.signatures;
    const id = signing === "own" ? "deadbeef" : line.id;
    const forged: Note = {
      text,
      signatures: [{ ...line, id, bytes: signature }],
    };
    return formatNote(forged);
  }

  async #sign(
    name: "ticket" | "seal",
    signing: Signing,
    change: (payload: Members) => Json,
    changed: boolean,
  ): Promise<
    { envelope: Envelope; digest: Digest; id: Json; payload: Json }
  > {
    const before = this.#envelope(name);
    const payload = change(this.document(name) as Members);
    const bytes = canonicalBytes(payload);
    const id = isMembers(payload) ? payload.id ?? null : null;
    if (signing === "kept") {
      const envelope = changed
        ? { ...before, payload: encodeBase64(bytes) }
        : before;
      return { envelope, digest: sha256(bytes), id, payload };
    }
    const mallory: Signer = KEYS.mallory;
    const message = preAuthEncoding(before.payloadType, bytes);
    const sig = encodeBase64(await mallory.sign(message));
    return {
      envelope: {
        ...before,
        payload: encodeBase64(bytes),
        signatures: signing === "own"
          ? [{ keyid: mallory.id, sig }]
          : before.signatures.map(({ keyid }) => ({ keyid, sig })),
      },
      digest: sha256(bytes),
      id,
      payload,
    };
  }

  #ticketId(): Json {
    return (this.document("ticket") as Members).id;
  }

  #envelope(name: "ticket" | "seal"): Envelope {
    return this.#document(name) as unknown as Envelope;
  }

  #document(name: keyof typeof BUNDLE_FILES): Json {
    return parse(this.#bytes(name));
  }

  #bytes(name: keyof typeof BUNDLE_FILES): Uint8Array {
    return this.#shape.files.get(BUNDLE_FILES[name])!;
  }
}

interface Chained {
  items: Json[];
  hashes: Digest[];
}

/** Chains receipts or entries anew; what is changed is changed after it was chained. */
function chained(
  items: readonly Members[],
  change: (value: Json, i: number) => Json = (value) => value,
): Chained {
  const out: Chained = { items: [], hashes: [] };
  for (const [seq, each] of items.entries()) {
    const prev = out.hashes.at(-1) ?? null;
    const item = change({ ...each, seq, prev }, seq);
    out.items.push(item);
    out.hashes.push(leafHash(canonicalBytes(item)));
  }
  return out;
}

function same<T>(value: T): T {
  return value;
}

function closingOf(seal: Json): Members {
  if (!isMembers(seal)) return {};
  const { outcome, head, count } = seal;
  return JSON.parse(canonicalText({
    ...outcome === undefined ? {} : { outcome },
    ...head === undefined ? {} : { head },
    ...count === undefined ? {} : { count },
  }));
}

function isMembers(value: Json): value is Members {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function parse(bytes: Uint8Array): Json {
  return JSON.parse(new TextDecoder().decode(bytes));
}
