/**
 * What is taken for a ledger's database.
 *
 * @module
 */
import { checkFormat, FORMAT } from "../src/ledger/kv_format.ts";
import { rejectsWith } from "./support/rejects_with.ts";

/** A database into which another writes after the first look. */
async function filledMeanwhile(
  fill: (kv: Deno.Kv) => Promise<unknown>,
): Promise<Deno.Kv> {
  const kv = await Deno.openKv(":memory:");
  const get = kv.get.bind(kv);
  let looks = 0;
  kv.get = async (...words: Parameters<Deno.Kv["get"]>) => {
    const found = await get(...words);
    if (++looks === 1) await fill(kv);
    return found as never;
  };
  return kv;
}

Deno.test("a database that another begins meanwhile is a ledger", async () => {
  using kv = await filledMeanwhile((kv) =>
    kv.atomic().set(FORMAT.key, FORMAT.value).set(["a"], 1).commit()
  );
  await checkFormat(kv, "it");
});

Deno.test("a database that another fills with something else meanwhile is none", async () => {
  using kv = await filledMeanwhile((kv) => kv.set(["a"], 1));
  await rejectsWith("ledger.corrupt", () => checkFormat(kv, "it"));
});
