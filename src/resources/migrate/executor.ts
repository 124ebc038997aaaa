import { COSIGN_SIGNATURE, NOTATION_SIGNATURE } from "../../oci/mod.ts";
import { decodeBase64, decodeUtf8 } from "../../crypto/mod.ts";
import type { Path } from "../document.ts";
import { isObject, type Members } from "../members.ts";
import { type Draft, draftOf } from "./draft.ts";
import { providersOf, referenceTo } from "./executor_keys.ts";
import {
  cosignScopes,
  membersOf,
  notationScopes,
  type Scopes,
  scopesOf,
} from "./executor_scopes.ts";
import type { Report } from "./finding.ts";
import type { Executor, Sources } from "./read_sources.ts";

/** One executor under way. */
interface Work {
  readonly executor: Executor;
  readonly scopes: Scopes;
  /** What names begin with, so that those of several executors differ. */
  readonly prefix: string;
  readonly report: Report;
  readonly drafts: Draft[];
  /** The verifiers that could not be carried over. */
  readonly lost: string[];
}

const KNOWN = ["scopes", "verifiers", "stores", "policyEnforcer", "concurrency"];

/**
 * Makes resources of executors. Those of one scope are made into one set, of which each verifier is only
 * for the images that its executor was for.
 */
export function fromExecutors(sources: Sources, report: Report): Draft[] {
  const byScope = Map.groupBy(sources.executors, ({ namespace }) => namespace);
  return [...byScope].flatMap(([namespace, executors]) => {
    const works = executors.map((executor): Work => ({
      executor,
      scopes: scopesOf(executor, executors.filter((one) => one !== executor), report),
      prefix: executors.length === 1 ? "" : `${executor.name}-`,
      report,
      drafts: [],
      lost: [],
    }));
    for (const work of works) read(work);
    for (const { lost, executor } of works) {
      for (const name of lost) {
        sources.lost.push({ scope: namespace, label: `${executor.label} ${name}` });
      }
    }
    const policy = policyOf(namespace, works, sources, report);
    return [...works.flatMap(({ drafts }) => drafts), ...policy];
  });
}

function read(work: Work): void {
  const { executor, report } = work;
  const { spec } = executor;
  for (const member of Object.keys(spec).filter((name) => !KNOWN.includes(name))) {
    const text = "is left out: no such field is known";
    report.add("dropped", executor, ["spec", member], text, "correct its name");
  }
  if (spec["concurrency"] !== undefined) {
    const text = "is left out: all verifiers run side by side, within one deadline";
    report.add("note", executor, ["spec", "concurrency"], text);
  }
  const stores = Array.isArray(spec["stores"]) ? spec["stores"] : [];
  for (const [index, store] of stores.entries()) {
    readStore(work, membersOf(store), index, stores.length);
  }
  const verifiers = Array.isArray(spec["verifiers"]) ? spec["verifiers"] : [];
  for (const [index, verifier] of verifiers.entries()) {
    readVerifier(work, membersOf(verifier), ["spec", "verifiers", index]);
  }
}

function nameOf(work: Work, name: unknown): string {
  const text = `${work.prefix}${String(name)}`.toLowerCase();
  return text.replace(/[^a-z0-9.-]/g, "-").replace(/^[.-]+|[.-]+$/g, "");
}

