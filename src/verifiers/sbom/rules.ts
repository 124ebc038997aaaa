import type { BillOfMaterials, Package } from "./bill_of_materials.ts";
import { licenseKey, licensesInTheWay, parseLicenseExpression } from "./license_expression.ts";
import { hasLicenseWord } from "./license_word.ts";

/** A package that must not be there: of this version, or of any when that is absent or empty. */
export interface PackageRule {
  readonly name: string;
  readonly version?: string | undefined;
}

/** How a license is found: as a word of what was concluded, or by what an SPDX expression means. */
export type LicenseMatching = "word" | "expression";

/** What a bill of materials must not have. */
export interface SbomRules {
  readonly disallowedLicenses: readonly string[];
  readonly disallowedPackages: readonly PackageRule[];
  readonly licenseMatching: LicenseMatching;
}

/** A package that breaks a rule, with the names of members that reports have. */
export interface Violation {
  readonly Name: string;
  readonly Version: string;
  readonly License: string;
}

/** What breaks the rules; every violation once. */
export interface Violations {
  readonly licenses: readonly Violation[];
  readonly packages: readonly Violation[];
}

/** Licenses that say that nobody knows, or that there is none. */
const NOTHING_CONCLUDED = ["", "noassertion"];

/** Finds the packages that break a rule. */
export function findViolations(
  bills: readonly BillOfMaterials[],
  { disallowedLicenses, disallowedPackages, licenseMatching }: SbomRules,
): Violations {
  const licenses = new Map<string, Violation>();
  const packages = new Map<string, Violation>();
  const listed = new Map(disallowedLicenses.map((license) => [licenseKey(license), license]));
  for (const one of bills.flatMap((bill) => bill.packages)) {
    const found = licenseMatching === "word"
      ? disallowedLicenses.filter((license) => isWordOf(one, license))
      : findInExpressions(one, listed, disallowedLicenses);
    for (const license of found) note(licenses, one, license);
    if (disallowedPackages.some((rule) => matches(one, rule))) {
      note(packages, one, one.licenses.join(" AND "));
    }
  }
  return { licenses: [...licenses.values()], packages: [...packages.values()] };
}

function isWordOf({ licenses }: Package, license: string): boolean {
  return licenses.some((text) => hasLicenseWord(text, license));
}

/** What is not an expression is searched for words: what cannot be understood is no way out. */
function findInExpressions(
  { licenses, declared }: Package,
  listed: ReadonlyMap<string, string>,
  disallowed: readonly string[],
): string[] {
  const concluded = licenses.filter((text) =>
    !NOTHING_CONCLUDED.includes(text.trim().toLowerCase())
  );
  return (concluded.length === 0 ? declared : concluded).flatMap((text) => {
    const expression = parseLicenseExpression(text);
    return expression === undefined
      ? disallowed.filter((license) => hasLicenseWord(text, license))
      : licensesInTheWay(expression, listed);
  });
}

function matches({ name, version }: Package, rule: PackageRule): boolean {
  return name === rule.name && (!rule.version || version === rule.version);
}

function note(
  violations: Map<string, Violation>,
  { name, version }: Package,
  license: string,
): void {
  const violation = { Name: name, Version: version, License: license };
  violations.set(JSON.stringify(violation), violation);
}
