import assert from "node:assert/strict";
import {
  derWriter,
  extendedKeyUsage,
  extension,
  forgeCertificate,
  type ForgedCertificate,
  keyUsage,
} from "../../../tests/forge/mod.ts";
import { digestOf } from "../../oci/mod.ts";
import { openRegistryStore } from "./registry_store.ts";
import { failure, FakeRegistry, imageManifest } from "./testing/fake_registry.ts";
import {
  FAST_RETRY,
  openStore,
  OPTIONS,
  problem,
  subjectOf,
  tagged,
} from "./testing/open_store.ts";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const OTHER = Uint8Array.of(127, 0, 0, 2);

const root = await forgeCertificate({ role: "ca" });

/** A server certificate for an address, and its key. */
async function serverFor(
  address: Uint8Array<ArrayBuffer>,
  issuer: ForgedCertificate = root,
  notAfter = new Date("2060-01-01T00:00:00Z"),
): Promise<{ cert: string; key: string }> {
  const names = derWriter.sequence(derWriter.tlv(0x87, address));
  const certificate = await forgeCertificate({
    issuer,
    subject: [["CN", `server ${address.join(".")}`]],
    notAfter,
    extensions: [
      keyUsage(["digitalSignature"]),
      extendedKeyUsage(["serverAuth"]),
      extension("2.5.29.17", names),
    ],
  });
  const lines = certificate.key.pkcs8.toBase64().match(/.{1,64}/g) ?? [];
  const key = `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
  return { cert: certificate.pem, key };
}

Deno.test("a registry with a certificate of its own CA is trusted with its bundle, by host", async () => {
  await using registry = new FakeRegistry(await serverFor(LOOPBACK));
  const image = registry.put(imageManifest("a"), ["v1"]);
  using store = openStore([], { caBundles: { [registry.host]: `# ours\n${root.pem}` } });
  const subject = await store.resolve(tagged(registry, "v1"), OPTIONS);
  assert.equal(subject.descriptor.digest, image.digest);
  assert.deepEqual(await store.referrers(subject, OPTIONS), []);
});

Deno.test("a registry whose certificate is not trusted is refused, however local it is", async () => {
  const past = new Date("2021-01-01T00:00:00Z");
  const other = await forgeCertificate({ role: "ca", subject: [["CN", "other"]] });
  const cases = [
    [
      await serverFor(LOOPBACK),
      undefined,
      /certificate .* not trusted \(its issuer is not known\)/,
    ],
    [await serverFor(LOOPBACK), other.pem, /certificate .* not trusted/],
    [await serverFor(OTHER), root.pem, /not trusted \(it is for another name\)/],
    [await serverFor(LOOPBACK, root, past), root.pem, /not trusted \(it has expired\)/],
  ] as const;
  for (const [server, bundle, expected] of cases) {
    await using registry = new FakeRegistry(server);
    using store = openStore([], {
      caBundles: bundle === undefined ? {} : { [registry.host]: bundle },
    });
    const found = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
    assert.match(found, /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting /);
    assert.match(found, expected);
    assert.equal(registry.log.length, 0);
  }
});

Deno.test("a bundle for one registry does not vouch for another", async () => {
  await using one = new FakeRegistry(await serverFor(LOOPBACK));
  await using other = new FakeRegistry(await serverFor(LOOPBACK));
  using store = openStore([], { caBundles: { [one.host]: root.pem } });
  one.put(imageManifest("a"), ["v1"]);
  await store.resolve(tagged(one, "v1"), OPTIONS);
  assert.match(await problem(store.resolve(tagged(other, "v1"), OPTIONS)), /not trusted/);
});

Deno.test("a redirect from https to http is not followed", async () => {
  await using plain = new FakeRegistry();
  await using registry = new FakeRegistry(await serverFor(LOOPBACK));
  const content = new TextEncoder().encode("content");
  const blob = { mediaType: "a/b", digest: digestOf(content), size: content.length };
  plain.intercept = () => new Response(content);
  registry.intercept = () =>
    new Response(null, { status: 307, headers: { location: `http://${plain.host}/blob` } });
  using store = openStore([], { caBundles: { [registry.host]: root.pem } });
  assert.match(
    await problem(store.blob(subjectOf(registry, blob), blob, OPTIONS)),
    /^GET_BLOB_CONTENT_FAILURE lasting .*redirects to "http:"/,
  );
  assert.equal(plain.log.length, 0);
});

Deno.test("a registry on https may not name a token service on http", async () => {
  await using service = new FakeRegistry();
  await using registry = new FakeRegistry(await serverFor(LOOPBACK));
  const challenge = `Bearer realm="http://${service.host}/token"`;
  registry.intercept = () => failure(401, "UNAUTHORIZED", { "www-authenticate": challenge });
  using store = openStore([], { caBundles: { [registry.host]: root.pem } });
  assert.match(
    await problem(store.resolve(tagged(registry, "v1"), OPTIONS)),
    /^GET_SUBJECT_DESCRIPTOR_FAILURE lasting .*it must be https/,
  );
  assert.equal(service.log.length, 0);
});

Deno.test("openRegistryStore refuses a bundle without certificates, and names its registry", async () => {
  const bundles = [
    "",
    "no certificate",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
  ];
  for (const bundle of bundles) {
    const found = await problem(
      Promise.resolve().then(() =>
        openRegistryStore({
          userAgent: "assay/test",
          caBundles: { "r.io": bundle },
          retry: FAST_RETRY,
        })
      ),
    );
    assert.match(
      found,
      /^CERT_INVALID lasting The CA bundle for the registry r\.io cannot/,
      bundle,
    );
  }
});
