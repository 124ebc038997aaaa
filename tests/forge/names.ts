/** Distinguished names and algorithm identifiers (RFC 5280 §4.1.1.2, §4.1.2.4, Appendix A). */

import type { Bytes } from "./bytes.ts";
import {
  explicit,
  integer,
  nullValue,
  oid,
  sequence,
  set,
  string,
  type StringType,
} from "./der.ts";
import { hashLength, type HashName, type SignatureAlgorithm } from "./keys.ts";

/** One attribute: a short name such as `CN`, or a dotted identifier; the value; how it is encoded. */
export type Attribute = readonly [type: string, value: string, encoding?: StringType];

/** A relative distinguished name: one attribute, or a list of them for a multi-valued one. */
export type Rdn = Attribute | readonly Attribute[];

/** A distinguished name, in the order of its encoding (country first, as a rule). */
export type Name = readonly Rdn[];

const TYPES: ReadonlyMap<string, string> = new Map([
  ["CN", "2.5.4.3"],
  ["SERIALNUMBER", "2.5.4.5"],
  ["C", "2.5.4.6"],
  ["L", "2.5.4.7"],
  ["ST", "2.5.4.8"],
  ["STREET", "2.5.4.9"],
  ["O", "2.5.4.10"],
  ["OU", "2.5.4.11"],
  ["POSTALCODE", "2.5.4.17"],
  ["DC", "0.9.2342.19200300.100.1.25"],
  ["UID", "0.9.2342.19200300.100.1.1"],
  ["emailAddress", "1.2.840.113549.1.9.1"],
]);

/** A name in DER. */
export function encodeName(name: Name): Bytes {
  return sequence(...name.map((rdn) => set(...attributesOf(rdn).map(encodeAttribute))));
}

function attributesOf(rdn: Rdn): readonly Attribute[] {
  return typeof rdn[0] === "string" ? [rdn as Attribute] : rdn as readonly Attribute[];
}

function encodeAttribute([type, value, encoding = usual(type)]: Attribute): Bytes {
  return sequence(oid(TYPES.get(type) ?? type), string(value, encoding));
}

function usual(type: string): StringType {
  if (type === "C" || type === "SERIALNUMBER") return "printable";
  return type === "DC" || type === "emailAddress" ? "ia5" : "utf8";
}

const HASHES: Readonly<Record<HashName, { oid: string; rsa: number; ecdsa: string }>> = {
  "SHA-1": { oid: "1.3.14.3.2.26", rsa: 5, ecdsa: "1" },
  "SHA-256": { oid: "2.16.840.1.101.3.4.2.1", rsa: 11, ecdsa: "3.2" },
  "SHA-384": { oid: "2.16.840.1.101.3.4.2.2", rsa: 12, ecdsa: "3.3" },
  "SHA-512": { oid: "2.16.840.1.101.3.4.2.3", rsa: 13, ecdsa: "3.4" },
};
const PKCS1 = "1.2.840.113549.1.1";

/** The AlgorithmIdentifier of a signature (RFC 4055, RFC 5758, RFC 8410). */
export function encodeAlgorithm(algorithm: SignatureAlgorithm): Bytes {
  switch (algorithm.name) {
    case "RSASSA-PKCS1-v1_5":
      return sequence(oid(`${PKCS1}.${HASHES[algorithm.hash].rsa}`), nullValue());
    case "RSASSA-PSS": {
      const hash = sequence(oid(HASHES[algorithm.hash].oid), nullValue());
      const salt = algorithm.saltLength ?? hashLength(algorithm.hash);
      return sequence(
        oid(`${PKCS1}.10`),
        sequence(
          explicit(0, hash),
          explicit(1, sequence(oid(`${PKCS1}.8`), hash)),
          explicit(2, integer(salt)),
        ),
      );
    }
    case "ECDSA":
      return sequence(oid(`1.2.840.10045.4.${HASHES[algorithm.hash].ecdsa}`));
    case "Ed25519":
      return sequence(oid("1.3.101.112"));
  }
}
