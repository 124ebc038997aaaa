import { hashOfOid } from "./algorithm_identifier.ts";
import { type Bytes, toHex } from "./bytes.ts";
import { cryptoCounters } from "./counters.ts";
import { checkOrder } from "./ed25519.ts";
import { checkPoint, CURVES, normaliseSignature } from "./ecdsa.ts";
import { FormatError } from "./format_error.ts";
import { hash } from "./hash.ts";
import { LruMap } from "./lru.ts";
import { parsePublicKey, type PublicKey } from "./public_key.ts";
import { encodeRsaPublicKey, wrapRsaPublicKey } from "./rsa_key.ts";
import { Semaphore } from "./semaphore.ts";
import { HASH_LENGTH, type SignatureScheme } from "./signature_scheme.ts";

const MIN_RSA_BITS = 2048;
/** Web Crypto here imports larger keys, and then cannot verify with them. */
const MAX_RSA_BITS = 4096;
const MAX_EXPONENT_BYTES = 4;

/** Web Crypto works on other threads; hundreds of calls at once would starve timers. */
const turns = new Semaphore(Math.max(2, navigator.hardwareConcurrency));

/** A key that fits its scheme, as Web Crypto takes it. */
interface ReadyKey {
  readonly key: PublicKey;
  readonly imported: () => Promise<CryptoKey>;
}

/** By the hash of the key and the scheme: a key is read, checked and imported once. */
const readyKeys = new LruMap<string, ReadyKey>(256, 1024 * 1024);

/**
 * Checks a signature: the one place in Assay where that is done.
 *
 * @param spki DER of the SubjectPublicKeyInfo. An RSASSA-PSS key is taken as RSA if the parameters
 * that it restricts itself to agree with the scheme.
 * @param scheme how the signature must have been made. The caller derives it from the key or the
 * policy, never from what comes with the signature alone.
 * @returns whether the signature is right. A signature that is malformed, or of another length than
 * the key's, is wrong.
 * @throws {FormatError} when `spki` is not a key, or not one that the scheme can use: another kind,
 * an unknown curve, a point that is not on it or of small order, RSA below 2,048 or above 4,096 bits.
 *
 * @example
 * ```ts
 * import { verifySignature } from "./mod.ts";
 *
 * const { publicKey, privateKey } = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
 * const data = new TextEncoder().encode("data");
 * const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, data));
 * const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
 * if (!await verifySignature(spki, { name: "Ed25519" }, signature, data)) throw new Error("wrong");
 * ```
 */
export async function verifySignature(
  spki: Bytes,
  scheme: SignatureScheme,
  signature: Bytes,
  data: Bytes,
): Promise<boolean> {
  const { key, imported } = readyKey(spki, scheme);
  const prepared = prepare(key, scheme, signature);
  if (prepared === undefined) return false;
  return await turns.run(async () => {
    const cryptoKey = await imported();
    cryptoCounters.signaturesChecked++;
    try {
      return await crypto.subtle.verify(verifyParameters(scheme), cryptoKey, prepared, data);
    } catch {
      return false; // whatever Web Crypto stumbles over, the signature was not found right
    }
  });
}

/** Reads and checks a key, or finds it. A key that cannot be used is never kept. */
function readyKey(spki: Bytes, scheme: SignatureScheme): ReadyKey {
  // An EC key is imported for its curve, an RSA key for one hash.
  const importedFor = "hash" in scheme && scheme.name !== "ECDSA" ? scheme.hash : "";
  const id = `${toHex(hash("SHA-256", spki))} ${scheme.name} ${importedFor}`;
  const known = readyKeys.get(id);
  if (known !== undefined) return known;
  const key = parsePublicKey(spki.slice());
  checkKey(key, scheme);
  let importing: Promise<CryptoKey> | undefined;
  const ready = {
    key,
    imported: async (): Promise<CryptoKey> => {
      importing ??= importKey(key, scheme);
      try {
        return await importing;
      } catch (error) {
        readyKeys.delete(id);
        throw error;
      }
    },
  };
  readyKeys.set(id, ready, 2 * spki.length);
  return ready;
}

/** @throws {FormatError} when the scheme cannot use the key. */
export function checkKey(key: PublicKey, scheme: SignatureScheme): void {
  switch (scheme.name) {
    case "ECDSA": {
      const curve = CURVES[key.curve ?? ""];
      if (key.kind !== "EC" || curve === undefined || key.point === undefined) {
        throw unfit(key, scheme);
      }
      return checkPoint(curve, key.point);
    }
    case "Ed25519":
      if (key.kind !== "Ed25519" || key.point === undefined) throw unfit(key, scheme);
      return checkOrder(key.point);
    case "RSASSA-PSS":
    case "RSASSA-PKCS1-v1_5":
      return requireRsa(key, scheme);
  }
}

