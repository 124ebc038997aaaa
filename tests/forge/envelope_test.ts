import { decode, Tag } from "cbor2";
import { type FlattenedJWSInput, flattenedVerify, importX509 } from "jose";
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import {
  base64url,
  type Bytes,
  cborWriter,
  flipped,
  forgeChain,
  forgeCose,
  type ForgedChain,
  forgeJws,
  fromHex,
  join,
  type KeyKind,
  PAYLOAD_TYPE,
  SIGNING_TIME,
  utf8,
  withLongHeaderLength,
  withLongMapHead,
  withMembers,
  withTrailingBits,
} from "./mod.ts";

const TARGET = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: `sha256:${"ab".repeat(32)}`,
  size: 583,
};
const SCHEME = "io.cncf.notary.signingScheme";
const TIME = "io.cncf.notary.signingTime";
const AUTHENTIC = "io.cncf.notary.authenticSigningTime";
const EXPIRY = "io.cncf.notary.expiry";
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

interface Flattened {
  payload: string;
  protected: string;
  signature: string;
  header: { x5c: string[] } & Record<string, unknown>;
}

function parseJws(bytes: Bytes): Flattened {
  return JSON.parse(text(bytes));
}

function protectedText(bytes: Bytes): string {
  return text(Uint8Array.fromBase64(parseJws(bytes).protected, { alphabet: "base64url" }));
}

async function joseAccepts(bytes: Bytes, chain: ForgedChain, alg: string): Promise<boolean> {
  const key = await importX509(chain.leaf.pem, alg);
  const known = { [SCHEME]: true, [AUTHENTIC]: true, [EXPIRY]: true };
  try {
    // The unprotected header is no part of what jose should judge.
    const { payload, protected: header, signature } = parseJws(bytes);
    const jws: FlattenedJWSInput = { payload, protected: header, signature };
    await flattenedVerify(jws, key, { crit: known });
    return true;
  } catch {
    return false;
  }
}

Deno.test("forgeJws makes envelopes that jose accepts, with every kind of key", async () => {
  const kinds: [KeyKind, string][] = [
    ["P-256", "ES256"],
    ["P-384", "ES384"],
    ["P-521", "ES512"],
    ["RSA-2048", "PS256"],
    ["RSA-3072", "PS384"],
  ];
  for (const [key, alg] of kinds) {
    const chain = await forgeChain({ leaf: { key } });
    const envelope = await forgeJws({ chain, target: TARGET });
    assert.ok(await joseAccepts(envelope, chain, alg), alg);
    assert.ok(
      !await joseAccepts(await forgeJws({ chain, target: TARGET, signature: flipped }), chain, alg),
    );
    assert.deepEqual(JSON.parse(protectedText(envelope)), {
      alg,
      crit: [SCHEME],
      cty: PAYLOAD_TYPE,
      [SCHEME]: "notary.x509",
      [TIME]: "2026-11-01T00:00:00Z",
    });
    const jws = parseJws(envelope);
    assert.deepEqual(jws.header.x5c, chain.certificates.map(({ der }) => der.toBase64()));
    const payload = text(Uint8Array.fromBase64(jws.payload, { alphabet: "base64url" }));
    assert.deepEqual(JSON.parse(payload), { targetArtifact: TARGET });
  }
});

