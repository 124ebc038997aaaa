import assert from "node:assert/strict";
import { compareSemanticVersions, isSemanticVersion } from "./semantic_version.ts";

Deno.test("compareSemanticVersions orders versions as the specification's example does", () => {
  const ordered = [
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.9",
    "1.0.10",
    "1.2.0",
    "2.0.0",
    "10.0.0",
    "99999999999999999999.0.0",
  ];
  for (const [index, low] of ordered.entries()) {
    assert.equal(compareSemanticVersions(low, low), 0, low);
    for (const high of ordered.slice(index + 1)) {
      assert.ok(compareSemanticVersions(low, high) < 0, `${low} ${high}`);
      assert.ok(compareSemanticVersions(high, low) > 0, `${high} ${low}`);
    }
  }
  assert.equal(compareSemanticVersions("1.0.0+a", "1.0.0+b"), 0);
});

Deno.test("isSemanticVersion takes what the specification takes", () => {
  for (const text of ["0.0.0", "1.2.3", "1.0.0-x.7.z.92", "1.0.0+20130313144700", "1.0.0-0A.is"]) {
    assert.ok(isSemanticVersion(text), text);
  }
  const wrong = ["", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.0.0 ", "a"];
  for (const text of [...wrong, `1.0.${"0".repeat(1)}-${"a".repeat(200)}`]) {
    assert.ok(!isSemanticVersion(text), text);
  }
});
