import { memberOf, textOf } from "../cloud/mod.ts";
import {
  type Certificate,
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodePem,
  encodeUtf8,
} from "../crypto/mod.ts";
import { type Authority, findAuthority } from "./authority.ts";
import { readCertificates, readServerPair, type ServerPair } from "./server_pair.ts";

/** What the secret holds, as far as it can be used. */
export interface StoredTls {
  /** What clients are to trust: `ca.crt`. */
  readonly bundle: readonly Certificate[];
  /** The one of them that issues: with `ca.key`. */
  readonly authority: Authority | undefined;
  /** `tls.crt` and `tls.key`. */
  readonly pair: ServerPair | undefined;
}

/** Names of what cannot be used, and why. */
export type Problems = string[];

/** Reads what a secret holds. What cannot be used counts as not there, and is a problem. */
export function readStoredTls(secret: unknown, problems: Problems): StoredTls {
  const data = memberOf(secret, "data");
  const attempt = <T>(what: string, members: readonly string[], read: (texts: string[]) => T) => {
    const values = members.map((name) => textOf(data, name));
    if (values.every((value) => value === undefined)) return undefined;
    try {
      return read(values.map((value) => decodeUtf8(decodeBase64(value ?? ""))));
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  };
  const bundle = attempt("ca.crt", ["ca.crt"], ([pem = ""]) => readCertificates(pem)) ?? [];
  return {
    bundle,
    authority: attempt("ca.key", ["ca.key"], ([pem = ""]) => findAuthority(bundle, pem)),
    pair: attempt(
      "tls.crt and tls.key",
      ["tls.crt", "tls.key"],
      ([cert = "", key = ""]) => readServerPair(cert, key),
    ),
  };
}

/** The certificates of a bundle as PEM text. */
export function bundlePem(bundle: readonly Certificate[]): string {
  return bundle.map(({ raw }) => encodePem("CERTIFICATE", raw)).join("");
}

/** The members of a secret that hold this. */
export function storedData(
  { bundle, authority, pair }: Required<StoredTls> & {
    readonly authority: Authority;
    readonly pair: ServerPair;
  },
): Readonly<Record<string, string>> {
  const texts = {
    "ca.crt": bundlePem(bundle),
    "ca.key": authority.key.pem,
    "tls.crt": pair.cert,
    "tls.key": pair.key,
  };
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, encodeBase64(encodeUtf8(text))]),
  );
}
