import assert from "node:assert/strict";
import { encode, Tag } from "cbor2";
import fc from "fast-check";
import { type Bytes, concatBytes, encodeUtf8 } from "./bytes.ts";
import { parseCoseSign1 } from "./cose.ts";
import { FormatError } from "./format_error.ts";
import { hex } from "./testing/der.ts";
import { ecSigner } from "./testing/keys.ts";
import { verifySignature } from "./verify_signature.ts";

/** Encoded by cbor2; Map keeps integer labels integers. */
const cbor = (value: unknown): Bytes => new Uint8Array(encode(value));

interface Parts {
  tag?: number;
  protectedHeader?: unknown;
  unprotectedHeader?: unknown;
  payload?: unknown;
  signature?: unknown;
  more?: unknown[];
}

const HEADER = cbor(new Map<unknown, unknown>([[1, -7], ["a", "b"]]));

function make(parts: Parts = {}): Bytes {
  const has = (name: keyof Parts): boolean => Object.hasOwn(parts, name);
  return cbor(
    new Tag(parts.tag ?? 18, [
      has("protectedHeader") ? parts.protectedHeader : HEADER,
      has("unprotectedHeader") ? parts.unprotectedHeader : new Map([[33, Uint8Array.of(1)]]),
      has("payload") ? parts.payload : encodeUtf8("payload"),
      has("signature") ? parts.signature : Uint8Array.of(9),
      ...parts.more ?? [],
    ]),
  );
}

Deno.test("parseCoseSign1 reads headers, payload and signature", () => {
  const message = parseCoseSign1(make());
  assert.deepEqual([...message.protectedHeader], [[1, -7], ["a", "b"]]);
  assert.deepEqual([...message.unprotectedHeader], [[33, Uint8Array.of(1)]]);
  assert.deepEqual(message.payload, encodeUtf8("payload"));
  assert.deepEqual(message.signature, Uint8Array.of(9));
});

Deno.test("parseCoseSign1 gives the Sig_structure with the shortest length of each part", () => {
  for (const length of [0, 1, 23, 24, 255, 256, 65_535, 65_536, 70_000]) {
    const payload = new Uint8Array(length).fill(7);
    const expected = cbor(["Signature1", HEADER, new Uint8Array(), payload]);
    assert.deepEqual(parseCoseSign1(make({ payload })).toBeSigned, expected, `${length}`);
  }
});

Deno.test("parseCoseSign1 signs the protected header as received, behind its shortest length", () => {
  // The map {3: "x", 1: -7}, whose labels are not in order, behind a length of two bytes.
  const header = hex("a2 03 6178 01 26");
  const tail = hex("a0 4101 4109");
  const long = concatBytes(hex("d284 5806"), header, tail);
  const short = concatBytes(hex("d284 46"), header, tail);
  assert.deepEqual(parseCoseSign1(long).toBeSigned, parseCoseSign1(short).toBeSigned);
  assert.deepEqual(
    parseCoseSign1(long).toBeSigned,
    concatBytes(hex("84 6a 5369676e617475726531 46"), header, hex("40 4101")),
  );
});

Deno.test("parseCoseSign1 and verifySignature agree with a signature over what RFC 9052 §4.4 says", async () => {
  const scheme = { name: "ECDSA", hash: "SHA-256", encoding: "raw" } as const;
  const signer = await ecSigner("P-256");
  const payload = encodeUtf8("This is the content.");
  const signed = cbor(["Signature1", HEADER, new Uint8Array(), payload]);
  const signature = await signer.sign(scheme, signed);
  const message = parseCoseSign1(make({ payload, signature }));
  assert.ok(await verifySignature(signer.spki, scheme, message.signature, message.toBeSigned));
  const other = parseCoseSign1(make({ payload: encodeUtf8("This is the kontent."), signature }));
  assert.ok(!await verifySignature(signer.spki, scheme, other.signature, other.toBeSigned));
});

Deno.test("parseCoseSign1 reads an empty protected header", () => {
  assert.equal(parseCoseSign1(make({ protectedHeader: new Uint8Array() })).protectedHeader.size, 0);
  assert.equal(parseCoseSign1(make({ protectedHeader: hex("a0") })).protectedHeader.size, 0);
  assert.equal(parseCoseSign1(make({ payload: new Uint8Array() })).payload.length, 0);
});

Deno.test("parseCoseSign1 keeps tags inside headers", () => {
  const header = hex("a1 6174 c1 1a 65000000");
  const message = parseCoseSign1(make({ protectedHeader: header }));
  assert.deepEqual(message.protectedHeader.get("t"), { tag: 1, value: 0x65000000 });
});

