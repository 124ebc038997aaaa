import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError } from "../errors.ts";
import { parseDescriptor } from "./descriptor.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const GOOD = { mediaType: "application/json", digest: DIGEST, size: 2 };

Deno.test("parseDescriptor copies the members it knows and ignores others", () => {
  const cases: [unknown, unknown][] = [
    [GOOD, GOOD],
    [{ ...GOOD, size: 0 }, { ...GOOD, size: 0 }],
    [{ ...GOOD, size: Number.MAX_SAFE_INTEGER }, { ...GOOD, size: Number.MAX_SAFE_INTEGER }],
    [{ ...GOOD, artifactType: "a/b" }, { ...GOOD, artifactType: "a/b" }],
    [{ ...GOOD, artifactType: "" }, GOOD],
    [{ ...GOOD, annotations: null }, GOOD],
    [{ ...GOOD, urls: ["https://x"], data: "e30=", platform: { os: "linux" } }, GOOD],
  ];
  for (const [value, expected] of cases) {
    const actual = parseDescriptor(value, "config");
    assert.deepEqual(actual, expected);
    assert.ok(Object.isFrozen(actual));
  }
});

Deno.test("parseDescriptor keeps annotations apart from what objects inherit", () => {
  const value = JSON.parse(`{"mediaType":"a/b","digest":"${DIGEST}","size":1,
    "annotations":{"__proto__":"x","k":"v"}}`);
  const { annotations } = parseDescriptor(value, "config");
  assert.deepEqual(Object.entries(annotations ?? {}), [["__proto__", "x"], ["k", "v"]]);
  assert.equal(annotations?.["constructor"], undefined);
  assert.equal(parseDescriptor(GOOD, "config").annotations, undefined);
});

Deno.test("parseDescriptor refuses what does not fit and names the member", () => {
  const refused: [unknown, RegExp][] = [
    [undefined, /its config must be an object, not absent/],
    [null, /its config must be an object, not null/],
    [[], /its config must be an object, not a list/],
    ["x", /its config must be an object, not "x"/],
    [{}, /its config\.mediaType must be text, not absent/],
    [{ ...GOOD, mediaType: "" }, /config\.mediaType "" is not a media type/],
    [{ ...GOOD, mediaType: "json" }, /is not a media type/],
    [{ ...GOOD, mediaType: "a/b; c=d" }, /is not a media type/],
    [{ ...GOOD, mediaType: 1 }, /must be text, not "1"/],
    [{ ...GOOD, mediaType: null }, /must be text, not null/],
    [{ ...GOOD, digest: undefined }, /config\.digest must be text/],
    [{ ...GOOD, digest: "sha256:../../etc/passwd" }, /is not a digest/],
    [{ ...GOOD, digest: DIGEST.toUpperCase() }, /is not a digest/],
    [{ ...GOOD, size: undefined }, /config\.size must be a whole number/],
    [{ ...GOOD, size: -1 }, /config\.size/],
    [{ ...GOOD, size: -0 }, /config\.size/],
    [{ ...GOOD, size: 1.5 }, /config\.size/],
    [{ ...GOOD, size: 2 ** 53 }, /config\.size/],
    [{ ...GOOD, size: NaN }, /config\.size/],
    [{ ...GOOD, size: "2" }, /config\.size/],
    [{ ...GOOD, artifactType: "x" }, /config\.artifactType "x" is not a media type/],
    [{ ...GOOD, artifactType: null }, /config\.artifactType must be text/],
    [{ ...GOOD, annotations: [] }, /config\.annotations must be an object/],
    [{ ...GOOD, annotations: { k: 1 } }, /config\.annotations\["k"\] must be text/],
    [Object.create(GOOD), /config\.mediaType must be text, not absent/],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => parseDescriptor(value, "config"), (error) => {
      assert.ok(error instanceof AssayError);
      assert.equal(error.code, "MANIFEST_INVALID");
      assert.equal(error.effect, "deny");
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseDescriptor fails only with MANIFEST_INVALID", () => {
  const shape = fc.record({
    mediaType: fc.oneof(fc.constant("a/b"), fc.jsonValue()),
    digest: fc.oneof(fc.constant(DIGEST), fc.jsonValue()),
    size: fc.oneof(fc.nat(), fc.jsonValue()),
    annotations: fc.jsonValue(),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(shape, fc.jsonValue()), (value) => {
      try {
        parseDescriptor(value, "x");
      } catch (error) {
        assert.ok(error instanceof AssayError && error.code === "MANIFEST_INVALID");
      }
    }),
    { numRuns: 300 },
  );
});
