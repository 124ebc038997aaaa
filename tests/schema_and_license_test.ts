import assert from "node:assert/strict";
import { compileSchema } from "../src/verifiers/mod.ts";
import { contentVerifier, judgeContent } from "./judge_content.ts";
import { temporaryFolder } from "./temp.ts";

/* Documents by JSON schemas, and by the licenses of their packages. */

const TYPE = "application/vnd.example.note";
const SCHEMA = { type: "object", required: ["owner"], properties: { owner: { type: "string" } } };

Deno.test("a schemavalidator accepts an artifact whose blobs all follow their schema", async () => {
  const verifier = await contentVerifier("schemavalidator", { schemas: { "a/b": SCHEMA } }, TYPE);
  const judge = async (...blobs: readonly unknown[]): Promise<string | undefined> =>
    (await judgeContent(verifier, { artifactType: TYPE, mediaType: "a/b", blobs })).failure?.reason;
  assert.equal(await judge({ owner: "a" }, { owner: "b", more: 1 }), undefined);
  assert.equal(await judge({ owner: "a" }, { owner: 1 }), "schema.invalid");
  assert.equal(await judge({}), "schema.invalid");
  assert.equal(await judge("no JSON"), "schema.invalid");
  assert.equal(await judge(), "manifest.no_blobs");
  const other = await judgeContent(verifier, { artifactType: TYPE, blobs: [{ owner: "a" }] });
  assert.equal(other.failure?.reason, "schema.not_configured");
});

Deno.test("a schemavalidator says what is wrong, and where", async () => {
  const verifier = await contentVerifier("schemavalidator", { schemas: { [TYPE]: SCHEMA } }, TYPE);
  const result = await judgeContent(verifier, { artifactType: TYPE, blobs: [{ owner: 1 }] });
  assert.match(result.message, /at #\/owner: Instance type "number" is invalid/);
});

Deno.test("a schemavalidator reads schemas from files, by path or file address", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/schema.json`;
  await Deno.writeTextFile(path, JSON.stringify(SCHEMA));
  for (const address of [path, `file://${path}`]) {
    const parameters = { schemas: { [TYPE]: address } };
    const verifier = await contentVerifier("schemavalidator", parameters, TYPE);
    const outcome = async (blob: unknown): Promise<string> =>
      (await judgeContent(verifier, { artifactType: TYPE, blobs: [blob] })).outcome;
    assert.deepEqual([await outcome({ owner: "a" }), await outcome({})], ["success", "failure"]);
  }
});

/** Schemas in each draft that differ from the others, a document that follows, and one that does not. */
const DRAFTS: Readonly<Record<string, readonly [object, unknown, unknown]>> = {
  "http://json-schema.org/draft-04/schema#": [{ minimum: 1, exclusiveMinimum: true }, 2, 1],
  "http://json-schema.org/draft-06/schema#": [{ const: 1 }, 1, 2],
  "http://json-schema.org/draft-07/schema#": [{ if: { const: 1 }, else: false }, 1, 2],
  "https://json-schema.org/draft/2019-09/schema": [
    { $defs: { a: { const: 1 } }, $ref: "#/$defs/a" },
    1,
    2,
  ],
  "https://json-schema.org/draft/2020-12/schema": [{ prefixItems: [{ const: 1 }] }, [1], [2]],
};

for (const [$schema, [members, good, bad]] of Object.entries(DRAFTS)) {
  Deno.test(`compileSchema knows ${$schema}`, () => {
    const schema = compileSchema({ $schema, ...members } as never);
    assert.ok(typeof schema !== "string", String(schema));
    assert.equal(schema.check(good as never), undefined);
    assert.notEqual(schema.check(bad as never), undefined);
  });
}

/** Schemas that cannot be used, with a part of what is said. */
const UNUSABLE: readonly (readonly [string, unknown, RegExp])[] = [
  ["a list", [], /must be a JSON schema/],
  ["another draft", { $schema: "http://json-schema.org/draft-03/schema#" }, /not known/],
  [
    "a reference to another place",
    { $ref: "https://example.com/s.json" },
    /refers to https:\/\/example.com/,
  ],
  [
    "a reference that leads nowhere",
    { properties: { a: { $ref: "#/definitions/a" } } },
    /refers to #\/definitions\/a/,
  ],
  ["a pattern that is none, of a member called default", {
    properties: { default: { pattern: "(" } },
  }, /pattern that cannot be read/],
  ["a dynamic reference", { items: { $dynamicRef: "#a" } }, /\$dynamicRef/],
  ["a pattern that is none", { pattern: "(" }, /pattern that cannot be read/],
  [
    "a pattern for names that is none",
    { patternProperties: { "[": {} } },
    /pattern that cannot be read/,
  ],
];

for (const [what, schema, problem] of UNUSABLE) {
  Deno.test(`compileSchema refuses ${what}`, () => {
    assert.match(String(compileSchema(schema as never)), problem);
  });
}

Deno.test("a schema that wants elements to differ is not held against long lists", async () => {
  const schema = { items: { type: "number" }, uniqueItems: true };
  const verifier = await contentVerifier("schemavalidator", { schemas: { [TYPE]: schema } }, TYPE);
  const judge = async (length: number): Promise<string | undefined> => {
    const list = Array.from({ length }, (_, index) => index);
    return (await judgeContent(verifier, { artifactType: TYPE, blobs: [list] })).failure?.reason;
  };
  assert.equal(await judge(2000), undefined);
  assert.equal(await judge(2001), "limit_exceeded");
});

Deno.test("a schema is not held against documents that would take too long", async () => {
  const schema = { properties: { address: { format: "uri" } } };
  const verifier = await contentVerifier("schemavalidator", { schemas: { [TYPE]: schema } }, TYPE);
  const judge = async (blob: string): Promise<string | undefined> =>
    (await judgeContent(verifier, { artifactType: TYPE, blobs: [blob] })).failure?.reason;
  assert.equal(await judge(`[${"0,".repeat(499_998)}0]`), undefined);
  assert.equal(await judge(`[${"0,".repeat(499_999)}0]`), "schema.invalid");
  const long = `http://${"a%20/".repeat(4_000_000)} `;
  assert.equal(await judge(JSON.stringify({ address: long })), "limit_exceeded");
});

Deno.test("a licensechecker accepts packages whose whole license is allowed", async () => {
  const parameters = { allowedLicenses: ["MIT", "(MIT OR ISC)"] };
  const verifier = await contentVerifier("licensechecker", parameters, TYPE);
  const judge = async (...texts: readonly string[]): Promise<[string, string | undefined]> => {
    const blobs = texts.map((text) => `SPDXVersion: SPDX-2.3\n${text}`);
    const result = await judgeContent(verifier, { artifactType: TYPE, blobs });
    return [result.message, result.failure?.reason];
  };
  const good = ["License Check: SUCCESS. All packages have allowed licenses", undefined];
  const a = "PackageName: a\nPackageLicenseConcluded: MIT\n";
  const b = "PackageName: b\nPackageLicenseConcluded: (MIT OR ISC)\n";
  assert.deepEqual(await judge(a + b), good);
  assert.deepEqual(await judge(""), good);
  const c = "PackageName: c\nPackageLicenseConcluded: mit\n";
  assert.deepEqual(await judge(a, c), [
    "License Check: FAILED. [{c mit}]",
    "license.not_allowed",
  ]);
  assert.equal((await judge("PackageName: d"))[1], "license.not_allowed");
  assert.equal((await judge("no tag"))[1], "license.parse");
});
