import assert from "node:assert/strict";
import * as pkijs from "pkijs";
import { corpusRoot } from "../../../tests/corpus.ts";
import { forgeChain } from "../../../tests/forge/mod.ts";
import { type Bytes, concatBytes, toHex } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { parseCertificate } from "../x509/mod.ts";
import { encodeOcspRequest, namesCertificate } from "./certificate_id.ts";
import { parseOcspResponse } from "./response.ts";

Deno.test("every OCSP answer of the corpus is read as pkijs reads it", async () => {
  const all = await corpusAnswers();
  assert.equal(all.length, 5);
  for (const der of all) {
    const ours = parseOcspResponse(der);
    const outer = pkijs.OCSPResponse.fromBER(der);
    const theirs = pkijs.BasicOCSPResponse.fromBER(
      new Uint8Array(outer.responseBytes?.response.valueBlock.valueHexView ?? []),
    );
    assert.deepEqual(ours.tbs, new Uint8Array(theirs.tbsResponseData.tbsView));
    assert.deepEqual(ours.producedAt, theirs.tbsResponseData.producedAt);
    assert.deepEqual(ours.signature, new Uint8Array(theirs.signature.valueBlock.valueHexView));
    assert.equal(ours.signatureAlgorithm.oid, theirs.signatureAlgorithm.algorithmId);
    assert.equal(ours.certificates.length, theirs.certs?.length ?? 0);
    assert.equal(ours.answers.length, theirs.tbsResponseData.responses.length);
    for (const [index, answer] of ours.answers.entries()) {
      const single = theirs.tbsResponseData.responses[index] as pkijs.SingleResponse;
      const { certID } = single;
      const hex = (value: { valueBlock: { valueHexView: Uint8Array } }): string =>
        toHex(new Uint8Array(value.valueBlock.valueHexView));
      assert.equal(answer.certificate.hashAlgorithm, certID.hashAlgorithm.algorithmId);
      assert.equal(toHex(answer.certificate.issuerNameHash), hex(certID.issuerNameHash));
      assert.equal(toHex(answer.certificate.issuerKeyHash), hex(certID.issuerKeyHash));
      assert.equal(answer.certificate.serialNumber, hex(certID.serialNumber));
      assert.deepEqual(answer.thisUpdate, single.thisUpdate);
      assert.deepEqual(answer.nextUpdate, single.nextUpdate);
      const tags = { good: 0, revoked: 1, unknown: 2 };
      assert.equal(tags[answer.status], single.certStatus.idBlock.tagNumber);
    }
  }
});

Deno.test("an OCSP answer is refused with an end too short or too long, and read or refused with a byte changed", async () => {
  const [der = new Uint8Array()] = await corpusAnswers();
  assert.throws(() => parseOcspResponse(der.subarray(0, -1)), FormatError);
  assert.throws(() => parseOcspResponse(concatBytes(der, Uint8Array.of(0))), FormatError);
  for (let index = 0; index < der.length; index++) {
    for (const bit of [0x01, 0x20, 0x80]) {
      const changed = der.slice();
      changed[index] = (changed[index] ?? 0) ^ bit;
      try {
        parseOcspResponse(changed);
      } catch (error) {
        assert.ok(error instanceof FormatError, `byte ${index}: ${error}`);
      }
    }
  }
});

Deno.test("an OCSP request asks for the certificate as pkijs would", async () => {
  const chain = await forgeChain({ leaf: { serial: 0x80ffn } });
  const [certificate, issuer] = chain.certificates.map(({ der }) => parseCertificate(der));
  assert.ok(certificate !== undefined && issuer !== undefined);
  const request = encodeOcspRequest(certificate, issuer);
  const theirs = new pkijs.OCSPRequest();
  await theirs.createForCertificate(pkijs.Certificate.fromBER(certificate.raw), {
    hashAlgorithm: "SHA-1",
    issuerCertificate: pkijs.Certificate.fromBER(issuer.raw),
  });
  const [asked] = pkijs.OCSPRequest.fromBER(request).tbsRequest.requestList;
  const [wanted] = theirs.tbsRequest.requestList;
  assert.ok(asked !== undefined && wanted !== undefined);
  assert.ok(asked.reqCert.isEqual(wanted.reqCert));
  const { reqCert } = asked;
  const bytes = (value: { valueBlock: { valueHexView: Uint8Array } }): Bytes =>
    new Uint8Array(value.valueBlock.valueHexView);
  assert.ok(namesCertificate(
    {
      hashAlgorithm: reqCert.hashAlgorithm.algorithmId,
      issuerNameHash: bytes(reqCert.issuerNameHash),
      issuerKeyHash: bytes(reqCert.issuerKeyHash),
      serialNumber: toHex(bytes(reqCert.serialNumber)),
    },
    certificate,
    issuer,
  ));
});

async function corpusAnswers(): Promise<Bytes[]> {
  const folder = `${await corpusRoot()}/revocation`;
  const found: Bytes[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.startsWith("ocsp") && !name.includes("down")) {
      found.push(await Deno.readFile(`${folder}/${name}/ocsp`));
    }
  }
  return found;
}
