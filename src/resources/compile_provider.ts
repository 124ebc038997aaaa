import { AssayError } from "../errors.ts";
import {
  type ContentType,
  createFileProvider,
  createInlineProvider,
  type FetchedProvider,
  type KeyManagementProvider,
} from "../keys/mod.ts";
import type { TufRepository } from "../tuf/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { compileTufProvider, type TufEnvironment } from "./compile_tuf_provider.ts";
import { compileVaultStore } from "./compile_azurekeyvault.ts";
import { quote } from "./describe.ts";
import {
  compileFetchingProvider,
  entriesEnvironment,
  FETCHING_TYPES,
  type FetchingEnvironment,
  type FetchingTimes,
} from "./fetching_providers.ts";
import { NAMES_FILES } from "./plugin_fields.ts";
import {
  certificateStoreInlineParameters,
  certificateStoreSpec,
  fileParameters,
  inlineParameters,
  providerSpec,
} from "./schema/key_management_provider.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

const TYPES = ["inline", "file", "tuf", ...Object.keys(FETCHING_TYPES)];
const STORE_TYPES = ["inline", "azurekeyvault"];

/**
 * Compiles a KeyManagementProvider; undefined, with problems, when it is wrong.
 *
 * @param environment takes what is to be refreshed in the background.
 */
export async function compileProvider(
  candidate: Candidate,
  environment: TufEnvironment & FetchingEnvironment & {
    readonly repositories: TufRepository[];
    readonly fetched: FetchedProvider[];
  },
  problems: ProblemList,
): Promise<KeyManagementProvider | undefined> {
  const spec = validate(providerSpec, candidate.spec);
  if (!spec.ok) problems.issues(candidate, candidate.specPath, spec.issues);
  const { type } = candidate.spec;
  if (typeof type !== "string" || type === "") return undefined; // the schema has said so
  const times: FetchingTimes = spec.ok ? spec.value : {};
  const compileEntries = Object.hasOwn(FETCHING_TYPES, type) ? FETCHING_TYPES[type] : undefined;
  if (compileEntries !== undefined) {
    const compiled = compileFetchingProvider(
      candidate,
      compileEntries,
      times,
      environment,
      problems,
    );
    if (compiled !== undefined) environment.fetched.push(compiled.fetched);
    return compiled?.provider;
  }
  if (times.maxStaleness !== undefined) {
    const path = [...candidate.specPath, "maxStaleness"];
    const text = "is ignored: it is for types that fetch from a vault";
    problems.of(candidate, path, text, { severity: "warning", atKey: true });
  }
  switch (type) {
    case "inline":
      if (spec.ok && spec.value.refreshInterval) {
        const path = [...candidate.specPath, "refreshInterval"];
        problems.of(candidate, path, "is ignored: what is written here does not change by itself", {
          severity: "warning",
          atKey: true,
        });
      }
      return compileInline(candidate, problems);
    case "file":
      return compileFile(candidate, problems);
    case "tuf": {
      const interval = times.refreshInterval;
      const compiled = await compileTufProvider(candidate, interval, environment, problems);
      if (compiled !== undefined) environment.repositories.push(compiled.repository);
      return compiled?.provider;
    }
    default:
      problems.of(candidate, candidate.typePath, unknownType(type, TYPES));
      return undefined;
  }
}

function unknownType(type: string, types: readonly string[]): string {
  const hint = suggest(type, types);
  const suffix = hint === undefined ? "" : ` (did you mean ${hint}?)`;
  return `must be one of ${types.join(", ")}; found ${quote(type)}${suffix}`;
}

/** Compiles a CertificateStore, which is an older form of a provider in a namespace. */
export async function compileCertificateStore(
  candidate: Candidate,
  environment: FetchingEnvironment & { readonly fetched: FetchedProvider[] },
  problems: ProblemList,
): Promise<KeyManagementProvider | undefined> {
  problems.of(
    candidate,
    candidate.path,
    "CertificateStore is deprecated; use NamespacedKeyManagementProvider",
    { severity: "warning" },
  );
  const spec = validate(certificateStoreSpec, candidate.spec);
  if (!spec.ok) {
    problems.issues(candidate, candidate.specPath, spec.issues);
    return undefined;
  }
  const { provider, parameters } = spec.value;
  switch (provider.trim().toLowerCase()) {
    case "inline": {
      const inline = validate(certificateStoreInlineParameters, parameters);
      if (inline.ok) return createInline(candidate, "certificate", inline.value.value, problems);
      problems.issues(candidate, candidate.parametersPath, inline.issues);
      return undefined;
    }
    case "azurekeyvault": {
      const entries = await compileVaultStore(candidate, entriesEnvironment(environment), problems);
      const compiled = compileFetchingProvider(candidate, () => entries, {}, environment, problems);
      if (compiled !== undefined) environment.fetched.push(compiled.fetched);
      return compiled?.provider;
    }
    default:
      problems.of(candidate, candidate.typePath, unknownType(provider, STORE_TYPES));
      return undefined;
  }
}

function compileInline(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(inlineParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { contentType, value } = parameters.value;
  return createInline(candidate, contentType, value, problems);
}

/** A file may change, so that it is read when the material is fetched. */
function compileFile(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(fileParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  if (candidate.scope !== "") {
    const path = [...candidate.parametersPath, "path"];
    problems.of(candidate, path, NAMES_FILES, { atKey: true });
    return undefined;
  }
  return createFileProvider(parameters.value);
}

function createInline(
  candidate: Candidate,
  contentType: ContentType,
  value: string,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  try {
    return createInlineProvider({ contentType, value });
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const text = `${error.message}. ${error.remedy}`;
    problems.of(candidate, [...candidate.parametersPath, "value"], text, { code: error.code });
    return undefined;
  }
}
