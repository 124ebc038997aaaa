import assert from "node:assert/strict";
import type { CloudSurroundings } from "../src/cloud/mod.ts";
import { encodePem } from "../src/crypto/mod.ts";
import { ecSigner, rsaSigner } from "../src/crypto/testing/keys.ts";
import files from "../src/crypto/pkcs12/testing/files.json" with { type: "json" };
import { AssayError } from "../src/errors.ts";
import {
  alibabaKmsEntries,
  azureKeyVaultEntries,
  EntryGoneError,
  gcpKmsEntries,
  type MaterialEntry,
  type NamedEntry,
} from "../src/keys/mod.ts";
import type { TrustMaterial } from "../src/trust/mod.ts";
import { ALIBABA } from "./clouds/alibaba.ts";
import { type AlibabaKmsDouble, alibabaKmsDouble } from "./clouds/alibaba_kms.ts";
import { CLIENT, TENANT } from "./clouds/azure.ts";
import { Clock, CloudDouble, projectedToken } from "./clouds/double.ts";
import { type GcpKmsDouble, gcpKmsDouble, RING } from "./clouds/gcp_kms.ts";
import { VAULT, type VaultDouble, vaultDouble, type VaultedVersion } from "./clouds/key_vault.ts";
import { cloudSurroundings } from "./clouds/surroundings.ts";

/*
 * Key management providers of clouds against doubles of the services that they ask. A double is written from the
 * service's documentation and refuses what the service refuses; what all providers promise is asked of each.
 */

const SIGNAL = new AbortController().signal;
const TOKEN_FILE = "/var/run/secrets/token";
const EC = await ecSigner("P-256");
const PEM_KEY = encodePem("PUBLIC KEY", EC.spki);
const CHAIN = files.certificates.join("");
const PLANTED_KEY = [
  "-----BEGIN PRIVATE KEY-----",
  "PLANTED+private+key",
  "-----END PRIVATE KEY-----",
  "",
].join("\n");

function named(name: string, version = "", versionHistoryLimit = 0): NamedEntry {
  return { name, version, versionHistoryLimit };
}

/** A version that is 32 hexadecimal digits long, as those of vaults are. */
function versionOf(number: number): string {
  return number.toString(16).padStart(32, "0");
}

function secretOf(number: number, content: Record<string, unknown> = {}): VaultedVersion {
  const secret = { contentType: "application/x-pem-file", value: PLANTED_KEY + CHAIN, ...content };
  return { version: versionOf(number), enabled: true, created: 1000 + number, content: secret };
}

async function jwkOf(
  { spki }: { readonly spki: Uint8Array<ArrayBuffer> },
  algorithm: EcKeyImportParams | RsaHashedImportParams,
): Promise<JsonWebKey> {
  const key = await crypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]);
  return await crypto.subtle.exportKey("jwk", key);
}

const EC_JWK = { ...await jwkOf(EC, { name: "ECDSA", namedCurve: "P-256" }), kty: "EC-HSM" };

function keyOf(number: number, jwk: object = EC_JWK): VaultedVersion {
  const content = { ...jwk, key_ops: ["sign", "verify"] };
  return { version: versionOf(number), enabled: true, created: 1000 + number, content };
}

/** Surroundings whose token file is rotated all the time, unless there is a token that is not. */
function rotated(
  clock: Clock,
  audience: string,
  token: string | undefined,
  env: Readonly<Record<string, string>>,
): CloudSurroundings {
  return {
    ...cloudSurroundings(clock, env),
    readText: (path) =>
      path === TOKEN_FILE
        ? Promise.resolve(token ?? projectedToken(clock, audience, 3600))
        : Promise.reject(new Deno.errors.NotFound(path)),
  };
}

/** A vault with entries, ready to be fetched. */
interface VaultScene {
  readonly vault: VaultDouble;
  entries(
    certificates: readonly NamedEntry[],
    keys: readonly NamedEntry[],
    env?: Readonly<Record<string, string>>,
    host?: string,
  ): MaterialEntry[];
}

function azure(clock: Clock, token?: string): VaultScene {
  const vault = vaultDouble(clock);
  return {
    vault,
    entries: (certificates, keys, env = {}, host = VAULT) =>
      azureKeyVaultEntries(
        {
          host,
          identity: { tenant: TENANT, client: CLIENT },
          certificates,
          keys,
          originOf: () => vault.double.address,
        },
        rotated(clock, "api://AzureADTokenExchange", token, {
          AZURE_AUTHORITY_HOST: `${vault.double.address}/`,
          AZURE_FEDERATED_TOKEN_FILE: TOKEN_FILE,
          ...env,
        }),
      ),
  };
}

interface GcpScene {
  readonly kms: GcpKmsDouble;
  entries(keys: readonly NamedEntry[]): MaterialEntry[];
}

function gcp(clock: Clock): GcpScene {
  const kms = gcpKmsDouble(clock);
  kms.keys.set("release", [
    { version: "1", state: "ENABLED", algorithm: "EC_SIGN_P256_SHA256", pem: PEM_KEY },
  ]);
  return {
    kms,
    entries: (keys) =>
      gcpKmsEntries(
        {
          project: "example",
          location: "europe-west1",
          keyRing: "signing",
          keys,
          endpoint: kms.double.address,
        },
        cloudSurroundings(clock, { GCE_METADATA_HOST: kms.double.host }),
      ),
  };
}

