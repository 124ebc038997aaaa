import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Certificate, decodePem, FormatError, parseCertificate } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";

/** Where certificates and keys come from: the server's lie in files, or are issued for this process. */
export type TlsSource =
  & {
    /** CA certificates of clients; without it clients need no certificate. */
    readonly clientCa: string | undefined;
  }
  & ({ readonly certificate: string; readonly key: string } | {
    /** The certificate and its key, in PEM, that are in force now. */
    readonly issued: () => { readonly cert: string; readonly key: string };
  });

/** What the server's certificate and key are called in messages. */
interface ServerNames {
  readonly certificate: string;
  readonly key: string;
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
export async function readTlsFiles(source: TlsSource): Promise<TlsMaterial> {
  const names = "issued" in source ? ISSUED : source;
  const [{ cert, key }, ca] = await Promise.all([
    readServer(source),
    source.clientCa === undefined ? undefined : readFile(source.clientCa, "CERT_INVALID"),
  ]);
  const [server] = readCertificates(names.certificate, cert);
  checkPair(names, cert, key);
  const clientCas = ca === undefined ? [] : readCertificates(source.clientCa ?? "", ca);
  const ends = clientCas.map(({ notAfter }) => notAfter.getTime());
  return {
    cert,
    key,
    ca,
    notAfter: server.notAfter,
    clientCaNotAfter: ends.length === 0 ? undefined : new Date(Math.min(...ends)),
  };
}

const ISSUED: ServerNames = { certificate: "tls.crt of the secret", key: "tls.key of the secret" };

async function readServer(
  source: TlsSource,
): Promise<{ readonly cert: string; readonly key: string }> {
  if ("issued" in source) return source.issued();
  const [cert, key] = await Promise.all([
    readFile(source.certificate, "CERT_INVALID"),
    readFile(source.key, "KEY_INVALID"),
  ]);
  return { cert, key };
}

function checkPair(files: ServerNames, cert: string, key: string): void {
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
