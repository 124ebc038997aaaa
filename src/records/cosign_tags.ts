import type { Configuration } from "../resources/mod.ts";
import { COSIGN_TAGS, type CosignTag, cosignTags } from "../stores/mod.ts";

/** Which of cosign's tags the stores of a scope look up, all together. */
export function cosignTagsOf(configuration: Configuration, scope: string): ReadonlySet<CosignTag> {
  const { stores } = configuration.forScope(scope);
  return new Set(stores.flatMap(({ parameters }) => cosignTags(parameters)));
}

/** The end of the tag under which cosign puts artifacts of a type. */
export function tagOf(artifactType: string): CosignTag {
  return artifactType === COSIGN_TAGS.att ? "att" : "sig";
}
