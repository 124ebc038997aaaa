import { AssayError } from "../errors.ts";
import type { TrustMaterial } from "./material.ts";

/**
 * All key material in force at one moment, by the reference that verifiers use for a provider:
 * `name` for a cluster-wide one, `namespace/name` for one in a namespace. Immutable.
 */
export class TrustSnapshot {
  /** A hash of the material; changes whenever any of it does. */
  readonly generation: string;
  readonly #providers: ReadonlyMap<string, TrustMaterial | AssayError>;

  constructor(generation: string, providers: ReadonlyMap<string, TrustMaterial | AssayError>) {
    this.generation = generation;
    this.#providers = providers;
  }

  /** The same with the material of some providers replaced. `generationOf` hashes all of it. */
  with(
    replaced: ReadonlyMap<string, TrustMaterial | AssayError>,
    generationOf: (providers: ReadonlyMap<string, TrustMaterial | AssayError>) => string,
  ): TrustSnapshot {
    const providers = new Map([...this.#providers, ...replaced]);
    return new TrustSnapshot(generationOf(providers), providers);
  }

  /**
   * The material of one provider, for a request of `scope` (a namespace; empty for the cluster).
   * A reference with a `/` belongs to the namespace before it and to no other.
   *
   * @throws {AssayError} OPERATION_FORBIDDEN, RESOURCE_NOT_FOUND, or the provider's own error.
   */
  material(reference: string, scope: string): TrustMaterial {
    const slash = reference.indexOf("/");
    if (slash >= 0 && reference.slice(0, slash) !== scope) {
      throw new AssayError({
        code: "OPERATION_FORBIDDEN",
        component: "keyManagementProvider",
        message: `Key management provider ${reference} may not be used by a request ${
          scope === "" ? "without a namespace" : `of namespace ${scope}`
        }`,
      });
    }
    const found = this.#providers.get(reference);
    if (found === undefined) {
      throw new AssayError({
        code: "RESOURCE_NOT_FOUND",
        component: "keyManagementProvider",
        message: `Key management provider ${reference} does not exist`,
        effect: "undecided",
      });
    }
    if (found instanceof AssayError) throw found;
    return found;
  }
}