const INVALID: [string, Bytes][] = [
  ["nothing", new Uint8Array()],
  ["no tag", make().subarray(1)],
  ["the tag of COSE_Sign", make({ tag: 98 })],
  ["the tag of COSE_Mac0", make({ tag: 17 })],
  ["a tag inside a tag", concatBytes(hex("d2"), make())],
  ["a tag of two bytes", concatBytes(hex("d812"), make().subarray(1))],
  ["bytes after it", concatBytes(make(), hex("00"))],
  ["a second message after it", concatBytes(make(), make())],
  ["a cut off end", make().subarray(0, -1)],
  ["an indefinite array", concatBytes(hex("d29f"), make().subarray(2), hex("ff"))],
  ["an array whose length is not the shortest", concatBytes(hex("d29804"), make().subarray(2))],
  ["three elements", hex("d283 41a0 a0 4101")],
  ["five elements", make({ more: [1] })],
  ["a map in place of the array", hex("d2a0")],
  ["a protected header that is a map", make({ protectedHeader: new Map([[1, -7]]) })],
  ["a protected header that is text", make({ protectedHeader: "a" })],
  ["a protected header that is nil", make({ protectedHeader: null })],
  ["a protected header of no map", make({ protectedHeader: hex("01") })],
  ["a protected header that is a tagged map", make({ protectedHeader: hex("c1a0") })],
  ["a protected header with bytes after it", make({ protectedHeader: hex("a000") })],
  ["a protected header of broken CBOR", make({ protectedHeader: hex("a101") })],
  ["a label twice in the protected header", make({ protectedHeader: hex("a2 0126 0126") })],
  ["a label twice in the unprotected header", hex("d284 41a0 a2 0101 0102 4101 4101")],
  ["a float label", make({ protectedHeader: hex("a1 f93c00 26") })],
  ["a byte string label", make({ protectedHeader: hex("a1 4101 26") })],
  ["a label above 2^63-1", make({ protectedHeader: hex("a1 1b8000000000000000 01") })],
  ["a label below -2^63", make({ unprotectedHeader: new Map([[-(2n ** 63n) - 1n, 1]]) })],
  ["a label in both headers", make({ unprotectedHeader: new Map([[1, -7]]) })],
  ["a text label in both headers", make({ unprotectedHeader: new Map([["a", "b"]]) })],
  ["an unprotected header that is a byte string", make({ unprotectedHeader: hex("a0") })],
  ["an unprotected header that is nil", make({ unprotectedHeader: null })],
  ["an unprotected header that is an array", make({ unprotectedHeader: [] })],
  ["a payload that is nil", make({ payload: null })],
  ["a payload that is text", make({ payload: "payload" })],
  ["a tagged payload", make({ payload: new Tag(24, Uint8Array.of(1)) })],
  ["a signature that is empty", make({ signature: new Uint8Array() })],
  ["a signature that is nil", make({ signature: null })],
  ["a signature that is text", make({ signature: "a" })],
  ["a tagged signature", make({ signature: new Tag(24, Uint8Array.of(1)) })],
  ["text", encodeUtf8("{}")],
];

Deno.test("parseCoseSign1 refuses what is not one COSE_Sign1 message", () => {
  parseCoseSign1(make());
  for (const [what, bytes] of INVALID) {
    assert.throws(() => parseCoseSign1(bytes), FormatError, what);
  }
});

Deno.test("parseCoseSign1 accepts labels up to the ends of their range", () => {
  for (const label of [2n ** 63n - 1n, -(2n ** 63n)]) {
    const message = parseCoseSign1(make({ unprotectedHeader: new Map([[label, 1]]) }));
    assert.deepEqual([...message.unprotectedHeader.keys()], [label]);
  }
});

Deno.test("parseCoseSign1 throws nothing but FormatError", () => {
  const seed = make();
  const mutation = fc.tuple(fc.nat(seed.length - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(mutation, ([at, change]) => {
      const mutated = seed.slice();
      mutated[at] = (mutated[at] ?? 0) ^ change;
      readsOrRefuses(mutated);
      assert.throws(() => parseCoseSign1(seed.subarray(0, at)), FormatError);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
      readsOrRefuses(concatBytes(hex("d284"), new Uint8Array(noise)));
    }),
    { numRuns: 300 },
  );
});

function readsOrRefuses(bytes: Bytes): void {
  try {
    parseCoseSign1(bytes);
  } catch (error) {
    assert.ok(error instanceof FormatError, String(error));
  }
}
