import { VerificationFailure } from "../../errors.ts";
import {
  type Action,
  actionsOf,
  statementSelector,
  subjectText,
  type TrustPolicyStatement,
  type Validation,
} from "../../trust/mod.ts";
import { CheckList, failedResult } from "../check_list.ts";
import type { VerifiedSubject, Verifier, VerifierContext, VerifierResult } from "../verifier.ts";
import { checkIdentity, checkTrustStores } from "./authenticity.ts";
import { readEnvelope } from "./artifact.ts";
import { Findings } from "./findings.ts";
import type { SignedEnvelope } from "./integrity.ts";
import { checkTarget, checkUserMetadata } from "./payload.ts";
import { findWantedPlugin, startPlugin, verifyByPlugin } from "./plugin_checks.ts";
import { checkChainRevocation } from "./revocation.ts";
import { checkAuthenticTimestamp, checkExpiry } from "./times.ts";
import type { NotationConfiguration, Verification } from "./verification.ts";

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

/** The steps of "Signature Evaluation" in the Notary Project trust policy specification, in order. */
async function verifySignature(
  verification: Verification,
  subject: VerifiedSubject,
): Promise<SignedEnvelope> {
  const { list, findings, configuration, context, statement } = verification;
  const actions: Readonly<Record<Validation, Action>> = actionsOf(statement.signatureVerification);
  const opened = await list.collect("envelope", async () => {
    const value = await readEnvelope(subject, context.artifacts);
    return { value, detail: `A ${value.envelope.format} envelope` };
  });
  const signed = await list.collect("integrity", async () => {
    const value = await opened.integrity();
    return {
      value,
      detail: `${value.algorithm} signature by "${
        subjectText(value.leaf.subject)
      }", chain of ${value.chain.length}`,
    };
  });
  findings.noteSignature(signed);
  const plugin = await findWantedPlugin(verification, signed);
  const trusted = await list.run(
    "trust store",
    actions.authenticity,
    () => checkTrustStores(signed, statement, configuration, context),
  );
  const delegated = plugin && await startPlugin(verification, plugin, trusted);
  if (!delegated?.has("SIGNATURE_VERIFIER.TRUSTED_IDENTITY")) {
    await list.run("identity", actions.authenticity, () => checkIdentity(signed, statement));
  }
  await list.run("expiry", actions.expiry, () => checkExpiry(signed.envelope, context.now));
  await list.run(
    "authentic timestamp",
    actions.authenticTimestamp,
    () => checkAuthenticTimestamp(signed, statement, configuration, context, findings),
  );
  if (!delegated?.has("SIGNATURE_VERIFIER.REVOCATION_CHECK")) {
    await list.run(
      "revocation",
      actions.revocation,
      () => checkRevocation(verification, signed, trusted),
    );
  }
  if (plugin !== undefined && delegated !== undefined) {
    await verifyByPlugin(verification, { ...plugin, capabilities: [...delegated] }, signed);
  }
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
