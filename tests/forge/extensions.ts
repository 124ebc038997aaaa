/** Certificate extensions (RFC 5280 §4.2), each with any criticality. */

import { type Bytes, utf8 } from "./bytes.ts";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
} from "./der.ts";

/** Any extension: its identifier, the DER of its value, and whether it is critical. */
export function extension(identifier: string, value: Bytes, critical = false): Bytes {
  return sequence(oid(identifier), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** Basic constraints; critical unless told otherwise. */
export function basicConstraints(
  options: { ca: boolean; pathLength?: number; critical?: boolean },
): Bytes {
  const { ca, pathLength, critical = true } = options;
  const value = sequence(
    ...(ca ? [boolean(true)] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  );
  return extension("2.5.29.19", value, critical);
}

const USAGES = [
  "digitalSignature",
  "contentCommitment",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** A bit of the key usage extension. */
export type Usage = typeof USAGES[number];

/** Key usage; critical unless told otherwise. */
export function keyUsage(usages: readonly Usage[], critical = true): Bytes {
  const indexes = usages.map((usage) => USAGES.indexOf(usage));
  const last = Math.max(-1, ...indexes);
  const bytes = new Uint8Array(Math.ceil((last + 1) / 8));
  for (const index of indexes) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | 0x80 >> (index & 7);
  return extension("2.5.29.15", bitString(bytes, (8 * bytes.length - last - 1) % 8), critical);
}

const PURPOSES: ReadonlyMap<string, string> = new Map([
  ["any", "2.5.29.37.0"],
  ["serverAuth", "1.3.6.1.5.5.7.3.1"],
  ["clientAuth", "1.3.6.1.5.5.7.3.2"],
  ["codeSigning", "1.3.6.1.5.5.7.3.3"],
  ["emailProtection", "1.3.6.1.5.5.7.3.4"],
  ["timeStamping", "1.3.6.1.5.5.7.3.8"],
  ["OCSPSigning", "1.3.6.1.5.5.7.3.9"],
]);

/** Extended key usage, by name (`any`, `codeSigning`, …) or dotted identifier. */
export function extendedKeyUsage(purposes: readonly string[], critical = false): Bytes {
  const list = purposes.map((purpose) => oid(PURPOSES.get(purpose) ?? purpose));
  return extension("2.5.29.37", sequence(...list), critical);
}

/** CRL distribution points with one address each. */
export function crlDistributionPoints(urls: readonly string[], critical = false): Bytes {
  const points = urls.map((url) => sequence(explicit(0, explicit(0, address(url)))));
  return extension("2.5.29.31", sequence(...points), critical);
}

/** Authority information access with the addresses of OCSP responders. */
export function ocspResponders(urls: readonly string[], critical = false): Bytes {
  const list = urls.map((url) => sequence(oid("1.3.6.1.5.5.7.48.1"), address(url)));
  return extension("1.3.6.1.5.5.7.1.1", sequence(...list), critical);
}

function address(url: string): Bytes {
  return implicit(6, utf8(url));
}
