import { createDecipheriv } from "node:crypto";
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import { type Bytes, concatBytes } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readOctetString,
  readSmallInteger,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { derive, PURPOSE } from "./derive.ts";
import { decryptRc2 } from "./rc2.ts";

/** How many iterations one file may still ask for. */
export interface Work {
  iterations: number;
}

/** Ciphers of RFC 7292 §C, with the length of their key. */
const OLD: ReadonlyMap<string, readonly ["3DES" | "RC2", number]> = new Map([
  ["1.2.840.113549.1.12.1.3", ["3DES", 24]],
  ["1.2.840.113549.1.12.1.4", ["3DES", 16]],
  ["1.2.840.113549.1.12.1.5", ["RC2", 16]],
  ["1.2.840.113549.1.12.1.6", ["RC2", 5]],
]);
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
/** Ciphers of PBES2 (RFC 8018 §B.2), with the length of their key. */
const MODERN: ReadonlyMap<string, readonly ["AES" | "3DES", number]> = new Map([
  ["2.16.840.1.101.3.4.1.2", ["AES", 16]],
  ["2.16.840.1.101.3.4.1.22", ["AES", 24]],
  ["2.16.840.1.101.3.4.1.42", ["AES", 32]],
  ["1.2.840.113549.3.7", ["3DES", 24]],
]);
const HMAC_SHA1 = "1.2.840.113549.2.7";
/** Pseudorandom functions of PBKDF2 (RFC 8018 §B.1.2). */
const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  [HMAC_SHA1, "SHA-1"],
  ["1.2.840.113549.2.9", "SHA-256"],
  ["1.2.840.113549.2.10", "SHA-384"],
  ["1.2.840.113549.2.11", "SHA-512"],
]);

/**
 * Decrypts what a PKCS#12 file holds encrypted with an empty password.
 *
 * @param password what the file takes for an empty one in its old algorithms.
 * @throws {FormatError}
 */
export async function decryptContent(
  algorithm: AlgorithmIdentifier,
  data: Bytes,
  password: Bytes,
  work: Work,
): Promise<Bytes> {
  if (algorithm.oid === PBES2) return await decryptModern(algorithm, data, work);
  const [cipher, length] = OLD.get(algorithm.oid) ?? [];
  if (cipher === undefined || length === undefined || algorithm.parameters === undefined) {
    throw unsupported("encryption", algorithm.oid);
  }
  const cursor = new DerCursor(sequence(algorithm.parameters), "encryption parameters");
  const salt = readOctetString(cursor.take(TAG.octetString, "salt"));
  const iterations = takeIterations(cursor.take(TAG.integer, "iteration count"), work, 3);
  cursor.end();
  const derivation = { hash: "sha1", password, salt, iterations } as const;
  const key = derive(derivation, PURPOSE.key, length);
  const iv = derive(derivation, PURPOSE.iv, 8);
  if (cipher === "RC2") return decryptRc2(key, iv, data);
  // With two keys, the first is used again as the third.
  return decrypt3Des(length === 16 ? concatBytes(key, key.subarray(0, 8)) : key, iv, data);
}

/** An iteration count, taken off what is left. Throws {@link FormatError}. */
export function takeIterations(node: DerNode, work: Work, times: number): number {
  const count = readSmallInteger(node);
  work.iterations -= count * times;
  if (count < 1 || work.iterations < 0) {
    throw new FormatError("PKCS#12", `it asks for ${count} iterations, which is more than is done`);
  }
  return count;
}

/** Something that is not read. */
export function unsupported(what: string, oid: string): FormatError {
  return new FormatError("PKCS#12", `its ${what} ${oid} is not supported`);
}

async function decryptModern(
  { parameters }: AlgorithmIdentifier,
  data: Bytes,
  work: Work,
): Promise<Bytes> {
  if (parameters === undefined) throw unsupported("encryption", PBES2);
  const cursor = new DerCursor(sequence(parameters), "PBES2 parameters");
  const derivation = readAlgorithmIdentifier(cursor.take(TAG.sequence, "key derivation"));
  const scheme = readAlgorithmIdentifier(cursor.take(TAG.sequence, "cipher"));
  cursor.end();
  const [cipher, length] = MODERN.get(scheme.oid) ?? [];
  if (cipher === undefined || length === undefined || scheme.parameters === undefined) {
    throw unsupported("cipher", scheme.oid);
  }
  const iv = readOctetString(scheme.parameters);
  const key = await pbkdf2(derivation, length, work);
  if (cipher === "3DES") return decrypt3Des(key, iv, data);
  try {
    const imported = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, imported, data));
  } catch (error) {
    throw wrong(error);
  }
}

async function pbkdf2(
  { oid, parameters }: AlgorithmIdentifier,
  length: number,
  work: Work,
): Promise<Bytes> {
  if (oid !== PBKDF2 || parameters === undefined) throw unsupported("key derivation", oid);
  const cursor = new DerCursor(sequence(parameters), "PBKDF2 parameters");
  const salt = readOctetString(cursor.take(TAG.octetString, "salt"));
  const iterations = takeIterations(cursor.take(TAG.integer, "iteration count"), work, 1);
  const stated = cursor.takeIf(TAG.integer);
  if (stated !== undefined && readSmallInteger(stated) !== length) {
    throw new FormatError("PKCS#12", "the length of a key is not that of its cipher");
  }
  const prf = cursor.takeIf(TAG.sequence);
  cursor.end();
  const name = prf === undefined ? HMAC_SHA1 : readAlgorithmIdentifier(prf).oid;
  const hash = FUNCTIONS.get(name);
  if (hash === undefined) throw unsupported("pseudorandom function", name);
  const password = await crypto.subtle.importKey("raw", new Uint8Array(), "PBKDF2", false, [
    "deriveBits",
  ]);
  const algorithm = { name: "PBKDF2", hash, salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, password, 8 * length));
}

function decrypt3Des(key: Bytes, iv: Bytes, data: Bytes): Bytes {
  try {
    const decipher = createDecipheriv("des-ede3-cbc", key, iv);
    return concatBytes(
      new Uint8Array(decipher.update(data)),
      new Uint8Array(decipher.final()),
    );
  } catch (error) {
    throw wrong(error);
  }
}

function wrong(cause: unknown): FormatError {
  if (cause instanceof FormatError) return cause;
  return new FormatError("PKCS#12", "what it holds encrypted cannot be decrypted");
}

function sequence(node: DerNode): DerNode {
  return expectTag(node, TAG.sequence, "a set of parameters");
}
