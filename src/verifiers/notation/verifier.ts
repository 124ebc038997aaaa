import { VerificationFailure } from "../../errors.ts";
import {
  type Action,
  actionsOf,
  statementSelector,
  subjectText,
  type TrustPolicyDocument,
  type TrustPolicyStatement,
  type TrustStoreSources,
  type Validation,
} from "../../trust/mod.ts";
import { CheckList, failedResult } from "../check_list.ts";
import type { VerifiedSubject, Verifier, VerifierContext, VerifierResult } from "../verifier.ts";
import { checkIdentity, checkTrustStores } from "./authenticity.ts";
import { readEnvelope } from "./artifact.ts";
import { Findings } from "./findings.ts";
import { checkPluginAttributes, checkUnknownAttributes } from "./extended_attributes.ts";
import type { SignedEnvelope } from "./integrity.ts";
import { checkTarget, checkUserMetadata } from "./payload.ts";
import { checkChainRevocation, type RevocationSettings } from "./revocation.ts";
import { checkAuthenticTimestamp, checkExpiry } from "./times.ts";

/** The configuration of a Notation verifier, validated. */
export interface NotationConfiguration extends TrustStoreSources, RevocationSettings {
  readonly name: string;
  readonly type: string;
  /** The artifact types that it judges; `*` for all. */
  readonly artifactTypes: readonly string[];
  readonly trustPolicy: TrustPolicyDocument;
  /** Pairs that a signature must carry as signed annotations of its target. */
  readonly userMetadata: Readonly<Record<string, string>>;
  readonly maxSignatureAttempts: number;
}

/** Verifies signatures as the Notary Project specifications say. */
export function createNotationVerifier(configuration: NotationConfiguration): Verifier {
  const types = new Set(configuration.artifactTypes);
  const selectStatement = statementSelector(configuration.trustPolicy);
  return {
    name: configuration.name,
    type: configuration.type,
    maxAttempts: configuration.maxSignatureAttempts,
    accepts: (artifactType) => types.has("*") || types.has(artifactType),
    verify: (subject, _referrer, context) => {
      const statement = selectStatement(subject.reference);
      return verify(configuration, statement, subject, context);
    },
  };
}

async function verify(
  configuration: NotationConfiguration,
  selected: TrustPolicyStatement | undefined,
  subject: VerifiedSubject,
  context: VerifierContext,
): Promise<VerifierResult> {
  const list = new CheckList();
  const findings = new Findings();
  try {
    const statement = await requireStatement(configuration, selected, subject, list);
    if (statement.signatureVerification.level === "skip") {
      return {
        outcome: "success",
        message: `Signature verification skipped by trust policy "${statement.name}"`,
        checks: list.checks,
      };
    }
    const signed = await verifySignature(
      { list, findings, configuration, context, statement },
      subject,
    );
    return {
      outcome: "success",
      message: "Notation signature verification success",
      checks: list.checks,
      extensions: describe(signed, list, findings),
      validUntil: findings.next(context.now),
    };
  } catch (error) {
    if (!(error instanceof VerificationFailure)) throw error;
    return { ...failedResult(error, list.checks), validUntil: findings.next(context.now) };
  }
}

async function requireStatement(
  configuration: NotationConfiguration,
  statement: TrustPolicyStatement | undefined,
  subject: VerifiedSubject,
  list: CheckList,
): Promise<TrustPolicyStatement> {
  await list.run("trust policy", "enforce", () => {
    if (statement !== undefined) {
      return `"${statement.name}" applies, level ${statement.signatureVerification.level}`;
    }
    const repository = subject.reference.slice(0, subject.reference.lastIndexOf("@"));
    throw new VerificationFailure({
      reason: "no_applicable_policy",
      message: `No trust policy statement of verifier ${configuration.name} has the scope ${
        repository === ""
          ? '"*", which an image without a registry name needs'
          : `${repository} or "*"`
      }`,
    });
  });
  return statement as TrustPolicyStatement; // the check above throws when there is none
}