interface AlibabaScene {
  readonly kms: AlibabaKmsDouble;
  entries(
    keys: readonly NamedEntry[],
    certificates?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): MaterialEntry[];
}

function alibaba(clock: Clock, token?: string): AlibabaScene {
  const kms = alibabaKmsDouble(clock);
  kms.keys.set("key-a", {
    state: "Enabled",
    spec: "EC_P256",
    versions: [{ id: "v1", made: "2026-01-01T00:00:00Z", pem: PEM_KEY }],
  });
  const [certificate = "", chain = ""] = files.certificates;
  kms.certificates.set("cert-a", { status: "ACTIVE", certificate, chain });
  return {
    kms,
    entries: (keys, certificates = [], env = {}) =>
      alibabaKmsEntries(
        { endpoint: kms.double.address, keys, certificates },
        rotated(clock, "sts.aliyuncs.com", token, {
          ...ALIBABA,
          ALIBABA_CLOUD_OIDC_TOKEN_FILE: TOKEN_FILE,
          ALIBABA_CLOUD_STS_ENDPOINT: kms.double.address,
          ...env,
        }),
      ),
  };
}

/** An entry, what it asks, and what makes it go away. */
interface Scene {
  readonly double: CloudDouble;
  readonly entry: MaterialEntry;
  /** Another one of the same provider. */
  readonly sibling: MaterialEntry;
  /** Whether a request is one for a token. */
  readonly isToken: (url: URL) => boolean;
  readonly lifetime: number;
  readonly disable: () => void;
  readonly remove: () => void;
}

function azureScene(clock: Clock, kind: "certificates" | "keys", limit = 0): Scene {
  const { vault, entries } = azure(clock);
  const objects = vault[kind];
  const all = [kind === "keys" ? keyOf(1) : secretOf(1)];
  objects.set("release", all).set("other", [kind === "keys" ? keyOf(2) : secretOf(2)]);
  const both = [named("release", "", limit), named("other")];
  const [entry, sibling] = kind === "keys" ? entries([], both) : entries(both, []);
  assert.ok(entry !== undefined && sibling !== undefined);
  return {
    double: vault.double,
    entry,
    sibling,
    isToken: ({ pathname }) => pathname.endsWith("/token"),
    lifetime: 86_399,
    disable: () => all.forEach((each) => each.enabled = false),
    remove: () => objects.delete("release"),
  };
}

function gcpScene(clock: Clock, version: string): Scene {
  const { kms, entries } = gcp(clock);
  kms.keys.set("other", kms.keys.get("release")?.map((each) => ({ ...each })) ?? []);
  const [entry, sibling] = entries([named("release", version), named("other")]);
  assert.ok(entry !== undefined && sibling !== undefined);
  return {
    double: kms.double,
    entry,
    sibling,
    isToken: ({ pathname }) => pathname.endsWith("/token"),
    lifetime: 3599,
    disable: () => kms.keys.get("release")?.forEach((each) => each.state = "DISABLED"),
    remove: () => kms.keys.delete("release"),
  };
}

function alibabaScene(clock: Clock, kind: "key" | "certificate"): Scene {
  const { kms, entries } = alibaba(clock);
  const [certificate, key] = entries([named("key-a")], ["cert-a"]);
  assert.ok(certificate !== undefined && key !== undefined);
  const [entry, sibling] = kind === "key" ? [key, certificate] : [certificate, key];
  return {
    double: kms.double,
    entry,
    sibling,
    isToken: ({ searchParams }) => searchParams.has("Action"),
    lifetime: 3600,
    disable: () => {
      for (const each of kms.keys.values()) each.state = "Disabled";
      for (const each of kms.certificates.values()) each.status = "REVOKED";
    },
    remove: () => {
      kms.keys.clear();
      kms.certificates.clear();
    },
  };
}

const SCENES: Readonly<Record<string, (clock: Clock) => Scene>> = {
  "azurekeyvault for a certificate": (clock) => azureScene(clock, "certificates"),
  "azurekeyvault for the history of a certificate": (clock) => azureScene(clock, "certificates", 2),
  "azurekeyvault for a key": (clock) => azureScene(clock, "keys"),
  "azurekeyvault for the history of a key": (clock) => azureScene(clock, "keys", 2),
  "gcpkms for a version": (clock) => gcpScene(clock, "1"),
  "gcpkms for the newest version": (clock) => gcpScene(clock, ""),
  "alibabacloudkms for a key": (clock) => alibabaScene(clock, "key"),
  "alibabacloudkms for a certificate": (clock) => alibabaScene(clock, "certificate"),
};

