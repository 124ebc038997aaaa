import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeBase64 } from "./base64.ts";
import { encodeUtf8 } from "./bytes.ts";
import { FormatError } from "./format_error.ts";
import { decodePem, encodePem } from "./pem.ts";

const ABC = encodeUtf8("abc");
const BLOCK = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n";

Deno.test("encodePem writes lines of 64 characters", () => {
  assert.equal(encodePem("CERTIFICATE", ABC), BLOCK);
  assert.equal(encodePem("X", new Uint8Array()), "-----BEGIN X-----\n-----END X-----\n");
  const lines = encodePem("PUBLIC KEY", new Uint8Array(100)).split("\n");
  assert.deepEqual(lines.map((line) => line.length), [26, 64, 64, 8, 24, 0]);
});

Deno.test("decodePem takes white space wherever people and templates put it", () => {
  const rows: readonly (readonly [string, number])[] = [
    [BLOCK, 1],
    [BLOCK.trimEnd(), 1],
    [BLOCK.replaceAll("\n", "\r\n"), 1],
    [BLOCK.replaceAll("\n", "\r\n\r\n"), 1],
    [BLOCK.replaceAll(/^/gm, "    "), 1],
    [BLOCK.replaceAll(/^/gm, "\t"), 1],
    [BLOCK.replaceAll(/$/gm, "  "), 1],
    [`\n\n  \n${BLOCK}`, 4],
    [`\ufeff${BLOCK}`, 1],
    [BLOCK.replace("YWJj", "YW\nJj"), 1],
    [BLOCK.replace("YWJj", "Y\n\n\nW\n  J\n\tj"), 1],
    [BLOCK.replace("YWJj", "Y W J j"), 1],
    [`${BLOCK}\n\n\n`, 1],
  ];
  for (const [text, line] of rows) {
    assert.deepEqual(
      decodePem(text),
      [{ label: "CERTIFICATE", bytes: ABC, line }],
      JSON.stringify(text),
    );
  }
});

Deno.test("decodePem gives all blocks in order, with their lines", () => {
  const text = `first: a comment\n${BLOCK}\nsubject=CN = b\nissuer=CN = a\n${
    encodePem("PUBLIC KEY", Uint8Array.of(1))
  }${encodePem("X509 CRL", new Uint8Array())}`;
  assert.deepEqual(decodePem(text), [
    { label: "CERTIFICATE", bytes: ABC, line: 2 },
    { label: "PUBLIC KEY", bytes: Uint8Array.of(1), line: 8 },
    { label: "X509 CRL", bytes: new Uint8Array(), line: 11 },
  ]);
});

Deno.test("decodePem gives no block for text that has none", () => {
  for (
    const text of ["", "\n", "hello", "YWJj", "----", "BEGIN CERTIFICATE", "-----\nYWJj\n-----"]
  ) {
    assert.deepEqual(decodePem(text), [], text);
  }
});

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** Text, and the line and words of the message. */
const INVALID: readonly (readonly [string, RegExp])[] = [
  [BEGIN, /BEGIN CERTIFICATE has no END \(line 1\)/],
  [`${BEGIN}\nYWJj\n`, /has no END \(line 1\)/],
  [`${BLOCK}${BEGIN}\nYWJj\n`, /has no END \(line 4\)/],
  [END, /END CERTIFICATE has no BEGIN \(line 1\)/],
  [`YWJj\n${END}`, /has no BEGIN \(line 2\)/],
  [`${BLOCK}${END}`, /has no BEGIN \(line 4\)/],
  [`${BEGIN}\nYWJj\n-----END PUBLIC KEY-----`, /END PUBLIC KEY has no BEGIN \(line 3\)/],
  [`${BEGIN}\n${BLOCK}`, /begins inside another \(line 2\)/],
  [`${BEGIN}\nYWJj\n${BLOCK}`, /begins inside another \(line 3\)/],
  [`${BEGIN}\nProc-Type: 4,ENCRYPTED\n\nYWJj\n${END}`, /headers.* \(line 2\)/],
  [`${BEGIN}\nYWJj\ncomment: x\n${END}`, /headers.* \(line 3\)/],
  [`${BEGIN}\nYWJ\n${END}`, /not base64 \(line 1\)/],
  [`${BEGIN}\nYWI\n${END}`, /not base64 \(line 1\)/],
  [`${BEGIN}\nYWJ=\n${END}`, /not base64/],
  [`${BEGIN}\nYQ==\nYWJj\n${END}`, /not base64/],
  [`${BEGIN}\nYWJj====\n${END}`, /not base64/],
  [`${BEGIN}\nYW_-\n${END}`, /not base64/],
  [`${BEGIN}\nYW\0J\n${END}`, /not base64/],
  [`${BEGIN}\nYW\u00a0Jj\n${END}`, /not base64/],
  [`${BEGIN}\n# text\nYWJj\n${END}`, /not base64/],
  [`${BEGIN}\n-----END CERTIFICATE----\n${END}`, /not base64/],
  [`${BEGIN} YWJj ${END}`, /BEGIN or END line.* \(line 1\)/],
  [`${BEGIN}YWJj\n${END}`, /line 1/],
  [`x${BEGIN}\nYWJj\n${END}`, /line 1/],
  [`# ${BEGIN}\nYWJj\n`, /line 1/],
  [BLOCK.replaceAll("\n", "\r"), /line 1/],
  [BLOCK.replaceAll("\n", "\\n"), /line 1/],
  ["-----BEGIN certificate-----\nYWJj\n-----END certificate-----", /line 1/],
  ["-----BEGIN CERTIFICATE------\nYWJj\n-----END CERTIFICATE-----", /line 1/],
  [`----${BEGIN}\nYWJj\n${END}`, /line 1/],
  [`-----BEGIN ${"A".repeat(65)}-----\nYWJj\n`, /line 1/],
  [`${BLOCK}x${END}`, /BEGIN or END line.* \(line 4\)/],
  ["-----BEGIN -----\nYWJj\n-----END -----", /line 1/],
];

