import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDistinguishedName } from "./distinguished_name.ts";

function parsed(text: string): Record<string, string> {
  const name = parseDistinguishedName(text);
  assert.notEqual(typeof name, "string", `${text}: ${name}`);
  return Object.fromEntries(name as Map<string, string>);
}

Deno.test("parseDistinguishedName reads attributes in any order", () => {
  const expected = { C: "US", ST: "WA", O: "acme", CN: "builder" };
  for (
    const text of [
      "C=US, ST=WA, O=acme, CN=builder",
      " CN=builder,O=acme,ST=WA,C=US ",
      "C=US;ST=WA;O=acme;CN=builder",
      "C = US , ST = WA , O = acme , CN = builder",
      "C=US,S=WA,O=acme,CN=builder",
    ]
  ) assert.deepEqual(parsed(text), expected, text);
});

Deno.test("parseDistinguishedName undoes escapes", () => {
  const cases: Record<string, string> = {
    "a\\,b": "a,b",
    "a\\+b": "a+b",
    "a\\=b": "a=b",
    "a=b": "a=b",
    "a\\\\": "a\\",
    "\\ a\\ ": " a ",
    "\\#a": "#a",
    "\\41\\42": "AB",
    "\\c3\\a9": "é",
    'a"b': 'a"b',
    "é": "é",
    "😀": "😀",
    "a\\;b\\<c\\>d": "a;b<c>d",
  };
  for (const [value, expected] of Object.entries(cases)) {
    assert.equal(parsed(`C=US,ST=WA,O=${value}`)["O"], expected, value);
  }
});

const INVALID: Record<string, string> = {
  "nothing": "",
  "only blanks": "   ",
  "no pair": "acme",
  "a missing C": "ST=WA,O=acme",
  "a missing ST": "C=US,O=acme",
  "a missing O": "C=US,ST=WA",
  "an empty O": "C=US,ST=WA,O=",
  "a blank O": "C=US,ST=WA,O=  ",
  "lower-case types": "c=US,st=WA,o=acme",
  "a repeated attribute": "C=US,ST=WA,O=acme,O=other",
  "S beside ST": "C=US,ST=WA,S=WA,O=acme",
  "a repeated CN": "C=US,ST=WA,O=acme,CN=a,CN=b",
  "a multi-valued RDN": "C=US,ST=WA,O=acme+OU=a",
  "a hexadecimal value": "C=US,ST=WA,O=acme,CN=#0c0161",
  "a trailing comma": "C=US,ST=WA,O=acme,",
  "a leading comma": ",C=US,ST=WA,O=acme",
  "two commas": "C=US,,ST=WA,O=acme",
  "an attribute without type": "C=US,ST=WA,O=acme,=x",
  "an unknown escape": "C=US,ST=WA,O=ac\\zme",
  "a cut-off escape": "C=US,ST=WA,O=acme\\",
  "one hexadecimal digit": "C=US,ST=WA,O=acme\\4",
  "an escape that is no UTF-8": "C=US,ST=WA,O=\\ff",
  "too much": `C=US,ST=WA,O=${"a".repeat(5000)}`,
};

for (const [what, text] of Object.entries(INVALID)) {
  Deno.test(`parseDistinguishedName refuses ${what}`, () => {
    assert.equal(typeof parseDistinguishedName(text), "string");
  });
}

Deno.test("parseDistinguishedName reads back every value that was escaped", () => {
  const escape = (value: string): string =>
    Array.from(new TextEncoder().encode(value), (byte) => `\\${byte.toString(16).padStart(2, "0")}`)
      .join("");
  const value = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(value, (organisation) => {
      assert.equal(parsed(`C=US,ST=WA,O=${escape(organisation)}`)["O"], organisation);
    }),
    { numRuns: 300 },
  );
});

Deno.test("parseDistinguishedName answers every text with a name or a sentence", () => {
  const text = fc.string({
    unit: fc.constantFrom("C", "=", ",", "\\", "+", " ", "#", "O", "ST", ";", "4", "é"),
  });
  fc.assert(
    fc.property(text, (anything) => {
      const name = parseDistinguishedName(anything);
      assert.ok(typeof name === "string" || name.has("C"));
    }),
    { numRuns: 1000 },
  );
});
