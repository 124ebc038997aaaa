import assert from "node:assert/strict";
import { hasLicenseWord } from "./license_word.ts";

const TABLE: readonly (readonly [string, string, boolean])[] = [
  ["MIT", "MIT", true],
  ["mit", "MIT", true],
  ["MIT", "mit", true],
  ["MIT-0", "MIT", false],
  ["X-MIT", "MIT", false],
  ["GPL-2.0-only", "GPL-2.0", false],
  ["MPL-2.0 AND MIT", "MIT", true],
  ["(MIT)", "MIT", true],
  ["(MIT OR Apache-2.0)", "apache-2.0", true],
  ["MIT\tOR\nISC", "isc", true],
  ["MIT-0 OR MIT", "MIT", true],
  ["MIT,ISC", "MIT", false],
  ["Apache License 2.0", "apache license", true],
  ["NOASSERTION", "MIT", false],
  ["", "MIT", false],
  ["MIT", "", false],
];

for (const [text, license, expected] of TABLE) {
  Deno.test(`hasLicenseWord: ${JSON.stringify(license)} is ${expected ? "" : "not "}in ${JSON.stringify(text)}`, () => {
    assert.equal(hasLicenseWord(text, license), expected);
  });
}
