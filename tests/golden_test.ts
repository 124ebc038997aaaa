import assert from "node:assert/strict";
import { caseResources, contentCaseResources, cosignCaseResources } from "./case_resources.ts";
import { type Case, corpusCase, corpusRoot, type Family, layoutOf } from "./corpus.ts";
import { answerRevocation } from "./revocation_answers.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * What a person sees. Each situation's output is a file under tests/golden/; to write them anew after
 * a change that is wanted: UPDATE_GOLDEN=1 ./dev test tests/golden_test.ts, and read the difference.
 */

const GOLDEN = `${import.meta.dirname}/golden`;

/** Name of the file → case of the corpus. */
const SITUATIONS: Readonly<Record<string, string>> = {
  "allowed": "notation-jws-rsa2048-chain3",
  "allowed-with-a-bad-signature-beside": "notation-cose-bad-and-good",
  "allowed-with-logged-failures": "notation-jws-audit-untrusted",
  "allowed-by-user-metadata": "notation-cose-metadata-match",
  "unsigned": "notation-unsigned",
  "unsigned-though-something-is-attached": "notation-cose-artifact-type-other",
  "untrusted-signer": "notation-jws-untrusted-root",
  "other-identity": "notation-jws-identity-mismatch",
  "expired-signature": "notation-cose-expired-signature",
  "expired-certificate": "notation-jws-cert-expired",
  "other-image": "notation-jws-other-digest",
  "altered-signature": "notation-cose-tampered-signature",
  "forbidden-algorithm": "notation-jws-alg-rs256",
  "bad-certificate": "notation-jws-leaf-is-ca",
  "no-applicable-policy": "notation-cose-scope-none",
  "unknown-critical-attribute": "notation-jws-crit-unknown-present",
  "verification-plugin": "notation-jws-verification-plugin",
  "limit-of-attempts": "notation-limit-exceeded",
  "damaged-signature": "notation-jws-truncated-blob",
  "allowed-by-timestamp": "notation-jws-cert-expired-timestamped",
  "timestamp-missing": "notation-cose-timestamp-required-missing",
  "timestamp-untrusted": "notation-jws-timestamp-untrusted-tsa",
  "revocation-good": "notation-ocsp-good",
  "revoked": "notation-crl-revoked",
  "revocation-unavailable": "notation-ocsp-forged",
  "missing-trust-store": "notation-cose-empty-store",
  "cosign-allowed-by-a-key": "cosign-tag-annotations-match",
  "cosign-allowed-keyless": "cosign-keyless-uri",
  "cosign-allowed-by-a-bundle": "cosign-bundle-keyless",
  "cosign-allowed-with-a-bad-signature-beside": "cosign-tag-two-layers-bad-good",
  "cosign-two-bad-signatures": "cosign-tag-two-layers-bad-bad",
  "cosign-other-identity": "cosign-keyless-wrong-identity",
  "cosign-other-image": "cosign-bundle-other-digest",
  "cosign-without-log-entry": "cosign-log-key-bundle-missing",
  "bill-of-materials-signed": "sbom-spdx-signed",
  "bill-of-materials-unsigned": "sbom-spdx-unsigned-but-required",
  "bill-of-materials-with-a-license": "sbom-spdx-license-denied",
  "vulnerability-report-without-a-time": "vuln-sarif-bad-created",
  "vulnerability-report-with-a-severity": "vuln-sarif-severity-denied",
};

const RESOURCES: Readonly<Record<Family, (one: Case) => Promise<string>>> = {
  notation: caseResources,
  cosign: cosignCaseResources,
  sbom: contentCaseResources,
  vulnerabilityreport: contentCaseResources,
  mixed: contentCaseResources,
};

for (const [name, id] of Object.entries(SITUATIONS)) {
  Deno.test(`verify tells a person about: ${name.replaceAll("-", " ")}`, async () => {
    const one = await corpusCase(id);
    await using folder = await temporaryFolder();
    const resources = RESOURCES[one.family];
    await Deno.writeTextFile(`${folder.path}/resources.json`, await resources(one));
    const image = `oci:${await layoutOf(one)}@${one.imageDigest}`;
    const as = `${one.repository}@${one.imageDigest}`;
    using _ = await answerRevocation(one.config.notation?.revocationEndpoints ?? []);
    const run = await runCli(["verify", image, "--as", as, "--config", folder.path], {
      env: { ASSAY_ALLOW_LOOPBACK_REVOCATION: "1" },
    });
    const text =
      `exit status ${run.status}\n--- standard output\n${run.out}--- standard error\n${run.err}`;
    await compare(
      name,
      text.replaceAll(await corpusRoot(), "CORPUS").replaceAll(folder.path, "CONFIG"),
    );
  });
}

async function compare(name: string, text: string): Promise<void> {
  const path = `${GOLDEN}/${name}.txt`;
  if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(path, text);
  assert.equal(text, await Deno.readTextFile(path));
}
