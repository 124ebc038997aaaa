import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from "./base64.ts";
import { encodeUtf8 } from "./bytes.ts";
import { FormatError } from "./format_error.ts";

/** RFC 4648 §10. */
const VECTORS = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;

Deno.test("decodeBase64 and encodeBase64 give the vectors of RFC 4648 §10", () => {
  for (const [plain, encoded] of VECTORS) {
    assert.deepEqual(decodeBase64(encoded), encodeUtf8(plain));
    assert.equal(encodeBase64(encodeUtf8(plain)), encoded);
    assert.deepEqual(decodeBase64Url(encoded.replaceAll("=", "")), encodeUtf8(plain));
    assert.equal(encodeBase64Url(encodeUtf8(plain)), encoded.replaceAll("=", ""));
  }
});

Deno.test("decodeBase64 and decodeBase64Url differ in two letters of the alphabet and the padding", () => {
  const bytes = Uint8Array.of(0xfb, 0xef, 0xff, 0xfe);
  assert.equal(encodeBase64(bytes), "++///g==");
  assert.equal(encodeBase64Url(bytes), "--___g");
  assert.deepEqual(decodeBase64("++///g=="), bytes);
  assert.deepEqual(decodeBase64Url("--___g"), bytes);
});

Deno.test("decodeBase64 refuses every text but the one that encodeBase64 writes", () => {
  const rows = [
    "Zg",
    "Zg=",
    "Zg===",
    "Zg====",
    "Z",
    "Z===",
    "Zm8",
    "Zm8==",
    "Zm9v=",
    "Zm9v====",
    "=",
    "==",
    "===",
    "====",
    "=Zg=",
    "Z=g=",
    "Zg=A",
    "Zg==Zg==",
    "Zm9vYg==Zm9v", // padding
    " Zg==",
    "Zg== ",
    "Z g=",
    "Zm9v\n",
    "\nZm9v",
    "Zm\n9",
    "Zm9v\r\n",
    "Zm9\t",
    "Zm9v    ", // white space
    "Zh==",
    "Zi==",
    "Zv==",
    "Zm9=",
    "Zn9=",
    "////////Zh==", // bits that belong to no byte
    "-_-_",
    "Zm9-",
    "Zm9_",
    "Zm9.",
    "Zm9,",
    "Zm9!",
    "Zm9*",
    "Zm9\0",
    "Zm9@",
    "Zm9[",
    "Zm9`",
    "Zm9{", // alphabet
    "Zm9é",
    "Zm9Ａ",
    "Zm9\u{1f600}",
    "Zm9\u0130",
    "Zm9\u017a",
    "Zm9\ud800",
    "%3D%3D", // beyond ASCII
  ];
  for (const text of rows) {
    assert.throws(() => decodeBase64(text), FormatError, JSON.stringify(text));
  }
});

Deno.test("decodeBase64Url refuses every text but the one that encodeBase64Url writes", () => {
  const rows = [
    "Z",
    "Zm9vZ",
    "=",
    "Zg==",
    "Zg=",
    "Zm8=",
    "Zm9v=", // length and padding
    " Zg",
    "Zg ",
    "Zg\n",
    "Z\ng",
    "Zg\r\n",
    "Zm9v\t",
    "\u00a0Zg", // white space
    "Zh",
    "Zi",
    "Zv",
    "Zm9",
    "Zn_",
    "____Zh",
    "__9", // bits that belong to no byte
    "++//",
    "Zm9+",
    "Zm9/",
    "Zm.v",
    ".",
    "Zm9v.Zm9v",
    "Zm9,",
    "Zm9\0",
    "Zm9~",
    "Zm9é",
    "Zm9\u{1f600}", // alphabet
  ];
  for (const text of rows) {
    assert.throws(() => decodeBase64Url(text), FormatError, JSON.stringify(text));
  }
});

Deno.test("decodeBase64 says where a character does not belong", () => {
  assert.throws(() => decodeBase64("Zm9vYm\nFy="), /length is not a multiple of four/);
  assert.throws(() => decodeBase64("Zm9vYm\ny"), { format: "base64", offset: 6 });
  assert.throws(() => decodeBase64Url("Zm9v/mE"), { format: "base64", offset: 4 });
  assert.throws(() => decodeBase64Url("Zm9vYmF"), { format: "base64", offset: 6 });
});

Deno.test("decodeBase64 gives back what encodeBase64 was given, as other encoders write it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (some) => {
      const bytes = Uint8Array.from(some);
      assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString("base64"));
      assert.equal(encodeBase64Url(bytes), Buffer.from(bytes).toString("base64url"));
      assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
      assert.deepEqual(decodeBase64Url(encodeBase64Url(bytes)), bytes);
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodeBase64 and decodeBase64Url take a text only if encoding gives it back", () => {
  const alphabet = fc.constantFrom(..."ABgwQZaz09+/-_=", " ", "\n");
  const texts = fc.oneof(
    fc.string({ unit: alphabet, maxLength: 12 }),
    fc.string({ unit: "binary" }),
  );
  const pairs = [[decodeBase64, encodeBase64], [decodeBase64Url, encodeBase64Url]] as const;
  fc.assert(
    fc.property(texts, fc.constantFrom(...pairs), (text, [decode, encode]) => {
      try {
        assert.equal(encode(decode(text)), text);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("decodeBase64 reads four million characters", () => {
  const bytes = new Uint8Array(3 * 1024 * 1024).map((_, index) => index * 7);
  const text = encodeBase64(bytes);
  assert.equal(text.length, 4 * 1024 * 1024);
  assert.ok(Buffer.from(decodeBase64(text)).equals(Buffer.from(bytes)));
});
