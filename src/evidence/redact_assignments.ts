/**
 * Values that are given to names such as `password`: in JSON, YAML, TOML, XML, environment
 * files, shell lines, command lines and headers.
 *
 * @module
 */
import { isCredential } from "./redact_judge.ts";
import type { Span } from "./redact_span.ts";

/** Names whose value a person chose: it may be short, and a word. */
const CHOSEN =
  "passw(?:or)?d|passwrd|passphrase|passcode|(?<=[A-Za-z0-9][_.-])pass|pwd";
/** Names whose value was made by chance. */
const MADE = "secret(?:[_-]?(?:access[_-]?)?key(?:[_-]?base)?)?|token|" +
  "(?:api|access|private|encryption|signing|master|account|storage|auth|app|license)[_ -]?key|" +
  "credentials?|webhook_url|(?<=[\"'])auth(?=\\\\?[\"'])";
const NAME = `(?:(?<chosen>${CHOSEN})|(?<made>${MADE}))`;
/** What may follow a name and leaves it the name of a secret. */
const AFTER =
  `(?:[_-]?(?:value|text|str|string|b64|base64|hex|raw|new|old|current|prod|dev|staging|live|\\d{1,3})){0,2}`;

/** Matches, in any case, in each line in which a value begins or its name stands. */
export const ASSIGNMENT_HINT: string = [
  `(?:${CHOSEN}|${MADE})[\\w-]{0,24}["'\`\\]\\\\]{0,3}[ \\t]{0,64}(?:[:=>?]|$)`,
  `--?[\\w-]{0,60}(?:${CHOSEN}|${MADE})`,
  `(?:${CHOSEN}|${MADE})["']\\s+value`,
  "\\bENV\\s",
  "identified\\s+by",
  "password\\s+['\"]",
].join("|");

const QUOTED =
  `\\\\?(?<quote>["'\`])(?<quoted>(?:(?!\\k<quote>)[^\\\\\\r\\n]|\\\\(?!\\k<quote>[\\s,}\\]:])[^\\r\\n]){1,4096})(?:\\\\?\\k<quote>|$)`;
const BARE = "(?<bare>[^\\s\"'`,;&|<>(){}\\[\\]\\\\]{1,4096})";
const VALUE = `(?:${QUOTED}|${BARE})`;
/** A type annotation may stand between a name and its value. */
const TYPE =
  "(?:\\s*:\\s*(?:string|str|String|&str|\\[\\]byte|char\\s*\\*)\\s*)?";
const BREAK = "(?:[|>][+-]?[ \\t]*)?(?:\\r?\\n[ \\t]*){0,2}";

/** `password: "…"`, `DB_PASSWORD=…`, `"token": "…"`, `:secret => '…'`, `X-Api-Key: …`. */
const ASSIGNED = new RegExp(
  `${NAME}${AFTER}\\\\?["'\`]?\\]?${TYPE}[ \\t]{0,64}(?<sign>:=|=>|\\?=|==?|:)[ \\t]{0,64}${BREAK}${VALUE}`,
  "gim",
);

/** `--password …`, `--api-key=…`. */
const FLAG = new RegExp(
  `(?<![A-Za-z0-9])--?(?:[A-Za-z0-9]{1,20}-){0,3}${NAME}(?<sign>[= ])[ \\t]{0,8}${VALUE}`,
  "gi",
);

/** `ENV TOKEN …` of a Dockerfile, `set password …`, `IDENTIFIED BY '…'`. */
const SAID = new RegExp(
  `(?:\\bENV\\s+\\w{0,40}${NAME}\\s+|\\bidentified\\s+by\\s+|\\b(?:user|role)\\s+\\S{1,100}\\s+(?:with\\s+)?(?:encrypted\\s+)?password\\s+(?='))${VALUE}`,
  "gi",
);

