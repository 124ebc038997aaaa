import { type Bytes, parseCertificate } from "../../crypto/mod.ts";
import {
  type Bundle,
  findSubject,
  IN_TOTO,
  parseBundle,
  parseStatement,
  preAuthenticationEncoding,
  quote,
  reading,
  refusal,
  type SignedContent,
  type Statement,
} from "../sigstore/mod.ts";

/** The predicate of a statement that is an image signature. Any other is an attestation. */
export const SIGNATURE_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

/** A bundle with an in-toto statement, read but not believed. */
export interface StatementBundle {
  readonly bundle: Bundle;
  readonly content: SignedContent;
  readonly statement: Statement;
}

/**
 * Reads a bundle that is attached to an image: an envelope with an in-toto statement.
 *
 * @throws {VerificationFailure} `cosign.malformed`.
 */
export function readStatementBundle(bytes: Bytes): StatementBundle {
  const bundle = reading("cosign.malformed", "The bundle cannot be read", () => parseBundle(bytes));
  const { content: signed, material } = bundle;
  if (signed.kind !== "dsse" || signed.payloadType !== IN_TOTO) {
    throw refusal("cosign.malformed", "The bundle has no in-toto statement in it");
  }
  const { payload, payloadType, signature } = signed;
  const statement = reading(
    "cosign.malformed",
    "The statement in the bundle cannot be read",
    () => parseStatement(payload),
  );
  const certificates = material.kind === "key" ? [] : reading(
    "cosign.malformed",
    "The certificate in the bundle cannot be read",
    () => material.certificates.map(parseCertificate),
  );
  const content: SignedContent = {
    signature,
    data: preAuthenticationEncoding(payloadType, payload),
    envelope: { payload, payloadType },
    certificates,
    entries: bundle.entries,
    timestamps: bundle.timestamps,
    bundled: true,
  };
  return { bundle, content, statement };
}

/**
 * Checks that a statement is about this image.
 *
 * @returns the annotations of the subject.
 * @throws {VerificationFailure} `cosign.payload_digest_mismatch`.
 */
export function checkSubject(
  statement: Statement,
  digest: string,
): Readonly<Record<string, unknown>> {
  const subject = findSubject(statement, digest);
  if (subject !== undefined) return subject.annotations;
  const others = statement.subjects.slice(0, 3).flatMap(({ digests }) =>
    [...digests].map(([algorithm, value]) => quote(`${algorithm}:${value}`))
  );
  throw refusal(
    "cosign.payload_digest_mismatch",
    `The statement is about ${others.join(", ")}, not this image`,
  );
}
