/**
 * The environment of a step: a few fixed values, then what the plan sets.
 *
 * @module
 */
import type { CacheKind } from "../pipeline/pipeline.ts";
import { SYSTEM_PATH } from "../plan/system_view.ts";
import { cacheEnvironment } from "./caches.ts";
import type { Confinement, HostFacts } from "./confinement.ts";
import { RELAY } from "./relay_place.ts";

/** Where the fixed values point to, as the step sees it. */
export interface EnvironmentPaths {
  home: string;
  tmp: string;
  denoDir: string | null;
  /** Where the step sees each of its caches. */
  caches: { cache: CacheKind; at: string; fills: boolean }[];
  /** The folder of files with secrets. */
  secrets: string | null;
  /** The certificate bundle, `null` where there is none. */
  certificates: string | null;
}

/** Above all others that a step is started with. */
export const AUDIT_FD = 30;

const PROXY = `http://127.0.0.1:${RELAY.port}`;

/** How HTTP clients are told of a proxy; some read the small letters only, some the large ones. */
const PROXIED = {
  HTTP_PROXY: PROXY,
  HTTPS_PROXY: PROXY,
  NODE_USE_ENV_PROXY: "1",
  NO_PROXY: "localhost,127.0.0.1,::1",
  http_proxy: PROXY,
  https_proxy: PROXY,
  no_proxy: "localhost,127.0.0.1,::1",
};

/** All variables of a step, sorted by name. What the plan sets wins. */
export function stepEnvironment(
  confinement: Confinement,
  host: HostFacts,
  paths: EnvironmentPaths,
): Record<string, string> {
  const { network } = confinement;
  const online = network === "host" || network === "hosts";
  const all: Record<string, string> = {
    CI: "1",
    HOME: paths.home,
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    LOGNAME: "step",
    NO_COLOR: "1",
    PATH: [...host.path, ...SYSTEM_PATH].join(":"),
    // Python keeps bytecode beside the sources, which no author declares.
    PYTHONDONTWRITEBYTECODE: "1",
    TERM: "dumb",
    TMPDIR: paths.tmp,
    TZ: "UTC",
    USER: "step",
    ...(confinement.kind === "deno" && { DENO_NO_UPDATE_CHECK: "1" }),
    ...(paths.denoDir !== null && { DENO_DIR: paths.denoDir }),
    ...Object.assign(
      {},
      ...paths.caches.map(({ cache, at, fills }) =>
        cacheEnvironment(cache, at, fills)
      ),
    ),
    // Node and Deno bring lists of their own, and fail behind a proxy that the system trusts.
    ...(online && { DENO_TLS_CA_STORE: "system" }),
    ...(online && paths.certificates !== null && {
      NODE_EXTRA_CA_CERTS: paths.certificates,
      REQUESTS_CA_BUNDLE: paths.certificates,
      SSL_CERT_FILE: paths.certificates,
    }),
    ...(network === "hosts" && PROXIED),
    ...confinement.env,
    // Whatever the plan sets, the runner's pipe is where the runtime tells.
    ...(confinement.kind === "deno" && {
      DENO_AUDIT_PERMISSIONS: `/proc/self/fd/${AUDIT_FD}`,
    }),
    ...Object.fromEntries(
      confinement.secrets.filter(({ as }) => as === "file")
        .map((
          { variable, secret },
        ) => [variable, `${paths.secrets}/${secret}`]),
    ),
  };
  return Object.fromEntries(
    Object.entries(all).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}
