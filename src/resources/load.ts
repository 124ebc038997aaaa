import { COSIGN_ATTESTATION } from "../oci/mod.ts";
import { TrustSnapshot } from "../trust/mod.ts";
import type { LogClient } from "../rekor/mod.ts";
import type { Verifier } from "../verifiers/mod.ts";
import { type Candidate, ProblemList } from "./candidate.ts";
import { compilePolicy } from "./compile_policy.ts";
import { compileStore } from "./compile_store.ts";
import { compileVerifier } from "./compile_verifier.ts";
import { isConfigFile, readConfigFile } from "./config_file.ts";
import { type Configuration, createConfiguration } from "./configuration.ts";
import { readCustomResource } from "./custom_resource.ts";
import type { Document } from "./document.ts";
import { configurationGeneration, trustGeneration } from "./generation.ts";
import { parseFile } from "./parse_file.ts";
import type { Problem } from "./problem.ts";
import { DEFAULT_SETTINGS, type ProcessSettings, type Tenancy } from "./process_settings.ts";
import {
  type ProviderOptions,
  readMaterial,
  referencesOf,
  type RefreshedProviders,
} from "./providers.ts";
import { referencedFilesOf } from "./referenced_files.ts";
import type { SigstoreEnvironment } from "./sigstore_variables.ts";
import type { SourceFile } from "./source.ts";

/** What loading may depend on beside the files. */
export interface LoadOptions extends ProviderOptions {
  /** The home directory, for certificate paths that begin with `~/`. */
  readonly home?: string | undefined;
  /** Environment variables that name files with keys of Sigstore. */
  readonly env?: SigstoreEnvironment | undefined;
  /** Asks transparency logs, in place of the client of the process. */
  readonly askLog?: LogClient | undefined;
  /** In place of what a config.json says. */
  readonly tenancy?: Tenancy | undefined;
}

/** What came of loading. */
export interface LoadResult {
  /** Undefined when there is any error. */
  readonly configuration: Configuration | undefined;
  /** All problems, in the order of files and lines. */
  readonly problems: readonly Problem[];
  /** Files and directories that resources name and that were read too, or would have been. */
  readonly referencedFiles: readonly string[];
}

/**
 * Makes a configuration of files: parse, validate, check references, compile. All problems are
 * found, not only the first.
 */
export async function loadConfiguration(
  files: readonly SourceFile[],
  options: LoadOptions = {},
): Promise<LoadResult> {
  const problems = new ProblemList();
  const { candidates, settings: written } = await readCandidates(files, options.signal, problems);
  const settings = { ...written, tenancy: options.tenancy ?? written.tenancy };
  const unique = withoutDuplicates(candidates, problems);
  const compileAll = async <T>(
    resourceClass: Candidate["class"],
    compile: (candidate: Candidate) => T | undefined | Promise<T | undefined>,
  ): Promise<Map<string, T[]>> => {
    const byScope = new Map<string, T[]>();
    for (const candidate of unique.filter((one) => one.class === resourceClass)) {
      const compiled = await compile(candidate);
      if (compiled === undefined) continue;
      byScope.set(candidate.scope, [...byScope.get(candidate.scope) ?? [], compiled]);
    }
    return byScope;
  };

  const { unusable = [] } = options;
  const refreshed: RefreshedProviders = { repositories: [], fetched: [] };
  const material = await readMaterial(unique, options, refreshed, problems);
  const environment = {
    providers: referencesOf(candidates, options),
    home: options.home,
    env: options.env,
    now: options.now,
    askLog: options.askLog,
    inputs: refreshed.repositories.map(({ root }) => `root ${root}`),
  };
  const verifiers = await compileAll(
    "Verifier",
    (candidate) => compileVerifier(candidate, environment, problems),
  );
  const stores = await compileAll("Store", (candidate) => {
    const derived = { cosignAttestations: usesAttestations(candidate.scope, verifiers) };
    return compileStore(candidate, derived, environment.inputs, problems);
  });
  const policies = await compileAll(
    "Policy",
    (candidate) => {
      const names = verifierNames(unique, candidate.scope);
      return compilePolicy(candidate, names, environment, problems);
    },
  );

  const referencedFiles = referencedFilesOf(candidates, options.home, options.env);
  if (problems.hasErrors) {
    return {
      configuration: undefined,
      problems: sorted(files, problems.problems),
      referencedFiles,
    };
  }
  warnAboutMissing(files, unique, problems);
  const configuration = createConfiguration(
    configurationGeneration(unique, settings, [
      ...environment.inputs,
      ...unusable.map(({ class: kind, scope, name }) => `unusable ${kind} ${scope} ${name}`),
    ]),
    new TrustSnapshot(trustGeneration(material), material),
    settings,
    { stores, verifiers, policies, ...refreshed, unusable },
  );
  return { configuration, problems: sorted(files, problems.problems), referencedFiles };
}

