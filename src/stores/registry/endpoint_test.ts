import assert from "node:assert/strict";
import { AssayError } from "../../errors.ts";
import { endpointOf, urlOf } from "./endpoint.ts";

const NONE = { useHttp: false, plainHttp: [] };

const VALID = [
  ["docker.io", "https://registry-1.docker.io"],
  ["registry.example.com", "https://registry.example.com"],
  ["registry.example.com:5000", "https://registry.example.com:5000"],
  ["registry.example.com:443", "https://registry.example.com"],
  ["MYREG", "https://myreg"],
  ["localhost", "https://localhost"],
  ["localhost:5000", "https://localhost:5000"],
  ["127.0.0.1:5000", "https://127.0.0.1:5000"],
  ["[::1]:5000", "https://[::1]:5000"],
  ["[0:0::1]", "https://[::1]"],
] as const;

const INVALID = [
  "",
  "0x7f.1",
  "127.1",
  "1.2.3",
  "1.2.3.4.5",
  "017700000001",
  "256.0.0.1",
  "registry.example.com:99999",
  "user@registry.example.com",
  "user:password@registry.example.com",
  "registry.example.com/path",
  "registry.example.com?x",
  "a b",
  "xn--a.example",
  "[::1",
  "[1::2::3]",
  "registry\n.example.com",
];

Deno.test("endpointOf finds scheme and host of a registry", () => {
  for (const [registry, origin] of VALID) {
    assert.deepEqual(endpointOf(registry, NONE), { registry, origin });
  }
});

Deno.test("endpointOf refuses what is no host, or another one in a URL", () => {
  for (const registry of INVALID) {
    assert.throws(
      () => endpointOf(registry, NONE),
      (error) => error instanceof AssayError && error.code === "HOST_NAME_INVALID",
      registry,
    );
  }
});

Deno.test("endpointOf uses plain HTTP for the named registries only, or for all", () => {
  const options = { useHttp: false, plainHttp: ["localhost:5000", "Lab.Example.com"] };
  const schemes = [
    ["localhost:5000", "http:"],
    ["LOCALHOST:5000", "http:"],
    ["lab.example.com", "http:"],
    ["localhost", "https:"],
    ["localhost:50001", "https:"],
    ["lab.example.com:5000", "https:"],
    ["a.lab.example.com", "https:"],
    ["127.0.0.1:5000", "https:"],
    ["docker.io", "https:"],
  ] as const;
  for (const [registry, scheme] of schemes) {
    assert.equal(new URL(endpointOf(registry, options).origin).protocol, scheme, registry);
    assert.equal(
      new URL(endpointOf(registry, { ...options, useHttp: true }).origin).protocol,
      "http:",
    );
  }
});

Deno.test("urlOf stays below the repository", () => {
  const endpoint = endpointOf("registry.example.com", NONE);
  assert.equal(
    urlOf(endpoint, "127.0.0.1/app", "manifests/v1").href,
    "https://registry.example.com/v2/127.0.0.1/app/manifests/v1",
  );
  for (const repository of ["../x", "a/../b", "a?b", "a#b", "a b", "a\\b", "./a", "ü"]) {
    assert.throws(
      () => urlOf(endpoint, repository, "manifests/v1"),
      (error) => error instanceof AssayError && error.code === "REFERENCE_INVALID",
      repository,
    );
  }
});
