/** The custom resources that a case of the corpus asks for. */

import { type Case, corpusRoot, type CosignCaseConfig, type NotationCaseConfig } from "./corpus.ts";

const API_VERSION = "config.ratify.deislabs.io/v1beta1";

/** A resource as JSON. */
export type ResourceJson = Readonly<Record<string, unknown>>;

/** A resource of the current version. */
export function resource(kind: string, name: string, spec: ResourceJson): ResourceJson {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec };
}

/** A Store, and a Policy that wants one valid artifact of each type. */
export const COMMON: readonly ResourceJson[] = [
  resource("Store", "store", { name: "oras", parameters: { cosignEnabled: true } }),
  resource("Policy", "ratify-policy", {
    type: "config-policy",
    parameters: { artifactVerificationPolicies: { default: "any" } },
  }),
];

/** A Notation verifier, and a provider for each trust store, of PEM texts by `type:name`. */
export function notationResources(
  stores: ReadonlyMap<string, string>,
  parameters: ResourceJson,
): ResourceJson[] {
  const providers: ResourceJson[] = [];
  const named: Record<string, Record<string, string[]>> = {};
  for (const [store, pem] of stores) {
    const [type = "", name = ""] = store.split(":");
    const provider = `store-${providers.length}`;
    providers.push(resource("KeyManagementProvider", provider, {
      type: "inline",
      parameters: { contentType: "certificate", value: pem },
    }));
    (named[type] ??= {})[name] = [provider];
  }
  const verifier = resource("Verifier", "notation", {
    name: "notation",
    artifactTypes: "application/vnd.cncf.notary.signature",
    parameters: { verificationCertStores: named, ...parameters },
  });
  return [...providers, verifier];
}

/** All resources of a case, as one List. */
export async function caseResources(one: Case): Promise<string> {
  const { notation } = one.config;
  if (notation === undefined) throw new Error(`case ${one.id} is not about Notation`);
  const items = [
    ...COMMON,
    ...notationResources(await storesOf(notation), parametersOf(notation)),
  ];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 1);
}

async function storesOf({ trustStores }: NotationCaseConfig): Promise<Map<string, string>> {
  const root = await corpusRoot();
  const stores = new Map<string, string>();
  for (const [store, files] of Object.entries(trustStores)) {
    const texts = await Promise.all(files.map((file) => Deno.readTextFile(`${root}/${file}`)));
    stores.set(store, texts.join("\n"));
  }
  return stores;
}

function parametersOf(notation: NotationCaseConfig): ResourceJson {
  const { trustPolicy, userMetadata, maxSignatureAttempts } = notation;
  return {
    trustPolicyDoc: trustPolicy,
    ...(userMetadata === undefined ? {} : { userMetadata }),
    ...(maxSignatureAttempts === undefined ? {} : { maxSignatureAttempts }),
  };
}

/** The artifact types of signatures by cosign, in both forms. */
const COSIGN_TYPES =
  "application/vnd.dev.cosign.artifact.sig.v1+json,application/vnd.dev.sigstore.bundle.v0.3+json";

/** A provider whose material is written into its resource. */
export function inlineProvider(name: string, contentType: string, value: string): ResourceJson {
  return resource("KeyManagementProvider", name, {
    type: "inline",
    parameters: { contentType, value },
  });
}

/** A Cosign verifier with one trust policy, `vectors`, for all images. */
export function cosignVerifier(policy: ResourceJson): ResourceJson {
  const trustPolicies = [{ name: "vectors", scopes: ["*"], ...policy }];
  return resource("Verifier", "cosign", {
    name: "cosign",
    artifactTypes: COSIGN_TYPES,
    parameters: { trustPolicies },
  });
}

/** All resources of a Cosign case, as one List. */
export async function cosignCaseResources(one: Case): Promise<string> {
  const { cosign } = one.config;
  if (cosign === undefined) throw new Error(`case ${one.id} is not about cosign`);
  const root = await corpusRoot();
  const read = (path: string): Promise<string> => Deno.readTextFile(`${root}/${path}`);
  const providers: ResourceJson[] = [];
  const policy: Record<string, unknown> = { tLogVerify: cosign.transparencyLog === "offline" };
  const trust = cosign.keyless?.trustedRoot ?? cosign.trustedRoot ?? cosign.rekorPublicKey;
  if (trust !== undefined) {
    const file = `${trust.slice(0, trust.lastIndexOf("/"))}/trusted_root.json`;
    providers.push(inlineProvider("trusted-root", "trustedRoot", await read(file)));
    policy["trustedRoot"] = "trusted-root";
  }
  if (cosign.keyless !== undefined) policy["keyless"] = keylessOf(cosign.keyless);
  const keys = [];
  for (const [index, path] of (cosign.keys ?? []).entries()) {
    providers.push(inlineProvider(`key-${index}`, "key", await read(path)));
    keys.push({ provider: `key-${index}`, hashAlgorithm: cosign.signatureDigestAlgorithm });
  }
  if (keys.length > 0) policy["keys"] = keys;
  if (cosign.requiredAnnotations !== undefined) policy["annotations"] = cosign.requiredAnnotations;
  const items = [...COMMON, ...providers, cosignVerifier(policy)];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 1);
}

function keylessOf(keyless: NonNullable<CosignCaseConfig["keyless"]>): ResourceJson {
  const { certificateIdentity, certificateIdentityRegexp, certificateOidcIssuer } = keyless;
  return {
    ctLogVerify: keyless.requireSct,
    ...(certificateIdentity ? { certificateIdentity } : {}),
    ...(certificateIdentityRegexp ? { certificateIdentityRegExp: certificateIdentityRegexp } : {}),
    certificateOIDCIssuer: certificateOidcIssuer,
  };
}

/** All resources of a case about a document that is attached, as one List. */
export async function contentCaseResources(one: Case): Promise<string> {
  const { config, referrers } = one;
  const artifactTypes = referrers.find(({ digest }) => digest === config.artifact)?.artifactType;
  const nested = config.nestedNotation === undefined
    ? {}
    : { nestedReferences: "application/vnd.cncf.notary.signature" };
  const verifiers = (["sbom", "vulnerabilityreport"] as const)
    .filter((name) => config[name] !== undefined)
    .map((name) =>
      resource("Verifier", name, {
        name,
        artifactTypes,
        parameters: { ...config[name], ...nested },
      })
    );
  const notation = config.notation ?? config.nestedNotation;
  const signatures = notation === undefined ? [] : notationResources(
    await storesOf(notation),
    parametersOf(notation),
  );
  const items = [...COMMON, ...verifiers, ...signatures];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 1);
}
