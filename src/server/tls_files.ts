import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Certificate, decodePem, FormatError, parseCertificate } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";

/** Where certificates and keys lie. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** CA certificates of clients; without it clients need no certificate. */
  readonly clientCa: string | undefined;
}

/** What a TLS listener works with: PEM texts that belong together. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** When the server's certificate ends, and the first of the clients' CAs. */
  readonly notAfter: Date;
  readonly clientCaNotAfter: Date | undefined;
}

/**
 * Reads the files and checks that they can serve: the key is that of the certificate, and there is a
 * CA certificate where clients need one.
 *
 * @throws {AssayError} CERT_INVALID or KEY_INVALID, naming the file.
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key, ca] = await Promise.all([
    readFile(files.certificate, "CERT_INVALID"),
    readFile(files.key, "KEY_INVALID"),
    files.clientCa === undefined ? undefined : readFile(files.clientCa, "CERT_INVALID"),
  ]);
  const [server] = readCertificates(files.certificate, cert);
  checkPair(files, cert, key);
  const clientCas = ca === undefined ? [] : readCertificates(files.clientCa ?? "", ca);
  const ends = clientCas.map(({ notAfter }) => notAfter.getTime());
  return {
    cert,
    key,
    ca,
    notAfter: server.notAfter,
    clientCaNotAfter: ends.length === 0 ? undefined : new Date(Math.min(...ends)),
  };
}

function checkPair(files: TlsFiles, cert: string, key: string): void {
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    // The library's words may quote the key.
    throw invalid("KEY_INVALID", files.key, "it is no private key in PEM that can be used", error);
  }
  if (!fits) {
    throw invalid("KEY_INVALID", files.key, `it is not the key of ${files.certificate}`);
  }
}

function readCertificates(path: string, pem: string): [Certificate, ...Certificate[]] {
  try {
    const blocks = decodePem(pem).filter(({ label }) => label === "CERTIFICATE");
    const [first, ...others] = blocks.map(({ bytes }) => parseCertificate(bytes));
    if (first === undefined) throw new FormatError("PEM", "there is no certificate in it");
    return [first, ...others];
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw invalid("CERT_INVALID", path, error.message, error);
  }
}

async function readFile(path: string, code: "CERT_INVALID" | "KEY_INVALID"): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const why = missing ? "it does not exist" : error instanceof Error ? error.message : `${error}`;
    throw invalid(code, path, why, error);
  }
}

function invalid(
  code: "CERT_INVALID" | "KEY_INVALID",
  path: string,
  why: string,
  cause?: unknown,
): AssayError {
  return new AssayError({
    code,
    component: "server",
    message: `The file ${path} cannot serve TLS: ${why}`,
    remedy: "Put certificate, key and CA there as PEM files that belong together.",
    cause,
  });
}
