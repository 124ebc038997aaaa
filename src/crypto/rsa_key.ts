import type { Bytes } from "./bytes.ts";
import { encodeDer } from "./der/mod.ts";
import { FormatError } from "./format_error.ts";

/** AlgorithmIdentifier of rsaEncryption with its NULL parameters (RFC 3279 §2.3.1). */
const RSA_ENCRYPTION = Uint8Array.of(
  ...[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00],
);

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
const INTEGER = 0x02;

/** The most bytes of a key. */
const MAX_KEY_BYTES = 32 * 1024;

/**
 * The SubjectPublicKeyInfo of an RSAPublicKey (PKCS#1, RFC 8017 §A.1.1). The key itself is not read.
 *
 * @throws {FormatError} when it is larger than 32 KiB.
 */
export function wrapRsaPublicKey(key: Bytes): Bytes {
  if (key.length > MAX_KEY_BYTES) {
    throw new FormatError("SPKI", `an RSA key has more than ${MAX_KEY_BYTES} bytes`);
  }
  return encodeDer(SEQUENCE, RSA_ENCRYPTION, encodeDer(BIT_STRING, Uint8Array.of(0), key));
}

/** RSAPublicKey of a modulus and an exponent, both big-endian without leading zeros. */
export function encodeRsaPublicKey(modulus: Bytes, exponent: Bytes): Bytes {
  return encodeDer(SEQUENCE, positive(modulus), positive(exponent));
}

function positive(magnitude: Bytes): Bytes {
  const sign = (magnitude[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : Uint8Array.of();
  return encodeDer(INTEGER, sign, magnitude);
}
