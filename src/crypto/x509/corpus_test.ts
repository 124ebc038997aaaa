import "reflect-metadata";
import assert from "node:assert/strict";
import * as other from "@peculiar/x509";
import { corpusRoot } from "../../../tests/corpus.ts";
import { decodeBase64 } from "../base64.ts";
import { type Bytes, concatBytes, decodeUtf8, equalBytes, toHex } from "../bytes.ts";
import { parseCoseSign1 } from "../cose.ts";
import { FormatError } from "../format_error.ts";
import { hash } from "../hash.ts";
import { parseFlattenedJws } from "../jws.ts";
import { decodePem } from "../pem.ts";
import { certificateScheme } from "../signature_scheme.ts";
import { verifySignature } from "../verify_signature.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import type { Name } from "./name.ts";

/** How many different certificates the corpus has: its PEM files, and the chains in envelopes. */
const CERTIFICATES = 154;

/** The names that @peculiar/x509 gives to attributes of names. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
};

/** The bits that @peculiar/x509 gives to key usages. */
const USAGES: Readonly<Record<string, other.KeyUsageFlags>> = {
  digitalSignature: other.KeyUsageFlags.digitalSignature,
  contentCommitment: other.KeyUsageFlags.nonRepudiation,
  keyEncipherment: other.KeyUsageFlags.keyEncipherment,
  dataEncipherment: other.KeyUsageFlags.dataEncipherment,
  keyAgreement: other.KeyUsageFlags.keyAgreement,
  keyCertSign: other.KeyUsageFlags.keyCertSign,
  cRLSign: other.KeyUsageFlags.cRLSign,
  encipherOnly: other.KeyUsageFlags.encipherOnly,
  decipherOnly: other.KeyUsageFlags.decipherOnly,
};

Deno.test("parseCertificate reads every certificate of the corpus as @peculiar/x509 does", async () => {
  const all = await corpusCertificates();
  assert.equal(all.length, CERTIFICATES);
  for (const der of all) compare(parseCertificate(der), new other.X509Certificate(der));
});

Deno.test("parseCertificate gives the very bytes that the self-signed ones of the corpus signed", async () => {
  let verified = 0;
  for (const der of await corpusCertificates()) {
    const certificate = parseCertificate(der);
    const scheme = certificateScheme(certificate.signatureAlgorithm);
    if (!equalBytes(certificate.subject.raw, certificate.issuer.raw) || scheme === undefined) {
      continue;
    }
    const { publicKey: { spki }, signature, tbs } = certificate;
    if (await verifySignature(spki, scheme, signature, tbs)) verified++;
  }
  assert.ok(verified >= 20, `${verified} are verified`);
});

Deno.test("parseCertificate refuses every certificate of the corpus with an end too short or too long", async () => {
  for (const der of await corpusCertificates()) {
    assert.throws(() => parseCertificate(der.subarray(0, -1)), FormatError);
    assert.throws(() => parseCertificate(concatBytes(der, Uint8Array.of(0))), FormatError);
  }
});

function compare(ours: Certificate, theirs: other.X509Certificate): void {
  const what = ours.fingerprint;
  assert.equal(ours.serialNumber.replace(/^00(?=.)/, ""), theirs.serialNumber, what);
  assert.deepEqual(namesOf(ours.subject), theirs.subjectName.toJSON(), what);
  assert.deepEqual(namesOf(ours.issuer), theirs.issuerName.toJSON(), what);
  assert.deepEqual(ours.notBefore, theirs.notBefore, what);
  assert.deepEqual(ours.notAfter, theirs.notAfter, what);
  assert.deepEqual(ours.publicKey.spki, new Uint8Array(theirs.publicKey.rawData), what);
  assert.deepEqual(ours.signature, new Uint8Array(theirs.signature), what);
  assert.deepEqual(ours.raw, new Uint8Array(theirs.rawData), what);
  compareAlgorithm(ours, theirs);
  assert.deepEqual(
    ours.extensions,
    Array.from(theirs.extensions, ({ type, critical, value }) => ({
      oid: type,
      critical,
      value: new Uint8Array(value),
    })),
    what,
  );
  compareExtensions(ours, theirs);
}

