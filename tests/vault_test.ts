import assert from "node:assert/strict";
import type { VaultAuth } from "../src/cloud/mod.ts";
import { type SignatureScheme, verifySignature } from "../src/crypto/mod.ts";
import { AssayError } from "../src/errors.ts";
import {
  EntryGoneError,
  type HashicorpVaultConfiguration,
  hashicorpVaultEntries,
  type MaterialEntry,
} from "../src/keys/mod.ts";
import type { TrustMaterial } from "../src/trust/mod.ts";
import { Clock, CloudDouble } from "./clouds/double.ts";
import { cloudSurroundings } from "./clouds/surroundings.ts";
import { ROOT_TOKEN, type VaultDouble, vaultDouble } from "./clouds/vault.ts";
import { corpusRoot } from "./corpus.ts";
import { temporaryFolder } from "./temp.ts";
import { forgeCa, forgeLeaf } from "./tls.ts";
import { findVault, startVault } from "./vault_server.ts";

/*
 * Keys and certificates of HashiCorp Vault: the same steps against a double that is written from its
 * documentation, and against Vault itself where the program is (tests/vault/build.sh makes one).
 */

const SIGNAL = new AbortController().signal;
const TOKEN_FILE = "/var/run/vault/token";
const ACCOUNT_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const program = await findVault();
const ROOT = await corpusRoot();
const KEY_PEM = await Deno.readTextFile(`${ROOT}/trust/cosign/p256.pub`);
const OTHER_PEM = await Deno.readTextFile(`${ROOT}/trust/cosign/p384.pub`);
const [CERTIFICATE_FILE] = await Array.fromAsync(Deno.readDir(`${ROOT}/trust/x509`));
const CERTIFICATE_PEM = await Deno.readTextFile(`${ROOT}/trust/x509/${CERTIFICATE_FILE?.name}`);

/** A server, whichever, and what its administrator does. */
interface World extends AsyncDisposable {
  readonly address: string;
  readonly clock: Clock;
  readonly files: Map<string, string>;
  readonly double: VaultDouble | undefined;
  /** Asks as the administrator. */
  admin(path: string, body?: unknown, method?: string): Promise<Record<string, unknown>>;
  entries(parts: Partial<HashicorpVaultConfiguration>): MaterialEntry[];
}

const POLICY = [
  "transit/keys/*",
  "secret/data/*",
  "secret/metadata/*",
  "kv1/*",
  "pki/issuer/*",
  "nowhere/*",
]
  .map((path) => `path "${path}" { capabilities = ["read"] }`).join("\n");

async function prepare(
  address: string,
  double: VaultDouble | undefined,
  dispose: () => Promise<void>,
): Promise<World> {
  const clock = new Clock();
  if (double === undefined) clock.time = Date.now();
  const files = new Map<string, string>();
  const admin: World["admin"] = async (
    path,
    body,
    method = body === undefined ? "GET" : "POST",
  ) => {
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { "x-vault-token": ROOT_TOKEN },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  };
  await admin("sys/policies/acl/assay", { policy: POLICY });
  const world: World = {
    address,
    clock,
    files,
    double,
    admin,
    entries: (parts) =>
      hashicorpVaultEntries({
        address,
        namespace: "",
        caBundle: undefined,
        auth: { method: "token", tokenFile: TOKEN_FILE },
        transitKeys: [],
        secrets: [],
        pkiIssuers: [],
        ...parts,
      }, cloudSurroundings(clock, {}, files)),
    [Symbol.asyncDispose]: dispose,
  };
  await issueToken(world);
  return world;
}

async function issueToken({ admin, files }: World): Promise<string> {
  const { auth } = await admin("auth/token/create", { policies: ["assay"], period: "1h" }) as {
    auth: { client_token: string };
  };
  files.set(TOKEN_FILE, `${auth.client_token}\n`);
  return auth.client_token;
}

