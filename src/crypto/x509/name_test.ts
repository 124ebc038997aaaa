import assert from "node:assert/strict";
import type { Bytes } from "../bytes.ts";
import { readDer } from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { hex, integer, nothing, oid, sequence, set, text, tlv } from "../testing/der.ts";
import { type Name, readName } from "./name.ts";

const CN = oid("2.5.4.3");
const attribute = (value: Bytes, type = CN): Bytes => sequence(type, value);
const read = (...rdns: Bytes[]): Name => readName(readDer(sequence(...rdns)));
const valueOf = (value: Bytes): string | undefined =>
  read(set(attribute(value))).rdns[0]?.[0]?.value;

Deno.test("readName keeps order, multiple values and the bytes", () => {
  const rdns = [
    set(attribute(text(0x13, "SE"), oid("2.5.4.6"))),
    set(attribute(text(0x0c, "a")), attribute(text(0x0c, "b"), oid("2.5.4.11"))),
    set(attribute(text(0x0c, "c"))),
  ];
  const name = read(...rdns);
  assert.deepEqual(name.raw, sequence(...rdns));
  assert.deepEqual(
    name.rdns.map((rdn) => rdn.map((one) => [one.oid, one.value])),
    [[["2.5.4.6", "SE"]], [["2.5.4.3", "a"], ["2.5.4.11", "b"]], [["2.5.4.3", "c"]]],
  );
  assert.deepEqual(name.rdns[0]?.[0]?.rawValue, text(0x13, "SE"));
});

Deno.test("readName reads an empty name", () => {
  assert.deepEqual(read().rdns, []);
});

Deno.test("readName decodes every string type", () => {
  assert.equal(valueOf(text(0x0c, "Straße 漢")), "Straße 漢");
  assert.equal(valueOf(text(0x13, "A-z 0.9")), "A-z 0.9");
  assert.equal(valueOf(text(0x12, "12 34")), "12 34");
  assert.equal(valueOf(text(0x16, "a@b_c")), "a@b_c");
  assert.equal(valueOf(tlv(0x14, hex("c4e9"))), "Äé");
  assert.equal(valueOf(tlv(0x1e, hex("00416f22"))), "A漢");
  assert.equal(valueOf(text(0x0c, "")), "");
});

Deno.test("readName has no text for values of other types, but their bytes", () => {
  for (
    const value of [integer(5), nothing(), tlv(0x04, hex("41")), tlv(0x80, hex("41")), sequence()]
  ) {
    const [first] = read(set(attribute(value))).rdns[0] ?? [];
    assert.equal(first?.value, undefined);
    assert.deepEqual(first?.rawValue, value);
  }
});

Deno.test("readName refuses broken names", () => {
  const refused: [string, Bytes][] = [
    ["a SET of names", set()],
    ["a SEQUENCE in place of a relative name", sequence(sequence(attribute(text(0x0c, "a"))))],
    ["a relative name without attributes", sequence(set())],
    ["an attribute that is a SET", sequence(set(set(CN, text(0x0c, "a"))))],
    ["an attribute without type", sequence(set(sequence(text(0x0c, "a"))))],
    ["an attribute without value", sequence(set(sequence(CN)))],
    ["an attribute with two values", sequence(set(sequence(CN, nothing(), nothing())))],
    ["a type that is not an OID", sequence(set(sequence(integer(1), nothing())))],
    ["a primitive relative name", sequence(hex("1100"))],
    ["broken UTF-8", sequence(set(attribute(tlv(0x0c, hex("ff")))))],
    ["a surrogate in UTF-8", sequence(set(attribute(tlv(0x0c, hex("eda080")))))],
    ["a PrintableString with a semicolon", sequence(set(attribute(text(0x13, "a;b"))))],
    ["a PrintableString beyond ASCII", sequence(set(attribute(tlv(0x13, hex("c4")))))],
    ["a NumericString with a letter", sequence(set(attribute(text(0x12, "1a"))))],
    ["an IA5String beyond ASCII", sequence(set(attribute(tlv(0x16, hex("80")))))],
    ["a BMPString of three bytes", sequence(set(attribute(tlv(0x1e, hex("004100")))))],
    ["a BMPString with a surrogate", sequence(set(attribute(tlv(0x1e, hex("d83dde00")))))],
    ["a constructed UTF8String", sequence(set(attribute(tlv(0x2c, text(0x0c, "a")))))],
  ];
  for (const [what, bytes] of refused) {
    assert.throws(() => readName(readDer(bytes)), FormatError, what);
  }
});
