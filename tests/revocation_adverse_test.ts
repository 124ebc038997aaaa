import assert from "node:assert/strict";
import { type Certificate, parseCertificate } from "../src/crypto/mod.ts";
import { RevocationService } from "../src/revocation/mod.ts";
import type { RevocationQuestion, RevocationStatus } from "../src/trust/mod.ts";
import {
  basicConstraints,
  type Bytes,
  type CertificateOptions,
  type CrlOptions,
  derWriter,
  encodeAlgorithm,
  extendedKeyUsage,
  extension,
  flipped,
  forgeCertificate,
  forgeCrl,
  type ForgedCertificate,
  forgeOcsp,
  keyUsage,
  type OcspOptions,
} from "./forge/mod.ts";
import { RevocationWorld } from "./revocation_world.ts";

/*
 * OCSP answers and CRLs that are right in all but one thing, each asked for as a verification does.
 */

const OCSP = "http://ocsp.example/ca";
const CRL = "http://crl.example/ca.crl";
const DELTA = "http://crl.example/delta.crl";
const NOW = new Date("2026-11-24T12:00:00Z");
const SERIAL = 4711n;

const issuer = await forgeCertificate({ role: "ca", subject: [["CN", "revoking CA"]] });
const other = await forgeCertificate({ role: "ca", subject: [["CN", "another CA"]] });

/** A certificate of the CA that names these addresses. */
async function leaf(options: CertificateOptions): Promise<Certificate> {
  const { der } = await forgeCertificate({ issuer, serial: SERIAL, ...options });
  return parseCertificate(der);
}

const byOcsp = await leaf({ ocsp: [OCSP] });
const byCrl = await leaf({ crl: [CRL] });
const byBoth = await leaf({ ocsp: [OCSP], crl: [CRL] });

const question: RevocationQuestion = {
  now: NOW,
  signal: new AbortController().signal,
  allowedHosts: [],
  staleWhileUnreachable: 0,
};

function newService(): RevocationService {
  return new RevocationService({ resolve: () => Promise.resolve(["192.0.2.1"]) });
}

async function ask(
  world: RevocationWorld,
  certificate: Certificate,
  change: Partial<RevocationQuestion> = {},
  of: ForgedCertificate = issuer,
): Promise<RevocationStatus> {
  world.requests.length = 0;
  await using service = newService();
  return await service.check(certificate, parseCertificate(of.der), { ...question, ...change });
}

function outcome(status: RevocationStatus): string {
  if (status.kind === "answered") return status.answer.status;
  return status.kind === "unavailable" ? status.problem : status.kind;
}

async function ocsp(
  options: Partial<OcspOptions>,
  change: Partial<RevocationQuestion> = {},
): Promise<string> {
  using world = new RevocationWorld();
  world.answers.set(OCSP, await forgeOcsp({ issuer, serial: SERIAL, ...options }));
  return outcome(await ask(world, byOcsp, change));
}

async function crl(
  options: Partial<CrlOptions>,
  change: Partial<RevocationQuestion> = {},
  certificate = byCrl,
): Promise<string> {
  using world = new RevocationWorld();
  world.answers.set(CRL, await forgeCrl({ issuer, ...options }));
  return outcome(await ask(world, certificate, change));
}

function ocspRefused(what: string, pattern: RegExp, options: Partial<OcspOptions>): void {
  Deno.test(`F.5-8 an OCSP answer is not believed: ${what}`, async () => {
    assert.match(await ocsp(options), pattern);
  });
}

function crlRefused(what: string, pattern: RegExp, options: Partial<CrlOptions>): void {
  Deno.test(`F.5-8 a CRL is not believed: ${what}`, async () => {
    assert.match(await crl(options), pattern);
  });
}

/** The certificate of a responder that the CA has certified for that. */
function responder(options: CertificateOptions = {}): Promise<ForgedCertificate> {
  return forgeCertificate({
    issuer,
    subject: [["CN", "responder"]],
    extensions: [keyUsage(["digitalSignature"]), extendedKeyUsage(["OCSPSigning"])],
    ...options,
  });
}

// OCSP.

Deno.test("an OCSP answer of the issuer decides: good, revoked, unknown", async () => {
  assert.equal(await ocsp({}), "good");
  assert.equal(await ocsp({ status: "revoked", reason: 1 }), "revoked");
  assert.equal(await ocsp({ status: "unknown" }), "unknown");
});

