/**
 * Files that judge: a new one is whole or not there, on disks that have no hard links, too; and
 * nobody who may only read the workspace holds off a change of trust.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path/join";
import { alone } from "../src/cli/alone.ts";
import { writePlainFile } from "../src/policy/plain_file.ts";
import { rejectsWith } from "./support/rejects_with.ts";
import { TRUST, World } from "./support/world.ts";

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Calls of the system that fail as they do on some disk, until disposed. */
function broken(
  calls: Partial<Record<"link" | "rename", string>>,
): Disposable {
  const { link, rename } = Deno;
  const failing = (code: string) => () =>
    Promise.reject(Object.assign(new Error(code), { code }));
  if (calls.link !== undefined) Deno.link = failing(calls.link);
  if (calls.rename !== undefined) Deno.rename = failing(calls.rename);
  return {
    [Symbol.dispose]() {
      Deno.link = link;
      Deno.rename = rename;
    },
  };
}

const bytes = new TextEncoder().encode("new");
const writeNew = (path: string) =>
  writePlainFile(path, bytes, { mode: 0o600, replace: false });
const namesIn = (path: string) =>
  Array.from(Deno.readDirSync(path), ({ name }) => name).sort();

for (const code of ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]) {
  Deno.test(`a disk that answers ${code} to a hard link gets the file another way`, async () => {
    await using at = await folder();
    const file = join(at.path, "file");
    using _ = broken({ link: code });
    assertEquals(await writeNew(file), true);
    assertEquals(Deno.readFileSync(file), bytes);
    assertEquals(Deno.lstatSync(file).mode! & 0o777, 0o600);
    assertEquals(await writeNew(file), false);
    assertEquals(namesIn(at.path), ["file"]);
  });
}

for (const code of ["ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT"]) {
  Deno.test(`a disk that answers ${code} to a hard link is told, and nothing is left`, async () => {
    await using at = await folder();
    using _ = broken({ link: code });
    await assertRejects(() => writeNew(join(at.path, "file")), Error, code);
    assertEquals(namesIn(at.path), []);
  });
}

Deno.test("a disk without hard links that breaks before the file has its bytes keeps no empty one", async () => {
  await using at = await folder();
  using _ = broken({ link: "EPERM", rename: "EIO" });
  await assertRejects(() => writeNew(join(at.path, "file")), Error, "EIO");
  assertEquals(namesIn(at.path), []);
});

Deno.test("who may read the policies holds off no revocation", async () => {
  await using world = await World.make();
  using held = await Deno.open(world.at("policies"));
  await held.lock(true);
  await world.must(["trust", "revoke", "ann"]);
  const { keys } = JSON.parse(world.text(TRUST)!);
  assertEquals(
    keys.map(({ revokedAt }: { revokedAt: string | null }) =>
      revokedAt !== null
    ),
    [true, false, false],
  );
});

Deno.test("a change of trust waits for another of the same user, and not for ever", async () => {
  await using at = await folder();
  const config = join(at.path, "writ");
  const order: string[] = [];
  const first = alone(config, async () => {
    order.push("first");
    await rejectsWith("trust.busy", () => alone(config, never, 50));
    order.push("gave up");
  });
  await first;
  await alone(config, () => Promise.resolve(order.push("second")));
  assertEquals(order, ["first", "gave up", "second"]);
});

function never(): Promise<never> {
  throw new Error("this was not alone");
}
