/**
 * A server of KV Connect on the loopback, in memory, which can be told to fail: the protocol is
 * that of https://github.com/denoland/denokv, `proto/kv-connect.md` and `proto/schema`.
 */
import {
  bytesOf,
  type Fields,
  numberOf,
  readMessage,
  writeMessage,
} from "./protobuf.ts";

/** What becomes of a request: done or not before the connection breaks, or the answer is another. */
export type KvFault =
  /** The connection ends without an answer; nothing was done. */
  | "drop before"
  /** It was done; the connection ends without an answer. */
  | "drop after"
  /** Status 500; nothing was done. */
  | "500 before"
  /** It was done; status 500. */
  | "500 after"
  /** Status 200 and a body that is no message; nothing was done. */
  | "garbage before"
  /** It was done; status 200 and a body that is no message. */
  | "garbage after"
  /** Status 400; nothing was done. */
  | "400 before"
  /** Done, and answered, when the server's `release` is called. */
  | "late"
  /** No answer ever; nothing was done. */
  | "silence";

interface Row {
  value: Uint8Array;
  encoding: number;
  versionstamp: Uint8Array;
}

const SET = 1;
const DELETE = 2;
const SUCCESS = 1;
const CHECK_FAILURE = 2;

/** The token that the server takes. */
export const KV_TOKEN = "a token of tests";

/** A database behind KV Connect; clients reach it through a door that can be slammed. */
export class KvServer implements AsyncDisposable {
  readonly url: string;
  /** Which fault, if any, a request meets: `connect`, `snapshot_read` or `atomic_write`. */
  fault: (method: string) => KvFault | null = () => null;
  /** Whom it lets in. */
  token = KV_TOKEN;
  /** How many requests there were, by method. */
  readonly asked = new Map<string, number>();
  readonly #door: Deno.TcpListener;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #rows = new Map<string, Row>();
  #keys: string[] = [];
  #version = 0;
  readonly #open = new Set<Deno.Conn>();
  readonly #done: Promise<void>;
  readonly #silent: (() => void)[] = [];
  readonly #late: (() => void)[] = [];

  constructor(port = 0) {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, (request) => this.#answer(request));
    this.#door = Deno.listen({ hostname: "127.0.0.1", port });
    this.url = `http://127.0.0.1:${this.#door.addr.port}`;
    this.#done = this.#serve();
  }