Deno.test("an OCSP answer is believed with another hash in it, and of a responder named by its key", async () => {
  assert.equal(await ocsp({ hash: "SHA-256" }), "good");
  assert.equal(await ocsp({ byKey: true }), "good");
  assert.equal(await ocsp({ responder: await responder() }), "good");
  assert.equal(await ocsp({ responder: await responder(), byKey: true }), "good");
});

Deno.test("an OCSP answer says when and why a certificate was revoked", async () => {
  using world = new RevocationWorld();
  const revokedAt = new Date("2026-10-02T03:04:05Z");
  world.answers.set(
    OCSP,
    await forgeOcsp({ issuer, serial: SERIAL, status: "revoked", revokedAt, reason: 4 }),
  );
  const status = await ask(world, byOcsp);
  assert.ok(status.kind === "answered");
  const { answer } = status;
  assert.deepEqual([answer.revokedAt, answer.reason, answer.source], [
    revokedAt,
    "superseded",
    OCSP,
  ]);
});

Deno.test("F.5-8 an OCSP answer is not believed: a responder without the purpose, or not of the CA", async () => {
  const rows: [RegExp, CertificateOptions][] = [
    [/not certified for OCSP signing/, { extensions: [keyUsage(["digitalSignature"])] }],
    [/not certified for OCSP signing/, {
      extensions: [keyUsage(["digitalSignature"]), extendedKeyUsage(["codeSigning"])],
    }],
    [/not certified for OCSP signing/, {
      extensions: [keyUsage(["digitalSignature"]), extendedKeyUsage(["any"])],
    }],
    [/without digitalSignature/, {
      extensions: [keyUsage(["contentCommitment"]), extendedKeyUsage(["OCSPSigning"])],
    }],
    [/critical extension 1\.2\.3/, {
      extensions: [
        extendedKeyUsage(["OCSPSigning"]),
        extension("1.2.3", derWriter.integer(1), true),
      ],
    }],
    [/not certified by the issuer/, { issuer: other }],
    [/not certified by the issuer/, { issuer: other, issuerName: issuer.subject }],
    [/not certified by the issuer/, { issuerName: [["CN", "another CA"]] }],
    [/not certified by the issuer/, { signature: flipped }],
    [/not certified by the issuer/, { algorithm: { name: "ECDSA", hash: "SHA-1" } }],
    [/not certified by the issuer/, {
      innerAlgorithm: encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" }),
    }],
    [/out of date since 2026-11-24T11:59:59/, { notAfter: new Date("2026-11-24T11:59:59Z") }],
    [/still to come/, { notBefore: new Date("2026-11-24T12:01:01Z") }],
  ];
  for (const [pattern, options] of rows) {
    assert.match(await ocsp({ responder: await responder(options) }), pattern);
  }
});

Deno.test("F.5-8 an OCSP answer is not believed: of the certificate in question itself", async () => {
  using world = new RevocationWorld();
  const own = await forgeCertificate({
    issuer,
    serial: SERIAL,
    ocsp: [OCSP],
    extensions: [keyUsage(["digitalSignature"]), extendedKeyUsage(["OCSPSigning"])],
    moreExtensions: [],
  });
  const certificate = { ...parseCertificate(own.der), ocspUrls: [OCSP] };
  world.answers.set(OCSP, await forgeOcsp({ issuer, serial: SERIAL, responder: own }));
  assert.match(outcome(await ask(world, certificate)), /is the certificate in question/);
});

