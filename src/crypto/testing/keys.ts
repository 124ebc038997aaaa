import type { Bytes } from "../bytes.ts";
import { readChildren, readDer } from "../der/mod.ts";
import type { HashName } from "../hash.ts";
import type { SignatureScheme } from "../signature_scheme.ts";
import { bits, explicit, integer, nothing, oid, sequence, toNumber } from "./der.ts";

/** Keys and signatures for tests, made by Web Crypto. A pair is made once for each run. */

export type Curve = "P-256" | "P-384" | "P-521";

/** A public key and what makes signatures that it verifies. */
export interface Signer {
  readonly spki: Bytes;
  /** Signs; a salt length is for RSASSA-PSS, as long as the hash when absent. ECDSA gives r‖s. */
  sign(scheme: SignatureScheme, data: Bytes, saltLength?: number): Promise<Bytes>;
}

const HASH_LENGTHS = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 } as const;

const signers = new Map<string, Promise<Signer>>();

function once(name: string, make: () => Promise<Signer>): Promise<Signer> {
  let signer = signers.get(name);
  if (signer === undefined) signers.set(name, signer = make());
  return signer;
}

/** An RSA key pair under the identifier rsaEncryption, with the exponent 65537. */
export function rsaSigner(modulusLength: number): Promise<Signer> {
  return once(`RSA ${modulusLength}`, async () => {
    const algorithm = {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength,
      publicExponent: Uint8Array.of(1, 0, 1),
    };
    const pair = await generate(algorithm);
    const pkcs8 = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
    return {
      spki: await exportSpki(pair),
      async sign(scheme, data, saltLength): Promise<Bytes> {
        if (!("hash" in scheme)) throw new Error(`RSA does not make ${scheme.name} signatures`);
        const name = scheme.name === "RSASSA-PSS" ? "RSA-PSS" : scheme.name;
        const key = await crypto.subtle.importKey(
          "pkcs8",
          pkcs8,
          { name, hash: scheme.hash },
          false,
          [
            "sign",
          ],
        );
        const parameters = { name, saltLength: saltLength ?? HASH_LENGTHS[scheme.hash] };
        return new Uint8Array(await crypto.subtle.sign(parameters, key, data));
      },
    };
  });
}

/** An EC key pair. */
export function ecSigner(curve: Curve): Promise<Signer> {
  return once(curve, async () => {
    const pair = await generate({ name: "ECDSA", namedCurve: curve });
    return {
      spki: await exportSpki(pair),
      async sign(scheme, data): Promise<Bytes> {
        if (scheme.name !== "ECDSA") throw new Error(`EC does not make ${scheme.name} signatures`);
        const parameters = { name: "ECDSA", hash: scheme.hash };
        const raw = new Uint8Array(await crypto.subtle.sign(parameters, pair.privateKey, data));
        return scheme.encoding === "raw" ? raw : derOf(raw);
      },
    };
  });
}

/** An Ed25519 key pair. */
export function edSigner(): Promise<Signer> {
  return once("Ed25519", async () => {
    const pair = await generate({ name: "Ed25519" });
    return {
      spki: await exportSpki(pair),
      sign: async (_scheme, data): Promise<Bytes> =>
        new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, data)),
    };
  });
}

async function generate(
  algorithm: RsaHashedKeyGenParams | EcKeyGenParams | Algorithm,
): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
}

async function exportSpki(pair: CryptoKeyPair): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
}

/** The DER form of an ECDSA signature r‖s. */
export function derOf(raw: Bytes): Bytes {
  const width = raw.length / 2;
  return sequence(
    integer(toNumber(raw.subarray(0, width))),
    integer(toNumber(raw.subarray(width))),
  );
}

/** SubjectPublicKeyInfo of an RSA key of these numbers, with the AlgorithmIdentifier given. */
export function rsaSpki(modulus: bigint, exponent: bigint, algorithm = rsaEncryption()): Bytes {
  return sequence(algorithm, bits(sequence(integer(modulus), integer(exponent))));
}

/** AlgorithmIdentifier of rsaEncryption. */
export const rsaEncryption = (): Bytes => sequence(oid("1.2.840.113549.1.1.1"), nothing());

const HASH_OIDS = {
  "SHA-1": "1.3.14.3.2.26",
  "SHA-256": "2.16.840.1.101.3.4.2.1",
  "SHA-384": "2.16.840.1.101.3.4.2.2",
  "SHA-512": "2.16.840.1.101.3.4.2.3",
} as const;

/** What to write into RSASSA-PSS-params; what is absent is left out, which means its default. */
export interface PssFields {
  readonly hash?: keyof typeof HASH_OIDS;
  readonly mgfHash?: keyof typeof HASH_OIDS;
  readonly saltLength?: number;
  readonly trailer?: number;
}

/** RSASSA-PSS-params (RFC 4055 §3.1). */
export function pssParameters(fields: PssFields): Bytes {
  const hashOf = (name: keyof typeof HASH_OIDS): Bytes => sequence(oid(HASH_OIDS[name]), nothing());
  const parts: Bytes[] = [];
  if (fields.hash) parts.push(explicit(0, hashOf(fields.hash)));
  if (fields.mgfHash) {
    parts.push(explicit(1, sequence(oid("1.2.840.113549.1.1.8"), hashOf(fields.mgfHash))));
  }
  if (fields.saltLength !== undefined) parts.push(explicit(2, integer(fields.saltLength)));
  if (fields.trailer !== undefined) parts.push(explicit(3, integer(fields.trailer)));
  return sequence(...parts);
}

/** The parameters for a hash, an MGF1 with the same one and a salt as long. */
export function matchingPss(hash: HashName): PssFields {
  return { hash, mgfHash: hash, saltLength: HASH_LENGTHS[hash] };
}

/** AlgorithmIdentifier id-RSASSA-PSS, with these parameters if any. */
export function pssAlgorithm(parameters?: Bytes): Bytes {
  return sequence(oid("1.2.840.113549.1.1.10"), ...(parameters ? [parameters] : []));
}

/** The same RSA key under another AlgorithmIdentifier. */
export function withAlgorithm(spki: Bytes, algorithm: Bytes): Bytes {
  const key = readChildren(readDer(spki))[1];
  if (key === undefined) throw new Error("not a public key");
  return sequence(algorithm, key.raw);
}

const CURVE_OIDS: Readonly<Record<string, string>> = {
  "P-256": "1.2.840.10045.3.1.7",
  "P-384": "1.3.132.0.34",
  "P-521": "1.3.132.0.35",
  "P-224": "1.3.132.0.33",
  "secp256k1": "1.3.132.0.10",
};

/** SubjectPublicKeyInfo of an EC key with this encoded point. */
export function ecSpki(curve: string, point: Bytes): Bytes {
  return sequence(
    sequence(oid("1.2.840.10045.2.1"), oid(CURVE_OIDS[curve] ?? curve)),
    bits(point),
  );
}
