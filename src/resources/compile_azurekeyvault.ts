import { azureKeyVaultEntries, type KeySurroundings, type MaterialEntry } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { quote } from "./describe.ts";
import type { EntriesEnvironment } from "./fetching_providers.ts";
import { isObject } from "./members.ts";
import { parseFile } from "./parse_file.ts";
import { azureKeyVaultParameters, certificateStoreVaultParameters } from "./schema/cloud_keys.ts";
import { asNamedEntries } from "./service_entries.ts";
import { validate } from "./validate.ts";

/** The vaults of Azure, of all clouds: elsewhere nobody's identity is sent to on behalf of a namespace. */
const AZURE_VAULT =
  /^[a-z0-9-]+\.(?:vault|managedhsm)\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)$/;

/** Compiles a provider of the type `azurekeyvault`; undefined, with problems, when it is wrong. */
export function compileAzureKeyVault(
  candidate: Candidate,
  environment: EntriesEnvironment,
  problems: ProblemList,
): readonly MaterialEntry[] | undefined {
  const parameters = validate(azureKeyVaultParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { certificates = [], keys = [] } = parameters.value;
  if (certificates.length + keys.length === 0) {
    const text = "must name at least one entry in certificates or keys";
    problems.of(candidate, candidate.parametersPath, text);
    return undefined;
  }
  const host = checkVault(candidate, parameters.value, environment, problems);
  const named = {
    certificates: asNamedEntries(candidate, "certificates", certificates, problems),
    keys: asNamedEntries(candidate, "keys", keys, problems),
  };
  return host === undefined
    ? undefined
    : entriesOf(host, parameters.value, named, environment.surroundings);
}

/** Compiles a CertificateStore of the provider `azurekeyvault`; undefined, with problems, when it is wrong. */
export async function compileVaultStore(
  candidate: Candidate,
  environment: EntriesEnvironment,
  problems: ProblemList,
): Promise<readonly MaterialEntry[] | undefined> {
  const parameters = validate(certificateStoreVaultParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const list = await readCertificateList(parameters.value.certificates);
  const checked = validate(azureKeyVaultParameters.shape.certificates, list);
  if (list === undefined || !checked.ok || list.length === 0) {
    const text =
      "must be YAML with array:, a list of YAML texts such as 'certificateName: release'";
    problems.of(candidate, [...candidate.parametersPath, "certificates"], text);
    return undefined;
  }
  const host = checkVault(candidate, parameters.value, environment, problems);
  const certificates = asNamedEntries(candidate, "certificates", checked.value ?? [], problems);
  return host === undefined
    ? undefined
    : entriesOf(host, parameters.value, { certificates, keys: [] }, environment.surroundings);
}

function entriesOf(
  host: string,
  { tenantID, clientID }: { readonly tenantID: string; readonly clientID: string },
  named: Pick<Parameters<typeof azureKeyVaultEntries>[0], "certificates" | "keys">,
  surroundings: KeySurroundings,
): MaterialEntry[] {
  const identity = { tenant: tenantID.trim(), client: clientID.trim() };
  return azureKeyVaultEntries({ host, identity, ...named }, surroundings);
}

/** The host of the vault; undefined, with problems, when it must not be asked. */
function checkVault(
  candidate: Candidate,
  { vaultURI, clientID }: { readonly vaultURI: string; readonly clientID: string },
  { surroundings, ownNamespace }: EntriesEnvironment,
  problems: ProblemList,
): string | undefined {
  const at = (field: string): readonly (string | number)[] => [...candidate.parametersPath, field];
  const url = new URL(vaultURI.trim());
  if (url.href !== `https://${url.hostname}/`) {
    const text = "must be the address of a vault and nothing more, such as " +
      `https://example.vault.azure.net; found ${quote(vaultURI)}`;
    problems.of(candidate, at("vaultURI"), text);
    return undefined;
  }
  const { scope } = candidate;
  if (scope === "" || scope === ownNamespace) return url.hostname;
  if (!AZURE_VAULT.test(url.hostname)) {
    const text =
      "must be a vault below vault.azure.net, vault.azure.cn or vault.usgovcloudapi.net " +
      `in a namespace; found ${quote(vaultURI)}`;
    problems.of(candidate, at("vaultURI"), text, { code: "OPERATION_FORBIDDEN" });
    return undefined;
  }
  const own = surroundings.env("AZURE_CLIENT_ID")?.toLowerCase();
  if (own !== undefined && own === clientID.trim().toLowerCase()) {
    const text =
      "must not be the identity of Assay itself in a namespace: it may reach vaults of others; " +
      "use an identity that is for this namespace";
    problems.of(candidate, at("clientID"), text, { code: "OPERATION_FORBIDDEN" });
    return undefined;
  }
  return url.hostname;
}

/** The list in the YAML of a CertificateStore, with the names that providers have; undefined when it is none. */
export async function readCertificateList(text: string): Promise<unknown[] | undefined> {
  const { array } = Object(await yamlOf(text)) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(array)) return undefined;
  return await Promise.all(array.map(async (item: unknown) => {
    const entry = typeof item === "string" ? await yamlOf(item) : item;
    if (!isObject(entry)) return entry;
    const { certificateName, certificateVersion, ...others } = entry;
    return {
      ...others,
      name: certificateName,
      ...(certificateVersion === undefined ? {} : { version: certificateVersion }),
    };
  }));
}

/** The one document of a YAML text; undefined when it is something else. */
async function yamlOf(text: string): Promise<unknown> {
  const { documents, problems } = await parseFile({ path: "certificates.yaml", text });
  return problems.length === 0 && documents.length === 1 ? documents[0]?.value : undefined;
}
