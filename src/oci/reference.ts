/**
 * References to images, as people and Kubernetes write them. The grammar is that of the distribution
 * project, on which container runtimes agree:
 *
 *     reference      := name [ ":" tag ] [ "@" digest ]
 *     name           := [ registry "/" ] path               at most 255 characters in full
 *     registry       := host [ ":" port ]
 *     host           := label *( "." label ) | "[" IPv6 address "]"
 *     label          := letter or digit, then letters, digits and "-", not "-" at its end
 *     port           := 1 to 65535
 *     path           := component *( "/" component )
 *     component      := alphanumeric *( separator alphanumeric )
 *     alphanumeric   := one or more of a-z and 0-9
 *     separator      := "." | "_" | "__" | one or more "-"
 *     tag            := one of A-Z a-z 0-9 _, then up to 127 of these and "." and "-"
 *     digest         := see digest.ts
 *
 * What stands before the first "/" is a registry if it is `localhost` or has a ".", a ":" or an
 * upper-case letter in it; otherwise the registry is docker.io, where a path of one component lies
 * below `library/`. Without tag and digest the tag is `latest`; with a digest a tag means nothing and
 * is dropped. 64 hexadecimal digits alone are refused: they look like the identifier of an image on a
 * host, and would name something else here.
 */

import { AssayError } from "../errors.ts";
import { type Digest, isDigest } from "./digest.ts";
import { quote } from "./quote.ts";

/** Where an image is. Has a tag or a digest, never both. */
export interface Reference {
  /** Host and port as written, such as `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Path within the registry, such as `library/nginx`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_REGISTRY = "docker.io";
const LEGACY_DEFAULT_REGISTRY = "index.docker.io";
const DEFAULT_TAG = "latest";
const MAX_NAME = 255;
/** No reference is longer: name, tag and a SHA-512 digest. */
const MAX_TEXT = MAX_NAME + 1 + 128 + 1 + 7 + 128;

/**
 * Reads a reference and fills in what Docker's conventions leave out.
 * Throws {@link AssayError} `REFERENCE_INVALID` that quotes the text and says what is wrong with it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatReference, parseReference } from "./mod.ts";
 *
 * assert.equal(formatReference(parseReference("nginx")), "docker.io/library/nginx:latest");
 * assert.equal(parseReference("localhost:5000/team/app:v1").repository, "team/app");
 * ```
 */
export function parseReference(text: string): Reference {
  const problem = (reason: string): never => {
    throw new AssayError({
      code: "REFERENCE_INVALID",
      component: "executor",
      message: `The image reference ${quote(text)} cannot be read: ${reason}.`,
    });
  };
  if (text === "") return problem("it is empty");
  if (text.length > MAX_TEXT) return problem(`it has more than ${MAX_TEXT} characters`);
  if (/[^\x21-\x7e]/.test(text)) {
    return problem("it has a space, a control character or a character outside ASCII");
  }
  if (/^[0-9a-f]{64}$/.test(text)) {
    return problem("64 hexadecimal digits alone are an image identifier, not a name");
  }

  const { registry, rest } = splitRegistry(text);
  const registryProblem = checkRegistry(registry);
  if (registryProblem !== undefined) return problem(registryProblem);

  const at = rest.indexOf("@");
  const digest = at < 0 ? undefined : rest.slice(at + 1);
  const named = at < 0 ? rest : rest.slice(0, at);
  if (digest !== undefined && !isDigest(digest)) {
    return problem(
      "after the @ there must be sha256: and 64, sha384: and 96, or sha512: and 128 lower-case " +
        "hexadecimal digits",
    );
  }
  const colon = named.indexOf(":");
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !isTag(tag)) {
    return problem(
      `its tag ${
        quote(tag, 40)
      } must be 1 to 128 letters, digits, ".", "_" and "-", and start with ` +
        'a letter, a digit or "_"',
    );
  }

