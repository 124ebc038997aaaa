import assert from "node:assert/strict";
import type { Name } from "../crypto/mod.ts";
import { parseDistinguishedName } from "./distinguished_name.ts";
import { describeAmbiguity, subjectText } from "./subject_text.ts";

const OIDS: Record<string, string> = {
  C: "2.5.4.6",
  ST: "2.5.4.8",
  L: "2.5.4.7",
  street: "2.5.4.9",
  postalCode: "2.5.4.17",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  CN: "2.5.4.3",
  serialNumber: "2.5.4.5",
  emailAddress: "1.2.840.113549.1.9.1",
};

/** A name with one attribute in each RDN, from `TYPE=value` texts. */
function name(...attributes: readonly string[]): Name {
  return {
    raw: new Uint8Array(),
    rdns: attributes.map((attribute) => {
      const [type = "", value = ""] = attribute.split(/=(.*)/s);
      return [{ oid: OIDS[type] ?? type, value, rawValue: new Uint8Array() }];
    }),
  };
}

Deno.test("subjectText lays attributes out in one order, whatever the certificate's", () => {
  const subject = name(
    "CN=cn",
    "O=o",
    "OU=ou1",
    "OU=ou2",
    "L=l",
    "ST=st",
    "C=US",
    "emailAddress=a@b",
    "serialNumber=sn",
    "street=street",
    "postalCode=98052",
  );
  assert.equal(
    subjectText(subject),
    "SERIALNUMBER=sn,CN=cn,OU=ou1+OU=ou2,O=o,POSTALCODE=98052,STREET=street,L=l,ST=st,C=US,1.2.840.113549.1.9.1=#0c03614062",
  );
});

Deno.test("subjectText escapes what has a meaning", () => {
  const cases: Record<string, string> = {
    "a,b": "a\\,b",
    "a+b": "a\\+b",
    'a"b': 'a\\"b',
    "a\\b": "a\\\\b",
    "<a>": "\\<a\\>",
    "a;b": "a\\;b",
    " a ": "\\ a\\ ",
    "#a": "\\#a",
    "a#": "a#",
    "a=b": "a=b",
  };
  for (const [value, expected] of Object.entries(cases)) {
    assert.equal(subjectText(name(`O=${value}`)), `O=${expected}`);
  }
});

Deno.test("subjectText lets the last of several common names count, and leaves out an empty one", () => {
  assert.equal(subjectText(name("CN=a", "CN=b")), "CN=b");
  assert.equal(subjectText(name("O=o", "CN=")), "O=o");
});

Deno.test("subjectText writes an unrecognised attribute so that no identity can match it", () => {
  const text = subjectText(name("C=US", "ST=WA", "O=acme", "emailAddress=a@b"));
  assert.equal(parseDistinguishedName(text), "must not have a value that begins with #");
});

Deno.test("subjectText writes two units so that no identity can match them", () => {
  const text = subjectText(name("C=US", "ST=WA", "O=acme", "OU=a", "OU=b"));
  assert.equal(typeof parseDistinguishedName(text), "string");
});

Deno.test("subjectText is read back as it was", () => {
  for (const value of ["a,b", " a ", "a=b", "#a", "a\\,b", "é+ü"]) {
    const parsed = parseDistinguishedName(subjectText(name("C=US", "ST=WA", `O=${value}`)));
    assert.equal(typeof parsed === "string" ? parsed : parsed.get("O"), value);
  }
});

Deno.test("describeAmbiguity refuses what would be judged by a part only", () => {
  assert.equal(describeAmbiguity(name("C=US", "CN=a")), undefined);
  assert.equal(describeAmbiguity(name("CN=a", "CN=b")), "CN occurs more than once");
  assert.equal(
    describeAmbiguity(name("serialNumber=1", "serialNumber=2")),
    "SERIALNUMBER occurs more than once",
  );
  const shared: Name = { raw: new Uint8Array(), rdns: [name("O=acme", "CN=a").rdns.flat()] };
  assert.equal(describeAmbiguity(shared), "it has an RDN with several attributes");
  const binary: Name = {
    raw: new Uint8Array(),
    rdns: [[{ oid: "2.5.4.10", value: undefined, rawValue: Uint8Array.of(0x02, 0x01, 0x01) }]],
  };
  assert.equal(describeAmbiguity(binary), "attribute O is not a string");
});
