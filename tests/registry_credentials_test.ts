import assert from "node:assert/strict";
import {
  failure,
  FakeRegistry,
  imageManifest,
  REPOSITORY,
} from "../src/stores/registry/testing/fake_registry.ts";
import { createMetrics } from "../src/telemetry/mod.ts";
import { caseResources, resource } from "./case_resources.ts";
import { corpusCase } from "./corpus.ts";
import { runCli } from "./run_cli.ts";
import { askVerify, startTestService } from "./service.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The service before a registry that wants tokens, with credentials from files; and everything that it says,
 * searched for the secrets that were planted.
 */

const SECRETS = ["PLANTED-password", "PLANTED-token"];
const BASIC = btoa(`robot:${SECRETS[0]}`);

/** A registry that wants a token, which its token service gives for a password. */
function tokenRegistry(): { registry: FakeRegistry; scopes: string[] } {
  const registry = new FakeRegistry();
  const scopes: string[] = [];
  registry.intercept = ({ target, headers }) => {
    const authorization = headers.get("authorization");
    if (target.startsWith("/token")) {
      const url = new URL(target, "http://x");
      scopes.push(url.searchParams.getAll("scope").join(" "));
      return authorization === `Basic ${BASIC}`
        ? Response.json({ token: SECRETS[1], expires_in: 300 })
        : failure(401, "UNAUTHORIZED");
    }
    if (authorization === `Bearer ${SECRETS[1]}`) return undefined;
    const realm = `http://${registry.host}/token`;
    return failure(401, "UNAUTHORIZED", {
      "www-authenticate": `Bearer realm="${realm}",service="reg"`,
    });
  };
  return { registry, scopes };
}

/** Resources that verify images of the registry, with what a Store has beside its host. */
async function resources(
  folder: string,
  host: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<string> {
  const list = JSON.parse(await caseResources(await corpusCase("notation-unsigned")));
  list.items[0] = resource("Store", "store", {
    name: "oras",
    parameters: { plainHttp: [host], ...parameters },
  });
  const path = `${folder}/resources.json`;
  await Deno.writeTextFile(path, JSON.stringify(list));
  return path;
}

async function staticProvider(
  folder: string,
  host: string,
  password = SECRETS[0] ?? "",
): Promise<unknown> {
  await Deno.writeTextFile(`${folder}/username`, "robot\n");
  await Deno.writeTextFile(`${folder}/password`, password);
  const files = { usernameFile: `${folder}/username`, passwordFile: `${folder}/password` };
  return { name: "static", registries: { [host]: files } };
}

function assertNoSecret(said: string): void {
  const encoded = new TextEncoder().encode(SECRETS[0] ?? "").toBase64();
  for (const secret of [...SECRETS, BASIC, encoded, "PLANTED"]) {
    const at = said.indexOf(secret);
    assert.ok(at < 0, said.slice(Math.max(0, at - 200), at + 100));
  }
}

Deno.test("1,000 verifications at once make one token request for a scope, and tell no secret", async () => {
  await using folder = await temporaryFolder();
  const { registry, scopes } = tokenRegistry();
  await using _ = registry;
  const digests = Array.from(
    { length: 1000 },
    (_, index) => registry.put(imageManifest(`image ${index}`)).digest,
  );
  const authProvider = await staticProvider(folder.path, registry.host);
  const metrics = await createMetrics();
  await using service = await startTestService({
    folder: folder.path,
    config: [await resources(folder.path, registry.host, { authProvider })],
    metrics,
    plain: true,
    options: { timeouts: { verify: 120_000 } },
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, batch) =>
      askVerify(
        service.host,
        digests.slice(batch * 50, batch * 50 + 50).map((digest) =>
          `${registry.host}/${REPOSITORY}@${digest}`
        ),
        { plain: true },
      )),
  );
  const items = answers.flatMap(({ json }) => json.response.items);
  assert.equal(items.length, 1000);
  // They are there, and unsigned: a verdict, and no error.
  assert.ok(items.every(({ value }) => value?.isSuccess === false), JSON.stringify(items[0]));
  assert.deepEqual(scopes, [`repository:${REPOSITORY}:pull`]);
  assertNoSecret(JSON.stringify(answers));
  assertNoSecret(service.log.join("\n"));
  assertNoSecret((await metrics.render()).body);
});

