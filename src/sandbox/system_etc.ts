/**
 * What of `/etc` a step sees: never all of it, and of users and hosts a made-up account.
 *
 * @module
 */

/** What is shown of the machine's own `/etc`: names, where `*` ends a prefix. */
export const ETC_NAMES: readonly string[] = [
  "alternatives",
  "ca-certificates",
  "crypto-policies",
  "fonts",
  "host.conf",
  "java*",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "locale.alias",
  "localtime",
  "magic",
  "maven",
  "mime.types",
  "os-release",
  "perl",
  "pki/ca-trust",
  "pki/tls/certs",
  "protocols",
  "services",
  "ssl/certs",
  "ssl/openssl.cnf",
  "terminfo",
];

/**
 * What Landlock lets a step read beside them: it cannot put made-up files in their place,
 * and a tool takes a file that is there and denied for a fault.
 */
export const ETC_NAMES_IN_PLACE: readonly string[] = [
  "gai.conf",
  "gitconfig",
  "group",
  "hosts",
  "inputrc",
  "nsswitch.conf",
  "passwd",
  "resolv.conf",
  "timezone",
];

/** Where distributions keep the certificate bundle. */
export const CERTIFICATE_BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Names below a folder of the system that a step may have in `/etc` but that may be secret. */
const PRIVATE = /(^|\/)(private|secrets?)(\/|$)|\.(key|p12|pfx)$/;

/** Most of `alternatives` are links to pages of the manual. */
const MANUAL = /^alternatives\/.*\.gz$/;

/** Whether a path below `/etc` is one of `names`. */
export function isEtcName(path: string, names: readonly string[]): boolean {
  if (PRIVATE.test(path) || MANUAL.test(path)) return false;
  return names.some((name) =>
    name.endsWith("*")
      ? path.startsWith(name.slice(0, -1))
      : path === name || path.startsWith(`${name}/`)
  );
}

/** The account that a step has in namespaces. */
const USER = { name: "step", id: 1000, home: "/home/step" } as const;

/** The files that are made up, by their path below `/etc`. */
export function madeUpEtc(): Record<string, string> {
  const { name, id, home } = USER;
  return {
    "group": `root:x:0:\n${name}:x:${id}:\nnogroup:x:65534:\n`,
    "hostname": "writ\n",
    "hosts": "127.0.0.1 localhost writ\n::1 localhost ip6-localhost\n",
    "nsswitch.conf":
      "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
    "passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\n" +
      `${name}:x:${id}:${id}:${name}:${home}:/bin/sh\n` +
      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "shells": "/bin/sh\n/bin/bash\n",
    "timezone": "Etc/UTC\n",
  };
}
