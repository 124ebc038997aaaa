import assert from "node:assert/strict";
import { cosignCaseResources } from "./case_resources.ts";
import { type Case, corpusCases, layoutOf } from "./corpus.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * Every Cosign case of the corpus, through the command line: configuration from a file, image from a
 * layout, verdict as JSON. The reason must be the right one too, so that a refusal for another reason
 * does not hide a check that is missing.
 */

/** Cases whose reason has another name here. */
const REASONS: Readonly<Record<string, string>> = {
  "manifest.blob_corrupt": "manifest.blob_unavailable",
};

const cases = await corpusCases("cosign");

Deno.test("the corpus has the Cosign cases that it is known to have", () => {
  assert.equal(cases.length, 67);
});

for (const one of cases) {
  Deno.test(`corpus ${one.id}: ${one.expected.success ? "allow" : one.expected.reason}`, async () => {
    const { status, report } = await verify(one);
    if (one.expected.success) {
      assert.equal(report.verdict, "allow", JSON.stringify(report));
      assert.equal(status, 0);
      return;
    }
    const unread = one.expected.reason === "manifest.blob_corrupt";
    assert.deepEqual([report.verdict, status], unread ? ["undecided", 3] : ["deny", 1]);
    assert.deepEqual(reasonsOf(one, report), [REASONS[one.expected.reason] ?? one.expected.reason]);
  });
}

interface Report {
  readonly verdict: string;
  readonly cause?: { readonly code: string };
  readonly verifierReports: readonly { readonly errorReason?: string }[];
}

function reasonsOf(one: Case, report: Report): (string | undefined)[] {
  if (one.id !== "cosign-unsigned") return report.verifierReports.map((each) => each.errorReason);
  return report.cause?.code === "NO_VERIFIER_REPORT" ? ["no_signatures"] : [report.cause?.code];
}

async function verify(one: Case): Promise<{ status: number; report: Report }> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/resources.json`, await cosignCaseResources(one));
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
