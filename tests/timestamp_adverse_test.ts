import assert from "node:assert/strict";
import { cryptoCounters, encodeBase64, parseCertificate } from "../src/crypto/mod.ts";
import { AssayError, VerificationFailure } from "../src/errors.ts";
import { type Timestamp, verifyTimestamp } from "../src/trust/mod.ts";
import type { VerifierResult } from "../src/verifiers/mod.ts";
import {
  ATTRIBUTE,
  basicConstraints,
  type Bytes,
  type CertificateOptions,
  type ChainOptions,
  derWriter,
  encodeAlgorithm,
  extendedKeyUsage,
  extension,
  flipped,
  forgeAuthority,
  forgeCertificate,
  forgeChain,
  type ForgedCertificate,
  forgeJws,
  forgeTimestamp,
  issuerSerial,
  keyUsage,
  signingCertificateV2,
  signingTime,
  type TimestampOptions,
  utf8,
} from "./forge/mod.ts";
import { IMAGE, judge, type Question } from "./judge.ts";

/*
 * Timestamps that are right in all but one thing, and the policies that ask for them.
 */

const { integer, octetString, oid, sequence } = derWriter;
const STAMPED = utf8("the signature of an envelope");
const authority = await forgeAuthority();

type Change = Partial<TimestampOptions>;

async function verify(
  change: Change = {},
  anchors?: readonly ForgedCertificate[],
): Promise<Timestamp> {
  const options = { stamped: STAMPED, authority, ...change };
  const trusted = anchors ?? [options.authority.root];
  return await verifyTimestamp(
    await forgeTimestamp(options),
    STAMPED,
    trusted.map(({ der }) => parseCertificate(der)),
  );
}

function refuses(
  what: string,
  reason: string,
  pattern: RegExp,
  change: Change | (() => Promise<Change>),
): void {
  Deno.test(`a timestamp is refused: ${what}`, async () => {
    await assert.rejects(
      verify(typeof change === "function" ? await change() : change),
      (error) => {
        assert.ok(error instanceof VerificationFailure, String(error));
        assert.equal(error.reason, reason, error.message);
        assert.equal(error.effect, "deny");
        assert.match(error.message, pattern);
        return true;
      },
    );
  });
}

Deno.test("a timestamp is accepted as the small authority makes it", async () => {
  const { time, accuracy, chain } = await verify();
  assert.equal(time, Date.UTC(2026, 10, 1) / 1000);
  assert.equal(accuracy, 0);
  assert.equal(chain.length, 2);
});

Deno.test("a timestamp is accepted in BER with indefinite lengths, and with attributes in any order", async () => {
  await verify({ ber: true });
  await verify({ unsorted: true });
});

for (const hash of ["SHA-256", "SHA-384", "SHA-512"] as const) {
  Deno.test(`a timestamp is accepted with ${hash}`, async () => {
    const key = { "SHA-256": "P-256", "SHA-384": "P-384", "SHA-512": "P-521" } as const;
    await verify({
      authority: await forgeAuthority({ key: key[hash], subject: [["CN", `tsa ${hash}`]] }),
      imprintHash: hash,
      digest: hash,
    });
  });
}

Deno.test("a timestamp is accepted by an RSA key, with the hash named apart or in the algorithm", async () => {
  const rsa = await forgeAuthority({ key: "RSA-2048", subject: [["CN", "tsa rsa"]] });
  await verify({ authority: rsa });
  const plain = sequence(oid("1.2.840.113549.1.1.1"), derWriter.nullValue());
  await verify({ authority: rsa, signatureAlgorithm: plain });
});

Deno.test("a timestamp is accepted through intermediates of the token, in any order", async () => {
  const deep = await forgeAuthority({}, {
    intermediates: [{ subject: [["CN", "tsa i1"]] }, { subject: [["CN", "tsa i2"]] }],
  });
  const certificates = deep.certificates.map(({ der }) => der).reverse();
  const { chain } = await verify({ authority: deep, certificates });
  assert.equal(chain.length, 4);
  const [leaf, first, second] = certificates.reverse();
  await verify({ authority: deep, certificates: [leaf, first, second] as Bytes[] });
});

Deno.test("a timestamp has the accuracy that it says, or that of its policy", async () => {
  assert.equal((await verify({ accuracy: [1, 500, 250] })).accuracy, 1.50025);
  assert.equal((await verify({ accuracy: [] })).accuracy, 0);
  assert.equal((await verify({ policy: "0.4.0.2023.1.1" })).accuracy, 1);
  assert.equal((await verify({ policy: "0.4.0.2023.1.1", accuracy: [0] })).accuracy, 1);
  assert.equal((await verify({ policy: "0.4.0.2023.1.1", accuracy: [3] })).accuracy, 3);
  const { time } = await verify({ time: "20261101000000.25Z" });
  assert.equal(time, Date.UTC(2026, 10, 1) / 1000 + 0.25);
});