for (const [name, build] of Object.entries(SCENES)) {
  const test = (what: string, run: (at: Scene, clock: Clock) => Promise<void>): void =>
    Deno.test(`${name} ${what}`, async () => {
      const clock = new Clock();
      const at = build(clock);
      await using _ = at.double;
      await run(at, clock);
    });
  const tokens = ({ double, isToken }: Scene): number =>
    double.asked.filter(({ url }) => isToken(url)).length;

  test("fetches it, with one token however many ask, anew each time", async (at) => {
    const both = [at.entry, at.sibling, at.entry, at.sibling];
    const found = await Promise.all(both.map((entry) => entry.fetch(SIGNAL)));
    for (const material of found) {
      assert.ok(material.certificates.length + material.keys.length > 0);
      assert.ok(material.details.every(({ enabled }) => enabled === true));
      assert.ok(!Deno.inspect(material, { depth: 20 }).includes("PLANTED"));
    }
    assert.equal(tokens(at), 1);
    const asked = at.double.asked.length;
    await at.entry.fetch(SIGNAL);
    assert.ok(at.double.asked.length > asked);
    assert.equal(tokens(at), 1);
  });

  test("gets another token before the first has ended", async (at, clock) => {
    await at.entry.fetch(SIGNAL);
    clock.pass(at.lifetime - 290);
    await at.entry.fetch(SIGNAL);
    assert.equal(tokens(at), 2);
    clock.pass(at.lifetime + 1);
    await at.entry.fetch(SIGNAL);
    assert.equal(tokens(at), 3);
  });

  test("is gone when it is disabled", async (at) => {
    await at.entry.fetch(SIGNAL);
    at.disable();
    assert.ok(await failureOf(at.entry) instanceof EntryGoneError);
  });

  test("is gone when there is no such thing", async (at) => {
    await at.entry.fetch(SIGNAL);
    at.remove();
    const error = await failureOf(at.entry);
    assert.ok(error instanceof EntryGoneError);
    assert.match(error.message, /does not exist/);
  });

  test("is not gone when it is refused: nobody is certain", async (at) => {
    for (const status of [400, 403, 404]) {
      at.double.instead = ({ url }) =>
        at.isToken(url) ? undefined : new Response("PLANTED body", { status });
      const error = await failureOf(at.entry);
      assert.deepEqual([error.code, error.transient], ["KEY_MANAGEMENT_PROVIDER_FAILURE", false]);
      assert.ok(!(error instanceof EntryGoneError));
      assert.match(
        error.message,
        new RegExp(`cannot be fetched: .* answers with status ${status}`),
      );
    }
  });

  test("is not gone when no token is issued", async (at) => {
    at.double.instead = ({ url }) =>
      at.isToken(url) ? new Response("PLANTED body", { status: 403 }) : undefined;
    const error = await failureOf(at.entry);
    assert.deepEqual([error.code, error.transient], ["KEY_MANAGEMENT_PROVIDER_FAILURE", false]);
    assert.ok(!(error instanceof EntryGoneError));
  });

  test("says that it may pass when it is throttled or in trouble", async (at) => {
    for (const status of [429, 500, 503]) {
      at.double.instead = ({ url }) =>
        at.isToken(url) ? undefined : new Response("slow down", { status });
      const error = await failureOf(at.entry);
      assert.deepEqual([error.code, error.transient], ["KEY_MANAGEMENT_PROVIDER_FAILURE", true]);
    }
    at.double.instead = () => undefined;
    await at.entry.fetch(SIGNAL);
  });

  test("refuses answers that are malformed or too large", async (at) => {
    const bodies = ["", "PLANTED no JSON", "[]", '{"a":1,"a":2}', "{}", " ".repeat(300_000)];
    for (const body of bodies) {
      // A vault is asked without token first.
      await at.entry.fetch(SIGNAL);
      at.double.instead = ({ url }) => at.isToken(url) ? undefined : new Response(body);
      const error = await failureOf(at.entry);
      assert.ok(!(error instanceof EntryGoneError), body.slice(0, 20));
      assert.deepEqual([error.code, error.transient], ["KEY_MANAGEMENT_PROVIDER_FAILURE", false]);
      at.double.instead = () => undefined;
    }
  });

  test("does not follow a redirect", async (at) => {
    await using elsewhere = new CloudDouble(() => new Response("{}"));
    at.double.instead = () =>
      new Response(null, { status: 307, headers: { location: elsewhere.address } });
    assert.match((await failureOf(at.entry)).message, /status 307/);
    assert.equal(elsewhere.asked.length, 0);
  });

  test("stops when its time is over", async (at) => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<undefined>();
    at.double.instead = () => {
      asked.resolve();
      return answer.promise;
    };
    const controller = new AbortController();
    const waiting = failureOf(at.entry, controller.signal);
    await asked.promise;
    controller.abort();
    const error = await waiting;
    assert.equal(error.transient, true);
    assert.match(error.message, /has not been fetched in time$/);
    answer.resolve(undefined);
    at.double.instead = () => undefined;
    await at.entry.fetch(SIGNAL);
    // Who comes too late asks for nothing.
    const before = at.double.asked.length;
    assert.match((await failureOf(at.entry, controller.signal)).message, /in time$/);
    assert.equal(at.double.asked.length, before);
  });
}

