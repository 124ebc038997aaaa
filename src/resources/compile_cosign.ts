import type { HashName, PublicKey } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { readPublicKeyFile } from "../keys/mod.ts";
import { createLogClient } from "../rekor/mod.ts";
import type { TrustedRoot } from "../trust/mod.ts";
import {
  compileExpression,
  type CosignTrustPolicy,
  createCosignVerifier,
  exactly,
  type IdentityPolicy,
  isAnchored,
  type KeySource,
  type TextMatcher,
  type TrustedSigners,
  type Verifier,
} from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { checkCosign, type TrustPolicy } from "./check_cosign.ts";
import { expandHome, type VerifierEnvironment } from "./compile_notation.ts";
import { defaultTrustedRoot } from "./default_trusted_root.ts";
import type { Path } from "./document.ts";

const HASHES: Readonly<Record<string, HashName>> = {
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

/** One client for all verifiers, so that what is under way at once is bounded over all of them. */
export const askLog = createLogClient("assay");

/** Compiles the parameters of a Cosign verifier; undefined, with problems, when they are wrong. */
export async function compileCosign(
  candidate: Candidate,
  artifactTypes: readonly string[],
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<Verifier | undefined> {
  const parameters = checkCosign(candidate, environment, problems);
  if (parameters === undefined) return undefined;
  const { trustPolicies = [], nestedArtifactTypes = [], key, rekorURL } = parameters;
  const at = candidate.parametersPath;
  const context = { candidate, environment, problems };
  const compiled = await compileTrustPolicies(trustPolicies, context);
  if (key !== undefined && trustPolicies.length === 0) {
    const source = await readKey(key, undefined, [...at, "key"], context);
    if (source !== undefined) compiled.push(legacyPolicy(source, rekorURL));
  }
  return createCosignVerifier({
    name: candidate.name,
    type: "cosign",
    artifactTypes,
    nestedReferences: nestedArtifactTypes,
    trustPolicies: compiled,
    trustedRoot: await rootFor(compiled, context),
    askLog: environment.askLog ?? askLog,
    legacyReport: trustPolicies.length === 0,
  });
}

/** Compiles the trust policies of a verifier; one with problems is left out. */
export async function compileTrustPolicies(
  trustPolicies: readonly TrustPolicy[],
  context: Context,
): Promise<CosignTrustPolicy[]> {
  const compiled: CosignTrustPolicy[] = [];
  for (const [index, policy] of trustPolicies.entries()) {
    const path = [...context.candidate.parametersPath, "trustPolicies", index];
    const signers = await compileSigners(policy, path, context);
    if (signers !== undefined) compiled.push({ ...commonParts(policy), signers });
  }
  return compiled;
}

/** The trusted root for policies that name none, if any of them needs one. */
export async function rootFor(
  policies: readonly CosignTrustPolicy[],
  { candidate, environment, problems }: Context,
): Promise<TrustedRoot | undefined> {
  const needed = policies.some(({ trustedRoot, requireLog, signers }) =>
    trustedRoot === undefined && (requireLog || signers.kind === "keyless")
  );
  return needed ? await defaultTrustedRoot(candidate, environment, problems) : undefined;
}

/** Where a verifier is compiled. */
export interface Context {
  readonly candidate: Candidate;
  readonly environment: VerifierEnvironment;
  readonly problems: ProblemList;
}

function commonParts(policy: TrustPolicy): Omit<CosignTrustPolicy, "signers"> {
  const { name, scopes, tLogVerify, trustedRoot, rekorURL, annotations = {} } = policy;
  return {
    name,
    scopes,
    requireLog: tLogVerify,
    trustedRoot,
    logUrl: rekorURL === undefined ? undefined : searchUrl(rekorURL),
    annotations,
  };
}

/** Where a Rekor v1 log is asked for entries, by its base address. */
function searchUrl(base: string): URL {
  return new URL("api/v1/log/entries/retrieve", base.endsWith("/") ? base : `${base}/`);
}

/**
 * A verifier with a key of its own in place of trust policies: any image. Signatures must be in a log
 * where one is named.
 */
function legacyPolicy(source: KeySource, rekorURL: string | undefined): CosignTrustPolicy {
  return {
    name: "key",
    scopes: ["*"],
    signers: { kind: "keys", sources: [source] },
    requireLog: rekorURL !== undefined,
    trustedRoot: undefined,
    logUrl: rekorURL === undefined ? undefined : searchUrl(rekorURL),
    annotations: {},
  };
}

async function compileSigners(
  policy: TrustPolicy,
  path: Path,
  context: Context,
): Promise<TrustedSigners | undefined> {
  if (policy.keyless !== undefined) {
    const identity = await compileIdentity(policy.keyless, [...path, "keyless"], context);
    if (identity === undefined) return undefined;
    return { kind: "keyless", identity, requireCertificateLog: policy.keyless.ctLogVerify };
  }
  const sources: KeySource[] = [];
  for (const [index, key] of (policy.keys ?? []).entries()) {
    const { provider, name, version = "", file, hashAlgorithm } = key;
    const hash = hashAlgorithm === undefined ? undefined : HASHES[hashAlgorithm];
    if (provider !== undefined) {
      sources.push({ kind: "provider", provider, name, version, hash });
    } else if (file !== undefined && context.candidate.scope === "") {
      const source = await readKey(file, hash, [...path, "keys", index, "file"], context);
      if (source !== undefined) sources.push(source);
    }
  }
  return { kind: "keys", sources };
}

async function readKey(
  file: string,
  hash: HashName | undefined,
  path: Path,
  { candidate, environment, problems }: Context,
): Promise<KeySource | undefined> {
  if (candidate.scope !== "") return undefined; // it has been refused
  let key: PublicKey;
  try {
    key = await readPublicKeyFile(expandHome(file, environment.home));
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    problems.of(candidate, path, error.message, { code: "KEY_INVALID" });
    return undefined;
  }
  environment.inputs.push(JSON.stringify([candidate.name, file, key.fingerprint]));
  return { kind: "file", path: file, key, hash };
}

async function compileIdentity(
  keyless: NonNullable<TrustPolicy["keyless"]>,
  path: Path,
  context: Context,
): Promise<IdentityPolicy | undefined> {
  const identity = await compileMatcher(keyless, "certificateIdentity", path, context);
  const issuer = await compileMatcher(keyless, "certificateOIDCIssuer", path, context);
  return identity && issuer && { identity, issuer };
}

function compileMatcher(
  keyless: NonNullable<TrustPolicy["keyless"]>,
  field: "certificateIdentity" | "certificateOIDCIssuer",
  path: Path,
  context: Context,
): Promise<TextMatcher | undefined> {
  const text = keyless[field];
  const pattern = keyless[`${field}RegExp`];
  if (pattern !== undefined) return compilePattern(pattern, [...path, `${field}RegExp`], context);
  return Promise.resolve(text === undefined ? undefined : exactly(text));
}

/** Compiles a regular expression; undefined, with a problem, when it is none. */
export async function compilePattern(
  pattern: string,
  at: Path,
  { candidate, problems }: Context,
): Promise<TextMatcher | undefined> {
  const matcher = await compileExpression(pattern);
  if (typeof matcher === "string") {
    problems.of(candidate, at, matcher);
    return undefined;
  }
  if (!isAnchored(pattern)) {
    const warning = "fits every text that has a match in it: write ^(?:…)$ for the whole text";
    problems.of(candidate, at, warning, { severity: "warning" });
  }
  return matcher;
}
