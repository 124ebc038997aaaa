import assert from "node:assert/strict";
import {
  basicConstraints,
  type CertificateOptions,
  extendedKeyUsage,
  extension,
  forgeCertificate,
  type ForgedCertificate,
  keyUsage,
} from "../../../tests/forge/mod.ts";
import { type Certificate, parseCertificate } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { type CertificatePath, findPaths } from "./certificate_path.ts";

const ROOT = await forgeCertificate({ role: "ca", subject: [["CN", "root"]] });
const INTERMEDIATE = await forgeCertificate({
  role: "ca",
  subject: [["CN", "intermediate"]],
  issuer: ROOT,
});
const LEAF = await forgeCertificate({ issuer: INTERMEDIATE });
const ALWAYS = { start: undefined, end: undefined };
const NOW = Date.parse("2026-11-24T00:00:00Z") / 1000;
/** Critical, and of no meaning to anybody. */
const STRANGE = extension("1.2.3.4", Uint8Array.of(5, 0), true);

const parse = ({ der }: ForgedCertificate): Certificate => parseCertificate(der);

interface Parts {
  readonly leaf?: ForgedCertificate;
  readonly chain?: readonly ForgedCertificate[];
  readonly beside?: readonly ForgedCertificate[];
  readonly moments?: readonly number[];
  readonly validFor?: CertificatePath["authority"]["validFor"];
}

/** How many ways there are, or why there is none. */
async function find(parts: Parts): Promise<number | string> {
  const { leaf = LEAF, chain = [INTERMEDIATE, ROOT], beside = [], moments = [NOW] } = parts;
  const authority = { name: "a", chain: chain.map(parse), validFor: parts.validFor ?? ALWAYS };
  try {
    return (await findPaths(parse(leaf), beside.map(parse), [authority], moments)).length;
  } catch (error) {
    assert.ok(error instanceof VerificationFailure, String(error));
    return error.reason;
  }
}

const leafOf = (options: CertificateOptions): Promise<ForgedCertificate> =>
  forgeCertificate({ issuer: INTERMEDIATE, ...options });

/** An issuing certificate that differs, and a leaf below it. */
async function below(options: CertificateOptions): Promise<Parts> {
  const issuer = await forgeCertificate({
    role: "ca",
    subject: [["CN", "other intermediate"]],
    issuer: ROOT,
    ...options,
  });
  return { chain: [issuer, ROOT], leaf: await forgeCertificate({ issuer }) };
}

Deno.test("findPaths finds the way to an authority, with and without a certificate between", async () => {
  assert.equal(await find({}), 1);
  const direct = await forgeCertificate({ issuer: ROOT });
  assert.equal(await find({ leaf: direct }), 1);
  assert.equal(await find({ leaf: direct, chain: [ROOT] }), 1);
});

const LEAVES: Readonly<Record<string, CertificateOptions>> = {
  "is a CA": {
    extensions: [
      basicConstraints({ ca: true }),
      keyUsage(["digitalSignature"]),
      extendedKeyUsage(["codeSigning"]),
    ],
  },
  "has no purpose": { extensions: [keyUsage(["digitalSignature"])] },
  "is for another purpose": { extensions: [extendedKeyUsage(["serverAuth"])] },
  "must not sign": { extensions: [keyUsage(["keyAgreement"]), extendedKeyUsage(["codeSigning"])] },
  "has a critical extension that is not understood": { moreExtensions: [STRANGE] },
  "has another issuer's signature": { signingKey: ROOT.key },
  "has another issuer's name": { issuerName: [["CN", "nobody"]] },
};

for (const [name, options] of Object.entries(LEAVES)) {
  Deno.test(`findPaths refuses a signing certificate that ${name}`, async () => {
    assert.equal(await find({ leaf: await leafOf(options) }), "cosign.certificate_untrusted");
  });
}

const ISSUERS: Readonly<Record<string, CertificateOptions>> = {
  "is no CA": { extensions: [keyUsage(["keyCertSign"])] },
  "says that it is no CA": {
    extensions: [basicConstraints({ ca: false }), keyUsage(["keyCertSign"])],
  },
  "must not sign certificates": {
    extensions: [basicConstraints({ ca: true }), keyUsage(["digitalSignature"])],
  },
  "is for another purpose": { moreExtensions: [extendedKeyUsage(["timeStamping"])] },
  "has a critical extension that is not understood": { moreExtensions: [STRANGE] },
  "was signed by somebody else": { signingKey: LEAF.key },
};

for (const [name, options] of Object.entries(ISSUERS)) {
  Deno.test(`findPaths refuses an issuer that ${name}`, async () => {
    assert.equal(await find(await below(options)), "cosign.certificate_untrusted");
  });
}