/** One test of each server; of Vault itself where it was built, which takes too long for every run. */
function test(name: string, fn: (world: World) => Promise<void>): void {
  Deno.test(`${name} (double)`, async () => {
    const clock = new Clock();
    const double = vaultDouble(clock);
    await using world = await prepare(double.double.address, double, async () => {
      await double[Symbol.asyncDispose]();
    });
    clock.time = world.clock.time;
    await fn(world);
  });
  if (program === undefined) return;
  Deno.test({
    name: `${name} (Vault)`,
    fn: async () => {
      await using folder = await temporaryFolder();
      await using server = await startVault(program, folder.path);
      await using world = await prepare(server.address, undefined, () => Promise.resolve());
      for (
        const [path, type, options] of [["transit", "transit"], ["pki", "pki"], ["kv1", "kv", {
          version: "1",
        }]]
      ) {
        await world.admin(`sys/mounts/${path}`, { type, ...(options && { options }) });
      }
      await fn(world);
    },
  });
}

const transit = (
  name: string,
  version = "",
  versionHistoryLimit = 0,
): HashicorpVaultConfiguration["transitKeys"][number] => ({
  name,
  key: name,
  mount: "transit",
  version,
  versionHistoryLimit,
});

const secret = (
  parts: Partial<HashicorpVaultConfiguration["secrets"][number]> = {},
): HashicorpVaultConfiguration["secrets"][number] => ({
  name: "s",
  mount: "secret",
  path: "team/signing",
  field: "pem",
  kvVersion: 2,
  contentType: "key",
  version: "",
  versionHistoryLimit: 0,
  ...parts,
});

async function fetchOne(entries: readonly MaterialEntry[]): Promise<TrustMaterial> {
  assert.equal(entries.length, 1);
  return await entries[0]?.fetch(SIGNAL) ?? assert.fail();
}

const versions = ({ keys, certificates }: TrustMaterial): string[] =>
  [...keys, ...certificates].map(({ name, version }) => `${name}/${version}`);

async function failure(entries: readonly MaterialEntry[]): Promise<AssayError> {
  try {
    await fetchOne(entries);
  } catch (error) {
    assert.ok(error instanceof AssayError, String(error));
    assert.doesNotMatch(
      `${error.message} ${error.detail} ${error.remedy} ${error.stack}`,
      /PLANTED|hvs\./,
    );
    return error;
  }
  return assert.fail("it was fetched");
}

async function isGone(entries: readonly MaterialEntry[], pattern: RegExp): Promise<void> {
  const error = await failure(entries);
  assert.ok(error instanceof EntryGoneError, error.message);
  assert.match(error.message, pattern);
}

test("Vault: a transit key has the newest version, a pinned one, or as many as are wanted", async (world) => {
  await world.admin("transit/keys/release", { type: "ecdsa-p256" });
  for (let count = 0; count < 2; count++) await world.admin("transit/keys/release/rotate", {});
  const get = async (...args: [version?: string, limit?: number]): Promise<string[]> =>
    versions(await fetchOne(world.entries({ transitKeys: [transit("release", ...args)] })));
  assert.deepEqual(await get(), ["release/3"]);
  assert.deepEqual(await get("1"), ["release/1"]);
  assert.deepEqual(await get("", 2), ["release/3", "release/2"]);
  assert.deepEqual(await get("2", 5), ["release/2", "release/1"]);
  await isGone(
    world.entries({ transitKeys: [transit("release", "4")] }),
    /does not exist \(version 4\)/,
  );
  await isGone(
    world.entries({ transitKeys: [transit("other")] }),
    /key other of Vault at .* does not exist/,
  );
  // What may verify nothing in Vault itself may verify nothing here.
  await world.admin("transit/keys/release/config", { min_decryption_version: 2 });
  assert.deepEqual(await get("", 9), ["release/3", "release/2"]);
  await isGone(
    world.entries({ transitKeys: [transit("release", "1")] }),
    /is below min_decryption_version \(version 1\)/,
  );
});

