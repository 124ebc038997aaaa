import assert from "node:assert/strict";
import { temporaryFolder } from "../../tests/temp.ts";
import { loadConfiguration } from "./load.ts";
import { formatProblem } from "./problem.ts";
import {
  documents,
  EXPIRED_CERTIFICATE,
  notationSpec,
  problemsOf,
  provider,
  yaml,
} from "./testing/resources.ts";

Deno.test("loadConfiguration warns of an expired certificate when it knows the time", async () => {
  const text = provider("ca", undefined, EXPIRED_CERTIFICATE);
  const warning =
    't.yaml:8:12: warning CONFIG_INVALID KeyManagementProvider/ca spec.parameters.value: the certificate "CN=Retired root,OU=Release,O=Vector Works North,L=Lund,ST=Skane,C=SE" has expired on 2023-03-01T12:00:00.000Z';
  const has = async (now?: string): Promise<boolean> =>
    (await problemsOf(text, now === undefined ? {} : { now: new Date(now) })).includes(warning);
  assert.equal(await has(), false);
  assert.equal(await has("2023-03-01T12:00:00Z"), false);
  assert.equal(await has("2023-03-01T12:00:01Z"), true);
});

Deno.test("loadConfiguration tells problems in the order of files and lines", async () => {
  const { problems } = await loadConfiguration([
    { path: "b.yaml", text: yaml("Store", "name: a\nparameter: {}") },
    { path: "a.yaml", text: "kind: X\n" },
  ]);
  assert.deepEqual(problems.map(({ file, line }) => [file, line]), [
    ["b.yaml", 5],
    ["b.yaml", 6],
    ["a.yaml", 1],
  ]);
});

Deno.test("loadConfiguration names the place of the first of two resources in different files", async () => {
  const { problems } = await loadConfiguration([
    { path: "a.yaml", text: documents("# a comment\n", yaml("Store", "name: oras")) },
    { path: "b.yaml", text: yaml("Store", "name: oras") },
  ]);
  assert.deepEqual(problems.map(formatProblem).filter((text) => text.includes("error")), [
    "b.yaml:1:1: error CONFIG_INVALID Store/x: is already defined, as Store/x, at a.yaml:3:1",
  ]);
});

Deno.test("loadConfiguration tells at most 200 errors of a file, and that there are more", async () => {
  const lines = Array.from({ length: 300 }, (_, index) => `a${index}: 1`).join("\n");
  const problems = await problemsOf(yaml("Store", `name: oras\n${lines}`));
  assert.equal(problems.length, 201);
  assert.match(problems[200] ?? "", /there are more errors in this file than are told$/);
});

Deno.test("loadConfiguration warns of what is missing, unless there are errors", async () => {
  const missing = (kind: string, rest: string): string =>
    `t.yaml:1:1: warning CONFIG_INVALID there is no ${kind} for the cluster: ${rest}`;
  const none = "without one, no image can be verified";
  assert.deepEqual(await problemsOf(yaml("Store", "name: oras")), [
    missing("Verifier", none),
    missing("Policy", none),
  ]);
  assert.deepEqual(await problemsOf("# nothing\n"), [
    "t.yaml:1:1: warning CONFIG_INVALID the file has no resources",
    missing("Store", none),
    missing("Verifier", none),
    missing("Policy", none),
  ]);
  const own = "requests of namespaces that have none of their own get no verdict";
  assert.deepEqual(
    await problemsOf(yaml("NamespacedStore", "name: oras", { namespace: "team-a" })),
    [
      missing("Store", own),
      "t.yaml:1:1: warning CONFIG_INVALID NamespacedStore/team-a/x: there is no Verifier for namespace team-a, nor for the cluster: its requests get no verdict",
      missing("Verifier", own),
      "t.yaml:1:1: warning CONFIG_INVALID NamespacedStore/team-a/x: there is no Policy for namespace team-a, nor for the cluster: its requests get no verdict",
      missing("Policy", own),
    ],
  );
});

Deno.test("loadConfiguration warns of fields that mean nothing", async () => {
  const text = yaml(
    "Store",
    "name: oras\naddress: /plugins\nparameters: {name: oras, useHttp: true}",
    { namespace: "team-a" },
  );
  assert.deepEqual((await problemsOf(text)).slice(2), [
    "t.yaml:3:21: warning CONFIG_INVALID Store/x metadata.namespace: is ignored: a Store is for the whole cluster; for one namespace use NamespacedStore",
    "t.yaml:6:3: warning CONFIG_INVALID Store/x spec.address: is ignored: the built-in types need no plugin directory",
    "t.yaml:7:16: warning CONFIG_INVALID Store/x spec.parameters.name: is ignored: among the parameters it means nothing",
    "t.yaml:7:37: warning CONFIG_INVALID Store/x spec.parameters.useHttp: uses plain HTTP for all registries; name the hosts that need it in plainHttp",
  ]);
});

Deno.test("loadConfiguration warns of a refresh interval of what does not change", async () => {
  const text = provider("ca").replace("type: inline", "type: inline\n  refreshInterval: 1h");
  assert.deepEqual((await problemsOf(text)).slice(3), [
    "t.yaml:6:3: warning CONFIG_INVALID KeyManagementProvider/ca spec.refreshInterval: is ignored: what is written here does not change by itself",
  ]);
  const none = text.replace("refreshInterval: 1h", 'refreshInterval: ""');
  assert.equal((await problemsOf(none)).length, 3);
});

Deno.test("loadConfiguration warns of certificate files that say less than they seem to", async () => {
  await using folder = await temporaryFolder();
  await Deno.mkdir(`${folder.path}/empty`);
  await Deno.writeTextFile(`${folder.path}/old.pem`, EXPIRED_CERTIFICATE);
  const files = `verificationCerts: [${folder.path}/empty, ${folder.path}/old.pem]`;
  const warnings = async (spec: string): Promise<string[]> =>
    (await problemsOf(documents(yaml("Verifier", spec), provider("ca")), {
      now: new Date("2026-11-24T12:00:00Z"),
    })).filter((text) => text.includes("Verifier/x"));
  const stores = "verificationCertStores: {ca: {acme: [ca]}}";
  const column = 25 + `${folder.path}/empty, `.length;
  assert.deepEqual(await warnings(notationSpec(["ca"]).replace(stores, files)), [
    "t.yaml:8:25: warning CONFIG_INVALID Verifier/x spec.parameters.verificationCerts[0]: has no certificates in it",
    `t.yaml:8:${column}: warning CONFIG_INVALID Verifier/x spec.parameters.verificationCerts[1]: the certificate "CN=Retired root,OU=Release,O=Vector Works North,L=Lund,ST=Skane,C=SE" has expired on 2023-03-01T12:00:00.000Z`,
  ]);
  assert.deepEqual(await warnings(notationSpec(["ca"], `  ${files}`)), [
    "t.yaml:17:5: warning CONFIG_INVALID Verifier/x spec.parameters.verificationCerts: is ignored: verificationCertStores counts",
  ]);
});