Deno.test("a timestamp may name its certificate by issuer and serial number too", async () => {
  const root = authority.root;
  const leaf = await forgeCertificate({
    ...leafOptions("named"),
    issuer: root,
    serial: 4711n,
  });
  const named = { root, leaf, certificates: [leaf, root] };
  await verify({
    authority: named,
    attributes: {
      [ATTRIBUTE.signingCertificateV2]: await signingCertificateV2(leaf, {
        issuerSerial: issuerSerial(root, 4711n),
      }),
    },
  });
  await assert.rejects(
    verify({
      authority: named,
      attributes: {
        [ATTRIBUTE.signingCertificateV2]: await signingCertificateV2(leaf, {
          issuerSerial: issuerSerial(root, 4712n),
        }),
      },
    }),
    /lacks the certificate/,
  );
});

// The token.

const malformed = "timestamp.malformed";
refuses("version of the message", malformed, /version is 4/, { version: 4 });
refuses("version of the TSTInfo", malformed, /version 2/, { infoVersion: 2 });
refuses("content of another type", malformed, /not a TSTInfo/, {
  contentType: "1.2.840.113549.1.7.1",
});
refuses("a signer of another version", malformed, /not named by issuer/, { signerVersion: 3 });
refuses("no certificates", malformed, /lacks the certificate/, { certificates: [] });
refuses("an imprint by SHA-1", malformed, /none of SHA-256/, { imprintHash: "SHA-1" });
refuses("a time without seconds", malformed, /time/, { time: "202611010000Z" });
refuses("a time whose fraction ends in zero", malformed, /time/, { time: "20261101000000.10Z" });
refuses("a millisecond too many", malformed, /1 to 999/, { accuracy: [0, 1000] });
refuses("no signing-certificate-v2", malformed, /signing-certificate-v2/, {
  attributes: { [ATTRIBUTE.signingCertificateV2]: undefined },
});
refuses("a signing-certificate of version 1", malformed, /signing-certificate-v2/, async () => ({
  attributes: {
    [ATTRIBUTE.signingCertificateV2]: undefined,
    [ATTRIBUTE.signingCertificate]: sequence(sequence(sequence(octetString(
      new Uint8Array(await crypto.subtle.digest("SHA-1", authority.leaf.der)),
    )))),
  },
}));
refuses("the imprint of other bytes", "timestamp.imprint_mismatch", /another signature/, {
  imprint: new Uint8Array(32),
});
refuses("the imprint of other bytes in full", "timestamp.imprint_mismatch", /another/, {
  stamped: utf8("another signature"),
});

Deno.test("a timestamp is refused: garbage, trailing bytes, and more than 64 KiB", async () => {
  const anchors = [parseCertificate(authority.root.der)];
  const token = await forgeTimestamp({ stamped: STAMPED, authority });
  const cases: [Bytes, RegExp][] = [
    [utf8("no token"), /cannot be read/],
    [new Uint8Array(), /cannot be read/],
    [Uint8Array.from([...token, 0]), /bytes after/],
    [token.slice(0, -1), /cut off/],
    [new Uint8Array(65537), /65537 bytes/],
    [Uint8Array.from(Array(60000).fill([0x30, 0x80]).flat().slice(0, 60000)), /nested too deep/],
  ];
  for (const [bytes, pattern] of cases) {
    await assert.rejects(verifyTimestamp(bytes, STAMPED, anchors), (error) => {
      assert.ok(error instanceof VerificationFailure && error.reason === malformed, String(error));
      assert.match(error.message, pattern);
      return true;
    });
  }
});

// What was signed.

