import { VerificationFailure } from "../../errors.ts";
import {
  type Accepted,
  blobsOf,
  type ContentConfiguration,
  contentVerifier,
  type Judgement,
  readBlobs,
  readJson,
  readOnce,
  unsupportedType,
} from "../content/mod.ts";
import type { Verifier } from "../verifier.ts";
import { CYCLONEDX_JSON, readCycloneDx } from "./cyclonedx.ts";
import { findViolations, type SbomRules, type Violation } from "./rules.ts";
import { readSpdx, SPDX_JSON } from "./spdx.ts";

/** The configuration of a verifier of bills of materials, validated. */
export interface SbomConfiguration extends ContentConfiguration, SbomRules {}

/** The most violations of a kind that a report lists. */
const MAX_TOLD = 500;

const READERS = new Map([[SPDX_JSON, readSpdx], [CYCLONEDX_JSON, readCycloneDx]]);

/** Verifies bills of materials: that they can be read, and what is not in them. */
export function createSbomVerifier(configuration: SbomConfiguration): Verifier {
  return contentVerifier("sbom", configuration, (judgement) => judge(configuration, judgement));
}

async function judge(
  configuration: SbomConfiguration,
  { referrer, context, checks, extensions }: Judgement,
): Promise<Accepted> {
  const read = READERS.get(referrer.artifactType);
  if (read === undefined) {
    throw unsupportedType("sbom.unsupported_type", configuration, referrer, [...READERS.keys()]);
  }
  const bills = await checks.collect("document", async () => {
    const value = await readBlobs(
      await blobsOf(context),
      context,
      (bytes, blob) =>
        readOnce(
          referrer.artifactType,
          blob,
          () => read(readJson(bytes, "The bill of materials", "sbom.parse")),
        ),
    );
    const packages = value.reduce((sum, bill) => sum + bill.packages.length, 0);
    const detail = `${referrer.artifactType} with ${packages} package${packages === 1 ? "" : "s"}`;
    return { value, detail };
  });
  extensions["creationInfo"] = bills[0]?.creationInfo ?? null;
  const { licenses, packages } = findViolations(bills, configuration);
  if (licenses.length > 0) extensions["licenseViolations"] = licenses.slice(0, MAX_TOLD);
  if (packages.length > 0) extensions["packageViolations"] = packages.slice(0, MAX_TOLD);
  await checks.run("licenses", "enforce", () => refuseAny("license", licenses));
  await checks.run("packages", "enforce", () => refuseAny("package", packages));
  return {
    message: "SBOM verification success. No license or package violation found.",
  };
}

function refuseAny(kind: "license" | "package", violations: readonly Violation[]): string {
  const [first] = violations;
  if (first === undefined) return `No ${kind} that is not allowed`;
  const others = violations.length === 1 ? "" : `, and ${violations.length - 1} more`;
  const one = `${first.Name} ${first.Version}`.trim().slice(0, 200);
  const what = kind === "license" ? `${one} has the license ${first.License}` : one;
  throw new VerificationFailure({
    reason: `sbom.${kind}`,
    message: `License or package violation found. Not allowed: ${what}${others}`,
  });
}
