import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { corpusRoot } from "../../tests/corpus.ts";
import { AssayError } from "../errors.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { createInlineProvider, type InlineConfiguration } from "./inline.ts";

const ROOT = await corpusRoot();
const CERTIFICATE = await Deno.readTextFile(`${ROOT}/trust/x509/249c1ab376f9.pem`);
const OTHER = await Deno.readTextFile(`${ROOT}/trust/x509/dcb5c2e3b657.pem`);
const KEY = await Deno.readTextFile(`${ROOT}/trust/cosign/p256.pub`);
const PRIVATE_KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
  .export({ type: "pkcs8", format: "pem" });

type ContentType = InlineConfiguration["contentType"];

function read(contentType: ContentType, value: string): Promise<TrustMaterial> {
  return createInlineProvider({ contentType, value }).fetch(new AbortController().signal);
}

/** What the provider says of a value that it refuses. */
function refusal(contentType: ContentType, value: string): AssayError {
  try {
    createInlineProvider({ contentType, value });
  } catch (error) {
    if (error instanceof AssayError) return error;
    throw error;
  }
  return assert.fail(`${JSON.stringify(value.slice(0, 40))} was accepted`);
}

Deno.test("createInlineProvider gives certificates in their order, with details", async () => {
  const { certificates, keys, details } = await read("certificate", CERTIFICATE + OTHER);
  const fingerprints = [CERTIFICATE, OTHER].map((pem) => {
    const base64 = pem.split("\n").slice(1, -2).join("");
    return createHash("sha256").update(base64, "base64").digest("hex");
  });
  assert.deepEqual(certificates.map(({ certificate }) => certificate.fingerprint), fingerprints);
  assert.deepEqual(certificates.map(({ name, version }) => [name, version]), [["", ""], ["", ""]]);
  assert.deepEqual(keys, []);
  assert.deepEqual(details[1], {
    kind: "certificate",
    name: "",
    version: "",
    fingerprint: fingerprints[1],
    subject: "CN=Retired root,OU=Release,O=Vector Works North,L=Lund,ST=Skane,C=SE",
    notBefore: "2020-03-01T12:00:00.000Z",
    notAfter: "2023-03-01T12:00:00.000Z",
  });
});

Deno.test("createInlineProvider does not mind white space, or text around blocks", async () => {
  const [expected] = (await read("certificate", CERTIFICATE)).details;
  const variants = [
    `\n\n${CERTIFICATE}\n\n\n`,
    CERTIFICATE.trimEnd(),
    CERTIFICATE.replaceAll("\n", "\r\n"),
    CERTIFICATE.replace(/^/gm, "    "),
    CERTIFICATE.replace(/$/gm, " \t"),
    CERTIFICATE.replaceAll("\n", "\n\n"),
    `Subject: CN=a\n${CERTIFICATE}# the end\n`,
  ];
  for (const value of variants) {
    assert.deepEqual((await read("certificate", value)).details, [expected], JSON.stringify(value));
  }
});

Deno.test("createInlineProvider accepts a certificate that has expired", async () => {
  assert.equal((await read("certificate", OTHER)).certificates.length, 1);
});

Deno.test("createInlineProvider reads every certificate of the corpus", async () => {
  for await (const { name } of Deno.readDir(`${ROOT}/trust/x509`)) {
    const text = await Deno.readTextFile(`${ROOT}/trust/x509/${name}`);
    assert.equal((await read("certificate", text)).certificates.length, 1, name);
  }
});

Deno.test("createInlineProvider reads every public key of the corpus", async () => {
  for await (const { name } of Deno.readDir(`${ROOT}/trust/cosign`)) {
    const text = await Deno.readTextFile(`${ROOT}/trust/cosign/${name}`);
    const { certificates, keys, details } = await read("key", text);
    assert.deepEqual([certificates.length, keys.length], [0, 1], name);
    assert.deepEqual(details, [{
      kind: "key",
      name: "",
      version: "",
      fingerprint: keys[0]?.key.fingerprint,
    }]);
  }
});

Deno.test("createInlineProvider reads an RSA key in both of its forms alike", async () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const spki = await read("key", String(publicKey.export({ type: "spki", format: "pem" })));
  const pkcs1 = await read("key", String(publicKey.export({ type: "pkcs1", format: "pem" })));
  assert.deepEqual(pkcs1.details, spki.details);
  assert.equal(pkcs1.keys[0]?.key.description, "RSA-2048");
});

