import assert from "node:assert/strict";
import type { ArtifactReport, Decision, ReferrerReport } from "../src/report/mod.ts";
import { formatProblem, loadConfiguration } from "../src/resources/mod.ts";
import { NOTATION, SARIF, SPDX } from "./rego_reports.ts";

/*
 * The ten recipes of docs/policies.md, each over images that it allows and images that it denies.
 */

const PROJECT = new URL("../", import.meta.url).pathname;
const PAGE = await Deno.readTextFile(`${PROJECT}docs/policies.md`);
const RECIPES = [...PAGE.matchAll(/^### (\d+)\. (.*)\n[\s\S]*?^```yaml\n([\s\S]*?)^```$/gm)];
const [, ...VERIFIERS] = (await Deno.readTextFile(`${PROJECT}config/samples/threshold-policy.yaml`))
  .split("---\n");

const NAMES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  [NOTATION]: ["notation", "notation"],
  [SPDX]: ["sbom-spdx", "sbom"],
  [SARIF]: ["vulnerabilityreport", "vulnerabilityreport"],
  "application/vnd.example.licenses": ["licenses", "licensechecker"],
};
const LICENSES = "application/vnd.example.licenses";

function attached(
  artifactType: string,
  isGood: boolean,
  more: { extensions?: Record<string, unknown>; nested?: readonly ReferrerReport[] } = {},
): ReferrerReport {
  const place = {
    subject: "registry.example.com/app:v1",
    referenceDigest: "sha256:1",
    artifactType,
  };
  const [verifierName = "", verifierType = ""] = NAMES[artifactType] ?? [];
  const report: ArtifactReport = {
    ...place,
    subjectDigest: "sha256:0",
    verifierName,
    verifierType,
    outcome: isGood ? "success" : "failure",
    message: "",
    checks: [],
    extensions: more.extensions,
    ...(isGood ? {} : { failure: { reason: "expiry", remedy: "", transient: false } }),
  };
  return { ...place, reports: verifierName === "" ? [] : [report], nested: more.nested ?? [] };
}

const good = (type: string): ReferrerReport => attached(type, true);
const bad = (type: string): ReferrerReport => attached(type, false);
const issued = (Issuer: string): ReferrerReport =>
  attached(NOTATION, true, { extensions: { Issuer, SN: "CN=x" } });
const made = (isGood: boolean, createdAt: string): ReferrerReport =>
  attached(SARIF, isGood, { extensions: { createdAt } });
const signedBy = (nested: ReferrerReport): ReferrerReport =>
  attached(SPDX, true, { nested: [nested] });

/** By recipe: what is attached to images that it allows, and to images that it denies. */
const IMAGES: Readonly<
  Record<string, { allowed: readonly ReferrerReport[][]; denied: readonly ReferrerReport[][] }>
> = {
  "1": {
    allowed: [[good(NOTATION)], [bad(NOTATION), good(NOTATION)]],
    denied: [[], [bad(NOTATION)], [good(SPDX)]],
  },
  "2": {
    allowed: [[good(NOTATION), good(SPDX)]],
    denied: [[], [good(NOTATION)], [good(NOTATION), bad(SPDX)], [good(SPDX)]],
  },
  "3": {
    allowed: [[good(SARIF), good(SPDX)], [good(SARIF), bad(SPDX), good(LICENSES)]],
    denied: [[], [good(SARIF)], [good(SARIF), bad(SPDX), bad(LICENSES)]],
  },
  "4": {
    allowed: [[good(SARIF)], [good(SARIF), bad(SPDX)]],
    denied: [[], [good(SPDX)], [bad(SARIF), good(SPDX)]],
  },
  "5": {
    allowed: [[issued("CN=Release CA,O=Example")], [
      bad(NOTATION),
      issued("CN=Release CA,O=Example"),
    ]],
    denied: [[], [issued("CN=Other CA,O=Example")], [good(NOTATION)]],
  },
  "6": {
    allowed: [[signedBy(good(NOTATION))]],
    denied: [[], [good(SPDX)], [signedBy(bad(NOTATION))], [good(SPDX), good(NOTATION)]],
  },
  "7": {
    allowed: [[good(NOTATION)], [signedBy(good(NOTATION))]],
    denied: [[], [good(NOTATION), good("application/other")], [signedBy(bad(NOTATION))]],
  },
  "8": {
    allowed: [[made(true, "2026-01-01T00:00:00Z")], [
      made(false, "2026-01-01T00:00:00Z"),
      made(true, "2026-02-01T00:00:00Z"),
    ]],
    denied: [[], [good(SARIF)], [
      made(true, "2026-01-01T00:00:00Z"),
      made(false, "2026-02-01T00:00:00Z"),
    ]],
  },
  "9": { allowed: [], denied: [[], [good(NOTATION)]] },
  "10": { allowed: [[], [good(NOTATION)], [bad(NOTATION)]], denied: [] },
};

Deno.test("there are ten recipes, each with images", () => {
  assert.deepEqual(RECIPES.map(([, number]) => number), Object.keys(IMAGES));
  assert.equal(RECIPES.length, 10);
});

for (const [, number = "", title = "", text = ""] of RECIPES) {
  Deno.test(`recipe ${number}: ${title}`, async () => {
    const whole = [text.replace("config/library", `${PROJECT}config/library`), ...VERIFIERS];
    const scope = /namespace: (\S+)/.exec(text)?.[1] ?? "";
    const { configuration, problems } = await loadConfiguration([
      { path: "page.yaml", text: whole.join("---\n") },
    ]);
    const policy = configuration?.forScope(scope).policy;
    assert.ok(policy !== undefined, problems.map(formatProblem).join("\n"));
    const decide = (referrers: readonly ReferrerReport[]): Decision["decision"] => {
      const reports = referrers.flatMap((referrer) => referrer.reports);
      return policy.decide({ reports, referrers, listingComplete: true }).decision;
    };
    const { allowed = [], denied = [] } = IMAGES[number] ?? {};
    assert.deepEqual(allowed.map(decide), allowed.map(() => "allow"));
    assert.deepEqual(denied.map(decide), denied.map(() => "deny"));
  });
}
