import assert from "node:assert/strict";
import fc from "fast-check";
import { licenseKey, licensesInTheWay, parseLicenseExpression } from "./license_expression.ts";

function inTheWay(text: string, ...listed: readonly string[]): readonly string[] | undefined {
  const expression = parseLicenseExpression(text);
  if (expression === undefined) return undefined;
  return licensesInTheWay(expression, new Map(listed.map((one) => [licenseKey(one), one])));
}

/** Expression, listed licenses → those in the way. */
const TABLE: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["MIT", ["MIT"], ["MIT"]],
  ["mit", ["MIT"], ["MIT"]],
  ["MIT", ["ISC"], []],
  ["MIT AND ISC", ["ISC"], ["ISC"]],
  ["MIT OR ISC", ["ISC"], []],
  ["MIT or ISC", ["ISC", "MIT"], ["MIT", "ISC"]],
  ["MIT OR ISC AND BSD-2-Clause", ["MIT", "ISC"], ["MIT", "ISC"]],
  ["(MIT OR ISC) AND BSD-2-Clause", ["MIT"], []],
  ["(MIT OR ISC) AND BSD-2-Clause", ["BSD-2-Clause"], ["BSD-2-Clause"]],
  ["GPL-2.0", ["GPL-2.0-only"], ["GPL-2.0-only"]],
  ["GPL-2.0-only", ["GPL-2.0"], ["GPL-2.0"]],
  ["GPL-2.0+", ["GPL-2.0-or-later"], ["GPL-2.0-or-later"]],
  ["GPL-2.0+", ["GPL-2.0-only"], []],
  ["GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only"], ["GPL-2.0-only"]],
  [
    "GPL-2.0 WITH Classpath-exception-2.0",
    ["GPL-2.0-only with classpath-exception-2.0"],
    ["GPL-2.0-only with classpath-exception-2.0"],
  ],
  ["GPL-2.0-only", ["GPL-2.0-only WITH Classpath-exception-2.0"], []],
  ["LicenseRef-own AND DocumentRef-a:LicenseRef-b", ["LicenseRef-own"], ["LicenseRef-own"]],
];

for (const [text, listed, expected] of TABLE) {
  Deno.test(`${text} with ${listed.join(", ")} listed: ${expected.join(", ") || "none is in the way"}`, () => {
    assert.deepEqual(inTheWay(text, ...listed), expected);
  });
}

const NOT_EXPRESSIONS = [
  "",
  "AND",
  "MIT AND",
  "OR MIT",
  "MIT ISC",
  "(MIT",
  "MIT)",
  "()",
  "MIT WITH",
  "MIT WITH AND",
  "(MIT) WITH x",
  "MIT/ISC",
  "see the file LICENSE",
  "MIT++",
  `${"(".repeat(60)}MIT${")".repeat(60)}`,
  Array(1500).fill("MIT").join(" AND "),
];

for (const text of NOT_EXPRESSIONS) {
  Deno.test(`${JSON.stringify(text.slice(0, 40))} is no license expression`, () => {
    assert.equal(parseLicenseExpression(text), undefined);
  });
}

Deno.test("a license that stands alone behind AND is always in the way", () => {
  const word = fc.constantFrom("A", "B", "C");
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.tuple(tie("expression"), fc.constantFrom("AND", "OR"), tie("expression"))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    ),
  }));
  fc.assert(fc.property(expression, (text) => {
    assert.deepEqual(inTheWay(`${text} AND Z`, "Z"), ["Z"]);
    assert.deepEqual(inTheWay(`${text} OR Z`, "A", "B", "C"), []);
    assert.notDeepEqual(inTheWay(text, "A", "B", "C"), []);
  }));
});
