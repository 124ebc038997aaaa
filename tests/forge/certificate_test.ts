import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from "@peculiar/x509";
import assert from "node:assert/strict";
import { X509Certificate as NodeCertificate } from "node:crypto";
import {
  basicConstraints,
  type CertificateOptions,
  derWriter,
  encodeAlgorithm,
  extendedKeyUsage,
  extension,
  flipped,
  forgeCertificate,
  forgeChain,
  type ForgedCertificate,
  forgeKey,
  fromHex,
  type KeyKind,
  keyUsage,
  type SignatureAlgorithm,
} from "./mod.ts";

function read(certificate: ForgedCertificate): X509Certificate {
  return new X509Certificate(certificate.der);
}

async function isSignedBy(one: ForgedCertificate, issuer: ForgedCertificate): Promise<boolean> {
  return await read(one).verify({ publicKey: read(issuer).publicKey, signatureOnly: true });
}

Deno.test("forgeChain makes certificates that another reader accepts, with every kind of key", async () => {
  const kinds: KeyKind[] = ["P-256", "P-384", "P-521", "RSA-1024", "RSA-2048", "Ed25519"];
  for (const key of kinds) {
    const chain = await forgeChain({ root: { key }, intermediates: [{ key }], leaf: { key } });
    const [leaf, intermediate, root] = chain.certificates;
    assert.ok(leaf !== undefined && intermediate !== undefined && root !== undefined);
    assert.deepEqual([chain.leaf, chain.root], [leaf, root]);
    assert.ok(await isSignedBy(leaf, intermediate), key);
    assert.ok(await isSignedBy(intermediate, root), key);
    assert.ok(await isSignedBy(root, root), key);
    assert.ok(!await isSignedBy(leaf, root), key);
    assert.equal(read(leaf).issuer, read(intermediate).subject);
    assert.equal(read(intermediate).issuer, read(root).subject);
    // A third reader, which sees the names in their encoded form.
    assert.ok(new NodeCertificate(leaf.pem).checkIssued(new NodeCertificate(intermediate.pem)));
  }
});

Deno.test("forgeCertificate gives a CA and a code signing certificate the extensions of their role", async () => {
  const { leaf, root } = await forgeChain();
  const usage = read(leaf).getExtension(KeyUsagesExtension);
  assert.deepEqual([usage?.critical, usage?.usages], [true, KeyUsageFlags.digitalSignature]);
  assert.deepEqual([...read(leaf).getExtension(ExtendedKeyUsageExtension)?.usages ?? []], [
    "1.3.6.1.5.5.7.3.3",
  ]);
  assert.equal(read(leaf).getExtension(BasicConstraintsExtension), null);
  const constraints = read(root).getExtension(BasicConstraintsExtension);
  assert.deepEqual([constraints?.ca, constraints?.critical], [true, true]);
  assert.deepEqual(
    read(root).getExtension(KeyUsagesExtension)?.usages,
    KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
  );
});

