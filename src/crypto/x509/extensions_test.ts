import assert from "node:assert/strict";
import type { Bytes } from "../bytes.ts";
import { readDer } from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import {
  boolean,
  explicit,
  hex,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  text,
  tlv,
} from "../testing/der.ts";
import {
  type Extension,
  type KnownExtensions,
  readExtensions,
  readKnownExtensions,
} from "./extensions.ts";

const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const CRL_POINTS = "2.5.29.31";
const PURPOSES = "2.5.29.37";
const ACCESS = "1.3.6.1.5.5.7.1.1";
const OCSP = oid("1.3.6.1.5.5.7.48.1");
const CA_ISSUERS = oid("1.3.6.1.5.5.7.48.2");

const uri = (address: string): Bytes => text(0x86, address);
const list = (...extensions: Bytes[]): Extension[] =>
  readExtensions(readDer(sequence(...extensions)));
const known = (id: string, value: Bytes, critical = false): KnownExtensions =>
  readKnownExtensions([{ oid: id, critical, value }]);

Deno.test("readExtensions reads identifier, criticality and value in order", () => {
  assert.deepEqual(
    list(
      sequence(oid("1.2.3"), octets(hex("01"))),
      sequence(oid("1.2.4"), boolean(true), octets()),
    ),
    [
      { oid: "1.2.3", critical: false, value: hex("01") },
      { oid: "1.2.4", critical: true, value: new Uint8Array() },
    ],
  );
});

Deno.test("readExtensions refuses broken lists", () => {
  const one = sequence(oid("1.2.3"), octets());
  const refused: [string, Bytes][] = [
    ["an empty list", sequence()],
    ["a SET", set(one)],
    ["an extension twice", sequence(one, one)],
    [
      "an extension twice, once critical",
      sequence(one, sequence(oid("1.2.3"), boolean(true), octets())),
    ],
    ["an extension that is a SET", sequence(set(oid("1.2.3"), octets()))],
    ["no identifier", sequence(sequence(octets()))],
    ["no value", sequence(sequence(oid("1.2.3")))],
    ["no value but a flag", sequence(sequence(oid("1.2.3"), boolean(true)))],
    ["two values", sequence(sequence(oid("1.2.3"), octets(), octets()))],
    ["the default written out", sequence(sequence(oid("1.2.3"), boolean(false), octets()))],
    ["a flag of 01", sequence(sequence(oid("1.2.3"), hex("010101"), octets()))],
    ["a flag after the value", sequence(sequence(oid("1.2.3"), octets(), boolean(true)))],
    ["a BIT STRING as value", sequence(sequence(oid("1.2.3"), tlv(3, hex("00"))))],
    ["a NULL as extension", sequence(nothing())],
  ];
  for (const [what, bytes] of refused) {
    assert.throws(() => readExtensions(readDer(bytes)), FormatError, what);
  }
});

Deno.test("readKnownExtensions has nothing for a certificate without them", () => {
  const unknown = readKnownExtensions([{ oid: "1.2.3", critical: true, value: hex("ff") }]);
  assert.deepEqual(unknown, { ocspUrls: [], crlUrls: [], namesFreshestCrl: false });
});

Deno.test("readKnownExtensions reads basicConstraints", () => {
  const read = (...parts: Bytes[]): unknown =>
    known(BASIC_CONSTRAINTS, sequence(...parts), true).basicConstraints;
  assert.deepEqual(read(), { critical: true, ca: false, pathLength: undefined });
  assert.deepEqual(read(boolean(true)), { critical: true, ca: true, pathLength: undefined });
  assert.deepEqual(read(boolean(true), integer(0)), { critical: true, ca: true, pathLength: 0 });
  assert.deepEqual(read(boolean(true), integer(300)), {
    critical: true,
    ca: true,
    pathLength: 300,
  });
  assert.deepEqual(read(boolean(false)), { critical: true, ca: false, pathLength: undefined });
});

Deno.test("readKnownExtensions reads keyUsage by the names of RFC 5280", () => {
  const read = (bits: string): string[] => [
    ...known(KEY_USAGE, hex(bits)).keyUsage?.usages ?? [],
  ];
  assert.deepEqual(read("03020780"), ["digitalSignature"]);
  assert.deepEqual(read("030206c0"), ["digitalSignature", "contentCommitment"]);
  assert.deepEqual(read("03020520"), ["keyEncipherment"]);
  assert.deepEqual(read("03020410"), ["dataEncipherment"]);
  assert.deepEqual(read("03020308"), ["keyAgreement"]);
  assert.deepEqual(read("03020204"), ["keyCertSign"]);
  assert.deepEqual(read("03020106"), ["keyCertSign", "cRLSign"]);
  assert.deepEqual(read("03020001"), ["encipherOnly"]);
  assert.deepEqual(read("0303070080"), ["decipherOnly"]);
  assert.deepEqual(read("030100"), []);
  assert.equal(known(KEY_USAGE, hex("03020780"), true).keyUsage?.critical, true);
});

