/**
 * How credentials look that have a form of their own: private keys, tokens, what stands in
 * headers and addresses.
 *
 * Lengths are bounded, so that one look at a text costs what its length asks for.
 *
 * @module
 */
import { isCredential, isRandom } from "./redact_judge.ts";

/** A kind of credential. */
export interface Rule {
  category: string;
  /** Matches in the line in which a match begins, and in few others: source of an expression. */
  hint: string;
  /** Whether `hint` is for both cases. */
  anyCase: boolean;
  /** Global; the group `secret` is what is hidden, without one the whole match. */
  pattern: RegExp;
  /** Whether a match is one; without it, it always is. */
  accepts?(secret: string): boolean;
}

const B64 = "[A-Za-z0-9+/]";
const URL64 = "[A-Za-z0-9_-]";

/** What opens a private key of several lines, and what closes it. */
export const KEY_OPENS =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|^Private-Lines: \d+/m;
/** The line after which a private key is at its end. */
export const KEY_CLOSES = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY/;
/** A line within a private key: base64 with whatever a log puts before it, or a header. */
export const KEY_BODY: RegExp = new RegExp(
  [
    `^(?:.{0,80}[^A-Za-z0-9+/=])?(?:${B64}{40,128}={0,2}|${B64}{1,128}={1,2})["',;\\\\]*\\s*$`,
    `^[\\s>|+"'-]*${B64}{1,128}={0,2}(?:\\\\n)?["',;\\\\+\\s]*$`,
    "^[\\s>|+-]*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): ",
  ].join("|"),
);

/** Tokens that begin as no others do: category, beginning, rest. */
const PREFIXED: [category: string, head: string, tail: string][] = [
  ["private-key", "AGE-SECRET-KEY-1", "[0-9A-Z]{58}"],
  ["google-key", "AIza", `${URL64}{35}`],
  ["google-key", "GOCSPX-", `${URL64}{28}`],
  ["google-key", "ya29\\.", `${URL64}{20,1000}`],
  ["github-token", "gh[pousr]_", "[A-Za-z0-9]{36,255}"],
  [
    "github-token",
    "ghs_",
    `[0-9]{1,20}_${URL64}{1,1000}\\.${URL64}{1,2000}\\.${URL64}{1,1000}`,
  ],
  ["github-token", "github_pat_", "[A-Za-z0-9_]{36,255}"],
  [
    "gitlab-token",
    "gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent|oas)-",
    `${URL64}{20,300}`,
  ],
  ["gitlab-token", "GR1348941", `${URL64}{20,50}`],
  ["npm-token", "npm_", "[A-Za-z0-9]{36}"],
  ["pypi-token", "pypi-AgEIcHlwaS5vcmc", `${URL64}{50,1000}`],
  ["rubygems-token", "rubygems_", "[a-f0-9]{48}"],
  ["crates-token", "cio", "[A-Za-z0-9]{32}"],
  ["docker-token", "dckr_(?:pat|oat)_", `${URL64}{27,60}`],
  ["stripe-key", "[sr]k_(?:live|test|prod)_", "[A-Za-z0-9]{10,120}"],
  ["stripe-key", "whsec_", `${B64}{32,64}={0,2}`],
  ["1password-token", "ops_ey", `${B64}{100,1300}={0,2}`],
  ["slack-token", "xox[abceoprs]-", "[A-Za-z0-9-]{10,250}"],
  ["slack-token", "xapp-\\d-", "[A-Za-z0-9-]{10,250}"],
  ["sendgrid-key", "SG\\.", `${URL64}{16,32}\\.${URL64}{32,64}`],
  ["mailgun-key", "key-", "[0-9a-f]{32}"],
  ["twilio-key", "SK", "[0-9a-f]{32}"],
  ["digitalocean-token", "do[oprt]_v1_", "[a-f0-9]{64}"],
  ["hashicorp-token", "hv[sbr]\\.", `${URL64}{24,400}`],
  ["databricks-token", "dapi", "[a-f0-9]{32}(?:-\\d)?"],
  ["grafana-token", "glsa_", "[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"],
  ["grafana-token", "glc_", `${B64}{32,400}={0,2}`],
  ["sentry-token", "sntry[su]_", `${URL64}{40,300}(?:[=+/]${URL64}*)*`],
  ["newrelic-key", "NRA[AJK]-", "[A-Za-z0-9]{19,40}"],
  ["atlassian-token", "AT(?:ATT|CTT|BB)", "[A-Za-z0-9_=-]{28,400}"],
  ["huggingface-token", "hf_", "[A-Za-z0-9]{34,40}"],
  ["groq-key", "gsk_", "[A-Za-z0-9]{48,60}"],
  ["replicate-token", "r8_", "[A-Za-z0-9]{37}"],
  ["perplexity-key", "pplx-", "[A-Za-z0-9]{40,60}"],
  ["xai-key", "xai-", "[A-Za-z0-9]{70,90}"],
  ["linear-key", "lin_(?:api|oauth)_", "[A-Za-z0-9]{32,64}"],
  ["notion-token", "ntn_", "[A-Za-z0-9]{40,60}"],
  ["figma-token", "fig[duo]_", `${URL64}{40,200}`],
  ["shopify-token", "shp(?:at|ca|pa|ss)_", "[a-fA-F0-9]{32}"],
  ["square-token", "sq0(?:atp|csp)-", `${URL64}{22,43}`],
  ["supabase-token", "sbp_", "[a-f0-9]{40}"],
  ["supabase-token", "sb_secret_", `${URL64}{20,60}`],
  ["planetscale-token", "pscale_(?:tkn|pw|oauth)_", `${URL64}{32,64}`],
  ["vercel-token", "vc[piark]_", "[A-Za-z0-9]{20,60}"],
  ["cloudflare-token", "cf(?:k|ut|at)_", "[A-Za-z0-9]{40}[0-9a-f]{8}"],
  [
    "tailscale-key",
    "tskey-[a-z]{2,20}-",
    "[0-9A-Za-z_]{8,40}-[0-9A-Za-z_]{16,60}",
  ],
  ["postman-key", "PMAK-", "[a-f0-9]{24}-[a-f0-9]{34}"],
  ["airtable-token", "pat[A-Za-z0-9]{14}\\.", "[a-f0-9]{64}"],
  ["dynatrace-token", "dt0c01\\.", "[A-Z0-9]{24}\\.[A-Z0-9]{64}"],
  ["jwt", "eyJ", `${URL64}{8,4000}\\.eyJ${URL64}{8,8000}\\.${URL64}{0,2000}`],
  [
    "jwt",
    "eyJ",
    `${URL64}{8,4000}\\.${URL64}{0,1000}\\.${URL64}{8,100}\\.${URL64}{8,8000}\\.${URL64}{8,100}`,
  ],
];

