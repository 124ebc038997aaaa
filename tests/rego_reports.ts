/** Documents in the form 1.1.0, by hand and at random, for policies in Rego and CEL. */

import fc from "fast-check";

export const NOTATION = "application/vnd.cncf.notary.signature";
export const SPDX = "application/spdx+json";
export const SARIF = "application/sarif+json";
const TYPES: Readonly<Record<string, string>> = {
  [NOTATION]: "notation",
  [SPDX]: "sbom",
  [SARIF]: "vulnerabilityreport",
};

/** Something attached. */
export interface WrittenArtifact {
  readonly subject: string;
  readonly referenceDigest: string;
  readonly artifactType: string;
  readonly verifierReports: readonly object[];
  readonly nestedReports: readonly WrittenArtifact[];
}

/** Something attached, with one report, or none for `undefined`. */
export function artifact(
  artifactType: string,
  isSuccess: boolean | undefined,
  more: { extensions?: object; nested?: readonly WrittenArtifact[]; name?: string } = {},
): WrittenArtifact {
  const type = TYPES[artifactType] ?? "other";
  const name = more.name ?? type;
  return {
    subject: "registry.example.com/app:v1",
    referenceDigest: `sha256:${"1".repeat(64)}`,
    artifactType,
    verifierReports: isSuccess === undefined ? [] : [{
      isSuccess,
      message: "",
      name,
      extensions: more.extensions ?? null,
      ...(isSuccess ? {} : { errorReason: "expiry", remediation: "none" }),
      verifierName: name,
      type,
      verifierType: type,
    }],
    nestedReports: more.nested ?? [],
  };
}

const simple = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom(null, 0.5, 1e-7));
const value = fc.oneof(simple, fc.array(simple, { maxLength: 3 }));
const extensions: fc.Arbitrary<object> = fc.oneof(
  fc.constant({}),
  fc.record({ createdAt: fc.constantFrom("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "", 7) }),
  fc.record({ Issuer: fc.constantFrom("CN=a", "CN=b,O=x") }),
  fc.dictionary(fc.string({ maxLength: 4 }), value, { maxKeys: 3 }),
);

/** Trees of artifacts, three levels deep at most. */
const artifacts: fc.Arbitrary<WrittenArtifact> = fc.letrec<
  { artifact: WrittenArtifact }
>((tie) => ({
  artifact: fc.tuple(
    fc.constantFrom(NOTATION, SPDX, SARIF, "application/other"),
    fc.array(fc.tuple(fc.boolean(), extensions), { maxLength: 3 }),
    fc.oneof(
      { maxDepth: 2, depthIdentifier: "nested" },
      fc.constant([]),
      fc.array(tie("artifact"), { maxLength: 2, depthIdentifier: "nested" }),
    ),
  ).map(([artifactType, reports, nested]) => ({
    ...artifact(artifactType, undefined, { nested }),
    verifierReports: reports.flatMap(([isSuccess, extensions]) =>
      artifact(artifactType, isSuccess, { extensions }).verifierReports
    ),
  })),
})).artifact;

/** Documents with up to three artifacts. */
export const documents: fc.Arbitrary<{ verifierReports: readonly WrittenArtifact[] }> = fc.record({
  verifierReports: fc.array(artifacts, { maxLength: 3 }),
});
