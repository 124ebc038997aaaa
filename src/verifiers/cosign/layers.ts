import { VerificationFailure } from "../../errors.ts";
import type { Bytes, Descriptor } from "../../oci/mod.ts";
import type { ArtifactReader } from "../verifier.ts";

/** How many layers are fetched at once. */
const PARALLEL_FETCHES = 8;

/** Each payload once, some at a time; one that cannot be had spoils its own signatures only. */
export async function fetchLayers(
  layers: readonly Descriptor[],
  artifacts: ArtifactReader,
  maxBytes: number,
): Promise<Map<string, Bytes | VerificationFailure>> {
  const waiting = [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
  const found = new Map<string, Bytes | VerificationFailure>();
  const work = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer !== undefined; layer = waiting.shift()) {
      try {
        found.set(layer.digest, await artifacts.blob(layer, maxBytes));
      } catch (error) {
        if (!(error instanceof VerificationFailure)) throw error;
        found.set(layer.digest, error);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_FETCHES }, work));
  return found;
}

/** What reading gives, or the failure that it throws. */
export function orFailure<T>(read: () => T): T | VerificationFailure {
  try {
    return read();
  } catch (error) {
    if (error instanceof VerificationFailure) return error;
    throw error;
  }
}