/** The error of a fetch; nothing planted may be in any part of it. */
async function failureOf(entry: MaterialEntry | undefined, signal = SIGNAL): Promise<AssayError> {
  try {
    await entry?.fetch(signal);
  } catch (error) {
    assert.ok(error instanceof AssayError, Deno.inspect(error));
    const all = Deno.inspect(error, { depth: 20, strAbbreviateSize: 1e6 });
    assert.ok(!all.includes("PLANTED"), all);
    assert.ok(error.remedy !== "" && error.effect === "undecided");
    return error;
  }
  assert.fail("there was no failure");
}

/** Versions as a person reads them, disabled ones with a minus. */
function versionsIn({ details }: TrustMaterial): string[] {
  const all = details.map(({ version, enabled }) => {
    const number = version.length === 32 ? String(parseInt(version, 16)) : version;
    return enabled === true ? number : `-${number}`;
  });
  return [...new Set(all)];
}

Deno.test("azurekeyvault takes the newest version, or the one that is named, with its whole chain", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  vault.certificates.set("release", [secretOf(2), secretOf(3), secretOf(1)]);
  const [newest, pinned] = entries([named("release"), named("release", versionOf(1))], []);
  const found = await newest?.fetch(SIGNAL);
  assert.ok(found !== undefined);
  assert.deepEqual(versionsIn(found), ["3"]);
  assert.deepEqual(
    found.certificates.map(({ certificate }) => encodePem("CERTIFICATE", certificate.raw)),
    files.certificates,
  );
  const other = await pinned?.fetch(SIGNAL);
  assert.deepEqual(other?.certificates.map(({ name, version }) => [name, version]), [
    ["release", versionOf(1)],
    ["release", versionOf(1)],
  ]);
  assert.equal(pinned?.label, `certificate release ${versionOf(1)}`);
  assert.ok(vault.double.asked.every(({ url }) => !url.pathname.includes("versions")));
});

for (const kind of ["certificates", "keys"] as const) {
  Deno.test(`azurekeyvault takes the newest ${kind}, or those before a version, and names those that are disabled`, async () => {
    const { vault, entries } = azure(new Clock());
    await using _ = vault;
    const all = [4, 1, 5, 3, 2].map((number) => kind === "keys" ? keyOf(number) : secretOf(number));
    vault[kind].set("release", all);
    vault.pageSize = 2;
    const versions = async (version: number, limit: number): Promise<string[]> => {
      const which = [named("release", version === 0 ? "" : versionOf(version), limit)];
      const [entry] = kind === "keys" ? entries([], which) : entries(which, []);
      return versionsIn(await entry?.fetch(SIGNAL) ?? assert.fail());
    };
    assert.deepEqual(await versions(0, 3), ["5", "4", "3"]);
    assert.deepEqual(await versions(0, 9), ["5", "4", "3", "2", "1"]);
    assert.deepEqual(await versions(3, 1), ["3", "2"]);
    // What is disabled counts: no older version comes in its place.
    const newest = all.find((each) => each.version === versionOf(5));
    assert.ok(newest !== undefined);
    newest.enabled = false;
    assert.deepEqual(await versions(0, 2), ["-5", "4"]);
    const [gone] = kind === "keys"
      ? entries([], [named("release", versionOf(9), 1)])
      : entries([named("release", versionOf(9), 1)], []);
    assert.match((await failureOf(gone)).message, /does not exist \(version 0+9\)$/);
  });
}

Deno.test("azurekeyvault is gone when all versions of a history are disabled, and names the newest", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  vault.keys.set("release", [1, 2, 3].map((number) => ({ ...keyOf(number), enabled: false })));
  const error = await failureOf(entries([], [named("release", "", 2)])[0]);
  assert.ok(error instanceof EntryGoneError);
  assert.match(error.message, /is disabled \(version 0+3\)$/);
});

Deno.test("azurekeyvault passes over what stands beside certificates in a PEM secret", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  const value = `${PLANTED_KEY}${CHAIN}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n\n`;
  vault.certificates.set("release", [secretOf(1, { value })]);
  const found = await entries([named("release")], [])[0]?.fetch(SIGNAL);
  assert.equal(found?.certificates.length, 2);
});

Deno.test("azurekeyvault tells which version is disabled, where it may know", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  vault.certificates.set("release", [{ ...secretOf(7), enabled: false }]);
  const [entry] = entries([named("release")], []);
  assert.equal(
    (await failureOf(entry)).message,
    `The certificate release of the vault ${VAULT} is disabled (version ${versionOf(7)})`,
  );
  vault.double.instead = ({ url }) =>
    url.pathname.startsWith("/certificates/") ? new Response(null, { status: 403 }) : undefined;
  const error = await failureOf(entry);
  assert.ok(error instanceof EntryGoneError);
  assert.match(error.message, /is disabled$/);
});

for (const name of ["aes256", "rc2-40", "3des", "nokey"] as const) {
  Deno.test(`azurekeyvault reads a PKCS#12 secret (${name})`, async () => {
    const { vault, entries } = azure(new Clock());
    await using _ = vault;
    const content = { contentType: "application/x-pkcs12", value: files.files[name] };
    vault.certificates.set("release", [secretOf(1, content)]);
    const found = await entries([named("release")], [])[0]?.fetch(SIGNAL);
    assert.equal(found?.certificates.length, 2);
  });
}

