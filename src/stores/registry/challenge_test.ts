import assert from "node:assert/strict";
import fc from "fast-check";
import { parseChallenges } from "./challenge.ts";

type Plain = readonly (readonly [scheme: string, parameters: Readonly<Record<string, string>>])[];

function plain(header: string): Plain | undefined {
  return parseChallenges(header)?.map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters),
  ]);
}

const VALID: readonly (readonly [header: string, expected: Plain])[] = [
  ["Basic", [["basic", {}]]],
  ['Basic realm="lab"', [["basic", { realm: "lab" }]]],
  ["bearer realm=lab", [["bearer", { realm: "lab" }]]],
  [
    'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"',
    [["bearer", {
      realm: "https://auth.example.com/token",
      service: "registry",
      scope: "repository:a/b:pull,push",
    }]],
  ],
  ['Bearer REALM = "a" , Service\t=\tb', [["bearer", { realm: "a", service: "b" }]]],
  ['Bearer realm="a\\"b\\\\c"', [["bearer", { realm: 'a"b\\c' }]]],
  ['Bearer realm=""', [["bearer", { realm: "" }]]],
  ['Basic realm="a", Bearer realm="b", scope="c"', [["basic", { realm: "a" }], ["bearer", {
    realm: "b",
    scope: "c",
  }]]],
  ["Negotiate, Basic realm=a", [["negotiate", {}], ["basic", { realm: "a" }]]],
  ["Basic realm", [["basic", {}]]],
  ["Bearer realm=,", [["bearer", {}]]],
  ["Negotiate YWJj/+== , Basic", [["negotiate", {}], ["basic", {}]]],
  [", ,Basic realm=a, ,", [["basic", { realm: "a" }]]],
  ["Bearer realm=a,,scope=b", [["bearer", { realm: "a", scope: "b" }]]],
  ['Bearer __proto__="x"', [["bearer", Object.fromEntries([["__proto__", "x"]])]]],
];

const INVALID: readonly string[] = [
  "",
  " ",
  ",",
  "=",
  '"Basic"',
  'Basic realm="open',
  'Basic realm="open\\',
  'Basic realm="a" scope="b"',
  'Basic realm="a"scope="b"',
  'Bearer realm="a",realm="b"',
  'Bearer realm="a",REALM="b"',
  'Bearer realm="a\u0000"',
  'Bearer realm="caf\u00e9"',
  "Bearer =a",
  'Bearer realm="a"; scope="b"',
  "Bearer realm=a/b",
  "(Bearer)",
  "Basic ".padEnd(17_000, "a"),
  Array(17).fill("Basic").join(),
  `Basic ${Array.from({ length: 33 }, (_, index) => `p${index}=v`).join()}`,
];

Deno.test("parseChallenges reads what RFC 9110 allows", () => {
  for (const [header, expected] of VALID) assert.deepEqual(plain(header), expected, header);
});

Deno.test("parseChallenges refuses what is not a list of challenges", () => {
  for (const header of INVALID) assert.equal(parseChallenges(header), undefined, header);
});

Deno.test("parseChallenges reads back what was written as quoted strings", () => {
  const name = fc.stringMatching(/^[a-z_]{1,8}$/);
  const value = fc.stringMatching(/^[ -~\t]{0,30}$/);
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 5, minKeys: 1 }), (parameters) => {
      const list = Object.entries(parameters)
        .map(([key, text]) => `${key}="${text.replace(/["\\]/g, "\\$&")}"`);
      const read = plain(`Bearer ${list.join(", ")}`);
      assert.deepEqual(read, [["bearer", Object.fromEntries(Object.entries(parameters))]]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("parseChallenges never throws", () => {
  const part = fc.constantFrom("Basic", " ", ",", "=", '"', "\\", "a", "Bearer realm=", "/", "\t");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      parseChallenges(parts.join(""));
    }),
    { numRuns: 500 },
  );
});
