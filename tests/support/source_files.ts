/**
 * The source of Writ as tests look at it: its files, and who imports whom.
 *
 * @module
 */
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";
import { relative } from "@std/path/relative";

/** The root of this repository, without a trailing slash. */
export const ROOT: string = fromFileUrl(new URL("../..", import.meta.url))
  .replace(/\/$/, "");

/** A file of the source. */
export interface SourceFile {
  /** From the root, with `/`. */
  path: string;
  text: string;
  /** The text without comments. */
  code: string;
}

/** An import between two files of this repository. */
export interface ImportEdge {
  from: string;
  to: string;
  /** Only types are taken, so nothing is loaded. */
  typeOnly: boolean;
}

/** All TypeScript and JavaScript files beneath folders of the root. */
export async function sourceFiles(...folders: string[]): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const folder of folders) {
    for await (
      const { path } of walk(`${ROOT}/${folder}`, { includeDirs: false })
    ) {
      if (!/\.(ts|js)$/.test(path)) continue;
      const text = await Deno.readTextFile(path);
      files.push({
        path: relative(ROOT, path),
        text,
        code: withoutComments(text),
      });
    }
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Text without comments. A `//` after a colon or within quotes on its line is left alone. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^([^"'`\n]*?)(?<!:)\/\/.*$/gm, "$1");
}

/** All imports among `files`, as Deno itself resolves them. */
export async function importEdges(
  files: readonly SourceFile[],
): Promise<ImportEdge[]> {
  const folder = await Deno.makeTempDir();
  try {
    const root = `${folder}/all.ts`;
    await Deno.writeTextFile(
      root,
      files.map(({ path }) => `import "file://${ROOT}/${path}";`).join("\n"),
    );
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "info",
        "--json",
        "--no-lock",
        "--config",
        `${ROOT}/deno.json`,
        root,
      ],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("Cannot read the import graph");
    return edgesOf(JSON.parse(new TextDecoder().decode(stdout)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Info {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: {
      code?: { specifier?: string };
      type?: { specifier?: string };
    }[];
  }[];
}

function edgesOf(info: Info): ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const { specifier, dependencies = [] } of info.modules) {
    const from = local(specifier);
    if (from === null) continue;
    for (const { code, type } of dependencies) {
      const to = local(code?.specifier ?? type?.specifier ?? "");
      if (to !== null) edges.push({ from, to, typeOnly: code === undefined });
    }
  }
  return edges;
}

function local(specifier: string): string | null {
  const prefix = `file://${ROOT}/`;
  return specifier.startsWith(prefix) ? specifier.slice(prefix.length) : null;
}