/** One verification under way. */
interface Verification {
  readonly list: CheckList;
  readonly findings: Findings;
  readonly configuration: NotationConfiguration;
  readonly context: VerifierContext;
  readonly statement: TrustPolicyStatement;
}

/** The steps of "Signature Evaluation" in the Notary Project trust policy specification, in order. */
async function verifySignature(
  verification: Verification,
  subject: VerifiedSubject,
): Promise<SignedEnvelope> {
  const { list, findings, configuration, context, statement } = verification;
  const actions: Readonly<Record<Validation, Action>> = actionsOf(statement.signatureVerification);
  const opened = await collect(list, "envelope", async () => {
    const value = await readEnvelope(subject, context.artifacts);
    return { value, detail: `A ${value.envelope.format} envelope` };
  });
  const signed = await collect(list, "integrity", async () => {
    const value = await opened.integrity();
    return {
      value,
      detail: `${value.algorithm} signature by "${
        subjectText(value.leaf.subject)
      }", chain of ${value.chain.length}`,
    };
  });
  findings.noteSignature(signed);
  await list.run("critical attributes", "enforce", () => {
    checkPluginAttributes(signed.envelope);
    return checkUnknownAttributes(signed.envelope);
  });
  const trusted = await list.run(
    "trust store",
    actions.authenticity,
    () => checkTrustStores(signed, statement, configuration, context),
  );
  await list.run("identity", actions.authenticity, () => checkIdentity(signed, statement));
  await list.run("expiry", actions.expiry, () => checkExpiry(signed.envelope, context.now));
  await list.run(
    "authentic timestamp",
    actions.authenticTimestamp,
    () => checkAuthenticTimestamp(signed, statement, configuration, context, findings),
  );
  await list.run(
    "revocation",
    actions.revocation,
    () => checkRevocation(verification, signed, trusted),
  );
  await list.run("target", "enforce", () => checkTarget(signed.payload, subject.descriptor));
  if (Object.keys(configuration.userMetadata).length > 0) {
    await list.run(
      "user metadata",
      "enforce",
      () => checkUserMetadata(signed.payload, configuration.userMetadata),
    );
  }
  list.conclude();
  return signed;
}

/** What an untrusted signer says of addresses is not followed. */
async function checkRevocation(
  { configuration, context, findings }: Verification,
  { chain, envelope }: SignedEnvelope,
  trusted: boolean,
): Promise<string> {
  if (!trusted && chain.some(({ ocspUrls, crlUrls }) => ocspUrls.length + crlUrls.length > 0)) {
    throw new VerificationFailure({
      reason: "revocation.unavailable",
      effect: "undecided",
      message: "Whether the certificates are revoked was not asked: the signer is not trusted",
    });
  }
  const authentic = envelope.scheme === "notary.x509.signingAuthority"
    ? envelope.signingTime
    : undefined;
  return await checkChainRevocation(chain, configuration, context, findings, authentic);
}

/** Runs an enforced check that also yields something for the checks after it. */
async function collect<T>(
  list: CheckList,
  name: string,
  check: () => Promise<{ readonly value: T; readonly detail: string }>,
): Promise<T> {
  let value: T | undefined;
  const passed = await list.run(name, "enforce", async () => {
    const outcome = await check();
    value = outcome.value;
    return outcome.detail;
  });
  if (!passed) list.conclude(); // without its outcome nothing can follow
  return value as T;
}

/** What the report says about the signer; `SN` holds the subject, as existing policies expect. */
function describe(
  signed: SignedEnvelope,
  list: CheckList,
  { revocation }: Findings,
): Record<string, unknown> {
  const { logged } = list;
  return {
    Issuer: subjectText(signed.leaf.issuer),
    SN: subjectText(signed.leaf.subject),
    ...(logged.length > 0 ? { loggedFailures: logged } : {}),
    ...(revocation.length > 0 ? { revocation } : {}),
  };
}
