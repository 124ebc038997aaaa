import { encodeBase64 } from "../../crypto/mod.ts";
import { type FailureReason, VerificationFailure } from "../../errors.ts";
import type { TrustPolicyStatement } from "../../trust/mod.ts";
import {
  PluginError,
  type PluginRequest,
  type VerificationPlugin,
} from "../verification_plugin.ts";
import type { VerifierContext } from "../verifier.ts";
import { attributesForPlugin, type WantedPlugin } from "./extended_attributes.ts";
import { PAYLOAD_TYPE, VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION } from "./headers.ts";
import type { SignedEnvelope } from "./integrity.ts";
import type { Label } from "./envelope.ts";
import { toPlainJson } from "./plain_json.ts";
import { compareSemanticVersions, isSemanticVersion } from "./semantic_version.ts";

/** What a plugin can do in place of the verifier. */
export type Capability =
  | "SIGNATURE_VERIFIER.TRUSTED_IDENTITY"
  | "SIGNATURE_VERIFIER.REVOCATION_CHECK";

const IDENTITY: Capability = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";
const REVOCATION: Capability = "SIGNATURE_VERIFIER.REVOCATION_CHECK";

/** The zero time, which stands for no expiry. */
const NO_EXPIRY = "0001-01-01T00:00:00Z";

/** What one capability came to. */
export interface PluginVerdict {
  readonly success: boolean;
  readonly reason: string;
}

/**
 * Finds the plugin that a signature asks for, without running any of it.
 *
 * @throws {VerificationFailure} `plugin.not_installed`.
 */
export async function findPlugin(
  { name }: WantedPlugin,
  { plugins }: VerifierContext,
): Promise<VerificationPlugin> {
  const found = await plugins?.find(name) ?? "this build runs no plugins";
  if (typeof found !== "string") return found;
  throw failure(
    "plugin.not_installed",
    `The signature asks for the verification plugin ${JSON.stringify(name)}; ${found}`,
  );
}

/**
 * Asks a plugin what it can do.
 *
 * @throws {VerificationFailure} `plugin.invalid_answer`, `plugin.failed`.
 */
export async function readCapabilities(
  wanted: WantedPlugin,
  plugin: VerificationPlugin,
  { signal }: VerifierContext,
): Promise<ReadonlySet<Capability>> {
  const invalid = invalidAnswer(wanted);
  const metadata = object(await asking(wanted, () => plugin.metadata(signal)), invalid);
  for (const member of ["description", "version", "url"]) {
    if (typeof metadata[member] !== "string") throw invalid(`has no ${member}`);
  }
  if (metadata["name"] !== wanted.name) throw invalid("has another name");
  if (!texts(metadata["supportedContractVersions"]).includes("1.0")) {
    throw invalid("does not know version 1.0 of the protocol");
  }
  const version = String(metadata["version"]);
  if (!isSemanticVersion(version)) throw invalid("has no semantic version");
  const { minVersion } = wanted;
  if (minVersion !== undefined && compareSemanticVersions(version, minVersion) < 0) {
    throw failure(
      "plugin.not_installed",
      `The signature asks for version ${minVersion} of the verification plugin ${wanted.name}; it is ${version}`,
    );
  }
  const listed = texts(metadata["capabilities"]);
  const capabilities = new Set([IDENTITY, REVOCATION].filter((each) => listed.includes(each)));
  if (capabilities.size === 0) throw invalid("cannot verify signatures");
  return capabilities;
}

/** What a plugin is asked to do. */
export interface PluginTask {
  readonly wanted: WantedPlugin;
  readonly plugin: VerificationPlugin;
  readonly capabilities: readonly Capability[];
}

/** What a plugin said. */
export interface PluginOutcome {
  readonly verdicts: ReadonlyMap<Capability, PluginVerdict>;
  /** The attributes that need no processing any more. */
  readonly processed: ReadonlySet<Label>;
}

/**
 * Lets a plugin verify. Every attribute must be processed, and every capability have a result.
 *
 * @throws {VerificationFailure} `plugin.invalid_answer`, `plugin.failed`, `integrity.critical_header`.
 */
export async function runPlugin(
  { wanted, plugin, capabilities }: PluginTask,
  signed: SignedEnvelope,
  statement: TrustPolicyStatement,
  { signal }: VerifierContext,
): Promise<PluginOutcome> {
  const invalid = invalidAnswer(wanted);
  const request = toRequest(signed, statement, capabilities);
  const answer = object(await asking(wanted, () => plugin.verify(request, signal)), invalid);
  const processed = texts(answer["processedAttributes"]);
  const open = request.signature.unprocessedAttributes.find((name) => !processed.includes(name));
  if (open !== undefined) {
    throw failure(
      "integrity.critical_header",
      `The verification plugin ${wanted.name} has not processed the attribute ${
        JSON.stringify(open.slice(0, 100))
      }`,
    );
  }
  const results = object(answer["verificationResults"], invalid);
  const verdicts = new Map<Capability, PluginVerdict>();
  for (const capability of capabilities) {
    if (!Object.hasOwn(results, capability)) throw invalid(`has no result for ${capability}`);
    const { success, reason } = object(results[capability], invalid);
    if (typeof success !== "boolean") throw invalid(`has no result for ${capability}`);
    const why = typeof reason === "string" ? reason.slice(0, 500) : "";
    verdicts.set(capability, { success, reason: why });
  }
  const naming = [VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION];
  return {
    verdicts,
    processed: new Set([...naming, ...request.signature.unprocessedAttributes]),
  };
}

function toRequest(
  { envelope, chain }: SignedEnvelope,
  statement: TrustPolicyStatement,
  capabilities: readonly Capability[],
): PluginRequest {
  const extendedAttributes: Record<string, unknown> = Object.create(null);
  for (const [label, value] of attributesForPlugin(envelope)) {
    if (typeof label !== "string") continue; // cannot be named in JSON; refused if it is critical
    extendedAttributes[label] = toPlainJson(label, value);
  }
  const { scheme, signingTime, expiry } = envelope;
  return {
    contractVersion: "1.0",
    signature: {
      criticalAttributes: {
        contentType: PAYLOAD_TYPE,
        signingScheme: scheme,
        expiry: expiry === undefined ? NO_EXPIRY : rfc3339(expiry),
        ...(scheme === "notary.x509.signingAuthority"
          ? { authenticSigningTime: rfc3339(signingTime) }
          : {}),
        extendedAttributes,
      },
      unprocessedAttributes: Object.keys(extendedAttributes),
      certificateChain: chain.map(({ raw }) => encodeBase64(raw)),
    },
    trustPolicy: {
      trustedIdentities: statement.trustedIdentities ?? [],
      signatureVerification: capabilities,
    },
  };
}

function rfc3339(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) {
    throw failure("plugin.invalid_attribute", "The signature has a time that no calendar has");
  }
  return date.toISOString().replace(".000Z", "Z");
}

async function asking(wanted: WantedPlugin, ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw new VerificationFailure({
      reason: "plugin.failed",
      effect: error.refuses ? "deny" : "undecided",
      transient: error.transient,
      message: `The verification plugin ${wanted.name} ${error.message}`,
      cause: error,
    });
  }
}

function invalidAnswer({ name }: WantedPlugin): (problem: string) => VerificationFailure {
  return (problem) =>
    failure("plugin.invalid_answer", `The answer of the verification plugin ${name} ${problem}`);
}

function object(
  value: unknown,
  invalid: (problem: string) => VerificationFailure,
): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalid("is not what the protocol asks for");
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

function failure(reason: FailureReason, message: string): VerificationFailure {
  return new VerificationFailure({ reason, message });
}
