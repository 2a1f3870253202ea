/**
 * Secretlint's recommended rules, in a small host of our own: one text at a time, nothing of
 * files, no comments that would turn them off.
 *
 * @module
 */
import type { Span } from "./redact_span.ts";

/** What finds secrets in a text. */
export type FindSecrets = (text: string) => Span[];

/** Matches in the line in which a match of the preset begins that no rule of our own has a hint for. */
export const PRESET_HINT = ":x-oauth-basic@|SECRET_?ACCESS|secret_?access";

interface Context {
  createTranslator(
    messages: unknown,
  ): (id: string, props?: Record<string, unknown>) => Told;
  report(found: { message: Told; range: [number, number] }): void;
  ignore(): void;
}

interface Told {
  id: string;
  /** The texts that the message would quote: the secret is among them. */
  texts: string[];
}

interface RuleCreator {
  meta: { id: string };
  create(
    context: Context,
    options: Record<string, unknown>,
  ): { file?(source: { content: string; ext: string }): unknown };
}

const LEFT_OUT: readonly string[] = [
  // Lets a text say that nothing may be reported.
  "filter-comments",
  // Take more than the secret: a whole address, the words around a key. Our own rules do not.
  "basicauth",
  "database-connection-string",
  "privatekey",
];

/** Loads the preset: some 30 ms, so only who redacts asks for it. */
export async function loadPreset(): Promise<FindSecrets> {
  const { rules } = await import(
    "@secretlint/secretlint-rule-preset-recommend"
  );
  const known = rules as unknown as readonly RuleCreator[];
  let content = "";
  let spans: Span[] = [];
  const files = known.flatMap((rule) => {
    const category = rule.meta.id.replace(/^.*secretlint-rule-/, "");
    if (LEFT_OUT.includes(category)) return [];
    const context: Context = {
      createTranslator: () => (id, props = {}) => ({
        id,
        texts: Object.values(props).filter((each) => typeof each === "string"),
      }),
      report: ({ message, range }) => {
        spans.push({ ...placeOf(content, message, range), category });
      },
      ignore: () => {},
    };
    return [rule.create(context, {})];
  });
  return (text) => {
    content = text;
    spans = [];
    for (const { file } of files) file?.({ content, ext: "" });
    return spans;
  };
}

/**
 * Some rules give the place of what stands before the secret (`aws_secret_access_key = `) with the
 * length of the secret; what they quote is right.
 */
function placeOf(
  content: string,
  { texts }: Told,
  [from, to]: [number, number],
): { from: number; to: number } {
  const secret = texts.reduce((a, b) => b.length > a.length ? b : a, "");
  const at = secret === "" ? -1 : content.indexOf(secret, from);
  return at === -1 ? { from, to } : { from: at, to: at + secret.length };
}
