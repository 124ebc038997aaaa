import assert from "node:assert/strict";
import { decode, encode, Tag } from "cbor2";
import fc from "fast-check";
import { type Bytes, concatBytes, toHex } from "./bytes.ts";
import { type CborLimits, type CborTag, type CborValue, parseCbor } from "./cbor.ts";
import { FormatError } from "./format_error.ts";
import { hex } from "./testing/der.ts";

const VALID: readonly (readonly [string, CborValue])[] = [
  // Integers (RFC 8949 Appendix A)
  ["00", 0],
  ["0a", 10],
  ["17", 23],
  ["1818", 24],
  ["18ff", 255],
  ["190100", 256],
  ["19ffff", 65535],
  ["1a00010000", 65536],
  ["1affffffff", 4294967295],
  ["1b0000000100000000", 4294967296],
  ["1b000000e8d4a51000", 1000000000000],
  ["1b001fffffffffffff", 9007199254740991],
  ["1b0020000000000000", 9007199254740992n],
  ["1bffffffffffffffff", 18446744073709551615n],
  ["20", -1],
  ["37", -24],
  ["3818", -25],
  ["3863", -100],
  ["3903e7", -1000],
  ["3b001ffffffffffffe", -9007199254740991],
  ["3b001fffffffffffff", -9007199254740992n],
  ["3bffffffffffffffff", -18446744073709551616n],
  // Byte strings
  ["40", hex("")],
  ["4401020304", hex("01020304")],
  ["5801ff", hex("ff")],
  ["590001ff", hex("ff")],
  ["5a00000001ff", hex("ff")],
  ["5b0000000000000001ff", hex("ff")],
  // Text strings
  ["60", ""],
  ["6161", "a"],
  ["62c3bc", "ü"],
  ["64f0908591", "\u{10151}"],
  ["63efbbbf", "\ufeff"],
  ["6100", "\0"],
  // Arrays, maps, tags
  ["80", []],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["a0", new Map()],
  ["a201020304", new Map([[1, 2], [3, 4]])],
  ["a202010101", new Map([[2, 1], [1, 1]])],
  ["a26161016162820203", new Map<string, CborValue>([["a", 1], ["b", [2, 3]]])],
  ["a220016131f5", new Map<number | string, CborValue>([[-1, 1], ["1", true]])],
  ["a20101613102", new Map<number | string, CborValue>([[1, 1], ["1", 2]])],
  ["a1695f5f70726f746f5f5f01", new Map([["__proto__", 1]])],
  ["a11bffffffffffffffff00", new Map([[18446744073709551615n, 0]])],
  ["c11a514b67b0", { tag: 1, value: 1363896240 }],
  ["c074323031332d30332d32315432303a30343a30305a", { tag: 0, value: "2013-03-21T20:04:00Z" }],
  ["d280", { tag: 18, value: [] }],
  ["d8ffa0", { tag: 255, value: new Map() }],
  ["c2410f", { tag: 2, value: hex("0f") }],
  ["dbffffffffffffffff00", { tag: 18446744073709551615n, value: 0 }],
  // Simple values and floats
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["f90000", { float: 0 }],
  ["f98000", { float: -0 }],
  ["f93c00", { float: 1 }],
  ["f93e00", { float: 1.5 }],
  ["f90001", { float: 5.960464477539063e-8 }],
  ["f9fbff", { float: -65504 }],
  ["fa47c35000", { float: 100000 }],
  ["fb3ff199999999999a", { float: 1.1 }],
  ["f97c00", { float: Infinity }],
  ["f9fc00", { float: -Infinity }],
  ["fb7ff0000000000000", { float: Infinity }],
  ["f97e00", { float: NaN }],
  ["fb7ff8000000000000", { float: NaN }],
];

Deno.test("parseCbor reads definite items in their shortest form", () => {
  for (const [encoded, expected] of VALID) {
    assert.deepEqual(parseCbor(hex(encoded)), expected, encoded);
  }
});

Deno.test("parseCbor copies byte strings out of the input", () => {
  const input = hex("8241aa41bb");
  const [first] = parseCbor(input) as Bytes[];
  input.fill(0);
  assert.deepEqual(first, hex("aa"));
});

Deno.test("parseCbor reads a view into a larger buffer", () => {
  const view = hex("ffff831903e8fb3ff199999999999a41aaff").subarray(2, 17);
  assert.deepEqual(parseCbor(view), [1000, { float: 1.1 }, hex("aa")]);
});

