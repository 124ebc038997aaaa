import {
  type Bytes,
  type Certificate,
  equalBytes,
  expectTag,
  FormatError,
  hash,
  hashOfOid,
  LruMap,
  messageScheme,
  parseSignedData,
  parseTstInfo,
  readOctetString,
  readOid,
  readSigningCertificateV2,
  readTime,
  type SignedData,
  type SignerInfo,
  TAG,
  toHex,
  type TstInfo,
  verifySignature,
} from "../crypto/mod.ts";
import { type FailureReason, VerificationFailure } from "../errors.ts";
import { findPath } from "./path.ts";
import { subjectText } from "./subject_text.ts";
import {
  describeTimestampingProblem,
  describeTimestampIssuerProblem,
} from "./timestamp_profile.ts";

/** The most bytes of a token: 64 KiB. */
const MAX_TOKEN_BYTES = 64 * 1024;

const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

/** The baseline time-stamp policy (ETSI EN 319 421), which promises one second. */
const BASELINE_POLICY = "0.4.0.2023.1.1";

/** A token that a trusted authority made for the bytes in question. */
export interface Timestamp {
  /** Seconds since 1970, possibly with a fraction. */
  readonly time: number;
  /** By how many seconds it may be off. */
  readonly accuracy: number;
  /** The authority's certificates, the one that signed first, the trusted root last. */
  readonly chain: readonly Certificate[];
}

/** By token, stamped bytes and anchors. Whether the time in it fits is asked elsewhere, each time. */
const verified = new LruMap<string, Timestamp>(4096);

/**
 * Verifies a timestamp token (RFC 3161) as the Notary Project signature specification profiles it: over
 * these bytes, by an authority whose certificate leads to one of the anchors, at the time in the token.
 *
 * @param token a ContentInfo in BER or DER.
 * @param stamped the bytes that the token must be for.
 * @param anchors self-signed CA certificates; nothing else is trusted.
 * @param known certificates that need not be in the token: the signer's, and ones between.
 * @throws {VerificationFailure} `timestamp.*`.
 */
export async function verifyTimestamp(
  token: Bytes,
  stamped: Bytes,
  anchors: readonly Certificate[],
  known: readonly Certificate[] = [],
): Promise<Timestamp> {
  if (token.length > MAX_TOKEN_BYTES) {
    throw malformed(`it has ${token.length} bytes; at most ${MAX_TOKEN_BYTES} are read`);
  }
  const id = [toHex(hash("SHA-256", token)), toHex(hash("SHA-256", stamped))]
    .concat(anchors.map(({ fingerprint }) => fingerprint), "/")
    .concat(known.map(({ fingerprint }) => fingerprint)).join(" ");
  const found = verified.get(id);
  if (found !== undefined) return found;
  const { message: sent, info } = readToken(token);
  const message = { ...sent, certificates: [...sent.certificates, ...known] };
  checkImprint(info, stamped);
  const timestamp = await verifySigners(message, info, anchors);
  verified.set(id, timestamp);
  return timestamp;
}

function readToken(token: Bytes): { readonly message: SignedData; readonly info: TstInfo } {
  try {
    const message = parseSignedData(token, MAX_TOKEN_BYTES);
    if (message.version !== 3) throw malformed(`its version is ${message.version}, not 3`);
    if (message.contentType !== TST_INFO) throw malformed("its content is not a TSTInfo");
    const info = parseTstInfo(message.content);
    if (info.version !== 1) throw malformed(`the TSTInfo has version ${info.version}, not 1`);
    return { message, info };
  } catch (error) {
    if (error instanceof FormatError) throw malformed(error.message);
    throw error;
  }
}

function checkImprint({ imprint }: TstInfo, stamped: Bytes): void {
  if (imprint.hash === undefined) {
    throw malformed("its hash is none of SHA-256, SHA-384 and SHA-512");
  }
  if (!equalBytes(imprint.value, hash(imprint.hash, stamped))) {
    throw failure("timestamp.imprint_mismatch", "The timestamp was made for another signature");
  }
}

/** One signer that everything is right with is enough; otherwise the first one's problem is told. */
async function verifySigners(
  message: SignedData,
  info: TstInfo,
  anchors: readonly Certificate[],
): Promise<Timestamp> {
  let first: VerificationFailure | undefined;
  for (const signer of message.signers) {
    try {
      const chain = await verifySigner(signer, message, info, anchors);
      const promised = info.policy === BASELINE_POLICY ? 1 : 0;
      return { time: info.time, accuracy: info.accuracy || promised, chain };
    } catch (error) {
      const known = error instanceof FormatError ? malformed(error.message) : error;
      if (!(known instanceof VerificationFailure)) throw known;
      first ??= known;
    }
  }
  throw first ?? malformed("nobody has signed it");
}