function readStore(work: Work, store: Members, index: number, count: number): void {
  const { executor, scopes, report } = work;
  const at: Path = ["spec", "stores", index, "parameters"];
  const parameters = membersOf(store["parameters"]);
  const name = nameOf(work, count === 1 ? "store" : `store-${index + 1}`);
  const add = (spec: Members): void => {
    work.drafts.push(draftOf("Store", executor.namespace, name, spec, executor.source));
  };
  if (store["type"] === "filesystem-oci-store") {
    const { path } = parameters;
    for (const host of scopes.hosts) {
      const text = `images of ${host} are not looked for in the layout: a Store names repositories`;
      report.add("decision", executor, at, text, "list them in repositories of the Store");
    }
    const repositories = Object.fromEntries(scopes.repositories.map((one) => [one, path]));
    return add({ name: "oci-layout", parameters: { repositories } });
  }
  if (store["type"] !== "registry-store") {
    const text = `is left out: there is no store of the type ${String(store["type"])}`;
    report.add("decision", executor, at.slice(0, -1), text, "use registry-store");
    work.lost.push("store");
    return;
  }
  const result: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(parameters)) {
    switch (member) {
      case "plainHttp":
        if (value === true) result["useHttp"] = true;
        break;
      case "allowCosignTag":
        if (value === true) result["cosignEnabled"] = true;
        break;
      case "caPem":
      case "caBase64": {
        const pem = member === "caPem" ? value : textOfBase64(value);
        const hosts = [...scopes.hosts, ...scopes.repositories.map((one) => one.split("/")[0])];
        result["caBundles"] = Object.fromEntries([...new Set(hosts)].map((host) => [host, pem]));
        report.add("note", executor, [...at, member], "is trusted for the hosts of the scopes");
        break;
      }
      case "credential":
        readCredential(work, membersOf(value), [...at, member], result);
        break;
      default:
        report.add(
          ["userAgent", "maxBlobBytes", "maxManifestBytes"].includes(member) ? "note" : "dropped",
          executor,
          [...at, member],
          "is left out: there is no such setting of a Store",
          ["userAgent", "maxBlobBytes", "maxManifestBytes"].includes(member) ? "" : "correct it",
        );
    }
  }
  add({ name: "oras", ...(Object.keys(result).length > 0 ? { parameters: result } : {}) });
}

function textOfBase64(value: unknown): string {
  try {
    return decodeUtf8(decodeBase64(String(value)));
  } catch {
    return ""; // which no bundle is: the Store says so
  }
}

function readCredential(
  { executor, report }: Work,
  credential: Members,
  at: Path,
  result: Record<string, unknown>,
): void {
  const { provider, ...options } = credential;
  if (provider === "azure") {
    const { clientID, tenantID } = options;
    result["authProvider"] = {
      name: "azureWorkloadIdentity",
      ...(clientID === undefined ? {} : { clientID }),
      ...(tenantID === undefined ? {} : { tenantID }),
    };
    const text = "is printed as azureWorkloadIdentity, for registries of Azure";
    report.add("changed", executor, at, text, "use azureManagedIdentity where that was meant");
    return;
  }
  report.add(
    "decision",
    executor,
    at,
    "is left out: credentials do not stand in a Store, so that registries are asked without",
    "name a Secret with the provider k8Secrets, or files with static",
  );
}

function readVerifier(work: Work, verifier: Members, at: Path): void {
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

/** One policy for all executors of a scope: the rules of one of them must hold. */
function policyOf(
  namespace: string,
  works: readonly Work[],
  sources: Sources,
  report: Report,
): Draft[] {
  const groups = works.flatMap((work) => {
    const { executor } = work;
    const at = ["spec", "policyEnforcer"];
    const enforcer = membersOf(executor.spec["policyEnforcer"]);
    const policy = membersOf(membersOf(enforcer["parameters"])["policy"]);
    if (enforcer["type"] !== "threshold-policy" || !Array.isArray(policy["rules"])) {
      report.add(
        "decision",
        executor,
        at,
        executor.spec["policyEnforcer"] === undefined
          ? "is missing: nothing was decided there, and everything is denied here"
          : "is left out, and everything is denied: it is no threshold-policy with rules",
        "write a Policy",
      );
      sources.lost.push({ scope: namespace, label: `${executor.label} policyEnforcer` });
      return [];
    }
    return [{ ...renamed(policy, work), source: executor.source }];
  });
  const [first] = groups;
  if (first === undefined) return [];
  const rules = groups.map(({ source: _, ...group }) => group);
  const policy = rules.length === 1 ? rules[0] : { threshold: 1, rules };
  const spec = { type: "threshold-policy", parameters: { policy } };
  return [draftOf("Policy", namespace, "ratify-policy", spec, first.source)];
}

/** Rules with the names that verifiers have here; a threshold of 0 is none. */
function renamed(rule: Members, work: Work): Members {
  const { verifierName, threshold, rules, ...others } = rule;
  return {
    ...others,
    ...(verifierName === undefined || verifierName === ""
      ? {}
      : { verifierName: nameOf(work, verifierName) }),
    ...(threshold === undefined || threshold === 0 ? {} : { threshold }),
    ...(Array.isArray(rules) && rules.length > 0
      ? { rules: rules.map((one) => isObject(one) ? renamed(one, work) : one) }
      : {}),
  };
}