/** Secrets that hold no certificates, and what is said of them. */
const SECRETS: readonly (readonly [Record<string, unknown>, RegExp])[] = [
  [{ contentType: "text/plain" }, /another content type than application\/x-pkcs12/],
  [{ contentType: undefined }, /another content type/],
  [{ value: PLANTED_KEY }, /holds no certificate$/],
  [{ value: `${CHAIN}-----BEGIN CERTIFICATE-----\nPLANTED\n` }, /BEGIN CERTIFICATE has no END/],
  [{ contentType: "application/x-pkcs12" }, /cannot be read: base64/],
  [{ contentType: "application/x-pkcs12", value: files.files.otherpw }, /or has a password$/],
];

Deno.test("azurekeyvault says what is wrong with a secret, and nothing that is in it", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  for (const [content, message] of SECRETS) {
    vault.certificates.set("release", [secretOf(1, content)]);
    const error = await failureOf(entries([named("release")], [])[0]);
    assert.equal(error.code, "CERT_INVALID");
    assert.match(error.message, message);
  }
});

Deno.test("azurekeyvault knows the hash that a key signs with by its size", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  const hashOf = async (jwk: object): Promise<string | undefined> => {
    vault.keys.set("release", [keyOf(1, jwk)]);
    return (await entries([], [named("release")])[0]?.fetch(SIGNAL))?.keys[0]?.hash;
  };
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  for (const [bits, hash] of [[2048, "SHA-256"], [3072, "SHA-384"], [4096, "SHA-512"]] as const) {
    assert.equal(await hashOf(await jwkOf(await rsaSigner(bits), algorithm)), hash);
  }
  const curves = [["P-256", "SHA-256"], ["P-384", "SHA-384"], ["P-521", "SHA-512"]] as const;
  for (const [namedCurve, hash] of curves) {
    assert.equal(
      await hashOf(await jwkOf(await ecSigner(namedCurve), { name: "ECDSA", namedCurve })),
      hash,
    );
  }
});

Deno.test("azurekeyvault refuses keys that nobody signs images with", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const odd = await jwkOf(await rsaSigner(2304), algorithm);
  for (const jwk of [odd, { kty: "oct", k: "PLANTED" }, { ...EC_JWK, crv: "P-256K" }, {}]) {
    vault.keys.set("release", [keyOf(1, jwk)]);
    assert.equal((await failureOf(entries([], [named("release")])[0])).code, "KEY_INVALID");
  }
});

/** Answers of a vault that are of something else. */
const OTHERS: readonly ((body: Record<string, unknown>) => object)[] = [
  (body) => ({ ...body, id: String(body["id"]).replace("release", "other") }),
  (body) => ({ ...body, id: String(body["id"]).replace("example", "evil") }),
  (body) => ({ ...body, id: versionOf(1) }),
  (body) => ({ ...body, id: `https://${VAULT}/secrets/release/${versionOf(2)}` }),
  (body) => ({ ...body, attributes: {} }),
  (body) => ({ ...body, attributes: { enabled: "true" } }),
];

Deno.test("azurekeyvault refuses the answer of another object, or one that does not say whether it is enabled", async () => {
  for (const change of OTHERS) {
    const { vault, entries } = azure(new Clock());
    await using _ = vault;
    vault.certificates.set("release", [secretOf(1)]);
    const [entry] = entries([named("release", versionOf(1))], []);
    await entry?.fetch(SIGNAL);
    vault.double.instead = () => {
      const id = `https://${VAULT}/secrets/release/${versionOf(1)}`;
      const { content } = secretOf(1);
      return Response.json(change({ id, attributes: { enabled: true }, ...content }));
    };
    assert.match(
      (await failureOf(entry)).message,
      /answers with what is not the object asked for$/,
    );
  }
});

/** Challenges that no token is given for, and what is said of them. */
const HOSTILE: readonly (readonly [string, RegExp])[] = [
  ["", /does not say which token it wants/],
  ["Basic realm=x", /does not say which token it wants/],
  ['Bearer authorization="https://login.microsoftonline.com/t"', /does not say which token/],
  [
    'Bearer authorization="https://login.microsoftonline.com/t", resource="https://management.azure.com"',
    /wants a token for "management.azure.com", which is not its own/,
  ],
  [
    'Bearer authorization="https://login.microsoftonline.com/t", resource="https://ult.azure.net"',
    /which is not its own/,
  ],
  [
    'Bearer authorization="https://login.microsoftonline.com/t", resource="http://vault.azure.net"',
    /does not say which token/,
  ],
  [
    'Bearer authorization="https://login.microsoftonline.com.evil.com/t", resource="https://vault.azure.net"',
    /wants a token of "login.microsoftonline.com.evil.com", which is not Entra ID/,
  ],
  [
    'Bearer authorization="http://login.microsoftonline.com/t", resource="https://vault.azure.net"',
    /which is not Entra ID/,
  ],
  [
    'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net", resource="https://vault.azure.net"',
    /does not say which token/,
  ],
];