  const path = colon < 0 ? named : named.slice(0, colon);
  const pathProblem = checkPath(path);
  if (pathProblem !== undefined) return problem(pathProblem);
  const repository = registry === DEFAULT_REGISTRY && !path.includes("/")
    ? `library/${path}`
    : path;
  if (registry.length + 1 + repository.length > MAX_NAME) {
    return problem(
      `its name ${quote(`${registry}/${repository}`, 40)} is longer than ${MAX_NAME} characters`,
    );
  }
  return Object.freeze(
    digest === undefined
      ? { registry, repository, tag: tag ?? DEFAULT_TAG }
      : { registry, repository, digest },
  );
}

/** Whether a text is a tag. */
export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
}

/** The normalised text: `registry/repository:tag` or `registry/repository@digest`. */
export function formatReference(reference: Reference): string {
  const name = repositoryName(reference);
  if (reference.digest !== undefined) return `${name}@${reference.digest}`;
  return reference.tag === undefined ? name : `${name}:${reference.tag}`;
}

/** `registry/repository`, without tag and digest. */
export function repositoryName(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`;
}

/** The same repository at a digest; a tag is dropped. */
export function withDigest(reference: Reference, digest: Digest): Reference {
  const { registry, repository } = reference;
  return Object.freeze({ registry, repository, digest });
}

function splitRegistry(text: string): { registry: string; rest: string } {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  if (slash < 0 || !(first === "localhost" || /[.:A-Z]/.test(first))) {
    // An empty first component ("/nginx") stays in the path, where it is refused.
    return { registry: DEFAULT_REGISTRY, rest: text };
  }
  const registry = first === LEGACY_DEFAULT_REGISTRY ? DEFAULT_REGISTRY : first;
  return { registry, rest: text.slice(slash + 1) };
}

function checkRegistry(registry: string): string | undefined {
  const named = `its registry ${quote(registry, 40)}`;
  const bracket = registry.startsWith("[") ? registry.indexOf("]") : -1;
  const colon = registry.indexOf(":", bracket + 1);
  const host = colon < 0 ? registry : registry.slice(0, colon);
  const port = colon < 0 ? undefined : registry.slice(colon + 1);
  if (port !== undefined && !isPort(port)) {
    return `${named} must have a port from 1 to 65535 after the colon`;
  }
  if (bracket >= 0) {
    return host.length === bracket + 1 && isIPv6(host.slice(1, -1))
      ? undefined
      : `${named} must have an IPv6 address, and nothing else, in and after the brackets`;
  }
  return host.split(".").every(isHostLabel)
    ? undefined
    : `${named} must be labels of letters, digits and "-" with "." between them, or an IPv6 address in brackets`;
}

function isHostLabel(label: string): boolean {
  return /^[A-Za-z0-9-]+$/.test(label) && !label.startsWith("-") && !label.endsWith("-");
}

function isPort(port: string): boolean {
  return /^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
}

/** Whether a text is an IPv6 address in hexadecimal (RFC 4291 §2.2, forms 1 and 2). */
function isIPv6(address: string): boolean {
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => half === "" ? [] : half.split(":"));
  return groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group)) &&
    (halves.length === 2 ? groups.length <= 7 : groups.length === 8);
}

function checkPath(path: string): string | undefined {
  if (path === "") return "it has no repository name";
  if (/[A-Z]/.test(path)) return "the repository name must be in lower case";
  const wrong = path.split("/").find((component) => !isPathComponent(component));
  if (wrong === undefined) return undefined;
  return wrong === ""
    ? "the repository name has an empty part"
    : `${
      quote(wrong, 40)
    } in the repository name must be lower-case letters and digits with ".", "_", "__" ` +
      'or "-" between them';
}

/** Each character belongs to one part of the pattern only, so it is matched in one pass. */
function isPathComponent(component: string): boolean {
  return /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/.test(component);
}
