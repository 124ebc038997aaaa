import assert from "node:assert/strict";
import { decodeUtf8, encodeUtf8, FormatError } from "../../crypto/mod.ts";
import { findSubject, parseStatement, preAuthenticationEncoding } from "./statement.ts";

const GOOD = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "a", digest: { sha256: "ab", sha512: "cd" }, annotations: { x: "y" } }],
  predicateType: "https://example.com/p",
  predicate: { a: 1 },
};

const parse = (value: unknown): ReturnType<typeof parseStatement> =>
  parseStatement(encodeUtf8(JSON.stringify(value)));

Deno.test("preAuthenticationEncoding is that of DSSE v1, with lengths in bytes", () => {
  const encoded = preAuthenticationEncoding(
    "http://example.com/HelloWorld",
    encodeUtf8("hello world"),
  );
  assert.equal(decodeUtf8(encoded), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  assert.equal(decodeUtf8(preAuthenticationEncoding("ä", encodeUtf8("ö"))), "DSSEv1 2 ä 2 ö");
});

Deno.test("parseStatement reads both versions, and findSubject wants algorithm and digest", () => {
  for (const _type of [GOOD._type, "https://in-toto.io/Statement/v0.1"]) {
    const statement = parse({ ...GOOD, _type });
    assert.deepEqual({ ...statement.predicate as object }, { a: 1 });
    assert.deepEqual({ ...findSubject(statement, "sha256:ab")?.annotations }, { x: "y" });
    assert.notEqual(findSubject(statement, "sha512:cd"), undefined);
    for (const digest of ["sha256:cd", "sha384:ab", "sha256:AB", "ab", "sha256:"]) {
      assert.equal(findSubject(statement, digest), undefined, digest);
    }
  }
  assert.equal(parse({ ...GOOD, predicate: undefined }).predicate, null);
});

const BROKEN: Readonly<Record<string, unknown>> = {
  "a list": [],
  "no type": { ...GOOD, _type: undefined },
  "another type": { ...GOOD, _type: "https://in-toto.io/Statement/v2" },
  "no predicate type": { ...GOOD, predicateType: undefined },
  "an empty predicate type": { ...GOOD, predicateType: "" },
  "no subjects": { ...GOOD, subject: [] },
  "a subject that is no list": { ...GOOD, subject: {} },
  "a subject without digest": { ...GOOD, subject: [{ name: "a" }] },
  "an empty digest": { ...GOOD, subject: [{ digest: {} }] },
  "a digest that is no text": { ...GOOD, subject: [{ digest: { sha256: 1 } }] },
  "too many subjects": { ...GOOD, subject: Array(1025).fill(GOOD.subject[0]) },
  "too many digests": {
    ...GOOD,
    subject: [{ digest: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, "b"])) }],
  },
};

for (const [name, value] of Object.entries(BROKEN)) {
  Deno.test(`parseStatement refuses ${name}`, () => {
    assert.throws(() => parse(value), FormatError);
  });
}
