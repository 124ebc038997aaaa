import assert from "node:assert/strict";
import { RegistryFailure } from "./failure.ts";
import { tokenServiceOf } from "./realm.ts";

const HTTPS = { registry: "registry.example.com", origin: "https://registry.example.com" };
const HTTP = { registry: "10.0.0.1:5000", origin: "http://10.0.0.1:5000" };

const ACCEPTED = [
  [HTTPS, "https://auth.example.com/token", "https://auth.example.com/token"],
  [
    HTTPS,
    "https://registry.example.com:8443/token?a=b#c",
    "https://registry.example.com:8443/token?a=b",
  ],
  [HTTPS, "https://8.8.8.8/token", "https://8.8.8.8/token"],
  [HTTPS, "https://[2001:db8::1]/token", "https://[2001:db8::1]/token"],
  [HTTPS, "https://172.32.0.1/", "https://172.32.0.1/"],
  [HTTP, "http://auth.example.com/token", "http://auth.example.com/token"],
  [HTTP, "http://10.0.0.1:5001/token", "http://10.0.0.1:5001/token"],
] as const;

const REFUSED = [
  [HTTPS, undefined],
  [HTTPS, ""],
  [HTTPS, "lab"],
  [HTTPS, "/token"],
  [HTTPS, "http://auth.example.com/token"],
  [HTTPS, "http://registry.example.com/token"],
  [HTTPS, "file:///etc/passwd"],
  [HTTPS, "https://user:secret@auth.example.com/"],
  [HTTPS, "https://localhost/"],
  [HTTPS, "https://a.localhost./"],
  [HTTPS, "https://127.0.0.1/"],
  [HTTPS, "https://0x7f.1/"],
  [HTTPS, "https://2130706433/"],
  [HTTPS, "https://0.0.0.0/"],
  [HTTPS, "https://10.1.2.3/"],
  [HTTPS, "https://100.64.0.1/"],
  [HTTPS, "https://172.16.0.1/"],
  [HTTPS, "https://172.31.255.255/"],
  [HTTPS, "https://192.168.1.1/"],
  [HTTPS, "https://169.254.169.254/latest"],
  [HTTPS, "https://[::]/"],
  [HTTPS, "https://[::1]/"],
  [HTTPS, "https://[fe80::1]/"],
  [HTTPS, "https://[fd00:ec2::254]/"],
  [HTTPS, "https://[::ffff:169.254.169.254]/"],
  [HTTPS, "https://[::127.0.0.1]/"],
  [HTTPS, "https://[64:ff9b::10.0.0.1]/"],
  [HTTPS, `https://auth.example.com/${"a".repeat(5000)}`],
  [HTTP, "http://10.0.0.2/"],
  [HTTP, "ftp://auth.example.com/"],
] as const;

Deno.test("tokenServiceOf accepts public services, and the registry's own host", () => {
  for (const [endpoint, realm, expected] of ACCEPTED) {
    assert.equal(tokenServiceOf(realm, endpoint).href, expected);
  }
});

Deno.test("tokenServiceOf refuses plain HTTP, odd schemes and addresses inside", () => {
  for (const [endpoint, realm] of REFUSED) {
    assert.throws(
      () => tokenServiceOf(realm, endpoint),
      (error) => error instanceof RegistryFailure && error.kind === "lasting",
      realm,
    );
  }
});
