import assert from "node:assert/strict";
import fc from "fast-check";
import { nextLink } from "./link.ts";

const VALID: readonly (readonly [header: string | null, target: string | null])[] = [
  [null, null],
  ["", null],
  [" , ,", null],
  ["</a>", null],
  ['</a>; rel="next"', "/a"],
  ["</a>;rel=next", "/a"],
  ["<https://h/a?b=c>; rel=NEXT", "https://h/a?b=c"],
  ['</a>; REL = "prev next"', "/a"],
  ['</a>; rel="prev"', null],
  ['</a>; rel="prev"; rel="next"', null],
  ['</a>; rel=prev, </b>; title="x, y; rel=z"; rel=next', "/b"],
  ['</a,b;c>; rel="next"', "/a,b;c"],
  ["</a>; nofollow; rel=next", "/a"],
  ["</a>;; rel=next", "/a"],
  ["<>; rel=next", ""],
];

const INVALID: readonly string[] = [
  "/a",
  "next",
  '/a; rel="next"',
  "</a",
  "</a; rel=next",
  '</a>; rel="next',
  "</a> rel=next",
  "</a>x",
  '</a>; rel="next"x',
  "</a>; rel=next </b>",
  '</a>; "rel"=next',
  "</a>; <b>",
  "</a>, b",
  '"</a>"; rel=next',
  `</${"a".repeat(17_000)}>; rel=next`,
];

Deno.test("nextLink finds the next page", () => {
  for (const [header, target] of VALID) assert.equal(nextLink(header), target, header ?? "null");
});

Deno.test("nextLink refuses what is not a list of links", () => {
  for (const header of INVALID) assert.equal(nextLink(header), undefined, header);
});

Deno.test("nextLink comes to an end on anything", () => {
  const part = fc.constantFrom("<", ">", ";", ",", '"', "=", " ", "rel", "next", "</a>; rel=next");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const found = nextLink(parts.join(""));
      assert.ok(found === null || found === undefined || !found.includes(">"));
    }),
    { numRuns: 500 },
  );
});
