import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError } from "../errors.ts";
import { parseReference } from "./reference.ts";
import { parseKey } from "./request_key.ts";

Deno.test("parseKey takes the namespace off and leaves the image as it is", () => {
  const cases: [string, string, string, string][] = [
    ["nginx", "nginx", "", "nginx"],
    ["[]nginx", "[]nginx", "", "nginx"],
    ["[default]nginx:1", "[default]nginx:1", "default", "nginx:1"],
    ["[a]r.io/x", "[a]r.io/x", "a", "r.io/x"],
    [
      "[kube-system]r.io/x@sha256:ab",
      "[kube-system]r.io/x@sha256:ab",
      "kube-system",
      "r.io/x@sha256:ab",
    ],
    [`[${"n".repeat(63)}]x`, `[${"n".repeat(63)}]x`, "n".repeat(63), "x"],
    ["[0-9]x", "[0-9]x", "0-9", "x"],
    ["[ns][::1]:5000/x", "[ns][::1]:5000/x", "ns", "[::1]:5000/x"],
    ["[][::1]:5000/x", "[][::1]:5000/x", "", "[::1]:5000/x"],
    ["[::1]:5000/x", "[::1]:5000/x", "", "[::1]:5000/x"],
    ["[n\r\ns]ngi\nnx\r", "[ns]nginx", "ns", "nginx"],
    ["nginx[ns]", "nginx[ns]", "", "nginx[ns]"],
    [" [ns]nginx", " [ns]nginx", "", " [ns]nginx"],
    ["[ns]", "[ns]", "ns", ""],
    ["", "", "", ""],
  ];
  for (const [text, key, scope, reference] of cases) {
    assert.deepEqual(parseKey(text), { key, scope, reference });
  }
});

Deno.test("parseKey refuses a bracket that holds no namespace", () => {
  const refused = [
    "[",
    "[ns",
    "[NS]x",
    "[Default]x",
    "[-a]x",
    "[a-]x",
    "[-]x",
    "[a.b]x",
    "[a_b]x",
    "[a/b]x",
    "[a b]x",
    "[ ]x",
    "[..]x",
    "[*]x",
    "[[ns]]x",
    "[é]x",
    "[a\u0000]x",
    "[__proto__]x",
    `[${"n".repeat(64)}]x`,
  ];
  for (const text of refused) {
    assert.throws(() => parseKey(text), (error) => {
      assert.ok(error instanceof AssayError, text);
      assert.equal(error.code, "REFERENCE_INVALID");
      assert.match(error.message, /^The key "/);
      assert.match(error.message, /^[\x20-\x7e…]+$/);
      return true;
    });
  }
});

Deno.test("parseKey with parseReference never gives a cluster scope to a text that names a namespace", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9]{1,10}$/), fc.string(), (namespace, image) => {
      assert.equal(parseKey(`[${namespace}]${image}`).scope, namespace);
    }),
    { numRuns: 200 },
  );
  assert.throws(() => parseReference(parseKey("[ns]").reference), AssayError);
});