ocspRefused("another serial number", /another certificate/, { serial: SERIAL + 1n });
ocspRefused("another issuer in the CertID", /another certificate/, { about: other });
ocspRefused("another name of the issuer in the CertID", /another certificate/, {
  about: { ...issuer, subject: other.subject },
});
ocspRefused("another key of the issuer in the CertID", /another certificate/, {
  about: { ...issuer, key: other.key },
});
ocspRefused("a wrong signature", /signature/, { signature: flipped });
ocspRefused("another key", /signature/, { key: other.key });
ocspRefused("a responder that it does not name", /signature/, {
  responderName: [["CN", "somebody"]],
});
ocspRefused("SHA-1", /not allowed/, { algorithm: { name: "ECDSA", hash: "SHA-1" } });
ocspRefused("an end that has come", /out of date since 2026-11-24T11:59:59/, {
  nextUpdate: new Date("2026-11-24T11:59:59Z"),
});
ocspRefused("no end", /until when it holds/, { nextUpdate: null });
ocspRefused("a time to come", /still to come/, { thisUpdate: new Date("2026-11-24T12:01:01Z") });
ocspRefused("a critical extension", /critical extension 1\.2\.3/, {
  responseExtensions: [extension("1.2.3", derWriter.integer(1), true)],
});
ocspRefused("a critical extension of the part", /critical extension 1\.2\.3/, {
  singleExtensions: [extension("1.2.3", derWriter.integer(1), true)],
});
for (
  const [status, pattern] of [[1, /malformed/], [2, /internal/], [3, /later/], [5, /signed/], [
    6,
    /unauthorized/,
  ], [9, /status 9/]] as const
) {
  ocspRefused(`an answer with the status ${status}`, pattern, { responseStatus: status });
}

Deno.test("an OCSP answer holds to its last second, and clocks may differ by a minute", async () => {
  assert.equal(await ocsp({ nextUpdate: NOW }), "good");
  assert.equal(await ocsp({ thisUpdate: new Date("2026-11-24T12:01:00Z") }), "good");
});

Deno.test("a certificate that was lost after an authentic signing time signed in good faith", async () => {
  const lost = { status: "revoked", invalidityDate: new Date("2026-10-01T00:00:00Z") } as const;
  const seconds = lost.invalidityDate.getTime() / 1000;
  assert.equal(await ocsp(lost), "revoked");
  assert.equal(await ocsp(lost, { signingTime: seconds - 1 }), "good");
  assert.equal(await ocsp(lost, { signingTime: seconds }), "revoked");
  const entries = [{ serial: SERIAL, invalidityDate: lost.invalidityDate }];
  assert.equal(await crl({ entries }), "revoked");
  assert.equal(await crl({ entries }, { signingTime: seconds - 1 }), "good");
  assert.equal(await crl({ entries }, { signingTime: seconds }), "revoked");
});

Deno.test("OCSP requests go into the address, or into the body where the responder wants that", async () => {
  using world = new RevocationWorld();
  const bytes = await forgeOcsp({ issuer, serial: SERIAL });
  world.answers.set(OCSP, bytes);
  assert.equal(outcome(await ask(world, byOcsp)), "good");
  assert.deepEqual(world.requests, [`GET ${OCSP}`]);
  world.answers.set(OCSP, 405);
  assert.match(outcome(await ask(world, byOcsp)), /status 405/);
  assert.deepEqual(world.requests, [`GET ${OCSP}`, `POST ${OCSP}`]);
});

Deno.test("responders are asked in their order until one answers", async () => {
  using world = new RevocationWorld();
  const second = "http://second.example/";
  const certificate = await leaf({ ocsp: [OCSP, second] });
  assert.match(outcome(await ask(world, certificate)), /second\.example.* could not be reached/);
  world.answers.set("http://second.example", await forgeOcsp({ issuer, serial: SERIAL }));
  assert.equal(outcome(await ask(world, certificate)), "good");
  world.answers.set(OCSP, await forgeOcsp({ issuer, serial: SERIAL, key: other.key }));
  assert.equal(outcome(await ask(world, certificate)), "good");
  world.answers.set(OCSP, await forgeOcsp({ issuer, serial: SERIAL, status: "revoked" }));
  assert.equal(outcome(await ask(world, certificate)), "revoked");
});

Deno.test("a CRL is asked for where OCSP has no answer, and decides then", async () => {
  using world = new RevocationWorld();
  world.answers.set(CRL, await forgeCrl({ issuer, entries: [{ serial: SERIAL }] }));
  assert.equal(outcome(await ask(world, byBoth)), "revoked");
  world.answers.set(OCSP, await forgeOcsp({ issuer, serial: SERIAL, status: "unknown" }));
  assert.equal(outcome(await ask(world, byBoth)), "revoked");
  world.answers.set(OCSP, await forgeOcsp({ issuer, serial: SERIAL }));
  assert.equal(outcome(await ask(world, byBoth)), "good");
  world.answers.clear();
  assert.match(outcome(await ask(world, byBoth)), /ocsp\.example.*; and .*crl\.example/);
});

