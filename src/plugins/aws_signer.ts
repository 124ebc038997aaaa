import {
  AwsCredentialSource,
  type AwsSurroundings,
  CloudError,
  getRevocationStatus,
  type SignerQuestion,
} from "../cloud/mod.ts";
import {
  type Bytes,
  decodeBase64,
  FormatError,
  hash,
  LruMap,
  parseCertificate,
  toHex,
} from "../crypto/mod.ts";
import { PluginError, type PluginRequest, type VerificationPlugin } from "../verifiers/mod.ts";

/** The name by which signatures of AWS Signer ask for it. */
export const AWS_SIGNER = "com.amazonaws.signer.notation.plugin";

const PROFILE_VERSION = "com.amazonaws.signer.signingProfileVersion";
const JOB = "com.amazonaws.signer.signingJob";
const ALIAS = "com.amazonaws.signer.signingProfileAlias";

const IDENTITY = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";
const REVOCATION = "SIGNATURE_VERIFIER.REVOCATION_CHECK";

/** How long an answer about a signature is used again. */
const KEEP_MS = 60_000;

/** `arn:PARTITION:signer:REGION:ACCOUNT:RESOURCE`. */
const ARN = /^arn:[a-z0-9-]+:signer:([a-z0-9-]+):[0-9]+:(\/.+)$/i;

interface Result {
  readonly success: boolean;
  readonly reason: string;
}

/**
 * What the verification plugin of AWS Signer does, built in: signing profiles as trusted identities, and
 * whether a profile, a job or a certificate was revoked.
 */
export class AwsSignerPlugin implements VerificationPlugin {
  readonly #surroundings: AwsSurroundings;
  readonly #credentials: AwsCredentialSource;
  readonly #known = new LruMap<string, { readonly until: number; readonly result: Result }>(4096);

  constructor(surroundings: AwsSurroundings) {
    this.#surroundings = surroundings;
    this.#credentials = new AwsCredentialSource(surroundings);
  }

  /** See {@link VerificationPlugin}. */
  metadata(): Promise<unknown> {
    return Promise.resolve({
      name: AWS_SIGNER,
      description: "AWS Signer, built into Assay",
      version: "1.1.0",
      url: "https://docs.aws.amazon.com/signer",
      supportedContractVersions: ["1.0"],
      capabilities: [IDENTITY, REVOCATION],
    });
  }

  /** See {@link VerificationPlugin}. */
  async verify(request: PluginRequest, signal: AbortSignal): Promise<unknown> {
    const { criticalAttributes, unprocessedAttributes } = request.signature;
    const { signatureVerification, trustedIdentities } = request.trustPolicy;
    const signature = readSignature(request);
    const verificationResults: Record<string, Result> = {};
    if (signatureVerification.includes(IDENTITY)) {
      verificationResults[IDENTITY] = matchIdentity(signature, trustedIdentities);
    }
    if (signatureVerification.includes(REVOCATION)) {
      verificationResults[REVOCATION] = await this.#checkRevocation({
        certificateHashes: hashesOf(request.signature.certificateChain),
        jobArn: signature.job,
        profileVersionArn: signature.profileVersion,
        signatureTimestamp: criticalAttributes.authenticSigningTime ?? "",
        region: signature.region,
      }, signal);
    }
    const processedAttributes = unprocessedAttributes.filter((name) =>
      [PROFILE_VERSION, JOB, ALIAS].includes(name)
    );
    return { verificationResults, processedAttributes };
  }

  async #checkRevocation(question: SignerQuestion, signal: AbortSignal): Promise<Result> {
    const key = JSON.stringify(question);
    const known = this.#known.get(key);
    const now = this.#surroundings.now().getTime();
    if (known !== undefined && known.until > now) return known.result;
    let revoked: readonly string[];
    try {
      revoked = await getRevocationStatus(
        question,
        this.#credentials,
        this.#surroundings,
        signal,
      );
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      throw new PluginError(
        `could not find out the revocation status: ${error.message}`,
        error.transient ? "transient" : "lasting",
      );
    }
    const result = revoked.length === 0
      ? { success: true, reason: "neither profile, job nor certificates are revoked" }
      : { success: false, reason: `revoked: ${revoked.slice(0, 5).join(", ")}` };
    this.#known.set(key, { until: now + KEEP_MS, result });
    return result;
  }
}

interface SignerSignature {
  readonly profileVersion: string;
  readonly job: string;
  readonly alias: string | undefined;
  readonly region: string;
}

function readSignature({ signature }: PluginRequest): SignerSignature {
  const { signingScheme, authenticSigningTime, extendedAttributes } = signature.criticalAttributes;
  if (signingScheme !== "notary.x509.signingAuthority" || authenticSigningTime === undefined) {
    throw new PluginError(
      "refuses it: AWS Signer signs under notary.x509.signingAuthority only",
      "refuses",
    );
  }
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(extendedAttributes, name) ? extendedAttributes[name] : undefined;
    return typeof value === "string" ? value : undefined;
  };
  const [profileVersion, job] = [text(PROFILE_VERSION), text(JOB)];
  const region = ARN.exec(profileVersion ?? "")?.[1];
  if (profileVersion === undefined || job === undefined || region === undefined) {
    throw new PluginError(
      `refuses it: the signature lacks ${PROFILE_VERSION} or ${JOB}, or they are not ARNs`,
      "refuses",
    );
  }
  return { profileVersion, job, alias: text(ALIAS), region };
}

/** The signing profile, one version of it, or an alias must be among the trusted identities. */
function matchIdentity(
  { profileVersion, alias }: SignerSignature,
  identities: readonly string[],
): Result {
  if (identities.includes("*")) {
    return {
      success: false,
      reason: 'the trusted identity "*" is not allowed with AWS Signer: name the signing profiles',
    };
  }
  const profile = profileVersion.slice(0, profileVersion.lastIndexOf("/"));
  for (const identity of identities) {
    const resource = ARN.exec(identity)?.[2]?.toLowerCase() ?? "";
    const candidate = /^\/signing-profiles\/[^/]+$/.test(resource)
      ? profile
      : /^\/signing-profiles\/[^/]+\/[^/]+$/.test(resource) ||
          resource.startsWith("/aliased-signing-profiles/")
      ? profileVersion
      : resource.startsWith("/aliases/")
      ? alias
      : undefined;
    if (candidate !== undefined && candidate.toLowerCase() === identity.toLowerCase()) {
      return { success: true, reason: `the signer matches ${identity}` };
    }
  }
  return {
    success: false,
    reason: `the signing profile ${profileVersion} is none of the trusted identities`,
  };
}

/** Each certificate's hash beside that of the one that issued it; the root issued itself. */
function hashesOf(chain: readonly string[]): string[] {
  try {
    const hashes = chain.map((text) => tbsHash(decodeBase64(text)));
    return hashes.map((own, index) => own + (hashes[index + 1] ?? own));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new PluginError(`refuses it: ${error.message}`, "refuses");
  }
}

function tbsHash(der: Bytes): string {
  return toHex(hash("SHA-384", parseCertificate(der).tbs));
}
