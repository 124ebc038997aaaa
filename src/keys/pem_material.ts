import {
  type Bytes,
  type Certificate,
  decodePem,
  FormatError,
  parseCertificate,
  parsePublicKey,
  type PemBlock,
  type PublicKey,
  wrapRsaPublicKey,
} from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";

/**
 * Reads all certificates of a PEM text, in order. White space around them does not matter; anything
 * else than certificates does.
 *
 * @throws {AssayError} CERT_INVALID; loudly for a private key.
 */
export function readCertificates(text: string): Certificate[] {
  const blocks = readBlocks(text, "CERT_INVALID");
  if (blocks.length === 0) {
    throw invalid("CERT_INVALID", "holds no certificate (BEGIN CERTIFICATE)");
  }
  return blocks.map((block) => {
    if (block.label !== "CERTIFICATE") {
      throw invalid(
        "CERT_INVALID",
        `holds a ${block.label} block on line ${block.line}; only CERTIFICATE blocks belong there`,
      );
    }
    return asConfigurationError("CERT_INVALID", block.line, () => parseCertificate(block.bytes));
  });
}

/**
 * Reads the one public key of a PEM text: `PUBLIC KEY` (SubjectPublicKeyInfo), or `RSA PUBLIC KEY`
 * (PKCS#1).
 *
 * @throws {AssayError} KEY_INVALID; loudly for a private key.
 */
export function readPublicKey(text: string): PublicKey {
  const [block, ...others] = readBlocks(text, "KEY_INVALID");
  if (block === undefined) throw invalid("KEY_INVALID", "holds no public key (BEGIN PUBLIC KEY)");
  if (others.length > 0) {
    throw invalid(
      "KEY_INVALID",
      `holds ${others.length + 1} blocks; write one provider for each key`,
    );
  }
  return asConfigurationError("KEY_INVALID", block.line, () => parsePublicKey(spkiOf(block)));
}

/**
 * Reads the first public key of a PEM text, as files of keys are read: what follows is ignored.
 *
 * @throws {AssayError} KEY_INVALID; loudly for a private key.
 */
export function readFirstPublicKey(text: string): PublicKey {
  const [block] = readBlocks(text, "KEY_INVALID");
  if (block === undefined) throw invalid("KEY_INVALID", "holds no public key (BEGIN PUBLIC KEY)");
  return asConfigurationError("KEY_INVALID", block.line, () => parsePublicKey(spkiOf(block)));
}

function spkiOf(block: PemBlock): Bytes {
  switch (block.label) {
    case "PUBLIC KEY":
      return block.bytes;
    case "RSA PUBLIC KEY":
      return wrapRsaPublicKey(block.bytes);
    default:
      throw invalid(
        "KEY_INVALID",
        `holds a ${block.label} block; it must be PUBLIC KEY or RSA PUBLIC KEY`,
      );
  }
}

type Code = "CERT_INVALID" | "KEY_INVALID";

/** The beginning of any private key, whatever else is wrong with it. */
const PRIVATE_KEY = /-----\s*BEGIN[^-]*PRIVATE KEY/i;

/** A private key must be noticed even in a text that is broken otherwise. */
function readBlocks(text: string, code: Code): PemBlock[] {
  if (PRIVATE_KEY.test(text)) {
    throw new AssayError({
      code,
      component: "keyManagementProvider",
      message: "holds a PRIVATE KEY, which must never be in a configuration",
      remedy:
        "Remove it and treat the key as leaked: whoever can read the configuration can sign with it.",
    });
  }
  return asConfigurationError(code, undefined, () => decodePem(text));
}

function asConfigurationError<T>(code: Code, line: number | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const where = line === undefined ? "" : ` (block on line ${line})`;
    throw invalid(code, `cannot be read: ${error.message}${where}`, error);
  }
}

function invalid(code: Code, message: string, cause?: unknown): AssayError {
  return new AssayError({ code, component: "keyManagementProvider", message, cause });
}
