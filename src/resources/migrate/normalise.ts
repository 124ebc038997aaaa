import { isObject, type Members } from "../members.ts";
import { namesBuiltInPlugin } from "../plugin_fields.ts";
import type { Path } from "../document.ts";
import { RESOURCE_SCHEMAS } from "../schema/catalog.ts";
import { authProviders } from "../schema/store.ts";
import { readCertificateList } from "../compile_azurekeyvault.ts";
import type { ResourceClass } from "../candidate.ts";
import { validate } from "../validate.ts";
import { classOf, type Draft, draftOf } from "./draft.ts";
import type { Report } from "./finding.ts";

/** Where the parameters of a resource come from that had none of their own before. */
const OLD_POLICIES: Readonly<Record<string, string>> = {
  configpolicy: "config-policy",
  regopolicy: "rego-policy",
};

/**
 * Brings resources of all versions into the form of today, and leaves out what means nothing.
 *
 * @param drafts those of one migration, as references between them are rewritten.
 */
export async function normalise(drafts: readonly Draft[], report: Report): Promise<Draft[]> {
  const policies = drafts.flatMap((draft) =>
    classOf(draft) === "Policy" ? policyInForce(draft, drafts, report) : [draft]
  );
  const providers: Draft[] = [];
  for (const draft of policies) {
    if (classOf(draft) === "Verifier" && namesBuiltInPlugin(draft.spec)) {
      const text = "is left out: the plugin of AWS Signer is built in, and nothing is downloaded";
      report.add("note", draft, [], text);
    } else if (draft.kind !== "CertificateStore") providers.push(draft);
    else providers.push(...await providerOf(draft, drafts, report));
  }
  return providers.map((draft) => withoutUnknown(renameReferences(draft, drafts, report), report));
}

/** The policy that took effect in its scope, under the one name that it may have. */
function policyInForce(draft: Draft, drafts: readonly Draft[], report: Report): Draft[] {
  if (draft.name === "ratify-policy") return [draft];
  const type = draft.spec["type"] === undefined ? OLD_POLICIES[draft.name] : undefined;
  const other = drafts.some((one) =>
    classOf(one) === "Policy" && one.namespace === draft.namespace && one.name === "ratify-policy"
  );
  const name: Path = ["metadata", "name"];
  if (type === undefined || other) {
    report.add("note", draft, name, "is left out: only a policy named ratify-policy takes effect");
    return [];
  }
  report.add(
    "changed",
    draft,
    name,
    `took no effect under this name; printed as ratify-policy of the type ${type} it does`,
    "check that it is the policy you want, or leave it out: without one nothing is allowed",
  );
  const spec = { type, ...draft.spec };
  return [
    draftOf("Policy", draft.namespace, "ratify-policy", spec, draft.source, draft.metadata),
  ];
}

/** A CertificateStore as the provider that it is an older form of. */
async function providerOf(
  draft: Draft,
  drafts: readonly Draft[],
  report: Report,
): Promise<Draft[]> {
  const { namespace, name, spec, source, metadata } = draft;
  const isShadowed = drafts.some((one) =>
    one.kind === "NamespacedKeyManagementProvider" && one.namespace === namespace &&
    one.name === name
  );
  if (isShadowed) {
    report.add("note", draft, [], "is left out: a provider of its name came first");
    return [];
  }
  const type = typeof spec["provider"] === "string" ? spec["provider"].trim().toLowerCase() : "";
  const given = isObject(spec["parameters"]) ? spec["parameters"] : {};
  const { certificates, cloudName, ...others } = given;
  if (cloudName !== undefined) {
    report.add("note", draft, ["spec", "parameters", "cloudName"], "is left out: nothing reads it");
  }
  const list = typeof certificates === "string"
    ? await readCertificateList(certificates)
    : undefined;
  const parameters = type === "azurekeyvault"
    ? { ...others, certificates: list ?? certificates }
    : { contentType: "certificate", ...given };
  const provider = draftOf(
    "KeyManagementProvider",
    namespace,
    name,
    { type, parameters },
    source,
    metadata,
  );
  report.add(
    "changed",
    draft,
    ["kind"],
    `is printed as ${provider.label}, which only requests of namespace ${namespace} can use`,
    "where requests without a namespace need it, make it a KeyManagementProvider and name it without its namespace",
  );
  return [provider];
}

/** Names a CertificateStore by its namespace too, where a verifier left that out. */
function renameReferences(draft: Draft, drafts: readonly Draft[], report: Report): Draft {
  const stores = isObject(draft.spec["parameters"])
    ? draft.spec["parameters"]["verificationCertStores"]
    : undefined;
  if (classOf(draft) !== "Verifier" || !isObject(stores)) return draft;
  const rename = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((one, index) => rename(one, [...path, index]));
    if (isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => [key, rename(one, [...path, key])]),
      );
    }
    if (typeof value !== "string" || value.includes("/")) return value;
    const isProvider = drafts.some(({ kind, name }) =>
      kind === "KeyManagementProvider" && name === value
    );
    const found = drafts.filter(({ kind, name }) => kind === "CertificateStore" && name === value);
    const [store] = found;
    if (isProvider || store === undefined || found.length > 1) return value;
    const full = `${store.namespace}/${value}`;
    report.add("note", draft, path, `is written as ${full}, the CertificateStore of that name`);
    return full;
  };
  const path = ["spec", "parameters", "verificationCertStores"];
  const verificationCertStores = rename(stores, path);
  const parameters = { ...(draft.spec["parameters"] as Members), verificationCertStores };
  return { ...draft, spec: { ...draft.spec, parameters } };
}

