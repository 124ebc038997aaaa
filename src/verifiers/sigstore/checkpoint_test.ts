import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeUtf8, FormatError } from "../../crypto/mod.ts";
import { parseCheckpoint } from "./checkpoint.ts";

const ROOT = new Uint8Array(32).fill(7).toBase64();
const LINE = `— log.example ${new Uint8Array([1, 2, 3, 4, 5, 6]).toBase64()}\n`;
const TEXT = `log.example - 12\n26\n${ROOT}\n`;

Deno.test("parseCheckpoint reads origin, size, root and signatures, and keeps the signed bytes", () => {
  const checkpoint = parseCheckpoint(`${TEXT}other line\n\n${LINE}${LINE}`);
  assert.equal(checkpoint.origin, "log.example - 12");
  assert.equal(checkpoint.treeSize, 26);
  assert.equal(checkpoint.rootHash.length, 32);
  assert.equal(decodeUtf8(checkpoint.signedBytes), `${TEXT}other line\n`);
  const signature = { name: "log.example", keyHint: "01020304", signature: new Uint8Array([5, 6]) };
  assert.deepEqual(checkpoint.signatures, [signature, signature]);
});

const BROKEN: Readonly<Record<string, string>> = {
  "no signatures": `${TEXT}\n`,
  "no blank line": TEXT + LINE,
  "no end of line": `${TEXT}\n${LINE.trimEnd()}`,
  "no origin": `\n26\n${ROOT}\n\n${LINE}`,
  "a size with a leading zero": `o\n026\n${ROOT}\n\n${LINE}`,
  "a negative size": `o\n-1\n${ROOT}\n\n${LINE}`,
  "a size that is too large": `o\n9007199254740992\n${ROOT}\n\n${LINE}`,
  "a short root": `o\n26\nAQ==\n\n${LINE}`,
  "a root that is not base64": `o\n26\n${ROOT.slice(1)}\n\n${LINE}`,
  "a hyphen in place of the dash": `${TEXT}\n${LINE.replace("—", "-")}`,
  "a signature that is too short": `${TEXT}\n— o AQIDBA==\n`,
  "a signature that is not canonical": `${TEXT}\n— o AQIDBAV=\n`,
  "a name with a blank": `${TEXT}\n— a b ${ROOT}\n`,
  "too many signatures": `${TEXT}\n${LINE.repeat(33)}`,
  "too many characters": `${"o".repeat(65536)}\n26\n${ROOT}\n\n${LINE}`,
  "nothing": "",
};

for (const [name, text] of Object.entries(BROKEN)) {
  Deno.test(`parseCheckpoint refuses ${name}`, () => {
    assert.throws(() => parseCheckpoint(text), FormatError);
  });
}

Deno.test("parseCheckpoint throws nothing but FormatError", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom(TEXT, LINE, "\n", "\n\n", "— ", ROOT));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      try {
        parseCheckpoint(parts.join(""));
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