/** Ways in which credentials fail, each with what the verdict says of it. */
const FAILING: readonly (readonly [
  string,
  (folder: string, host: string) => Promise<unknown>,
  RegExp,
])[] = [
  [
    "that the token service refuses",
    (folder, host) => staticProvider(folder, host, "PLANTED-wrong"),
    /AUTH_DENIED.*the token service 127\.0\.0\.1:\d+, asked with the credentials, answered 401/s,
  ],
  [
    "that do not fit into a header",
    (folder, host) => staticProvider(folder, host, "PLANTED\nPLANTED"),
    /AUTH_DENIED.*does not hold one line of text/s,
  ],
  [
    "of a provider for other registries",
    () => Promise.resolve({ name: "awsEcrBasic" }),
    /AUTH_DENIED.*The credential provider awsEcrBasic is for registries of Amazon ECR.*is none of them/s,
  ],
  [
    "of a cluster that there is not",
    () => Promise.resolve({ name: "k8Secrets" }),
    /AUTH_DENIED.*The credential provider k8Secrets has no credentials/s,
  ],
  [
    "in a docker configuration that is broken",
    async (folder) => {
      await Deno.writeTextFile(`${folder}/config.json`, '{"auths":{"PLANTED');
      return { name: "dockerConfig", configPath: `${folder}/config.json` };
    },
    /AUTH_DENIED.*it is not strict JSON/s,
  ],
];

for (const [name, provider, expected] of FAILING) {
  Deno.test(`credentials ${name} leave the image undecided with the cause, and tell no secret`, async () => {
    await using folder = await temporaryFolder();
    const { registry } = tokenRegistry();
    await using _ = registry;
    const { digest } = registry.put(imageManifest("a"));
    const image = `${registry.host}/${REPOSITORY}@${digest}`;
    const authProvider = await provider(folder.path, registry.host);
    const config = await resources(folder.path, registry.host, { authProvider });
    await using service = await startTestService({
      folder: folder.path,
      config: [config],
      plain: true,
    });
    const { text, json } = await askVerify(service.host, [image], { plain: true });
    const [item] = json.response.items;
    assert.equal(item?.value, undefined, text);
    assert.match(String(item?.error ?? json.response.systemError), expected);
    const said = [text, ...service.log];
    for (const output of ["text", "json"]) {
      const run = await runCli(["verify", image, "-c", config, "-o", output, "--debug"]);
      assert.equal(run.status, 3, run.out + run.err);
      said.push(run.out, run.err);
    }
    assertNoSecret(said.join("\n"));
  });
}

Deno.test("anonymousFallback reads without credentials what the provider has none for", async () => {
  await using folder = await temporaryFolder();
  await using registry = new FakeRegistry();
  registry.intercept = ({ target, headers }) => {
    if (target.startsWith("/token")) {
      return Response.json({ token: headers.has("authorization") ? "known" : "anonymous" });
    }
    if (headers.get("authorization") === "Bearer anonymous") return undefined;
    return failure(401, "UNAUTHORIZED", {
      "www-authenticate": `Bearer realm="http://${registry.host}/token"`,
    });
  };
  const { digest } = registry.put(imageManifest("a"));
  const image = `${registry.host}/${REPOSITORY}@${digest}`;
  const parameters = { authProvider: { name: "gcpArtifactRegistry" } };
  for (const [anonymousFallback, status] of [[false, 3], [true, 1]] as const) {
    const more = { ...parameters, anonymousFallback };
    const config = await resources(folder.path, registry.host, more);
    const run = await runCli(["verify", image, "-c", config]);
    assert.equal(run.status, status, run.out + run.err);
  }
});