Deno.test("azurekeyvault gives the pod's token to nobody but Entra ID, and asks for no token but the vault's own", async () => {
  for (const [challenge, message] of HOSTILE) {
    const { vault, entries } = azure(new Clock());
    await using _ = vault;
    vault.certificates.set("release", [secretOf(1)]);
    vault.challenge = challenge;
    assert.match((await failureOf(entries([named("release")], [])[0])).message, message);
    assert.equal(vault.double.asked.length, 1);
  }
});

Deno.test("azurekeyvault sends no token before the vault has asked for one, and takes a scope for a resource", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  vault.keys.set("release", [keyOf(1)]);
  vault.challenge =
    `Bearer authorization="${vault.double.address}/${TENANT}", scope="https://vault.azure.net/.default"`;
  await entries([], [named("release")])[0]?.fetch(SIGNAL);
  const [first, , third] = vault.double.asked;
  assert.equal(first?.headers.has("authorization"), false);
  assert.equal(third?.headers.get("authorization"), "Bearer PLANTED-vault-token-1");
});

Deno.test("azurekeyvault works in sovereign clouds, by what the vault says", async () => {
  const host = "example.vault.usgovcloudapi.net";
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  vault.resource = "https://vault.usgovcloudapi.net";
  vault.challenge =
    'Bearer authorization="https://login.microsoftonline.us/t", resource="https://vault.usgovcloudapi.net"';
  vault.keys.set("release", [keyOf(1)]);
  const error = await failureOf(entries([], [named("release")], {}, host)[0]);
  // The token is had; the identifiers of this double are those of the other vault.
  assert.equal(vault.issued, 1);
  assert.match(error.message, /the vault example.vault.usgovcloudapi.net answers with what is not/);
});

Deno.test("azurekeyvault asks once more when its token is refused, and not twice", async () => {
  const clock = new Clock();
  const { vault, entries } = azure(clock);
  await using _ = vault;
  vault.keys.set("release", [keyOf(1)]);
  const [entry] = entries([], [named("release")]);
  await entry?.fetch(SIGNAL);
  const refusal = (): Response =>
    new Response(null, { status: 401, headers: { "www-authenticate": vault.challenge } });
  let left = 1;
  vault.double.instead = ({ url }) =>
    url.pathname.startsWith("/keys/") && left-- > 0 ? refusal() : undefined;
  await entry?.fetch(SIGNAL);
  assert.equal(vault.issued, 2);
  left = 99;
  assert.match((await failureOf(entry)).message, /answers with status 401$/);
  assert.equal(vault.issued, 3);
});

Deno.test("azurekeyvault follows a list within itself alone, and not without end", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  vault.keys.set("release", [keyOf(1), keyOf(2), keyOf(3)]);
  vault.pageSize = 1;
  const [entry] = entries([], [named("release", "", 2)]);
  for (
    const link of [
      (path: string): string => `https://evil.vault.azure.net${path}`,
      (path: string): string => `http://${VAULT}${path}`,
      (path: string): string => `https://${VAULT}:444${path}`,
      (path: string): string => `https://${VAULT}/secrets${path.slice("/keys".length)}`,
      (path: string): string => path,
    ]
  ) {
    vault.nextLink = link;
    assert.match((await failureOf(entry)).message, /continues a list at another address$/);
  }
  vault.nextLink = () => `https://${VAULT}/keys/release/versions?api-version=7.4`;
  assert.match((await failureOf(entry)).message, /more versions of release than can be read$/);
});

/** Identities that a service refuses, and how that is told. */
const REFUSED: readonly (readonly [string, (clock: Clock) => VaultScene | AlibabaScene, RegExp])[] =
  [
    [
      "azurekeyvault with a token for another audience",
      (clock) => azure(clock, projectedToken(clock, "other")),
      /Microsoft Entra ID answers with status 401 \(AADSTS700212\)/,
    ],
    [
      "azurekeyvault with an expired token",
      (clock) => azure(clock, projectedToken(clock, "api://AzureADTokenExchange", -1)),
      /Microsoft Entra ID answers with status 401 \(AADSTS700024\)/,
    ],
    [
      "alibabacloudkms with a token for another audience",
      (clock) => alibaba(clock, projectedToken(clock, "other")),
      /Alibaba Cloud STS answers with status 400 \(AuthenticationFail\.OIDCToken\.AudienceNotMatch\)/,
    ],
    [
      "alibabacloudkms with an expired token",
      (clock) => alibaba(clock, projectedToken(clock, "sts.aliyuncs.com", -1)),
      /Alibaba Cloud STS answers with status 400 \(AuthenticationFail\.OIDCToken\.Expired\)/,
    ],
  ];

for (const [name, build, message] of REFUSED) {
  Deno.test(`${name} is refused`, async () => {
    const scene = build(new Clock());
    await using _ = "vault" in scene ? scene.vault : scene.kms;
    const [entry] = "vault" in scene
      ? scene.entries([], [named("release")])
      : scene.entries([named("key-a")]);
    if ("vault" in scene) scene.vault.keys.set("release", [keyOf(1)]);
    assert.match((await failureOf(entry)).message, message);
  });
}

