import "reflect-metadata";
import assert from "node:assert/strict";
import * as other from "@peculiar/x509";
import { corpusRoot } from "../../../tests/corpus.ts";
import { type Bytes, concatBytes, toHex } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { parseCrl } from "./crl.ts";

Deno.test("every CRL of the corpus is read as @peculiar/x509 reads it", async () => {
  const all = await corpusCrls();
  assert.equal(all.length, 7);
  let entries = 0;
  for (const der of all) {
    const ours = parseCrl(der);
    const theirs = new other.X509Crl(der);
    assert.deepEqual(ours.thisUpdate, theirs.thisUpdate);
    assert.deepEqual(ours.nextUpdate, theirs.nextUpdate);
    assert.deepEqual(ours.signature, new Uint8Array(theirs.signature));
    assert.deepEqual(ours.issuer.raw, new Uint8Array(theirs.issuerName.toArrayBuffer()));
    for (const { serialNumber, revocationDate, reason } of theirs.entries) {
      const [entry, ...more] = ours.entries(serialNumber.toLowerCase());
      assert.deepEqual(more, []);
      assert.deepEqual(entry?.revokedAt, revocationDate);
      assert.equal(entry?.reason, reason);
      entries++;
    }
    assert.deepEqual(ours.entries("00"), []);
  }
  assert.ok(entries >= 4, `${entries} entries`);
});

Deno.test("a CRL is refused with an end too short or too long, and read or refused with a byte changed", async () => {
  const [der = new Uint8Array()] = await corpusCrls();
  assert.throws(() => parseCrl(der.subarray(0, -1)), FormatError);
  assert.throws(() => parseCrl(concatBytes(der, Uint8Array.of(0))), FormatError);
  for (let index = 0; index < der.length; index++) {
    for (const bit of [0x01, 0x20, 0x80]) {
      const changed = der.slice();
      changed[index] = (changed[index] ?? 0) ^ bit;
      try {
        parseCrl(changed).entries("00");
      } catch (error) {
        assert.ok(error instanceof FormatError, `byte ${index}: ${error}`);
      }
    }
  }
});

async function corpusCrls(): Promise<Bytes[]> {
  const folder = `${await corpusRoot()}/revocation`;
  const found = new Map<string, Bytes>();
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.includes("crl")) continue;
    const der = await Deno.readFile(`${folder}/${name}/leaf.crl`);
    found.set(toHex(der), der);
  }
  return [...found.values()];
}