/** Brings a signature into Web Crypto's form; undefined for a malformed one. */
export function prepare(
  key: PublicKey,
  scheme: SignatureScheme,
  signature: Bytes,
): Bytes | undefined {
  switch (scheme.name) {
    case "ECDSA": {
      const curve = CURVES[key.curve ?? ""];
      return curve && normaliseSignature(curve, scheme.encoding, signature);
    }
    case "Ed25519":
      return signature.length === 64 ? signature : undefined;
    case "RSASSA-PSS":
    case "RSASSA-PKCS1-v1_5":
      return signature.length === key.modulus?.length ? signature : undefined;
  }
}

function requireRsa(key: PublicKey, scheme: SignatureScheme & { readonly hash: string }): void {
  const { modulus, exponent, bits = 0 } = key;
  if (modulus === undefined || exponent === undefined) throw unfit(key, scheme);
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
    throw new FormatError(
      "SPKI",
      `the key (${key.description}) cannot be used: RSA keys of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits can`,
    );
  }
  const odd = ((modulus.at(-1) ?? 0) & (exponent.at(-1) ?? 0) & 1) === 1;
  if (
    !odd || exponent.length > MAX_EXPONENT_BYTES || (exponent.length === 1 && exponent[0] === 1)
  ) {
    throw new FormatError(
      "SPKI",
      "an RSA key has a modulus or exponent that is even, one or too large",
    );
  }
  if (key.kind === "RSASSA-PSS" && !agreesWithPss(key, scheme)) throw unfit(key, scheme);
}

/** A key that restricts itself to parameters may be used with no others (RFC 4055 §1.2). */
function agreesWithPss(key: PublicKey, scheme: SignatureScheme): boolean {
  if (scheme.name !== "RSASSA-PSS") return false;
  const { pss } = key;
  return pss === undefined ||
    (hashOfOid(pss.hash) === scheme.hash && pss.mgfHash === pss.hash &&
      pss.saltLength === HASH_LENGTH[scheme.hash] && pss.trailer === 1);
}

function unfit(key: PublicKey, scheme: { readonly name: string }): FormatError {
  return new FormatError(
    "SPKI",
    `the key (${key.description}) cannot verify this ${scheme.name} signature`,
  );
}

async function importKey(key: PublicKey, scheme: SignatureScheme): Promise<CryptoKey> {
  cryptoCounters.keysImported++;
  try {
    const parameters = importParameters(key, scheme);
    return await crypto.subtle.importKey("spki", plainSpki(key), parameters, false, ["verify"]);
  } catch (error) {
    throw new FormatError(
      "SPKI",
      `the key (${key.description}) cannot be used: ${
        error instanceof Error ? error.message : "it was refused"
      }`,
    );
  }
}

/** Web Crypto takes RSA keys under the identifier rsaEncryption only; the key itself is the same. */
function plainSpki(key: PublicKey): Bytes {
  const { kind, modulus, exponent, spki } = key;
  if (kind !== "RSASSA-PSS" || modulus === undefined || exponent === undefined) return spki;
  return wrapRsaPublicKey(encodeRsaPublicKey(modulus, exponent));
}

function importParameters(
  key: PublicKey,
  scheme: SignatureScheme,
): RsaHashedImportParams | EcKeyImportParams | Algorithm {
  switch (scheme.name) {
    case "RSASSA-PSS":
      return { name: "RSA-PSS", hash: scheme.hash };
    case "RSASSA-PKCS1-v1_5":
      return { name: scheme.name, hash: scheme.hash };
    case "ECDSA":
      return { name: "ECDSA", namedCurve: key.curve ?? "" };
    case "Ed25519":
      return { name: "Ed25519" };
  }
}

function verifyParameters(scheme: SignatureScheme): RsaPssParams | EcdsaParams | Algorithm {
  switch (scheme.name) {
    case "RSASSA-PSS":
      return { name: "RSA-PSS", saltLength: HASH_LENGTH[scheme.hash] };
    case "ECDSA":
      return { name: "ECDSA", hash: scheme.hash };
    case "RSASSA-PKCS1-v1_5":
    case "Ed25519":
      return { name: scheme.name };
  }
}