const KINDS: readonly (readonly [type: string, description: string, scheme: SignatureScheme])[] = [
  ["ecdsa-p256", "EC P-256", { name: "ECDSA", hash: "SHA-256", encoding: "der" }],
  ["ecdsa-p384", "EC P-384", { name: "ECDSA", hash: "SHA-256", encoding: "der" }],
  ["ecdsa-p521", "EC P-521", { name: "ECDSA", hash: "SHA-256", encoding: "der" }],
  ["ed25519", "Ed25519", { name: "Ed25519" }],
  ["rsa-2048", "RSA-2048", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
  ["rsa-3072", "RSA-3072", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }],
];

test("Vault: transit keys of all kinds are read, and what Vault signs with them is right", async (world) => {
  const data = new TextEncoder().encode("what was signed");
  for (const [type, description, scheme] of KINDS) {
    await world.admin(`transit/keys/${type}`, { type });
    const { keys: [found], details } = await fetchOne(
      world.entries({ transitKeys: [transit(type)] }),
    );
    assert.equal(found?.key.description, description);
    assert.equal(details[0]?.fingerprint, found?.key.fingerprint);
    if (world.double !== undefined) continue; // which signs nothing
    const signed = await world.admin(`transit/sign/${type}`, {
      input: data.toBase64(),
      hash_algorithm: "sha2-256",
      signature_algorithm: "pkcs1v15",
      marshaling_algorithm: "asn1",
    }) as { data: { signature: string } };
    const signature = Uint8Array.fromBase64(signed.data.signature.split(":").at(-1) ?? "");
    const { spki } = found?.key ?? assert.fail();
    assert.equal(await verifySignature(spki, scheme, signature, data), true, type);
  }
  await world.admin("transit/keys/aes", { type: "aes256-gcm96" });
  const error = await failure(world.entries({ transitKeys: [transit("aes")] }));
  assert.equal(error.code, "KEY_INVALID");
  assert.match(
    error.message,
    /The key aes of Vault at .* is of a type that images are not signed with/,
  );
});

test("Vault: a secret has the version that is wanted, and one that was deleted or destroyed is gone", async (world) => {
  const put = (pem: string): Promise<unknown> =>
    world.admin("secret/data/team/signing", { data: { pem } });
  await put(KEY_PEM);
  await put(OTHER_PEM);
  await put(KEY_PEM);
  const get = async (parts: Parameters<typeof secret>[0] = {}): Promise<string[]> =>
    versions(await fetchOne(world.entries({ secrets: [secret(parts)] })));
  assert.deepEqual(await get(), ["s/3"]);
  assert.deepEqual(await get({ version: "2" }), ["s/2"]);
  assert.deepEqual(await get({ versionHistoryLimit: 3 }), ["s/3", "s/2", "s/1"]);
  await world.admin("secret/delete/team/signing", { versions: [3] });
  await world.admin("secret/destroy/team/signing", { versions: [2] });
  await isGone(world.entries({ secrets: [secret()] }), /has been deleted/);
  await isGone(
    world.entries({ secrets: [secret({ version: "3" })] }),
    /been deleted \(version 3\)/,
  );
  await isGone(
    world.entries({ secrets: [secret({ version: "2" })] }),
    /been deleted \(version 2\)/,
  );
  await isGone(world.entries({ secrets: [secret({ version: "9" })] }), /does not exist/);
  const left = await fetchOne(world.entries({ secrets: [secret({ versionHistoryLimit: 3 })] }));
  assert.deepEqual(versions(left), ["s/1"]);
  assert.deepEqual(
    left.details.map(({ version, enabled }) => `${version} ${enabled}`),
    ["3 false", "2 false", "1 true"],
  );
  await isGone(world.entries({ secrets: [secret({ path: "nothing" })] }), /does not exist/);
});

test("Vault: a secret of an engine without versions, certificates, and what is no key", async (world) => {
  const plain = secret({ mount: "kv1", kvVersion: 1 });
  await isGone(world.entries({ secrets: [plain] }), /does not exist/);
  await world.admin("kv1/team/signing", { pem: KEY_PEM });
  assert.deepEqual(versions(await fetchOne(world.entries({ secrets: [plain] }))), ["s/"]);
  await world.admin("secret/data/team/signing", {
    data: { pem: CERTIFICATE_PEM, text: "PLANTED" },
  });
  const asCertificate = secret({ contentType: "certificate" });
  const { certificates } = await fetchOne(world.entries({ secrets: [asCertificate] }));
  assert.deepEqual(certificates.map(({ name, version }) => [name, version]), [["s", "1"]]);
  const wrong = await failure(world.entries({ secrets: [secret({ field: "text" })] }));
  assert.equal(wrong.code, "KEY_INVALID");
  const missing = await failure(world.entries({ secrets: [secret({ field: "none" })] }));
  assert.match(missing.message, /the secret has no field none with text/);
});

