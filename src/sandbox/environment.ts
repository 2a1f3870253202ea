/**
 * The environment of a step: a few fixed values, then what the plan sets.
 *
 * @module
 */
import type { Confinement, HostFacts } from "./confinement.ts";

/** Where the fixed values point to, as the step sees it. */
export interface EnvironmentPaths {
  home: string;
  tmp: string;
  denoDir: string | null;
  /** The certificate bundle, `null` where there is none. */
  certificates: string | null;
}

/** All variables of a step, sorted by name. What the plan sets wins. */
export function stepEnvironment(
  confinement: Confinement,
  host: HostFacts,
  paths: EnvironmentPaths,
): Record<string, string> {
  const online = confinement.network === "host";
  const all: Record<string, string> = {
    CI: "1",
    HOME: paths.home,
    LANG: "C.UTF-8",
    LOGNAME: "step",
    NO_COLOR: "1",
    PATH: [...host.path, "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    TERM: "dumb",
    TMPDIR: paths.tmp,
    TZ: "UTC",
    USER: "step",
    ...(confinement.kind === "deno" && { DENO_NO_UPDATE_CHECK: "1" }),
    ...(paths.denoDir !== null && { DENO_DIR: paths.denoDir }),
    // Node and Deno bring lists of their own, and fail behind a proxy that the system trusts.
    ...(online && { DENO_TLS_CA_STORE: "system" }),
    ...(online && paths.certificates !== null && {
      NODE_EXTRA_CA_CERTS: paths.certificates,
      REQUESTS_CA_BUNDLE: paths.certificates,
      SSL_CERT_FILE: paths.certificates,
    }),
    ...confinement.env,
  };
  return Object.fromEntries(
    Object.entries(all).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}