  /** Ends the server and all its connections; what it holds is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#door.close();
    this.#drop();
    for (const answer of this.#silent) answer();
    this.release();
    await this.#done;
    await this.#server.shutdown();
  }

  /** Lets go on what was to be late. */
  release(): void {
    for (const go of this.#late.splice(0)) go();
  }

  async #serve(): Promise<void> {
    const going: Promise<void>[] = [];
    for await (const outer of this.#door) {
      const inner = await Deno.connect({
        hostname: "127.0.0.1",
        port: this.#server.addr.port,
      });
      for (const [from, to] of [[outer, inner], [inner, outer]]) {
        this.#open.add(from);
        going.push(this.#pass(from, to));
      }
    }
    await Promise.all(going);
  }

  /** What is said on one side is said on the other, until one of them ends. */
  async #pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    try {
      await from.readable.pipeTo(to.writable);
    } catch (error) {
      // It was slammed, or the client went away.
      if (!(error instanceof Error)) throw error;
    } finally {
      this.#open.delete(from);
      close(from);
      close(to);
    }
  }

  #drop(): void {
    for (const connection of this.#open) close(connection);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const method = pathname === "/"
      ? "connect"
      : pathname.slice("/data/".length);
    this.asked.set(method, (this.asked.get(method) ?? 0) + 1);
    const body = new Uint8Array(await request.arrayBuffer());
    const fault = this.fault(method);
    const [what = null, when = null] = fault?.split(" ") ?? [];
    if (what === "silence") {
      await new Promise<void>((resolve) => this.#silent.push(resolve));
    }
    if (what === "late") {
      await new Promise<void>((resolve) => this.#late.push(resolve));
    }
    const done = when === "before" || what === "silence"
      ? null
      : this.#do(method, request.headers, body);
    switch (what) {
      case "drop":
        this.#drop();
        return text(500, "nobody hears it");
      case "500":
      case "400":
        return text(Number(what), "a fault of the test");
      case "garbage":
        return protobuf(new Uint8Array([0xff, 0xff, 0xff]));
    }
    return done ?? text(500, "nobody hears it");
  }

  #do(method: string, headers: Headers, body: Uint8Array): Response {
    if (headers.get("authorization") !== `Bearer ${this.token}`) {
      return text(401, "the token is wrong");
    }
    switch (method) {
      case "connect":
        return Response.json({
          version: 2,
          databaseId: "11111111-2222-4333-8444-555555555555",
          endpoints: [{ url: "/data", consistency: "strong" }],
          token: this.token,
          expiresAt: "2999-01-01T00:00:00Z",
        });
      case "snapshot_read":
        return protobuf(this.#read(readMessage(body)));
      case "atomic_write":
        return protobuf(this.#write(readMessage(body)));
      default:
        return text(404, "there is no such method");
    }
  }

  #read(request: Fields): Uint8Array {
    const ranges = bytesOf(request, 1).map((bytes) => {
      const range = readMessage(bytes);
      const [start, end] = [1, 2].map((field) =>
        bytesOf(range, field)[0] ?? new Uint8Array()
      );
      const found = this.#keys.slice(
        this.#place(start.toHex()),
        this.#place(end.toHex()),
      );
      if (numberOf(range, 4) === 1) found.reverse();
      const values = found.slice(0, numberOf(range, 3)).map((key) => {
        const { value, encoding, versionstamp } = this.#rows.get(key)!;
        return [
          1,
          writeMessage(
            [1, Uint8Array.fromHex(key)],
            [2, value],
            [3, encoding],
            [4, versionstamp],
          ),
        ] as [number, Uint8Array];
      });
      return [1, writeMessage(...values)] as [number, Uint8Array];
    });
    return writeMessage(...ranges, [4, 1], [8, SUCCESS]);
  }

  #write(request: Fields): Uint8Array {
    for (const bytes of bytesOf(request, 1)) {
      const check = readMessage(bytes);
      const there = this.#rows.get(bytesOf(check, 1)[0].toHex());
      const wanted = bytesOf(check, 2)[0] ?? new Uint8Array();
      if ((there?.versionstamp.toHex() ?? "") !== wanted.toHex()) {
        return writeMessage([1, CHECK_FAILURE]);
      }
    }
    const versionstamp = new Uint8Array(10);
    new DataView(versionstamp.buffer).setUint32(4, ++this.#version);
    for (const bytes of bytesOf(request, 2)) {
      const mutation = readMessage(bytes);
      const key = bytesOf(mutation, 1)[0].toHex();
      const kind = numberOf(mutation, 3);
      if (kind !== SET && kind !== DELETE) {
        throw new Error("not asked for here");
      }
      const place = this.#place(key);
      const isThere = this.#keys[place] === key;
      if (kind === DELETE) {
        if (isThere) this.#keys.splice(place, 1);
        this.#rows.delete(key);
        continue;
      }
      if (!isThere) this.#keys.splice(place, 0, key);
      const value = readMessage(bytesOf(mutation, 2)[0]);
      this.#rows.set(key, {
        value: bytesOf(value, 1)[0] ?? new Uint8Array(),
        encoding: numberOf(value, 2),
        versionstamp,
      });
    }
    return writeMessage([1, SUCCESS], [2, versionstamp]);
  }

  /** Where a key stands, or would. */
  #place(key: string): number {
    let from = 0;
    let to = this.#keys.length;
    while (from < to) {
      const middle = from + to >> 1;
      if (this.#keys[middle] < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function text(status: number, said: string): Response {
  return new Response(said, { status });
}

function protobuf(bytes: Uint8Array): Response {
  const headers = { "content-type": "application/x-protobuf" };
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
