import type { FetchedMaterialSource, FetchedProvider } from "../keys/mod.ts";
import type { AssayError } from "../errors.ts";
import type { PolicyProvider } from "../policy/mod.ts";
import type { ClientCertificate } from "../stores/mod.ts";
import type { TrustMaterial, TrustSnapshot } from "../trust/mod.ts";
import type { TufRepository } from "../tuf/mod.ts";
import type { Verifier } from "../verifiers/mod.ts";
import { trustGeneration } from "./generation.ts";
import type { ResourceClass } from "./candidate.ts";
import { type UnusableResource, UnusableScopes } from "./unusable.ts";
import type { ProcessSettings } from "./process_settings.ts";
import type { AuthProviderParameters, LayoutParameters, OrasParameters } from "./schema/store.ts";

/** What a store is told that is not written in its resource. */
export interface DerivedParameters {
  /** Whether some verifier can use what cosign attaches under the tag of attestations. */
  readonly cosignAttestations: boolean;
}

/** The parameters of a store, defaults applied. */
export interface StoreParameters
  extends
    Omit<OrasParameters, "caBundles" | "clientCertificates" | "authProvider">,
    DerivedParameters {
  readonly authProvider?: AuthProviderParameters;
  /** By registry host: CA certificates as PEM text, wherever they were written. */
  readonly caBundles: Readonly<Record<string, string>>;
  /** By registry host: a certificate to show and its key as PEM text, wherever they were written. */
  readonly clientCertificates: Readonly<Record<string, ClientCertificate>>;
}

/** What every store has, of whichever type. */
interface StoreBase {
  readonly name: string;
  /** A hash of all that the store is: two stores with the same one answer alike. */
  readonly identity: string;
  /** How long a listing of attached artifacts may be used again, in milliseconds; 0: not at all. */
  readonly listingTtl: number;
}

/** A store as configured. */
export type ConfiguredStore =
  & StoreBase
  & (
    | { readonly type: "oras"; readonly parameters: StoreParameters }
    | { readonly type: "oci-layout"; readonly parameters: LayoutParameters & DerivedParameters }
  );

/** The resources that apply to the requests of one scope, each list in the order of names. */
export interface ScopeConfiguration {
  readonly stores: readonly ConfiguredStore[];
  readonly verifiers: readonly Verifier[];
  readonly policy: PolicyProvider | undefined;
  /** Why requests of this scope get no verdict: something that decides about them cannot be used. */
  readonly error?: AssayError | undefined;
}

/** Everything that a verdict depends on beside the image. Immutable. */
export interface Configuration extends ProcessSettings {
  /** A hash of the content: the same resources give the same, whatever files they come in. */
  readonly generation: string;
  readonly trust: TrustSnapshot;
  /** The stores of all scopes. */
  readonly stores: readonly ConfiguredStore[];
  /** The repositories whose targets are trusted, and refreshed in the background. */
  readonly tufRepositories: readonly TufRepository[];
  /** The providers whose material is fetched, and refreshed in the background. */
  readonly fetchedProviders: readonly FetchedProvider[];
  /**
   * What applies to requests of a namespace (empty for the cluster). Stores, verifiers and policy
   * each come from the namespace if it has any of its own, else from the cluster.
   */
  forScope(scope: string): ScopeConfiguration;
  /**
   * The scopes whose resources a request of a namespace has to satisfy, all of them. Each is asked with its
   * own key material, as a request of that scope is. With the tenancy `replace` that is the namespace;
   * with `tighten` the cluster, and the namespace too if it has any store, verifier or policy of its own.
   */
  scopesOf(scope: string): readonly string[];
}

/** Resources by the scope that they were written for. */
export interface ScopedResources {
  readonly stores: ReadonlyMap<string, readonly ConfiguredStore[]>;
  readonly verifiers: ReadonlyMap<string, readonly Verifier[]>;
  /** At most one of each scope. */
  readonly policies: ReadonlyMap<string, readonly PolicyProvider[]>;
  readonly repositories: readonly TufRepository[];
  readonly fetched: readonly FetchedProvider[];
  readonly unusable: readonly UnusableResource[];
}

/** Makes a configuration of compiled parts. */
export function createConfiguration(
  generation: string,
  trust: TrustSnapshot,
  settings: ProcessSettings,
  resources: ScopedResources,
): Configuration {
  const stores = sortedByName(resources.stores);
  const verifiers = sortedByName(resources.verifiers);
  const { policies } = resources;
  const unusable = new UnusableScopes(resources.unusable);
  const ownClasses = (scope: string): ReadonlySet<ResourceClass> =>
    new Set([
      ...(stores.has(scope) ? ["Store" as const] : []),
      ...(verifiers.has(scope) ? ["Verifier" as const] : []),
      ...(policies.has(scope) ? ["Policy" as const] : []),
    ]);
  return Object.freeze({
    generation,
    trust,
    stores: Object.freeze([...stores.values()].flat()),
    tufRepositories: Object.freeze([...resources.repositories]),
    fetchedProviders: Object.freeze([...resources.fetched]),
    ...settings,
    scopesOf: (scope: string) => {
      if (scope === "" || settings.tenancy === "replace") return [scope];
      return ownClasses(scope).size > 0 || unusable.has(scope) ? ["", scope] : [""];
    },
    forScope: (scope: string) => {
      const error = unusable.errorOf(scope, ownClasses(scope));
      return {
        stores: stores.get(scope) ?? stores.get("") ?? [],
        verifiers: verifiers.get(scope) ?? verifiers.get("") ?? [],
        policy: (policies.get(scope) ?? policies.get(""))?.[0],
        ...(error === undefined ? {} : { error }),
      };
    },
  });
}

/** The configuration with what its providers have fetched by now; itself when that is nothing new. */
export async function withFetchedMaterial(
  configuration: Configuration,
  keys: FetchedMaterialSource,
): Promise<Configuration> {
  const fetched = await Promise.all(
    configuration.fetchedProviders.map(async (
      provider,
    ): Promise<[string, TrustMaterial]> => [provider.reference, await keys.current(provider)]),
  );
  const trust = configuration.trust.with(new Map(fetched), trustGeneration);
  return trust.generation === configuration.trust.generation
    ? configuration
    : Object.freeze({ ...configuration, trust });
}

function sortedByName<T extends { readonly name: string }>(
  lists: ReadonlyMap<string, readonly T[]>,
): ReadonlyMap<string, readonly T[]> {
  const compare = (a: T, b: T): number => a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  return new Map([...lists].map(([scope, list]) => [scope, Object.freeze(list.toSorted(compare))]));
}
