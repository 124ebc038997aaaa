import assert from "node:assert/strict";
import { KeyRefresher } from "../src/keys/mod.ts";
import { ConfigurationFiles, formatProblem, loadConfiguration } from "../src/resources/mod.ts";
import { cosignCaseResources } from "./case_resources.ts";
import { Clock } from "./clouds/double.ts";
import { cloudSurroundings } from "./clouds/surroundings.ts";
import { ROOT_TOKEN, type VaultDouble, vaultDouble } from "./clouds/vault.ts";
import { type Case, corpusCases, corpusRoot, layoutOf } from "./corpus.ts";
import { resource } from "./case_resources.ts";
import type { Json } from "./forge/mod.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/* Providers that fetch, from the resource to the verdict. The vault is a double, with real keys in it. */

const VAULT = { address: "https://v.example.com", auth: { method: "token", tokenFile: "/t" } };
const TRANSIT = { ...VAULT, transitKeys: [{ name: "release" }] };

function provider(type: string, parameters: Json, more: Json = {}): string {
  return JSON.stringify(resource("KeyManagementProvider", "keys", { type, parameters, ...more }));
}

async function problems(text: string): Promise<string[]> {
  const { problems } = await loadConfiguration([{ path: "t.json", text }]);
  return problems.map(formatProblem).filter((one) => !one.includes("for the cluster"));
}

const namespaced = (text: string): string =>
  text.replace('"kind":"', '"kind":"Namespaced')
    .replace('"name":"keys"', '"name":"keys","namespace":"team-a"');

const WRONG: Readonly<Record<string, readonly [string, RegExp]>> = {
  "without parameters": [provider("awskms", {}), /spec.parameters.keys: is missing/],
  "without anything to fetch": [
    provider("hashicorpvault", VAULT),
    /must name something in transitKeys, secrets or pkiIssuers/,
  ],
  "that is asked all the time": [
    provider("hashicorpvault", TRANSIT, { refreshInterval: "30s" }),
    /spec.refreshInterval: must be at least 1m/,
  ],
  "whose material is too old before it is fetched again": [
    provider("hashicorpvault", TRANSIT, { refreshInterval: "1h", maxStaleness: "119m" }),
    /spec.maxStaleness: must be at least twice refreshInterval/,
  ],
  "over plain HTTP": [
    provider("hashicorpvault", { ...TRANSIT, address: "http://v.example.com" }),
    /spec.parameters.address: must be https; or set plainHttp/,
  ],
  "with a password in the address": [
    provider("hashicorpvault", { ...TRANSIT, address: "https://a:PLANTED@v.example.com" }),
    /spec.parameters.address: must have no user name or password in it/,
  ],
  "with a token in the resource": [
    provider("hashicorpvault", { ...TRANSIT, auth: { method: "token", token: "PLANTED" } }),
    /spec.parameters.auth.token/,
  ],
  "without the file of its token": [
    provider("hashicorpvault", { ...TRANSIT, auth: { method: "token" } }),
    /spec.parameters.auth: must name the file with the token/,
  ],
  "with a role for a token": [
    provider("hashicorpvault", { ...TRANSIT, auth: { ...VAULT.auth, role: "assay" } }),
    /spec.parameters.auth: has role or mount/,
  ],
  "without a role for a service account": [
    provider("hashicorpvault", { ...TRANSIT, auth: { method: "kubernetes" } }),
    /spec.parameters.auth: must name the role in Vault/,
  ],
  "with two things of one name": [
    provider("hashicorpvault", {
      ...VAULT,
      transitKeys: [{ name: "a" }, { name: "a", mount: "other" }],
    }),
    /names two things the same: key a/,
  ],
  "with a path that leads elsewhere": [
    provider("hashicorpvault", { ...VAULT, transitKeys: [{ name: "../x" }] }),
    /spec.parameters.transitKeys\[0\].name: must be a path in Vault/,
  ],
  "with versions where there are none": [
    provider("hashicorpvault", {
      ...VAULT,
      secrets: [{
        name: "a",
        contentType: "key",
        path: "p",
        field: "f",
        kvVersion: 1,
        version: "2",
      }],
    }),
    /an engine of version 1 does not know/,
  ],
  "of AWS with a key that is none": [
    provider("awskms", { keys: [{ keyId: "arn:aws:s3:::bucket" }] }),
    /spec.parameters.keys\[0\].keyId: must be a key's id, alias\/NAME, or the ARN of either/,
  ],
  "of AWS with two keys of one name": [
    provider("awskms", { keys: [{ keyId: "alias/a" }, { name: "alias/a", keyId: "alias/b" }] }),
    /names two things the same: key alias\/a/,
  ],
  "of Vault in a namespace": [
    namespaced(provider("hashicorpvault", TRANSIT)),
    /OPERATION_FORBIDDEN .* spec.type: must not be hashicorpvault in a namespace/,
  ],
  "of Vault in Assay's own namespace": [
    namespaced(provider("hashicorpvault", TRANSIT)).replace("team-a", "gatekeeper-system"),
    /spec.parameters.auth: must not be set in a namespace: it names files of the process/,
  ],
  "of AWS in a namespace": [
    namespaced(provider("awskms", { keys: [{ keyId: "alias/a" }] })),
    /OPERATION_FORBIDDEN .* spec.type: must not be awskms in a namespace/,
  ],
};

