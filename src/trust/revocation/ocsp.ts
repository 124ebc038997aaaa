import {
  type Bytes,
  type Certificate,
  certificateScheme,
  equalBytes,
  FormatError,
  namesCertificate,
  type OcspResponse,
  parseOcspResponse,
  responderKeyHash,
  verifySignature,
} from "../../crypto/mod.ts";
import { isSignedBy } from "../issuance.ts";
import { subjectText } from "../subject_text.ts";
import { reasonName, type RevocationAnswer } from "./status.ts";

const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";

/** Critical extensions of a responder's certificate that are understood: keyUsage, basicConstraints, purposes. */
const UNDERSTOOD: readonly string[] = ["2.5.29.15", "2.5.29.19", "2.5.29.37"];

/**
 * Holds an OCSP answer against RFC 6960 §3.2: about this certificate of this issuer, signed by the issuer
 * or by a responder that it has certified for that. Whether it is fresh is asked elsewhere: the times say
 * from when until when it may be relied on.
 *
 * @param source the address that it came from.
 * @returns the answer; or what is wrong with it, for a person.
 */
export async function evaluateOcsp(
  bytes: Bytes,
  certificate: Certificate,
  issuer: Certificate,
  source: string,
): Promise<RevocationAnswer | string> {
  let response: OcspResponse;
  try {
    response = parseOcspResponse(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  if (response.critical !== undefined) {
    return `it has the critical extension ${response.critical}, which is not understood`;
  }
  const answer = response.answers.find(({ certificate: id }) =>
    namesCertificate(id, certificate, issuer)
  );
  if (answer === undefined) return "it is about another certificate";
  if (answer.nextUpdate === undefined) return "it does not say until when it holds";
  const signer = await findSigner(response, certificate, issuer);
  if (typeof signer === "string") return signer;
  const { status, revokedAt, reason, invalidityDate, thisUpdate } = answer;
  return {
    status,
    source,
    protocol: "OCSP",
    // A responder speaks only for as long as its certificate is valid.
    thisUpdate: signer === issuer || signer.notBefore < thisUpdate ? thisUpdate : signer.notBefore,
    nextUpdate: signer === issuer || signer.notAfter > answer.nextUpdate
      ? answer.nextUpdate
      : signer.notAfter,
    ...(revokedAt && { revokedAt }),
    ...(reason === undefined ? {} : { reason: reasonName(reason) }),
    ...(invalidityDate && { invalidityDate }),
  };
}

/** The certificate that signed an answer; or what is wrong. */
async function findSigner(
  response: OcspResponse,
  certificate: Certificate,
  issuer: Certificate,
): Promise<Certificate | string> {
  if (certificateScheme(response.signatureAlgorithm) === undefined) {
    return "it is signed with an algorithm that is not allowed";
  }
  if (isNamed(response, issuer) && await isAuthentic(response, issuer)) return issuer;
  let problem = "its signature is not that of the issuer or of a responder in it";
  for (const responder of response.certificates) {
    if (!isNamed(response, responder) || !await isAuthentic(response, responder)) continue;
    const unfit = await describeResponderProblem(responder, certificate, issuer);
    if (unfit === undefined) return responder;
    problem = `its responder "${subjectText(responder.subject)}" ${unfit}`;
  }
  return problem;
}

/** RFC 6960 §4.2.2.2: a responder speaks for an issuer that certified it for that, itself. */
async function describeResponderProblem(
  responder: Certificate,
  certificate: Certificate,
  issuer: Certificate,
): Promise<string | undefined> {
  if (responder.fingerprint === certificate.fingerprint) return "is the certificate in question";
  const { extendedKeyUsage, keyUsage, signatureAlgorithm, tbsSignatureAlgorithm } = responder;
  if (!extendedKeyUsage?.purposes.includes(OCSP_SIGNING)) {
    return "is not certified for OCSP signing";
  }
  if (keyUsage !== undefined && !keyUsage.usages.has("digitalSignature")) {
    return "has a keyUsage without digitalSignature";
  }
  const unknown = responder.extensions.find(({ critical, oid }) =>
    critical && !UNDERSTOOD.includes(oid)
  );
  if (unknown !== undefined) return `has the critical extension ${unknown.oid}`;
  const issued = equalBytes(responder.issuer.raw, issuer.subject.raw) &&
    equalBytes(signatureAlgorithm.raw, tbsSignatureAlgorithm.raw) &&
    await isSignedBy(responder, issuer);
  return issued ? undefined : "was not certified by the issuer of the certificate";
}

function isNamed({ responder }: OcspResponse, candidate: Certificate): boolean {
  return responder.name !== undefined
    ? equalBytes(responder.name, candidate.subject.raw)
    : equalBytes(responder.keyHash, responderKeyHash(candidate));
}

/** A key that cannot be used has signed nothing. */
async function isAuthentic(response: OcspResponse, signer: Certificate): Promise<boolean> {
  const scheme = certificateScheme(response.signatureAlgorithm);
  if (scheme === undefined) return false;
  try {
    const { spki } = signer.publicKey;
    return await verifySignature(spki, scheme, response.signature, response.tbs);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
