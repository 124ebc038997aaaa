import assert from "node:assert/strict";
import fc from "fast-check";
import { FormatError } from "../format_error.ts";
import { hex, text, tlv } from "../testing/der.ts";
import { readDer, TAG } from "./reader.ts";
import { readString } from "./strings.ts";

const read = (tag: number, content: string): string | undefined =>
  readString(readDer(tlv(tag, hex(content))));

Deno.test("readString decodes each string type", () => {
  assert.equal(read(TAG.utf8String, "c384e6bca2f09f9880"), "Ä漢😀");
  assert.equal(read(TAG.utf8String, "efbbbf61"), "\ufeffa");
  assert.equal(read(TAG.utf8String, "610062"), "a\u0000b");
  assert.equal(read(TAG.numericString, "313220"), "12 ");
  assert.equal(read(TAG.ia5String, "00407e7f"), "\u0000@~\u007f");
  assert.equal(read(TAG.teletexString, "41e4ff"), "Aäÿ");
  assert.equal(read(TAG.bmpString, "004100e46f22ffff"), "Aä漢\uffff");
  for (const tag of [12, 18, 19, 20, 22, 30]) assert.equal(read(tag, ""), "");
});

Deno.test("readString knows every character of PrintableString, and four that are common", () => {
  const printable = "ABCXYZabcxyz0189 '()+,-./:=?*@&_";
  assert.equal(readString(readDer(text(TAG.printableString, printable))), printable);
  const others = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
    .filter((character) => !/[A-Za-z0-9 '()+,\-./:=?*@&_]/.test(character));
  assert.equal(others.length, 256 - 62 - 12 - 4);
  for (const character of others) {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0");
    assert.throws(() => read(TAG.printableString, `61${code}`), FormatError, code);
  }
});

Deno.test("readString refuses bytes that a type does not have", () => {
  const refused: [number, string][] = [
    [TAG.utf8String, "ff"],
    [TAG.utf8String, "c3"],
    [TAG.utf8String, "c080"],
    [TAG.utf8String, "eda080"],
    [TAG.utf8String, "f4908080"],
    [TAG.printableString, "610a"],
    [TAG.numericString, "2d"],
    [TAG.numericString, "310a"],
    [TAG.numericString, "b2"],
    [TAG.ia5String, "80"],
    [TAG.ia5String, "61ff"],
    [TAG.bmpString, "00"],
    [TAG.bmpString, "004100"],
    [TAG.bmpString, "d800"],
    [TAG.bmpString, "dfff"],
    [TAG.bmpString, "d83dde00"],
  ];
  for (const [tag, content] of refused) {
    assert.throws(() => read(tag, content), FormatError, `${tag} ${content}`);
  }
});

Deno.test("readString has no text for other types and classes", () => {
  for (const bytes of ["0500", "020141", "040141", "1c0400000041", "1b0141", "800141", "4c0141"]) {
    assert.equal(readString(readDer(hex(bytes))), undefined, bytes);
  }
});

Deno.test("readString throws nothing but FormatError", () => {
  const tag = fc.constantFrom(12, 18, 19, 20, 22, 30);
  fc.assert(
    fc.property(tag, fc.uint8Array({ maxLength: 20 }), (type, noise) => {
      try {
        readString(readDer(tlv(type, new Uint8Array(noise))));
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
