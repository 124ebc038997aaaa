import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { type Bytes, encodeDer, encodePem } from "../crypto/mod.ts";

/** What keys are made: ECDSA on P-256, or RSA with 2048 bits. */
export type KeyType = "ecdsa" | "rsa";

/** A private key that signs certificates or serves TLS. */
export interface SigningKey {
  /** PEM: PKCS#8 for ECDSA; PKCS#1 for RSA, which old readers of these secrets want. */
  readonly pem: string;
  /** Its public key: SubjectPublicKeyInfo in DER. */
  readonly spki: Bytes;
  /** The AlgorithmIdentifier of its signatures, in DER. */
  readonly algorithm: Bytes;
  readonly sign: (data: Bytes) => Bytes;
}

const PARAMETERS = {
  ecdsa: { name: "ECDSA", namedCurve: "P-256" },
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  },
} as const;

/** Makes a key, on another thread: requests go on meanwhile. */
export async function createKey(type: KeyType): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(PARAMETERS[type], true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const key = createPrivateKey(encodePem("PRIVATE KEY", pkcs8));
  return signingKey(
    key,
    type === "rsa"
      ? String(key.export({ type: "pkcs1", format: "pem" }))
      : encodePem("PRIVATE KEY", pkcs8),
  );
}

/** Reads a key from PEM in PKCS#1, SEC1 or PKCS#8. Throws for what signs no certificate; nothing is quoted. */
export function readKey(pem: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The library's words may quote the key.
    throw new Error("it is no private key in PEM that can be used");
  }
  return signingKey(key, pem);
}

function signingKey(key: KeyObject, pem: string): SigningKey {
  const { hash, oid, parameters } = schemeOf(key);
  const spki = new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" }));
  return {
    pem,
    spki,
    algorithm: encodeDer(0x30, encodeDer(0x06, Uint8Array.fromHex(oid)), ...parameters),
    sign: (data) => new Uint8Array(sign(hash, data, key)),
  };
}

interface Scheme {
  readonly hash: string;
  /** The content of the OBJECT IDENTIFIER, in hexadecimal. */
  readonly oid: string;
  readonly parameters: readonly Bytes[];
}

/** Certificates are signed with these. */
function schemeOf(key: KeyObject): Scheme {
  const curve = key.asymmetricKeyType === "ec" ? key.asymmetricKeyDetails?.namedCurve : undefined;
  switch (curve ?? key.asymmetricKeyType) {
    case "prime256v1":
      return { hash: "sha256", oid: "2a8648ce3d040302", parameters: [] };
    case "secp384r1":
      return { hash: "sha384", oid: "2a8648ce3d040303", parameters: [] };
    case "rsa":
      return { hash: "sha256", oid: "2a864886f70d01010b", parameters: [encodeDer(0x05)] };
    default:
      throw new Error("its type is none that is used here: RSA, and ECDSA on P-256 or P-384");
  }
}
