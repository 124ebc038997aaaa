import assert from "node:assert/strict";
import { verifyImage } from "../src/engine/mod.ts";
import { AssayError, ERROR_CODES, type ErrorCode, FAILURE_REASONS } from "../src/errors.ts";
import { requireSuitableRuntime, VERIFY_PATH } from "../src/server/mod.ts";
import { DEMO_SIGNED, demoResources, demoResourcesWithPolicy } from "./demo_images.ts";
import { ask, startTestService } from "./service.ts";
import { createLogClient } from "../src/rekor/mod.ts";
import { loadConfiguration } from "../src/resources/mod.ts";
import { openLayout, openRegistryStore } from "../src/stores/mod.ts";
import { TrustSnapshot } from "../src/trust/mod.ts";
import { caseResources, notationResources, resource, type ResourceJson } from "./case_resources.ts";
import { corpusCase, layoutOf } from "./corpus.ts";
import { blobPath, forgeImage, forgeLayout, forgeManifest, writeLayout } from "./forge/mod.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * Every code of src/errors.ts, each produced by the real thing going wrong. The table's type makes a
 * code without a row an error of the compiler.
 */
const PRODUCERS: Readonly<Record<ErrorCode, () => Promise<readonly string[]>>> = {
  USAGE_INVALID: () => cli("verify", "--nonsense"),
  BAD_REQUEST: badRequest,
  LISTEN_FAILURE: listenTwice,
  RUNTIME_UNSUITABLE: oldRuntime,
  REFERENCE_INVALID: () => cli("verify", "oci:"),
  CONFIG_INVALID: () =>
    check([resource("Store", "store", { name: "oras", parameters: { ttl: "x" } })]),
  POLICY_EVALUATION_FAILURE: failingPolicy,
  PLUGIN_NOT_FOUND: () => check([resource("Store", "store", { name: "other" })]),
  POLICY_PROVIDER_NOT_FOUND: () =>
    check([resource("Policy", "ratify-policy", { type: "other", parameters: {} })]),
  RESOURCE_NOT_FOUND: () =>
    check(notationResources(new Map([["ca:certs", ""]]), { trustPolicyDoc: POLICY }).slice(1)),
  OPERATION_FORBIDDEN: () => trust("other/provider"),
  CERT_INVALID: () => check([inline("certificate", "no certificate")]),
  KEY_INVALID: () => check([inline("key", "no key")]),
  TRUSTED_ROOT_INVALID: () => check([inline("trustedRoot", "{}")]),
  KEY_MANAGEMENT_PROVIDER_FAILURE: () => verifyCase("notation-jws-trust-leaf"),
  HOST_NAME_INVALID: () => resolveIn("0x7f.1"),
  AUTH_DENIED: refusedByRegistry,
  REPOSITORY_OPERATION_FAILURE: async () =>
    await cli("resolve", `oci:${await layoutOf(await corpusCase("notation-unsigned"))}:none`),
  GET_SUBJECT_DESCRIPTOR_FAILURE: () => damagedLayout("image"),
  LIST_REFERRERS_FAILURE: () => damagedLayout("signature"),
  GET_REFERRER_MANIFEST_FAILURE: vanishedManifest,
  GET_BLOB_CONTENT_FAILURE: () => verifyCase("notation-jws-missing-blob"),
  LOG_UNAVAILABLE: askDeadLog,
  MANIFEST_INVALID: () => unreadableManifest(),
  LIMIT_EXCEEDED: () => verifyCase("notation-limit-exceeded"),
  NO_VERIFIER_REPORT: () => verifyCase("notation-unsigned"),
  VERIFY_REFERENCE_FAILURE: () => verifyCase("notation-jws-untrusted-root"),
  REVOCATION_UNAVAILABLE: () => verifyCase("notation-crl-good"),
  DEADLINE_EXCEEDED: () => verifyCase("notation-unsigned", "--timeout", "1ns"),
  CLUSTER_FAILURE: () => cli("crds", "--apply"),
  OUTPUT_FAILURE: () => verifyCase("notation-unsigned", "--record", "/nowhere/at/all"),
  RECORD_INCOMPLETE: replayWithoutContent,
  UNKNOWN: defect,
};

