/**
 * The error types of Assay. Errors are values: a code, the component that met the problem, what
 * happened, and what the person whose deployment was just denied can do about it.
 *
 * Three kinds of failure never mix: the artifact is bad or the policy is not met (*deny*), and we
 * could not find out (*undecided*). A request or configuration that cannot be used is a fourth
 * thing: there is no verdict at all (*unusable*).
 */

/** What an error means for the verdict of the image it concerns. */
export type Effect = "deny" | "undecided" | "unusable";

interface CodeDescription {
  readonly effect: Effect;
  /** For undecided: whether asking again may give another answer without anyone changing anything. */
  readonly transient: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

/** Every error code. `docs/errors.md` is made from this table; each code is produced by a test. */
export const ERROR_CODES = {
  USAGE_INVALID: {
    effect: "unusable",
    transient: false,
    meaning: "A command was called with arguments that do not fit.",
    remedy: "See `assay COMMAND --help`.",
  },
  BAD_REQUEST: {
    effect: "unusable",
    transient: false,
    meaning:
      "A request to the service cannot be answered: its body is malformed, too large or late.",
    remedy: "Send a ProviderRequest of Gatekeeper's external data protocol.",
  },
  REFERENCE_INVALID: {
    effect: "unusable",
    transient: false,
    meaning: "An image reference cannot be read.",
    remedy: "Write it as registry/repository:tag or registry/repository@sha256:<64 hex digits>.",
  },
  CONFIG_INVALID: {
    effect: "unusable",
    transient: false,
    meaning:
      "A resource or file of the configuration is wrong, or a part that a verdict needs is missing.",
    remedy: "Run `assay check` on the configuration: it names file, line, column and field.",
  },
  LISTEN_FAILURE: {
    effect: "unusable",
    transient: false,
    meaning: "The service cannot listen on an address.",
    remedy: "Choose another address, or end the process that listens there.",
  },
  RUNTIME_UNSUITABLE: {
    effect: "unusable",
    transient: false,
    meaning:
      "The runtime does not hold clients to their certificates, so the service does not start.",
    remedy: "Run Assay on Deno 2.7.14 or newer, or in a binary that was compiled with it.",
  },
  PLUGIN_NOT_FOUND: {
    effect: "unusable",
    transient: false,
    meaning: "A Verifier or Store names a type that does not exist.",
    remedy: "Use one of the types that the message lists.",
  },
  POLICY_PROVIDER_NOT_FOUND: {
    effect: "unusable",
    transient: false,
    meaning: "A Policy names a type that does not exist.",
    remedy: "Use one of the types that the message lists.",
  },
  RESOURCE_NOT_FOUND: {
    effect: "unusable",
    transient: false,
    meaning: "A resource refers to another one that does not exist.",
    remedy: "Create the resource that the message names, or correct the reference.",
  },
  OPERATION_FORBIDDEN: {
    effect: "undecided",
    transient: false,
    meaning: "A request for one namespace would use key material of another.",
    remedy: "Refer to a cluster-wide provider, or to one in the namespace of the request.",
  },
  CERT_INVALID: {
    effect: "unusable",
    transient: false,
    meaning: "A certificate in the configuration cannot be read.",
    remedy: "Put the certificate there as PEM text (BEGIN CERTIFICATE).",
  },
  KEY_INVALID: {
    effect: "unusable",
    transient: false,
    meaning: "A public key in the configuration cannot be read.",
    remedy: "Put the key there as PEM text (BEGIN PUBLIC KEY).",
  },
  TRUSTED_ROOT_INVALID: {
    effect: "unusable",
    transient: false,
    meaning: "A Sigstore trusted root in the configuration cannot be read.",
    remedy: "Put the content of a trusted_root.json there, complete and unchanged.",
  },
  KEY_MANAGEMENT_PROVIDER_FAILURE: {
    effect: "undecided",
    transient: false,
    meaning: "A key management provider has no usable material.",
    remedy: "Check the provider's configuration and that its source answers.",
  },
  HOST_NAME_INVALID: {
    effect: "unusable",
    transient: false,
    meaning: "The registry of an image reference is not a host that can be asked.",
    remedy: "Write the registry as a host name, an IPv4 address or an IPv6 address in brackets.",
  },
  AUTH_DENIED: {
    effect: "undecided",
    transient: false,
    meaning: "A registry, or its token service, refused the credentials that there are.",
    remedy: "Check that the credentials for the registry are there, valid, and allow to pull.",
  },
  REPOSITORY_OPERATION_FAILURE: {
    effect: "undecided",
    transient: false,
    meaning: "The image cannot be found where the reference points to.",
    remedy: "Check the name, tag and digest, and that the image was pushed.",
  },
  GET_SUBJECT_DESCRIPTOR_FAILURE: {
    effect: "undecided",
    transient: true,
    meaning: "The image's manifest could not be read intact.",
    remedy: "Try again; if it stays, push the image again.",
  },
  LIST_REFERRERS_FAILURE: {
    effect: "undecided",
    transient: true,
    meaning: "The artifacts attached to the image could not be listed.",
    remedy: "Try again; if it stays, check the registry or layout.",
  },
  GET_REFERRER_MANIFEST_FAILURE: {
    effect: "undecided",
    transient: true,
    meaning: "The manifest of an attached artifact could not be read intact.",
    remedy: "Try again; if it stays, attach the artifact again.",
  },
  GET_BLOB_CONTENT_FAILURE: {
    effect: "undecided",
    transient: true,
    meaning: "A blob is missing, shorter than declared, or does not match its digest.",
    remedy: "Try again; if it stays, attach the artifact again.",
  },
  LOG_UNAVAILABLE: {
    effect: "undecided",
    transient: true,
    meaning: "A transparency log that a trust policy names with rekorURL could not be asked.",
    remedy: "Try again; if it stays, check rekorURL and that the log answers.",
  },
  MANIFEST_INVALID: {
    effect: "deny",
    transient: false,
    meaning: "A manifest has the right digest but is not a manifest that can be read.",
    remedy:
      "Build and push the image or artifact again with a tool that follows the OCI image specification.",
  },
  LIMIT_EXCEEDED: {
    effect: "deny",
    transient: false,
    meaning: "A limit on sizes or counts was reached before the policy was met.",
    remedy: "Remove artifacts that are not needed from the image, or raise the limit.",
  },
  NO_VERIFIER_REPORT: {
    effect: "deny",
    transient: false,
    meaning: "Nothing that a verifier accepts is attached to the image.",
    remedy: "Sign the image, and check that the signature was pushed next to it.",
  },
  VERIFY_REFERENCE_FAILURE: {
    effect: "deny",
    transient: false,
    meaning: "What is attached to the image does not satisfy the policy.",
    remedy: "Look at the failed checks of each artifact.",
  },
  POLICY_EVALUATION_FAILURE: {
    effect: "undecided",
    transient: false,
    meaning: "A policy in Rego or CEL came to no value: it failed, or took more steps than it may.",
    remedy:
      "Correct the policy as the message says; one that takes too many steps needs simpler loops.",
  },
  REVOCATION_UNAVAILABLE: {
    effect: "undecided",
    transient: true,
    meaning: "Whether a certificate is revoked could not be found out.",
    remedy: "Look at the address that the message names, and whether it can be reached from here.",
  },
  CLUSTER_FAILURE: {
    effect: "unusable",
    transient: false,
    meaning: "The Kubernetes API could not be reached, or refused a request.",
    remedy: "Check that the cluster answers, and what this identity may do there.",
  },
  OUTPUT_FAILURE: {
    effect: "unusable",
    transient: false,
    meaning: "A file that was asked for cannot be written.",
    remedy: "Name a place that may be written to.",
  },
  RECORD_INCOMPLETE: {
    effect: "undecided",
    transient: false,
    meaning: "A record of a verdict does not have something that repeating the verification needs.",
    remedy: "Record the image again under the configuration that is to be tried.",
  },
  DEADLINE_EXCEEDED: {
    effect: "undecided",
    transient: true,
    meaning: "The time for the answer was over before the verdict was known.",
    remedy: "Try again; if it stays, look at the step that the message names.",
  },
  UNKNOWN: {
    effect: "undecided",
    transient: false,
    meaning: "A defect of Assay itself.",
    remedy: "Please report it with the message and the command or request that led to it.",
  },
} as const satisfies Record<string, CodeDescription>;

/** The closed union of error codes. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The parts of Assay that meet problems. */
export const COMPONENTS = [
  "commandLine",
  "config",
  "executor",
  "server",
  "referrerStore",
  "verifier",
  "policyProvider",
  "keyManagementProvider",
] as const;

/** The part of Assay that met the problem. */
export type Component = typeof COMPONENTS[number];

/** What an {@link AssayError} is made of. */
export interface AssayErrorParts {
  readonly code: ErrorCode;
  readonly component: Component;
  /** One sentence: what failed, on which artifact, against which rule. No secrets, no nested "error:". */
  readonly message: string;
  /** Evidence: the value that was found, the address that did not answer. */
  readonly detail?: string;
  /** What to do; the remedy of the code when absent. */
  readonly remedy?: string;
  /** What it means for the verdict; that of the code when absent. */
  readonly effect?: Effect;
  /** Whether asking again may help; that of the code when absent. */
  readonly transient?: boolean;
  readonly cause?: unknown;
}

/** An error with a code, a meaning for the verdict, and a remedy. */
export class AssayError extends Error {
  override readonly name = "AssayError";
  readonly code: ErrorCode;
  readonly component: Component;
  readonly detail: string | undefined;
  readonly remedy: string;
  readonly effect: Effect;
  readonly transient: boolean;

