import assert from "node:assert/strict";
import { AssayError } from "../src/errors.ts";
import type { VerifierResult } from "../src/verifiers/mod.ts";
import {
  basicConstraints,
  type Bytes,
  cborWriter,
  type ChainOptions,
  type CoseOptions,
  encodeAlgorithm,
  extendedKeyUsage,
  flipped,
  forgeCertificate,
  forgeChain,
  forgeCose,
  forgeJws,
  forgeKey,
  type JwsOptions,
  keyUsage,
  type Name,
  type Usage,
  withLongHeaderLength,
  withLongMapHead,
  withMembers,
  withTrailingBits,
} from "./forge/mod.ts";
import { IMAGE, judge, type Question } from "./judge.ts";

/*
 * Signatures that are signed for real and right in all but one thing. Each has its reason, so that a
 * check that is missing cannot hide behind another one.
 */

const SCHEME = "io.cncf.notary.signingScheme";
const target = IMAGE.descriptor;
const good = await forgeChain();

type Change = Partial<Omit<Question, "envelope">>;

async function jws(options: Partial<JwsOptions>, change: Change = {}): Promise<VerifierResult> {
  const chain = options.chain ?? good;
  return await judge({ chain, envelope: await forgeJws({ chain, target, ...options }), ...change });
}

async function cose(options: Partial<CoseOptions>, change: Change = {}): Promise<VerifierResult> {
  const chain = options.chain ?? good;
  return await judge({
    chain,
    envelope: await forgeCose({ chain, target, ...options }),
    ...change,
  });
}

function accepted(result: VerifierResult): void {
  assert.equal(result.outcome, "success", `${result.failure?.reason}: ${result.message}`);
}

function refused(result: VerifierResult, reason: string): void {
  assert.equal(result.failure?.reason, reason, result.message);
  assert.equal(result.outcome, "failure");
}

/** Both formats must refuse the same. */
function bothRefuse(
  what: string,
  reason: string,
  options: Partial<JwsOptions & CoseOptions>,
  change: Change = {},
): void {
  Deno.test(`notation refuses ${what} (JWS)`, async () =>
    refused(await jws(options, change), reason));
  Deno.test(`notation refuses ${what} (COSE)`, async () =>
    refused(await cose(options, change), reason));
}

Deno.test("notation accepts what the forge makes when nothing is wrong", async () => {
  accepted(await jws({}));
  accepted(await cose({}));
});

for (const kind of ["P-256", "P-384", "P-521", "RSA-2048", "RSA-3072", "RSA-4096"] as const) {
  Deno.test(`notation accepts ${kind} in both formats and schemes`, async () => {
    const chain = await forgeChain({ leaf: { key: kind } });
    for (const scheme of ["notary.x509", "notary.x509.signingAuthority"] as const) {
      const storeType = scheme === "notary.x509" ? "ca" : "signingAuthority";
      accepted(await jws({ chain, scheme }, { storeType }));
      accepted(await cose({ chain, scheme }, { storeType }));
    }
  });
}

// Material that is not all there, or not fresh.

const incomplete = new AssayError({
  code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
  component: "keyManagementProvider",
  message: "Key management provider forge has no certificate b: no answer",
  transient: true,
});

Deno.test("notation is undecided about a signer that may be in what is missing of a trust store, and about no other", async () => {
  accepted(await jws({}, { incomplete }));
  const other = await forgeChain({ root: { subject: [["CN", "another root"]] } });
  for (const store of [[other.root], []]) {
    const result = await jws({}, { store, incomplete });
    assert.equal(result.outcome, "undecided");
    assert.deepEqual(
      [result.failure?.reason, result.failure?.transient],
      ["authenticity.invalid_trust_store", true],
    );
    assert.match(result.message, /ca:forge is not complete: .* has no certificate b: no answer/);
  }
  refused(await jws({}, { store: [other.root] }), "authenticity.untrusted");
});

