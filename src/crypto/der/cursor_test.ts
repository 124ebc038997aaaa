import assert from "node:assert/strict";
import { FormatError } from "../format_error.ts";
import { hex, integer, nothing, octets, sequence, set } from "../testing/der.ts";
import { DerCursor, expectTag } from "./cursor.ts";
import { readDer, TAG } from "./reader.ts";

Deno.test("DerCursor takes parts in order, by their tags", () => {
  const cursor = new DerCursor(readDer(sequence(integer(1), hex("a000"), nothing())), "a thing");
  assert.equal(cursor.takeIf(TAG.null), undefined);
  assert.equal(cursor.takeContext(0), undefined);
  assert.deepEqual(cursor.take(TAG.integer, "number").value, hex("01"));
  assert.equal(cursor.takeContext(1), undefined);
  assert.equal(cursor.takeContext(0)?.tag, 0);
  assert.equal(cursor.takeAny()?.tag, TAG.null);
  assert.equal(cursor.takeAny(), undefined);
  cursor.end();
});

Deno.test("DerCursor tells classes apart where the numbers of tags are the same", () => {
  const context = new DerCursor(readDer(sequence(hex("820105"))), "a thing");
  assert.equal(context.takeIf(TAG.integer), undefined);
  assert.equal(context.takeContext(2)?.tag, 2);
  const universal = new DerCursor(readDer(sequence(integer(5))), "a thing");
  assert.equal(universal.takeContext(2), undefined);
  const application = new DerCursor(readDer(sequence(hex("420105"))), "a thing");
  assert.equal(application.takeContext(2), undefined);
  assert.equal(application.takeIf(TAG.integer), undefined);
});

Deno.test("DerCursor names the structure and the part that is missing or too many", () => {
  const cursor = new DerCursor(readDer(sequence(integer(1))), "a thing");
  assert.throws(
    () => cursor.take(TAG.oid, "identifier"),
    (error) => error instanceof FormatError && error.message.includes("a thing has no identifier"),
  );
  assert.throws(() => cursor.end(), /a thing has parts too many/);
});

Deno.test("DerCursor refuses elements that have no parts, and broken parts", () => {
  assert.throws(() => new DerCursor(readDer(octets()), "a thing"), FormatError);
  assert.throws(() => new DerCursor(readDer(sequence(hex("02"))), "a thing"), FormatError);
});

Deno.test("expectTag gives the element back, or refuses it", () => {
  const node = readDer(sequence());
  assert.equal(expectTag(node, TAG.sequence, "a thing"), node);
  for (const bytes of [set(), nothing(), hex("b000"), hex("7000")]) {
    assert.throws(
      () => expectTag(readDer(bytes), TAG.sequence, "a thing"),
      /a thing is of another/,
    );
  }
});
