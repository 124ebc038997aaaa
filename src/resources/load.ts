import { encodeUtf8, hash, toHex } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import type { KeyManagementProvider } from "../keys/mod.ts";
import type { PolicyProvider } from "../policy/mod.ts";
import { type TrustMaterial, TrustSnapshot } from "../trust/mod.ts";
import type { Verifier } from "../verifiers/mod.ts";
import { type Candidate, ProblemList } from "./candidate.ts";
import { compilePolicy } from "./compile_policy.ts";
import { compileCertificateStore, compileProvider } from "./compile_provider.ts";
import { compileStore } from "./compile_store.ts";
import { compileVerifier } from "./compile_verifier.ts";
import { isConfigFile, readConfigFile } from "./config_file.ts";
import { type Configuration, type ConfiguredStore, createConfiguration } from "./configuration.ts";
import { readCustomResource } from "./custom_resource.ts";
import { type Document, parseFile } from "./document.ts";
import type { Problem } from "./problem.ts";
import { DEFAULT_SETTINGS, type ProcessSettings } from "./process_settings.ts";
import type { SourceFile } from "./source.ts";

/** What loading may depend on beside the files. */
export interface LoadOptions {
  /** The home directory, for certificate paths that begin with `~/`. */
  readonly home?: string | undefined;
  /** The namespace that Assay itself runs in: a CertificateStore there may be named without it. */
  readonly ownNamespace?: string;
  /** The time against which expired certificates are noticed. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** What came of loading. */
export interface LoadResult {
  /** Undefined when there is any error. */
  readonly configuration: Configuration | undefined;
  /** All problems, in the order of files and lines. */
  readonly problems: readonly Problem[];
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
  const { candidates, settings } = await readCandidates(files, problems);
  const unique = withoutDuplicates(candidates, problems);
  const of = (resourceClass: Candidate["class"]): Candidate[] =>
    unique.filter((candidate) => candidate.class === resourceClass);

  const material = await readMaterial(unique, options, problems);
  const inputs: string[] = [];
  const environment = {
    providers: referencesOf(candidates, options),
    home: options.home,
    inputs,
  };
  const stores = new Map<string, ConfiguredStore[]>();
  for (const candidate of of("Store")) {
    append(stores, candidate.scope, compileStore(candidate, problems));
  }
  const verifiers = new Map<string, Verifier[]>();
  for (const candidate of of("Verifier")) {
    append(verifiers, candidate.scope, await compileVerifier(candidate, environment, problems));
  }
  const policies = new Map<string, PolicyProvider>();
  for (const candidate of of("Policy")) {
    const policy = compilePolicy(candidate, problems);
    if (policy !== undefined) policies.set(candidate.scope, policy);
  }
  warnAboutMissing(files, candidates, problems);

