import { hashOfOid, hasNoParameters, readAlgorithmIdentifier } from "../algorithm_identifier.ts";
import { type Bytes, toHex } from "../bytes.ts";
import { DerCursor, type DerNode, expectTag, readChildren, readInteger, TAG } from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import type { HashName } from "../hash.ts";
import type { IssuerAndSerial } from "./signed_data.ts";

/** Which certificate a signature was made with (ESSCertIDv2, RFC 5035 §4). */
export interface SigningCertificateId {
  /** Undefined for a hash function that is not allowed. */
  readonly hash: HashName | undefined;
  readonly certificateHash: Bytes;
  readonly certificate: IssuerAndSerial | undefined;
}

/** The context tag of directoryName in GeneralName. */
const DIRECTORY_NAME = 4;

/**
 * Reads the first certificate that a SigningCertificateV2 attribute names: that of the signer.
 *
 * @throws {FormatError}
 */
export function readSigningCertificateV2(node: DerNode): SigningCertificateId {
  const attribute = new DerCursor(
    expectTag(node, TAG.sequence, "signing-certificate-v2"),
    "signing-certificate-v2",
  );
  const [first] = readChildren(attribute.take(TAG.sequence, "list of certificates"));
  attribute.takeIf(TAG.sequence); // policies
  attribute.end();
  if (first === undefined) throw new FormatError("CMS", "signing-certificate-v2 names none");
  const cursor = new DerCursor(expectTag(first, TAG.sequence, "a certificate"), "a certificate");
  const algorithm = cursor.takeIf(TAG.sequence);
  const { value } = cursor.take(TAG.octetString, "hash");
  const issuerSerial = cursor.takeIf(TAG.sequence);
  cursor.end();
  return {
    hash: algorithm === undefined ? "SHA-256" : readHash(algorithm),
    certificateHash: value,
    certificate: issuerSerial === undefined ? undefined : readIssuerSerial(issuerSerial),
  };
}

function readHash(node: DerNode): HashName | undefined {
  const algorithm = readAlgorithmIdentifier(node);
  return hasNoParameters(algorithm) ? hashOfOid(algorithm.oid) : undefined;
}

/** IssuerSerial, whose issuer is a list of one directory name. */
function readIssuerSerial(node: DerNode): IssuerAndSerial {
  const cursor = new DerCursor(node, "issuer and serial number");
  const names = readChildren(cursor.take(TAG.sequence, "issuer"));
  const serialNumber = toHex(readInteger(cursor.take(TAG.integer, "serial number")));
  cursor.end();
  const [name] = names;
  const isName = names.length === 1 && name?.tagClass === "context" && name.tag === DIRECTORY_NAME;
  const [issuer] = isName ? readChildren(name) : [];
  if (issuer === undefined) throw new FormatError("CMS", "the issuer is not one directory name");
  return { issuer: issuer.raw, serialNumber };
}