/** `<password>…</password>`, `key="Password" value="…"`. */
const MARKED = new RegExp(
  `<(?:[\\w.-]{0,40}:)?[\\w.-]{0,40}${NAME}[^<>]{0,100}>(?<bare>[^<>\\r\\n]{1,4096})</|` +
    `["'][\\w.:-]{0,60}${
      NAME.replace("chosen", "chosen2").replace("made", "made2")
    }["']\\s+value\\s*=\\s*["'](?<quoted>[^"'\\r\\n]{1,4096})["']`,
  "gi",
);

/** What may follow a name on a line after which its value comes. */
export const ASSIGNMENT_OPENS: RegExp = new RegExp(
  `${NAME}${AFTER}["']?[ \\t]*[:=][ \\t]*(?:[|>][+-]?)?[ \\t]*$`,
  "i",
);

/** Finds the values of assignments. */
export function findAssignments(text: string): Span[] {
  const spans: Span[] = [];
  for (const pattern of [ASSIGNED, FLAG, SAID, MARKED]) {
    pattern.lastIndex = 0;
    for (let match; (match = pattern.exec(text)) !== null;) {
      const groups = match.groups!;
      const value = groups.quoted ?? groups.bare;
      if (value === undefined) continue;
      const isChosen = groups.chosen !== undefined ||
        groups.chosen2 !== undefined || groups.made === undefined;
      const found = {
        value,
        isQuoted: groups.quoted !== undefined,
        isProse: groups.sign === ":" || groups.sign === " ",
        follows: text[match.index + match[0].length] ?? "",
        isPwd: /pwd$/i.test(groups.chosen ?? ""),
      };
      if (!(isChosen ? isChosenValue(found) : isMadeValue(found))) {
        // What stands there may be a name itself, with a value of its own.
        pattern.lastIndex = match.index + 1;
        continue;
      }
      const from = match.index + match[0].lastIndexOf(value);
      spans.push({ from, to: from + value.length, category: "assignment" });
    }
  }
  return spans;
}

interface Found {
  value: string;
  isQuoted: boolean;
  /** The sign is one that people write, too: a colon, a space. */
  isProse: boolean;
  /** The character behind it. */
  follows: string;
  isPwd: boolean;
}

function isChosenValue(
  { value, isQuoted, isProse, isPwd, follows }: Found,
): boolean {
  if (value.length < 3 || !isCredential(value)) return false;
  // The shell's own PWD is a folder.
  if (isPwd && /^[~.]?\//.test(value)) return false;
  if (isQuoted) return !/\s.*\s.*\s/.test(value);
  // A call, a type, a word.
  if (/^[A-Za-z_$][\w$]*$/.test(value) && /[(<]/.test(follows)) return false;
  if (!isProse) return true;
  return !/^[A-Za-z][a-z]*[.!?]?$/.test(value) &&
    !(/^[A-Za-z]+$/.test(value) && /[,;)|]/.test(follows));
}

function isMadeValue(
  { value, isQuoted, isProse, follows }: Found,
): boolean {
  if (value.length < 8 || !isCredential(value)) return false;
  if (/\s/.test(value)) return false;
  if (
    /^(?:[~.]?\/|[a-z]+:\/\/|[A-Za-z]:\\)/.test(value) && !/[?=]/.test(value)
  ) {
    return /^\/[A-Za-z0-9+/]{30,}={0,2}$/.test(value);
  }
  if (!isQuoted && /[(<]/.test(follows)) return false;
  // The name of a type.
  if (!isQuoted && /^(?:[A-Z]?[a-z]{2,}\d{0,3})+$/.test(value)) return false;
  // Words and names, joined by hyphens and the like.
  if (/^[A-Za-z]+(?:[-_.:/][A-Za-z]+)*$/.test(value)) {
    return value.length >= 16 && !/[-_.:/]/.test(value) &&
      /[a-z][A-Z].*[a-z][A-Z].*[a-z][A-Z]/.test(value) &&
      (isQuoted || !isProse);
  }
  return /\d/.test(value) || isQuoted || !isProse;
}
