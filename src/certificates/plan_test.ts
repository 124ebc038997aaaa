import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type Certificate, encodePem } from "../crypto/mod.ts";
import { createAuthority, findAuthority, issueServerPair } from "./authority.ts";
import { createKey } from "./key.ts";
import { MAX_BUNDLE, type Plan, planTls, type Surroundings } from "./plan.ts";
import { bundlePem, readStoredTls, storedData, type StoredTls } from "./stored_tls.ts";
import { readCertificates } from "./server_pair.ts";

const DAY = 24 * 3_600_000;
const START = new Date("2026-11-24T12:00:00Z");
const NAMES = ["ratify.ns", "ratify.ns.svc", "ratify.ns.svc.cluster.local"] as const;
const NOTHING: StoredTls = { bundle: [], authority: undefined, pair: undefined };

const after = (days: number): Date => new Date(START.getTime() + days * DAY);

function plan(stored: StoredTls, known: Partial<Surroundings> = {}): Promise<Plan> {
  return planTls(stored, {
    pair: undefined,
    trusted: [],
    isSettled: () => false,
    dnsNames: NAMES,
    keyType: "ecdsa",
    now: START,
    ...known,
  });
}

const prints = (certificates: readonly Certificate[]): string[] =>
  certificates.map(({ fingerprint }) => fingerprint);

for (const keyType of ["ecdsa", "rsa"] as const) {
  Deno.test(`a certificate that was written says the same to other readers (${keyType})`, async () => {
    const authority = await createAuthority(NAMES[0], keyType, START);
    const pair = await issueServerPair(authority, NAMES, keyType, START);
    const ca = new x509.X509Certificate(authority.certificate.raw);
    const server = new x509.X509Certificate(pair.certificate.raw);
    assert.ok(await ca.isSelfSigned());
    assert.ok(await server.verify({ publicKey: ca.publicKey, date: START }));
    assert.equal(ca.subject, "O=Assay CA, CN=ratify.ns");
    assert.equal(server.issuer, ca.subject);
    assert.equal(server.subject, "O=Assay, CN=ratify.ns");
    assert.equal(ca.notBefore.toISOString(), "2026-11-24T11:00:00.000Z");
    assert.equal(ca.notAfter.getTime(), after(3650).getTime());
    assert.equal(server.notAfter.getTime(), after(365).getTime());
    const basic = ca.getExtension(x509.BasicConstraintsExtension);
    assert.deepEqual([basic?.ca, basic?.pathLength, basic?.critical], [true, 0, true]);
    assert.equal(
      ca.getExtension(x509.KeyUsagesExtension)?.usages,
      x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    );
    assert.equal(
      server.getExtension(x509.KeyUsagesExtension)?.usages,
      x509.KeyUsageFlags.digitalSignature,
    );
    assert.deepEqual(
      [...server.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? []],
      [x509.ExtendedKeyUsage.serverAuth],
    );
    assert.deepEqual(
      server.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON(),
      NAMES.map((value) => ({ type: "dns", value })),
    );
    assert.equal(
      server.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId,
      ca.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
    );
    const theirs = new X509Certificate(pair.cert);
    assert.ok(theirs.checkPrivateKey(createPrivateKey(pair.key)));
    assert.match(
      authority.key.pem,
      keyType === "rsa" ? /^-----BEGIN RSA PRIVATE KEY/ : /^-----BEGIN PRIVATE KEY/,
    );
  });
}

Deno.test("a certificate that ends after 2049 is written so, and a long name is left out of the subject", async () => {
  const late = new Date("2045-01-01T00:00:00Z");
  const { certificate } = await createAuthority("a".repeat(65), "ecdsa", late);
  assert.equal(certificate.notAfter.getTime(), late.getTime() + 3650 * DAY);
  assert.equal(new x509.X509Certificate(certificate.raw).subject, "O=Assay CA");
});

Deno.test("planTls fills what is empty, and leaves what is good", async () => {
  const first = await plan(NOTHING);
  assert.equal(first.waits, false);
  const second = await plan(first, { now: after(200) });
  assert.deepEqual(storedData(second), storedData(first));
  assert.equal(second.waits, false);
});