Deno.test("forgeJws writes what the options say", async () => {
  const chain = await forgeChain();
  const options = { chain, target: TARGET };
  const authority = await forgeJws({
    ...options,
    scheme: "notary.x509.signingAuthority",
    expiry: new Date("2027-01-01T00:00:00Z"),
    header: { alg: undefined, extra: 1 },
  });
  assert.deepEqual(JSON.parse(protectedText(authority)), {
    crit: [SCHEME, AUTHENTIC, EXPIRY],
    cty: PAYLOAD_TYPE,
    [SCHEME]: "notary.x509.signingAuthority",
    [AUTHENTIC]: "2026-11-01T00:00:00Z",
    [EXPIRY]: "2027-01-01T00:00:00Z",
    extra: 1,
  });

  const twice = await forgeJws({ ...options, headerText: withMembers('"alg":"none"') });
  assert.match(protectedText(twice), /^\{"alg":"none","alg":"ES256",/);

  const raw = await forgeJws({ ...options, payload: "[]", members: { protected: "x", extra: 1 } });
  const { payload, protected: header, ...rest } = parseJws(raw);
  assert.deepEqual([payload, header, "extra" in rest], [base64url(utf8("[]")), "x", true]);

  const leafOnly = await forgeJws({ ...options, certificates: [chain.leaf.der] });
  assert.equal(parseJws(leafOnly).header.x5c.length, 1);
  const none = await forgeJws({ ...options, unprotected: { x5c: undefined } });
  assert.ok(!("x5c" in parseJws(none).header));
  const target = await forgeJws({ ...options, targetOverrides: { size: 1, digest: undefined } });
  assert.deepEqual(
    JSON.parse(text(Uint8Array.fromBase64(parseJws(target).payload, { alphabet: "base64url" }))),
    { targetArtifact: { mediaType: TARGET.mediaType, size: 1 } },
  );
  const doubled = await forgeJws({ ...options, text: withMembers('"payload":"e30"') });
  assert.match(text(doubled), /^\{"payload":"e30","payload":"/);
});

Deno.test("forgeJws signs with another salt or key on request", async () => {
  const chain = await forgeChain({ leaf: { key: "RSA-2048" } });
  const options = { chain, target: TARGET };
  const check = (bytes: Bytes, saltLength: number): boolean => {
    const jws = parseJws(bytes);
    return verify(
      "sha256",
      utf8(`${jws.protected}.${jws.payload}`),
      { key: createPublicKey(chain.leaf.pem), padding: 6, saltLength },
      Uint8Array.fromBase64(jws.signature, { alphabet: "base64url" }),
    );
  };
  const short = await forgeJws({
    ...options,
    algorithm: { name: "RSASSA-PSS", hash: "SHA-256", saltLength: 20 },
  });
  assert.deepEqual([check(short, 20), check(short, 32)], [true, false]);
  const other = await forgeJws({ ...options, key: chain.root.key });
  assert.equal(check(other, 32), false);
});

Deno.test("withTrailingBits changes the text and not the bytes that a lenient reader sees", async () => {
  const chain = await forgeChain();
  const good = parseJws(await forgeJws({ chain, target: TARGET }));
  const changed = withTrailingBits(good.signature);
  assert.notEqual(changed, good.signature);
  const lenient = { alphabet: "base64url", lastChunkHandling: "loose" } as const;
  assert.deepEqual(
    Uint8Array.fromBase64(changed, lenient),
    Uint8Array.fromBase64(good.signature, lenient),
  );
  assert.throws(() => {
    Uint8Array.fromBase64(changed, { alphabet: "base64url", lastChunkHandling: "strict" });
  });
  assert.throws(() => withTrailingBits("AAAA"), /no bits/);
});

/** Takes an envelope apart with another CBOR reader and checks its signature with node:crypto. */
function readCose(
  bytes: Bytes,
  chain: ForgedChain,
): { header: Map<unknown, unknown>; unprotected: Map<unknown, unknown>; verified: boolean } {
  const envelope: Tag = decode(bytes, { preferMap: true });
  assert.equal(envelope.tag, 18);
  const [protectedBytes, unprotected, payload, signature] = envelope.contents as [
    Bytes,
    Map<unknown, unknown>,
    Bytes,
    Bytes,
  ];
  const part = (bytes: Bytes): Bytes => cborWriter.byteString(bytes).bytes;
  const toVerify = join(
    fromHex("84 6a 5369676e617475726531"),
    part(protectedBytes),
    fromHex("40"),
    part(payload),
  );
  const key = createPublicKey(chain.leaf.pem);
  const verified = verify("sha256", toVerify, { key, dsaEncoding: "ieee-p1363" }, signature);
  return {
    header: decode(protectedBytes, { preferMap: true }),
    unprotected,
    verified,
  };
}

Deno.test("forgeCose makes an envelope that another reader accepts", async () => {
  const chain = await forgeChain();
  const bytes = await forgeCose({ chain, target: TARGET });
  assert.equal(bytes.slice(0, 2).toHex(), "d284");
  const { header, unprotected, verified } = readCose(bytes, chain);
  assert.ok(verified);
  const time = header.get(TIME);
  header.delete(TIME);
  assert.deepEqual([...header], [
    [1, -7],
    [2, [SCHEME]],
    [3, PAYLOAD_TYPE],
    [SCHEME, "notary.x509"],
  ]);
  assert.equal(Number(time), SIGNING_TIME.getTime());
  assert.deepEqual(
    (unprotected.get(33) as Bytes[]).map((der) => der.toHex()),
    chain.certificates.map(({ der }) => der.toHex()),
  );
  assert.ok(
    !readCose(await forgeCose({ chain, target: TARGET, signature: flipped }), chain).verified,
  );
});

Deno.test("forgeCose writes what the options say", async () => {
  const chain = await forgeChain();
  const options = { chain, target: TARGET };
  const changed = readCose(
    await forgeCose({
      ...options,
      header: [[3, "text/plain"], ["extra", 1]],
      without: [1],
      crit: [SCHEME, "extra"],
      x5chain: chain.leaf.der,
      moreUnprotected: [["more", null]],
    }),
    chain,
  );
  assert.ok(changed.verified);
  assert.deepEqual([...changed.header.keys()], [2, 3, SCHEME, TIME, "extra"]);
  assert.equal(changed.header.get(3), "text/plain");
  assert.deepEqual(changed.header.get(2), [SCHEME, "extra"]);
  assert.ok(changed.unprotected.get(33) instanceof Uint8Array);
  assert.ok(changed.unprotected.has("more"));

  const long = await forgeCose({ ...options, header: [[1, cborWriter.integer(-7, 8)]] });
  assert.ok(long.toHex().includes("013b0000000000000006"));
  assert.ok(readCose(long, chain).verified);
  const longMap = await forgeCose({ ...options, headerBytes: withLongMapHead });
  assert.ok(longMap.toHex().includes("b80501260281"));
  assert.ok(readCose(longMap, chain).verified);
  const longLength = await forgeCose({ ...options, parts: withLongHeaderLength });
  assert.equal(longLength[2], 0x5a);
  assert.ok(readCose(longLength, chain).verified);

  const twice = await forgeCose({ ...options, moreHeader: [[3, "x"]] });
  assert.throws(() => decode(headerOf(twice), { rejectDuplicateKeys: true }), /[Dd]uplicate/);
});

function headerOf(envelope: Bytes): Bytes {
  const { contents }: { contents: unknown } = decode<Tag>(envelope, { preferMap: true });
  return (contents as [Bytes])[0];
}

Deno.test("cborWriter writes the examples of RFC 8949 Appendix A", () => {
  const { cbor, CborEntries, float, indefinite, integer, tagged } = cborWriter;
  const cases: [cborWriter.CborInput, string][] = [
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [100, "1864"],
    [1000, "1903e8"],
    [1000000, "1a000f4240"],
    [1000000000000, "1b000000e8d4a51000"],
    [18446744073709551615n, "1bffffffffffffffff"],
    [-18446744073709551616n, "3bffffffffffffffff"],
    [-1, "20"],
    [-1000, "3903e7"],
    [1.1, "fb3ff199999999999a"],
    [float(2), "fb4000000000000000"],
    [false, "f4"],
    [true, "f5"],
    [null, "f6"],
    [tagged(1, 1363896240), "c11a514b67b0"],
    [fromHex("01020304"), "4401020304"],
    ["ü", "62c3bc"],
    [[1, [2, 3]], "8201820203"],
    [new CborEntries([[1, 2], [3, 4]]), "a201020304"],
    [indefinite(2, fromHex("0102"), fromHex("030405")), "5f42010243030405ff"],
    [integer(1, 1), "1801"],
    [integer(1, 8), "1b0000000000000001"],
  ];
  for (const [value, hex] of cases) assert.equal(cbor(value).toHex(), hex);
});