async function verifySigner(
  signer: SignerInfo,
  message: SignedData,
  info: TstInfo,
  anchors: readonly Certificate[],
): Promise<readonly Certificate[]> {
  const certificate = findCertificate(signer, message);
  checkContent(signer, message);
  const chain = await checkAuthority(certificate, message, info, anchors);
  await checkSignature(signer, certificate);
  checkSigningTime(signer, chain);
  return chain;
}

/** The certificate that the signed attribute pins by its hash (RFC 5816). */
function findCertificate(signer: SignerInfo, message: SignedData): Certificate {
  if (signer.version !== 1 || signer.signer === undefined) {
    throw malformed("its signer is not named by issuer and serial number");
  }
  const attribute = signer.attributes.get(SIGNING_CERTIFICATE_V2);
  if (attribute === undefined) throw malformed("it has no signed attribute signing-certificate-v2");
  const pinned = readSigningCertificateV2(attribute);
  const wanted = pinned.certificate ?? signer.signer;
  const certificate = message.certificates.find(({ issuer, serialNumber }) =>
    serialNumber === wanted.serialNumber && equalBytes(issuer.raw, wanted.issuer)
  );
  if (certificate === undefined) throw malformed("it lacks the certificate of its signer");
  if (
    pinned.hash === undefined ||
    !equalBytes(hash(pinned.hash, certificate.raw), pinned.certificateHash)
  ) {
    throw wrong("the certificate in it is not the one that the signer names by its hash");
  }
  return certificate;
}

/** The signed attributes tie the signature to the content (RFC 5652 §11.1, §11.2). */
function checkContent(signer: SignerInfo, message: SignedData): void {
  const type = signer.attributes.get(CONTENT_TYPE);
  if (type === undefined || readOid(expectTag(type, TAG.oid, "a content type")) !== TST_INFO) {
    throw wrong("the content type that was signed is not TSTInfo");
  }
  const algorithm = hashOfOid(signer.digestAlgorithm.oid);
  const digest = signer.attributes.get(MESSAGE_DIGEST);
  if (algorithm === undefined) throw wrong("it was made with a hash that is not allowed");
  if (
    digest === undefined || !equalBytes(readOctetString(digest), hash(algorithm, message.content))
  ) {
    throw wrong("the digest that was signed is not that of the content");
  }
}

async function checkAuthority(
  certificate: Certificate,
  message: SignedData,
  info: TstInfo,
  anchors: readonly Certificate[],
): Promise<readonly Certificate[]> {
  const problem = describeTimestampingProblem(certificate);
  if (problem !== undefined) {
    throw untrusted(`the certificate "${subjectText(certificate.subject)}" ${problem}`);
  }
  const path = await findPath(certificate, {
    intermediates: message.certificates,
    anchors,
    moment: info.time,
    describeProblem: describeTimestampIssuerProblem,
  });
  if (typeof path === "string") throw untrusted(path);
  return path;
}

async function checkSignature(signer: SignerInfo, certificate: Certificate): Promise<void> {
  const scheme = messageScheme(signer.signatureAlgorithm, signer.digestAlgorithm);
  if (scheme === undefined) throw wrong("its signature algorithm is not allowed");
  const { spki } = certificate.publicKey;
  if (!await verifySignature(spki, scheme, signer.signature, signer.signedBytes)) {
    throw wrong("its signature does not verify with the key of its certificate");
  }
}

function checkSigningTime(signer: SignerInfo, chain: readonly Certificate[]): void {
  const attribute = signer.attributes.get(SIGNING_TIME);
  if (attribute === undefined) return;
  const time = readTime(attribute);
  if (chain.some(({ notBefore, notAfter }) => time < notBefore || time > notAfter)) {
    throw untrusted("the authority's certificates were not valid at its own signing time");
  }
}

function malformed(problem: string): VerificationFailure {
  return failure("timestamp.malformed", `The timestamp cannot be read: ${problem}`);
}

function wrong(problem: string): VerificationFailure {
  return failure("timestamp.signature", `The timestamp is not authentic: ${problem}`);
}

function untrusted(problem: string): VerificationFailure {
  return failure("timestamp.untrusted", `The timestamping authority is not trusted: ${problem}`);
}

function failure(reason: FailureReason, message: string): VerificationFailure {
  return new VerificationFailure({ reason, message });
}