Deno.test("forgeCertificate signs in every way that Web Crypto has", async () => {
  const ways: [KeyKind, SignatureAlgorithm][] = [
    ["RSA-2048", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-1" }],
    ["RSA-2048", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" }],
    ["RSA-2048", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" }],
    ["RSA-2048", { name: "RSASSA-PSS", hash: "SHA-256" }],
    ["RSA-2048", { name: "RSASSA-PSS", hash: "SHA-512" }],
    ["RSA-2048", { name: "RSASSA-PSS", hash: "SHA-256", saltLength: 20 }],
    ["P-256", { name: "ECDSA", hash: "SHA-512" }],
    ["P-521", { name: "ECDSA", hash: "SHA-256" }],
  ];
  for (const [key, algorithm] of ways) {
    const certificate = await forgeCertificate({ key, algorithm });
    const accepted = await isSignedBy(certificate, certificate);
    assert.ok(accepted, JSON.stringify(algorithm));
  }
});

Deno.test("forgeCertificate writes what the options say", async () => {
  const certificate = await forgeCertificate({
    subject: [
      ["C", "DE"],
      ["ST", "Bayern", "teletex"],
      ["O", "Größe, Co"],
      [["OU", "a"], ["OU", "b", "bmp"]],
      ["CN", "x", "printable"],
      ["CN", "y"],
      ["1.2.3.4", "z"],
    ],
    issuerName: [["CN", "somebody else"]],
    serial: 0x0102030405n,
    notBefore: new Date("2021-02-03T04:05:06Z"),
    notAfter: new Date("2055-06-07T08:09:10Z"),
    extensions: [
      basicConstraints({ ca: true, pathLength: 3, critical: false }),
      keyUsage(["decipherOnly", "digitalSignature"], false),
      extendedKeyUsage(["any", "1.2.3"], true),
      extension("1.2.3.4.5", fromHex("05 00"), true),
    ],
    version: 2,
  });
  const parsed = read(certificate);
  assert.equal(parsed.issuer, "CN=somebody else");
  assert.equal(parsed.serialNumber, "0102030405");
  assert.equal(parsed.notBefore.toISOString(), "2021-02-03T04:05:06.000Z");
  assert.equal(parsed.notAfter.toISOString(), "2055-06-07T08:09:10.000Z");
  assert.deepEqual(parsed.subjectName.toJSON(), [
    { C: ["DE"] },
    { ST: ["Bayern"] },
    { O: ["Größe, Co"] },
    { OU: ["a", "b"] },
    { CN: ["x"] },
    { CN: ["y"] },
    { "1.2.3.4": ["z"] },
  ]);
  const constraints = parsed.getExtension(BasicConstraintsExtension);
  assert.deepEqual([constraints?.pathLength, constraints?.critical], [3, false]);
  assert.deepEqual(
    parsed.getExtension(KeyUsagesExtension)?.usages,
    KeyUsageFlags.digitalSignature | KeyUsageFlags.decipherOnly,
  );
  assert.deepEqual([...parsed.getExtension(ExtendedKeyUsageExtension)?.usages ?? []], [
    "2.5.29.37.0",
    "1.2.3",
  ]);
  assert.equal(parsed.getExtension("1.2.3.4.5")?.critical, true);
});

Deno.test("forgeCertificate writes the addresses of revocation lists and responders", async () => {
  const certificate = await forgeCertificate({
    crl: ["http://127.0.0.1:1/a.crl", "http://127.0.0.1:1/b.crl"],
    ocsp: ["http://127.0.0.1:2/"],
  });
  const node = new NodeCertificate(certificate.pem);
  assert.equal(node.infoAccess?.trim(), "OCSP - URI:http://127.0.0.1:2/");
  const points = read(certificate).getExtension("2.5.29.31");
  const text = new TextDecoder("latin1").decode(points?.value);
  assert.ok(text.includes("http://127.0.0.1:1/a.crl") && text.includes("http://127.0.0.1:1/b.crl"));
});

Deno.test("forgeCertificate makes certificates whose signature does not fit", async () => {
  const { root } = await forgeChain();
  const otherKey = await forgeKey("P-256", "other");
  const wrong: CertificateOptions[] = [
    { issuer: root, signingKey: otherKey },
    {
      issuer: root,
      signature: (signature) => signature.map((byte, at) => at === 20 ? byte ^ 1 : byte),
    },
    {
      issuer: root,
      algorithm: { name: "ECDSA", hash: "SHA-384" },
      outerAlgorithm: encodeAlgorithm({ name: "ECDSA", hash: "SHA-256" }),
    },
  ];
  for (const options of wrong) assert.ok(!await isSignedBy(await forgeCertificate(options), root));
});

Deno.test("forgeCertificate can give the two algorithm identifiers different values", async () => {
  const inner = encodeAlgorithm({ name: "ECDSA", hash: "SHA-384" });
  const certificate = await forgeCertificate({ innerAlgorithm: inner });
  const hex = certificate.der.toHex();
  assert.ok(hex.includes(inner.toHex()));
  assert.ok(hex.includes(encodeAlgorithm({ name: "ECDSA", hash: "SHA-256" }).toHex()));
});

Deno.test("forgeKey gives the same key for the same kind and label only", async () => {
  const one = await forgeKey("P-256", "one");
  assert.equal(await forgeKey("P-256", "one"), one);
  assert.notDeepEqual((await forgeKey("P-256", "two")).spki, one.spki);
  assert.notDeepEqual(flipped(one.spki), one.spki);
});

Deno.test("derWriter writes known encodings", () => {
  const { integer, oid, bitString, boolean, string, time, tlv } = derWriter;
  const cases: [Uint8Array, string][] = [
    [integer(0), "020100"],
    [integer(127), "02017f"],
    [integer(128), "02020080"],
    [integer(256), "02020100"],
    [integer(-1), "0201ff"],
    [integer(-128), "020180"],
    [integer(-129), "0202ff7f"],
    [oid("1.2.840.113549"), "06062a864886f70d"],
    [oid("2.999.3"), "0603883703"],
    [bitString(fromHex("80"), 7), "03020780"],
    [boolean(true), "0101ff"],
    [string("é", "utf8"), "0c02c3a9"],
    [string("é", "teletex"), "1401e9"],
    [string("é", "bmp"), "1e0200e9"],
    [time(new Date("2049-12-31T23:59:59Z")), "170d3439313233313233353935395a"],
    [time(new Date("2050-01-01T00:00:00Z")), "180f32303530303130313030303030305a"],
    [tlv(0x04, new Uint8Array(128)).slice(0, 3), "048180"],
    [tlv(0x04, new Uint8Array(256)).slice(0, 4), "04820100"],
  ];
  for (const [bytes, hex] of cases) assert.equal(bytes.toHex(), hex);
});