const forged = "timestamp.signature";
refuses("a wrong signature", forged, /does not verify/, { signature: flipped });
refuses("a wrong messageDigest", forged, /digest/, {
  attributes: { [ATTRIBUTE.messageDigest]: octetString(new Uint8Array(32)) },
});
refuses("no messageDigest", forged, /digest/, {
  attributes: { [ATTRIBUTE.messageDigest]: undefined },
});
refuses("a wrong contentType", forged, /content type/, {
  attributes: { [ATTRIBUTE.contentType]: oid("1.2.840.113549.1.7.1") },
});
refuses("no contentType", forged, /content type/, {
  attributes: { [ATTRIBUTE.contentType]: undefined },
});
refuses("a wrong certHash", forged, /by its hash/, async () => ({
  attributes: {
    [ATTRIBUTE.signingCertificateV2]: await signingCertificateV2(authority.leaf, {
      certificateHash: new Uint8Array(32),
    }),
  },
}));
refuses("a certHash by SHA-1", forged, /by its hash/, async () => ({
  attributes: {
    [ATTRIBUTE.signingCertificateV2]: await signingCertificateV2(authority.leaf, { hash: "SHA-1" }),
  },
}));
refuses("a digest by SHA-1", forged, /not allowed/, { digest: "SHA-1" });
refuses("a digest that is not that of the signature", forged, /not allowed/, { digest: "SHA-384" });
refuses("an algorithm that is not allowed", forged, /not allowed/, {
  signatureAlgorithm: sequence(oid("1.2.840.10045.4.1")),
});

// The authority.

function leafOptions(name: string): CertificateOptions {
  return {
    subject: [["CN", `tsa ${name}`]],
    extensions: [keyUsage(["digitalSignature"]), extendedKeyUsage(["timeStamping"], true)],
  };
}

function authorityRefused(
  what: string,
  pattern: RegExp,
  leaf: CertificateOptions,
  others: Omit<ChainOptions, "leaf"> = {},
): void {
  refuses(what, "timestamp.untrusted", pattern, async () => ({
    authority: await forgeAuthority(leaf, others),
  }));
}

const usage = keyUsage(["digitalSignature"]);
const purpose = extendedKeyUsage(["timeStamping"], true);
const ca = basicConstraints({ ca: true });
const signsCertificates = keyUsage(["keyCertSign"]);

authorityRefused("a certificate without extended key usage", /no extended/, {
  extensions: [usage],
});
authorityRefused("an extended key usage that is not critical", /not critical/, {
  extensions: [usage, extendedKeyUsage(["timeStamping"])],
});
authorityRefused("an extended key usage that is not alone", /alone/, {
  extensions: [usage, extendedKeyUsage(["timeStamping", "codeSigning"], true)],
});
authorityRefused("another extended key usage", /alone/, {
  extensions: [usage, extendedKeyUsage(["codeSigning"], true)],
});
authorityRefused("a certificate without keyUsage", /no keyUsage/, { extensions: [purpose] });
authorityRefused("a keyUsage without digitalSignature", /digitalSignature/, {
  extensions: [keyUsage(["contentCommitment"]), purpose],
});
authorityRefused("a keyUsage that timestamping forbids", /keyCertSign/, {
  extensions: [keyUsage(["digitalSignature", "keyCertSign"]), purpose],
});
authorityRefused("a CA", /is a CA/, { extensions: [usage, purpose, ca] });
authorityRefused("a key that is not allowed", /not allowed/, { key: "RSA-1024" });
authorityRefused("a critical extension that nobody knows", /not understood/, {
  extensions: [usage, purpose, extension("1.2.3", integer(1), true)],
});
authorityRefused("a certificate that was not valid yet", /not valid then/, {
  notBefore: new Date("2026-11-01T00:00:01Z"),
});
authorityRefused("a certificate that was no longer valid", /not valid then/, {
  notAfter: new Date("2026-10-31T23:59:59Z"),
});
authorityRefused("a root that was not valid yet", /not valid then/, {}, {
  root: { notBefore: new Date("2026-11-01T00:00:01Z") },
});
authorityRefused("an issuer that is no CA", /not a CA/, {}, {
  intermediates: [{ extensions: [signsCertificates] }],
});
authorityRefused("an issuer that may not sign certificates", /keyCertSign/, {}, {
  intermediates: [{ extensions: [ca, keyUsage(["cRLSign"])] }],
});
authorityRefused("an issuer without keyUsage", /no keyUsage/, {}, {
  intermediates: [{ extensions: [ca] }],
});
authorityRefused("an issuer whose basicConstraints are not critical", /not critical/, {}, {
  intermediates: [{
    extensions: [basicConstraints({ ca: true, critical: false }), signsCertificates],
  }],
});
authorityRefused("an issuer for other purposes", /purposes/, {}, {
  intermediates: [{ extensions: [ca, signsCertificates, extendedKeyUsage(["codeSigning"])] }],
});
authorityRefused("an issuer with name constraints", /name constraints/, {}, {
  intermediates: [{ extensions: [ca, signsCertificates, extension("2.5.29.30", sequence())] }],
});
authorityRefused("an issuer with a critical extension that nobody knows", /not understood/, {}, {
  intermediates: [{ extensions: [ca, signsCertificates, extension("1.2.3", integer(1), true)] }],
});
authorityRefused("a path longer than its CA allows", /allows 0/, {}, {
  intermediates: [{ subject: [["CN", "i1"]] }, {
    subject: [["CN", "i2"]],
    extensions: [basicConstraints({ ca: true, pathLength: 0 }), signsCertificates],
  }],
});
authorityRefused("a certificate whose signature is wrong", /none of the trusted/, {
  signature: flipped,
});
authorityRefused("a certificate signed with SHA-1", /none of the trusted/, {
  algorithm: { name: "ECDSA", hash: "SHA-1" },
});
authorityRefused("a certificate with two algorithms", /none of the trusted/, {
  innerAlgorithm: encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" }),
});
refuses("a signing time outside the validity", "timestamp.untrusted", /signing time/, {
  attributes: { [ATTRIBUTE.signingTime]: signingTime(new Date("2019-01-01T00:00:00Z")) },
});

