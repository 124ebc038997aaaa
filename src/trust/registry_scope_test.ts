import assert from "node:assert/strict";
import fc from "fast-check";
import type { TrustPolicyDocument } from "./trust_policy.ts";
import { canonicalScope, describeScopeProblem, statementSelector } from "./registry_scope.ts";

const VALID = [
  "localhost:5000/a",
  "a/b",
  "registry.example.com/team/app",
  "REGISTRY.example.com/app",
  "r-1.example/app",
  "192.168.0.1:443/app",
  "r.io/a.b/c_d/e__f/g-h/i---j",
  "r.io/0",
];

const INVALID = [
  "",
  "app",
  "/app",
  "r.io/",
  "r.io/App",
  "r.io/app:v1",
  "r.io/app@sha256:00",
  "r.io/a//b",
  "r.io/app/",
  "r.io/-app",
  "r.io/app-",
  "r.io/a..b",
  "r.io/a___b",
  "r.io/a._b",
  "r.io/*",
  "*/app",
  "r.io/app*",
  "**",
  "[::1]:5000/app",
  "-r.io/app",
  "r.io-/app",
  "r..io/app",
  ".r.io/app",
  "r.io:/app",
  "r.io:x/app",
  "https://r.io/app",
  "r.io/app ",
  " r.io/app",
  `r.io/${"a".repeat(2000)}`,
];

Deno.test("describeScopeProblem takes registry and repository", () => {
  for (const scope of VALID) assert.equal(describeScopeProblem(scope), undefined, scope);
});

Deno.test("describeScopeProblem says what is wrong with everything else", () => {
  for (const scope of INVALID) assert.equal(typeof describeScopeProblem(scope), "string", scope);
});

Deno.test("describeScopeProblem agrees with the expression of the specification", () => {
  const domain =
    /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$/;
  const repository =
    /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
  const text = fc.string({
    unit: fc.constantFrom("a", "b", "0", "A", ".", "_", "-", "/", ":", "5"),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (scope) => {
      const slash = scope.indexOf("/");
      const expected = slash > 0 && domain.test(scope.slice(0, slash)) &&
        repository.test(scope.slice(slash + 1));
      assert.equal(describeScopeProblem(scope) === undefined, expected, scope);
    }),
    { numRuns: 2000 },
  );
});

function policies(...scopes: readonly (readonly string[])[]): TrustPolicyDocument {
  return {
    version: "1.0",
    trustPolicies: scopes.map((registryScopes, index) => ({
      name: `p${index}`,
      registryScopes,
      signatureVerification: { level: "strict" },
    })),
  };
}

Deno.test("statementSelector takes the exact scope, else the wildcard, else none", () => {
  const document = policies(["*"], ["r.io/app", "r.io/other"]);
  assert.equal(statementSelector(document)("r.io/app@sha256:00")?.name, "p1");
  assert.equal(statementSelector(document)("r.io/other@sha256:00")?.name, "p1");
  assert.equal(statementSelector(document)("r.io/app/sub@sha256:00")?.name, "p0");
  assert.equal(statementSelector(document)("r.io/ap@sha256:00")?.name, "p0");
  assert.equal(statementSelector(policies(["r.io/app"]))("r.io/app2@sha256:00"), undefined);
});

Deno.test("statementSelector gives an image without a name the wildcard only", () => {
  assert.equal(statementSelector(policies(["*"]))("@sha256:00")?.name, "p0");
  assert.equal(statementSelector(policies(["r.io/app"]))("@sha256:00"), undefined);
});

Deno.test("statementSelector is not misled by another spelling of the registry's host", () => {
  const document = policies(["*"], ["Registry.io/app"], ["other.io:443/app"], ["r.io:5000/app"]);
  for (const host of ["registry.io", "REGISTRY.IO", "Registry.io:443", "registry.io:0443"]) {
    assert.equal(statementSelector(document)(`${host}/app@sha256:00`)?.name, "p1", host);
  }
  assert.equal(statementSelector(document)("other.io/app@sha256:00")?.name, "p2");
  assert.equal(statementSelector(document)("R.io:5000/app@sha256:00")?.name, "p3");
  assert.equal(statementSelector(document)("r.io/app@sha256:00")?.name, "p0");
  assert.equal(statementSelector(document)("r.io:5443/app@sha256:00")?.name, "p0");
});

Deno.test("canonicalScope changes nothing but the host", () => {
  assert.equal(canonicalScope("*"), "*");
  assert.equal(canonicalScope("R.IO:443/a/b"), "r.io/a/b");
  assert.equal(canonicalScope(""), "");
});
