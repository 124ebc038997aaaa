import type { Bytes } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import type { SignatureAlgorithm } from "./algorithm.ts";
import {
  AUTHENTIC_SIGNING_TIME,
  EXPIRY,
  PAYLOAD_TYPE,
  SIGNING_SCHEME,
  SIGNING_TIME,
  type SigningScheme,
} from "./headers.ts";

/** The name of a protected header: a text, or in COSE an integer too. */
export type Label = string | number | bigint;

/**
 * What a JWS or COSE envelope says, before anything of it is believed. Times are seconds since
 * 1970, possibly with a fraction.
 */
export interface Envelope {
  readonly format: "JWS" | "COSE";
  /** The algorithm that the header claims; undefined when it is none that Notation allows. */
  readonly algorithm: SignatureAlgorithm | undefined;
  /** The claim as written, for messages. */
  readonly algorithmText: string;
  readonly payload: Bytes;
  readonly signature: Bytes;
  /** The bytes that the signature is over. */
  readonly signedBytes: Bytes;
  readonly scheme: SigningScheme;
  /** The signing time of `notary.x509`, or the authentic one of `notary.x509.signingAuthority`. */
  readonly signingTime: number;
  readonly expiry: number | undefined;
  /** Protected attributes that are not standard. */
  readonly extended: ReadonlyMap<Label, unknown>;
  /** The labels that must be understood, the standard ones left out. */
  readonly criticalExtended: readonly Label[];
  /** DER of the certificates, leaf first. */
  readonly chain: readonly Bytes[];
  readonly timestamp: Bytes | undefined;
  readonly signingAgent: string | undefined;
}

/** The signed attributes of either format, read but not yet held against the rules. */
export interface SignedAttributes {
  /** Undefined when absent or not a text. */
  readonly contentType: string | undefined;
  readonly critical: readonly Label[] | undefined;
  readonly scheme: unknown;
  /** Each time: undefined when absent, `invalid` when it is not in the form that the format asks for. */
  readonly signingTime: number | "invalid" | undefined;
  readonly authenticSigningTime: number | "invalid" | undefined;
  readonly expiry: number | "invalid" | undefined;
  readonly extended: ReadonlyMap<Label, unknown>;
}

/** What {@link checkSignedAttributes} established. */
export type CheckedAttributes = Pick<
  Envelope,
  "scheme" | "signingTime" | "expiry" | "extended" | "criticalExtended"
>;

/**
 * Holds the signed attributes against the Notary Project signature specification; one set of rules
 * for both formats.
 *
 * @throws {VerificationFailure} `integrity.*`.
 */
export function checkSignedAttributes(attributes: SignedAttributes): CheckedAttributes {
  if (attributes.contentType !== PAYLOAD_TYPE) {
    throw new VerificationFailure({
      reason: "integrity.payload_type",
      message: attributes.contentType === undefined
        ? "The signature names no payload type"
        : `The signature's payload type is ${
          JSON.stringify(attributes.contentType.slice(0, 200))
        }, not ${PAYLOAD_TYPE}`,
    });
  }
  const { scheme, signingTime } = checkSchemeAndTime(attributes);
  const expiry = checkTime("expiry", attributes.expiry);
  const criticalExtended = checkCritical(scheme, expiry, attributes);
  if (expiry !== undefined && expiry <= signingTime) {
    throw new VerificationFailure({
      reason: "integrity.signing_time",
      message: "The signature's expiry is not after its signing time",
    });
  }
  return { scheme, signingTime, expiry, extended: attributes.extended, criticalExtended };
}

function checkSchemeAndTime(
  attributes: SignedAttributes,
): Pick<Envelope, "scheme" | "signingTime"> {
  const { scheme } = attributes;
  const ordinary = checkTime("signing time", attributes.signingTime);
  const authentic = checkTime("authentic signing time", attributes.authenticSigningTime);
  switch (scheme) {
    case "notary.x509":
      if (authentic !== undefined) {
        throw schemeFailure(`notary.x509 must not have ${AUTHENTIC_SIGNING_TIME}`);
      }
      if (ordinary === undefined) throw timeFailure(`The signature has no ${SIGNING_TIME}`);
      return { scheme, signingTime: ordinary };
    case "notary.x509.signingAuthority":
      if (ordinary !== undefined) {
        throw schemeFailure(`notary.x509.signingAuthority must not have ${SIGNING_TIME}`);
      }
      if (authentic === undefined) {
        throw timeFailure(`The signature has no ${AUTHENTIC_SIGNING_TIME}`);
      }
      return { scheme, signingTime: authentic };
    default:
      throw schemeFailure(
        typeof scheme === "string"
          ? `${JSON.stringify(scheme.slice(0, 100))} is not a signing scheme`
          : `${SIGNING_SCHEME} is missing`,
      );
  }
}

function checkTime(what: string, value: number | "invalid" | undefined): number | undefined {
  if (value !== "invalid") return value;
  throw timeFailure(`The signature's ${what} is not written as the envelope format asks`);
}

/**
 * Checks the list of critical attributes: each that must be listed is listed once, and nothing else
 * but extended attributes that are there.
 */
function checkCritical(
  scheme: SigningScheme,
  expiry: number | undefined,
  attributes: SignedAttributes,
): readonly Label[] {
  if (attributes.critical === undefined || attributes.critical.length === 0) {
    throw criticalFailure("The signature lists no critical attributes (crit)");
  }
  const required = new Set<Label>([SIGNING_SCHEME]);
  if (expiry !== undefined) required.add(EXPIRY);
  if (scheme === "notary.x509.signingAuthority") required.add(AUTHENTIC_SIGNING_TIME);
  const extended = new Set<Label>();
  for (const label of attributes.critical) {
    if (required.delete(label)) continue;
    if (!attributes.extended.has(label) || extended.has(label)) {
      throw criticalFailure(
        `crit lists ${quote(label)}, which is listed twice, not there, or not allowed in it`,
      );
    }
    extended.add(label);
  }
  for (const label of required) throw criticalFailure(`crit does not list ${quote(label)}`);
  return [...extended];
}

function quote(label: Label): string {
  return typeof label === "string" ? JSON.stringify(label.slice(0, 100)) : String(label);
}

function schemeFailure(problem: string): VerificationFailure {
  return new VerificationFailure({
    reason: "integrity.scheme",
    message: `The signing scheme is wrong: ${problem}`,
  });
}

function timeFailure(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "integrity.signing_time", message });
}

function criticalFailure(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "integrity.critical_header", message });
}