Deno.test("findPaths takes an issuer for code signing or any purpose, and holds to path lengths", async () => {
  for (const purpose of ["codeSigning", "any"]) {
    assert.equal(await find(await below({ moreExtensions: [extendedKeyUsage([purpose])] })), 1);
  }
  const constrained = (pathLength: number): CertificateOptions => ({
    extensions: [basicConstraints({ ca: true, pathLength }), keyUsage(["keyCertSign"])],
  });
  assert.equal(await find(await below(constrained(0))), 1);
  const root = await forgeCertificate({
    role: "ca",
    subject: [["CN", "short"]],
    ...constrained(0),
  });
  const issuer = await forgeCertificate({ role: "ca", subject: [["CN", "i"]], issuer: root });
  const leaf = await forgeCertificate({ issuer });
  assert.equal(await find({ leaf, chain: [issuer, root] }), "cosign.certificate_untrusted");
});

Deno.test("findPaths refuses two signature algorithms that differ", async () => {
  const { innerAlgorithm } = { innerAlgorithm: Uint8Array.fromHex("300a06082a8648ce3d040303") };
  const leaf = await leafOf({ innerAlgorithm });
  assert.equal(await find({ leaf }), "cosign.certificate_untrusted");
});

Deno.test("findPaths uses certificates beside the signature only below a root that is known alone", async () => {
  assert.equal(await find({ chain: [ROOT] }), "cosign.certificate_untrusted");
  assert.equal(await find({ chain: [ROOT], beside: [INTERMEDIATE] }), 1);
  const foreign = await forgeCertificate({
    role: "ca",
    key: "P-384",
    subject: [["CN", "intermediate"]],
  });
  assert.equal(await find({ chain: [ROOT], beside: [foreign] }), "cosign.certificate_untrusted");
  const ofForeign = await forgeCertificate({ issuer: foreign });
  const asked = { leaf: ofForeign, chain: [ROOT], beside: [foreign, INTERMEDIATE] };
  assert.equal(await find(asked), "cosign.certificate_untrusted");
  const under = await forgeCertificate({
    role: "ca",
    subject: [["CN", "under"]],
    issuer: INTERMEDIATE,
  });
  const deep = await forgeCertificate({ issuer: under });
  assert.equal(await find({ leaf: deep, beside: [under] }), "cosign.certificate_untrusted");
  const full = await forgeCertificate({ role: "ca", subject: [["CN", "second"]], issuer: ROOT });
  const leaf = await forgeCertificate({ issuer: full });
  assert.equal(await find({ leaf, beside: [full] }), "cosign.certificate_untrusted");
});

Deno.test("findPaths wants every certificate and the authority valid at every moment, ends included", async () => {
  const from = (year: number): Date => new Date(`${year}-01-01T00:00:00Z`);
  const at = (year: number): number => from(year).getTime() / 1000;
  const leaf = await leafOf({ notBefore: from(2024), notAfter: from(2026) });
  for (const moment of [at(2024), at(2025), at(2026)]) {
    assert.equal(await find({ leaf, moments: [moment] }), 1);
  }
  for (const moment of [at(2024) - 0.5, at(2026) + 0.5]) {
    assert.equal(await find({ leaf, moments: [moment] }), "cosign.certificate_time");
    assert.equal(await find({ leaf, moments: [at(2025), moment] }), "cosign.certificate_time");
  }
  const old = await below({ notBefore: from(2021), notAfter: from(2022) });
  assert.equal(await find(old), "cosign.certificate_time");
  assert.equal(await find({ ...old, moments: [at(2022)] }), 1);
  assert.equal(await find({ ...old, moments: [at(2021) - 1] }), "cosign.certificate_time");
  const validFor = { start: at(2025), end: at(2026) };
  assert.equal(await find({ validFor, moments: [at(2025)] }), 1);
  assert.equal(await find({ validFor, moments: [at(2027)] }), "cosign.certificate_time");
});

Deno.test("findPaths tells issuers of one name apart by their keys", async () => {
  const twin = await forgeCertificate({
    role: "ca",
    subject: [["CN", "intermediate"]],
    key: "P-384",
    issuer: ROOT,
  });
  const authority = { name: "a", validFor: ALWAYS };
  const authorities = [twin, INTERMEDIATE].map((one) => ({
    ...authority,
    chain: [one, ROOT].map(parse),
  }));
  const [path, ...others] = await findPaths(parse(LEAF), [], authorities, [NOW]);
  assert.equal(others.length, 0);
  assert.equal(path?.certificates[1].fingerprint, parse(INTERMEDIATE).fingerprint);
});
