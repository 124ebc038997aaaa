import assert from "node:assert/strict";
import fc from "fast-check";
import type { Bytes } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { hex, text, tlv } from "../testing/der.ts";
import { readDer } from "./reader.ts";
import { readTime } from "./time.ts";

const utc = (time: string): Bytes => text(0x17, time);
const generalized = (time: string): Bytes => text(0x18, time);
const read = (bytes: Bytes): string => readTime(readDer(bytes)).toISOString();

Deno.test("readTime reads both types, with the centuries of RFC 5280", () => {
  const cases: [Bytes, string][] = [
    [utc("500101000000Z"), "1950-01-01T00:00:00.000Z"],
    [utc("991231235959Z"), "1999-12-31T23:59:59.000Z"],
    [utc("000101000000Z"), "2000-01-01T00:00:00.000Z"],
    [utc("491231235959Z"), "2049-12-31T23:59:59.000Z"],
    [utc("240229120000Z"), "2024-02-29T12:00:00.000Z"],
    [generalized("20500101000000Z"), "2050-01-01T00:00:00.000Z"],
    [generalized("99991231235959Z"), "9999-12-31T23:59:59.000Z"],
    [generalized("20000229000000Z"), "2000-02-29T00:00:00.000Z"],
    [generalized("19491231235959Z"), "1949-12-31T23:59:59.000Z"],
    [generalized("00500101000000Z"), "0050-01-01T00:00:00.000Z"],
  ];
  for (const [bytes, time] of cases) assert.equal(read(bytes), time);
});

Deno.test("readTime refuses other spellings, and dates that no calendar has", () => {
  const refused: Bytes[] = [
    ...[
      "",
      "2401010000Z",
      "240101000000",
      "240101000000z",
      "240101000000+0000",
      "240101000000-0100",
      "240101000000.0Z",
      "20240101000000Z",
      " 240101000000Z",
      "240101000000Z ",
      "240101000000Z\n",
      "24010100000aZ",
      "+40101000000Z",
      "240001000000Z",
      "241301000000Z",
      "240100000000Z",
      "240132000000Z",
      "240431000000Z",
      "230229000000Z",
      "240230000000Z",
      "240101240000Z",
      "240101006000Z",
      "240101000060Z",
    ].map(utc),
    ...[
      "",
      "240101000000Z",
      "202401010000Z",
      "20240101000000",
      "20240101000000.5Z",
      "20240101000000,5Z",
      "20240101000000+0000",
      "20230229000000Z",
      "19000229000000Z",
      "21000229000000Z",
      "20240101250000Z",
      "20240101000060Z",
      "020240101000000Z",
      "20240101000000Z".repeat(10),
    ].map(generalized),
    tlv(0x17, hex("b2343031303130303030305a")),
    text(0x0c, "240101000000Z"),
    text(0x16, "240101000000Z"),
    text(0x97, "240101000000Z"),
    text(0x98, "20240101000000Z"),
  ];
  for (const bytes of refused) {
    assert.throws(
      () => readTime(readDer(bytes)),
      (error) => error instanceof FormatError && error.format === "time",
      new TextDecoder().decode(bytes),
    );
  }
});

Deno.test("readTime is the inverse of writing", () => {
  const seconds = fc.integer({ min: -631_152_000, max: 253_402_300_799 });
  fc.assert(
    fc.property(seconds, (since) => {
      const time = new Date(since * 1000).toISOString().replace(".000", "");
      const digits = time.replace(/[-:T]/g, "");
      assert.equal(read(generalized(digits)).replace(".000", ""), time);
      if (time < "2050") assert.equal(read(utc(digits.slice(2))).replace(".000", ""), time);
    }),
    { numRuns: 300 },
  );
});

Deno.test("readTime throws nothing but FormatError", () => {
  const character = fc.constantFrom(..."0123456789Z+-. ");
  fc.assert(
    fc.property(fc.array(character, { maxLength: 16 }), (characters) => {
      for (const bytes of [utc(characters.join("")), generalized(characters.join(""))]) {
        try {
          readTime(readDer(bytes));
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});