/**
 * Whether a verifier that may meet a store of this scope judges the attestations that cosign puts
 * under a tag of its own. A store of the cluster also serves namespaces with verifiers of theirs.
 */
function usesAttestations(
  scope: string,
  verifiers: ReadonlyMap<string, readonly Verifier[]>,
): boolean {
  const met = scope === "" ? [...verifiers.values()].flat() : verifiers.get(scope) ??
    verifiers.get("") ?? [];
  return met.some(({ type, accepts }) => type === "attestation" && accepts(COSIGN_ATTESTATION));
}

async function readCandidates(
  files: readonly SourceFile[],
  signal: AbortSignal | undefined,
  problems: ProblemList,
): Promise<{ candidates: Candidate[]; settings: ProcessSettings }> {
  const candidates: Candidate[] = [];
  let settings: { value: ProcessSettings; document: Document } | undefined;
  for (const file of files) {
    signal?.throwIfAborted();
    const parsed = await parseFile(file);
    problems.problems.push(...parsed.problems);
    if (parsed.documents.length === 0 && parsed.problems.length === 0) {
      problems.problems.push(atTop(file.path, "the file has no resources"));
    }
    for (const document of parsed.documents) {
      if (!file.path.endsWith(".json") || !isConfigFile(document.value)) {
        candidates.push(...readCustomResource(document, [], document.value, problems));
        continue;
      }
      if (settings !== undefined) {
        const other = settings.document.file;
        problems.add(document, "", [], `there may be one config.json; ${other} is another`);
      }
      const config = readConfigFile(document, document.value, problems);
      candidates.push(...config.candidates);
      settings = { value: config.settings, document };
    }
  }
  return { candidates, settings: settings?.value ?? DEFAULT_SETTINGS };
}

function withoutDuplicates(candidates: readonly Candidate[], problems: ProblemList): Candidate[] {
  const seen = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = `${candidate.class} ${candidate.scope} ${candidate.name}`;
    const earlier = seen.get(key);
    if (earlier === undefined) {
      seen.set(key, candidate);
      continue;
    }
    const { line, column } = earlier.document.position(earlier.path);
    problems.of(
      candidate,
      candidate.path,
      `is already defined, as ${earlier.label}, at ${earlier.document.file}:${line}:${column}`,
    );
  }
  return [...seen.values()];
}

/** The names of the verifiers of a scope, also of those with problems; see {@link Configuration.forScope}. */
function verifierNames(candidates: readonly Candidate[], scope: string): ReadonlySet<string> {
  const verifiers = candidates.filter((candidate) => candidate.class === "Verifier");
  const own = verifiers.filter((verifier) => verifier.scope === scope);
  const inherited = verifiers.filter((verifier) => verifier.scope === "");
  const found = own.length > 0 ? own : inherited.length > 0 ? inherited : verifiers;
  return new Set(found.map(({ name }) => name));
}

const NECESSARY = ["Store", "Verifier", "Policy"] as const;

/** Without one of these no verdict is possible; whoever checks a part of a configuration knows. */
function warnAboutMissing(
  files: readonly SourceFile[],
  candidates: readonly Candidate[],
  problems: ProblemList,
): void {
  const present = new Set(candidates.map((candidate) => `${candidate.class} ${candidate.scope}`));
  const isMissing = (scope: string, kind: string): boolean =>
    !present.has(`${kind} ${scope}`) && !present.has(`${kind} `);
  const namespaces = new Map(
    candidates.filter(({ class: kind, scope }) =>
      scope !== "" && NECESSARY.some((necessary) => necessary === kind)
    ).map((candidate) => [candidate.scope, candidate]),
  );
  for (const kind of NECESSARY) {
    for (const [namespace, candidate] of namespaces) {
      if (!isMissing(namespace, kind)) continue;
      problems.of(
        candidate,
        candidate.path,
        `there is no ${kind} for namespace ${namespace}, nor for the cluster: its requests get no verdict`,
        { severity: "warning" },
      );
    }
    const [file] = files;
    if (file === undefined || !isMissing("", kind)) continue;
    const consequence = namespaces.size === 0
      ? "without one, no image can be verified"
      : "requests of namespaces that have none of their own get no verdict";
    problems.problems.push(atTop(file.path, `there is no ${kind} for the cluster: ${consequence}`));
  }
}

/** A warning about a file as a whole. */
function atTop(file: string, text: string): Problem {
  const place = { file, line: 1, column: 1, resource: "", field: "" };
  return { severity: "warning", code: "CONFIG_INVALID", ...place, text };
}

function sorted(files: readonly SourceFile[], problems: readonly Problem[]): Problem[] {
  const order = new Map(files.map((file, index) => [file.path, index]));
  return problems.toSorted((a, b) =>
    (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column
  );
}
