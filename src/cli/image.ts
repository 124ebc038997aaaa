import { AssayError } from "../errors.ts";
import { formatReference, parseReference, type Reference } from "../oci/mod.ts";
import { type LayoutReference, parseLayoutReference } from "../stores/mod.ts";

/** An image as named on the command line. */
export interface ImageArgument {
  /** As given. */
  readonly text: string;
  /** What reports call it: the `--as` reference, normalised, else the text. */
  readonly name: string;
  /** Where to look in the layout, with the registry and repository of `--as` for scopes. */
  readonly reference: Reference;
  readonly layout: LayoutReference;
  /** The digest that `--as` names, which the image must have. */
  readonly expectedDigest: string | undefined;
}

/**
 * Understands an image argument, and the reference that `--as` gives it.
 *
 * @throws {AssayError} REFERENCE_INVALID, USAGE_INVALID, or NOT_AVAILABLE for a registry reference.
 */
export function parseImage(text: string, as: string | undefined): ImageArgument {
  if (!text.startsWith("oci:")) {
    parseReference(text); // a reference that cannot be read is the first thing to say
    throw new AssayError({
      code: "NOT_AVAILABLE",
      component: "commandLine",
      message: `${text} is in a registry, and registries are not available in this build`,
      remedy:
        "Copy the image to an OCI image layout and name it as oci:DIR@sha256:… or oci:DIR:TAG.",
    });
  }
  const layout = parseLayoutReference(text);
  const named = as === undefined ? undefined : parseReference(as);
  const place = layout.digest === undefined ? { tag: layout.tag ?? "" } : { digest: layout.digest };
  return {
    text,
    name: named === undefined ? text : formatReference(named),
    reference: {
      registry: named?.registry ?? "",
      repository: named?.repository ?? "",
      ...place,
    },
    layout,
    expectedDigest: named?.digest,
  };
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