Deno.test("a timestamp is accepted with a signing time that fits", async () => {
  await verify({
    attributes: { [ATTRIBUTE.signingTime]: signingTime(new Date("2026-11-01T00:00:00Z")) },
  });
});

Deno.test("a timestamp is refused under another root, and under one of the same name", async () => {
  const other = await forgeCertificate({ role: "ca", subject: [["CN", "other root"]] });
  await assert.rejects(verify({}, [other]), { reason: "timestamp.untrusted" });
  const impostor = await forgeCertificate({
    role: "ca",
    subject: authority.root.subject,
    key: other.key,
  });
  await assert.rejects(verify({}, [impostor]), { reason: "timestamp.untrusted" });
  await assert.rejects(verify({}, []), { reason: "timestamp.untrusted" });
  assert.equal((await verify({}, [impostor, authority.root])).chain.length, 2);
});

// The policy.

const chain = await forgeChain();
const aged = await forgeChain({
  leaf: { notBefore: new Date("2026-10-01T00:00:00Z"), notAfter: new Date("2026-11-10T00:00:00Z") },
});

/** A JWS envelope, with a timestamp of its signature unless that is left out. */
async function stamped(
  signer: typeof chain,
  change: Change | undefined,
): Promise<Bytes> {
  const envelope = JSON.parse(
    new TextDecoder().decode(await forgeJws({ chain: signer, target: IMAGE.descriptor })),
  );
  if (change === undefined) return utf8(JSON.stringify(envelope));
  const signature = Uint8Array.fromBase64(envelope.signature, { alphabet: "base64url" });
  const token = await forgeTimestamp({ stamped: signature, authority, ...change });
  envelope.header["io.cncf.notary.timestampSignature"] = encodeBase64(token);
  return utf8(JSON.stringify(envelope));
}

async function judged(
  signer: typeof chain,
  change: Change | undefined,
  question: Partial<Question> = {},
): Promise<VerifierResult> {
  return await judge({
    chain: signer,
    envelope: await stamped(signer, change),
    trustStores: ["ca:forge", "tsa:forge"],
    authorities: [authority.root],
    ...question,
  });
}

async function reason(...args: Parameters<typeof judged>): Promise<string | undefined> {
  return (await judged(...args)).failure?.reason;
}

Deno.test("F.5-7 notation wants a timestamp where the policy names a tsa store", async () => {
  assert.equal(await reason(chain, undefined), "timestamp.missing");
  assert.equal(await reason(chain, {}), undefined);
  assert.equal(await reason(chain, undefined, { trustStores: ["ca:forge"] }), undefined);
});

Deno.test("notation wants a timestamp only after the certificates' expiry where the policy says so", async () => {
  const question: Partial<Question> = { verifyTimestamp: "afterCertExpiry" };
  assert.equal(await reason(chain, undefined, question), undefined);
  assert.equal(await reason(aged, undefined, question), "timestamp.missing");
  assert.equal(await reason(aged, {}, question), undefined);
  const young = new Date("2026-11-05T00:00:00Z");
  assert.equal(await reason(aged, undefined, { ...question, now: young }), undefined);
});

