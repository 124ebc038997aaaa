import assert from "node:assert/strict";
import fc from "fast-check";
import * as jose from "jose";
import { encodeBase64Url } from "./base64.ts";
import { type Bytes, concatBytes, encodeUtf8 } from "./bytes.ts";
import { FormatError } from "./format_error.ts";
import { parseFlattenedJws } from "./jws.ts";
import { verifySignature } from "./verify_signature.ts";

const encoded = (text: string): string => encodeBase64Url(encodeUtf8(text));

const PROTECTED = encoded('{"alg":"ES256","n":{"x":[1]}}');
const PAYLOAD = encoded('{"a":1}');
const SIGNATURE = encodeBase64Url(Uint8Array.of(1, 2, 3));

/** An envelope with some members changed; `undefined` leaves one out. */
function make(changes: Record<string, unknown> = {}): Bytes {
  const members = { payload: PAYLOAD, protected: PROTECTED, signature: SIGNATURE, ...changes };
  return encodeUtf8(JSON.stringify(members));
}

/** Text in place of what JSON.stringify would not write. */
const literal = (members: string): Bytes =>
  encodeUtf8(
    `{"payload":"${PAYLOAD}","protected":"${PROTECTED}","signature":"${SIGNATURE}",${members}}`,
  );

Deno.test("parseFlattenedJws reads headers, payload, signature and the bytes that are signed", () => {
  const jws = parseFlattenedJws(make({ header: { x5c: ["AA=="] } }));
  assert.equal(JSON.stringify(jws.protectedHeader), '{"alg":"ES256","n":{"x":[1]}}');
  assert.equal(JSON.stringify(jws.header), '{"x5c":["AA=="]}');
  assert.deepEqual(jws.payload, encodeUtf8('{"a":1}'));
  assert.deepEqual(jws.signature, Uint8Array.of(1, 2, 3));
  assert.deepEqual(jws.signingInput, encodeUtf8(`${PROTECTED}.${PAYLOAD}`));
});

Deno.test("parseFlattenedJws gives an empty header that has nothing by inheritance, too", () => {
  for (const jws of [parseFlattenedJws(make()), parseFlattenedJws(make({ header: {} }))]) {
    assert.deepEqual(Object.keys(jws.header), []);
    assert.equal(jws.header["constructor"], undefined);
    assert.equal(jws.protectedHeader["toString"], undefined);
  }
});

Deno.test("parseFlattenedJws ignores members that it does not know", () => {
  const jws = parseFlattenedJws(make({ extra: 1, Payloads: 2, "": null }));
  assert.deepEqual(jws.payload, encodeUtf8('{"a":1}'));
  assert.deepEqual(parseFlattenedJws(literal('"__proto__":{"payload":"AA"}')).payload, jws.payload);
});

Deno.test("parseFlattenedJws and verifySignature accept what jose signs", async () => {
  for (
    const [alg, scheme] of [
      ["ES256", { name: "ECDSA", hash: "SHA-256", encoding: "raw" }],
      ["ES384", { name: "ECDSA", hash: "SHA-384", encoding: "raw" }],
      ["ES512", { name: "ECDSA", hash: "SHA-512", encoding: "raw" }],
      ["PS256", { name: "RSASSA-PSS", hash: "SHA-256" }],
      ["PS384", { name: "RSASSA-PSS", hash: "SHA-384" }],
      ["PS512", { name: "RSASSA-PSS", hash: "SHA-512" }],
      ["EdDSA", { name: "Ed25519" }],
    ] as const
  ) {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey as CryptoKey));
    const signed = await new jose.FlattenedSign(encodeUtf8("payload"))
      .setProtectedHeader({ alg, cty: "text/plain" })
      .setUnprotectedHeader({ note: "unsigned" })
      .sign(privateKey);
    const jws = parseFlattenedJws(encodeUtf8(JSON.stringify(signed)));
    assert.equal(jws.protectedHeader["alg"], alg);
    assert.equal(jws.header["note"], "unsigned");
    assert.deepEqual(jws.payload, encodeUtf8("payload"));
    assert.ok(await verifySignature(spki, scheme, jws.signature, jws.signingInput), alg);
    const changed = concatBytes(jws.signingInput.subarray(0, -1), encodeUtf8("*"));
    assert.ok(!await verifySignature(spki, scheme, jws.signature, changed), alg);
    const again = await jose.flattenedVerify(signed, publicKey);
    assert.deepEqual(new Uint8Array(again.payload), jws.payload);
  }
});