async function badRequest(): Promise<readonly string[]> {
  await using folder = await temporaryFolder();
  const config = [await demoResources(folder.path)];
  await using service = await startTestService({ folder: folder.path, config });
  return codesOf((await ask(service.host, VERIFY_PATH, "{")).text);
}

async function listenTwice(): Promise<readonly string[]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  const http = `127.0.0.1:${listener.addr.port}`;
  return await cli("serve", "--insecure-http", "--http", http, "--config", config);
}

function oldRuntime(): Promise<readonly string[]> {
  try {
    requireSuitableRuntime("2.7.11");
    return Promise.resolve([]);
  } catch (error) {
    return Promise.resolve([(error as AssayError).code]);
  }
}

const POLICY = {
  version: "1.0",
  trustPolicies: [{
    name: "all",
    registryScopes: ["*"],
    signatureVerification: { level: "strict" },
    trustStores: ["ca:certs"],
    trustedIdentities: ["*"],
  }],
};

for (const [code, produce] of Object.entries(PRODUCERS)) {
  Deno.test(`error code ${code} is produced`, async () => {
    const codes = await produce();
    assert.ok(codes.includes(code), codes.join());
  });
}

Deno.test("every code and reason has words that end as sentences do", () => {
  for (const [code, { meaning, remedy }] of Object.entries(ERROR_CODES)) {
    assert.match(meaning, /^[A-Z].+\.$/, code);
    assert.match(remedy, /^[A-Z].+\.$/, code);
  }
  for (const [reason, remedy] of Object.entries(FAILURE_REASONS)) {
    assert.match(remedy, /^[A-Z].+\.$/, reason);
  }
});

async function replayWithoutContent(): Promise<readonly string[]> {
  await using folder = await temporaryFolder();
  const config = ["--config", await demoResources(folder.path)];
  const record = `${folder.path}/r.jsonl`;
  await cli("verify", DEMO_SIGNED, "--record", record, ...config);
  await Deno.remove(`${folder.path}/content`, { recursive: true });
  return await cli("replay", record, "--output", "json", ...config);
}

/** The codes in what the command line printed. */
async function cli(...args: readonly string[]): Promise<string[]> {
  const run = await runCli(args);
  return codesOf(run.out + run.err);
}

function codesOf(text: string): string[] {
  return [...text.matchAll(/\b[A-Z]+(?:_[A-Z]+)*\b/g)].map(([code]) => code);
}

async function check(items: readonly ResourceJson[]): Promise<string[]> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/r.json`, JSON.stringify({ kind: "List", items }));
  return await cli("check", folder.path);
}

function inline(contentType: string, value: string): ResourceJson {
  return resource("KeyManagementProvider", "provider", {
    type: "inline",
    parameters: { contentType, value },
  });
}

async function verifyCase(id: string, ...args: readonly string[]): Promise<string[]> {
  const one = await corpusCase(id);
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/r.json`, await caseResources(one));
  const image = `oci:${await layoutOf(one)}@${one.imageDigest}`;
  return await cli("verify", image, "-c", folder.path, "-o", "json", ...args);
}

/** A policy that asks for a report that is not there. */
async function failingPolicy(): Promise<string[]> {
  await using folder = await temporaryFolder();
  const expression = "input.verifierReports[7].verifierReports[0].isSuccess";
  const spec = { type: "cel-policy", parameters: { expression } };
  const config = await demoResourcesWithPolicy(folder.path, spec);
  return await cli("verify", DEMO_SIGNED, "-c", config, "-o", "json");
}

