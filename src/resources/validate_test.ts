import assert from "node:assert/strict";
import fc from "fast-check";
import * as z from "zod";
import { formatPath } from "./problem.ts";
import { azureKeyVaultParameters } from "./schema/cloud_keys.ts";
import { providerSpec } from "./schema/key_management_provider.ts";
import { cosignParameters } from "./schema/cosign.ts";
import { notationParameters } from "./schema/notation.ts";
import { orasParameters } from "./schema/store.ts";
import { validate } from "./validate.ts";

const schema = z.strictObject({
  text: z.string().optional(),
  full: z.string().min(1).optional(),
  count: z.int().min(1).max(10).optional(),
  flag: z.boolean().optional(),
  word: z.enum(["any", "all"]).optional(),
  only: z.literal("1.0.0").optional(),
  list: z.array(z.string()).min(1).max(2).optional(),
  inner: z.strictObject({ name: z.string() }).optional(),
  map: z.record(z.string(), z.int()).optional(),
  words: z.partialRecord(z.enum(["expiry", "revocation"]), z.string()).optional(),
  either: z.union([z.string(), z.array(z.string())]).optional(),
  address: z.url().optional(),
});

/** The issues of a value, as `path: message`. */
function issues(value: unknown): string[] {
  const result = validate(schema, value);
  return result.ok
    ? []
    : result.issues.map(({ path, message, atKey }) =>
      `${formatPath(path)}${atKey ? "^" : ""}: ${message}`
    );
}

Deno.test("validate gives the value when it fits", () => {
  const values: readonly Readonly<Record<string, unknown>>[] = [
    {},
    { text: "", full: "a", count: 10, flag: false, word: "all", only: "1.0.0", list: ["a", "b"] },
    { inner: { name: "" }, map: { a: 1 }, words: { expiry: "x" }, either: [], address: "a:b" },
    { either: "a" },
  ];
  for (const value of values) assert.deepEqual(validate(schema, value), { ok: true, value });
});

Deno.test("validate says what is wrong and what would be right", () => {
  const cases: readonly (readonly [unknown, readonly string[]])[] = [
    [null, [": must be an object; found nothing (null)"]],
    [undefined, [": is missing: an object is required"]],
    [[], [": must be an object; found a list"]],
    ["x", [': must be an object; found "x"']],
    [{ text: 1 }, ["text: must be text; found 1: put it in quotes"]],
    [{ text: true }, ["text: must be text; found true"]],
    [{ text: null }, ["text: must be text; found nothing (null)"]],
    [{ full: "" }, ["full: must not be empty"]],
    [{ count: "5" }, ['count: must be a number; found "5"']],
    [{ count: 0.5 }, [
      "count: must be a whole number; found 0.5",
    ]],
    [{ count: 0 }, ["count: must be at least 1; found 0"]],
    [{ count: 11 }, ["count: must be at most 10; found 11"]],
    [{ count: NaN }, ["count: must be a number; found NaN"]],
    [{ flag: "yes" }, ['flag: must be true or false; found "yes"']],
    [{ word: "Any" }, ['word: must be one of any, all; found "Any" (did you mean any?)']],
    [{ word: "most" }, ['word: must be one of any, all; found "most"']],
    [{ word: 1 }, ["word: must be one of any, all; found 1"]],
    [{ only: "2.0.0" }, ['only: must be 1.0.0; found "2.0.0" (did you mean 1.0.0?)']],
    [{ list: [] }, ["list: must have at least 1 entry"]],
    [{ list: ["a", "b", "c"] }, ["list: must have at most 2 entries"]],
    [{ list: ["a", 2] }, ["list[1]: must be text; found 2: put it in quotes"]],
    [{ list: { 0: "a" } }, ["list: must be a list; found an object"]],
    [{ inner: {} }, ["inner.name: is missing: text is required"]],
    [{ inner: { name: "a", nam: 1 } }, [
      "inner.nam^: is not a known field; did you mean name?",
    ]],
    [{ map: { "a/b": "x" } }, ['map["a/b"]: must be a number; found "x"']],
    [{ words: { expire: "x" } }, ["words.expire^: is not a known field; did you mean expiry?"]],
    [{ words: { x: "x" } }, ["words.x^: is not a known field; known are expiry, revocation"]],
    [{ either: 5 }, ["either: must be text or a list; found 5"]],
    [{ either: ["a", 5] }, ["either[1]: must be text; found 5: put it in quotes"]],
    [{ address: "example.com" }, ['address: must be a URL; found "example.com"']],
    [{ Text: "a" }, ["Text^: is not a known field; did you mean text?"]],
    [{ flags: true, count: 0, other: 1 }, [
      "count: must be at least 1; found 0",
      "flags^: is not a known field; did you mean flag?",
      `other^: is not a known field; known are ${Object.keys(schema.shape).join(", ")}`,
    ]],
  ];
  for (const [value, expected] of cases) {
    assert.deepEqual(issues(value), expected, JSON.stringify(value));
  }
});

Deno.test("validate never repeats PEM text", () => {
  const value = "-----BEGIN PRIVATE KEY-----\nMIGH";
  assert.deepEqual(issues({ word: value }), ["word: must be one of any, all; found PEM text"]);
});

Deno.test("validate tells a bounded number of unknown members", () => {
  const value = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`a${index}`, 1]));
  assert.equal(issues(value).length, 300);
});

Deno.test("validate answers any value for every schema", () => {
  const schemas = [
    providerSpec,
    azureKeyVaultParameters,
    cosignParameters,
    notationParameters,
    orasParameters,
  ];
  const members = schemas.flatMap((one) => Object.keys(one.shape));
  const key = fc.oneof(fc.constantFrom(...members), fc.string());
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.constantFrom(...schemas), value, (one, input) => {
      const result = validate(one, input);
      if (result.ok) return;
      assert.ok(result.issues.length > 0);
      for (const { message } of result.issues) {
        assert.match(message, /^(?:must|is|Invalid input)/);
        assert.ok(message.length < 1000);
      }
    }),
    { numRuns: 500 },
  );
});