const INVALID: [string, Bytes][] = [
  ["nothing", new Uint8Array()],
  ["an array", encodeUtf8("[]")],
  ["null", encodeUtf8("null")],
  ["a compact serialization", encodeUtf8(`${PROTECTED}.${PAYLOAD}.${SIGNATURE}`)],
  ["a quoted compact serialization", encodeUtf8(`"${PROTECTED}.${PAYLOAD}.${SIGNATURE}"`)],
  ["a byte order mark", concatBytes(Uint8Array.of(0xef, 0xbb, 0xbf), make())],
  ["bytes that are not UTF-8", concatBytes(make().subarray(0, -1), Uint8Array.of(0xff, 0x7d))],
  ["text after it", concatBytes(make(), encodeUtf8("{}"))],
  ["a cut off end", make().subarray(0, -1)],
  ["no payload", make({ payload: undefined })],
  ["no protected header", make({ protected: undefined })],
  ["no signature", make({ signature: undefined })],
  ["a payload that is an object", make({ payload: {} })],
  ["a protected header that is an object", make({ protected: { alg: "ES256" } })],
  ["a signature that is null", make({ signature: null })],
  ["a header that is text", make({ header: "e30" })],
  ["a header that is null", make({ header: null })],
  ["a header that is an array", make({ header: [] })],
  ["a general serialization", make({ signatures: [] })],
  ["signatures that are null", literal('"signatures":null')],
  ["PAYLOAD beside payload", make({ PAYLOAD })],
  ["Protected beside protected", make({ Protected: PROTECTED })],
  ["sIgnature beside signature", make({ sIgnature: SIGNATURE })],
  ["HEADER", make({ HEADER: {} })],
  ["Signatures", make({ Signatures: [] })],
  ["a long s in signature", make({ "\u017fignature": SIGNATURE })],
  ["PAYLOAD in place of payload", make({ payload: undefined, PAYLOAD })],
  ["a payload twice", literal(`"payload":"${PAYLOAD}"`)],
  ["a protected header twice", literal(`"protected":"${PROTECTED}"`)],
  ["a header twice", literal('"header":{},"header":{}')],
  ["a member twice by an escape", literal(`"p\\u0061yload":"${PAYLOAD}"`)],
  ["an unknown member twice", literal('"x":1,"x":1')],
  ["a member twice in the header", literal('"header":{"x5c":[],"x5c":[]}')],
  ["a member twice deep in the header", literal('"header":{"a":[{"b":1,"b":2}]}')],
  ["a member twice in the protected header", make({ protected: encoded('{"alg":"a","alg":"b"}') })],
  ["a member twice deep in it", make({ protected: encoded('{"a":{"b":1,"b":2}}') })],
  ["a parameter in both headers", make({ header: { alg: "ES256" } })],
  ["a protected header that is an array", make({ protected: encoded("[]") })],
  ["a protected header that is text", make({ protected: encoded('"a"') })],
  ["an empty protected header", make({ protected: "" })],
  ["a protected header with text after it", make({ protected: encoded("{}{}") })],
  [
    "a protected header that is not UTF-8",
    make({ protected: encodeBase64Url(Uint8Array.of(0xff)) }),
  ],
  ["a protected header with a byte order mark", make({ protected: encoded("\ufeff{}") })],
  ["padding", make({ payload: "YQ==" })],
  ["standard base64", make({ signature: "+/+/" })],
  ["a line feed in the signature", make({ signature: "AQ\nID" })],
  ["a blank in the payload", make({ payload: "AQ ID" })],
  ["a dot in the payload", make({ payload: "AQ.ID" })],
  ["a dot in the protected header", make({ protected: `${PROTECTED}.e30` })],
  ["bits left over in the signature", make({ signature: "AR" })],
  ["a length that no bytes have", make({ payload: "AAAAA" })],
];

Deno.test("parseFlattenedJws refuses what is not one flattened JWS", () => {
  parseFlattenedJws(make());
  for (const [what, bytes] of INVALID) {
    assert.throws(() => parseFlattenedJws(bytes), FormatError, what);
  }
});

Deno.test("parseFlattenedJws refuses more than 4 MiB before it reads any of it", () => {
  const envelope = make({ payload: encodeBase64Url(new Uint8Array(1024 * 1024)) });
  assert.equal(parseFlattenedJws(envelope).payload.length, 1024 * 1024);
  assert.throws(() => parseFlattenedJws(new Uint8Array(4 * 1024 * 1024 + 1)), /more than 4194304/);
});

Deno.test("parseFlattenedJws throws nothing but FormatError", () => {
  const seed = make({ header: { x5c: ["AA=="] } });
  const mutation = fc.tuple(fc.nat(seed.length - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(mutation, ([at, change]) => {
      const mutated = seed.slice();
      mutated[at] = (mutated[at] ?? 0) ^ change;
      readsOrRefuses(mutated);
      assert.throws(() => parseFlattenedJws(seed.subarray(0, at)), FormatError);
    }),
    { numRuns: 300 },
  );
  fc.assert(fc.property(fc.json(), (text) => readsOrRefuses(encodeUtf8(text))), { numRuns: 200 });
});

function readsOrRefuses(bytes: Bytes): void {
  try {
    parseFlattenedJws(bytes);
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
  }
}
