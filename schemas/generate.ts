/**
 * Makes the JSON Schemas of Writ's formats from the zod schemas that its parsers apply.
 *
 * Run `deno run --allow-read --allow-write schemas/generate.ts` after a format has changed;
 * a test holds the files and the code in step.
 *
 * Edge: files.
 *
 * @module
 */
import * as z from "zod";
import { BundleIndexSchema, ExpiryExcerptSchema, LedgerExcerptSchema } from "../src/bundle/bundle.ts";
import { ANSWERS, ErrorSchema } from "../src/cli/answers.ts";
import { EntrySchema } from "../src/ledger/entry.ts";
import { ReceiptSchema } from "../src/ledger/receipt.ts";
import { SealSchema } from "../src/ledger/seal.ts";
import { PipelineFileSchema } from "../src/pipeline/file_schema.ts";
import { PlanSchema } from "../src/plan/plan.ts";
import { DecisionSchema } from "../src/policy/decision.ts";
import { TicketSchema } from "../src/ticket/ticket.ts";
import { TrustSchema } from "../src/ticket/trust.ts";

/** The formats by noun, in the order of the way. */
const FORMATS: Readonly<Record<string, { title: string; schema: z.ZodType }>> =
  {
    pipeline: { title: "Writ pipeline", schema: PipelineFileSchema },
    plan: { title: "Writ plan", schema: PlanSchema },
    decision: { title: "Writ decision", schema: DecisionSchema },
    ticket: { title: "Writ ticket (DSSE payload)", schema: TicketSchema },
    receipt: { title: "Writ receipt", schema: ReceiptSchema },
    entry: { title: "Writ ledger entry", schema: EntrySchema },
    seal: { title: "Writ seal (DSSE payload)", schema: SealSchema },
    trust: { title: "Writ trust", schema: TrustSchema },
    ledger: {
      title: "Writ ledger excerpt (ledger.json of a bundle)",
      schema: LedgerExcerptSchema,
    },
    bundle: { title: "Writ bundle index", schema: BundleIndexSchema },
    expired: {
      title: "Writ expiry of evidence (expired.json of a bundle)",
      schema: ExpiryExcerptSchema,
    },
  };

/** The schema files by name, as they should be. */
export function generateSchemas(): Map<string, string> {
  return new Map(
    Object.entries(FORMATS).map(([noun, { title, schema }]) =>
      fileOf(`${noun}.schema.json`, title, schema)
    ),
  );
}

/** Those of what `--json` answers, likewise. */
export function generateAnswerSchemas(): Map<string, string> {
  return new Map([
    ...Object.entries(ANSWERS).map(([name, schema]) =>
      fileOf(
        `answers/${name.replace(" ", "-")}.schema.json`,
        `Answer of writ ${name} --json`,
        schema,
      )
    ),
    fileOf("answers/error.schema.json", "Error of writ --json", ErrorSchema),
  ]);
}

function fileOf(
  name: string,
  title: string,
  schema: z.ZodType,
): [name: string, text: string] {
  // What is written by hand and what is hashed are both described before any parsing.
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  const whole = { $schema, $id: name, ...rest, title };
  return [name, `${JSON.stringify(whole, null, 2)}\n`];
}

if (import.meta.main) {
  await Deno.mkdir(new URL("answers", import.meta.url), { recursive: true });
  for (const [name, text] of [...generateSchemas(), ...generateAnswerSchemas()]) {
    await Deno.writeTextFile(new URL(name, import.meta.url), text);
  }
}