/** Input, what the message says, and where the reader stood. */
const INVALID: readonly (readonly [string, RegExp, number?])[] = [
  ["", /cut off/, 0],
  // More than one item
  ["0000", /bytes after the item/, 1],
  ["8000", /bytes after the item/, 1],
  ["d28000", /bytes after the item/, 2],
  ["f6f6", /bytes after the item/, 1],
  // Cut off
  ["18", /cut off/],
  ["1900", /cut off/],
  ["1a000000", /cut off/],
  ["1b00000000000000", /cut off/],
  ["41", /cut off/],
  ["5803aabb", /cut off/],
  ["61", /cut off/],
  ["81", /cut off/],
  ["8200", /cut off/],
  ["a1", /cut off/],
  ["a101", /cut off/],
  ["d2", /cut off/],
  ["d8", /cut off/],
  ["f9", /cut off/],
  ["fa000000", /cut off/],
  ["fb00000000000000", /cut off/],
  // Claims that no memory has
  ["5b4000000000000000", /cut off/],
  ["5bffffffffffffffff", /cut off/],
  ["5affffffff00", /cut off/],
  ["7b7fffffffffffffff", /cut off/],
  ["9affffffff", /cut off/],
  // These are refused at once, not after what is there was read.
  ["9affffffff0000", /cut off/, 5],
  ["a2000000", /cut off/, 1],
  ["9bffffffffffffffff", /cut off/],
  ["9b001fffffffffffff00", /cut off/],
  ["baffffffff", /cut off/],
  ["bbffffffffffffffff", /cut off/],
  ["82ff00", /simple value/],
  // Not the shortest form
  ["1801", /shortest/],
  ["1817", /shortest/],
  ["190001", /shortest/],
  ["1900ff", /shortest/],
  ["1a0000ffff", /shortest/],
  ["1b00000000ffffffff", /shortest/],
  ["3817", /shortest/],
  ["3900ff", /shortest/],
  ["7800", /shortest/],
  ["780161", /shortest/],
  ["98010a", /shortest/],
  ["980100", /shortest/],
  ["b8010000", /shortest/],
  ["d81280", /shortest/],
  ["d9001280", /shortest/],
  // Indefinite lengths and reserved numbers
  ["5f4101ff", /indefinite or reserved/],
  ["7f6161ff", /indefinite or reserved/],
  ["9f01ff", /indefinite or reserved/],
  ["bf0101ff", /indefinite or reserved/],
  ["1c", /indefinite or reserved/],
  ["3d", /indefinite or reserved/],
  ["5e", /indefinite or reserved/],
  ["1f", /indefinite or reserved/],
  ["df00", /indefinite or reserved/],
  ["ff", /simple value/],
  ["fc", /simple value/],
  ["fe", /simple value/],
  // Simple values
  ["e0", /simple value/],
  ["f3", /simple value/],
  ["f7", /simple value/],
  ["f814", /simple value/],
  ["f815", /simple value/],
  ["f818", /simple value/],
  ["f8ff", /simple value/],
  ["82f60000", /bytes after/],
  // Text that is not UTF-8
  ["61ff", /not UTF-8/],
  ["62c080", /not UTF-8/],
  ["63eda080", /not UTF-8/],
  ["61c3", /not UTF-8/],
  // Labels
  ["a201010102", /label twice/],
  ["a2616101616102", /label twice/],
  ["a201000100", /label twice/],
  ["a220002000", /label twice/],
  ["a21bffffffffffffffff001bffffffffffffffff00", /label twice/],
  ["81a1a000", /neither text nor integer/],
  ["a101a201010102", /label twice/],
  ["d2a201010102", /label twice/],
  ["a1410001", /neither text nor integer/],
  ["a1f501", /neither text nor integer/],
  ["a1f601", /neither text nor integer/],
  ["a1f93c0001", /neither text nor integer/],
  ["a1fb3ff000000000000001", /neither text nor integer/],
  ["a1f97e0001", /neither text nor integer/],
  ["a18001", /neither text nor integer/],
  ["a1a001", /neither text nor integer/],
  ["a1c10001", /neither text nor integer/],
];

Deno.test("parseCbor refuses everything else", () => {
  for (const [encoded, message, offset] of INVALID) {
    assert.throws(() => parseCbor(hex(encoded)), (error: unknown) => {
      assert.ok(error instanceof FormatError, encoded);
      assert.match(error.message, message, encoded);
      if (offset !== undefined) assert.equal(error.offset, offset, encoded);
      return true;
    }, encoded);
  }
});

