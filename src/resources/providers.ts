import { AssayError } from "../errors.ts";
import type { KeyManagementProvider } from "../keys/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import type { TufRepository } from "../tuf/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { compileCertificateStore, compileProvider } from "./compile_provider.ts";
import type { TufEnvironment } from "./compile_tuf_provider.ts";
import { suggest } from "./suggest.ts";

const OWN_NAMESPACE = "gatekeeper-system";

/** What reading providers may depend on. */
export interface ProviderOptions extends TufEnvironment {
  /** The namespace that Assay itself runs in: a CertificateStore there may be named without it. */
  readonly ownNamespace?: string;
  /** The time against which expired certificates, and an old trusted root, are noticed. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

/** All references that something answers to, also where it has problems: they are told once. */
export function referencesOf(
  candidates: readonly Candidate[],
  options: ProviderOptions,
): Set<string> {
  return new Set(
    candidates
      .filter(({ class: kind }) => kind === "KeyManagementProvider" || kind === "CertificateStore")
      .flatMap((candidate) => referencesTo(candidate, options)),
  );
}

/** What verifiers may call a provider. */
function referencesTo(candidate: Candidate, options: ProviderOptions): string[] {
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
 * @param repositories takes those that are to be refreshed in the background.
 */
export async function readMaterial(
  candidates: readonly Candidate[],
  options: ProviderOptions,
  repositories: TufRepository[],
  problems: ProblemList,
): Promise<Map<string, TrustMaterial | AssayError>> {
  const material = new Map<string, TrustMaterial | AssayError>();
  const read = async (
    kind: Candidate["class"],
    compile: (
      candidate: Candidate,
    ) => KeyManagementProvider | undefined | Promise<KeyManagementProvider | undefined>,
  ): Promise<void> => {
    for (const candidate of candidates.filter((one) => one.class === kind)) {
      const provider = await compile(candidate);
      if (provider === undefined) continue;
      const found = await fetchMaterial(provider, options.signal);
      if (!(found instanceof AssayError)) warnAboutExpiry(candidate, found, options.now, problems);
      for (const reference of referencesTo(candidate, options)) material.set(reference, found);
    }
  };
  await read("CertificateStore", (candidate) => compileCertificateStore(candidate, problems));
  const environment = { ...options, repositories };
  await read(
    "KeyManagementProvider",
    (candidate) => compileProvider(candidate, environment, problems),
  );
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
