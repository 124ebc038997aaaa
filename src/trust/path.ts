import { type Certificate, certificateScheme, equalBytes } from "../crypto/mod.ts";
import { isSignedBy } from "./issuance.ts";
import { subjectText } from "./subject_text.ts";

/** The most certificates of a path, and the most issuers that are tried to find one. */
const MAX_LENGTH = 8;
const MAX_ATTEMPTS = 100;

/** What a path is looked for in, and what its certificates must be. */
export interface PathRules {
  /** Certificates that may stand between, in no order. */
  readonly intermediates: readonly Certificate[];
  /** Where a path may end. */
  readonly anchors: readonly Certificate[];
  /** Seconds since 1970: every certificate must be valid then. */
  readonly moment: number;
  /** What is wrong with a certificate above the first, with `below` CA certificates between. */
  readonly describeProblem: (certificate: Certificate, below: number) => string | undefined;
}

/**
 * Looks for certificates from `leaf` up to an anchor, each issued by the next (RFC 5280 §6.1): names,
 * signatures, validity, and whatever the rules ask.
 *
 * @returns leaf first, anchor last; or what is in the way, for a person.
 */
export async function findPath(
  leaf: Certificate,
  rules: PathRules,
): Promise<readonly Certificate[] | string> {
  const invalid = describeValidityProblem(leaf, rules.moment);
  if (invalid !== undefined) return describe(leaf, invalid);
  return await new PathSearch(rules).extend([leaf]);
}

class PathSearch {
  readonly #rules: PathRules;
  #attempts = MAX_ATTEMPTS;

  constructor(rules: PathRules) {
    this.#rules = rules;
  }

  async extend(path: readonly Certificate[]): Promise<readonly Certificate[] | string> {
    const last = path.at(-1) as Certificate; // a path begins with a leaf
    let problem = describe(last, "was issued by none of the trusted certificates");
    if (path.length >= MAX_LENGTH) return problem;
    const { anchors, intermediates } = this.#rules;
    for (const issuer of [...anchors, ...intermediates]) {
      if (!equalBytes(issuer.subject.raw, last.issuer.raw) || contains(path, issuer)) continue;
      if (--this.#attempts < 0) return describe(last, "has too many possible issuers");
      const unfit = describeValidityProblem(issuer, this.#rules.moment) ??
        this.#rules.describeProblem(issuer, path.length - 1);
      if (unfit !== undefined) {
        problem = describe(issuer, unfit);
        continue;
      }
      if (!await isIssuedBy(last, issuer)) continue;
      if (contains(anchors, issuer)) return [...path, issuer];
      const found = await this.extend([...path, issuer]);
      if (typeof found !== "string") return found;
      problem = found;
    }
    return problem;
  }
}

/** A signature by the issuer's key, under one algorithm that both places name (RFC 5280 §4.1.1.2). */
async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { signatureAlgorithm, tbsSignatureAlgorithm } = certificate;
  return equalBytes(signatureAlgorithm.raw, tbsSignatureAlgorithm.raw) &&
    certificateScheme(signatureAlgorithm) !== undefined && await isSignedBy(certificate, issuer);
}

function describeValidityProblem(certificate: Certificate, moment: number): string | undefined {
  const valid = moment >= certificate.notBefore.getTime() / 1000 &&
    moment <= certificate.notAfter.getTime() / 1000;
  return valid ? undefined : "was not valid then";
}

function contains(certificates: readonly Certificate[], wanted: Certificate): boolean {
  return certificates.some(({ fingerprint }) => fingerprint === wanted.fingerprint);
}

function describe(certificate: Certificate, problem: string): string {
  return `the certificate "${subjectText(certificate.subject)}" ${problem}`;
}