/** Tokens that are told by something in their midst: category, what, the whole. */
const SHAPED: [category: string, hint: string, whole: string][] = [
  ["azure-key", "8Q~", `${URL64}{3}8Q~[A-Za-z0-9_~.-]{31,34}`],
  [
    "discord-token",
    "\\.[\\w-]{6}\\.[\\w-]{27}",
    `[MNO]${URL64}{23,27}\\.${URL64}{6}\\.${URL64}{27,40}`,
  ],
  ["telegram-token", ":AA", `(?:bot)?\\d{8,10}:AA${URL64}{33}`],
  ["mailchimp-key", "-us\\d", "[0-9a-f]{32}-us\\d{1,2}"],
  [
    "hashicorp-token",
    "\\.atlasv1\\.",
    `[A-Za-z0-9]{14}\\.atlasv1\\.${URL64}{60,70}`,
  ],
];

const OTHERS: Rule[] = [
  {
    category: "private-key",
    hint: "-----BEGIN ",
    anyCase: false,
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?<secret>[^]{1,1048576}?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY|$(?![^]))/g,
    accepts: (secret) => /[A-Za-z0-9+/]{16}/.test(secret),
  },
  {
    category: "private-key",
    hint: "Private-Lines: \\d",
    anyCase: false,
    pattern: /^Private-Lines: \d+\r?\n(?<secret>(?:[A-Za-z0-9+/=]+\r?\n?)+)/gm,
  },
  {
    category: "private-key",
    hint: "(?:PrivateKey|PresharedKey)\\s*=",
    anyCase: false,
    pattern:
      /\b(?:PrivateKey|PresharedKey)\s*=\s*(?<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)/g,
  },
  {
    category: "aws-key",
    hint: "A3T|AKIA|ASIA|ABIA|ACCA",
    anyCase: false,
    pattern: alone("(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    accepts: (secret) => !secret.endsWith("EXAMPLE"),
  },
  {
    category: "aws-key",
    hint: "secret_?(?:access_?)?key",
    anyCase: true,
    pattern:
      /secret_?(?:access_?)?key\\?["']?\s{0,8}(?:[:=]|=>)\s{0,8}\\?["']?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    accepts: (secret) => !secret.includes("EXAMPLE"),
  },
  {
    category: "azure-key",
    hint: "(?:Account|SharedAccess)Key=",
    anyCase: true,
    pattern: new RegExp(
      `(?:AccountKey|SharedAccessKey)=(?<secret>${B64}{40,100}={0,2})`,
      "gi",
    ),
  },
  {
    category: "npm-token",
    hint: "_(?:authToken|auth|password)\\s{0,4}=",
    anyCase: false,
    pattern:
      /_(?:authToken|auth|password)\s{0,4}=\s{0,4}["']?(?<secret>[^\s"'$(]{8,2000})(?![^\s"';,])/g,
    accepts: isCredential,
  },
  {
    category: "sk-token",
    hint: "sk-",
    anyCase: false,
    pattern: alone(`sk-(?:[a-z0-9]{2,12}-){0,3}${URL64}{20,220}`),
    accepts: isRandom,
  },
  {
    category: "webhook",
    hint:
      "hooks\\.slack\\.com|discord(?:app)?\\.com\\/api|webhook\\.office\\.com",
    anyCase: false,
    pattern:
      /https:\/\/(?:hooks\.slack\.com\/(?:services|workflows|triggers)|(?:\w{1,20}\.)?discord(?:app)?\.com\/api\/webhooks|[\w-]{1,60}\.webhook\.office\.com\/webhookb2)\/(?<secret>[\w/@.-]{20,300})/g,
  },
  {
    category: "authorization",
    hint: "authorization|(?:bearer|basic)\\s+\\S{8}",
    anyCase: true,
    pattern:
      /\b(?:authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?:\w{1,20}\s+)?|(?:bearer|basic)\s+)(?<secret>[A-Za-z0-9._~+/=-]{8,8000})/gi,
    accepts: (secret) =>
      isCredential(secret) && !/^[A-Z]?[a-z]+(?:[/-][a-z]+)*$/.test(secret),
  },
  {
    category: "connection-string",
    hint: ":\\/\\/[^\\s\\/]{0,300}:[^\\s]{1,400}@",
    anyCase: false,
    pattern:
      /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/"'`<>?#[]{0,200}:(?!\d{1,5}\/)(?<secret>[^\s@"'`<>]{1,400}?)@(?=[A-Za-z0-9[_.%-])/gi,
    accepts: isCredential,
  },
  {
    category: "connection-string",
    hint: ":\\/\\/[A-Za-z0-9_-]{20,255}@",
    anyCase: false,
    pattern: /\bhttps?:\/\/(?<secret>[A-Za-z0-9_-]{20,255})@(?=[A-Za-z0-9[])/gi,
    accepts: isRandom,
  },
  {
    category: "url-parameter",
    hint:
      "[?&](?:sig|[\\w-]{0,40}(?:token|api_?key|password|secret|signature))=",
    anyCase: true,
    pattern:
      /[?&](?:[\w-]{0,40}(?:token|api_?key|password|secret)|sig|(?:x-amz-|x-goog-)?signature)=(?<secret>[^\s&"'`<>#]{8,4000})/gi,
    accepts: isCredential,
  },
  {
    category: "url-parameter",
    hint: "[?&]key=",
    anyCase: false,
    pattern: /[?&]key=(?<secret>[\w.~%+/=-]{16,400})/g,
    accepts: isRandom,
  },
  {
    category: "netrc",
    hint: "login\\s+\\S+\\s+password\\s",
    anyCase: false,
    pattern: /\blogin\s+\S{1,200}\s+password\s+(?<secret>\S{1,400})/g,
  },
];

/** Every rule; what comes first names what several find. */
export const RULES: readonly Rule[] = [
  ...OTHERS.slice(0, 3),
  ...PREFIXED.map(([category, head, tail]): Rule => ({
    category,
    hint: head,
    anyCase: false,
    pattern: alone(head + tail),
  })),
  ...SHAPED.map(([category, hint, whole]): Rule => ({
    category,
    hint,
    anyCase: false,
    pattern: alone(whole),
  })),
  ...OTHERS.slice(3),
];

/** Letters and digits do not go on before the match, nor after it. */
function alone(pattern: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9])(?:${pattern})(?![A-Za-z0-9])`, "g");
}
