import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { AssayError } from "../src/errors.ts";
import { digestOf, parseReference } from "../src/oci/mod.ts";
import { ConfigurationFiles, formatProblem, loadConfiguration } from "../src/resources/mod.ts";
import { openStore } from "../src/engine/mod.ts";
import { resource } from "./case_resources.ts";
import { temporaryFolder } from "./temp.ts";
import { forgeCa, forgeLeaf, type PemPair } from "./tls.ts";

/* Client certificates of a Store over TLS: who is shown them, and who is not. */

const ca = await forgeCa("registry CA");
const clients = await forgeCa("client CA");
const server = await forgeLeaf({ issuer: ca, usage: "serverAuth" });
const own = await forgeLeaf({ issuer: clients, usage: "clientAuth", name: "assay" });
const next = await forgeLeaf({ issuer: clients, usage: "clientAuth", name: "assay next" });
const SIGNAL = new AbortController().signal;

const BLOB = new TextEncoder().encode("a blob");
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(BLOB), size: 6 },
  layers: [],
});

/** A server that asks for certificates, and keeps the names in those that it is shown. */
interface TlsServer extends AsyncDisposable {
  readonly host: string;
  readonly shown: (string | undefined)[];
}

async function listen(strict: boolean, redirectTo: () => string | undefined): Promise<TlsServer> {
  const shown: (string | undefined)[] = [];
  const options = { ...server, requestCert: true, rejectUnauthorized: strict, ca: clients.pem };
  const https: Server = createServer(options, (request, response) => {
    const certificate = (request.socket as TLSSocket).getPeerCertificate();
    const name = certificate?.subject?.CN;
    shown.push(Array.isArray(name) ? name[0] : name);
    const isBlob = request.url?.includes("/blobs/");
    const location = isBlob ? redirectTo() : undefined;
    if (location !== undefined) response.writeHead(307, { location }).end();
    else if (isBlob) response.end(BLOB);
    else if (request.url?.includes("/manifests/")) {
      response.writeHead(200, { "content-type": "application/vnd.oci.image.manifest.v1+json" })
        .end(MANIFEST);
    } else response.writeHead(404).end();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  https.listen(0, "127.0.0.1", resolve);
  await promise;
  return {
    host: `127.0.0.1:${(https.address() as AddressInfo).port}`,
    shown,
    [Symbol.asyncDispose]: async () => {
      const closed = Promise.withResolvers<void>();
      https.close(() => closed.resolve());
      https.closeAllConnections();
      await closed.promise;
    },
  };
}

async function write(folder: string, pair: PemPair): Promise<{ certificate: string; key: string }> {
  const files = { certificate: `${folder}/client.crt`, key: `${folder}/client.key` };
  await Deno.writeTextFile(files.certificate, pair.cert);
  await Deno.writeTextFile(files.key, pair.key);
  return files;
}

function store(parameters: unknown, namespace?: string): string {
  const made = resource(namespace === undefined ? "Store" : "NamespacedStore", "s", {
    name: "oras",
    parameters,
  });
  return JSON.stringify(
    namespace === undefined ? made : { ...made, metadata: { name: "s", namespace } },
  );
}

async function problems(text: string): Promise<string[]> {
  const { problems } = await loadConfiguration([{ path: "t.json", text }]);
  return problems.map(formatProblem).filter((one) =>
    !/there is no (?:Verifier|Policy|Store)/.test(one)
  );
}

async function resolveWith(text: string, host: string): Promise<AssayError | string> {
  const { configuration } = await loadConfiguration([{ path: "t.json", text }]);
  const [configured] = configuration?.stores ?? assert.fail();
  const opened = openStore(configured, { userAgent: "assay/test", env: () => undefined });
  try {
    const { descriptor } = await opened.store.resolve(parseReference(`${host}/team/app:v1`), {
      signal: SIGNAL,
    });
    return descriptor.digest;
  } catch (error) {
    return error instanceof AssayError ? error : assert.fail(String(error));
  } finally {
    opened.close?.();
  }
}

Deno.test("a registry that wants a certificate is shown the one that is for it, and refuses who has none", async () => {
  await using folder = await temporaryFolder();
  await using registry = await listen(true, () => undefined);
  const caBundles = { [registry.host]: ca.pem };
  const files = await write(folder.path, own);
  const good = store({ caBundles, clientCertificates: { [registry.host]: files } });
  assert.equal(
    await resolveWith(good, registry.host),
    digestOf(new TextEncoder().encode(MANIFEST)),
  );
  assert.deepEqual(registry.shown, ["assay"]);
  assert.ok(await resolveWith(store({ caBundles }), registry.host) instanceof AssayError);
  const elsewhere = { "r.example.com": files };
  const other = store({ caBundles, clientCertificates: elsewhere });
  assert.ok(await resolveWith(other, registry.host) instanceof AssayError);
  assert.deepEqual(registry.shown, ["assay"]);
});

Deno.test("where a registry sends us, its certificate is not shown, and it is again on the way back", async () => {
  await using folder = await temporaryFolder();
  const target: { location?: string } = {};
  await using storage = await listen(false, () => target.location);
  await using registry = await listen(true, () => `https://${storage.host}/blobs/x`);
  const files = await write(folder.path, own);
  const text = store({
    caBundles: { [registry.host]: ca.pem },
    clientCertificates: { [registry.host]: files },
  });
  const { configuration } = await loadConfiguration([{ path: "t.json", text }]);
  const opened = openStore(configuration?.stores[0], {
    userAgent: "assay/test",
    env: () => undefined,
  });
  const reference = parseReference(`${registry.host}/team/app:v1`);
  const subject = await opened.store.resolve(reference, { signal: SIGNAL });
  const descriptor = { mediaType: "a/b", digest: digestOf(BLOB), size: BLOB.length };
  assert.deepEqual(await opened.store.blob(subject, descriptor, { signal: SIGNAL }), BLOB);
  assert.deepEqual(registry.shown, ["assay", "assay"]);
  assert.deepEqual(storage.shown, [undefined]);
  target.location = `https://${registry.host}/v2/team/app/manifests/v1`;
  await assert.rejects(opened.store.blob(subject, descriptor, { signal: SIGNAL }), AssayError);
  assert.equal(registry.shown.at(-1), "assay");
  assert.ok(storage.shown.every((name) => name === undefined));
  opened.close?.();
});

Deno.test("a client certificate is read again when its file changes", async () => {
  await using folder = await temporaryFolder();
  await using registry = await listen(true, () => undefined);
  const files = await write(folder.path, own);
  const caBundles = { [registry.host]: ca.pem };
  const text = store({ caBundles, clientCertificates: { [registry.host]: files } });
  await Deno.writeTextFile(`${folder.path}/r.json`, text);
  const changed = Promise.withResolvers<void>();
  const opened = await ConfigurationFiles.open(
    [`${folder.path}/r.json`],
    { now: () => new Date() },
    { loaded: () => changed.resolve(), refused: () => {} },
    () => {},
  );
  await using configuration = opened ?? assert.fail();
  const identity = (): string => configuration.current.stores[0]?.identity ?? "";
  const before = identity();
  await write(folder.path, next);
  await changed.promise;
  await configuration.reload(); // both files are there by now
  assert.notEqual(identity(), before);
  assert.doesNotMatch(JSON.stringify([identity(), configuration.current.generation]), /PRIVATE/);
});

Deno.test("client certificates that are wrong are refused, without a word of the key", async () => {
  await using folder = await temporaryFolder();
  const files = await write(folder.path, own);
  const with_ = (pair: unknown, namespace?: string): Promise<string[]> =>
    problems(store({ clientCertificates: { "r.example.com": pair } }, namespace));
  const one = async (pair: unknown, pattern: RegExp, namespace?: string): Promise<void> => {
    const found = (await with_(pair, namespace)).join("\n");
    assert.match(found, pattern);
    assert.doesNotMatch(found, new RegExp(own.key.split("\n")[1]?.slice(0, 20) ?? ""));
  };
  assert.deepEqual(await with_(files), []);
  await one(
    { ...files, key: own.key },
    /warning .*client-?Certificates.*key: stands in the resource/i,
  );
  await one(
    { ...files, key: `${folder.path}/none` },
    /error CERT_INVALID .*\.key: The file .* cannot be read/,
  );
  await one({ ...files, key: files.certificate }, /error KEY_INVALID .* has no private key in PEM/);
  await one(
    { ...files, certificate: files.key },
    /error CERT_INVALID .* holds a PRIVATE KEY block|private key/i,
  );
  await one({ certificate: files.certificate }, /key: is missing/);
  await one(files, /certificate: must be PEM text in a namespace/, "team-a");
  await one(files, /key: must be PEM text in a namespace/, "team-a");
  const inline = await with_({ certificate: own.cert, key: own.key }, "team-a");
  assert.ok(inline.every((problem) => problem.includes("warning")), inline.join("\n"));
});