function namesOf(name: Name): Record<string, string[]>[] {
  return name.rdns.map((rdn) => {
    const entry: Record<string, string[]> = {};
    for (const { oid, value } of rdn) {
      (entry[ATTRIBUTES[oid] ?? oid] ??= []).push(value ?? "");
    }
    return entry;
  });
}

function compareAlgorithm(ours: Certificate, theirs: other.X509Certificate): void {
  const scheme = certificateScheme(ours.signatureAlgorithm);
  const { name, hash: digest } = theirs.signatureAlgorithm as { name: string; hash?: Algorithm };
  if (scheme === undefined) {
    assert.ok(digest?.name === "SHA-1", `${ours.fingerprint} ${name}`);
    return;
  }
  assert.equal(scheme.name === "RSASSA-PSS" ? "RSA-PSS" : scheme.name, name, ours.fingerprint);
  assert.equal("hash" in scheme ? scheme.hash : undefined, digest?.name, ours.fingerprint);
}

function compareExtensions(ours: Certificate, theirs: other.X509Certificate): void {
  const what = ours.fingerprint;
  const constraints = theirs.getExtension(other.BasicConstraintsExtension);
  assert.deepEqual(
    ours.basicConstraints,
    constraints === null ? undefined : {
      critical: constraints.critical,
      ca: constraints.ca,
      pathLength: constraints.pathLength,
    },
    what,
  );
  const usage = theirs.getExtension(other.KeyUsagesExtension);
  assert.equal(ours.keyUsage?.critical, usage?.critical, what);
  const flags = [...ours.keyUsage?.usages ?? []].reduce((sum, one) => sum | (USAGES[one] ?? 0), 0);
  assert.equal(flags, usage?.usages ?? 0, what);
  const purposes = theirs.getExtension(other.ExtendedKeyUsageExtension) ?? undefined;
  assert.equal(ours.extendedKeyUsage?.critical, purposes?.critical, what);
  assert.deepEqual(ours.extendedKeyUsage?.purposes, purposes && Array.from(purposes.usages), what);
  const access = theirs.getExtension(other.AuthorityInfoAccessExtension);
  assert.deepEqual(
    ours.ocspUrls,
    (access?.ocsp ?? []).map((name) => name.value),
    what,
  );
  const points = theirs.getExtension(other.CRLDistributionPointsExtension)?.distributionPoints ??
    [];
  assert.deepEqual(
    ours.crlUrls,
    Array.from(points).flatMap((point) => point.distributionPoint?.fullName ?? [])
      .map((name) => name.uniformResourceIdentifier),
    what,
  );
}

let certificates: Promise<Bytes[]> | undefined;

function corpusCertificates(): Promise<Bytes[]> {
  return certificates ??= collect();
}

/** Different certificates, from PEM files and from every envelope that can be read. */
async function collect(): Promise<Bytes[]> {
  const found = new Map<string, Bytes>();
  for await (const path of filesBelow(await corpusRoot())) {
    const bytes = await Deno.readFile(path);
    for (const der of path.endsWith(".pem") ? inPem(bytes) : inEnvelope(bytes)) {
      // One envelope carries twelve bytes that are no certificate, on purpose.
      if (der.length > 100) found.set(toHex(hash("SHA-256", der)), der);
    }
  }
  return [...found.values()];
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

function inPem(bytes: Bytes): Bytes[] {
  return decodePem(decodeUtf8(bytes))
    .filter((block) => block.label === "CERTIFICATE")
    .map((block) => block.bytes);
}

function inEnvelope(bytes: Bytes): Bytes[] {
  try {
    if (bytes[0] === 0x7b) {
      const chain = parseFlattenedJws(bytes).header["x5c"];
      return Array.isArray(chain) ? chain.map((entry) => decodeBase64(String(entry))) : [];
    }
    const chain = bytes[0] === 0xd2 ? parseCoseSign1(bytes).unprotectedHeader.get(33) : undefined;
    return Array.isArray(chain) ? chain.filter((entry) => entry instanceof Uint8Array) : [];
  } catch (error) {
    if (error instanceof FormatError) return []; // manifests, and envelopes that are broken on purpose
    throw error;
  }
}
