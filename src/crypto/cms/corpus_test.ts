import assert from "node:assert/strict";
import { fromBER } from "asn1js";
import * as pkijs from "pkijs";
import { corpusCases, corpusRoot } from "../../../tests/corpus.ts";
import { type Bytes, concatBytes, equalBytes, toHex } from "../bytes.ts";
import { decodeBase64 } from "../base64.ts";
import { parseCoseSign1 } from "../cose.ts";
import { FormatError } from "../format_error.ts";
import { parseFlattenedJws } from "../jws.ts";
import { readOctetString } from "../der/mod.ts";
import { parseSignedData } from "./signed_data.ts";
import { readSigningCertificateV2 } from "./signing_certificate.ts";
import { parseTstInfo } from "./tst_info.ts";

const HEADER = "io.cncf.notary.timestampSignature";
const MAX_BYTES = 64 * 1024;

Deno.test("every timestamp token of the corpus is read as pkijs reads it", async () => {
  const tokens = await corpusTokens();
  assert.equal(tokens.length, 14);
  for (const token of tokens) {
    const ours = parseSignedData(token, MAX_BYTES);
    const theirs = new pkijs.SignedData({
      schema: new pkijs.ContentInfo({ schema: fromBER(token).result }).content,
    });
    assert.equal(ours.version, theirs.version);
    assert.equal(ours.contentType, theirs.encapContentInfo.eContentType);
    const content = new Uint8Array(theirs.encapContentInfo.eContent?.getValue() ?? []);
    assert.deepEqual(ours.content, content);
    assert.deepEqual(
      ours.certificates.map(({ raw }) => toHex(raw)),
      theirs.certificates?.map((each) =>
        toHex(new Uint8Array((each as pkijs.Certificate).toSchema().toBER()))
      ),
    );
    compareInfo(ours.content, content);
    assert.equal(ours.signers.length, theirs.signerInfos.length);
    for (const [index, signer] of ours.signers.entries()) {
      compareSigner(signer, theirs.signerInfos[index] as pkijs.SignerInfo);
    }
  }
});

Deno.test("every timestamp token of the corpus is refused with an end too short or too long", async () => {
  for (const token of await corpusTokens()) {
    assert.throws(() => parseSignedData(token.subarray(0, -1), MAX_BYTES), FormatError);
    const longer = concatBytes(token, Uint8Array.of(0));
    assert.throws(() => parseSignedData(longer, MAX_BYTES), FormatError);
    assert.throws(() => parseSignedData(token, token.length - 1), FormatError);
  }
});

Deno.test("a token of the corpus with any one byte changed is read, or refused as malformed", async () => {
  const [token = new Uint8Array()] = await corpusTokens();
  for (let index = 0; index < token.length; index++) {
    const changed = token.slice();
    changed[index] = (changed[index] ?? 0) ^ 0x41;
    try {
      const { content, signers } = parseSignedData(changed, MAX_BYTES);
      parseTstInfo(content);
      for (const { attributes } of signers) {
        const named = attributes.get("1.2.840.113549.1.9.16.2.47");
        if (named !== undefined) readSigningCertificateV2(named);
      }
    } catch (error) {
      assert.ok(error instanceof FormatError, `byte ${index}: ${error}`);
    }
  }
});

function compareInfo(ours: Bytes, theirs: Bytes): void {
  const mine = parseTstInfo(ours);
  const other = pkijs.TSTInfo.fromBER(theirs);
  assert.equal(mine.version, other.version);
  assert.equal(mine.policy, other.policy);
  assert.equal(mine.time, other.genTime.getTime() / 1000);
  assert.deepEqual(
    mine.imprint.value,
    new Uint8Array(other.messageImprint.hashedMessage.valueBlock.valueHexView),
  );
  const { seconds = 0, millis = 0, micros = 0 } = other.accuracy ?? {};
  assert.equal(mine.accuracy ?? 0, seconds + millis / 1e3 + micros / 1e6);
}

function compareSigner(
  ours: ReturnType<typeof parseSignedData>["signers"][number],
  theirs: pkijs.SignerInfo,
): void {
  const sid = theirs.sid as pkijs.IssuerAndSerialNumber;
  assert.equal(ours.version, theirs.version);
  assert.equal(
    ours.signer?.serialNumber,
    toHex(new Uint8Array(sid.serialNumber.valueBlock.valueHexView)),
  );
  assert.deepEqual(ours.signer?.issuer, new Uint8Array(sid.issuer.toSchema().toBER()));
  assert.equal(ours.digestAlgorithm.oid, theirs.digestAlgorithm.algorithmId);
  assert.equal(ours.signatureAlgorithm.oid, theirs.signatureAlgorithm.algorithmId);
  assert.deepEqual(ours.signature, new Uint8Array(theirs.signature.valueBlock.valueHexView));
  const signed = theirs.signedAttrs;
  assert.deepEqual(ours.signedBytes, new Uint8Array(signed?.encodedValue ?? new ArrayBuffer()));
  const types = signed?.attributes.map(({ type }) => type).sort();
  assert.deepEqual([...ours.attributes.keys()].sort(), types);
  const digest = ours.attributes.get("1.2.840.113549.1.9.4");
  const other = signed?.attributes.find(({ type }) => type === "1.2.840.113549.1.9.4")?.values[0];
  assert.ok(digest !== undefined);
  assert.deepEqual(readOctetString(digest), new Uint8Array(other.valueBlock.valueHexView));
}

/** The different tokens in the envelopes of the corpus. */
async function corpusTokens(): Promise<Bytes[]> {
  const root = await corpusRoot();
  const tokens: Bytes[] = [];
  for (const { id, layout, referrers } of await corpusCases("notation")) {
    if (!id.includes("timestamp") || id.includes("garbage")) continue;
    for (const { digest } of referrers) {
      const blob = (hash: string): Promise<Bytes> =>
        Deno.readFile(`${root}/${layout}/blobs/sha256/${hash.slice(7)}`);
      const manifest = JSON.parse(new TextDecoder().decode(await blob(digest)));
      const token = tokenOf(await blob(manifest.layers[0].digest));
      if (token === undefined) continue;
      if (!tokens.some((known) => equalBytes(known, token))) tokens.push(token);
    }
  }
  return tokens;
}

function tokenOf(envelope: Bytes): Bytes | undefined {
  if (envelope[0] === 0x7b) {
    const text = parseFlattenedJws(envelope).header[HEADER];
    return typeof text === "string" ? decodeBase64(text) : undefined;
  }
  const value = parseCoseSign1(envelope).unprotectedHeader.get(HEADER);
  return value instanceof Uint8Array ? value : undefined;
}