Deno.test("decodePem refuses damaged blocks, and says in which line", () => {
  for (const [text, message] of INVALID) {
    assert.throws(() => decodePem(text), (error: unknown) => {
      assert.ok(error instanceof FormatError, text);
      assert.equal(error.format, "PEM");
      assert.match(error.message, message, text);
      return true;
    }, text);
  }
});

Deno.test("decodePem limits the length of the text and the number of blocks", () => {
  const small = encodePem("A", Uint8Array.of(1));
  assert.equal(decodePem(small.repeat(1000)).length, 1000);
  assert.throws(() => decodePem(small.repeat(1001)), /too many blocks \(line 3001\)/);
  const space = " ".repeat(4 * 1024 * 1024 - BLOCK.length);
  assert.equal(decodePem(BLOCK + space).length, 1);
  assert.throws(() => decodePem(`${BLOCK}${space} `), /too long/);
});

Deno.test("decodePem does not repeat the content of blocks in messages", () => {
  for (const body of ["c2VjcmV0*", "secret: value", "secret"]) {
    assert.throws(() => decodePem(`${BEGIN}\n${body}\n${END}`), (error: unknown) => {
      assert.ok(error instanceof FormatError);
      return !error.message.includes("ecret") && !error.message.includes("c2Vj");
    });
  }
});

Deno.test("decodePem gives back what encodePem was given", () => {
  const label = fc.stringMatching(/^[A-Z0-9]([A-Z0-9 ]{0,20}[A-Z0-9])?$/);
  const blocks = fc.array(fc.tuple(label, fc.uint8Array({ maxLength: 200 })), { maxLength: 5 });
  fc.assert(
    fc.property(blocks, fc.constantFrom("\n", "\r\n", "\n\n", "  \n\t"), (pairs, separator) => {
      const text = pairs.map(([name, bytes]) => encodePem(name, Uint8Array.from(bytes))).join("");
      const found = decodePem(text.replaceAll("\n", separator));
      assert.deepEqual(
        found.map((block) => [block.label, [...block.bytes]]),
        pairs.map(([name, bytes]) => [name, [...bytes]]),
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodePem throws only FormatError, and never loses a BEGIN line", () => {
  const piece = fc.constantFrom(
    BEGIN,
    END,
    "-----BEGIN A-----",
    "-----END A-----",
    "YWJj",
    "YQ==",
    "\n",
    "\n",
    "\r\n",
    " ",
    "-",
    ":",
    encodeBase64(ABC),
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: piece, maxLength: 12 }), fc.string({ unit: "binary" })),
      (text) => {
        try {
          assert.equal(decodePem(text).length, text.split("-----BEGIN ").length - 1);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.ok(error instanceof FormatError, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