Deno.test("azurekeyvault says which variable is missing", async () => {
  const { vault, entries } = azure(new Clock());
  await using _ = vault;
  const [entry] = entries([], [named("release")], { AZURE_FEDERATED_TOKEN_FILE: "" });
  assert.match((await failureOf(entry)).message, /AZURE_FEDERATED_TOKEN_FILE is not set$/);
});

Deno.test("gcpkms takes a version, the newest that is enabled, or several", async () => {
  const { kms, entries } = gcp(new Clock());
  await using _ = kms;
  const of = (version: string, state: string): (typeof all)[number] => ({
    version,
    state,
    algorithm: "EC_SIGN_P256_SHA256",
    pem: PEM_KEY,
  });
  const all: { version: string; state: string; algorithm: string; pem: string }[] = [];
  all.push(of("1", "ENABLED"), of("2", "DESTROYED"), of("9", "ENABLED"), of("10", "ENABLED"));
  all.push(of("11", "DISABLED"), of("12", "PENDING_GENERATION"));
  kms.keys.set("release", all);
  kms.pageSize = 2;
  const versions = async (version: string, limit: number): Promise<string[]> =>
    versionsIn(
      await entries([named("release", version, limit)])[0]?.fetch(SIGNAL) ?? assert.fail(),
    );
  assert.deepEqual(await versions("", 0), ["10"]);
  assert.deepEqual(await versions("", 2), ["10", "9"]);
  assert.deepEqual(await versions("", 9), ["10", "9", "1"]);
  assert.deepEqual(await versions("9", 0), ["9"]);
  assert.deepEqual(await versions("9", 5), ["9", "1"]);
  assert.deepEqual(await versions("11", 1), ["-11", "10"]);
  const failing = async (version: string): Promise<AssayError> =>
    await failureOf(entries([named("release", version)])[0]);
  assert.match((await failing("2")).message, /is destroyed \(version 2\)$/);
  const pending = await failing("12");
  assert.ok(pending.transient && !(pending instanceof EntryGoneError));
  assert.match((await failing("13")).message, /does not exist \(version 13\)$/);
});

Deno.test("gcpkms knows the hash of an algorithm, and refuses algorithms that images are not signed with", async () => {
  const { kms, entries } = gcp(new Clock());
  await using _ = kms;
  const fetch = async (
    algorithm: string,
    spki: Uint8Array<ArrayBuffer>,
  ): Promise<TrustMaterial> => {
    const pem = encodePem("PUBLIC KEY", spki);
    kms.keys.set("release", [{ version: "1", state: "ENABLED", algorithm, pem }]);
    return await entries([named("release")])[0]?.fetch(SIGNAL) ?? assert.fail();
  };
  const rsa = (await rsaSigner(4096)).spki;
  assert.equal((await fetch("RSA_SIGN_PKCS1_4096_SHA512", rsa)).keys[0]?.hash, "SHA-512");
  assert.equal((await fetch("RSA_SIGN_PKCS1_4096_SHA256", rsa)).keys[0]?.hash, "SHA-256");
  assert.equal((await fetch("EC_SIGN_P256_SHA256", EC.spki)).keys[0]?.hash, "SHA-256");
  for (
    const algorithm of [
      "RSA_SIGN_PSS_4096_SHA256",
      "RSA_SIGN_RAW_PKCS1_4096",
      "EC_SIGN_SECP256K1_SHA256",
      "RSA_DECRYPT_OAEP_4096_SHA256",
      "RSA_SIGN_PKCS1_2048_SHA256", // the key is another one
      "PLANTED",
    ]
  ) {
    await assert.rejects(fetch(algorithm, rsa), { name: "AssayError", code: "KEY_INVALID" });
  }
});

Deno.test("gcpkms notices a key that was damaged on the way, and one of another version", async () => {
  const { kms, entries } = gcp(new Clock());
  await using _ = kms;
  kms.checksum = () => "1";
  const error = await failureOf(entries([named("release", "1")])[0]);
  assert.ok(error.transient);
  assert.match(error.message, /came damaged \(pemCrc32c\)$/);
  kms.checksum = () => "";
  assert.match((await failureOf(entries([named("release", "1")])[0])).message, /damaged/);
  kms.double.instead = ({ url }) =>
    url.pathname.endsWith("/1")
      ? Response.json({
        name: `${RING}/cryptoKeys/release/cryptoKeyVersions/2`,
        state: "ENABLED",
        algorithm: "EC_SIGN_P256_SHA256",
      })
      : undefined;
  assert.match(
    (await failureOf(entries([named("release", "1")])[0])).message,
    /not the key asked for$/,
  );
});

Deno.test("gcpkms asks for a token of Cloud KMS alone", async () => {
  const { kms, entries } = gcp(new Clock());
  await using _ = kms;
  await entries([named("release")])[0]?.fetch(SIGNAL);
  assert.equal(
    kms.double.asked[0]?.url.searchParams.get("scopes"),
    "https://www.googleapis.com/auth/cloudkms",
  );
});

