import assert from "node:assert/strict";
import { checkTrustPolicyDocument, parseTrustStore } from "./policy_document.ts";
import type { TrustPolicyDocument, TrustPolicyStatement } from "./trust_policy.ts";

const STATEMENT: TrustPolicyStatement = {
  name: "default",
  registryScopes: ["*"],
  signatureVerification: { level: "strict" },
  trustStores: ["ca:acme"],
  trustedIdentities: ["*"],
};

function document(...statements: readonly Partial<TrustPolicyStatement>[]): TrustPolicyDocument {
  return {
    version: "1.0",
    trustPolicies: statements.map((change) => ({ ...STATEMENT, ...change })),
  };
}

function problems(policy: TrustPolicyDocument): string[] {
  return checkTrustPolicyDocument(policy).map(({ path, message }) =>
    `${path.join(".")}: ${message}`
  );
}

const GOOD: Record<string, TrustPolicyDocument> = {
  "one statement for all": document({}),
  "an exact scope beside all": document({}, { name: "b", registryScopes: ["r.io/app"] }),
  "overrides": document({
    signatureVerification: {
      level: "permissive",
      override: { expiry: "enforce", revocation: "skip" },
    },
  }),
  "a skip for one repository": document({
    registryScopes: ["r.io/app"],
    signatureVerification: { level: "skip" },
    trustStores: [],
    trustedIdentities: undefined,
  }),
  "all store types": document({ trustStores: ["ca:a", "signingAuthority:b", "tsa:c_d.e-f"] }),
  "identities that differ": document({
    trustedIdentities: ["x509.subject: C=US,ST=WA,O=a", "x509.subject:C=US, ST=WA, O=b"],
  }),
  "an identity of a plugin": document({ trustedIdentities: ["arn:aws:signer:x"] }),
  "timestamps": document({
    signatureVerification: { level: "strict", verifyTimestamp: "afterCertExpiry" },
  }),
};

for (const [what, policy] of Object.entries(GOOD)) {
  Deno.test(`checkTrustPolicyDocument takes ${what}`, () => assert.deepEqual(problems(policy), []));
}

const skip = { registryScopes: ["r.io/app"], trustStores: [], trustedIdentities: [] };
const bad = (value: unknown): never => value as never;

