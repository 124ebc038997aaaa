import { COSIGN_SIGNATURE, NOTATION_SIGNATURE } from "../../oci/mod.ts";
import type { Path } from "../document.ts";
import type { Members } from "../members.ts";
import { draftOf } from "./draft.ts";
import { providersOf, referenceTo } from "./executor_keys.ts";
import { cosignScopes, membersOf, notationScopes } from "./executor_scopes.ts";
import { nameOf, type Work } from "./executor_work.ts";

/** Adds the Verifier that stands for one of the verifiers of an executor, and its providers. */
export function readVerifier(work: Work, verifier: Members, at: Path): void {
  const { executor, report } = work;
  const { type } = verifier;
  const name = nameOf(work, verifier["name"]);
  const parameters = membersOf(verifier["parameters"]);
  const below = [...at, "parameters"];
  const made = type === "notation"
    ? notationVerifier(work, parameters, below, name)
    : type === "cosign"
    ? cosignVerifier(work, parameters, below, name)
    : undefined;
  if (made === undefined) {
    const text = type === "notation" || type === "cosign"
      ? `verifier ${name} is left out: no image remains that it is for`
      : `verifier ${name} is left out: there is no type ${String(type)}`;
    report.add("decision", executor, at, text, "write a Verifier that stands for it");
    work.lost.push(`verifier ${name}`);
    return;
  }
  const spec = { name: type, artifactTypes: made.artifactTypes, parameters: made.parameters };
  work.drafts.push(draftOf("Verifier", executor.namespace, name, spec, executor.source));
}

interface Made {
  readonly artifactTypes: string;
  readonly parameters: Members;
}

function reportUnknown(
  { executor, report }: Work,
  members: Members,
  known: readonly string[],
  at: Path,
): void {
  for (const member of Object.keys(members).filter((name) => !known.includes(name))) {
    const text = "is left out: no such field is known";
    report.add("dropped", executor, [...at, member], text, "correct its name");
  }
}

function notationVerifier(
  work: Work,
  parameters: Members,
  at: Path,
  name: string,
): Made | undefined {
  const { executor, scopes, report } = work;
  reportUnknown(work, parameters, ["scopes", "trustedIdentities", "certificates"], at);
  const registryScopes = notationScopes(parameters["scopes"], scopes, executor, report);
  if (registryScopes.length === 0) return undefined;
  const stores: Record<string, Record<string, string[]>> = {};
  const certificates = Array.isArray(parameters["certificates"]) ? parameters["certificates"] : [];
  for (const [index, entry] of certificates.entries()) {
    const type = String(membersOf(entry)["type"] ?? "ca");
    const path = [...at, "certificates", index];
    const called = `${name}-${type.toLowerCase()}`;
    const providers = providersOf(executor, "certificate", entry, path, called, report);
    work.drafts.push(...providers);
    stores[type] = { [name]: providers.map(referenceTo) };
  }
  const trustStores = Object.keys(stores).map((type) => `${type}:${name}`);
  const trustedIdentities = parameters["trustedIdentities"] ?? ["*"];
  const statement = {
    name: "default",
    registryScopes,
    signatureVerification: { level: "strict" },
    trustStores,
    trustedIdentities,
  };
  return {
    artifactTypes: NOTATION_SIGNATURE,
    parameters: {
      verificationCertStores: stores,
      trustPolicyDoc: { version: "1.0", trustPolicies: [statement] },
    },
  };
}

const COSIGN_FIELDS = [
  "scopes",
  "certificateIdentity",
  "certificateIdentityRegex",
  "certificateOIDCIssuer",
  "certificateOIDCIssuerRegex",
  "ignoreTLog",
  "ignoreCTLog",
  "ignoreObserverTimestamps",
  "keys",
];

function cosignVerifier(work: Work, parameters: Members, at: Path, name: string): Made | undefined {
  const { executor, scopes, report } = work;
  reportUnknown(work, parameters, ["trustPolicies"], at);
  const given = Array.isArray(parameters["trustPolicies"]) ? parameters["trustPolicies"] : [];
  const trustPolicies = given.flatMap((one, index): Members[] => {
    const policy = membersOf(one);
    const path = [...at, "trustPolicies", index];
    reportUnknown(work, policy, COSIGN_FIELDS, path);
    const within = cosignScopes(policy["scopes"], scopes);
    if (within.length === 0) {
      const text = "is left out: none of its scopes can be carried over";
      report.add("decision", executor, path, text, "write a trust policy with scopes for it");
      return [];
    }
    if (policy["ignoreObserverTimestamps"] !== undefined) {
      const text = "is left out: timestamps that are there are checked";
      report.add("note", executor, [...path, "ignoreObserverTimestamps"], text);
    }
    const tLogVerify = policy["ignoreTLog"] !== true;
    const common = { name: `policy-${index + 1}`, scopes: within, tLogVerify };
    if (policy["keys"] !== undefined) {
      const called = given.length === 1 ? `${name}-key` : `${name}-${index + 1}-key`;
      const keysPath = [...path, "keys"];
      const keys = providersOf(executor, "key", policy["keys"], keysPath, called, report);
      work.drafts.push(...keys);
      return [{ ...common, keys: keys.map((key) => ({ provider: referenceTo(key) })) }];
    }
    const keyless = {
      ...(policy["ignoreCTLog"] === true ? { ctLogVerify: false } : {}),
      certificateIdentity: policy["certificateIdentity"],
      certificateIdentityRegExp: policy["certificateIdentityRegex"],
      certificateOIDCIssuer: policy["certificateOIDCIssuer"],
      certificateOIDCIssuerRegExp: policy["certificateOIDCIssuerRegex"],
    };
    const set = Object.entries(keyless).filter(([, value]) => value !== undefined && value !== "");
    return [{ ...common, keyless: Object.fromEntries(set) }];
  });
  if (trustPolicies.length === 0) return undefined;
  return { artifactTypes: COSIGN_SIGNATURE, parameters: { trustPolicies } };
}
