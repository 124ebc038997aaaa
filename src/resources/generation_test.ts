import assert from "node:assert/strict";
import { temporaryFolder } from "../../tests/temp.ts";
import { decodePem, parsePublicKey } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { canonicalJson, storeIdentity, trustGeneration } from "./generation.ts";
import { loadConfiguration } from "./load.ts";
import type { SourceFile } from "./source.ts";
import {
  CERTIFICATE,
  COMPLETE,
  documents,
  EXPIRED_CERTIFICATE,
  notationSpec,
  provider,
  PUBLIC_KEY,
  yaml,
} from "./testing/resources.ts";

async function generations(
  ...files: readonly SourceFile[]
): Promise<{ readonly configuration: string; readonly trust: string }> {
  const { configuration } = await loadConfiguration(files);
  assert.ok(configuration !== undefined);
  return { configuration: configuration.generation, trust: configuration.trust.generation };
}

const file = (text: string, path = "t.yaml"): SourceFile => ({ path, text });

Deno.test("a generation is 64 hex digits and does not change from load to load", async () => {
  const first = await generations(file(COMPLETE));
  assert.match(first.configuration, /^[0-9a-f]{64}$/);
  assert.match(first.trust, /^[0-9a-f]{64}$/);
  assert.deepEqual(await generations(file(COMPLETE)), first);
});

Deno.test("a generation does not depend on files, order, comments or format", async () => {
  const first = await generations(file(COMPLETE));
  const parts = COMPLETE.split(/^---\n/m);
  const split = parts.map((text, index) => file(`# comment ${index}\n${text}`, `${index}.yaml`));
  assert.deepEqual(await generations(...split), first);
  assert.deepEqual(await generations(...split.toReversed()), first);
  assert.deepEqual(await generations(file(documents(...parts.toReversed()))), first);
  const { parseYamlFile } = await import("./yaml.ts");
  const items = parseYamlFile(file(COMPLETE)).documents.map(({ value }) => value);
  assert.deepEqual(
    await generations(file(JSON.stringify({ kind: "List", items }), "t.json")),
    first,
  );
});

Deno.test("a generation changes with every part of the configuration", async () => {
  const texts = [
    COMPLETE,
    COMPLETE.replace("default: any", "default: all"),
    COMPLETE.replace("name: notation}", "name: other}"),
    COMPLETE.replace("level: strict", "level: audit"),
    COMPLETE.replace("name: oras", "name: oras\n  parameters: {cosignEnabled: true}"),
    documents(COMPLETE, yaml("Store", "name: oras", { name: "second" })),
    documents(COMPLETE, yaml("NamespacedStore", "name: oras", { name: "store", namespace: "a" })),
    documents(COMPLETE, yaml("NamespacedStore", "name: oras", { name: "store", namespace: "b" })),
    documents(COMPLETE, provider("second")),
  ];
  const seen = new Set<string>();
  for (const text of texts) seen.add((await generations(file(text))).configuration);
  assert.equal(seen.size, texts.length);
});

Deno.test("a generation changes with the settings of the process", async () => {
  const settings = (text: string): SourceFile => file(text, "config.json");
  const one = await generations(file(COMPLETE), settings('{"crl": {"cache": {"enabled": true}}}'));
  const two = await generations(file(COMPLETE), settings('{"crl": {"cache": {"enabled": false}}}'));
  assert.notEqual(one.configuration, two.configuration);
  assert.equal(one.trust, two.trust);
  assert.deepEqual(await generations(file(COMPLETE)), two);
});

Deno.test("the generation of trust changes with key material only", async () => {
  const one = await generations(file(documents(provider("a"), provider("b"))));
  const reversed = await generations(file(documents(provider("b"), provider("a"))));
  assert.deepEqual(reversed, one);
  const other = await generations(
    file(documents(provider("a"), provider("b", undefined, EXPIRED_CERTIFICATE))),
  );
  assert.notEqual(other.trust, one.trust);
  const moved = await generations(
    file(documents(provider("a", undefined, EXPIRED_CERTIFICATE), provider("b"))),
  );
  assert.notEqual(moved.trust, other.trust);
  const more = await generations(
    file(documents(provider("a"), provider("b"), yaml("Store", "name: oras"))),
  );
  assert.equal(more.trust, one.trust);
});

Deno.test("a generation says whose certificate files have which content", async () => {
  await using folder = await temporaryFolder();
  const write = async (one: string, two: string): Promise<void> => {
    await Deno.writeTextFile(`${folder.path}/one.pem`, one);
    await Deno.writeTextFile(`${folder.path}/two.pem`, two);
  };
  const verifier = (name: string): string =>
    yaml(
      "Verifier",
      notationSpec([]).replace(
        "verificationCertStores: {ca: {acme: []}}",
        `verificationCerts: [${folder.path}/${name}.pem]`,
      ),
      { name },
    );
  const resources = file(documents(verifier("one"), verifier("two")));
  await write(CERTIFICATE, EXPIRED_CERTIFICATE);
  const first = await generations(resources);
  assert.deepEqual(await generations(resources), first);
  await write(EXPIRED_CERTIFICATE, CERTIFICATE);
  assert.notEqual((await generations(resources)).configuration, first.configuration);
});

Deno.test("canonicalJson orders members and keeps lists", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ b: 1, a: [2, 1] }, '{"a":[2,1],"b":1}'],
    [{ a: { d: null, c: "x" } }, '{"a":{"c":"x","d":null}}'],
    [[], "[]"],
    [{}, "{}"],
    ['"', '"\\""'],
    [undefined, "null"],
    [Object.assign(Object.create(null), { z: 1, A: true }), '{"A":true,"z":1}'],
  ];
  for (const [value, text] of cases) assert.equal(canonicalJson(value), text);
});

Deno.test("storeIdentity differs by type, namespace, name and parameters, and by nothing else", () => {
  const identities = [
    storeIdentity("oras", { scope: "", name: "s" }, { a: 1, b: 2 }),
    storeIdentity("other", { scope: "", name: "s" }, { a: 1, b: 2 }),
    storeIdentity("oras", { scope: "team-a", name: "s" }, { a: 1, b: 2 }),
    storeIdentity("oras", { scope: "", name: "t" }, { a: 1, b: 2 }),
    storeIdentity("oras", { scope: "", name: "s" }, { a: 1, b: 3 }),
  ];
  assert.equal(new Set(identities).size, 5);
  assert.equal(storeIdentity("oras", { scope: "", name: "s" }, { b: 2, a: 1 }), identities[0]);
});

Deno.test("a generation of key material covers hashes of keys, their age and what is missing", () => {
  const key = parsePublicKey(decodePem(PUBLIC_KEY)[0]?.bytes ?? assert.fail());
  const incomplete = new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message: "no answer",
  });
  const one = { name: "a", version: "1", key };
  const plain: TrustMaterial = { certificates: [], keys: [one], details: [] };
  const all: readonly TrustMaterial[] = [
    plain,
    { ...plain, keys: [{ ...one, hash: "SHA-384" }] },
    { ...plain, keys: [{ ...one, staleSince: "2026-11-24T12:00:00Z" }] },
    { ...plain, keys: [] },
    { ...plain, incomplete },
  ];
  const generationOf = (material: TrustMaterial): string =>
    trustGeneration(new Map([["keys", material]]));
  assert.equal(new Set(all.map(generationOf)).size, all.length);
  assert.equal(generationOf({ ...plain }), generationOf(plain));
});