  constructor(parts: AssayErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    const known: CodeDescription = ERROR_CODES[parts.code];
    this.code = parts.code;
    this.component = parts.component;
    this.detail = parts.detail;
    this.remedy = parts.remedy ?? known.remedy;
    this.effect = parts.effect ?? known.effect;
    this.transient = parts.transient ?? known.transient;
  }
}

/** The error as it is; for anything else that was thrown, UNKNOWN: a defect of ours. */
export function asAssayError(error: unknown, component: Component): AssayError {
  if (error instanceof AssayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AssayError({ code: "UNKNOWN", component, message, cause: error });
}

/** Why a signature was not accepted: the closed list, each with what to do about it. */
export const FAILURE_REASONS = {
  "no_applicable_policy":
    "Add a trust policy statement whose registryScopes name the image's repository.",
  "limit_exceeded": "Remove signatures that are not needed, or raise maxSignatureAttempts.",
  "integrity.parse": "Sign the image again; the signature envelope cannot be read.",
  "integrity.signature":
    "Sign the image again; the signature was altered or made with another key.",
  "integrity.algorithm":
    "Sign with the algorithm that the Notary Project specification sets for the key.",
  "integrity.critical_header":
    "Sign again with a tool that follows the Notary Project specification.",
  "integrity.scheme": "Sign with the scheme notary.x509 or notary.x509.signingAuthority.",
  "integrity.signing_time":
    "Sign again with a tool that writes the signing time as the specification says.",
  "integrity.payload_type": "Sign again with a tool that writes Notary Project payloads.",
  "integrity.chain":
    "Get a code signing certificate that follows the Notary Project rules, with its complete chain.",
  "integrity.key":
    "Use an RSA key of 2048, 3072 or 4096 bits, or an EC key on P-256, P-384 or P-521.",
  "authenticity.untrusted":
    "If the signer is to be trusted, add its root certificate to the trust store.",
  "authenticity.no_trusted_certificates":
    "Name a trust store of the type that the signing scheme needs in the trust policy.",
  "authenticity.invalid_trust_store":
    "Put CA certificates or self-signed certificates into the trust store.",
  "authenticity.identity_mismatch":
    "If the signer is to be trusted, add its subject to trustedIdentities.",
  "expiry": "Sign the image again; the signature has expired.",
  "timestamp.cert_not_valid_now":
    "Sign again with a valid certificate, or use timestamps and a tsa trust store.",
  "timestamp.missing":
    "Sign again with a timestamp, or remove the tsa trust store from the policy.",
  "timestamp.malformed": "Sign again with a timestamp of an authority that follows RFC 3161.",
  "timestamp.imprint_mismatch": "Sign again; the timestamp belongs to another signature.",
  "timestamp.signature": "Sign again; the timestamp was altered or is a forgery.",
  "timestamp.untrusted":
    "If the timestamping authority is to be trusted, add its root certificate to a tsa trust store.",
  "timestamp.outside_validity":
    "Sign again with a certificate that is valid when the timestamp is made.",
  "timestamp.future": "Check the clocks of this machine and of the timestamping authority.",
  "revocation.revoked": "Sign again with a certificate that is not revoked.",
  "revocation.unknown":
    "Ask the issuer of the certificate why its responder does not know it; sign again with another.",
  "revocation.unavailable":
    "Try again; if it stays, look at the address that the message names, and whether it can be reached.",
  "plugin.not_installed":
    "Use a build that runs verification plugins, with the plugin allowed and installed.",
  "plugin.failed": "Look at what the plugin says, and whether what it asks can be reached.",
  "plugin.invalid_answer":
    "Use a version of the plugin that follows the Notation plugin protocol, contract 1.0.",
  "plugin.invalid_attribute":
    "Sign again; the signature names its verification plugin in a wrong way.",
  "payload.descriptor_mismatch": "Sign this image; the signature was made for another one.",
  "metadata.mismatch": "Sign again with the user metadata that the verifier requires.",
  "no_signatures": "Sign the image again; what is attached to it has no signature in it.",
  "not_applicable": "None needed: what is attached is of another kind than this verifier judges.",
  "cosign.malformed":
    "Sign the image again; what belongs to the signature is missing or cannot be read.",
  "cosign.key":
    "Check that the key management provider that the trust policy names has the keys that it should.",
  "cosign.trusted_root":
    "Check that the key management provider that trustedRoot names has a Sigstore trusted root.",
  "cosign.signature": "Sign the image with a key that the trust policy names.",
  "cosign.payload_digest_mismatch": "Sign this image; the signature was made for another one.",
  "cosign.annotations": "Sign again with the annotations that the trust policy requires.",
  "cosign.tlog_missing":
    "Sign again with an upload to the transparency log, or set tLogVerify to false for a key.",
  "cosign.tlog_invalid":
    "Sign again, or trust the transparency log that was used in the trusted root.",
  "cosign.tlog_unavailable":
    "Check that the transparency log answers, or sign with the log entry in the signature.",
  "cosign.certificate_untrusted":
    "If the signer is to be trusted, name a trusted root that has the authority of the certificate.",
  "cosign.certificate_time":
    "Sign again; the certificate was not valid at the time that is proven for the signature.",
  "cosign.identity_mismatch":
    "If the signer is to be trusted, write its identity and issuer into the trust policy.",
  "cosign.sct":
    "Sign again with a certificate that is in a trusted certificate transparency log, or set ctLogVerify to false.",
  "attestation.condition":
    "Attach an attestation that meets the conditions of the verifier, or correct them.",
  "sbom.unsupported_type":
    "Attach the bill of materials as application/spdx+json or application/vnd.cyclonedx+json.",
  "sbom.parse": "Attach a bill of materials in SPDX 2.1 to 2.3 (JSON) or CycloneDX (JSON).",
  "sbom.license": "Replace the packages whose licenses the verifier does not allow.",
  "sbom.package": "Replace the packages that the verifier does not allow.",
  "vulnerability.created":
    "Attach the report with the time of its making as an annotation in the form of RFC 3339.",
  "vulnerability.age": "Scan the image again and attach the new report.",
  "vulnerability.unsupported_type": "Attach the report as application/sarif+json.",
  "vulnerability.schema": "Attach a report that follows the SARIF 2.1.0 schema.",
  "vulnerability.no_runs": "Attach a report with at least one run in it.",
  "vulnerability.scanner":
    "Scan with Trivy or Grype: for other scanners it is not known where the severity stands.",
  "vulnerability.rule":
    "Attach a report whose findings name rules, with the severity in the help text of each rule.",
  "vulnerability.cve": "Remove what has the vulnerability from the image, and scan it again.",
  "vulnerability.severity": "Remove what has the vulnerability from the image, and scan it again.",
  "schema.not_configured": "Add a schema for the media type to the verifier, or remove the blob.",
  "schema.invalid": "Attach content that follows the schema that the verifier has for it.",
  "license.parse": "Attach the licenses as an SPDX document in tag-value form.",
  "license.not_allowed": "Replace the packages whose licenses the verifier does not allow.",
  "nested.missing": "Attach what nestedReferences of the verifier asks for to the artifact itself.",
  "nested.listing": "Try again; if it stays, check the registry or layout.",
  "manifest.no_blobs": "Attach the artifact again; its manifest has no content in it.",
  "manifest.layers": "Attach the signature again; its manifest must have exactly one layer.",
  "manifest.envelope_type":
    "Attach the signature again as application/jose+json or application/cose.",
  "manifest.subject": "Attach the signature again; its manifest names another subject.",
  "manifest.artifact_type":
    "Attach the artifact again; its manifest has another type than the one listed.",
  "manifest.invalid": "Attach the artifact again; its manifest cannot be read.",
  "manifest.blob_unavailable": "Try again; if it stays, attach the signature again.",
  "manifest.blob_too_large": "Attach a smaller artifact, or raise the limit.",
} as const;

/** The closed union of reasons for which a verifier does not accept an artifact. */
export type FailureReason = keyof typeof FAILURE_REASONS;

/** What a {@link VerificationFailure} is made of. */
export interface VerificationFailureParts {
  readonly reason: FailureReason;
  /** One sentence for a person. */
  readonly message: string;
  /** `deny` when absent; `undecided` when the truth could not be found out. */
  readonly effect?: "deny" | "undecided";
  readonly transient?: boolean;
  /** What to do; that of the reason when absent. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/**
 * The one thing that trust evaluation and verifiers throw on purpose: this artifact is not accepted.
 * Any other exception out of a verifier is a defect of ours.
 */
export class VerificationFailure extends Error {
  override readonly name = "VerificationFailure";
  readonly reason: FailureReason;
  readonly effect: "deny" | "undecided";
  readonly transient: boolean;
  readonly remedy: string;

  constructor(parts: VerificationFailureParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.reason = parts.reason;
    this.effect = parts.effect ?? "deny";
    this.transient = parts.transient ?? false;
    this.remedy = parts.remedy ?? FAILURE_REASONS[parts.reason];
  }
}

/** A problem in a configuration document, at the path of the field that has it. */
export interface Issue {
  readonly severity: "error" | "warning";
  /** Member names and array indexes, from the root of the part that was checked. */
  readonly path: readonly (string | number)[];
  /** The code; CONFIG_INVALID when absent. */
  readonly code?: ErrorCode;
  /** What is wrong and what would be right. Never quotes key material. */
  readonly message: string;
}
