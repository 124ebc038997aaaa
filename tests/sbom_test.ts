import assert from "node:assert/strict";
import type { VerifierResult } from "../src/verifiers/mod.ts";
import type { ResourceJson } from "./case_resources.ts";
import { contentVerifier, judgeContent } from "./judge_content.ts";

/* Bills of materials: what is read in them, and what they must not have. */

const SPDX = "application/spdx+json";
const CYCLONEDX = "application/vnd.cyclonedx+json";

async function judge(
  parameters: ResourceJson,
  blobs: readonly unknown[],
  artifactType = SPDX,
  artifactTypes = artifactType,
): Promise<VerifierResult> {
  const verifier = await contentVerifier("sbom", parameters, artifactTypes);
  return await judgeContent(verifier, { artifactType, blobs });
}

function spdx(...packages: readonly unknown[]): unknown {
  return { spdxVersion: "SPDX-2.3", packages };
}

function cyclonedx(members: ResourceJson): unknown {
  return { bomFormat: "CycloneDX", specVersion: "1.5", ...members };
}

/** Documents that must be refused as no bill of materials, each with a part of the message. */
const UNREADABLE: readonly (readonly [string, string, unknown, RegExp])[] = [
  ["text", SPDX, "SPDXVersion: SPDX-2.3", /not JSON/],
  ["nothing", SPDX, "", /not JSON/],
  ["JSON with something behind it", SPDX, '{"spdxVersion": "SPDX-2.3"} {}', /not JSON/],
  [
    "a member that occurs twice",
    SPDX,
    '{"spdxVersion":"SPDX-2.3","packages":[],"packages":[]}',
    /occurs twice/,
  ],
  ["bytes that are no text", SPDX, new Uint8Array([0xff, 0xfe]), /UTF-8/],
  ["a list", SPDX, [], /not an object/],
  ["no version", SPDX, {}, /spdxVersion must be one of .*; found none/],
  ["SPDX 3", SPDX, { spdxVersion: "SPDX-3.0" }, /found "SPDX-3.0"/],
  ["a number as version", SPDX, { spdxVersion: 2.3 }, /spdxVersion must be a text/],
  [
    "packages that are an object",
    SPDX,
    { spdxVersion: "SPDX-2.3", packages: {} },
    /packages must be a list/,
  ],
  ["a package that is a text", SPDX, spdx("a"), /packages must be a list of objects/],
  ["a name that is a list", SPDX, spdx({ name: ["a"] }), /packages\[0\]\.name must be a text/],
  [
    "a license that is an object",
    SPDX,
    spdx({ licenseConcluded: {} }),
    /licenseConcluded must be a text/,
  ],
  ["CycloneDX under the type of SPDX", SPDX, cyclonedx({}), /spdxVersion/],
  ["SPDX under the type of CycloneDX", CYCLONEDX, spdx(), /bomFormat/],
  [
    "CycloneDX 2",
    CYCLONEDX,
    cyclonedx({ specVersion: "2.0" }),
    /specVersion must be 1.x; found "2.0"/,
  ],
  [
    "components that are an object",
    CYCLONEDX,
    cyclonedx({ components: {} }),
    /components must be a list/,
  ],
  [
    "a licence that is a text",
    CYCLONEDX,
    cyclonedx({ components: [{ licenses: ["MIT"] }] }),
    /licenses must be a list of objects/,
  ],
  ["components nested too deep", CYCLONEDX, deep(70), /nested more than/],
];

function deep(levels: number): unknown {
  let components: unknown[] = [];
  for (let level = 0; level < levels; level++) components = [{ name: "x", components }];
  return cyclonedx({ components });
}

for (const [what, type, document, message] of UNREADABLE) {
  Deno.test(`an sbom verifier refuses ${what}`, async () => {
    const result = await judge({}, [document], type);
    assert.deepEqual([result.outcome, result.failure?.reason], ["failure", "sbom.parse"]);
    assert.match(result.message, message);
  });
}

Deno.test("an sbom verifier accepts a document with nothing but its version", async () => {
  for (const version of ["SPDX-2.1", "SPDX-2.2", "SPDX-2.3"]) {
    const result = await judge({ disallowedLicenses: ["MIT"] }, [{ spdxVersion: version }]);
    assert.equal(result.outcome, "success");
    assert.deepEqual(result.extensions, { creationInfo: null });
    assert.equal(
      result.message,
      "SBOM verification success. No license or package violation found.",
    );
  }
});

Deno.test("an sbom verifier reports who made the document, without what is absent", async () => {
  const info = {
    creators: ["Tool: x"],
    created: "2026-01-01T00:00:00Z",
    comment: "y".repeat(5000),
  };
  const { extensions } = await judge({}, [{ spdxVersion: "SPDX-2.3", creationInfo: info }]);
  assert.deepEqual(extensions, { creationInfo: { ...info, comment: "y".repeat(1000) } });
  const tools = { components: [{ name: "syft", version: "1.0" }] };
  const other = await judge(
    {},
    [cyclonedx({ metadata: { timestamp: "2026-01-01T00:00:00Z", tools } })],
    CYCLONEDX,
  );
  assert.deepEqual(other.extensions, {
    creationInfo: { creators: ["Tool: syft-1.0"], created: "2026-01-01T00:00:00Z" },
  });
});