Deno.test("planTls survives being written and read again", async () => {
  const first = await plan(NOTHING);
  const problems: string[] = [];
  const read = readStoredTls({ data: storedData(first) }, problems);
  assert.deepEqual(problems, []);
  assert.deepEqual(storedData(await plan(read)), storedData(first));
});

Deno.test("planTls renews a server certificate 90 days ahead, and keeps its CA", async () => {
  const first = await plan(NOTHING);
  const now = after(365 - 90);
  const early = await plan(first, { now: new Date(now.getTime() - 1), isSettled: () => true });
  assert.equal(early.pair.cert, first.pair.cert);
  const unsettled = await plan(first, { now });
  assert.deepEqual([unsettled.pair.cert, unsettled.waits], [first.pair.cert, true]);
  const renewed = await plan(first, { now, isSettled: () => true });
  assert.notEqual(renewed.pair.cert, first.pair.cert);
  assert.deepEqual(prints(renewed.bundle), prints(first.bundle));
});

Deno.test("planTls replaces a CA 90 days ahead: clients first, then the server, and the end of the old one last", async () => {
  const first = await plan(NOTHING);
  const old = first.authority.certificate;
  let state = first;
  for (let day = 0; day < 3650 - 91; day += 250) {
    state = await plan(state, { now: after(day), isSettled: () => true });
    assert.equal(state.authority.certificate, old);
  }
  const now = after(3650 - 90);
  const staged = await plan(state, { now });
  const next = staged.authority.certificate;
  assert.notEqual(next.fingerprint, old.fingerprint);
  assert.deepEqual(prints(staged.bundle), prints([next, old]));
  assert.deepEqual([staged.pair.cert, staged.waits], [state.pair.cert, true]);
  assert.ok(!Object.values(storedData(staged)).includes(storedData(state)["ca.key"] ?? ""));
  const switched = await plan(staged, {
    now,
    isSettled: ({ fingerprint }) => fingerprint === next.fingerprint,
  });
  assert.deepEqual(switched.pair.certificate.issuer.raw, next.subject.raw);
  assert.deepEqual(
    prints(switched.bundle),
    prints([next, old]),
    "replicas still serve the old one",
  );
  const gone = await plan(switched, { now: new Date(old.notAfter.getTime() + 1) });
  assert.deepEqual(prints(gone.bundle), prints([next]));
});

Deno.test("a server certificate ends no later than its CA", async () => {
  const early = await createAuthority(NAMES[0], "ecdsa", after(-3650 + 200));
  const { authority, pair } = await plan({
    bundle: [early.certificate],
    authority: early,
    pair: undefined,
  });
  assert.equal(authority.certificate, early.certificate);
  assert.equal(pair.certificate.notAfter.getTime(), after(200).getTime());
});

Deno.test("planTls gives up a server certificate that has ended, or that nobody trusts", async () => {
  const first = await plan(NOTHING);
  const ended = await plan(first, { now: after(366) });
  assert.notEqual(ended.pair.cert, first.pair.cert);
  const other = await plan(NOTHING);
  const stranger = await plan({ ...first, pair: other.pair });
  assert.notEqual(stranger.pair.cert, other.pair.cert);
  const known = await plan({ ...first, pair: other.pair }, { trusted: other.bundle });
  assert.equal(known.pair.cert, other.pair.cert, "clients still trust its CA");
  assert.deepEqual(prints(known.bundle), prints([...first.bundle, ...other.bundle]));
});

Deno.test("planTls goes on with what it serves where the secret lost it", async () => {
  const first = await plan(NOTHING);
  const restored = await plan(NOTHING, { pair: first.pair, trusted: first.bundle });
  assert.equal(restored.pair.cert, first.pair.cert);
  assert.equal(restored.waits, true);
  assert.deepEqual(prints(restored.bundle), [
    restored.authority.certificate.fingerprint,
    first.authority.certificate.fingerprint,
  ]);
});

Deno.test("planTls replaces a server certificate for another name", async () => {
  const first = await plan(NOTHING);
  const dnsNames = ["other.ns"] as const;
  const moved = await plan(first, { dnsNames: [...dnsNames], isSettled: () => true });
  assert.match(new X509Certificate(moved.pair.cert).subjectAltName ?? "", /^DNS:other\.ns$/);
});

