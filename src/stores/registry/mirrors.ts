/** Asks the mirrors of a registry before the registry itself. */

import { AssayError } from "../../errors.ts";
import type { Repository } from "./content.ts";
import { RegistryFailure } from "./failure.ts";

/** A repository in each place where it may be, in the order in which they are asked. */
export interface Places {
  readonly mirrors: readonly Repository[];
  readonly registry: Repository;
}

/**
 * What the first mirror gives that is enough, else what the registry gives: what is read by digest must have
 * it wherever it comes from, and that a mirror has nothing says nothing about the registry. Throws as the
 * work does for the registry; the message says what the mirrors answered.
 *
 * @param enough whether what a mirror gave ends the search.
 */
export async function askInTurn<T>(
  { mirrors, registry }: Places,
  work: (repository: Repository) => Promise<T>,
  enough: (found: T) => boolean = () => true,
): Promise<T> {
  const failures: string[] = [];
  for (const mirror of mirrors) {
    try {
      const found = await work(mirror);
      if (enough(found)) return found;
    } catch (error) {
      const known = error instanceof RegistryFailure ||
        (error instanceof AssayError && error.code !== "DEADLINE_EXCEEDED");
      if (!known) throw error;
      failures.push(`${mirror.endpoint.registry}: ${error.message.replace(/\.$/, "")}`);
    }
  }
  try {
    return await work(registry);
  } catch (error) {
    if (!(error instanceof RegistryFailure) || failures.length === 0) throw error;
    const { kind, remedy, registryCode, final } = error;
    throw new RegistryFailure(kind, `${error.message} (mirrors: ${failures.join("; ")})`, {
      ...(remedy === undefined ? {} : { remedy }),
      ...(registryCode === undefined ? {} : { registryCode }),
      final,
      cause: error,
    });
  }
}
