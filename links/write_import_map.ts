/**
 * Writes `links/import_map.json` from `deno.json` and the links: `deno task tasks`.
 *
 * `deno install --global` copies the config, and links are relative to it, so an installed
 * `writ` is given this map instead: the same names, the same files, the same versions.
 *
 * Edge: reads `deno.json` and the links' own, writes `links/import_map.json`.
 * @module
 */

/** What counts of a `deno.json`, of this repository or of a link. */
export interface Config {
  name: string;
  imports?: Record<string, string>;
  links?: string[];
  exports: Record<string, string>;
}

/** The map; its addresses are relative to `links/`. `linked`: the config of each link, by its path. */
export function importMap(
  config: Config,
  linked: ReadonlyMap<string, Config>,
): { imports: Record<string, string> } {
  const packages = Object.entries(config.imports ?? {}).filter(([, address]) =>
    address.startsWith("npm:")
  ).flatMap(([name, address]) => [
    [name, address],
    [`${name}/`, `npm:/${address.slice("npm:".length)}/`],
  ]);
  const files = [...linked].flatMap(([path, link]) =>
    Object.entries(link.exports).map(([name, file]) => [
      `${link.name}${name.slice(1)}`,
      `./${path.split("/").at(-1)}/${file.slice("./".length)}`,
    ])
  );
  return { imports: Object.fromEntries([...packages, ...files]) };
}

/** The map of this repository, as text. */
export async function importMapText(root: URL): Promise<string> {
  const read = async (path: string): Promise<Config> =>
    JSON.parse(await Deno.readTextFile(new URL(path, root)));
  const config = await read("deno.json");
  const linked = new Map<string, Config>();
  for (const link of config.links ?? []) {
    linked.set(link, await read(`${link}/deno.json`));
  }
  return `${JSON.stringify(importMap(config, linked), null, 2)}\n`;
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url);
  await Deno.writeTextFile(
    new URL("links/import_map.json", root),
    await importMapText(root),
  );
}