/** A one-byte item inside so many of what the byte begins. */
const nested = (initial: string, depth: number): Bytes => hex(initial.repeat(depth) + "00");

Deno.test("parseCbor limits depth, count and length", () => {
  const rows: readonly (readonly [string, Bytes, CborLimits | undefined, RegExp | undefined])[] = [
    ["16 arrays", nested("81", 16), undefined, undefined],
    ["17 arrays", nested("81", 17), undefined, /nested more than 16/],
    ["16 maps", nested("a100", 16), undefined, undefined],
    ["17 maps", nested("a100", 17), undefined, /nested more than 16/],
    ["16 tags", nested("c1", 16), undefined, undefined],
    ["17 tags", nested("c1", 17), undefined, /nested more than 16/],
    ["100,000 arrays", nested("81", 100_000), undefined, /nested more than 16/],
    ["100,000 tags", nested("c1", 100_000), undefined, /nested more than 16/],
    ["a label at the limit", nested("a100", 1), { maxDepth: 1 }, undefined],
    ["2 of 2", nested("81", 2), { maxDepth: 2 }, undefined],
    ["3 of 2", nested("81", 3), { maxDepth: 2 }, /nested more than 2/],
    ["4 items", hex("83000000"), { maxItems: 4 }, undefined],
    ["4 items of 3", hex("83000000"), { maxItems: 3 }, /too many items/],
    ["labels count", hex("a10000"), { maxItems: 2 }, /too many items/],
    ["100,000 items", concatBytes(hex("9a0001869f"), new Uint8Array(99_999)), undefined, undefined],
    [
      "one more",
      concatBytes(hex("9a000186a0"), new Uint8Array(100_000)),
      undefined,
      /too many items/,
    ],
    ["4 MiB", concatBytes(hex("5a003ffffb"), new Uint8Array(0x3ffffb)), undefined, undefined],
    [
      "one byte more",
      concatBytes(hex("5a003ffffc"), new Uint8Array(0x3ffffc)),
      undefined,
      /more than 4194304 bytes/,
    ],
    ["3 bytes of 3", hex("42aabb"), { maxBytes: 3 }, undefined],
    ["3 bytes of 2", hex("42aabb"), { maxBytes: 2 }, /more than 2 bytes/],
  ];
  for (const [label, bytes, limits, message] of rows) {
    if (message === undefined) parseCbor(bytes, limits);
    else assert.throws(() => parseCbor(bytes, limits), message, label);
  }
});

/** How cbor2 reads at its strictest, with tags left as they are and floats of every size. */
const STRICT = {
  rejectDuplicateKeys: true,
  rejectStreaming: true,
  rejectUndefined: true,
  preferMap: true,
  ignoreGlobalTags: true,
  maxDepth: 64,
};

/** One text for one value, whichever reader made it: integers of both kinds look alike. */
function canonical(value: unknown): string {
  if (typeof value === "number") {
    return Number.isInteger(value) && !Object.is(value, -0)
      ? BigInt(value).toString()
      : Object.is(value, -0)
      ? "-0"
      : String(value);
  }
  if (typeof value === "bigint" || typeof value === "boolean" || value === null) {
    return String(value);
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `h'${toHex(Uint8Array.from(value))}'`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value instanceof Map) {
    return `{${
      [...value].map(([label, inner]) => `${canonical(label)}:${canonical(inner)}`).join()
    }}`;
  }
  if (value instanceof Tag) return `${value.tag}(${canonical(value.contents)})`;
  if (typeof value === "object" && "float" in value) return canonical(value.float);
  const { tag, value: inner } = value as CborTag;
  assert.ok(tag !== undefined);
  return `${tag}(${canonical(inner)})`;
}

/** Values as cbor2 encodes them, with all types that the reader knows. */
const { item } = fc.letrec((tie) => ({
  scalar: fc.oneof(
    fc.constantFrom(null, true, false, 1.5, -0.25),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
    fc.string({ unit: "grapheme", maxLength: 30 }),
    fc.uint8Array({ maxLength: 300 }),
  ),
  label: fc.oneof(
    fc.integer({ min: -300, max: 300 }),
    fc.string({ unit: "grapheme", maxLength: 30 }),
  ),
  item: fc.oneof(
    { depthSize: "small", maxDepth: 5 },
    tie("scalar"),
    fc.array(tie("item"), { maxLength: 30 }),
    fc.uniqueArray(fc.tuple(tie("label"), tie("item")), {
      selector: ([label]) => `${typeof label} ${label}`,
      maxLength: 30,
    })
      .map((pairs) => new Map(pairs as [unknown, unknown][])),
    fc.tuple(fc.integer({ min: 6, max: 1000 }), tie("item")).map(([tag, inner]) =>
      new Tag(tag, inner)
    ),
  ),
}));

