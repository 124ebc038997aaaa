/** The command line's way to name an image in a layout on disk: `oci:DIR@DIGEST` or `oci:DIR:TAG`. */

import { AssayError } from "../../errors.ts";
import { type Digest, isDigest, isTag, quote } from "../../oci/mod.ts";

const PREFIX = "oci:";

/** An image in a layout: by digest, or by tag. */
export interface LayoutReference {
  /** Path of the folder, as written. */
  readonly directory: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/**
 * Reads `oci:DIR@DIGEST`, where the last `@` splits, or `oci:DIR:TAG`, where the last `:` does. An `@`
 * with a `/` somewhere after it belongs to the folder's name, as no digest has a `/`.
 * Throws {@link AssayError} `REFERENCE_INVALID` that quotes the text and says what is wrong with it.
 */
export function parseLayoutReference(text: string): LayoutReference {
  const problem = (reason: string): never => {
    throw new AssayError({
      code: "REFERENCE_INVALID",
      component: "executor",
      message: `The layout reference ${quote(text)} cannot be read: ${reason}.`,
      remedy: "Write it as oci:DIR:TAG or oci:DIR@sha256:<64 hex digits>.",
    });
  };
  if (!text.startsWith(PREFIX)) return problem("it does not start with oci:");
  const rest = text.slice(PREFIX.length);
  if (hasControlCharacter(rest)) return problem("it has a control character");

  const at = rest.lastIndexOf("@");
  if (at >= 0 && !rest.includes("/", at)) {
    const digest = rest.slice(at + 1);
    if (at === 0) return problem("it names no folder before the @");
    if (!isDigest(digest)) {
      return problem(
        "after the last @ there must be sha256: and 64, sha384: and 96, or sha512: and 128 " +
          "lower-case hexadecimal digits",
      );
    }
    return { directory: rest.slice(0, at), digest };
  }
  const colon = rest.lastIndexOf(":");
  if (colon < 0) return problem("it has neither a tag nor a digest after the folder");
  if (colon === 0) return problem("it names no folder before the tag");
  const tag = rest.slice(colon + 1);
  if (!isTag(tag)) {
    return problem(
      `${
        quote(tag, 40)
      } after the last colon is not a tag (1 to 128 letters, digits, ".", "_" and ` +
        '"-", not starting with "." or "-")',
    );
  }
  return { directory: rest.slice(0, colon), tag };
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
