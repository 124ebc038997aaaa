import { type Certificate, equalBytes } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { readCertificateFiles, readPublicKeyFile } from "../keys/mod.ts";
import {
  type CertificateAuthority,
  subjectText,
  type TransparencyLog,
  type TrustedRoot,
} from "../trust/mod.ts";

/** The environment variables that tools of Sigstore know for parts of the trusted root. */
const VARIABLES = [
  "SIGSTORE_ROOT_FILE",
  "SIGSTORE_REKOR_PUBLIC_KEY",
  "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE",
] as const;

/** The name of one of them. */
export type SigstoreVariable = typeof VARIABLES[number];

/** Looks an environment variable up. */
export type SigstoreEnvironment = (name: SigstoreVariable) => string | undefined;

/** The files that the environment names, by variable. */
export function sigstoreFiles(
  env: SigstoreEnvironment | undefined,
): { readonly variable: SigstoreVariable; readonly path: string }[] {
  return VARIABLES.flatMap((variable) => {
    const path = env?.(variable) ?? "";
    return path === "" ? [] : [{ variable, path }];
  });
}

/**
 * The trusted root with those of its parts replaced that the environment names files for: certificate
 * authorities, the keys of transparency logs, and those of certificate logs.
 *
 * @throws {AssayError} CERT_INVALID, KEY_INVALID or KEY_MANAGEMENT_PROVIDER_FAILURE, naming variable
 * and file.
 */
export async function withSigstoreFiles(
  root: TrustedRoot,
  env: SigstoreEnvironment | undefined,
): Promise<TrustedRoot> {
  let replaced = root;
  for (const { variable, path } of sigstoreFiles(env)) {
    try {
      replaced = { ...replaced, ...await readPart(variable, path) };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      const { code, component, remedy } = error;
      const message = `The environment variable ${variable} is of no use: ${error.message}`;
      throw new AssayError({ code, component, message, remedy, cause: error });
    }
  }
  return replaced;
}

async function readPart(variable: SigstoreVariable, path: string): Promise<Partial<TrustedRoot>> {
  switch (variable) {
    case "SIGSTORE_ROOT_FILE":
      return { certificateAuthorities: authoritiesOf(await readCertificateFiles([path])) };
    case "SIGSTORE_REKOR_PUBLIC_KEY":
      return { transparencyLogs: [await readLog(path)] };
    case "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE":
      return { certificateLogs: [await readLog(path)] };
  }
}

async function readLog(path: string): Promise<TransparencyLog> {
  const key = await readPublicKeyFile(path);
  const logId = key.fingerprint;
  return {
    baseUrl: path,
    logId,
    keyHint: logId.slice(0, 8),
    key,
    validFor: { start: undefined, end: undefined },
  };
}

/** Self-issued certificates are roots; every other one is an intermediate below its issuer. */
function authoritiesOf(certificates: readonly Certificate[]): CertificateAuthority[] {
  const isRoot = ({ issuer, subject }: Certificate): boolean => equalBytes(issuer.raw, subject.raw);
  const roots = certificates.filter(isRoot);
  const intermediates = certificates.filter((certificate) => !isRoot(certificate));
  const chains = roots.flatMap((root) => [
    ...intermediates.filter(({ issuer }) => equalBytes(issuer.raw, root.subject.raw))
      .map((intermediate) => [intermediate, root]),
    [root],
  ]);
  return chains.map((chain) => ({
    name: subjectText((chain.at(-1) as Certificate).subject),
    chain,
    validFor: { start: undefined, end: undefined },
  }));
}
