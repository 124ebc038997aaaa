import { type Configuration } from "../resources/mod.ts";
import { type ArtifactStore, openLayout } from "../stores/mod.ts";
import type { ImageArgument } from "./image.ts";

/**
 * Opens the layout of an image. It looks for cosign's tags when a configured store does.
 *
 * @param scope the namespace whose stores count.
 * @throws {AssayError} REPOSITORY_OPERATION_FAILURE.
 */
export function openImageLayout(
  image: ImageArgument,
  configuration: Configuration | undefined,
  scope: string,
  signal: AbortSignal,
): Promise<ArtifactStore> {
  const stores = configuration?.forScope(scope).stores ?? [];
  const cosignEnabled = stores.some((store) => store.parameters.cosignEnabled);
  return openLayout(image.layout.directory, { cosignEnabled, signal });
}