// CRLs.

Deno.test("a CRL of the issuer decides by its entries", async () => {
  assert.equal(await crl({}), "good");
  assert.equal(await crl({ entries: [{ serial: SERIAL + 1n, reason: 1 }] }), "good");
  assert.equal(await crl({ entries: [{ serial: 1n }, { serial: SERIAL, reason: 1 }] }), "revoked");
});

Deno.test("of holds and releases in a CRL the latest counts, and nothing undoes another reason", async () => {
  const at = (day: number): Date => new Date(Date.UTC(2026, 9, day));
  const entry = (reason: number, day: number): NonNullable<CrlOptions["entries"]>[number] => ({
    serial: SERIAL,
    reason,
    revokedAt: at(day),
  });
  assert.equal(await crl({ entries: [entry(6, 1)] }), "revoked");
  assert.equal(await crl({ entries: [entry(8, 1)] }), "good");
  assert.equal(await crl({ entries: [entry(6, 1), entry(8, 2)] }), "good");
  assert.equal(await crl({ entries: [entry(8, 2), entry(6, 1)] }), "good");
  assert.equal(await crl({ entries: [entry(8, 1), entry(6, 2)] }), "revoked");
  assert.equal(await crl({ entries: [entry(1, 1), entry(8, 2)] }), "revoked");
});

crlRefused("a wrong signature", /signature/, { signature: flipped });
crlRefused("another key", /signature/, { key: other.key });
crlRefused("another issuer", /another issuer/, { issuer: other });
crlRefused("another issuer's name", /another issuer/, { issuerName: [["CN", "other"]] });
crlRefused("SHA-1", /signature/, { algorithm: { name: "ECDSA", hash: "SHA-1" } });
crlRefused("two algorithms", /signature/, {
  innerAlgorithm: encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" }),
});
crlRefused("an end that has come", /out of date/, { nextUpdate: new Date("2026-11-24T11:59:59Z") });
crlRefused("no end", /until when/, { nextUpdate: null });
crlRefused("a time to come", /still to come/, { thisUpdate: new Date("2026-11-24T12:01:01Z") });
crlRefused("a critical extension", /critical extension 1\.2\.3/, {
  extensions: [extension("1.2.3", derWriter.integer(1), true)],
});
crlRefused("a critical extension of any entry", /critical extension 2\.5\.29\.29/, {
  entries: [{ serial: 1n, extensions: [extension("2.5.29.29", derWriter.sequence(), true)] }],
});
crlRefused("an indirect one", /indirect/, { scope: { indirect: true } });
crlRefused("some reasons only", /some reasons/, { scope: { reasons: true } });
crlRefused("CA certificates only", /CA certificates only/, { scope: { ca: true } });
crlRefused("attribute certificates only", /attribute/, { scope: { attribute: true } });
crlRefused("another address", /another address/, { scope: { urls: ["http://crl.example/b.crl"] } });
crlRefused("an address relative to the issuer", /another address/, { scope: { urls: [] } });
crlRefused("a delta in place of a complete one", /delta CRL/, { deltaBase: 9n });
crlRefused("a number that is negative", /cannot be read/, { number: -1n });

Deno.test("a CRL about user certificates at this address is believed, and not for a CA", async () => {
  assert.equal(await crl({ scope: { user: true, urls: [CRL] } }), "good");
  const ca = await leaf({ role: "ca", crl: [CRL] });
  assert.match(await crl({ scope: { user: true } }, {}, ca), /not about CA certificates/);
  assert.equal(await crl({ scope: { ca: true } }, {}, ca), "good");
});

Deno.test("F.5-8 a CRL is not believed: an issuer that may not sign it", async () => {
  using world = new RevocationWorld();
  const rows: [readonly Bytes[], RegExp][] = [
    [[basicConstraints({ ca: true }), keyUsage(["keyCertSign"])], /without cRLSign/],
    [[keyUsage(["cRLSign"])], /not a CA/],
  ];
  for (const [extensions, pattern] of rows) {
    const weak = await forgeCertificate({ role: "ca", subject: issuer.subject, extensions });
    world.answers.set(CRL, await forgeCrl({ issuer: weak }));
    assert.match(outcome(await ask(world, byCrl, {}, weak)), pattern);
  }
});