test("Vault: an issuer's certificate is had by name and by id, until it is revoked or deleted", async (world) => {
  const { data } = await world.admin("pki/root/generate/internal", {
    common_name: "signing.example",
    key_type: "ec",
    issuer_name: "one",
  }) as { data: { issuer_id: string } };
  const issuer = (reference: string): MaterialEntry[] =>
    world.entries({ pkiIssuers: [{ name: "ca", mount: "pki", issuer: reference }] });
  for (const reference of ["default", "one", data.issuer_id]) {
    const material = await fetchOne(issuer(reference));
    assert.deepEqual(versions(material), [`ca/${data.issuer_id}`]);
    assert.equal(material.certificates[0]?.certificate.basicConstraints?.ca, true);
  }
  await isGone(issuer("two"), /certificate ca of Vault at .* does not exist/);
  await world.admin("pki/issuer/one/revoke", {});
  await isGone(issuer("default"), /is revoked/);
  await world.admin("pki/issuer/one", undefined, "DELETE");
  for (const reference of ["one", "default"]) await isGone(issuer(reference), /does not exist/);
});

test("Vault: a token file is read again when its token is refused", async (world) => {
  await world.admin("transit/keys/release", { type: "ecdsa-p256" });
  const old = await issueToken(world);
  const entries = world.entries({ transitKeys: [transit("release")] });
  await fetchOne(entries);
  await world.admin("auth/token/revoke", { token: old });
  const error = await failure(entries);
  assert.match(error.message, /Vault answers with status 403/);
  assert.equal(error.transient, false);
  assert.ok(!(error instanceof EntryGoneError));
  await issueToken(world);
  assert.deepEqual(versions(await fetchOne(entries)), ["release/1"]);
  world.files.set(TOKEN_FILE, "hvs.PLANTED-nobody");
  const others = world.entries({ transitKeys: [transit("release")] });
  assert.match((await failure(others)).message, /status 403/);
  world.files.delete(TOKEN_FILE);
  const none = world.entries({ transitKeys: [transit("release")] });
  assert.match((await failure(none)).message, /The token file .* is missing/);
});

test("Vault: what its policy does not allow, and an engine that is not there, are failures and not gone", async (world) => {
  await world.admin("sys/policies/acl/narrow", {
    policy: 'path "transit/keys/a" { capabilities = ["read"] }',
  });
  const { auth } = await world.admin("auth/token/create", { policies: ["narrow"] }) as {
    auth: { client_token: string };
  };
  world.files.set(TOKEN_FILE, auth.client_token);
  const refused = await failure(world.entries({ transitKeys: [transit("release")] }));
  assert.match(refused.message, /status 403/);
  await issueToken(world);
  const lost = secret({ mount: "nowhere", kvVersion: 1 });
  const error = await failure(world.entries({ secrets: [lost] }));
  assert.match(error.message, /status 404/);
  assert.ok(!(error instanceof EntryGoneError));
});

/** A token of a service account, as a cluster projects it. */
function accountToken(name: string): string {
  const encode = (value: unknown): string =>
    new TextEncoder().encode(JSON.stringify(value))
      .toBase64({ alphabet: "base64url", omitPadding: true });
  const account = { namespace: "assay", serviceaccount: { name, uid: "0f8e" } };
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now - 10, nbf: now - 10, exp: now + 3600 };
  const claims = { iss: "https://cluster", aud: ["vault"], ...times, "kubernetes.io": account };
  return `${encode({ alg: "RS256" })}.${encode(claims)}.UExBTlRFRA`;
}