Deno.test("createInlineProvider refuses what is no certificate", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /^holds no certificate/],
    ["hello", /^holds no certificate/],
    ["MIICNDCCAdqgAwIBAgIQAO", /^holds no certificate/],
    [KEY, /^holds a PUBLIC KEY block on line 1; only CERTIFICATE blocks belong there$/],
    [CERTIFICATE + KEY, /^holds a PUBLIC KEY block on line 15/],
    [CERTIFICATE.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"), /^holds a TRUSTED CERTIFICATE/],
    [CERTIFICATE.replaceAll("CERTIFICATE", "X509 CRL"), /^holds a X509 CRL block/],
    [KEY.replaceAll("PUBLIC KEY", "CERTIFICATE"), /^cannot be read: .* \(block on line 1\)$/],
    [CERTIFICATE.replace("MIIC", "MIIE"), /^cannot be read: /],
    [CERTIFICATE.replace("=", ""), /^cannot be read: /],
    [CERTIFICATE.replace("MIIC", "M!IC"), /^cannot be read: .*not base64/],
    [CERTIFICATE.replace("-----END CERTIFICATE-----", ""), /has no END \(line 1\)/],
    [CERTIFICATE.replace("END CERTIFICATE", "END KEY"), /^cannot be read: /],
    [CERTIFICATE.replace("MIIC", "Proc-Type: 4,ENCRYPTED\n\nMIIC"), /^cannot be read: .*headers/],
  ];
  for (const [value, message] of cases) {
    const { code, message: text } = refusal("certificate", value);
    assert.equal(code, "CERT_INVALID");
    assert.match(text, message);
  }
});

Deno.test("createInlineProvider refuses what is not one public key", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /^holds no public key/],
    [KEY + KEY, /^holds 2 blocks; write one provider for each key$/],
    [CERTIFICATE, /^holds a CERTIFICATE block; it must be PUBLIC KEY or RSA PUBLIC KEY$/],
    [KEY + CERTIFICATE, /^holds 2 blocks/],
    [CERTIFICATE.replaceAll("CERTIFICATE", "PUBLIC KEY"), /^cannot be read: /],
    [KEY.replaceAll("PUBLIC KEY", "RSA PUBLIC KEY"), /^cannot be read: /],
    [KEY.replaceAll("PUBLIC KEY", "EC PUBLIC KEY"), /^holds a EC PUBLIC KEY block/],
  ];
  for (const [value, message] of cases) {
    const { code, message: text } = refusal("key", value);
    assert.equal(code, "KEY_INVALID");
    assert.match(text, message);
  }
});

Deno.test("createInlineProvider is loud about private keys and never repeats them", () => {
  const pem = String(PRIVATE_KEY);
  const secret = pem.split("\n")[1] ?? "";
  const values = [
    pem,
    CERTIFICATE + pem,
    pem + CERTIFICATE,
    pem.replace(/^/gm, "  "),
    pem.replaceAll("PRIVATE", "RSA PRIVATE"),
    pem.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"),
    pem.replaceAll("PRIVATE KEY", "OPENSSH PRIVATE KEY"),
    pem.replaceAll("PRIVATE KEY", "PGP PRIVATE KEY BLOCK"),
    pem.replace(/-----END[^]*/, ""),
    pem.replace("BEGIN PRIVATE KEY-----", "BEGIN PRIVATE KEY"),
    pem.toLowerCase(),
  ];
  for (const value of values) {
    for (const contentType of ["certificate", "key"] as const) {
      const error = refusal(contentType, value);
      assert.match(error.message, /^holds a PRIVATE KEY, which must never be in a configuration$/);
      assert.match(error.remedy, /treat the key as leaked/);
      const all = [error.message, error.remedy, error.detail, String(error.cause)].join();
      assert.ok(!all.toLowerCase().includes(secret.toLowerCase()), value);
    }
  }
});

Deno.test("createInlineProvider does not take a word in a comment for a private key", async () => {
  const value = `# Its PRIVATE KEY is in the vault.\n${CERTIFICATE}`;
  assert.equal((await read("certificate", value)).certificates.length, 1);
});

Deno.test("createInlineProvider throws nothing else than its errors", () => {
  const lines = [...CERTIFICATE.split("\n"), ...KEY.split("\n"), "", " ", "-----BEGIN X-----"];
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...lines), { maxLength: 20 }).map((some) => some.join("\n")),
    fc.tuple(fc.nat({ max: CERTIFICATE.length - 1 }), fc.string({ maxLength: 2 }))
      .map(([at, some]) => CERTIFICATE.slice(0, at) + some + CERTIFICATE.slice(at + some.length)),
  );
  fc.assert(
    fc.property(text, fc.constantFrom("certificate" as const, "key" as const), (value, type) => {
      try {
        createInlineProvider({ contentType: type, value });
      } catch (error) {
        assert.ok(error instanceof AssayError, String(error));
      }
    }),
    { numRuns: 400 },
  );
});