Deno.test("a delta CRL brings its base up to date", async () => {
  using world = new RevocationWorld();
  world.answers.set(CRL, await forgeCrl({ issuer, freshest: [DELTA] }));
  const delta = (options: Partial<CrlOptions>): Promise<Bytes> =>
    forgeCrl({ issuer, number: 11n, deltaBase: 10n, ...options });
  const rows: [Partial<CrlOptions>, RegExp][] = [
    [{}, /^good$/],
    [{ deltaBase: 9n }, /^good$/],
    [{ entries: [{ serial: SERIAL, reason: 1 }] }, /^revoked$/],
    [{ number: 10n }, /not newer/],
    [{ number: 9n, deltaBase: 9n }, /not newer/],
    [{ deltaBase: 11n }, /newer CRL/],
    [{ number: null }, /no number/],
    [{ key: other.key }, /delta CRL cannot be used: its signature/],
    [{ nextUpdate: new Date("2026-11-24T11:59:59Z") }, /out of date/],
    [{ scope: { indirect: true } }, /indirect/],
  ];
  for (const [options, pattern] of rows) {
    world.answers.set(DELTA, await delta(options));
    assert.match(outcome(await ask(world, byCrl)), pattern);
  }
  world.answers.set(DELTA, await forgeCrl({ issuer, number: 11n }));
  assert.match(outcome(await ask(world, byCrl)), /complete CRL/);
  world.answers.delete(DELTA);
  assert.match(outcome(await ask(world, byCrl)), /delta\.crl could not be reached/);
});

Deno.test("a delta CRL may release what its base holds", async () => {
  using world = new RevocationWorld();
  const hold = { serial: SERIAL, reason: 6, revokedAt: new Date("2026-10-01T00:00:00Z") };
  const release = { serial: SERIAL, reason: 8, revokedAt: new Date("2026-10-02T00:00:00Z") };
  world.answers.set(CRL, await forgeCrl({ issuer, freshest: [DELTA], entries: [hold] }));
  world.answers.set(
    DELTA,
    await forgeCrl({ issuer, number: 11n, deltaBase: 10n, entries: [release] }),
  );
  assert.equal(outcome(await ask(world, byCrl)), "good");
});

Deno.test("a base without a number goes with no delta, and a certificate's own delta is not had", async () => {
  using world = new RevocationWorld();
  world.answers.set(CRL, await forgeCrl({ issuer, freshest: [DELTA], number: null }));
  world.answers.set(DELTA, await forgeCrl({ issuer, number: 11n, deltaBase: 10n }));
  assert.match(outcome(await ask(world, byCrl)), /no number/);
  world.answers.set(CRL, await forgeCrl({ issuer }));
  const points = extension("2.5.29.46", derWriter.sequence());
  const certificate = await leaf({ crl: [CRL], moreExtensions: [points] });
  assert.match(outcome(await ask(world, certificate)), /asks for a delta CRL/);
});

Deno.test("all CRLs that a certificate names must be had, and one is enough to be revoked", async () => {
  using world = new RevocationWorld();
  const second = "http://crl.example/second.crl";
  const certificate = await leaf({ crl: [CRL, second] });
  world.answers.set(CRL, await forgeCrl({ issuer }));
  assert.match(outcome(await ask(world, certificate)), /second\.crl could not be reached/);
  world.answers.set(second, await forgeCrl({ issuer }));
  assert.equal(outcome(await ask(world, certificate)), "good");
  world.answers.set(second, await forgeCrl({ issuer, entries: [{ serial: SERIAL }] }));
  assert.equal(outcome(await ask(world, certificate)), "revoked");
  world.answers.delete(CRL);
  assert.equal(outcome(await ask(world, certificate)), "revoked");
  const many = Array.from({ length: 9 }, (_, index) => `http://crl.example/${index}`);
  assert.match(outcome(await ask(world, await leaf({ crl: many }))), /more than 8/);
});

Deno.test("a certificate that names no address cannot be revoked", async () => {
  using world = new RevocationWorld();
  assert.equal(outcome(await ask(world, await leaf({}))), "notRevocable");
  assert.deepEqual(world.requests, []);
});