/** bigints without the tags for big numbers: only 64 bits are generated. */
const encoded = item.map((value) => Uint8Array.from(encode(value)));

Deno.test("parseCbor reads what cbor2 writes", () => {
  fc.assert(
    fc.property(item, (value) => {
      assert.equal(canonical(parseCbor(Uint8Array.from(encode(value)))), canonical(value));
    }),
    { numRuns: 300 },
  );
});

/** Bytes that are nearly CBOR, and some that are not at all. */
const nearlyCbor = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
  fc.tuple(encoded, fc.nat(), fc.nat(255), fc.constantFrom("change", "insert", "remove", "cut"))
    .map(([bytes, at, byte, what]) => {
      const index = at % bytes.length;
      if (what === "cut") return bytes.slice(0, index);
      const between = what === "remove" ? [] : [byte];
      const rest = bytes.subarray(what === "insert" ? index : index + 1);
      return concatBytes(bytes.slice(0, index), Uint8Array.from(between), Uint8Array.from(rest));
    }),
);

Deno.test("parseCbor throws only FormatError, and takes nothing that cbor2 at its strictest refuses", () => {
  fc.assert(
    fc.property(nearlyCbor, (bytes) => {
      let found: CborValue;
      try {
        found = parseCbor(bytes);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
        return;
      }
      assert.equal(canonical(found), canonical(decode(bytes, STRICT)));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseCbor takes what cbor2 at its strictest takes, but for its own rules", () => {
  fc.assert(
    fc.property(nearlyCbor, (bytes) => {
      let expected: unknown;
      try {
        expected = decode(bytes, { ...STRICT, requirePreferred: true });
      } catch {
        return;
      }
      try {
        assert.equal(canonical(parseCbor(bytes)), canonical(expected));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        assert.match(error.message, /neither text nor integer|simple value|nested more/);
      }
    }),
    { numRuns: 1000 },
  );
});

/** What decoders of CBOR are known to disagree about: the input, what cbor2 does, what is done here. */
const TRAPS: readonly (readonly [string, string, "error" | "value", "error" | "value"])[] = [
  ["duplicate integer label", "a201010102", "error", "error"],
  ["indefinite array", "9f01ff", "error", "error"],
  ["1 in two bytes", "1801", "error", "error"],
  ["labels out of order", "a202010101", "value", "value"],
  ["trailing byte", "0000", "error", "error"],
  ["tag 18", "d280", "value", "value"],
  ["undefined", "f7", "error", "error"],
  ["bad UTF-8", "61ff", "error", "error"],
  ["byte string that claims 2^62 bytes", "5b4000000000000000", "error", "error"],
  ["array that claims 2^32-1 items", "9affffffff", "error", "error"],
  ["100,000 nested arrays", `${"81".repeat(100_000)}00`, "error", "error"],
  ["largest integer", "1bffffffffffffffff", "value", "value"],
  ["__proto__ as label", "a1695f5f70726f746f5f5f01", "value", "value"],
  // COSE lets the length of the protected header be longer than need be.
  ["byte string with its length in two bytes", "5801aa", "error", "value"],
];

Deno.test("parseCbor and cbor2 agree on what decoders are known to disagree about", () => {
  const outcome = (read: () => unknown): string => {
    try {
      return canonical(read());
    } catch {
      return "error";
    }
  };
  for (const [label, input, theirs, ours] of TRAPS) {
    const bytes = hex(input);
    const [one, other] = [
      outcome(() => decode(bytes, { ...STRICT, requirePreferred: true })),
      outcome(() => parseCbor(bytes)),
    ];
    assert.deepEqual(
      [one === "error", other === "error"],
      [theirs === "error", ours === "error"],
      label,
    );
    if (theirs === "value" && ours === "value") assert.equal(other, one, label);
  }
  assert.deepEqual(parseCbor(hex("c11a514b67b0")), { tag: 1, value: 0x514b67b0 }, "no Date");
});

Deno.test("parseCbor reads labels of maps quickly, however many there are", () => {
  const count = 40_000;
  const map = new Map(Array.from({ length: count }, (_, index) => [`label ${index}`, index]));
  const read = parseCbor(Uint8Array.from(encode(map)));
  assert.ok(read instanceof Map);
  assert.equal(read.size, count);
});
