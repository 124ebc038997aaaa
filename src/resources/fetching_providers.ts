import type { FetchedMaterialSource, FetchedProvider, MaterialEntry } from "../keys/mod.ts";
import { AssayError } from "../errors.ts";
import type { KeyManagementProvider, KeySurroundings } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { compileAlibabaKms } from "./compile_alibabacloudkms.ts";
import { compileAzureKeyVault } from "./compile_azurekeyvault.ts";
import { compileGcpKms } from "./compile_gcpkms.ts";
import { compileAwsKms } from "./compile_aws_kms.ts";
import { compileVault } from "./compile_vault.ts";
import { storeIdentity } from "./generation.ts";
import { milliseconds } from "./schema/common.ts";

/** What compiling a provider that fetches may depend on. */
export interface FetchingEnvironment {
  /** Has what was last fetched; undefined where nothing is fetched, as in `assay check`. */
  readonly keys?: FetchedMaterialSource | undefined;
  /** Where identities are found; nowhere when absent. */
  readonly surroundings?: KeySurroundings | undefined;
  /** The namespace that Assay itself runs in. */
  readonly ownNamespace?: string | undefined;
}

/** What the entries of a provider may depend on. */
export interface EntriesEnvironment {
  readonly surroundings: KeySurroundings;
  readonly ownNamespace: string;
}

/** How often, and how long, as in the resource. */
export interface FetchingTimes {
  readonly refreshInterval?: string | undefined;
  readonly maxStaleness?: string | undefined;
}

/** Compiles the parameters of a provider that fetches; undefined, with problems, when they are wrong. */
export type CompileEntries = (
  candidate: Candidate,
  environment: EntriesEnvironment,
  problems: ProblemList,
) => readonly MaterialEntry[] | undefined;

/** The types whose material is fetched, entry by entry: adding one is a schema, a file, and a line here. */
export const FETCHING_TYPES: Readonly<Record<string, CompileEntries>> = {
  azurekeyvault: compileAzureKeyVault,
  hashicorpvault: compileVault,
  awskms: compileAwsKms,
  gcpkms: compileGcpKms,
  alibabacloudkms: compileAlibabaKms,
};

/** Types whose resource says with which identity its service is asked; all others are asked with Assay's own. */
const WITH_IDENTITY = ["azurekeyvault"];

/** The namespace that Assay runs in where nothing says so. */
export const OWN_NAMESPACE = "gatekeeper-system";

const HOUR = 3_600_000;
const DEFAULT_INTERVAL = HOUR;
const MIN_INTERVAL = 60_000;
const DEFAULT_STALENESS = 24 * HOUR;

const NOWHERE: KeySurroundings = {
  env: () => undefined,
  readText: (path) => Promise.reject(new Deno.errors.NotFound(path)),
  now: () => new Date(),
};

/** What entries depend on, with what holds where nothing is said. */
export function entriesEnvironment(
  { surroundings = NOWHERE, ownNamespace = OWN_NAMESPACE }: FetchingEnvironment,
): EntriesEnvironment {
  return { surroundings, ownNamespace };
}

/** Compiles a provider of a type in {@link FETCHING_TYPES}; undefined, with problems, when it is wrong. */
export function compileFetchingProvider(
  candidate: Candidate,
  compile: CompileEntries,
  times: FetchingTimes,
  environment: FetchingEnvironment,
  problems: ProblemList,
): { readonly provider: KeyManagementProvider; readonly fetched: FetchedProvider } | undefined {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  if (!mayBeThere(candidate, environment, problems)) return undefined;
  const entries = compile(candidate, entriesEnvironment(environment), problems);
  const bounds = boundsOf(candidate, times, problems);
  if (entries === undefined || bounds === undefined) return undefined;
  const labels = entries.map(({ label }) => label);
  const twice = labels.find((label, index) => labels.indexOf(label) < index);
  if (twice !== undefined) {
    const text = `names two things the same: ${twice}; give each a name of its own`;
    problems.of(candidate, candidate.parametersPath, text);
    return undefined;
  }
  const { scope, name } = candidate;
  const reference = scope === "" ? name : `${scope}/${name}`;
  const fetched: FetchedProvider = {
    reference,
    identity: storeIdentity(String(candidate.spec["type"]), candidate, candidate.parameters),
    entries,
    ...bounds,
  };
  const provider: KeyManagementProvider = {
    fetch: () => environment.keys?.current(fetched) ?? Promise.reject(notFetched(reference)),
  };
  return { provider, fetched };
}

/**
 * A tenant must not use what was given to Assay: a type whose only identity is Assay's own is for the cluster, and
 * for the namespace of who runs Assay.
 */
function mayBeThere(
  candidate: Candidate,
  { ownNamespace = OWN_NAMESPACE }: FetchingEnvironment,
  problems: ProblemList,
): boolean {
  const { scope, spec, typePath } = candidate;
  const { type } = spec;
  const isOwn = scope === "" || scope === ownNamespace;
  if (isOwn || typeof type !== "string" || WITH_IDENTITY.includes(type)) return true;
  const text = `must not be ${type} in a namespace: it is asked with Assay's own identity`;
  problems.of(candidate, typePath, text, { code: "OPERATION_FORBIDDEN" });
  return false;
}

function boundsOf(
  candidate: Candidate,
  { refreshInterval, maxStaleness }: FetchingTimes,
  problems: ProblemList,
): Pick<FetchedProvider, "intervalMs" | "maxStalenessMs"> | undefined {
  const intervalMs = milliseconds(refreshInterval ?? "") || DEFAULT_INTERVAL;
  const at = (field: string): readonly (string | number)[] => [...candidate.specPath, field];
  if (intervalMs < MIN_INTERVAL) {
    problems.of(candidate, at("refreshInterval"), "must be at least 1m");
    return undefined;
  }
  if (maxStaleness === undefined) {
    return { intervalMs, maxStalenessMs: Math.max(DEFAULT_STALENESS, 2 * intervalMs) };
  }
  const maxStalenessMs = milliseconds(maxStaleness);
  if (maxStalenessMs >= 2 * intervalMs) return { intervalMs, maxStalenessMs };
  const text = "must be at least twice refreshInterval (an hour when absent): one refresh may fail";
  problems.of(candidate, at("maxStaleness"), text);
  return undefined;
}

function notFetched(reference: string): AssayError {
  return new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message: `The material of key management provider ${reference} is not fetched by this command`,
    transient: true,
  });
}
