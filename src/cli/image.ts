import { AssayError } from "../errors.ts";
import { formatReference, parseReference, type Reference, repositoryName } from "../oci/mod.ts";
import { type LayoutReference, parseLayoutReference } from "../stores/mod.ts";

/** An image as named on the command line. */
export interface ImageArgument {
  /** As given. */
  readonly text: string;
  /** What reports call it: the `--as` reference, normalised, else that of the image or the text. */
  readonly name: string;
  /** Where to find it. In a layout only its tag or digest counts. */
  readonly reference: Reference;
  /** `registry/repository`, which scopes are matched against; empty for a layout without `--as`. */
  readonly repository: string;
  /** The layout that it is in; undefined for an image in a registry. */
  readonly layout: LayoutReference | undefined;
  /** The digest that `--as` names, which the image must have. */
  readonly expectedDigest: string | undefined;
}

/**
 * Understands an image argument, and the reference that `--as` gives it.
 *
 * @throws {AssayError} REFERENCE_INVALID.
 */
export function parseImage(text: string, as: string | undefined): ImageArgument {
  const layout = text.startsWith("oci:") ? parseLayoutReference(text) : undefined;
  const reference = layout === undefined ? parseReference(text) : placeIn(layout);
  const named = as === undefined ? undefined : parseReference(as);
  const identity = named ?? (layout === undefined ? reference : undefined);
  return {
    text,
    name: identity === undefined ? text : formatReference(identity),
    reference,
    repository: identity === undefined ? "" : repositoryName(identity),
    layout,
    expectedDigest: named?.digest,
  };
}

function placeIn({ tag, digest }: LayoutReference): Reference {
  const place = digest === undefined ? { tag: tag ?? "" } : { digest };
  return { registry: "", repository: "", ...place };
}

/**
 * Checks that an image has the digest that `--as` names.
 *
 * @throws {AssayError} USAGE_INVALID.
 */
export function checkExpectedDigest(image: ImageArgument, digest: string | undefined): void {
  if (image.expectedDigest === undefined || digest === undefined) return;
  if (image.expectedDigest === digest) return;
  throw new AssayError({
    code: "USAGE_INVALID",
    component: "commandLine",
    message: `--as names ${image.expectedDigest}, but ${image.text} is ${digest}`,
    remedy: "Give --as the digest of the image, a tag, or only registry/repository.",
  });
}
