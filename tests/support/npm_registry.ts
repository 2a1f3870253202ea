/**
 * A small npm registry on the loopback of this machine, with packages made on the spot.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** A package: its name, and the text of its only module. */
export interface Package {
  name: string;
  text: string;
}

/** The version of every package. */
const VERSION = "1.0.0";

/** A registry that serves until it is disposed of. */
export class NpmRegistry implements AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string;
  readonly #server: Deno.HttpServer;
  /** Packages whose tarball is another than the registry says. */
  readonly poisoned = new Set<string>();
  /** The paths that were asked for. */
  readonly asked: string[] = [];

  readonly #packages: ReadonlyMap<string, Tarball>;

  private constructor(packages: ReadonlyMap<string, Tarball>) {
    this.#packages = packages;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => {
        const { pathname } = new URL(request.url);
        this.asked.push(pathname);
        const found = packages.get(pathname.slice(1).split("/")[0]);
        if (found === undefined) {
          return Response.json({ error: "Not found" }, { status: 404 });
        }
        if (!pathname.endsWith(".tgz")) {
          return Response.json(packument(found, this.url));
        }
        const { bad, good } = found;
        return new Response(this.poisoned.has(found.name) ? bad : good, {
          headers: { "content-type": "application/octet-stream" },
        });
      },
    );
    this.url = `http://127.0.0.1:${(this.#server.addr as Deno.NetAddr).port}/`;
  }

  /** Serves packages. */
  static async open(packages: readonly Package[]): Promise<NpmRegistry> {
    const made = await Promise.all(packages.map(makeTarball));
    return new NpmRegistry(new Map(made.map((one) => [one.name, one])));
  }

  /** The text of a `package-lock.json` with every package. */
  packageLock(): string {
    const all = [...this.#packages.values()];
    return JSON.stringify({
      name: "x",
      version: VERSION,
      lockfileVersion: 3,
      packages: {
        "": {
          name: "x",
          version: VERSION,
          dependencies: Object.fromEntries(
            all.map(({ name }) => [name, VERSION]),
          ),
        },
        ...Object.fromEntries(all.map(({ name, good }) => [
          `node_modules/${name}`,
          {
            version: VERSION,
            resolved: tarballUrl(name, this.url),
            integrity: integrityOf(good),
          },
        ])),
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** A package as it is served, and another in its place. */
interface Tarball extends Package {
  good: Uint8Array<ArrayBuffer>;
  bad: Uint8Array<ArrayBuffer>;
}

async function makeTarball({ name, text }: Package): Promise<Tarball> {
  const manifest = JSON.stringify({
    name,
    version: VERSION,
    type: "module",
    main: "mod.js",
    exports: "./mod.js",
  });
  const pack = async (module: string) =>
    await gzip(tar({
      "package/package.json": manifest,
      "package/mod.js": module,
    }));
  return {
    name,
    text,
    good: await pack(text),
    bad: await pack(`${text}// poison\n`),
  };
}

function packument({ name, good }: Tarball, url: string): unknown {
  return {
    name,
    "dist-tags": { latest: VERSION },
    versions: {
      [VERSION]: {
        name,
        version: VERSION,
        type: "module",
        main: "mod.js",
        exports: "./mod.js",
        dist: {
          tarball: tarballUrl(name, url),
          shasum: createHash("sha1").update(good).digest("hex"),
          integrity: integrityOf(good),
        },
      },
    },
  };
}

function tarballUrl(name: string, url: string): string {
  return `${url}${name}/-/${name}-${VERSION}.tgz`;
}

/** As a lock has it. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

/** A tar archive in the ustar format (POSIX.1-1988). */
export function tar(files: Record<string, string>): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  const encoder = new TextEncoder();
  for (const [name, text] of Object.entries(files)) {
    const bytes = encoder.encode(text);
    const header = new Uint8Array(512);
    const put = (at: number, value: string) =>
      header.set(encoder.encode(value), at);
    const octal = (value: number, digits: number) =>
      value.toString(8).padStart(digits, "0");
    put(0, name);
    put(100, `${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
    put(124, `${octal(bytes.length, 11)}\0${octal(0, 11)}\0`);
    put(148, " ".repeat(8));
    put(156, "0");
    put(257, "ustar\x0000");
    const sum = header.reduce((all, byte) => all + byte, 0);
    put(148, `${octal(sum, 6)}\0 `);
    const body = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
    body.set(bytes);
    blocks.push(header, body);
  }
  blocks.push(new Uint8Array(1024));
  const size = blocks.reduce((all, { length }) => all + length, 0);
  const archive = new Uint8Array(size);
  let at = 0;
  for (const block of blocks) {
    archive.set(block, at);
    at += block.length;
  }
  return archive;
}

/** Compresses. */
export async function gzip(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
