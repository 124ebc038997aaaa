/** Where a registry is asked, decided on its parsed host and on nothing else of a reference. */

import { AssayError } from "../../errors.ts";
import { quote } from "../../oci/mod.ts";

/** A registry as it is asked. */
export interface Endpoint {
  /** The registry as references name it, such as `docker.io`. */
  readonly registry: string;
  /** Scheme, host and port, such as `https://registry-1.docker.io`. */
  readonly origin: string;
}

/** Which registries are asked over plain HTTP. */
export interface SchemeOptions {
  /** All of them. */
  readonly useHttp: boolean;
  /** These, as references name them: host, and port where there is one. */
  readonly plainHttp: readonly string[];
}

/** Docker Hub's references and its API have different hosts. */
const DOCKER_HUB = "docker.io";
const DOCKER_HUB_API = "registry-1.docker.io";

/**
 * The endpoint of a registry. Throws {@link AssayError} `HOST_NAME_INVALID` when URLs cannot express the
 * host, or read another one into it (`0x7f.1` is 127.0.0.1 there): what is asked must be what policies saw.
 */
export function endpointOf(registry: string, options: SchemeOptions): Endpoint {
  const host = registry.toLowerCase();
  const plain = options.useHttp || options.plainHttp.some((each) => each.toLowerCase() === host);
  const written = host === DOCKER_HUB ? DOCKER_HUB_API : host;
  const url = URL.parse(`${plain ? "http" : "https"}://${written}/`);
  if (url === null || url.pathname !== "/" || url.username !== "" || url.password !== "") {
    throw invalid(registry, "it cannot be a host in a URL");
  }
  const colon = written.startsWith("[") ? written.indexOf(":", written.indexOf("]")) : written
    .indexOf(":");
  const name = colon < 0 ? written : written.slice(0, colon);
  // An IPv6 address has many spellings, and no other meaning in any of them.
  if (url.hostname !== name && !name.startsWith("[")) {
    throw invalid(registry, `a URL would read it as ${url.hostname}`);
  }
  return Object.freeze({ registry, origin: url.origin });
}

/**
 * The URL below `/v2/<repository>/` (OCI distribution specification, "Endpoints"). Throws
 * {@link AssayError} `REFERENCE_INVALID` when a part would lead elsewhere.
 */
export function urlOf(endpoint: Endpoint, repository: string, rest: string): URL {
  const path = `/v2/${repository}/${rest}`;
  const url = URL.parse(`${endpoint.origin}${path}`);
  if (url !== null && url.pathname === path && url.search === "" && url.hash === "") return url;
  throw new AssayError({
    code: "REFERENCE_INVALID",
    component: "referrerStore",
    message: `${quote(repository)} is not the name of a repository.`,
  });
}

function invalid(registry: string, reason: string): AssayError {
  return new AssayError({
    code: "HOST_NAME_INVALID",
    component: "referrerStore",
    message: `The registry ${quote(registry)} cannot be asked: ${reason}.`,
  });
}
