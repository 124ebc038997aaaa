/** Certificates for tests of TLS: a CA and what it issues, each as PEM text with its key. */

import {
  derWriter,
  extendedKeyUsage,
  extension,
  forgeCertificate,
  type ForgedCertificate,
  keyUsage,
} from "./forge/mod.ts";

/** A certificate and its private key, in PEM. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** What may be special about a certificate. */
export interface LeafOptions {
  readonly issuer: ForgedCertificate;
  readonly usage: "serverAuth" | "clientAuth";
  readonly notAfter?: Date;
  readonly name?: string;
}

/** A CA. */
export function forgeCa(name: string): Promise<ForgedCertificate> {
  return forgeCertificate({ role: "ca", subject: [["CN", name]] });
}

/** A certificate of a server on 127.0.0.1, or of a client. */
export async function forgeLeaf(options: LeafOptions): Promise<PemPair> {
  const loopback = derWriter.sequence(derWriter.tlv(0x87, Uint8Array.of(127, 0, 0, 1)));
  const certificate = await forgeCertificate({
    issuer: options.issuer,
    subject: [["CN", options.name ?? options.usage]],
    notAfter: options.notAfter ?? new Date("2060-01-01T00:00:00Z"),
    extensions: [
      keyUsage(["digitalSignature"]),
      extendedKeyUsage([options.usage]),
      extension("2.5.29.17", loopback),
    ],
  });
  return { cert: certificate.pem, key: privateKeyPem(certificate) };
}

/** The private key of a certificate, in PEM (PKCS#8). */
export function privateKeyPem(certificate: ForgedCertificate): string {
  const lines = certificate.key.pkcs8.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}