  if (problems.hasErrors) {
    return { configuration: undefined, problems: sorted(files, problems.problems) };
  }
  const generation = digest([
    ...unique.map(contentOf).sort(),
    JSON.stringify(settings),
    ...inputs.sort(),
  ]);
  const trust = new TrustSnapshot(trustGeneration(material), material);
  return {
    configuration: createConfiguration(generation, trust, settings, {
      stores,
      verifiers,
      policies,
    }),
    problems: sorted(files, problems.problems),
  };
}

async function readCandidates(
  files: readonly SourceFile[],
  problems: ProblemList,
): Promise<{ candidates: Candidate[]; settings: ProcessSettings }> {
  const candidates: Candidate[] = [];
  let settings: { value: ProcessSettings; document: Document } | undefined;
  for (const file of files) {
    const parsed = await parseFile(file);
    problems.problems.push(...parsed.problems);
    for (const document of parsed.documents) {
      if (!file.path.endsWith(".json") || !isConfigFile(document.value)) {
        candidates.push(...readCustomResource(document, [], document.value, problems));
        continue;
      }
      if (settings !== undefined) {
        problems.add(
          document,
          "",
          [],
          `there may be one config.json; ${settings.document.file} is another`,
        );
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
    const { line } = earlier.document.position(earlier.path);
    problems.of(
      candidate,
      candidate.path,
      `${candidate.label} is already defined at ${earlier.document.file}:${line}`,
    );
  }
  return [...seen.values()];
}

const OWN_NAMESPACE = "gatekeeper-system";

/** What verifiers may call a provider. */
function referencesTo(candidate: Candidate, options: LoadOptions): string[] {
  const { scope, name } = candidate;
  if (scope === "") return [name];
  const own = candidate.class === "CertificateStore" &&
    scope === (options.ownNamespace ?? OWN_NAMESPACE);
  return own ? [`${scope}/${name}`, name] : [`${scope}/${name}`];
}

/** All references that something answers to, also where it has problems: they are told once. */
function referencesOf(candidates: readonly Candidate[], options: LoadOptions): Set<string> {
  return new Set(
    candidates
      .filter(({ class: kind }) => kind === "KeyManagementProvider" || kind === "CertificateStore")
      .flatMap((candidate) => referencesTo(candidate, options)),
  );
}

/** The material of all providers. A KeyManagementProvider wins over a CertificateStore of its name. */
async function readMaterial(
  candidates: readonly Candidate[],
  options: LoadOptions,
  problems: ProblemList,
): Promise<Map<string, TrustMaterial | AssayError>> {
  const material = new Map<string, TrustMaterial | AssayError>();
  const read = async (
    kind: Candidate["class"],
    compile: (candidate: Candidate, problems: ProblemList) => KeyManagementProvider | undefined,
  ): Promise<void> => {
    for (const candidate of candidates.filter((one) => one.class === kind)) {
      const provider = compile(candidate, problems);
      if (provider === undefined) continue;
      const found = await fetchMaterial(provider, options.signal);
      if (!(found instanceof AssayError)) warnAboutExpiry(candidate, found, options.now, problems);
      for (const reference of referencesTo(candidate, options)) material.set(reference, found);
    }
  };
  await read("CertificateStore", compileCertificateStore);
  await read("KeyManagementProvider", compileProvider);
  return material;
}

/** A provider that fails now is not a mistake in the configuration: verdicts say so instead. */
async function fetchMaterial(
  provider: KeyManagementProvider,
  signal: AbortSignal | undefined,
): Promise<TrustMaterial | AssayError> {
  try {
    return await provider.fetch(signal ?? new AbortController().signal);
  } catch (error) {
    if (error instanceof AssayError) return error;
    throw error;
  }
}

function warnAboutExpiry(
  candidate: Candidate,
  material: TrustMaterial,
  now: Date | undefined,
  problems: ProblemList,
): void {
  for (const { subject, notAfter } of material.details) {
    if (now === undefined || notAfter === undefined || new Date(notAfter) >= now) continue;
    problems.of(
      candidate,
      [...candidate.parametersPath, "value"],
      `the certificate "${subject}" has expired on ${notAfter}`,
      { severity: "warning" },
    );
  }
}

/** Without one of these no verdict is possible; whoever checks a part of a configuration knows. */
function warnAboutMissing(
  files: readonly SourceFile[],
  candidates: readonly Candidate[],
  problems: ProblemList,
): void {
  const [file] = files;
  if (file === undefined) return;
  for (const kind of ["Store", "Verifier", "Policy"] as const) {
    if (candidates.some((candidate) => candidate.class === kind)) continue;
    problems.problems.push({
      severity: "warning",
      code: "CONFIG_INVALID",
      file: file.path,
      line: 1,
      column: 1,
      resource: "",
      field: "",
      text: `there is no ${kind}: without one, no image can be verified`,
    });
  }
}

function append<T>(map: Map<string, T[]>, scope: string, value: T | undefined): void {
  if (value === undefined) return;
  const list = map.get(scope) ?? [];
  list.push(value);
  map.set(scope, list);
}

function contentOf(candidate: Candidate): string {
  const { class: kind, scope, name, spec } = candidate;
  return canonical({ kind, scope, name, spec });
}

/** JSON with members in the order of their names. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${
    members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")
  }}`;
}

function trustGeneration(material: ReadonlyMap<string, TrustMaterial | AssayError>): string {
  return digest(
    [...material].map(([reference, found]) =>
      canonical(
        found instanceof AssayError ? [reference, found.message] : [
          reference,
          ...found.details.map(({ fingerprint, name, version }) => [fingerprint, name, version]),
        ],
      )
    ).sort(),
  );
}

function digest(parts: readonly string[]): string {
  return toHex(hash("SHA-256", encodeUtf8(JSON.stringify(parts))));
}

function sorted(files: readonly SourceFile[], problems: readonly Problem[]): Problem[] {
  const order = new Map(files.map((file, index) => [file.path, index]));
  return problems.toSorted((a, b) =>
    (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column
  );
}
