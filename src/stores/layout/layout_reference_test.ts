import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError } from "../../errors.ts";
import { parseLayoutReference } from "./layout_reference.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

Deno.test("parseLayoutReference splits folder and tag or digest", () => {
  const cases: [string, string, string | undefined, string | undefined][] = [
    ["oci:dir:v1", "dir", "v1", undefined],
    ["oci:./dir:v1", "./dir", "v1", undefined],
    ["oci:/a/b c/d:v1.0-rc_1", "/a/b c/d", "v1.0-rc_1", undefined],
    ["oci:a:b:c", "a:b", "c", undefined],
    ["oci:/a@b/c:tag", "/a@b/c", "tag", undefined],
    ["oci:größe:v1", "größe", "v1", undefined],
    ["oci:..:v1", "..", "v1", undefined],
    [`oci:dir@${DIGEST}`, "dir", undefined, DIGEST],
    [`oci:/a:b/c@${DIGEST}`, "/a:b/c", undefined, DIGEST],
    [`oci:/a@b/c@${DIGEST}`, "/a@b/c", undefined, DIGEST],
    [`oci:a@b@${DIGEST}`, "a@b", undefined, DIGEST],
    [`oci:dir:v1@${DIGEST}`, "dir:v1", undefined, DIGEST],
    [`oci:dir@sha512:${"ab".repeat(64)}`, "dir", undefined, `sha512:${"ab".repeat(64)}`],
  ];
  for (const [text, directory, tag, digest] of cases) {
    assert.deepEqual(parseLayoutReference(text), {
      directory,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    });
  }
});

Deno.test("parseLayoutReference refuses everything else and says what is wrong", () => {
  const refused: [string, RegExp][] = [
    ["", /does not start with oci:/],
    ["dir:v1", /does not start with oci:/],
    ["OCI:dir:v1", /does not start with oci:/],
    [" oci:dir:v1", /does not start with oci:/],
    ["oci:", /neither a tag nor a digest/],
    ["oci:dir", /neither a tag nor a digest/],
    ["oci:/a/b", /neither a tag nor a digest/],
    ["oci::v1", /names no folder/],
    [`oci:@${DIGEST}`, /names no folder/],
    ["oci:dir:", /"" after the last colon is not a tag/],
    ["oci:dir:v1/x", /is not a tag/],
    ["oci:dir:.v1", /is not a tag/],
    ["oci:dir:v 1", /is not a tag/],
    [`oci:dir:${"t".repeat(129)}`, /is not a tag/],
    [`oci:dir:${DIGEST}/`, /is not a tag/],
    ["oci:dir@", /after the last @/],
    ["oci:dir@v1", /after the last @/],
    ["oci:dir@sha256:abcd", /after the last @/],
    [`oci:dir@${DIGEST.toUpperCase()}`, /after the last @/],
    [`oci:dir@${DIGEST}:v1`, /after the last @/],
    ["oci:a@b:v1", /after the last @/],
    ["oci:di\u0000r:v1", /control character/],
    ["oci:di\nr:v1", /control character/],
    [`oci:dir@${DIGEST}\n`, /control character/],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => parseLayoutReference(text), (error) => {
      assert.ok(error instanceof AssayError, text);
      assert.equal(error.code, "REFERENCE_INVALID");
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseLayoutReference fails only with REFERENCE_INVALID, and loses no character", () => {
  const pieces = fc.array(fc.constantFrom("a", "/", ":", "@", ".", "v1", DIGEST, "\n", "é"), {
    maxLength: 8,
  }).map((parts) => `oci:${parts.join("")}`);
  fc.assert(
    fc.property(pieces, (text) => {
      try {
        const { directory, tag, digest } = parseLayoutReference(text);
        assert.equal(
          tag === undefined ? `oci:${directory}@${digest}` : `oci:${directory}:${tag}`,
          text,
        );
      } catch (error) {
        assert.ok(error instanceof AssayError && error.code === "REFERENCE_INVALID", String(error));
      }
    }),
    { numRuns: 300 },
  );
});