test("Vault: a service account logs in, once for all that is asked, and again when its token is refused", async (world) => {
  await world.admin("transit/keys/release", { type: "ecdsa-p256" });
  // The cluster, which Vault asks whose token it is.
  await using cluster = new CloudDouble(({ body }) => {
    const { token } = JSON.parse(body).spec;
    const payload = Uint8Array.fromBase64(token.split(".")[1], { alphabet: "base64url" });
    const { "kubernetes.io": account } = JSON.parse(new TextDecoder().decode(payload));
    const { namespace, serviceaccount: { name, uid } } = account;
    const user = { username: `system:serviceaccount:${namespace}:${name}`, uid };
    return Response.json({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      status: { authenticated: true, user, audiences: ["vault"] },
    }, { status: 201 });
  });
  if (world.double === undefined) {
    await world.admin("sys/auth/kubernetes", { type: "kubernetes" });
    await world.admin("auth/kubernetes/config", {
      kubernetes_host: cluster.address,
      token_reviewer_jwt: accountToken("reviewer"),
      disable_local_ca_jwt: true,
    });
  }
  await world.admin("auth/kubernetes/role/assay", {
    bound_service_account_names: "assay",
    bound_service_account_namespaces: "assay",
    audience: "vault",
    policies: ["assay"],
    token_ttl: "20m",
  });
  const auth: VaultAuth = {
    method: "kubernetes",
    role: "assay",
    mount: "kubernetes",
    tokenFile: ACCOUNT_FILE,
  };
  const none = await failure(world.entries({ auth, transitKeys: [transit("release")] }));
  assert.match(none.message, /The token file .* is missing/);
  world.files.set(ACCOUNT_FILE, accountToken("someone"));
  const other = await failure(world.entries({ auth, transitKeys: [transit("release")] }));
  assert.match(other.message, /the login to Vault answers with status 403/);
  world.files.set(ACCOUNT_FILE, accountToken("assay"));
  const unknown = { ...auth, role: "nobody" };
  const error = await failure(world.entries({ auth: unknown, transitKeys: [transit("release")] }));
  assert.match(error.message, /the login to Vault answers with status 400/);
  const entries = world.entries({ auth, transitKeys: [transit("release")] });
  for (let count = 0; count < 3; count++) {
    assert.deepEqual(versions(await fetchOne(entries)), ["release/1"]);
  }
  if (world.double === undefined) return;
  const logins = (): number =>
    world.double?.double.asked.filter(({ url }) => url.pathname.endsWith("/login")).length ?? 0;
  const before = logins();
  world.double.tokens.clear();
  await fetchOne(entries);
  assert.equal(logins(), before + 1);
  // Before its end, not after it.
  world.clock.pass(1200 - 60);
  await fetchOne(entries);
  assert.equal(logins(), before + 2);
});

Deno.test("Vault: a version below min_decryption_version does not count, whether or not it is listed", async () => {
  const keys = { 1: { public_key: KEY_PEM }, 2: { public_key: KEY_PEM } };
  const answer = { type: "ecdsa-p256", keys, min_decryption_version: 2 };
  const instead: CloudDouble["instead"] = ({ url }) =>
    url.pathname.includes("/transit/") ? Response.json({ data: answer }) : undefined;
  await withDouble(instead, async (_, __, world) => {
    const many = world.entries({ transitKeys: [transit("release", "", 9)] });
    assert.deepEqual(versions(await fetchOne(many)), ["release/2"]);
  });
});

/** A double and one entry of it. */
async function withDouble(
  instead: CloudDouble["instead"],
  check: (entries: MaterialEntry[], double: VaultDouble, world: World) => Promise<void>,
): Promise<void> {
  const double = vaultDouble(new Clock());
  await using world = await prepare(
    double.double.address,
    double,
    async () => await double[Symbol.asyncDispose](),
  );
  await world.admin("transit/keys/release", { type: "ecdsa-p256" });
  double.double.instead = instead;
  await check(world.entries({ transitKeys: [transit("release")] }), double, world);
}