Deno.test("alibabacloudkms takes a version of a key, the newest, or several, also by an alias", async () => {
  const { kms, entries } = alibaba(new Clock());
  await using _ = kms;
  const made = (day: number): string => `2026-01-${String(day).padStart(2, "0")}T00:00:00Z`;
  const versions = [2, 1, 4, 3].map((day) => ({ id: `v${day}`, made: made(day), pem: PEM_KEY }));
  kms.keys.set("key-a", { state: "Enabled", spec: "EC_P256", versions });
  kms.aliases.set("alias/release", "key-a");
  const found = async (name: string, version: string, limit: number): Promise<string[]> =>
    versionsIn(await entries([named(name, version, limit)])[0]?.fetch(SIGNAL) ?? assert.fail());
  assert.deepEqual(await found("key-a", "", 0), ["v4"]);
  assert.deepEqual(await found("alias/release", "", 3), ["v4", "v3", "v2"]);
  assert.deepEqual(await found("key-a", "v2", 5), ["v2", "v1"]);
  const error = await failureOf(entries([named("key-a", "v9")])[0]);
  assert.ok(error instanceof EntryGoneError);
  kms.keys.set("key-a", { state: "PendingImport", spec: "EC_P256", versions });
  const pending = await failureOf(entries([named("key-a")])[0]);
  assert.ok(pending.transient && !(pending instanceof EntryGoneError));
});

Deno.test("alibabacloudkms takes keys of the kinds that sign images, all with SHA-256", async () => {
  const { kms, entries } = alibaba(new Clock());
  await using _ = kms;
  const fetch = async (spec: string, spki: Uint8Array<ArrayBuffer>): Promise<TrustMaterial> => {
    const version = { id: "v1", made: "2026-01-01T00:00:00Z", pem: encodePem("PUBLIC KEY", spki) };
    kms.keys.set("key-a", { state: "Enabled", spec, versions: [version] });
    return await entries([named("key-a")])[0]?.fetch(SIGNAL) ?? assert.fail();
  };
  const rsa = (await rsaSigner(3072)).spki;
  assert.equal((await fetch("RSA_3072", rsa)).keys[0]?.hash, "SHA-256");
  assert.equal((await fetch("RSA_2048", (await rsaSigner(2048)).spki)).keys[0]?.hash, "SHA-256");
  for (const spec of ["EC_P256K", "EC_SM2", "Aliyun_AES_256", "RSA_2048", "PLANTED <"]) {
    await assert.rejects(fetch(spec, rsa), { name: "AssayError", code: "KEY_INVALID" });
  }
});

Deno.test("alibabacloudkms tells what may pass from what does not", async () => {
  const { kms, entries } = alibaba(new Clock());
  await using _ = kms;
  const codes = {
    "Throttling": true,
    "Throttling.User": true,
    "Rejected.Throttling": true,
    "ServiceUnavailableTemporary": true,
    "Forbidden.NoPermission": false,
    "Forbidden.RAM": false,
    "InvalidParameter": false,
  };
  for (const [Code, transient] of Object.entries(codes)) {
    kms.double.instead = ({ url }) =>
      url.searchParams.has("Action") ? undefined : Response.json({ Code }, { status: 400 });
    const error = await failureOf(entries([named("key-a")])[0]);
    assert.ok(!(error instanceof EntryGoneError));
    assert.equal(error.transient, transient, Code);
  }
  kms.double.instead = ({ url }) =>
    url.searchParams.has("Action")
      ? undefined
      : Response.json({ Code: "Rejected.PendingDeletion" }, { status: 409 });
  assert.ok(await failureOf(entries([named("key-a")])[0]) instanceof EntryGoneError);
});

Deno.test("alibabacloudkms gets other keys when a session is refused", async () => {
  const { kms, entries } = alibaba(new Clock());
  await using _ = kms;
  const [entry] = entries([named("key-a")]);
  await entry?.fetch(SIGNAL);
  let left = 1;
  kms.double.instead = ({ url }) =>
    !url.searchParams.has("Action") && left-- > 0
      ? Response.json({ Code: "InvalidSecurityToken.Expired" }, { status: 403 })
      : undefined;
  await entry?.fetch(SIGNAL);
  assert.equal(kms.double.asked.filter(({ url }) => url.searchParams.has("Action")).length, 2);
});

Deno.test("alibabacloudkms with a wrong key of the environment is refused for its signature", async () => {
  const { kms, entries } = alibaba(new Clock());
  await using _ = kms;
  const [entry] = entries([named("key-a")], [], {
    ALIBABA_CLOUD_ACCESS_KEY_ID: "STS.NSession",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "PLANTED-wrong",
    ALIBABA_CLOUD_SECURITY_TOKEN: "PLANTED-alibaba/token",
  });
  assert.match((await failureOf(entry)).message, /status 400 \(SignatureDoesNotMatch\)$/);
});

Deno.test("alibabacloudkms counts a certificate once that is in its own chain", async () => {
  const { kms, entries } = alibaba(new Clock());
  await using _ = kms;
  const [certificate = ""] = files.certificates;
  kms.certificates.set("cert-a", { status: "ACTIVE", certificate, chain: CHAIN });
  assert.equal((await entries([], ["cert-a"])[0]?.fetch(SIGNAL))?.certificates.length, 2);
  kms.certificates.set("cert-a", { status: "ACTIVE", certificate: "", chain: "" });
  assert.equal((await failureOf(entries([], ["cert-a"])[0])).transient, false);
});
