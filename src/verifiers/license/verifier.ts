import { decodeUtf8 } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { blobsOf, type ContentConfiguration, contentVerifier, readBlobs } from "../content/mod.ts";
import { reading } from "../reading.ts";
import type { Verifier } from "../verifier.ts";
import { type LicensedPackage, parseTagValue } from "./tag_value.ts";

/** The configuration of a verifier of licenses, validated. */
export interface LicenseConfiguration extends ContentConfiguration {
  /** What a package may have concluded: the whole expression, letter by letter. */
  readonly allowedLicenses: readonly string[];
}

/** The most packages that a message names. */
const MAX_TOLD = 20;

/** Verifies that the packages of SPDX documents in tag-value form have allowed licenses only. */
export function createLicenseVerifier(configuration: LicenseConfiguration): Verifier {
  const allowed = new Set(configuration.allowedLicenses);
  return contentVerifier("licensechecker", configuration, async ({ context, checks }) => {
    await checks.run("licenses", "enforce", async () => {
      const read = await readBlobs(await blobsOf(context), context, (bytes) =>
        reading(
          "license.parse",
          "The document is not SPDX in tag-value form",
          () => parseTagValue(decodeUtf8(bytes)),
        ));
      const packages = read.flat();
      const others = packages.filter(({ license }) => !allowed.has(license));
      if (others.length === 0) return `${packages.length} packages, all with allowed licenses`;
      throw new VerificationFailure({
        reason: "license.not_allowed",
        message: `License Check: FAILED. ${told(others)}`,
      });
    });
    checks.conclude();
    return { message: "License Check: SUCCESS. All packages have allowed licenses" };
  });
}

function told(packages: readonly LicensedPackage[]): string {
  const list = packages.slice(0, MAX_TOLD)
    .map(({ name, license }) => `{${name.slice(0, 100)} ${license.slice(0, 100)}}`);
  const more = packages.length > MAX_TOLD ? ` and ${packages.length - MAX_TOLD} more` : "";
  return `[${list.join(" ")}]${more}`;
}
