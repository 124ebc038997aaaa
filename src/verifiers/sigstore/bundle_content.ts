import { type Certificate, parseCertificate } from "../../crypto/mod.ts";
import type { Bundle } from "./bundle.ts";
import type { Envelope } from "./dsse_envelope.ts";
import { quote, reading, refusal } from "./failure.ts";
import {
  findSubject,
  IN_TOTO,
  parseStatement,
  preAuthenticationEncoding,
  type Statement,
} from "./statement.ts";
import type { SignedContent } from "./verify_signed.ts";

/** A bundle that holds an in-toto statement, read but not believed. */
export interface StatementContent {
  readonly content: SignedContent;
  readonly statement: Statement;
}

/**
 * The statement of a bundle with an envelope.
 *
 * @throws {VerificationFailure} `cosign.malformed`.
 */
export function statementContent(bundle: Bundle): StatementContent {
  const { content } = bundle;
  return envelopeStatement(content.kind === "dsse" ? content : undefined, commonContent(bundle));
}

/** What comes with a signature and says when and by whom it was made. */
export type Accompaniment = Pick<
  SignedContent,
  "certificates" | "entries" | "timestamps" | "bundled"
>;

/**
 * The statement in an envelope, signed with what comes beside the envelope.
 *
 * @throws {VerificationFailure} `cosign.malformed`.
 */
export function envelopeStatement(
  signed: Envelope | undefined,
  beside: Accompaniment,
): StatementContent {
  if (signed?.payloadType !== IN_TOTO) {
    throw refusal("cosign.malformed", "There is no in-toto statement in it");
  }
  const { payload, payloadType, signature } = signed;
  const statement = reading(
    "cosign.malformed",
    "The in-toto statement cannot be read",
    () => parseStatement(payload),
  );
  const data = preAuthenticationEncoding(payloadType, payload);
  return {
    content: { ...beside, signature, data, envelope: { payload, payloadType } },
    statement,
  };
}

/** The signature of a bundle over a message: a file, or its hash. */
export function messageContent(bundle: Bundle, data: SignedContent["data"]): SignedContent {
  const { signature } = bundle.content;
  return { ...commonContent(bundle), signature, data, envelope: undefined };
}

function commonContent(bundle: Bundle): Accompaniment {
  const { entries, timestamps } = bundle;
  return { certificates: readCertificates(bundle), entries, timestamps, bundled: true };
}

function readCertificates({ material }: Bundle): readonly Certificate[] {
  return material.kind === "key" ? [] : reading(
    "cosign.malformed",
    "The certificate in the bundle cannot be read",
    () => material.certificates.map(parseCertificate),
  );
}

/**
 * Checks that a statement is about this image or file.
 *
 * @param digest `algorithm:hex`.
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
    `The statement is about ${others.join(", ")}, not about ${digest}`,
  );
}
