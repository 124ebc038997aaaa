import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError } from "../errors.ts";
import {
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  matchesDigest,
  parseDigest,
} from "./digest.ts";

const EMPTY_SHA256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Deno.test("parseDigest accepts the three algorithms with their exact length", () => {
  for (const [algorithm, length] of [["sha256", 64], ["sha384", 96], ["sha512", 128]] as const) {
    const digest = parseDigest(`${algorithm}:${"0123456789abcdef".repeat(length / 16)}`);
    assert.equal(digestAlgorithm(digest), algorithm);
    assert.equal(digestHex(digest).length, length);
  }
});

Deno.test("parseDigest refuses everything else and says what a digest is", () => {
  const hex = "a".repeat(64);
  const refused = [
    "",
    ":",
    hex,
    `:${hex}`,
    `sha256${hex}`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}a`,
    `sha256:${hex.toUpperCase()}`,
    `SHA256:${hex}`,
    `sha256:${hex.slice(1)}g`,
    `sha256:${hex.slice(1)}\n`,
    `sha256:${hex}\n`,
    ` sha256:${hex}`,
    `sha256:${hex.slice(3)}../`,
    `sha256:sha256:${hex}`,
    `sha512:${hex}`,
    `sha384:${hex}`,
    `sha1:${"a".repeat(40)}`,
    `md5:${"a".repeat(32)}`,
    `sha256+b64:${hex}`,
    `toString:${hex}`,
    `__proto__:${hex}`,
  ];
  for (const text of refused) {
    assert.equal(isDigest(text), false, text);
    assert.throws(() => parseDigest(text), (error) => {
      assert.ok(error instanceof AssayError);
      assert.equal(error.code, "REFERENCE_INVALID");
      assert.match(error.message, /is not a digest: it takes sha256: and 64/);
      return true;
    });
  }
});

Deno.test("digestOf gives the published values for no bytes and for abc (FIPS 180-4)", () => {
  const abc = new TextEncoder().encode("abc");
  assert.equal(digestOf(new Uint8Array()), EMPTY_SHA256);
  assert.equal(
    digestOf(abc),
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.equal(
    digestOf(abc, "sha384"),
    "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  );
  assert.equal(
    digestOf(abc, "sha512"),
    "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  );
});

Deno.test("matchesDigest holds for the hashed bytes and for no others", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 64 }),
    fc.constantFrom("sha256" as const, "sha384" as const, "sha512" as const),
    fc.nat(),
    (data, algorithm, at) => {
      const bytes = new Uint8Array(data);
      const digest = parseDigest(digestOf(bytes, algorithm));
      assert.ok(matchesDigest(bytes, digest));
      assert.ok(!matchesDigest(new Uint8Array([...bytes, 0]), digest));
      if (bytes.length === 0) return;
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      assert.ok(!matchesDigest(bytes, digest));
    },
  ));
});