Deno.test("planTls bounds the bundle, and never drops the CA of what serves", async () => {
  let state = await plan(NOTHING);
  const { pair, bundle: [serving] } = state;
  for (let round = 0; round < MAX_BUNDLE + 3; round++) {
    state = await plan({ ...state, authority: undefined });
    assert.equal(state.pair.cert, pair.cert);
  }
  assert.equal(state.bundle.length, MAX_BUNDLE);
  assert.ok(prints(state.bundle).includes(serving?.fingerprint ?? ""));
  assert.equal(state.bundle[0], state.authority.certificate);
});

// CAs that somebody put there.

const FORMS = [
  ["ecdsa", "sec1", "EC PRIVATE KEY"],
  ["ecdsa", "pkcs8", "PRIVATE KEY"],
  ["rsa", "pkcs1", "RSA PRIVATE KEY"],
  ["rsa", "pkcs8", "PRIVATE KEY"],
] as const;

for (const [keyType, form, label] of FORMS) {
  Deno.test(`a CA with another subject is kept, its key in ${label} (${keyType})`, async () => {
    const own = await createAuthority("corporate.example.com", keyType, START);
    const key = createPrivateKey(own.key.pem);
    const pem = String(key.export({ type: form as "pkcs8", format: "pem" }));
    assert.match(pem, new RegExp(`^-----BEGIN ${label}-----`));
    const authority = findAuthority([own.certificate], pem);
    const planned = await plan({ bundle: [own.certificate], authority, pair: undefined });
    assert.deepEqual(prints(planned.bundle), prints([own.certificate]));
    assert.equal(planned.authority.key.pem, pem);
    assert.deepEqual(planned.pair.certificate.issuer.raw, own.certificate.subject.raw);
  });
}

Deno.test("a CA that cannot issue is none", async () => {
  const ca = await createAuthority(NAMES[0], "ecdsa", START);
  const server = await issueServerPair(ca, NAMES, "ecdsa", START);
  const other = await createKey("ecdsa");
  assert.throws(() => findAuthority([ca.certificate], other.pem), /the key is that of none/);
  assert.throws(() => findAuthority([server.certificate], server.key), /not that of a CA/);
  const { privateKey } = await crypto.subtle.generateKey(
    { name: "Ed25519" },
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey)).toBase64();
  assert.throws(
    () =>
      findAuthority(
        [ca.certificate],
        `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
      ),
    /its type is none that is used here/,
  );
  const keys = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
  const limited = await x509.X509CertificateGenerator.createSelfSigned({
    keys,
    name: "CN=limited",
    notBefore: START,
    notAfter: after(3650),
    extensions: [
      new x509.BasicConstraintsExtension(true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.cRLSign),
    ],
  });
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  assert.throws(
    () => findAuthority(readCertificates(limited.toString("pem")), encodePem("PRIVATE KEY", key)),
    /may not sign certificates/,
  );
});

Deno.test("readStoredTls names what cannot be used, and quotes nothing", () => {
  const planted = "-----BEGIN PRIVATE KEY-----\nUExBTlRFRA==\n-----END PRIVATE KEY-----\n";
  const encode = (text: string): string => new TextEncoder().encode(text).toBase64();
  const problems: string[] = [];
  const read = readStoredTls({
    data: {
      "ca.crt": encode("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
      "ca.key": encode(planted),
      "tls.crt": "*",
      "tls.key": encode(planted),
    },
  }, problems);
  assert.deepEqual(read, { bundle: [], authority: undefined, pair: undefined });
  assert.equal(problems.length, 3);
  assert.ok(!problems.join().includes("UExBTlRFRA"));
  assert.deepEqual(readStoredTls(undefined, problems).bundle, []);
});

Deno.test("bundlePem is what readCertificates reads", async () => {
  const { certificate } = await createAuthority(NAMES[0], "ecdsa", START);
  assert.deepEqual(readCertificates(bundlePem([certificate, certificate])), [
    certificate,
    certificate,
  ]);
});