/** Parameters that mean nothing where they stand, by class. */
const MEANINGLESS: Readonly<Record<string, readonly string[]>> = {
  Store: ["version", "address"],
  Verifier: ["version", "address"],
};
const PARAMETERS_OVERWRITTEN: Readonly<Record<string, readonly string[]>> = {
  Store: ["name", "localCachePath"],
  Verifier: ["name", "type", "artifactTypes", "version"],
  Policy: ["name"],
  KeyManagementProvider: ["type", "resource"],
};

/** Types that both know. Of others nobody can say that a field had no effect. */
const COMMON_TYPES: Readonly<Record<string, readonly string[]>> = {
  Store: ["oras"],
  Verifier: [
    "notation",
    "cosign",
    "sbom",
    "vulnerabilityreport",
    "schemavalidator",
    "licensechecker",
  ],
  Policy: ["config-policy", "rego-policy"],
  KeyManagementProvider: ["inline", "azurekeyvault"],
};

/** Leaves out fields without a meaning, and those that nobody knows, which had none either. */
function withoutUnknown(draft: Draft, report: Report): Draft {
  const resourceClass = classOf(draft) as ResourceClass;
  const schema = RESOURCE_SCHEMAS[resourceClass];
  let spec = draft.spec;
  const drop = (path: Path, text: string): void => {
    report.add("note", draft, ["spec", ...path], text);
    spec = without(spec, path) as Members;
  };
  for (const name of MEANINGLESS[resourceClass] ?? []) {
    if (spec[name] !== undefined) drop([name], "is left out: the built-in types need none");
  }
  if (spec["parameters"] === null) spec = without(spec, ["parameters"]) as Members;
  const parameters = spec["parameters"];
  const type = typeOf(resourceClass, spec);
  const isBuiltIn = Object.hasOwn(schema.parameters, type);
  if (isBuiltIn && spec["source"] !== undefined) {
    report.add(
      "dropped",
      draft,
      ["spec", "source"],
      `is left out: ${type} is built in, and plugins are not downloaded`,
      "nothing, unless a program was meant to replace the built-in type",
    );
    spec = without(spec, ["source"]) as Members;
  }
  if (resourceClass === "KeyManagementProvider") dropInterval(type, spec, drop);
  for (const name of isObject(parameters) ? PARAMETERS_OVERWRITTEN[resourceClass] ?? [] : []) {
    if (!Object.hasOwn(parameters as Members, name)) continue;
    drop(["parameters", name], "is left out: it means nothing here");
  }
  const isCommon = COMMON_TYPES[resourceClass]?.includes(type) === true;
  const unknown = !isCommon ? [] : [
    ...unknownMembers(schema.spec, spec, []),
    ...unknownMembers(schema.parameters[type], spec["parameters"], ["parameters"]),
    ...(resourceClass === "Store" ? unknownOfProvider(spec) : []),
  ];
  for (const path of unknown) {
    report.add(
      "dropped",
      draft,
      ["spec", ...path],
      "is left out: no such field is known, here or there, so that it had no effect",
      "correct its name if it was meant to have one",
    );
    spec = without(spec, path) as Members;
  }
  return { ...draft, spec };
}

function dropInterval(
  type: string,
  spec: Members,
  drop: (path: Path, text: string) => void,
): void {
  const { refreshInterval } = spec;
  if (refreshInterval === undefined) return;
  if (type === "inline") drop(["refreshInterval"], "is left out: nothing is fetched");
  else if (/^(?:|-.*|0+(?:\.0+)?[a-zµ]*)$/.test(String(refreshInterval))) {
    drop(["refreshInterval"], "is left out: it meant never; here material is fetched every hour");
  }
}

/** The type of a resource, in the spelling of the schemas. */
function typeOf(resourceClass: string, spec: Members): string {
  const value = resourceClass === "Store" ? spec["name"] : spec["type"] ?? spec["name"];
  const text = typeof value === "string" ? value : "";
  if (resourceClass !== "Policy") return text;
  return text.toLowerCase().replaceAll("-", "").replace(/policy$/, "-policy");
}

function unknownOfProvider(spec: Members): Path[] {
  const { authProvider } = isObject(spec["parameters"]) ? spec["parameters"] : {} as Members;
  const { name } = isObject(authProvider) ? authProvider : {} as Members;
  if (typeof name !== "string" || !Object.hasOwn(authProviders, name)) return [];
  const schema = authProviders[name as keyof typeof authProviders];
  return unknownMembers(schema, authProvider, ["parameters", "authProvider"]);
}

function unknownMembers(
  schema: Parameters<typeof validate>[0] | undefined,
  value: unknown,
  at: Path,
): Path[] {
  if (schema === undefined || !isObject(value)) return [];
  const checked = validate(schema, value);
  if (checked.ok) return [];
  return checked.issues.filter(({ atKey }) => atKey).map(({ path }) => [...at, ...path]);
}

/** A copy of a value without the member at a path. */
function without(value: unknown, [step, ...rest]: Path): unknown {
  if (Array.isArray(value)) {
    return value.map((one, index) => index === step ? without(one, rest) : one);
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) =>
      name !== step ? [[name, one]] : rest.length === 0 ? [] : [[name, without(one, rest)]]
    ),
  );
}
