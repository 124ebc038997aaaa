import assert from "node:assert/strict";
import fc from "fast-check";
import { forgeBundle, forgeInstance, forgeKey, type Json } from "../../../tests/forge/mod.ts";
import { encodeUtf8, FormatError } from "../../crypto/mod.ts";
import { bundleVersion, parseBundle } from "./bundle.ts";

const BUNDLE = await forgeBundle({
  instance: await forgeInstance(),
  signer: await forgeKey("P-256", "bundle reader"),
  artifact: encodeUtf8("artifact"),
  kind: "dsse",
  timestamped: true,
});

Deno.test("bundleVersion knows both spellings of three versions", () => {
  for (const version of ["0.1", "0.2", "0.3"]) {
    for (const type of [`+json;version=${version}`, `.v${version}+json`, `.v${version}.0+json`]) {
      assert.equal(bundleVersion(`application/vnd.dev.sigstore.bundle${type}`), version, type);
    }
  }
  for (const type of ["", "+json", ".v0.4+json", "+json;version=0.0", ".v0.3+json ", ".v0.3"]) {
    assert.equal(bundleVersion(`application/vnd.dev.sigstore.bundle${type}`), undefined, type);
  }
});

Deno.test("parseBundle throws nothing but FormatError, whatever stands where something belongs", () => {
  const paths = pathsOf(BUNDLE, []);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), fc.boolean(), (path, value, remove) => {
      const changed = structuredClone(BUNDLE);
      const parent = path.slice(0, -1).reduce((one: Json, step) => one[step], changed);
      if (remove) delete parent[path.at(-1) as string];
      else parent[path.at(-1) as string] = value;
      try {
        parseBundle(encodeUtf8(JSON.stringify(changed)));
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseBundle holds to its limits", () => {
  const more = (change: (material: Json) => void): Uint8Array<ArrayBuffer> => {
    const changed = structuredClone(BUNDLE);
    change(changed.verificationMaterial);
    return encodeUtf8(JSON.stringify(changed));
  };
  const [entry] = BUNDLE.verificationMaterial.tlogEntries;
  const { rfc3161Timestamps: [stamp] } = BUNDLE.verificationMaterial.timestampVerificationData;
  parseBundle(more((material) => material.tlogEntries = Array(32).fill(entry)));
  for (
    const bytes of [
      more((material) => material.tlogEntries = Array(33).fill(entry)),
      more((material) =>
        material.timestampVerificationData.rfc3161Timestamps = Array(33).fill(stamp)
      ),
      more(({ tlogEntries: [one] }) => one.inclusionProof.hashes = Array(65).fill("AQ==")),
      new Uint8Array(16 * 1024 * 1024 + 1),
    ]
  ) {
    assert.throws(() => parseBundle(bytes), FormatError);
  }
});

function pathsOf(value: Json, path: readonly string[]): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => [
    [...path, key],
    ...pathsOf(value[key], [...path, key]),
  ]);
}