for (const [what, [text, message]] of Object.entries(WRONG)) {
  Deno.test(`a provider that fetches, ${what}, is refused`, async () => {
    const found = await problems(text);
    assert.match(found.join("\n"), message);
    assert.ok(found.every((one) => /^t.json:1:\d+: error /.test(one)), found.join("\n"));
    assert.doesNotMatch(found.join("\n"), /PLANTED/);
  });
}

Deno.test("a provider that fetches is right with little, and warned of what is odd", async () => {
  assert.deepEqual(await problems(provider("hashicorpvault", TRANSIT)), []);
  assert.deepEqual(await problems(provider("awskms", { keys: [{ keyId: "alias/a" }] })), []);
  const plain = { ...TRANSIT, address: "http://v.example.com", plainHttp: true };
  assert.match(
    (await problems(provider("hashicorpvault", plain))).join(),
    /warning .* is plain HTTP/,
  );
  const inline = resource("KeyManagementProvider", "i", {
    type: "file",
    maxStaleness: "1h",
    parameters: { contentType: "key", path: "/x" },
  });
  assert.match(
    (await problems(JSON.stringify(inline))).join(),
    /warning .* spec.maxStaleness: is ignored/,
  );
});

Deno.test("nothing is fetched for a provider that is refused: no token leaves over plain HTTP", async () => {
  const asked: string[] = [];
  const keys = {
    current: ({ reference }: { readonly reference: string }) => {
      asked.push(reference);
      return Promise.resolve({ certificates: [], keys: [], details: [] });
    },
  };
  const load = async (text: string): Promise<void> =>
    void await loadConfiguration([{ path: "t.json", text }], { keys });
  for (const [text] of Object.values(WRONG)) await load(text);
  assert.deepEqual(asked, []);
  await load(provider("hashicorpvault", TRANSIT));
  assert.deepEqual(asked, ["keys"]);
});

/** A vault with the key of a case of the corpus as a secret, and the resources that name it. */
interface World extends AsyncDisposable {
  readonly double: VaultDouble;
  readonly clock: Clock;
  readonly folder: string;
  readonly config: string;
  /** The arguments of a verification of the case. */
  readonly image: readonly string[];
  put(pem: string): Promise<void>;
  remove(version: number): Promise<void>;
  readonly pem: string;
  readonly otherPem: string;
}

async function caseWithKey(): Promise<Case> {
  const cases = await corpusCases("cosign");
  return cases.find(({ config, expected }) =>
    expected.success && config.cosign?.keys?.length === 1 &&
    config.cosign.trustedRoot === undefined && config.cosign.rekorPublicKey === undefined &&
    config.cosign.transparencyLog !== "offline"
  ) ?? assert.fail("the corpus has no such case");
}

