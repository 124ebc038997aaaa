import { AssayError } from "../errors.ts";
import type { FetchedProvider, KeyManagementProvider } from "../keys/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import type { TufRepository } from "../tuf/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { compileCertificateStore, compileProvider } from "./compile_provider.ts";
import type { TufEnvironment } from "./compile_tuf_provider.ts";
import { type FetchingEnvironment, OWN_NAMESPACE } from "./fetching_providers.ts";
import type { UnusableResource } from "./unusable.ts";
import { suggest } from "./suggest.ts";

/** What reading providers may depend on. */
export interface ProviderOptions extends TufEnvironment, FetchingEnvironment {
  /** The namespace that Assay itself runs in: a CertificateStore there may be named without it. */
  readonly ownNamespace?: string;
  /** The time against which expired certificates, and an old trusted root, are noticed. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
  /** Resources of which no version can be used; the material of a provider is its error then. */
  readonly unusable?: readonly UnusableResource[];
}

/** All references that something answers to, also where it has problems: they are told once. */
export function referencesOf(
  candidates: readonly Candidate[],
  options: ProviderOptions,
): Set<string> {
  return new Set(
    [...candidates, ...options.unusable ?? []].filter(isProvider)
      .flatMap((candidate) => referencesTo(candidate, options)),
  );
}

function isProvider({ class: kind }: Pick<Candidate, "class">): boolean {
  return kind === "KeyManagementProvider" || kind === "CertificateStore";
}

/** What verifiers may call a provider. */
function referencesTo(
  candidate: Pick<Candidate, "class" | "scope" | "name">,
  options: ProviderOptions,
): string[] {
  const { scope, name } = candidate;
  if (scope === "") return [name];
  const own = candidate.class === "CertificateStore" &&
    scope === (options.ownNamespace ?? OWN_NAMESPACE);
  return own ? [`${scope}/${name}`, name] : [`${scope}/${name}`];
}

/**
 * The material of all providers, by reference. A KeyManagementProvider wins over a CertificateStore
 * of its name.
 *
 * @param refreshed takes what is to be refreshed in the background.
 */
export async function readMaterial(
  candidates: readonly Candidate[],
  options: ProviderOptions,
  refreshed: RefreshedProviders,
  problems: ProblemList,
): Promise<Map<string, TrustMaterial | AssayError>> {
  const environment = { ...options, ...refreshed };
  const compiled: (readonly [Candidate, KeyManagementProvider])[] = [];
  // Those that come later win.
  for (const kind of ["CertificateStore", "KeyManagementProvider"] as const) {
    for (const candidate of candidates.filter((one) => one.class === kind)) {
      const provider = kind === "CertificateStore"
        ? await compileCertificateStore(candidate, environment, problems)
        : await compileProvider(candidate, environment, problems);
      if (provider !== undefined) compiled.push([candidate, provider]);
    }
  }
  // Side by side: those that wait for a service wait together.
  const all = await Promise.all(
    compiled.map(async ([candidate, provider]) =>
      [candidate, await fetchMaterial(provider, options.signal)] as const
    ),
  );
  const material = new Map<string, TrustMaterial | AssayError>();
  for (const resource of (options.unusable ?? []).filter(isProvider)) {
    for (const reference of referencesTo(resource, options)) {
      material.set(reference, providerFailure(resource.error));
    }
  }
  for (const [candidate, found] of all) {
    if (!(found instanceof AssayError)) warnAboutExpiry(candidate, found, options.now, problems);
    for (const reference of referencesTo(candidate, options)) material.set(reference, found);
  }
  return material;
}

/** A provider that cannot be used leaves verdicts undecided: who signed could not be found out. */
function providerFailure({ message, remedy, cause }: AssayError): AssayError {
  return new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message,
    remedy,
    transient: false,
    cause,
  });
}

/** What the providers want to be refreshed. */
export interface RefreshedProviders {
  readonly repositories: TufRepository[];
  readonly fetched: FetchedProvider[];
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
    const at = candidate.parametersPath;
    problems.of(
      candidate,
      candidate.parameters?.["value"] === undefined ? at : [...at, "value"],
      `the certificate "${subject}" has expired on ${notAfter}`,
      { severity: "warning" },
    );
  }
}

/**
 * Checks a reference to a provider: that a request which the verifier applies to may use it, and
 * that it exists.
 */
export function checkReference(
  candidate: Candidate,
  reference: string,
  path: readonly (string | number)[],
  providers: ReadonlySet<string>,
  problems: ProblemList,
): void {
  const slash = reference.indexOf("/");
  const namespace = slash < 0 ? "" : reference.slice(0, slash);
  if (slash >= 0 && candidate.scope !== "" && namespace !== candidate.scope) {
    problems.of(
      candidate,
      path,
      `must be a provider of namespace ${candidate.scope} or of the cluster; found ${reference}`,
      { code: "OPERATION_FORBIDDEN" },
    );
  } else if (!providers.has(reference)) {
    const hint = suggest(
      reference,
      [...providers].filter((known) => known.includes("/") === slash >= 0),
    );
    problems.of(
      candidate,
      path,
      `there is no ${slash < 0 ? "" : "Namespaced"}KeyManagementProvider ${reference}${
        hint === undefined ? "" : ` (did you mean ${hint}?)`
      }`,
      { code: "RESOURCE_NOT_FOUND" },
    );
  } else if (slash >= 0 && candidate.scope === "") {
    problems.of(
      candidate,
      path,
      `only requests of namespace ${namespace} can use provider ${reference}`,
      { severity: "warning" },
    );
  }
}
