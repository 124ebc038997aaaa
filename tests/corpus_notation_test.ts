import assert from "node:assert/strict";
import { caseResources } from "./case_resources.ts";
import { corpusCases, layoutOf } from "./corpus.ts";
import { answerRevocation } from "./revocation_answers.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * Every Notation case of the corpus, through the command line: configuration from a file, image from
 * a layout, verdict as JSON. The reason must be the right one too, so that a refusal for another
 * reason does not hide a check that is missing.
 */

/** Reasons of the corpus that have another name here, or that come up earlier. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  "no_signatures": ["NO_VERIFIER_REPORT"],
  "all_signatures_failed": ["authenticity.untrusted"],
  "authenticity.invalid_trust_store": ["authenticity.invalid_trust_store", "CONFIG_INVALID"],
  "revocation.unknown": ["revocation.unknown", "revocation.unavailable"],
  "manifest.blob_corrupt": ["manifest.blob_unavailable"],
  "manifest.blob_missing": ["manifest.blob_unavailable"],
};

/** Reasons by which nothing was found out. */
const UNDECIDED = ["manifest.blob_unavailable", "revocation.unavailable"];

/** Cases whose first fault is another one than the corpus names; each is refused all the same. */
const EARLIER: Readonly<Record<string, string>> = {
  "notation-jws-swapped-leaf": "integrity.algorithm", // the trusted leaf has a key of another size
  "notation-jws-general-serialization": "integrity.parse", // read as no flattened JWS at all
  "notation-cose-detached-payload": "integrity.parse", // a COSE_Sign1 without payload is not read
};

const cases = await corpusCases("notation");

Deno.test("the corpus has the Notation cases that it is known to have", () => {
  assert.equal(cases.length, 233);
});

for (const one of cases) {
  Deno.test(`corpus ${one.id}: ${one.expected.success ? "allow" : one.expected.reason}`, async () => {
    await using folder = await temporaryFolder();
    await Deno.writeTextFile(`${folder.path}/resources.json`, await caseResources(one));
    using _ = await answerRevocation(one.config.notation?.revocationEndpoints ?? []);
    const run = await runCli([
      "verify",
      `oci:${await layoutOf(one)}@${one.imageDigest}`,
      ...["--as", `${one.repository}@${one.imageDigest}`],
      ...["--config", folder.path],
      ...["--output", "json"],
    ], { env: { ASSAY_ALLOW_LOOPBACK_REVOCATION: "1" } });
    const { verdict, reasons } = outcome(run);
    if (one.expected.success) {
      assert.equal(verdict, "allow", run.out + run.err);
      assert.equal(run.status, 0);
    } else {
      assert.notEqual(run.status, 0);
      assert.notEqual(verdict, "allow");
      const { reason } = one.expected;
      const wanted = [EARLIER[one.id], ...(REASONS[reason] ?? [reason])];
      assert.ok(
        reasons.some((found) => wanted.includes(found)),
        `${reasons.join()} instead of ${reason}`,
      );
      const certain = !reasons.some((found) => UNDECIDED.includes(found));
      if (run.status !== 2) {
        assert.equal(verdict, certain && run.status === 1 ? "deny" : "undecided");
      }
    }
  });
}

function outcome(run: { status: number; out: string; err: string }): {
  verdict: string;
  reasons: string[];
} {
  if (run.status === 2) {
    assert.equal(run.out, "");
    return {
      verdict: "none",
      reasons: [...run.err.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)].map(([code]) => code),
    };
  }
  const report = JSON.parse(run.out);
  const reasons = report.verifierReports.map((each: { errorReason?: string }) => each.errorReason);
  return {
    verdict: report.verdict,
    reasons: [...reasons, report.cause?.code].filter((reason) => reason !== undefined),
  };
}