Deno.test("F.5-7 notation refuses a time range that touches outside the certificates' validity", async () => {
  const rows: [string, readonly number[], string | undefined][] = [
    ["20261001000000Z", [], undefined],
    ["20261110000000Z", [], undefined],
    ["20260930235959Z", [], "timestamp.outside_validity"],
    ["20261110000001Z", [], "timestamp.outside_validity"],
    ["20261001000001Z", [1], undefined],
    ["20261001000001Z", [1, 1], "timestamp.outside_validity"],
    ["20261109235959Z", [1], undefined],
    ["20261109235959Z", [1, 0 + 1], "timestamp.outside_validity"],
    ["20261109235959.5Z", [1], "timestamp.outside_validity"],
  ];
  for (const [time, accuracy, expected] of rows) {
    const change: Change = { time, accuracy: accuracy as [number?, number?, number?] };
    assert.equal(await reason(aged, change), expected, `${time} ${accuracy}`);
  }
});

Deno.test("notation refuses a timestamp of a time to come, beyond what clocks may differ by", async () => {
  const now = new Date("2026-11-24T12:00:00Z");
  assert.equal(await reason(chain, { time: "20261124120100Z" }, { now }), undefined);
  assert.equal(await reason(chain, { time: "20261124120101Z" }, { now }), "timestamp.future");
  const later = new Date("2026-11-24T12:00:01Z");
  assert.equal(await reason(chain, { time: "20261124120101Z" }, { now: later }), undefined);
});

Deno.test("F.5-7 notation refuses an untrusted authority, and the imprint of another signature", async () => {
  const other = await forgeAuthority({ subject: [["CN", "other tsa"]] }, {
    root: { subject: [["CN", "other tsa root"]] },
  });
  assert.equal(await reason(chain, { authority: other }), "timestamp.untrusted");
  assert.equal(await reason(chain, { stamped: STAMPED }), "timestamp.imprint_mismatch");
});

Deno.test("notation is undecided about an authority that may be in what is missing of the tsa store", async () => {
  const incomplete = new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message: "no answer",
    transient: true,
  });
  assert.equal(await reason(chain, {}, { incomplete }), undefined);
  const other = await forgeAuthority({ subject: [["CN", "other tsa"]] }, {
    root: { subject: [["CN", "other tsa root"]] },
  });
  for (const authorities of [[authority.root], []]) {
    const result = await judged(chain, { authority: other }, { incomplete, authorities });
    assert.equal(result.outcome, "undecided");
    assert.match(result.message, /tsa:forge is not complete: no answer/);
  }
  // What is wrong with a token whoever made it stays wrong.
  const imprint = await reason(chain, { stamped: STAMPED }, { incomplete });
  assert.equal(imprint, "timestamp.imprint_mismatch");
});

Deno.test("F.5-6 notation does not take a certificate of a ca store for that of an authority", async () => {
  const question = { store: [chain.root, authority.root], authorities: [chain.root] };
  assert.equal(await reason(chain, {}, question), "timestamp.untrusted");
});

Deno.test("notation is undecided when no certificate of the tsa store is a root", async () => {
  const deep = await forgeAuthority({}, { intermediates: [{ subject: [["CN", "tsa between"]] }] });
  const result = await judged(chain, { authority: deep }, {
    authorities: deep.certificates.slice(1, 2),
  });
  assert.equal(result.outcome, "undecided");
  assert.match(result.message, /none is a CA and self-signed/);
  assert.equal(
    await reason(chain, { authority: deep }, { authorities: deep.certificates.slice(1) }),
    undefined,
  );
});

Deno.test("notation only logs a timestamp that is wrong where the level says so", async () => {
  const result = await judged(chain, { stamped: STAMPED }, { level: "permissive" });
  assert.equal(result.outcome, "success");
  assert.match(JSON.stringify(result.extensions), /another signature/);
});

Deno.test("a token that was verified before costs no signature check, and is judged by its anchors", async () => {
  const fresh = await forgeAuthority({ subject: [["CN", "tsa fresh"]] }, {
    root: { subject: [["CN", "tsa fresh root"]] },
  });
  const token = await forgeTimestamp({ stamped: STAMPED, authority: fresh });
  const [leaf, root] = fresh.certificates.map(({ der }) => parseCertificate(der));
  const anchors = [root as typeof leaf & object];
  const cost = async (): Promise<number> => {
    const before = cryptoCounters.signaturesChecked;
    await verifyTimestamp(token, STAMPED, anchors);
    return cryptoCounters.signaturesChecked - before;
  };
  assert.equal(await cost(), 2);
  assert.equal(await cost(), 0);
  const others = [parseCertificate(authority.root.der)];
  await assert.rejects(verifyTimestamp(token, STAMPED, others), { reason: "timestamp.untrusted" });
  await assert.rejects(verifyTimestamp(token, utf8("other"), anchors), {
    reason: "timestamp.imprint_mismatch",
  });
});
