/** The short names of predicate types that tools know, and what they stand for. */
export const PREDICATE_TYPES: Readonly<Record<string, string>> = {
  slsaprovenance: "https://slsa.dev/provenance/v0.2",
  slsaprovenance02: "https://slsa.dev/provenance/v0.2",
  slsaprovenance1: "https://slsa.dev/provenance/v1",
  spdx: "https://spdx.dev/Document",
  spdxjson: "https://spdx.dev/Document",
  cyclonedx: "https://cyclonedx.org/bom",
  vuln: "https://cosign.sigstore.dev/attestation/vuln/v1",
  link: "https://in-toto.io/Link/v1",
  custom: "https://cosign.sigstore.dev/attestation/v1",
};

/**
 * Where the two versions of SLSA provenance have what conditions have names for. The first path that
 * leads to a value counts.
 */
export const PROVENANCE_PATHS = {
  builderID: ["$.runDetails.builder.id", "$.builder.id"],
  buildType: ["$.buildDefinition.buildType", "$.buildType"],
  sourceRepository: [
    "$.buildDefinition.externalParameters.workflow.repository",
    "$.buildDefinition.externalParameters.source.uri",
    "$.buildDefinition.externalParameters.source",
    "$.invocation.configSource.uri",
    "$.buildDefinition.resolvedDependencies[0].uri",
    "$.materials[0].uri",
  ],
} as const;

/** A repository's address without what is said beside it: `git+`, `.git`, `@refs/…`, a final `/`. */
export function repositoryOf(uri: string): string {
  return uri.replace(/^git\+/, "").replace(
    /@[^@/]*(?:\/[^@]*)?$/,
    (at) => at.startsWith("@refs/") || /^@[0-9a-f]{7,64}$/.test(at) ? "" : at,
  ).replace(/\/$/, "")
    .replace(/\.git$/, "");
}
