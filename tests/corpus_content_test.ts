import assert from "node:assert/strict";
import { contentCaseResources, resource, type ResourceJson } from "./case_resources.ts";
import { type Case, corpusCases, layoutOf } from "./corpus.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * Every case of the corpus about documents that are attached, through the command line. The reason must
 * be the right one too, so that a refusal for another reason does not hide a check that is missing.
 */

/** Cases whose reason has another name here. */
const REASONS: Readonly<Record<string, string>> = { "no_signatures": "nested.missing" };

const cases = [
  ...await corpusCases("sbom"),
  ...await corpusCases("vulnerabilityreport"),
  ...await corpusCases("mixed"),
];

Deno.test("the corpus has the cases about documents that it is known to have", () => {
  assert.equal(cases.length, 24);
});

for (const one of cases) {
  Deno.test(`corpus ${one.id}: ${one.expected.success ? "allow" : one.expected.reason}`, async () => {
    const { status, report } = await verify(one);
    if (one.expected.success) {
      assert.equal(report.verdict, "allow", JSON.stringify(report));
      assert.equal(status, 0);
      return;
    }
    assert.deepEqual([report.verdict, status], ["deny", 1]);
    const told = report.verifierReports.map(({ errorReason }) => errorReason);
    assert.deepEqual(told, [REASONS[one.expected.reason] ?? one.expected.reason]);
  });
}

Deno.test("the report on a signed document has what is attached to it", async () => {
  const { report } = await verify(cases.find(({ id }) => id === "sbom-spdx-signed") as Case);
  const [sbom] = report.verifierReports;
  assert.equal(sbom?.type, "sbom");
  const [signature] = sbom?.nestedResults ?? [];
  assert.equal(signature?.artifactType, "application/vnd.cncf.notary.signature");
  assert.equal(signature?.isSuccess, true);
  assert.equal(
    signature?.subject,
    `vectors.example/public/sbom-spdx-signed@${sbom?.referenceDigest}`,
  );
});

/** Policies over the case with a signature, a signed bill of materials and a report, and what they say. */
const POLICIES:
  readonly (readonly [string, number, readonly Record<string, unknown>[], string, number])[] = [
    [
      "all three",
      3,
      [{ verifierName: "notation" }, { verifierName: "sbom" }, { verifierName: "report" }],
      "deny",
      1,
    ],
    [
      "two of three",
      2,
      [{ verifierName: "notation" }, { verifierName: "sbom" }, { verifierName: "report" }],
      "allow",
      0,
    ],
    [
      "two of three, the report among them",
      2,
      [{ verifierName: "notation" }, { verifierName: "sbom" }, {
        verifierName: "report",
        required: true,
      }],
      "deny",
      1,
    ],
    [
      "a signature, and one of two documents",
      2,
      [{ verifierName: "notation" }, {
        threshold: 1,
        rules: [{ verifierName: "sbom" }, { verifierName: "report" }],
      }],
      "allow",
      0,
    ],
  ];

for (const [what, threshold, rules, verdict, status] of POLICIES) {
  Deno.test(`a threshold policy that wants ${what} says ${verdict}`, async () => {
    const one = cases.find(({ id }) => id === "mixed-referrers") as Case;
    await using folder = await temporaryFolder();
    const list: { items: ResourceJson[] } = JSON.parse(await contentCaseResources(one));
    const items = [
      ...list.items.filter(({ kind }) => kind !== "Policy"),
      resource("Policy", "ratify-policy", {
        type: "threshold-policy",
        parameters: { policy: { threshold, rules } },
      }),
      resource("Verifier", "sbom", {
        name: "sbom",
        artifactTypes: "application/spdx+json",
        parameters: { nestedReferences: "application/vnd.cncf.notary.signature" },
      }),
      resource("Verifier", "report", {
        name: "vulnerabilityreport",
        artifactTypes: "application/sarif+json",
        parameters: { nestedReferences: "application/vnd.cncf.notary.signature" },
      }),
    ];
    await Deno.writeTextFile(`${folder.path}/r.json`, JSON.stringify({ kind: "List", items }));
    const image = `oci:${await layoutOf(one)}@${one.imageDigest}`;
    const run = await runCli(["verify", image, "--config", folder.path, "--output", "json"]);
    const report = JSON.parse(run.out);
    assert.deepEqual([report.verdict, run.status], [verdict, status], run.out);
    const told = report.verifierReports.map((each: WireReport) => [each.type, each.isSuccess]);
    assert.deepEqual(told.toSorted(), [
      ["notation", true],
      ["sbom", true],
      ["vulnerabilityreport", false],
    ]);
  });
}

interface WireReport {
  readonly type: string;
  readonly isSuccess: boolean;
  readonly subject: string;
  readonly referenceDigest: string;
  readonly artifactType: string;
  readonly errorReason?: string;
  readonly nestedResults?: readonly WireReport[];
}

interface Report {
  readonly verdict: string;
  readonly verifierReports: readonly WireReport[];
}

async function verify(one: Case): Promise<{ status: number; report: Report }> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/resources.json`, await contentCaseResources(one));
  const run = await runCli([
    "verify",
    `oci:${await layoutOf(one)}@${one.imageDigest}`,
    ...["--as", `${one.repository}@${one.imageDigest}`],
    ...["--config", folder.path],
    ...["--output", "json"],
  ]);
  assert.notEqual(run.status, 2, run.err);
  return { status: run.status, report: JSON.parse(run.out) };
}
