import assert from "node:assert/strict";
import fc from "fast-check";
import { FormatError } from "../../crypto/mod.ts";
import { parseTagValue } from "./tag_value.ts";

const VERSION = "SPDXVersion: SPDX-2.3\n";

Deno.test("parseTagValue reads packages and their concluded licenses", () => {
  const text = `${VERSION}# a comment\r
DataLicense: CC0-1.0

PackageName: a
PackageLicenseConcluded: MIT
PackageLicenseDeclared: ISC
PackageName: b
PackageDescription: <text>one
PackageLicenseConcluded: GPL-3.0-only
PackageName: c</text>
PackageLicenseConcluded: <text>(MIT OR ISC)</text>
PackageName: d`;
  assert.deepEqual(parseTagValue(text), [
    { name: "a", license: "MIT" },
    { name: "b", license: "(MIT OR ISC)" },
    { name: "d", license: "" },
  ]);
  assert.deepEqual(parseTagValue(VERSION), []);
});

const BROKEN: Readonly<Record<string, string>> = {
  "no version": "PackageName: a",
  "two versions": VERSION + VERSION,
  "nothing": "",
  "a line without a tag": `${VERSION}just words`,
  "JSON": '{"spdxVersion": "SPDX-2.3"}',
  "a license before any package": `${VERSION}PackageLicenseConcluded: MIT`,
  "two licenses of a package":
    `${VERSION}PackageName: a\nPackageLicenseConcluded: MIT\nPackageLicenseConcluded: ISC`,
  "a text without end": `${VERSION}PackageComment: <text>one\nPackageName: b`,
  "something behind a text": `${VERSION}PackageComment: <text>one</text> PackageName: b`,
};

for (const [what, text] of Object.entries(BROKEN)) {
  Deno.test(`parseTagValue refuses ${what}`, () => {
    assert.throws(() => parseTagValue(text), FormatError);
  });
}

Deno.test("parseTagValue throws nothing but FormatError", () => {
  const line = fc.oneof(
    fc.constantFrom("PackageName: a", "PackageLicenseConcluded: MIT", "<text>", "</text>", VERSION),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(line), (lines) => {
    try {
      parseTagValue(lines.join("\n"));
    } catch (error) {
      assert.ok(error instanceof FormatError);
    }
  }));
});