Deno.test("notation says how old a certificate is that could not be refreshed", async () => {
  const result = await jws({}, { staleSince: "2026-11-24T09:00:00.000Z" });
  accepted(result);
  assert.match(
    result.checks.map(({ detail }) => detail).join("\n"),
    /is in trust store ca:forge \(as it was 3 h ago: it could not be refreshed since 2026-11-24T09/,
  );
});

// Times.

const authority = { scheme: "notary.x509.signingAuthority" };
const atAuthority: Change = { storeType: "signingAuthority" };

for (
  const [what, signingTime] of [["before", "2024-12-31T23:59:59Z"], [
    "after",
    "2027-01-01T00:00:01Z",
  ]] as const
) {
  Deno.test(`notation refuses an authenticSigningTime ${what} a certificate's validity`, async () => {
    const chain = await forgeChain({
      leaf: {
        notBefore: new Date("2025-01-01T00:00:00Z"),
        notAfter: new Date("2027-01-01T00:00:00Z"),
      },
    });
    const options = { ...authority, chain, signingTime: new Date(signingTime) };
    refused(await jws(options, atAuthority), "timestamp.cert_not_valid_now");
    refused(await cose(options, atAuthority), "timestamp.cert_not_valid_now");
    accepted(await jws({ ...options, signingTime: new Date("2025-01-01T00:00:00Z") }, atAuthority));
    accepted(await jws({ ...options, signingTime: new Date("2027-01-01T00:00:00Z") }, atAuthority));
  });
}

Deno.test("notation refuses an authenticSigningTime outside the root's validity", async () => {
  const chain = await forgeChain({ root: { notBefore: new Date("2026-11-10T00:00:00Z") } });
  refused(await jws({ ...authority, chain }, atAuthority), "timestamp.cert_not_valid_now");
});

bothRefuse("an expiry before the signing time", "integrity.signing_time", {
  expiry: new Date("2026-10-31T23:59:59Z"),
});
bothRefuse("an expiry at the signing time", "integrity.signing_time", {
  expiry: new Date("2026-11-01T00:00:00Z"),
});
bothRefuse("an expiry that has come", "expiry", { expiry: new Date("2026-11-24T12:00:00Z") });

Deno.test("notation accepts an expiry that is to come", async () => {
  accepted(await jws({ expiry: new Date("2026-11-24T12:00:01Z") }));
  accepted(await cose({ expiry: new Date("2026-11-24T12:00:01Z") }));
});

Deno.test("notation compares fractions of COSE times as they are", async () => {
  const seconds = new Date("2026-11-24T12:00:00Z").getTime() / 1000;
  const header = (
    value: number,
  ): CoseOptions["header"] => [[
    "io.cncf.notary.expiry",
    cborWriter.tagged(1, cborWriter.float(value)),
  ]];
  const crit = ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"];
  const options = (value: number): Partial<CoseOptions> => ({ header: header(value) ?? [], crit });
  accepted(await cose(options(seconds + 0.5)));
  refused(await cose(options(seconds - 0.5)), "expiry");
  refused(await cose(options(Infinity)), "integrity.signing_time");
  refused(await cose(options(NaN)), "integrity.signing_time");
});

for (
  const time of [
    "2026-11-01T00:00:00",
    "2026-11-01t00:00:00Z",
    "2026-11-31T00:00:00Z",
    "now",
    1793491200,
  ]
) {
  Deno.test(`notation refuses the JWS signing time ${JSON.stringify(time)}`, async () => {
    refused(
      await jws({ header: { "io.cncf.notary.signingTime": time } }),
      "integrity.signing_time",
    );
  });
}

Deno.test("notation takes tag 1 as the time in COSE, and no other tag", async () => {
  for (const tag of [0, 2, 100, 1001]) {
    const header: CoseOptions["header"] = [[
      "io.cncf.notary.signingTime",
      cborWriter.tagged(tag, 1793491200),
    ]];
    refused(await cose({ header }), "integrity.signing_time");
  }
  refused(
    await cose({ header: [["io.cncf.notary.signingTime", 1793491200]] }),
    "integrity.signing_time",
  );
});

// The chain.

function chainRefused(what: string, options: ChainOptions, change: Change = {}): void {
  Deno.test(`notation refuses ${what}`, async () => {
    const chain = await forgeChain(options);
    refused(await jws({ chain }, change), "integrity.chain");
    refused(await cose({ chain }, change), "integrity.chain");
  });
}

const caUsage = keyUsage(["keyCertSign", "cRLSign"]);
const caConstraints = basicConstraints({ ca: true });
const leafUsage = keyUsage(["digitalSignature"]);

for (
  const purpose of [
    "any",
    "serverAuth",
    "clientAuth",
    "emailProtection",
    "timeStamping",
    "OCSPSigning",
  ]
) {
  chainRefused(`a leaf for ${purpose}`, {
    leaf: { extensions: [leafUsage, extendedKeyUsage(["codeSigning", purpose])] },
  });
}
for (
  const usage of [
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
  ] as readonly Usage[]
) {
  chainRefused(`a leaf with the usage ${usage}`, {
    leaf: { extensions: [keyUsage(["digitalSignature", usage])] },
  });
}
chainRefused("a leaf without digitalSignature", {
  leaf: { extensions: [keyUsage(["contentCommitment"])] },
});
chainRefused("a leaf without keyUsage", {
  leaf: { extensions: [extendedKeyUsage(["codeSigning"])] },
});
chainRefused("a leaf whose keyUsage is not critical", {
  leaf: { extensions: [keyUsage(["digitalSignature"], false)] },
});
chainRefused("a leaf that is a CA", { leaf: { extensions: [leafUsage, caConstraints] } });
chainRefused("a CA whose basicConstraints are not critical", {
  root: { extensions: [basicConstraints({ ca: true, critical: false }), caUsage] },
});
chainRefused("a CA without basicConstraints", { root: { extensions: [caUsage] } });
chainRefused("a CA that says that it is none", {
  root: { extensions: [basicConstraints({ ca: false }), caUsage] },
});
chainRefused("a CA whose keyUsage is not critical", {
  root: { extensions: [caConstraints, keyUsage(["keyCertSign"], false)] },
});
chainRefused("a CA without keyUsage", { root: { extensions: [caConstraints] } });
chainRefused("a CA that may not sign certificates", {
  root: { extensions: [caConstraints, keyUsage(["cRLSign"])] },
});
chainRefused("a root that allows no CA below it, above one", {
  intermediates: [{}],
  root: { extensions: [basicConstraints({ ca: true, pathLength: 0 }), caUsage] },
});
chainRefused("a CA key that is too small", { root: { key: "RSA-1024" } });
chainRefused("a name of the issuer that differs", { leaf: { issuerName: [["CN", "other"]] } });
chainRefused("a root that names another issuer", { root: { issuerName: [["CN", "other"]] } });
chainRefused("inner and outer algorithms that differ", {
  leaf: { innerAlgorithm: encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" }) },
});
chainRefused("inner and outer algorithms of the root that differ", {
  root: { innerAlgorithm: encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" }) },
});
chainRefused("a certificate signed with SHA-1", {
  leaf: { algorithm: { name: "ECDSA", hash: "SHA-1" } },
});
chainRefused("a root signed with SHA-1", { root: { algorithm: { name: "ECDSA", hash: "SHA-1" } } });
chainRefused("an altered signature of the leaf", { leaf: { signature: flipped } });
chainRefused("an altered signature of the root", { root: { signature: flipped } });
chainRefused("a certificate of version 1 as CA", { root: { version: 0, extensions: [] } });

Deno.test("notation accepts path lengths that fit, and contentCommitment", async () => {
  accepted(
    await jws({
      chain: await forgeChain({
        intermediates: [{ extensions: [basicConstraints({ ca: true, pathLength: 0 }), caUsage] }],
        root: { extensions: [basicConstraints({ ca: true, pathLength: 1 }), caUsage] },
        leaf: { extensions: [keyUsage(["digitalSignature", "contentCommitment"])] },
      }),
    }),
  );
});

Deno.test("notation refuses a SHA-1 signature of a certificate that signs alone", async () => {
  const alone = await forgeCertificate({ algorithm: { name: "ECDSA", hash: "SHA-1" } });
  const chain = { leaf: alone, root: alone, certificates: [alone] };
  refused(await jws({ chain }), "integrity.chain");
  const right = await forgeCertificate();
  accepted(await jws({ chain: { leaf: right, root: right, certificates: [right] } }));
});

Deno.test("notation refuses a chain without its root, though the store holds all of it", async () => {
  const chain = await forgeChain({ intermediates: [{}] });
  const [leaf, intermediate] = chain.certificates;
  const certificates = [leaf, intermediate].flatMap((certificate) =>
    certificate === undefined ? [] : [certificate.der]
  );
  const change = { store: chain.certificates };
  refused(await jws({ chain, certificates }, change), "integrity.chain");
  refused(await cose({ chain, certificates }, change), "integrity.chain");
});

Deno.test("notation refuses a certificate twice, too many of them, and others' certificates", async () => {
  const other = await forgeCertificate({ role: "ca", subject: [["CN", "other"]] });
  const { leaf, root } = good;
  refused(await jws({ certificates: [leaf.der, root.der, root.der] }), "integrity.chain");
  refused(await jws({ certificates: [leaf.der, root.der, other.der] }), "integrity.chain");
  refused(
    await jws({ certificates: [leaf.der, ...Array<Bytes>(20).fill(root.der)] }),
    "integrity.chain",
  );
  refused(await cose({ certificates: [] }), "integrity.chain");
  refused(await jws({ certificates: [] }), "integrity.chain");
});

Deno.test("notation counts the certificates of a chain before it reads them", async () => {
  const certificates = Array<Bytes>(17).fill(Uint8Array.of(0));
  const result = await cose({ certificates });
  refused(result, "integrity.chain");
  assert.match(result.message, /has 17 certificates; at most 16/);
});

Deno.test("notation refuses a certificate with bytes after it", async () => {
  const certificates = [Uint8Array.of(...good.leaf.der, 0), good.root.der];
  refused(await jws({ certificates }), "integrity.chain");
});

// Keys and algorithms.

Deno.test("notation refuses keys that must not sign images", async () => {
  for (const key of ["RSA-1024", "Ed25519"] as const) {
    const chain = await forgeChain({ leaf: { key } });
    const algorithm = key === "RSA-1024"
      ? { name: "RSASSA-PSS", hash: "SHA-256" } as const
      : undefined;
    refused(await jws({ chain, ...(algorithm && { algorithm }) }), "integrity.key");
  }
});

Deno.test("notation refuses a salt that is not as long as the hash", async () => {
  const chain = await forgeChain({ leaf: { key: "RSA-2048" } });
  for (const saltLength of [0, 20, 31, 33, 222]) {
    const algorithm = { name: "RSASSA-PSS", hash: "SHA-256", saltLength } as const;
    refused(await jws({ chain, algorithm }), "integrity.signature");
    refused(await cose({ chain, algorithm }), "integrity.signature");
  }
});

Deno.test("notation refuses another hash than the curve's, also when alg agrees with it", async () => {
  const chain = await forgeChain({ leaf: { key: "P-384" } });
  const algorithm = { name: "ECDSA", hash: "SHA-256" } as const;
  refused(await jws({ chain, algorithm, header: { alg: "ES256" } }), "integrity.algorithm");
  refused(await cose({ chain, algorithm, header: [[1, -7]] }), "integrity.algorithm");
  refused(await jws({ chain, algorithm }), "integrity.signature");
});

for (const alg of ["RS256", "HS256", "none", "EdDSA", "PS256", "es256", "", null, 7, ["ES256"]]) {
  Deno.test(`notation refuses the JWS algorithm ${JSON.stringify(alg)} for a P-256 key`, async () => {
    refused(await jws({ header: { alg } }), "integrity.algorithm");
  });
}
for (const alg of [-257, -8, 5, -37, -35, "ES256"]) {
  Deno.test(`notation refuses the COSE algorithm ${JSON.stringify(alg)} for a P-256 key`, async () => {
    refused(await cose({ header: [[1, alg]] }), "integrity.algorithm");
  });
}

Deno.test("notation does not take a float for the integer that it is equal to", async () => {
  refused(await cose({ header: [[1, cborWriter.float(-7)]] }), "integrity.algorithm");
  refused(
    await cose({ crit: [SCHEME, cborWriter.float(999)], header: [[999, 1]] }),
    "integrity.critical_header",
  );
});

bothRefuse("an altered signature", "integrity.signature", { signature: flipped });
bothRefuse("a signature that is one byte short", "integrity.signature", {
  signature: (bytes) => bytes.slice(1),
});
bothRefuse("the signature of another key", "integrity.signature", {
  key: await forgeKey("P-256", "stranger"),
});

// JWS as such.

Deno.test("notation refuses a member twice, at every level of a JWS", async () => {
  refused(await jws({ headerText: withMembers('"alg":"none"') }), "integrity.parse");
  refused(
    await jws({
      headerText: withMembers(
        '"io.cncf.notary.expiry":"2060-01-01T00:00:00Z","io.cncf.notary.expiry":"2061-01-01T00:00:00Z"',
      ),
    }),
    "integrity.parse",
  );
  refused(await jws({ text: withMembers('"payload":"e30"') }), "integrity.parse");
  refused(
    await jws({ text: (json) => json.replace('"header":{', '"header":{"x5c":[],') }),
    "integrity.parse",
  );
  const payload = `{"targetArtifact":${JSON.stringify(target)},"targetArtifact":${
    JSON.stringify(target)
  }}`;
  refused(await jws({ payload }), "integrity.parse");
  refused(await cose({ payload }), "integrity.parse");
});

Deno.test("notation refuses case variants of known members", async () => {
  refused(await jws({ members: { PAYLOAD: "e30" } }), "integrity.parse");
  refused(await jws({ members: { Header: {} } }), "integrity.parse");
  refused(
    await jws({ header: { "IO.CNCF.NOTARY.EXPIRY": "2060-01-01T00:00:00Z" } }),
    "integrity.parse",
  );
  refused(await jws({ header: { Alg: "ES256" } }), "integrity.parse");
});

Deno.test("notation refuses base64 that is not in its one form", async () => {
  for (
    const change of [
      { encodedSignature: withTrailingBits },
      { encodedSignature: (text: string) => `${text}=` },
      { encodedSignature: (text: string) => `${text.slice(0, 4)}\n${text.slice(4)}` },
      { encodedSignature: (text: string) => text.replace(/[-_]/, "+") + "+" },
      { encodedPayload: (text: string) => `${text}==` },
      { encodedPayload: (text: string) => `${text}.` },
      { encodedHeader: (text: string) => `${text} ` },
    ]
  ) refused(await jws(change), "integrity.parse");
});

Deno.test("notation refuses trailing bits in a certificate's base64", async () => {
  const x5c = good.certificates.map(({ der }) => der.toBase64());
  const [leaf = "", ...rest] = x5c;
  const loose = leaf.endsWith("==")
    ? withTrailingBits(leaf.slice(0, -2)) + "=="
    : `${leaf.slice(0, -1)}\n`;
  refused(await jws({ x5c: [loose, ...rest] }), "integrity.chain");
  refused(await jws({ x5c: [leaf.replace(/=+$/, "") + "===", ...rest] }), "integrity.chain");
  refused(await jws({ x5c: [1] }), "integrity.chain");
  refused(await jws({ x5c: leaf }), "integrity.chain");
});

Deno.test("notation refuses a payload that is no object", async () => {
  for (const payload of ["[]", "null", '"x"', "1", "", "{", Uint8Array.of(0xff)]) {
    refused(await jws({ payload }), "integrity.parse");
    refused(await cose({ payload }), "integrity.parse");
  }
});

// Critical attributes.

const TIME = "io.cncf.notary.signingTime";

bothRefuse("crit with a duplicate", "integrity.critical_header", { crit: [SCHEME, SCHEME] });
bothRefuse("crit with a header that is not there", "integrity.critical_header", {
  crit: [SCHEME, "com.example.x"],
});
bothRefuse("an empty crit", "integrity.critical_header", { crit: [] });
bothRefuse("crit without the scheme", "integrity.critical_header", { crit: [TIME] });
bothRefuse("crit with a header that need not be in it", "integrity.critical_header", {
  crit: [SCHEME, TIME],
});
bothRefuse("an expiry that crit does not list", "integrity.critical_header", {
  crit: [SCHEME],
  expiry: new Date("2060-01-01T00:00:00Z"),
});
bothRefuse("an authenticSigningTime that crit does not list", "integrity.critical_header", {
  ...authority,
  crit: [SCHEME],
});

for (const name of ["alg", "cty", "crit"]) {
  Deno.test(`notation refuses crit with ${name} (JWS)`, async () => {
    refused(await jws({ crit: [SCHEME, name] }), "integrity.critical_header");
  });
}
for (const label of [1, 2, 3]) {
  Deno.test(`notation refuses crit with the label ${label} (COSE)`, async () => {
    refused(await cose({ crit: [SCHEME, label] }), "integrity.critical_header");
  });
}

Deno.test("notation refuses critical attributes that nobody knows", async () => {
  const unknown = "integrity.critical_header";
  refused(await jws({ crit: [SCHEME, "com.example.x"], header: { "com.example.x": 1 } }), unknown);
  refused(await jws({ crit: [SCHEME, "b64"], header: { b64: true } }), unknown);
  refused(
    await jws({ crit: [SCHEME, "com.example.x", "com.example.x"], header: { "com.example.x": 1 } }),
    unknown,
  );
  refused(await cose({ crit: [SCHEME, "com.example.x"], header: [["com.example.x", 1]] }), unknown);
  refused(await cose({ crit: [SCHEME, 999], header: [[999, 1]] }), unknown);
  refused(await jws({ crit: SCHEME as never }), unknown);
  refused(await jws({ crit: [SCHEME, 1] as never }), unknown);
});

Deno.test("notation ignores attributes that are not critical", async () => {
  accepted(await jws({ header: { "com.example.x": { y: [1] } } }));
  accepted(await cose({ header: [["com.example.x", 1], [999, "x"]] }));
});

Deno.test("notation refuses signing times of the wrong scheme", async () => {
  const other = "io.cncf.notary.authenticSigningTime";
  refused(await jws({ header: { [other]: "2026-11-01T00:00:00Z" } }), "integrity.scheme");
  refused(await cose({ header: [[other, cborWriter.tagged(1, 1793491200)]] }), "integrity.scheme");
  const mixed = { ...authority, header: { [TIME]: "2026-11-01T00:00:00Z" } };
  refused(await jws(mixed, atAuthority), "integrity.scheme");
  refused(
    await jws({ ...authority, header: { [other]: undefined }, crit: [SCHEME] }, atAuthority),
    "integrity.signing_time",
  );
});

// COSE as such.

Deno.test("notation refuses CBOR integers that are not in their shortest form", async () => {
  refused(await cose({ header: [[1, cborWriter.integer(-7, 1)]] }), "integrity.parse");
  refused(await cose({ header: [[1, cborWriter.integer(-7, 8)]] }), "integrity.parse");
  refused(
    await cose({ without: [1], header: [[cborWriter.integer(1, 2), -7]] }),
    "integrity.parse",
  );
  refused(await cose({ headerBytes: withLongMapHead }), "integrity.parse");
});

Deno.test("notation accepts a protected header whose length is longer than need be", async () => {
  accepted(await cose({ parts: withLongHeaderLength }));
});

Deno.test("notation refuses a label twice in COSE", async () => {
  refused(await cose({ moreHeader: [[1, -7]] }), "integrity.parse");
  refused(await cose({ moreHeader: [[SCHEME, "notary.x509"]] }), "integrity.parse");
  refused(await cose({ moreUnprotected: [[33, []]] }), "integrity.parse");
  refused(await cose({ moreUnprotected: [[1, -7]] }), "integrity.parse");
});

Deno.test("notation refuses COSE messages of another form", async () => {
  const signatureAlone = (envelope: Bytes): Bytes => envelope.slice(1);
  refused(await cose({ bytes: signatureAlone }), "integrity.parse");
  refused(await cose({ bytes: (envelope) => Uint8Array.of(...envelope, 0) }), "integrity.parse");
  refused(
    await cose({ bytes: (envelope) => Uint8Array.of(0xd9, 0xd9, 0xf7, ...envelope) }),
    "integrity.parse",
  );
  refused(await cose({ parts: () => ({ payload: null }) }), "integrity.parse");
  refused(await cose({ parts: () => ({ signature: new Uint8Array() }) }), "integrity.parse");
  refused(await cose({ parts: () => ({ protected: new Uint8Array() }) }), "integrity.payload_type");
  refused(await cose({ x5chain: good.leaf.der }), "integrity.chain");
});

// Identities.

const ANY_OF: Name = [["C", "US"], ["ST", "WA"], ["O", "Forge"], ["CN", "signer"]];

async function identity(subject: Name, identities: readonly string[]): Promise<VerifierResult> {
  return await jws({ chain: await forgeChain({ leaf: { subject } }) }, { identities });
}

Deno.test("notation accepts an identity of which the signer has every attribute", async () => {
  accepted(await identity(ANY_OF, ["x509.subject: C=US, ST=WA, O=Forge"]));
  accepted(await identity(ANY_OF, ["x509.subject: CN=signer,O=Forge,S=WA,C=US"]));
  accepted(
    await identity(ANY_OF, [
      "arn:x",
      "x509.subject: C=US, ST=WA, O=other",
      "x509.subject: C=US, ST=WA, O=Forge",
    ]),
  );
});

const mismatch = "authenticity.identity_mismatch";
for (
  const [what, subject, identities] of [
    ["another value", ANY_OF, ["x509.subject: C=US, ST=WA, O=Other"]],
    ["another case", ANY_OF, ["x509.subject: C=US, ST=WA, O=forge"]],
    ["one attribute more", ANY_OF, ["x509.subject: C=US, ST=WA, O=Forge, OU=x"]],
    ["identities for plugins only", ANY_OF, ["arn:aws:signer"]],
    ["a leaf without C", ANY_OF.filter(([type]) => type !== "C"), [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf without ST", ANY_OF.filter(([type]) => type !== "ST"), [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf without O", ANY_OF.filter(([type]) => type !== "O"), [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf with two units", [...ANY_OF, ["OU", "a"], ["OU", "b"]], [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf with two common names", [...ANY_OF, ["CN", "other"]], [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf with two serial numbers", [...ANY_OF, ["SERIALNUMBER", "1"], ["SERIALNUMBER", "2"]], [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf with a multi-valued RDN", [["C", "US"], ["ST", "WA"], [["O", "Forge"], [
      "CN",
      "signer",
    ]]], [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf with an e-mail address", [...ANY_OF, ["emailAddress", "a@b"]], [
      "x509.subject: C=US, ST=WA, O=Forge",
    ]],
    ["a leaf with two countries", [...ANY_OF, ["C", "SE"]], ["x509.subject: C=US, ST=WA, O=Forge"]],
  ] as readonly (readonly [string, Name, readonly string[]])[]
) {
  Deno.test(`notation refuses by identity: ${what}`, async () =>
    refused(await identity(subject, identities), mismatch));
}

Deno.test("notation says when no identity of the policy is one that it could compare", async () => {
  assert.match(
    (await identity(ANY_OF, ["arn:aws:signer"])).message,
    /has no x509\.subject identity/,
  );
});

Deno.test("notation takes a signer with any subject where any identity is trusted", async () => {
  accepted(await identity([["CN", "a"], ["CN", "b"], ["emailAddress", "a@b"]], ["*"]));
  accepted(await identity([[["O", "a"], ["OU", "b"]]], ["*"]));
});

Deno.test("notation does not let escapes make one identity out of another", async () => {
  const subject: Name = [["C", "US"], ["ST", "WA"], ["O", "Forge,CN=admin"], ["CN", "signer"]];
  refused(await identity(subject, ["x509.subject: C=US, ST=WA, O=Forge, CN=admin"]), mismatch);
  accepted(await identity(subject, ["x509.subject: C=US, ST=WA, O=Forge\\,CN\\=admin"]));
});

// Trust stores.

Deno.test("notation takes any certificate of the chain as anchor, and no other of the same name", async () => {
  const chain = await forgeChain({ intermediates: [{}] });
  const [, intermediate] = chain.certificates;
  assert.ok(intermediate !== undefined);
  accepted(await jws({ chain }, { store: [intermediate] }));
  const double = await forgeChain({ intermediates: [{}] });
  refused(await jws({ chain }, { store: [double.root] }), "authenticity.untrusted");
});

Deno.test("notation is undecided when a trust store cannot vouch for anybody", async () => {
  for (const store of [[], [good.leaf]]) {
    const result = await jws({}, { store });
    assert.equal(result.outcome, "undecided");
    assert.equal(result.failure?.reason, "authenticity.invalid_trust_store");
  }
  const missing = await jws({}, { trustStores: ["ca:forge", "ca:missing"] });
  assert.equal(missing.outcome, "undecided");
});

Deno.test("notation takes a certificate from the type of store that the scheme needs, and no other", async () => {
  refused(await jws({}, atAuthority), "authenticity.no_trusted_certificates");
  refused(await jws(authority, { storeType: "ca" }), "authenticity.no_trusted_certificates");
});

// Levels.

Deno.test("notation logs what the level only logs, and says so", async () => {
  const expired = { expiry: new Date("2026-11-02T00:00:00Z") };
  const result = await jws(expired, { level: "permissive" });
  accepted(result);
  assert.deepEqual(result.extensions?.["loggedFailures"], [
    "expiry: The signature expired on 2026-11-02T00:00:00.000Z",
  ]);
  const stranger = await forgeCertificate({ role: "ca", subject: [["CN", "other"]] });
  accepted(await jws({}, { level: "audit", store: [stranger] }));
  refused(await jws({}, { level: "permissive", store: [stranger] }), "authenticity.untrusted");
  accepted(await jws({}, { level: "audit", store: [] })); // an unusable store is only logged too
});

Deno.test("notation never logs integrity, target or metadata", async () => {
  const level = "audit";
  refused(await jws({ signature: flipped }, { level }), "integrity.signature");
  refused(await jws({ targetOverrides: { size: 1 } }, { level }), "payload.descriptor_mismatch");
  refused(await jws({}, { level, userMetadata: { a: "b" } }), "metadata.mismatch");
});

Deno.test("notation lets a refusal outweigh what it could not find out", async () => {
  const chain = await forgeChain({ leaf: { crl: ["http://127.0.0.1:1/a.crl"] } });
  const open = await jws({ chain });
  assert.equal(open.outcome, "undecided");
  refused(await jws({ chain, targetOverrides: { size: 1 } }), "payload.descriptor_mismatch");
});

for (
  const [what, leaf] of Object.entries({
    CRL: { crl: ["http://a/b"] },
    OCSP: { ocsp: ["http://a/b"] },
  })
) {
  Deno.test(`notation is undecided about a certificate with a ${what} address, unless the policy does not ask`, async () => {
    const chain = await forgeChain({ leaf });
    const result = await jws({ chain });
    assert.equal(result.failure?.reason, "revocation.unavailable");
    assert.equal(result.outcome, "undecided");
    accepted(await jws({ chain }, { override: { revocation: "skip" } }));
    accepted(await jws({ chain }, { override: { revocation: "log" } }));
  });
}

// The target.

for (
  const overrides of [
    { size: target.size + 1 },
    { size: String(target.size) },
    { digest: `sha256:${"0".repeat(64)}` },
    { digest: target.digest.toUpperCase() },
    { mediaType: "application/vnd.oci.image.index.v1+json" },
    { mediaType: undefined },
    { digest: undefined },
    { size: undefined },
  ]
) {
  bothRefuse(`a target with ${JSON.stringify(overrides)}`, "payload.descriptor_mismatch", {
    targetOverrides: overrides,
  });
}

Deno.test("notation requires user metadata exactly", async () => {
  const annotations = { build: "42", "__proto__x": "y" };
  const signed = { target: { ...target, annotations } };
  accepted(await jws(signed, { userMetadata: { build: "42" } }));
  accepted(await cose(signed, { userMetadata: { build: "42", "__proto__x": "y" } }));
  refused(await jws(signed, { userMetadata: { build: "43" } }), "metadata.mismatch");
  refused(await jws(signed, { userMetadata: { Build: "42" } }), "metadata.mismatch");
  refused(await jws(signed, { userMetadata: { toString: "42" } }), "metadata.mismatch");
  refused(await jws({}, { userMetadata: { build: "42" } }), "metadata.mismatch");
});

// Plugins.

const PLUGIN = "io.cncf.notary.verificationPlugin";
const MINIMUM = "io.cncf.notary.verificationPluginMinVersion";

Deno.test("notation refuses a signature that needs a plugin, and names it", async () => {
  const crit = [SCHEME, PLUGIN];
  const needed = await jws({ crit, header: { [PLUGIN]: "com.example.plugin" } });
  refused(needed, "plugin.not_installed");
  assert.match(needed.message, /com\.example\.plugin/);
  refused(await cose({ crit, header: [[PLUGIN, "com.example.plugin"]] }), "plugin.not_installed");
  refused(await jws({ header: { [PLUGIN]: "com.example.plugin" } }), "plugin.invalid_attribute");
  refused(await jws({ crit, header: { [PLUGIN]: " " } }), "plugin.invalid_attribute");
  refused(await jws({ crit, header: { [PLUGIN]: 1 } }), "plugin.invalid_attribute");
  refused(
    await jws({ crit, header: { [PLUGIN]: "x", [MINIMUM]: "1.0.0" } }),
    "plugin.invalid_attribute",
  );
  refused(
    await jws({ crit: [SCHEME, MINIMUM], header: { [MINIMUM]: "1.0.0" } }),
    "integrity.critical_header",
  );
});

// The manifest.

const layer = { mediaType: "application/jose+json", digest: target.digest, size: 1 } as const;

Deno.test("notation refuses manifests that are no signature's", async () => {
  refused(await jws({}, { manifest: { blobs: [] } }), "manifest.layers");
  refused(await jws({}, { manifest: { blobs: [layer, layer] } }), "manifest.layers");
  refused(
    await jws({}, { manifest: { blobs: [{ ...layer, mediaType: "application/json" }] } }),
    "manifest.envelope_type",
  );
  const subject = { ...layer, digest: `sha256:${"0".repeat(64)}` } as const;
  refused(await jws({}, { manifest: { subject } }), "manifest.subject");
  refused(await jws({}, { manifest: { kind: "index" } }), "manifest.invalid");
});
