/**
 * # The forge
 *
 * Makes certificates, signature envelopes and image layouts that no tool would make, for tests of what
 * must be refused. By default everything is right; each option makes one thing wrong. It writes DER and
 * CBOR with its own small writers and signs with Web Crypto, and takes nothing from the product, so that
 * a mistake there does not show up here too and cancel itself out.
 *
 *     const chain = await forgeChain({ leaf: { key: "P-384", crl: ["http://127.0.0.1:1/x.crl"] } });
 *     const image = await forgeImage();
 *     const envelope = await forgeJws({ chain, target: image.descriptor, crit: ["alg"] });
 *     await using folder = await temporaryFolder();
 *     const layout = await forgeLayout(folder.path, { image, signatures: [{ envelope }] });
 *     // verify layout.reference, with chain.root.pem in the trust store
 *
 * One line makes:
 *
 * - a CA whose basic constraints are not critical:
 *   `forgeCertificate({ role: "ca", extensions: [basicConstraints({ ca: true, critical: false }), keyUsage(["keyCertSign"])] })`
 * - a leaf for any purpose: `{ extensions: [keyUsage(["digitalSignature"]), extendedKeyUsage(["any"])] }`
 * - a name with a multi-valued part and a double one: `{ subject: [[["OU", "a"], ["O", "b"]], ["CN", "c"], ["CN", "d"]] }`
 * - an issuer that does not fit: `{ issuer, issuerName: [["CN", "other"]] }`
 * - a weak CA key: `{ root: { key: "RSA-1024" } }`
 * - identifiers that differ: `{ innerAlgorithm: encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" }) }`
 * - a duplicate member: `forgeJws({ …, headerText: withMembers('"alg":"none"') })`
 * - bits left over in base64: `forgeJws({ …, encodedSignature: withTrailingBits })`
 * - an absent member: `forgeJws({ …, header: { cty: undefined } })`, `forgeCose({ …, without: [3] })`
 * - a long integer, a duplicate label: `forgeCose({ …, header: [[1, cborWriter.integer(-7, 8)]], moreHeader: [[3, "x"]] })`
 * - another salt: `{ algorithm: { name: "RSASSA-PSS", hash: "SHA-256", saltLength: 20 } }`
 * - another target: `{ targetOverrides: { size: 1 } }`
 * - a damaged blob: `Deno.truncate(blobPath(layout.directory, digest), 3)`
 *
 * RSA keys are made once for each process and take up to some seconds; prefer elliptic curves. With a key
 * of 1024 bits SHA-512 has no room for its salt, and Web Crypto does not sign with P-384 and SHA-1.
 */

export { base64, base64url, type Bytes, fromHex, join, utf8, withTrailingBits } from "./bytes.ts";
export * as cborWriter from "./cbor.ts";
export {
  type CertificateOptions,
  type ChainOptions,
  forgeCertificate,
  forgeChain,
  type ForgedCertificate,
  type ForgedChain,
  sha256Hex,
  toPem,
} from "./certificate.ts";
export {
  COSE_MEDIA_TYPE,
  type CoseOptions,
  type CoseParts,
  forgeCose,
  withLongHeaderLength,
  withLongMapHead,
} from "./cose.ts";
export * as derWriter from "./der.ts";
export {
  basicConstraints,
  crlDistributionPoints,
  extendedKeyUsage,
  extension,
  keyUsage,
  ocspResponders,
  type Usage,
} from "./extensions.ts";
export { forgeJws, JWS_MEDIA_TYPE, type JwsOptions, rfc3339, withMembers } from "./jws.ts";
export {
  certificateAlgorithm,
  ecdsaDer,
  envelopeAlgorithm,
  flipped,
  type ForgedKey,
  forgeKey,
  type HashName,
  type KeyKind,
  sign,
  type SignatureAlgorithm,
} from "./keys.ts";
export {
  blobPath,
  type Content,
  forgeBlob,
  type ForgedBlob,
  type ForgedDescriptor,
  type ForgedLayout,
  type ForgedManifest,
  forgeImage,
  forgeLayout,
  forgeManifest,
  forgeSignature,
  type LayoutEntry,
  type LayoutFiles,
  type ManifestOptions,
  type SignatureOptions,
  writeLayout,
} from "./layout.ts";
export { type Attribute, encodeAlgorithm, encodeName, type Name, type Rdn } from "./names.ts";
export { type EnvelopeOptions, PAYLOAD_TYPE, SIGNING_TIME, type Target } from "./payload.ts";
export {
  ATTRIBUTE,
  forgeAuthority,
  forgeTimestamp,
  issuerSerial,
  signingCertificateV2,
  signingTime,
  type TimestampOptions,
} from "./timestamp.ts";
export {
  type CrlOptions,
  type CrlScopeOptions,
  forgeCrl,
  forgeOcsp,
  type OcspOptions,
} from "./revocation.ts";
export {
  canonical,
  forgeTuf,
  keyId,
  serveTuf,
  signTuf,
  TUF_EXPIRES,
  TUF_KEY,
  TUF_OTHER_KEY,
  type TufFiles,
  tufKey,
  type TufOptions,
  type TufRole,
  type TufServer,
} from "./tuf.ts";
export { ENVELOPE_TYPE, type EnvelopeLayer, envelopeLayer } from "./attestation_layer.ts";
export {
  type BundleOptions,
  forgeBundle,
  forgeEntry,
  forgeInstance,
  forgeSigner,
  forgeTree,
  granted,
  IDENTITY,
  ISSUER,
  type Json,
  proofOf,
  SIGNED_AT,
  type SignerOptions,
  signLike,
  type SigstoreInstance,
} from "./sigstore.ts";