Deno.test("an sbom verifier reports violations under the names that policies read, each once", async () => {
  const a = { name: "a", versionInfo: "1", licenseConcluded: "MIT AND ISC" };
  const result = await judge(
    {
      disallowedLicenses: ["mit", "ISC"],
      disallowedPackages: [{ name: "a" }, { name: "a", version: "1" }],
    },
    [spdx(a, a), spdx(a)],
  );
  assert.deepEqual([result.outcome, result.failure?.reason], ["failure", "sbom.license"]);
  assert.match(result.message, /^License or package violation found\./);
  assert.deepEqual(result.extensions, {
    creationInfo: null,
    licenseViolations: [
      { Name: "a", Version: "1", License: "mit" },
      { Name: "a", Version: "1", License: "ISC" },
    ],
    packageViolations: [{ Name: "a", Version: "1", License: "MIT AND ISC" }],
  });
});

Deno.test("an sbom verifier lists 500 violations of a kind at most", async () => {
  const packages = Array.from(
    { length: 600 },
    (_, index) => ({ name: `p${index}`, licenseConcluded: "MIT" }),
  );
  const { extensions, message } = await judge({ disallowedLicenses: ["MIT"] }, [spdx(...packages)]);
  assert.equal((extensions?.["licenseViolations"] as unknown[]).length, 500);
  assert.match(message, /and 599 more$/);
});

Deno.test("an sbom verifier looks into every blob", async () => {
  const result = await judge({ disallowedPackages: [{ name: "b" }] }, [
    spdx({ name: "a" }),
    spdx({ name: "b", versionInfo: "2" }),
  ]);
  assert.equal(result.failure?.reason, "sbom.package");
});

/** Package rules against a package `a` in version 1. */
const PACKAGES: readonly (readonly [ResourceJson, boolean])[] = [
  [{ name: "a" }, true],
  [{ name: "a", version: "" }, true],
  [{ name: "a", version: "1" }, true],
  [{ name: "a", version: "2" }, false],
  [{ name: "A" }, false],
  [{ name: "b" }, false],
];

for (const [rule, found] of PACKAGES) {
  Deno.test(`package a 1 is ${found ? "" : "not "}what ${JSON.stringify(rule)} disallows`, async () => {
    const result = await judge({ disallowedPackages: [rule] }, [
      spdx({ name: "a", versionInfo: "1" }),
    ]);
    assert.equal(result.outcome, found ? "failure" : "success");
  });
}

/** Matching, concluded and declared license, disallowed license → whether it is found. */
const LICENSES: readonly (readonly ["word" | "expression", string, string, string, boolean])[] = [
  ["word", "MIT OR ISC", "", "MIT", true],
  ["expression", "MIT OR ISC", "", "MIT", false],
  ["expression", "MIT AND ISC", "", "MIT", true],
  ["word", "NOASSERTION", "MIT", "MIT", false],
  ["expression", "NOASSERTION", "MIT", "MIT", true],
  ["expression", "", "MIT", "MIT", true],
  ["expression", "ISC", "MIT", "MIT", false],
  ["expression", "MIT, or ask us", "", "ask", true],
  ["expression", "see LICENSE", "", "MIT", false],
  ["word", "GPL-2.0", "", "GPL-2.0-only", false],
  ["expression", "GPL-2.0", "", "GPL-2.0-only", true],
];

for (const [licenseMatching, licenseConcluded, licenseDeclared, license, found] of LICENSES) {
  Deno.test(`by ${licenseMatching}, ${license} is ${found ? "" : "not "}found in "${licenseConcluded}" with "${licenseDeclared}" declared`, async () => {
    const result = await judge(
      { licenseMatching, disallowedLicenses: [license] },
      [spdx({ name: "a", licenseConcluded, licenseDeclared })],
    );
    assert.equal(result.outcome, found ? "failure" : "success");
  });
}

Deno.test("an sbom verifier finds licenses and packages everywhere in CycloneDX", async () => {
  const document = cyclonedx({
    metadata: { component: { name: "main", licenses: [{ expression: "MIT OR ISC" }] } },
    components: [{
      name: "outer",
      licenses: [{ license: { id: "Apache-2.0" } }],
      components: [{
        group: "@org",
        name: "inner",
        version: "1",
        licenses: [{ license: { name: "Own License" } }],
      }],
    }],
  });
  const isRefused = async (parameters: ResourceJson): Promise<boolean> =>
    (await judge(parameters, [document], CYCLONEDX)).outcome === "failure";
  for (const license of ["ISC", "apache-2.0", "own license"]) {
    assert.ok(await isRefused({ disallowedLicenses: [license] }), license);
  }
  for (const name of ["main", "outer", "inner", "@org/inner"]) {
    assert.ok(await isRefused({ disallowedPackages: [{ name }] }), name);
  }
  assert.equal(
    await isRefused({ disallowedLicenses: ["BSD"], disallowedPackages: [{ name: "x" }] }),
    false,
  );
});

Deno.test("an sbom verifier refuses a type that it cannot read, unless it was asked about everything", async () => {
  const type = "text/spdx";
  assert.equal((await judge({}, ["x"], type)).failure?.reason, "sbom.unsupported_type");
  assert.equal((await judge({}, ["x"], type, "*")).failure?.reason, "not_applicable");
});

Deno.test("an sbom verifier refuses an artifact with no blob, and one with too many", async () => {
  assert.equal((await judge({}, [])).failure?.reason, "manifest.no_blobs");
  const many = Array.from({ length: 21 }, () => spdx());
  assert.equal((await judge({}, many)).failure?.reason, "limit_exceeded");
});