async function world(): Promise<World> {
  const one = await caseWithKey();
  const root = await corpusRoot();
  const folder = await temporaryFolder();
  const clock = new Clock();
  const double = vaultDouble(clock);
  const { address } = double.double;
  const admin = async (path: string, body: unknown): Promise<Json> => {
    const headers = { "x-vault-token": ROOT_TOKEN };
    const response = await fetch(`${address}/v1/${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return text === "" ? {} : JSON.parse(text);
  };
  await admin("sys/policies/acl/assay", { policy: 'path "secret/*" {}' });
  const { auth } = await admin("auth/token/create", { policies: ["assay"] });
  await Deno.writeTextFile(`${folder.path}/token`, auth.client_token);
  const list = JSON.parse(await cosignCaseResources(one)) as Json;
  const vault = resource("KeyManagementProvider", "key-0", {
    type: "hashicorpvault",
    refreshInterval: "1m",
    maxStaleness: "10m",
    parameters: {
      address,
      auth: { method: "token", tokenFile: `${folder.path}/token` },
      secrets: [{ name: "release", contentType: "key", path: "key", field: "pem" }],
    },
  });
  const items = list.items.map((item: Json) => item.metadata.name === "key-0" ? vault : item);
  await Deno.mkdir(`${folder.path}/config`);
  const config = `${folder.path}/config/r.json`;
  await Deno.writeTextFile(config, JSON.stringify({ ...list, items }));
  const pem = await Deno.readTextFile(`${root}/${one.config.cosign?.keys?.[0]}`);
  const put = async (text: string): Promise<void> => {
    await admin("secret/data/key", { data: { pem: text } });
  };
  await put(pem);
  return {
    double,
    clock,
    folder: folder.path,
    config,
    pem,
    otherPem: await Deno.readTextFile(`${root}/trust/cosign/p384.pub`),
    image: [
      `oci:${await layoutOf(one)}@${one.imageDigest}`,
      ...["--as", `${one.repository}@${one.imageDigest}`],
      ...["--config", config],
    ],
    put,
    remove: async (version) => void await admin("secret/delete/key", { versions: [version] }),
    [Symbol.asyncDispose]: async () => {
      await double[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("verify fetches keys once; check asks nobody", async () => {
  await using one = await world();
  const asked = (): number =>
    one.double.double.asked.filter(({ method }) => method === "GET").length;
  const checked = await runCli(["check", one.config]);
  assert.equal(checked.status, 0, checked.out);
  assert.equal(asked(), 0);
  const good = await runCli(["verify", ...one.image]);
  assert.equal(good.status, 0, good.out + good.err);
  assert.equal(asked(), 1);
  // Another key: the signature is somebody else's.
  await one.put(one.otherPem);
  assert.equal((await runCli(["verify", ...one.image])).status, 1);
  // Gone: nobody can say who may sign.
  await one.remove(2);
  const gone = await runCli(["verify", ...one.image]);
  assert.equal(gone.status, 3, gone.out);
  one.double.double.instead = () => Response.json({ errors: ["PLANTED"] }, { status: 503 });
  const down = await runCli(["verify", ...one.image]);
  assert.equal(down.status, 3, down.out);
  assert.match(down.out, /has no key release: .*Vault answers with status 503/);
  const output = [checked, good, gone, down].map(({ out, err }) => out + err).join("");
  assert.doesNotMatch(output, /PLANTED/);
});

/** A service's configuration with a refresher whose pauses the test ends. */
interface Serving extends AsyncDisposable {
  readonly files: ConfigurationFiles;
  readonly refresher: KeyRefresher;
  readonly events: string[];
  /** Lets a pause go by, and what follows it happen. */
  step(): Promise<void>;
}

async function serving(one: World): Promise<Serving> {
  const events: string[] = [];
  const holder: { files?: ConfigurationFiles } = {};
  let arrived = Promise.withResolvers<void>();
  let go = (): void => {};
  const refresher = new KeyRefresher({
    now: one.clock.now,
    firstWaitMs: 5000,
    random: () => 0.5,
    changed: async () => await holder.files?.refreshMaterial(),
    wait: (milliseconds, signal) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      signal.addEventListener("abort", () => resolve(false), { once: true });
      if (signal.aborted) resolve(false);
      if (milliseconds === 5000) return promise;
      go = () => {
        one.clock.pass(milliseconds / 1000);
        resolve(true);
      };
      arrived.resolve();
      return promise;
    },
  });
  const surroundings = {
    ...cloudSurroundings(one.clock, {}),
    readText: (path: string) => Deno.readTextFile(path),
  };
  const files = await ConfigurationFiles.open(
    [one.config],
    { now: one.clock.now, keys: refresher, surroundings },
    {
      loaded: () => void events.push("loaded"),
      materialChanged: () => void events.push("material"),
      refused: () => void events.push("refused"),
    },
    () => {},
  ) ?? assert.fail("the configuration has errors");
  holder.files = files;
  const step = async (): Promise<void> => {
    arrived = Promise.withResolvers();
    go();
    await arrived.promise;
  };
  refresher.use(files.current.fetchedProviders);
  await arrived.promise;
  return {
    files,
    refresher,
    events,
    step,
    [Symbol.asyncDispose]: async () => {
      await refresher[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a key that is rotated or given up is in force without a file that changed, also while the files are wrong", async () => {
  await using one = await world();
  await using service = await serving(one);
  const { files, events, step } = service;
  const fingerprints = (): string[] =>
    files.current.trust.material("key-0", "").keys.map(({ key }) => key.fingerprint);
  const first = fingerprints();
  const generations = new Set([files.current.trust.generation]);
  assert.equal(first.length, 1);
  assert.deepEqual(events, []); // what is in force is what was fetched
  await step();
  assert.deepEqual(events, []); // and what is fetched again is the same
  await one.put(one.otherPem);
  await step();
  assert.deepEqual(events, ["material"]);
  assert.notDeepEqual(fingerprints(), first);
  generations.add(files.current.trust.generation);
  const good = await Deno.readTextFile(one.config);
  await Deno.writeTextFile(one.config, `${good} {`);
  await files.reload();
  assert.ok(files.refusal !== undefined);
  await one.remove(2);
  await step();
  assert.deepEqual(fingerprints(), []);
  generations.add(files.current.trust.generation);
  assert.equal(events.at(-1), "material");
  assert.ok(files.refusal !== undefined); // which is not forgotten
  assert.equal(generations.size, 3);
});

Deno.test("while its vault is down a key stays, says how old it is, and then is missing", async () => {
  await using one = await world();
  await using service = await serving(one);
  const { files, step } = service;
  const material = (): ReturnType<typeof files.current.trust.material> =>
    files.current.trust.material("key-0", "");
  const fetchedAt = one.clock.now();
  one.double.double.instead = () => new Response("PLANTED", { status: 503 });
  await step();
  assert.equal(material().keys[0]?.staleSince, fetchedAt.toISOString());
  assert.equal(material().incomplete, undefined);
  while (one.clock.now().getTime() < fetchedAt.getTime() + 10 * 60_000) await step();
  assert.deepEqual(material().keys, []);
  assert.equal(material().incomplete?.transient, false);
  assert.match(material().incomplete?.message ?? "", /no key release any more: .* status 503/);
  one.double.double.instead = () => undefined;
  await step();
  assert.equal(material().keys.length, 1);
  assert.equal(material().incomplete, undefined);
  assert.equal(service.refresher.status()[0]?.entries[0]?.condition, "fresh");
});

Deno.test("serve tells in its log and in /readyz how it stands with its vaults, and no secret", async () => {
  await using one = await world();
  const bodies: string[] = [];
  const errors: string[] = [];
  const serve = async (): Promise<string> => {
    const stopped = Promise.withResolvers<void>();
    const port = freePort();
    const loopback = [
      ...["--http", "127.0.0.1:0"],
      ...["--health-port", `127.0.0.1:${port}`],
    ];
    const running = runCli(["serve", "--insecure-http", ...loopback, "--config", one.config], {
      stopped: stopped.promise,
    });
    const fetched = async (): Promise<void> => {
      bodies.push(await untilFetched(`http://127.0.0.1:${port}/readyz`));
    };
    try {
      await Promise.race([fetched(), running]);
    } finally {
      stopped.resolve();
    }
    const { status, err } = await running;
    assert.equal(status, 0, err);
    errors.push(err);
    return err;
  };
  await serve();
  const [ready] = bodies;
  assert.deepEqual(JSON.parse(ready ?? "").keyProviders, [
    { provider: "key-0", entries: 1, fresh: 1, others: [] },
  ]);
  one.double.double.instead = () => Response.json({ errors: ["PLANTED"] }, { status: 503 });
  const log = await serve();
  assert.match(log, /key material missing: verdicts that need it are undecided/);
  assert.match(log, /Vault answers with status 503/);
  const [, later] = bodies;
  const { others: [other] } = JSON.parse(later ?? "").keyProviders[0];
  assert.deepEqual([other.entry, other.condition], ["key release", "missing"]);
  assert.match(other.problem, /The key release of Vault at 127.0.0.1:\d+ cannot be fetched/);
  assert.doesNotMatch([...bodies, ...errors].join(""), /PLANTED|hvs\./);
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilFetched(url: string): Promise<string> {
  for (;;) {
    try {
      const response = await fetch(url);
      return await response.text();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

Deno.test("material in a file is read again when the file changes", async () => {
  await using folder = await temporaryFolder();
  const root = await corpusRoot();
  const path = `${folder.path}/key.pub`;
  await Deno.copyFile(`${root}/trust/cosign/p256.pub`, path);
  const config = `${folder.path}/r.json`;
  const file = resource("KeyManagementProvider", "keys", {
    type: "file",
    parameters: { contentType: "key", path },
  });
  await Deno.writeTextFile(config, JSON.stringify(file));
  const changed = Promise.withResolvers<void>();
  await using files = await ConfigurationFiles.open(
    [config],
    { now: () => new Date() },
    { loaded: () => changed.resolve(), refused: () => {} },
    () => {},
  ) ?? assert.fail("the configuration has errors");
  const description = (): string | undefined =>
    files.current.trust.material("keys", "").keys[0]?.key.description;
  assert.equal(description(), "EC P-256");
  const before = files.current.trust.generation;
  await Deno.copyFile(`${root}/trust/cosign/p384.pub`, path);
  await changed.promise;
  assert.equal(description(), "EC P-384");
  assert.notEqual(files.current.trust.generation, before);
});
