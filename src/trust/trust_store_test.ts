import assert from "node:assert/strict";
import { forgeCertificate, forgeChain, type ForgedCertificate } from "../../tests/forge/mod.ts";
import { parseCertificate } from "../crypto/mod.ts";
import { AssayError, VerificationFailure } from "../errors.ts";
import type { TrustMaterial } from "./material.ts";
import { TrustSnapshot } from "./snapshot.ts";
import { loadTrustStore } from "./trust_store.ts";
import type { TrustStoreType } from "./trust_policy.ts";

const chain = await forgeChain();
const alone = await forgeCertificate({ subject: [["CN", "alone"]] });

function material(...certificates: readonly ForgedCertificate[]): TrustMaterial {
  const provided = certificates.map(({ der }) => ({
    name: "",
    version: "",
    certificate: parseCertificate(der),
  }));
  return { certificates: provided, keys: [], details: [] };
}

const failing = new AssayError({
  code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
  component: "keyManagementProvider",
  message: "the vault does not answer",
  transient: true,
});

const snapshot = new TrustSnapshot(
  "test",
  new Map<string, TrustMaterial | AssayError>([
    ["root", material(chain.root)],
    ["leaf", material(chain.leaf)],
    ["mixed", material(chain.leaf, alone, chain.root)],
    ["empty", material()],
    ["failing", failing],
    ["incomplete", { ...material(chain.root), incomplete: failing }],
    ["missing some", { ...material(), incomplete: failing }],
    ["team/root", material(chain.root)],
  ]),
);

async function load(
  references: readonly string[] | undefined,
  options: { type?: TrustStoreType; files?: readonly ForgedCertificate[]; scope?: string } = {},
): Promise<readonly string[]> {
  const type = options.type ?? "ca";
  const stores = new Map(references === undefined ? [] : [[`${type}:store`, references]]);
  const caCertificates = options.files?.map(({ der }) => parseCertificate(der));
  const found = await loadTrustStore(
    type,
    "store",
    { stores, caCertificates },
    snapshot,
    options.scope ?? "",
  );
  return [...found.anchors.values()].map(({ subject }) => subject.rdns.flat().at(-1)?.value ?? "");
}

function unusable(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof VerificationFailure && error.reason === "authenticity.invalid_trust_store" &&
    error.effect === "undecided" && pattern.test(error.message);
}

Deno.test("loadTrustStore gives the CA and self-signed certificates of all providers", async () => {
  assert.deepEqual(await load(["root"]), ["root"]);
  assert.deepEqual(await load(["mixed"]), ["alone", "root"]);
  assert.deepEqual(await load(["root", "mixed"]), ["root", "alone"]);
});

Deno.test("loadTrustStore reads a store once for each snapshot, sources and scope", async () => {
  const sources = { stores: new Map([["ca:store", ["root"]]]), caCertificates: undefined };
  const first = await loadTrustStore("ca", "store", sources, snapshot, "");
  assert.equal(await loadTrustStore("ca", "store", sources, snapshot, ""), first);
  assert.notEqual(await loadTrustStore("ca", "store", sources, snapshot, "team"), first);
  assert.notEqual(await loadTrustStore("ca", "store", { ...sources }, snapshot, ""), first);
  const other = new TrustSnapshot("other", new Map());
  await assert.rejects(loadTrustStore("ca", "store", sources, other, ""), VerificationFailure);
});

Deno.test("loadTrustStore is undecided about a store that has no anchor", async () => {
  await assert.rejects(load(["empty"]), unusable(/has no certificates/));
  await assert.rejects(load([]), unusable(/has no certificates/));
  await assert.rejects(load(["leaf"]), unusable(/none is a CA or self-signed/));
});

Deno.test("loadTrustStore is undecided when one of several providers cannot be read", async () => {
  await assert.rejects(load(["root", "failing"]), unusable(/the vault does not answer/));
  await assert.rejects(load(["root", "missing"]), unusable(/missing does not exist/));
  await assert.rejects(
    load(["failing"]),
    (error: unknown) => error instanceof VerificationFailure && error.transient,
  );
});

Deno.test("loadTrustStore gives what there is of a provider whose material is incomplete, and says so", async () => {
  assert.deepEqual(await load(["incomplete"]), ["root"]);
  const sources = {
    stores: new Map([["ca:store", ["mixed", "incomplete"]]]),
    caCertificates: undefined,
  };
  const store = await loadTrustStore("ca", "store", sources, snapshot, "");
  assert.equal(store.incomplete, failing);
  await assert.rejects(load(["missing some"]), unusable(/not complete: the vault does not answer/));
});

Deno.test("loadTrustStore lets files serve the type ca only, and only where the store is not configured", async () => {
  const files = [alone];
  assert.deepEqual(await load(undefined, { files }), ["alone"]);
  assert.deepEqual(await load(["root"], { files }), ["root"]);
  await assert.rejects(load(undefined), unusable(/not configured/));
  for (const type of ["signingAuthority", "tsa"] as const) {
    await assert.rejects(load(undefined, { type, files }), unusable(/not configured/));
  }
});

Deno.test("loadTrustStore uses a namespace's provider for that namespace alone", async () => {
  assert.deepEqual(await load(["team/root"], { scope: "team" }), ["root"]);
  await assert.rejects(
    load(["team/root"]),
    unusable(/may not be used by a request without a namespace/),
  );
  await assert.rejects(load(["team/root"], { scope: "other" }), unusable(/of namespace other/));
  assert.deepEqual(await load(["root"], { scope: "team" }), ["root"]);
});
