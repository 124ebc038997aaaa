import assert from "node:assert/strict";
import { forgeInstance, type Json } from "../../tests/forge/mod.ts";
import { FormatError } from "../crypto/mod.ts";
import { isWithin, parseTrustedRoot } from "./trusted_root.ts";

const INSTANCE = await forgeInstance();

Deno.test("parseTrustedRoot reads logs, authorities and their periods", () => {
  const root = structuredClone(INSTANCE.trustedRoot);
  root.tlogs[0].publicKey.validFor.end = "2030-01-01T00:00:00.5Z";
  const { transparencyLogs, certificateLogs, certificateAuthorities, timestampAuthorities } =
    parseTrustedRoot(JSON.stringify(root));
  assert.deepEqual(transparencyLogs.map(({ baseUrl }) => baseUrl), [
    "https://rekor.example",
    "https://rekor2.example",
  ]);
  assert.deepEqual(transparencyLogs.map(({ key }) => key.kind), ["EC", "Ed25519"]);
  assert.deepEqual(transparencyLogs[0]?.validFor, { start: 1577836800, end: 1893456000.5 });
  for (const { logId, keyHint } of transparencyLogs) assert.equal(keyHint, logId.slice(0, 8));
  assert.equal(certificateLogs.length, 1);
  assert.equal(certificateAuthorities[0]?.chain.length, 2);
  assert.equal(certificateAuthorities[0]?.name, "root at https://fulcio.example");
  assert.equal(timestampAuthorities.length, 1);
});

Deno.test("parseTrustedRoot takes the key id of checkpoints where it is another", () => {
  const root = structuredClone(INSTANCE.trustedRoot);
  root.tlogs[0].checkpointKeyId = { keyId: "AQIDBA==" };
  assert.equal(parseTrustedRoot(JSON.stringify(root)).transparencyLogs[0]?.keyHint, "01020304");
});

const BROKEN: Readonly<Record<string, (root: Json) => void>> = {
  "another media type": (root) => root.mediaType = "application/json",
  "no media type": (root) => delete root.mediaType,
  "an unknown member": (root) => root.more = [],
  "a log without key": (root) => delete root.tlogs[0].publicKey,
  "a log without start": (root) => delete root.ctlogs[0].publicKey.validFor.start,
  "a log without period": (root) => delete root.tlogs[0].publicKey.validFor,
  "a log with a short id": (root) => root.tlogs[0].logId.keyId = "AQIDBA==",
  "a log with a short checkpoint id": (root) => root.tlogs[0].checkpointKeyId = { keyId: "AQ==" },
  "a key that is none": (root) => root.tlogs[0].publicKey.rawBytes = "AQIDBA==",
  "an authority without certificates": (root) =>
    root.certificateAuthorities[0].certChain.certificates = [],
  "a certificate that is none": (root) =>
    root.certificateAuthorities[0].certChain.certificates[0].rawBytes = "AQ==",
  "too many certificates": (root) => {
    const { certChain } = root.certificateAuthorities[0];
    certChain.certificates = Array(11).fill(certChain.certificates[0]);
  },
  "a time that is none": (root) => root.certificateAuthorities[0].validFor.start = "yesterday",
  "too many logs": (root) => root.tlogs = Array(101).fill(root.tlogs[0]),
};

for (const [name, change] of Object.entries(BROKEN)) {
  Deno.test(`parseTrustedRoot refuses ${name}`, () => {
    const root = structuredClone(INSTANCE.trustedRoot);
    change(root);
    assert.throws(() => parseTrustedRoot(JSON.stringify(root)), FormatError);
  });
}

Deno.test("isWithin counts both ends in, and takes an open end for always", () => {
  for (const moment of [1, 2, 3]) assert.equal(isWithin({ start: 1, end: 3 }, moment), true);
  for (const moment of [0.5, 3.5]) assert.equal(isWithin({ start: 1, end: 3 }, moment), false);
  assert.equal(isWithin({ start: undefined, end: undefined }, 0), true);
});