/** Asks a log that does not answer. */
async function askDeadLog(): Promise<string[]> {
  try {
    await createLogClient("assay/test")(
      new URL("http://127.0.0.1:1/"),
      new Uint8Array(),
      new AbortController().signal,
    );
    return [];
  } catch (error) {
    return error instanceof AssayError ? [error.code] : [];
  }
}

function trust(reference: string): Promise<string[]> {
  try {
    new TrustSnapshot("", new Map()).material(reference, "own");
    return Promise.resolve([]);
  } catch (error) {
    return Promise.resolve(error instanceof AssayError ? [error.code] : []);
  }
}

/** Looks for an image in a registry, over plain HTTP. */
async function resolveIn(registry: string): Promise<string[]> {
  using store = openRegistryStore({ userAgent: "assay/test", useHttp: true });
  const { signal } = new AbortController();
  try {
    await store.resolve({ registry, repository: "app", tag: "v1" }, { signal });
    return [];
  } catch (error) {
    return error instanceof AssayError ? [error.code] : [];
  }
}

/** Looks for an image in a registry that lets nobody in. */
async function refusedByRegistry(): Promise<string[]> {
  const answer = (): Response => new Response(null, { status: 403 });
  const listen = { hostname: "127.0.0.1", port: 0, onListen: (): void => {} };
  await using server = Deno.serve(listen, answer);
  return await resolveIn(`127.0.0.1:${server.addr.port}`);
}

/** Discovers what is attached in a layout whose image or signature is cut after it was written. */
async function damagedLayout(what: "image" | "signature"): Promise<string[]> {
  await using folder = await temporaryFolder();
  const image = await forgeImage();
  const layout = await forgeLayout(folder.path, {
    image,
    signatures: [{ envelope: Uint8Array.of(1) }],
  });
  const damaged = what === "image" ? layout.image : layout.signatures[0];
  await Deno.truncate(blobPath(layout.directory, damaged?.descriptor.digest ?? ""), 3);
  return await cli("discover", layout.reference);
}

/** Discovers what is attached where the only other manifest is none that can be read. */
async function unreadableManifest(): Promise<string[]> {
  await using folder = await temporaryFolder();
  const image = await forgeImage();
  const manifest = await forgeManifest({ text: () => "{" });
  await writeLayout(folder.path, [{ manifest: image }, { manifest }]);
  return await cli("discover", `oci:${folder.path}@${image.descriptor.digest}`);
}

/** Reads the manifest of a signature that vanished after it was listed. */
async function vanishedManifest(): Promise<string[]> {
  await using folder = await temporaryFolder();
  const image = await forgeImage();
  const layout = await forgeLayout(folder.path, {
    image,
    signatures: [{ envelope: Uint8Array.of(1) }],
  });
  const store = await openLayout(folder.path, { cosignEnabled: false });
  const options = { signal: new AbortController().signal };
  const subject = await store.resolve({ registry: "", repository: "", tag: "v1" }, options);
  const [referrer] = await store.referrers(subject, options);
  await Deno.remove(blobPath(folder.path, layout.signatures[0]?.descriptor.digest ?? ""));
  try {
    if (referrer !== undefined) await store.manifest(subject, referrer, options);
    return [];
  } catch (error) {
    return error instanceof AssayError ? [error.code] : [];
  }
}

/** A store that throws what no store may throw. */
async function defect(): Promise<string[]> {
  const one = await corpusCase("notation-unsigned");
  const text = await caseResources(one);
  const { configuration } = await loadConfiguration([{ path: "r.json", text }]);
  assert.ok(configuration !== undefined);
  const report = await verifyImage(
    {
      reference: { registry: "", repository: "", tag: "v1" },
      repository: "",
      name: "image",
      scope: "",
      stores: () => Promise.reject(new TypeError("a defect")),
    },
    configuration,
    { signal: new AbortController().signal, now: new Date() },
  );
  return report.verdict.verdict === "undecided" ? [report.verdict.cause.code] : [];
}
