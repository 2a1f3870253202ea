/**
 * Whether a text can be a credential, or stands in the place of one.
 *
 * @module
 */

/** Words that stand where a credential would. */
const PLACEHOLDER =
  /^(?:true|false|yes|no|on|off|null|none|nil|undefined|nan|string|str|text|number|integer|int|boolean|bool|object|array|bytes|required|optional|unknown|empty|missing|default|invalid|valid|incorrect|wrong|expired|example|placeholder|redacted|removed|hidden|masked|filtered|secret|password|passwd|pass|passphrase|pwd|token|credentials?|key|api[_-]?key|bearer|basic|change[_-]?(?:me|it|this)|to[-_]?do|tbd|n\/?a|dummy|sample|foo|bar|baz|foobar|x|user|username|login|test|prompt|auto|stdin|inherit)$/i;

/** What is meant to be replaced, or was taken out already. */
const TEMPLATE =
  /^(?:\$\w|\$\{|\$\(|\{|<|\[|\(|%\w+%|%[sdv]$|\\?\$|!\w|@\w+@|&\w|\*[a-z_]+$|__\w+__$)|^(?:your|insert|enter|replace|put|add|example|sample|dummy|fake|placeholder|redacted|some|my|the)[-_ .]|[-_](?:here|placeholder|example)$|example|\*{3}|\.{3}|\u2026|^(.)\1*$|^(?:xx+[-_]?)+$|^(?:0123456789|1234567890|abcdef)/i;

/** Names of other things: variables, members, calls, references to where a secret is kept. */
const REFERENCE =
  /^(?:(?:process|deno|import|os|sys|self|this|config|settings|secrets?|env|environ|vars?|params?|args?|options?|opts|ctx|context|req|request|res|response|data|body|user|props|state|credentials|auth|cls|std)(?:\?)?[.[]|(?:op|vault|arn|ref\+[a-z]+|ssm|awskms|gcpkms|keyring|file|env):)|^[A-Za-z_$][\w$.]*\(|^[A-Za-z_$]+(?:\??\.[A-Za-z_$]+)+$/;

/** A version, or a range of them. */
const VERSION = /^[~^<>=v]{0,3}\d+\.\d+\.(?:\d+|x)/;

/** Whether a text can be a credential at all, and is not what stands in the place of one. */
export function isCredential(secret: string): boolean {
  return secret !== "" && !PLACEHOLDER.test(secret) &&
    !TEMPLATE.test(secret) && !REFERENCE.test(secret) && !VERSION.test(secret);
}

/** Whether a text looks as if it was made by chance: names and words do not mix digits and cases so. */
export function isRandom(secret: string): boolean {
  if (!isCredential(secret)) return false;
  const body = secret.replace(/^sk-/, "");
  const digits = body.replace(/[^0-9]/g, "").length;
  const hasUpper = /[A-Z]/.test(body);
  const hasLower = /[a-z]/.test(body);
  if (digits === 0) {
    // Cases change in the middle of random words, and at the beginning of written ones.
    return hasUpper && hasLower && body.length >= 20 &&
      (body.match(/[a-z][A-Z]|[A-Z]{2}[a-z]/g) ?? []).length >= body.length / 6;
  }
  if (/^[0-9]+$/.test(body)) return false;
  const longest = Math.max(...body.split(/[-_]/).map((part) => part.length));
  return longest >= 16 || (hasUpper && hasLower && digits >= 2);
}