Deno.test("readKnownExtensions reads extendedKeyUsage in order", () => {
  const value = sequence(oid("1.3.6.1.5.5.7.3.3"), oid("2.5.29.37.0"));
  assert.deepEqual(known(PURPOSES, value).extendedKeyUsage, {
    critical: false,
    purposes: ["1.3.6.1.5.5.7.3.3", "2.5.29.37.0"],
  });
});

Deno.test("readKnownExtensions takes the URIs of OCSP responders from authorityInfoAccess", () => {
  const value = sequence(
    sequence(OCSP, uri("http://ocsp.example/1")),
    sequence(CA_ISSUERS, uri("http://ca.example/ca.crt")),
    sequence(OCSP, tlv(0x82, hex("61"))),
    sequence(OCSP, tlv(0xa6, tlv(0x16, hex("61")))),
    sequence(OCSP, uri("http://ocsp.example/2")),
  );
  assert.deepEqual(known(ACCESS, value).ocspUrls, [
    "http://ocsp.example/1",
    "http://ocsp.example/2",
  ]);
});

Deno.test("readKnownExtensions takes the URIs of cRLDistributionPoints", () => {
  const point = (...names: Bytes[]): Bytes => sequence(explicit(0, explicit(0, ...names)));
  const value = sequence(
    point(uri("http://crl.example/1"), uri("ldap://crl.example/1")),
    point(explicit(4, sequence())),
    sequence(explicit(0, explicit(1, sequence(oid("2.5.4.3"), text(0x0c, "a"))))),
    sequence(tlv(0x81, hex("0780")), explicit(2, explicit(4, sequence()))),
    point(uri("http://crl.example/2")),
  );
  assert.deepEqual(known(CRL_POINTS, value).crlUrls, [
    "http://crl.example/1",
    "ldap://crl.example/1",
    "http://crl.example/2",
  ]);
});

Deno.test("readKnownExtensions refuses broken values", () => {
  const refused: [string, string, Bytes][] = [
    ["nothing", BASIC_CONSTRAINTS, new Uint8Array()],
    ["bytes after it", BASIC_CONSTRAINTS, hex("300000")],
    ["a BOOLEAN alone", BASIC_CONSTRAINTS, boolean(true)],
    ["a flag of 01", BASIC_CONSTRAINTS, sequence(hex("010101"))],
    ["parts out of order", BASIC_CONSTRAINTS, sequence(integer(0), boolean(true))],
    ["a negative path length", BASIC_CONSTRAINTS, sequence(boolean(true), integer(-1))],
    ["a huge path length", BASIC_CONSTRAINTS, sequence(boolean(true), integer(1n << 40n))],
    ["a third part", BASIC_CONSTRAINTS, sequence(boolean(true), integer(0), nothing())],
    ["a SEQUENCE", KEY_USAGE, sequence()],
    ["an OCTET STRING", KEY_USAGE, octets(hex("80"))],
    ["no count of unused bits", KEY_USAGE, hex("0300")],
    ["eight unused bits", KEY_USAGE, hex("03020880")],
    ["unused bits that are set", KEY_USAGE, hex("03020781")],
    ["more bits than usages", KEY_USAGE, hex("030400000001")],
    ["bytes after it", KEY_USAGE, hex("0302078000")],
    ["no purposes", PURPOSES, sequence()],
    ["a purpose that is not an OID", PURPOSES, sequence(integer(1))],
    ["an OID alone", PURPOSES, oid("1.3.6.1.5.5.7.3.3")],
    ["an OID alone", ACCESS, OCSP],
    ["an access description that is an OID", ACCESS, sequence(OCSP)],
    ["an access description without method", ACCESS, sequence(sequence(uri("http://a")))],
    ["an access description of three parts", ACCESS, sequence(sequence(OCSP, uri("a"), uri("b")))],
    ["a responder beyond ASCII", ACCESS, sequence(sequence(OCSP, uri("http://ä")))],
    ["an OCTET STRING", CRL_POINTS, octets()],
    ["a distribution point that is a NULL", CRL_POINTS, sequence(nothing())],
    ["a primitive name", CRL_POINTS, sequence(sequence(tlv(0x80, hex("61"))))],
    ["a primitive full name", CRL_POINTS, sequence(sequence(explicit(0, tlv(0x80, hex("61")))))],
    [
      "an address beyond ASCII",
      CRL_POINTS,
      sequence(sequence(explicit(0, explicit(0, uri("http://ä"))))),
    ],
  ];
  for (const [what, id, value] of refused) {
    assert.throws(() => known(id, value), FormatError, `${id}: ${what}`);
  }
});
