import { encodeBase64 } from "../../crypto/mod.ts";
import { type Manifest, OCI_IMAGE_MANIFEST } from "../../oci/mod.ts";
import type { CheckList } from "../check_list.ts";
import {
  bundleVersion,
  checkSubject,
  parseBundle,
  reading,
  refusal,
  type Statement,
  type StatementContent,
  statementContent,
} from "../sigstore/mod.ts";
import type { ArtifactReader } from "../verifier.ts";
import { checkAnnotations } from "./annotations.ts";
import type { Signature } from "./attempt.ts";
import type { CosignTrustPolicy } from "./trust_policy.ts";

/** A signed statement, and where it is. */
export interface StatementBundle extends StatementContent {
  /** The digest of the layer. */
  readonly layer: string;
  /** The position of the layer, from 0. */
  readonly index: number;
}

/** Checks that a manifest is of the one type that signatures have. @throws {VerificationFailure} */
export function checkManifest(manifest: Manifest): void {
  if (manifest.mediaType === OCI_IMAGE_MANIFEST) return;
  throw refusal("manifest.invalid", `The signature's manifest is not an ${OCI_IMAGE_MANIFEST}`);
}

/**
 * Fetches the bundle that a manifest has as its one layer, and reads the statement in it.
 *
 * @throws {VerificationFailure} `manifest.*` or `cosign.malformed`.
 */
export async function readBundleLayer(
  { blobs }: Manifest,
  artifacts: ArtifactReader,
  maxBytes: number,
): Promise<StatementBundle> {
  const [layer] = blobs;
  if (layer === undefined || blobs.length > 1 || bundleVersion(layer.mediaType) === undefined) {
    throw refusal("cosign.malformed", "The manifest does not have one layer that is a bundle");
  }
  const bytes = await artifacts.blob(layer, maxBytes);
  const bundle = reading("cosign.malformed", "The bundle cannot be read", () => parseBundle(bytes));
  return { ...statementContent(bundle), layer: layer.digest, index: 0 };
}

/**
 * The signature of a statement that must be about the image.
 *
 * @param checkMore what else is asked of the statement, once it is known to be right.
 */
export function statementSignature(
  { content, statement, layer, index }: StatementBundle,
  digest: string,
  policy: CosignTrustPolicy,
  checkMore: (list: CheckList, statement: Statement) => Promise<void> = () => Promise.resolve(),
): Signature {
  return {
    index,
    digest: layer,
    text: encodeBase64(content.signature),
    content,
    checkClaims: async (list) => {
      let annotations = {};
      await list.run("target", "enforce", () => {
        annotations = checkSubject(statement, digest);
        return `The statement is about ${digest}`;
      });
      await checkAnnotations(list, annotations, policy.annotations);
      await checkMore(list, statement);
    },
  };
}
