import type { AssayError } from "../errors.ts";
import type { ResourceClass } from "./candidate.ts";

/** A resource that is there, and of which no version can be used. */
export interface UnusableResource {
  readonly class: ResourceClass;
  /** The namespace whose requests it is for; empty for the cluster. */
  readonly scope: string;
  readonly name: string;
  readonly error: AssayError;
}

/** What is missing for want of a usable version: the error of a scope, by class. */
export class UnusableScopes {
  readonly #errors = new Map<string, AssayError>();

  constructor(resources: readonly UnusableResource[]) {
    for (const { class: resourceClass, scope, error } of resources) {
      const key = `${resourceClass} ${scope}`;
      if (!this.#errors.has(key)) this.#errors.set(key, error);
    }
  }

  /** Whether there is any of a scope. */
  has(scope: string): boolean {
    return (["Store", "Policy", "Verifier"] as const).some((one) =>
      this.#errors.has(`${one} ${scope}`)
    );
  }

  /**
   * Why requests of a scope get no verdict. A class of resources comes from the namespace if it has any
   * of its own, usable or not.
   *
   * @param own the classes of which the namespace has usable resources.
   */
  errorOf(scope: string, own: ReadonlySet<ResourceClass>): AssayError | undefined {
    for (const resourceClass of ["Store", "Policy", "Verifier"] as const) {
      const error = this.#errors.get(`${resourceClass} ${scope}`) ??
        (own.has(resourceClass) ? undefined : this.#errors.get(`${resourceClass} `));
      if (error !== undefined) return error;
    }
    return undefined;
  }
}