const ANSWERS: Readonly<Record<string, readonly [() => Response, RegExp, boolean]>> = {
  "is sealed": [() => Response.json({ errors: ["PLANTED"] }, { status: 503 }), /status 503/, true],
  "has too much to do": [() => new Response("PLANTED", { status: 429 }), /status 429/, true],
  "redirects": [() => Response.redirect("https://elsewhere.example/"), /status 302/, false],
  "is no Vault": [() => new Response("<html>PLANTED", { status: 404 }), /status 404/, false],
  "says nothing": [() => Response.json({ PLANTED: 1 }), /answers without data/, false],
  "says what is not JSON": [() => new Response("PLANTED"), /not a JSON object/, false],
  "has a key without keys": [
    () => Response.json({ data: { type: "ecdsa-p256", keys: { PLANTED: {} } } }),
    /answers without public keys/,
    false,
  ],
  "has another key than it says": [
    () => Response.json({ data: { type: "rsa-2048", keys: { 1: { public_key: KEY_PEM } } } }),
    /is another key \(EC P-256\) than its type says/,
    false,
  ],
};

for (const [what, [answer, pattern, transient]] of Object.entries(ANSWERS)) {
  Deno.test(`Vault: a server that ${what} is a failure, which does not quote it`, async () => {
    const instead: CloudDouble["instead"] = ({ url }) =>
      url.pathname.includes("/transit/") ? answer() : undefined;
    await withDouble(instead, async (entries) => {
      const error = await failure(entries);
      assert.match(error.message, pattern);
      assert.equal(error.transient, transient);
      assert.ok(!(error instanceof EntryGoneError));
    });
  });
}

Deno.test("Vault: who does not wait any longer is not kept waiting", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await withDouble(() => promise, async (entries, { double }) => {
    const stop = new AbortController();
    const fetched = entries[0]?.fetch(stop.signal);
    while (!double.asked.some(({ url }) => url.pathname.endsWith("renew-self"))) {
      await new Promise((done) => setTimeout(done, 1));
    }
    stop.abort(new Error("over"));
    await assert.rejects(fetched ?? assert.fail(), { transient: true });
    resolve(new Response());
  });
});

Deno.test("Vault: its certificate must be of an authority in caBundle, which is text or a file, and its namespace is named", async () => {
  const clock = new Clock();
  const ca = await forgeCa("vault CA");
  const tls = await forgeLeaf({ issuer: ca, usage: "serverAuth" });
  await using double = vaultDouble(clock, "team-a", tls);
  double.tokens.set("hvs.PLANTED-1", { until: Infinity, policies: ["root"] });
  using client = Deno.createHttpClient({ caCerts: [ca.pem] });
  const made = await fetch(`${double.double.address}/v1/transit/keys/release`, {
    client,
    method: "POST",
    headers: { "x-vault-token": ROOT_TOKEN, "x-vault-namespace": "team-a" },
    body: JSON.stringify({ type: "ecdsa-p256" }),
  });
  await made.body?.cancel();
  const files = new Map([[TOKEN_FILE, "hvs.PLANTED-1"], ["/ca.pem", ca.pem]]);
  const entries = (caBundle: string | undefined, namespace = "team-a"): MaterialEntry[] =>
    hashicorpVaultEntries({
      address: double.double.address,
      namespace,
      caBundle,
      auth: { method: "token", tokenFile: TOKEN_FILE },
      transitKeys: [transit("release")],
      secrets: [],
      pkiIssuers: [],
    }, cloudSurroundings(clock, {}, files));
  for (const bundle of [ca.pem, "/ca.pem"]) {
    assert.deepEqual(versions(await fetchOne(entries(bundle))), ["release/1"]);
  }
  const other = (await forgeCa("other CA")).pem;
  for (const bundle of [undefined, other]) {
    assert.match((await failure(entries(bundle))).message, /could not be reached/);
  }
  for (const bundle of ["/none.pem", "-----BEGIN nothing"]) {
    const message = /The CA certificates for Vault \(caBundle\) cannot be read/;
    assert.match((await failure(entries(bundle))).message, message);
  }
  assert.match((await failure(entries(ca.pem, ""))).message, /status 404/);
});
