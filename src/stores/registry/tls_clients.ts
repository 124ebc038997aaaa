import { decodePem, FormatError, parseCertificate } from "../../crypto/mod.ts";
import { AssayError } from "../../errors.ts";
import type { Endpoint } from "./endpoint.ts";

/** A certificate that we show, and its private key, as PEM text. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Chooses the client for a URL that a registry is asked under, or sends us to; the default one when undefined. */
export type ClientChoice = (url: URL) => Deno.HttpClient | undefined;

interface Clients {
  /** For the registry itself. */
  readonly home: Deno.HttpClient;
  /** For where it sends us, which our certificate is not for. */
  readonly away: Deno.HttpClient | undefined;
}

/** Clients by registry, for those that have certificates of their own. */
export class TlsClients {
  readonly #clients = new Map<string, Clients>();

  /**
   * @param caBundles PEM certificates that are trusted beside the public ones, by registry.
   * @param certificates what is shown to a registry, and to nobody else.
   * @throws {AssayError} CERT_INVALID for what cannot be used.
   */
  constructor(
    caBundles: Readonly<Partial<Record<string, string>>>,
    certificates: Readonly<Partial<Record<string, ClientCertificate>>>,
  ) {
    const bundles = byHost(caBundles);
    const shown = byHost(certificates);
    for (const host of new Set([...bundles.keys(), ...shown.keys()])) {
      const [pem, own] = [bundles.get(host), shown.get(host)];
      const away = pem === undefined ? undefined : withBundle(host, pem);
      if (own !== undefined) this.#clients.set(host, { home: withBoth(host, pem, own), away });
      else if (away !== undefined) this.#clients.set(host, { home: away, away });
    }
  }

  /** The clients for a registry: a certificate is shown at its own origin alone. */
  for(endpoint: Endpoint): ClientChoice {
    const clients = this.#clients.get(endpoint.registry.toLowerCase());
    return ({ origin }) => origin === endpoint.origin ? clients?.home : clients?.away;
  }

  /** Closes their connections. */
  close(): void {
    const all = [...this.#clients.values()].flatMap(({ home, away }) => [home, away]);
    for (const client of new Set(all)) client?.close();
    this.#clients.clear();
  }
}

function byHost<T>(record: Readonly<Partial<Record<string, T>>>): Map<string, T> {
  return new Map(
    Object.entries(record).flatMap(([host, value]) =>
      value === undefined ? [] : [[host.toLowerCase(), value] as const]
    ),
  );
}

function withBundle(registry: string, pem: string): Deno.HttpClient {
  try {
    const blocks = decodePem(pem).filter(({ label }) => label === "CERTIFICATE");
    if (blocks.length === 0) throw new FormatError("PEM", "there is no certificate");
    for (const { bytes } of blocks) parseCertificate(bytes);
    return Deno.createHttpClient({ caCerts: [pem] });
  } catch (error) {
    const reason = error instanceof FormatError ? error.message : "they are not CA certificates";
    throw unusable(`The CA bundle for the registry ${registry} cannot be read: ${reason}.`, error);
  }
}

function withBoth(
  registry: string,
  pem: string | undefined,
  { certificate, key }: ClientCertificate,
): Deno.HttpClient {
  try {
    const caCerts = pem === undefined ? {} : { caCerts: [pem] };
    return Deno.createHttpClient({ ...caCerts, cert: certificate, key });
  } catch {
    // What is wrong with it may quote the key.
    throw unusable(`The client certificate for the registry ${registry} cannot be used.`);
  }
}

function unusable(message: string, cause?: unknown): AssayError {
  return new AssayError({ code: "CERT_INVALID", component: "referrerStore", message, cause });
}
