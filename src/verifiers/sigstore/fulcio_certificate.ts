import {
  type Bytes,
  type Certificate,
  decodeUtf8,
  DerCursor,
  type DerNode,
  expectTag,
  FormatError,
  readChildren,
  readDer,
  readOid,
  readString,
  TAG,
} from "../../crypto/mod.ts";

const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const ISSUER_V1 = "1.3.6.1.4.1.57264.1.1";
const ISSUER_V2 = "1.3.6.1.4.1.57264.1.8";
const OTHER_NAME = "1.3.6.1.4.1.57264.1.7";

/** uniformResourceIdentifier, rfc822Name, otherName: the kinds of names that count in a bundle, in order. */
const BUNDLE_KINDS = [6, 1, 0];

/** Whom a signing certificate names. */
export interface CertificateIdentity {
  /** The subject alternative names: URIs, e-mail addresses, DNS names, IP addresses, other names. */
  readonly names: readonly string[];
  /** The one name that counts in a bundle (B.9.3.7): the first URI, else e-mail address, else other name. */
  readonly bundleName: string | undefined;
  /** Who identified the signer: the address of an OIDC issuer; undefined when it does not say. */
  readonly issuer: string | undefined;
}

/**
 * Reads whom a certificate names: the subject alternative names, and the OIDC issuer from both
 * extensions that Fulcio has for it. Where both are there they must agree.
 *
 * @throws {FormatError}
 */
export function readIdentity(certificate: Certificate): CertificateIdentity {
  const names = valueOf(certificate, SUBJECT_ALTERNATIVE_NAME);
  const first = valueOf(certificate, ISSUER_V1);
  const second = valueOf(certificate, ISSUER_V2);
  const old = first === undefined ? undefined : decodeUtf8(first);
  const issuer = second === undefined ? undefined : readIssuer(readDer(second));
  if (old !== undefined && issuer !== undefined && old !== issuer) {
    throw new FormatError("X.509", "the certificate names two different OIDC issuers");
  }
  const read = names === undefined ? [] : readNames(names);
  return {
    names: read.map(({ name }) => name),
    bundleName: BUNDLE_KINDS.flatMap((kind) => read.find(({ tag }) => tag === kind)?.name ?? [])[0],
    issuer: issuer ?? old,
  };
}

function valueOf(certificate: Certificate, oid: string): Bytes | undefined {
  return certificate.extensions.find((extension) => extension.oid === oid)?.value;
}

/** The definition says UTF8String; authorities also write others, and the text is the same. */
function readIssuer(node: DerNode): string {
  const text = readString(node);
  if (text === undefined) throw new FormatError("X.509", "the OIDC issuer is not a text");
  return text;
}

function readNames(value: Bytes): { readonly tag: number; readonly name: string }[] {
  const what = "the subject alternative names";
  return readChildren(expectTag(readDer(value), TAG.sequence, what)).flatMap((node) => {
    const name = readGeneralName(node);
    return name === undefined ? [] : [{ tag: node.tag, name }];
  });
}

/** GeneralName (RFC 5280 §4.2.1.6); undefined for kinds that name no signer. */
function readGeneralName(node: DerNode): string | undefined {
  if (node.tagClass !== "context") throw new FormatError("X.509", "a name has no context tag");
  switch (node.tag) {
    case 0:
      return readOtherName(node);
    case 1: // rfc822Name
    case 2: // dNSName
    case 6: // uniformResourceIdentifier
      return readString({ ...node, tagClass: "universal", tag: TAG.ia5String });
    case 7:
      return readAddress(node.value);
    default:
      return undefined;
  }
}

function readOtherName(node: DerNode): string | undefined {
  const cursor = new DerCursor(node, "an otherName");
  const oid = readOid(cursor.take(TAG.oid, "type"));
  const wrapper = cursor.takeContext(0);
  cursor.end();
  if (oid !== OTHER_NAME || wrapper === undefined) return undefined;
  const [value] = readChildren(wrapper);
  return value === undefined ? undefined : readString(value);
}

function readAddress(value: Bytes): string | undefined {
  if (value.length === 4) return value.join(".");
  if (value.length !== 16) return undefined;
  const groups = Array.from(
    { length: 8 },
    (_, index) => (((value[2 * index] ?? 0) << 8) | (value[2 * index + 1] ?? 0)).toString(16),
  );
  return URL.parse(`http://[${groups.join(":")}]/`)?.hostname.slice(1, -1);
}