const BAD: Record<string, readonly [TrustPolicyDocument, string]> = {
  "another version": [{ ...document({}), version: "1.1" }, "version"],
  "no statement": [document(), "trustPolicies"],
  "an empty name": [document({ name: "" }), "trustPolicies.0.name"],
  "a repeated name": [document({}, { registryScopes: ["r.io/a"] }), "trustPolicies.1.name"],
  "no scope": [document({ registryScopes: [] }), "trustPolicies.0.registryScopes"],
  "the wildcard beside others": [
    document({ registryScopes: ["r.io/a", "*"] }),
    "trustPolicies.0.registryScopes.1",
  ],
  "a wrong scope": [document({ registryScopes: ["app"] }), "trustPolicies.0.registryScopes.0"],
  "a scope twice": [
    document({ registryScopes: ["r.io/a"] }, { name: "b", registryScopes: ["r.io/a"] }),
    "trustPolicies.1.registryScopes.0",
  ],
  "a scope twice in two spellings": [
    document({ registryScopes: ["r.io/a"] }, { name: "b", registryScopes: ["R.IO:443/a"] }),
    "trustPolicies.1.registryScopes.0",
  ],
  "two wildcards": [document({}, { name: "b" }), "trustPolicies.1.registryScopes.0"],
  "an unknown level": [
    document({ signatureVerification: { level: bad("Strict") } }),
    "trustPolicies.0.signatureVerification.level",
  ],
  "skip for everything": [
    document({ ...skip, registryScopes: ["*"], signatureVerification: { level: "skip" } }),
    "trustPolicies.0.signatureVerification.level",
  ],
  "skip with an override": [
    document({ ...skip, signatureVerification: { level: "skip", override: { expiry: "log" } } }),
    "trustPolicies.0.signatureVerification.override",
  ],
  "skip with stores": [
    document({ ...skip, trustStores: ["ca:a"], signatureVerification: { level: "skip" } }),
    "trustPolicies.0.trustStores",
  ],
  "skip with identities": [
    document({ ...skip, trustedIdentities: ["*"], signatureVerification: { level: "skip" } }),
    "trustPolicies.0.trustedIdentities",
  ],
  "an override of integrity": [
    document({ signatureVerification: { level: "strict", override: { integrity: "log" } } }),
    "trustPolicies.0.signatureVerification.override.integrity",
  ],
  "an override of nothing known": [
    document({ signatureVerification: { level: "strict", override: bad({ expiri: "log" }) } }),
    "trustPolicies.0.signatureVerification.override.expiri",
  ],
  "an unknown action": [
    document({ signatureVerification: { level: "strict", override: { expiry: bad("warn") } } }),
    "trustPolicies.0.signatureVerification.override.expiry",
  ],
  "a skip of expiry": [
    document({ signatureVerification: { level: "strict", override: { expiry: "skip" } } }),
    "trustPolicies.0.signatureVerification.override.expiry",
  ],
  "an unknown verifyTimestamp": [
    document({ signatureVerification: { level: "strict", verifyTimestamp: bad("never") } }),
    "trustPolicies.0.signatureVerification.verifyTimestamp",
  ],
  "no store": [document({ trustStores: [] }), "trustPolicies.0.trustStores"],
  "a store without type": [document({ trustStores: ["acme"] }), "trustPolicies.0.trustStores.0"],
  "a store of an unknown type": [
    document({ trustStores: ["CA:acme"] }),
    "trustPolicies.0.trustStores.0",
  ],
  "a store with a slash": [document({ trustStores: ["ca:a/b"] }), "trustPolicies.0.trustStores.0"],
  "no identity": [document({ trustedIdentities: [] }), "trustPolicies.0.trustedIdentities"],
  "the wildcard beside identities": [
    document({ trustedIdentities: ["*", "x509.subject:C=US,ST=WA,O=a"] }),
    "trustPolicies.0.trustedIdentities.0",
  ],
  "an identity without prefix": [
    document({ trustedIdentities: ["acme"] }),
    "trustPolicies.0.trustedIdentities.0",
  ],
  "an empty subject": [
    document({ trustedIdentities: ["x509.subject: "] }),
    "trustPolicies.0.trustedIdentities.0",
  ],
  "a subject without C": [
    document({ trustedIdentities: ["x509.subject: ST=WA,O=a"] }),
    "trustPolicies.0.trustedIdentities.0",
  ],
  "a subject without ST": [
    document({ trustedIdentities: ["x509.subject: C=US,O=a"] }),
    "trustPolicies.0.trustedIdentities.0",
  ],
  "a subject without O": [
    document({ trustedIdentities: ["x509.subject: C=US,ST=WA"] }),
    "trustPolicies.0.trustedIdentities.0",
  ],
  "overlapping identities": [
    document({
      trustedIdentities: ["x509.subject:C=US,ST=WA,O=a", "x509.subject:C=US,ST=WA,O=a,CN=b"],
    }),
    "trustPolicies.0.trustedIdentities.1",
  ],
  "equal identities": [
    document({ trustedIdentities: ["x509.subject:C=US,ST=WA,O=a", "x509.subject:O=a,ST=WA,C=US"] }),
    "trustPolicies.0.trustedIdentities.1",
  ],
};

for (const [what, [policy, path]] of Object.entries(BAD)) {
  Deno.test(`checkTrustPolicyDocument refuses ${what}, at its place`, () => {
    const found = checkTrustPolicyDocument(policy);
    assert.deepEqual(found.map((issue) => issue.path.join(".")), [path]);
    assert.equal(found[0]?.severity, "error");
  });
}

Deno.test("parseTrustStore splits at the first colon", () => {
  assert.deepEqual(parseTrustStore("ca:a"), { type: "ca", name: "a" });
  assert.equal(parseTrustStore("ca:a:b"), undefined);
  assert.equal(parseTrustStore("ca:"), undefined);
  assert.equal(parseTrustStore(":a"), undefined);
});
