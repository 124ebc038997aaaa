import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { CertificateRotation, type RotationOptions } from "../src/certificates/mod.ts";
import { KubernetesClient, PodAccess } from "../src/cloud/mod.ts";
import { wait } from "../src/stores/mod.ts";
import { createLogger } from "../src/telemetry/mod.ts";
import { resource } from "./case_resources.ts";
import { ApiServerDouble } from "./clouds/api_server.ts";
import { askMutate, parties, startTestService, type TestService } from "./service.ts";
import { type CliRun, runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";
import { forgeCa } from "./tls.ts";

/*
 * Certificates that are rotated: at a double of the API server, with real TLS, and with clients that trust
 * what the Provider objects say and nothing else, as Gatekeeper does.
 */

const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const NAMESPACE = "gatekeeper-system";
const HOST = `ratify.${NAMESPACE}`;
const PROVIDERS = ["ratify-provider", "ratify-mutation-provider"];
const KEY = `registry.example.com/app@sha256:${"0".repeat(64)}`;

const encode = (text: string): string => new TextEncoder().encode(text).toBase64();
const decode = (text: unknown): string =>
  new TextDecoder().decode(Uint8Array.fromBase64(String(text ?? "")));

interface World extends AsyncDisposable {
  readonly api: ApiServerDouble;
  readonly log: string[];
  open(options?: Partial<RotationOptions>): Promise<CertificateRotation>;
}

async function openWorld(data: Readonly<Record<string, string>> = {}): Promise<World> {
  const api = await ApiServerDouble.start();
  for (const name of PROVIDERS) {
    api.put("providers", {
      apiVersion: "externaldata.gatekeeper.sh/v1beta1",
      kind: "Provider",
      metadata: { name },
      spec: { url: `https://${HOST}:6001/ratify/gatekeeper/v1/verify`, timeout: 5 },
    });
  }
  putSecret(api, data);
  const log: string[] = [];
  const files = new Map([[`${FOLDER}/token`, "PLANTED-token-1"], [`${FOLDER}/ca.crt`, api.ca]]);
  const env: Readonly<Record<string, string>> = {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: api.port,
  };
  using stack = new DisposableStack();
  const access = stack.use(
    new PodAccess({
      env: (name) => env[name],
      readText: (path) => Promise.resolve(files.get(path) ?? Promise.reject(new Error(path))),
      now: () => new Date(),
    }),
  );
  const client = new KubernetesClient(access, "assay/test");
  const held = stack.move();
  return {
    api,
    log,
    open: (options = {}) =>
      CertificateRotation.open({
        client,
        name: "ratify",
        namespace: NAMESPACE,
        keyType: "ecdsa",
        now: () => new Date(),
        wait: (milliseconds, signal) => wait(Math.min(milliseconds, 20), signal),
        logger: createLogger({
          format: "text",
          level: "debug",
          write: (line) => log.push(line),
          now: () => new Date(),
        }),
        changed: () => {},
        settle: 300,
        ...options,
      }),
    [Symbol.asyncDispose]: async () => {
      held.dispose();
      await api[Symbol.asyncDispose]();
    },
  };
}

function putSecret(api: ApiServerDouble, data: Readonly<Record<string, string>>): void {
  api.put("secrets", {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "ratify-tls", namespace: NAMESPACE },
    type: "Opaque",
    data,
  });
}

function secretData(api: ApiServerDouble): Readonly<Record<string, string>> {
  const data = api.get("secrets", "ratify-tls", NAMESPACE)?.["data"];
  return (data ?? {}) as Readonly<Record<string, string>>;
}

/** Takes members out of the secret, as an operator does who wants them made anew. */
function remove(api: ApiServerDouble, ...names: readonly string[]): void {
  putSecret(
    api,
    Object.fromEntries(Object.entries(secretData(api)).filter(([name]) => !names.includes(name))),
  );
}

/** What a Provider says is to be trusted. */
function bundleOf(api: ApiServerDouble, name: string): string {
  const spec = api.get("providers", name)?.["spec"] as { readonly caBundle?: string } | undefined;
  return decode(spec?.caBundle);
}

function certificatesIn(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
    .map((text) => new X509Certificate(text));
}

const isIssuedBy = (cert: X509Certificate, ca: X509Certificate): boolean =>
  cert.issuer === ca.subject && cert.verify(ca.publicKey);

/** Whether whoever trusts what each Provider says accepts the certificate in the secret. */
function isTrusted(api: ApiServerDouble): boolean {
  const [server] = certificatesIn(decode(secretData(api)["tls.crt"]));
  return server !== undefined &&
    PROVIDERS.every((name) =>
      certificatesIn(bundleOf(api, name)).some((ca) => isIssuedBy(server, ca))
    );
}

async function until(holds: () => unknown, what: string): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`not in time: ${what}`);
}

/** A replica: a service with certificates of its own rotation. */
interface Replica extends AsyncDisposable {
  readonly rotation: CertificateRotation;
  readonly test: TestService;
}

async function startReplica(world: World, folder: string): Promise<Replica> {
  const running: { test?: TestService } = {};
  const rotation = await world.open({
    changed: () => void running.test?.service.certificateIssued(),
  });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/store.json`,
    JSON.stringify(resource("Store", "store", { name: "oras" })),
  );
  const test = await startTestService({
    folder,
    config: [`${folder}/store.json`],
    options: { tls: { issued: () => rotation.pair, clientCa: `${folder}/client-ca.crt` } },
  });
  running.test = test;
  await test.service.certificateIssued();
  return {
    rotation,
    test,
    [Symbol.asyncDispose]: async () => {
      await rotation[Symbol.asyncDispose]();
      await test[Symbol.asyncDispose]();
      world.log.push(...test.log);
    },
  };
}

/** Clients that ask without a pause, each over connections of its own, and trust what they saw of a Provider lately. */
class Traffic implements AsyncDisposable {
  readonly failures: string[] = [];
  answered = 0;
  #stopped = false;
  readonly #working: Promise<unknown>;

  constructor(api: ApiServerDouble, replicas: readonly Replica[], clients: number) {
    this.#working = Promise.all(
      Array.from({ length: clients }, (_, index) =>
        this.#ask(
          api,
          replicas[index % replicas.length] ?? assert.fail(),
          PROVIDERS[index % PROVIDERS.length] ?? "",
        )),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }

  async #ask(api: ApiServerDouble, { test }: Replica, provider: string): Promise<void> {
    while (!this.#stopped) {
      const ca = bundleOf(api, provider);
      // What a replica of Gatekeeper saw is what it goes by for a while.
      const seen = performance.now();
      while (!this.#stopped && performance.now() - seen < 150) {
        try {
          const answer = await askMutate(test.host, [KEY], { ca, servername: HOST });
          assert.equal(answer.json.response.items[0].value, KEY);
          this.answered++;
        } catch (error) {
          this.failures.push(String(error));
        }
      }
    }
  }
}

Deno.test("an empty secret is filled, and both Providers are told; those that are absent are skipped", async () => {
  await using world = await openWorld();
  world.api.delete("providers", "ratify-mutation-provider");
  await using _ = await world.open();
  const data = secretData(world.api);
  assert.deepEqual(Object.keys(data).sort(), ["ca.crt", "ca.key", "tls.crt", "tls.key"]);
  const [ca] = certificatesIn(decode(data["ca.crt"]));
  const [server] = certificatesIn(decode(data["tls.crt"]));
  assert.ok(ca && server && isIssuedBy(server, ca));
  assert.ok(ca.checkPrivateKey(createPrivateKey(decode(data["ca.key"]))));
  assert.ok(server.checkPrivateKey(createPrivateKey(decode(data["tls.key"]))));
  assert.equal(
    server.subjectAltName,
    [HOST, `${HOST}.svc`, `${HOST}.svc.cluster.local`].map((name) => `DNS:${name}`).join(", "),
  );
  assert.equal(bundleOf(world.api, "ratify-provider"), decode(data["ca.crt"]));
  assert.match(world.log.join("\n"), /there is no Provider ratify-mutation-provider/);
});

Deno.test("a secret that is not there is created if that is allowed, and else asked for", async () => {
  await using world = await openWorld();
  world.api.delete("secrets", "ratify-tls", NAMESPACE);
  world.api.forbidden.add("create secrets");
  await assert.rejects(world.open(), {
    code: "CLUSTER_FAILURE",
    message: /403 \(Forbidden\)/,
    remedy: /Create the secret ratify-tls in the namespace gatekeeper-system, empty/,
  });
  world.api.forbidden.clear();
  await using _ = await world.open();
  assert.ok(isTrusted(world.api));
});

Deno.test("no request fails while two replicas rotate server certificates and CAs, and Gatekeeper's CA file is replaced", async () => {
  await using world = await openWorld();
  await using folder = await temporaryFolder();
  const { api } = world;
  await using one = await startReplica(world, `${folder.path}/one`);
  await using two = await startReplica(world, `${folder.path}/two`);
  const replicas = [one, two];
  const planted = new Set<string>();
  const keep = (): void => {
    for (const name of ["ca.key", "tls.key"]) planted.add(decode(secretData(api)[name]));
  };
  {
    await using traffic = new Traffic(api, replicas, 12);
    for (let round = 0; round < 4; round++) {
      keep();
      const before = one.rotation.authority.fingerprint;
      const server = one.rotation.pair.cert;
      remove(api, "ca.key");
      if (round % 2 === 1) {
        for (const { test } of replicas) test.log.length = 0;
        const { clientCa } = await parties();
        for (const name of ["one", "two"]) {
          await Deno.writeTextFile(`${folder.path}/${name}/client-ca.crt`, `${clientCa}\n`);
        }
      }
      await until(
        () => replicas.every(({ rotation }) => rotation.authority.fingerprint !== before),
        "another CA",
      );
      assert.equal(one.rotation.pair.cert, server, "the certificate stays until the CA is known");
      await until(
        () => replicas.every(({ rotation }) => rotation.pair.cert !== server),
        "a certificate of it",
      );
      assert.equal(one.rotation.pair.cert, two.rotation.pair.cert);
      assert.equal(one.rotation.authority.fingerprint, two.rotation.authority.fingerprint);
      keep();
      const last = one.rotation.pair.cert;
      remove(api, "tls.crt", "tls.key");
      await until(
        () => replicas.every(({ rotation }) => rotation.pair.cert !== last),
        "another certificate of the same CA",
      );
      const answered = traffic.answered;
      await until(() => traffic.answered > answered + 50, "traffic goes on");
    }
    assert.deepEqual(traffic.failures, []);
    assert.ok(traffic.answered > 400, String(traffic.answered));
  }
  keep();
  assert.equal(certificatesIn(bundleOf(api, PROVIDERS[0] ?? "")).length, 5);
  await one[Symbol.asyncDispose]();
  const log = [...world.log, ...two.test.log].join("\n");
  assert.match(log, /certificates reloaded/);
  assert.equal(planted.size, 14);
  for (const key of planted) {
    for (const line of key.split("\n").filter((text) => text.length > 20 && !text.includes("-"))) {
      assert.ok(!log.includes(line));
    }
  }
});

Deno.test("a rotation that is cut short after any step is finished by the next process, and never trusted too late", async () => {
  for (let step = 0; step < 5; step++) {
    await using world = await openWorld();
    const { api } = world;
    const first = await world.open();
    const before = first.authority.fingerprint;
    await first[Symbol.asyncDispose]();
    remove(api, "ca.key");
    let writes = 0;
    let isCut = false;
    api.instead = (method) => {
      assert.ok(isTrusted(api), `step ${step}: what is served is trusted`);
      if (method === "GET") return undefined;
      isCut ||= writes++ === step;
      return isCut ? Response.json({ reason: "Down" }, { status: 500 }) : undefined;
    };
    // Secret, two Providers, secret: of the last there is nothing to cut.
    const cut = world.open();
    await until(() => writes > step || writes === 4, `step ${step} is reached`);
    isCut = true;
    const halted = await cut.catch(() => undefined);
    await halted?.[Symbol.asyncDispose]();
    isCut = false;
    writes = -1000;
    await using next = await world.open();
    await until(
      () => {
        const [server] = certificatesIn(next.pair.cert);
        const [ca] = certificatesIn(decode(secretData(api)["ca.crt"]));
        return server && ca && isIssuedBy(server, ca) && next.authority.fingerprint !== before;
      },
      `step ${step}: the rotation is finished`,
    );
    assert.ok(isTrusted(api));
  }
});

Deno.test("Providers that cannot be told keep the old server certificate in use", async () => {
  await using world = await openWorld();
  const { api } = world;
  await using rotation = await world.open();
  const { cert } = rotation.pair;
  const before = rotation.authority.fingerprint;
  api.forbidden.add("patch providers");
  remove(api, "ca.key");
  await until(() => rotation.authority.fingerprint !== before, "another CA");
  await until(() => rotation.problem.includes("403"), "the problem");
  await wait(600, new AbortController().signal); // twice as long as it takes otherwise
  assert.equal(rotation.pair.cert, cert);
  api.forbidden.clear();
  await until(() => rotation.pair.cert !== cert, "the switch");
  await until(() => rotation.problem === "", "nothing is wrong");
});

Deno.test("what Gatekeeper was to learn while the API server was down counts from when it is back", async () => {
  await using world = await openWorld();
  const { api } = world;
  await using rotation = await world.open({ settle: 1000 });
  const { cert } = rotation.pair;
  const before = rotation.authority.fingerprint;
  let looks = 0;
  let atSwitch: number | undefined;
  api.instead = (method, url) => {
    if (method === "GET" && url.pathname.endsWith("/ratify-provider")) looks++;
    if (method === "PUT" && rotation.authority.fingerprint !== before) atSwitch ??= looks;
    return undefined;
  };
  remove(api, "ca.key");
  await until(() => rotation.authority.fingerprint !== before, "another CA");
  looks = 0;
  await until(() => looks > 3, "the Providers are seen to trust it");
  api.isDown = true;
  await until(() => rotation.problem.includes("503"), "it is noticed");
  await wait(1100, new AbortController().signal); // longer than Gatekeeper is given
  assert.equal(rotation.pair.cert, cert);
  looks = 0;
  api.isDown = false;
  await until(() => rotation.pair.cert !== cert, "the switch");
  assert.ok((atSwitch ?? 0) > 1, `${atSwitch} looks`);
});

Deno.test("a secret that is emptied while replicas serve is filled again, without a certificate that nobody trusts", async () => {
  await using world = await openWorld();
  const { api } = world;
  await using rotation = await world.open();
  const { cert } = rotation.pair;
  api.instead = () => {
    if (Object.keys(secretData(api)).length > 0) assert.ok(isTrusted(api));
    return undefined;
  };
  putSecret(api, {});
  await until(() => rotation.pair.cert !== cert, "all is new");
  assert.ok(isTrusted(api));
});

Deno.test("a Provider that is made anew is told at once", async () => {
  await using world = await openWorld();
  const { api } = world;
  await using _ = await world.open();
  const bundle = bundleOf(api, "ratify-provider");
  api.put("providers", { metadata: { name: "ratify-provider" }, spec: { caBundle: "AAAA" } });
  await until(() => bundleOf(api, "ratify-provider") === bundle, "the bundle is back");
});

Deno.test("a replica that knows an older secret does not write over what a newer one told Providers", async () => {
  await using world = await openWorld();
  const { api } = world;
  const first = await world.open();
  await first[Symbol.asyncDispose]();
  const other = await forgeCa("newer");
  const newer = `${decode(secretData(api)["ca.crt"])}${other.pem}`;
  const spec = (pem: string): Record<string, unknown> => ({
    metadata: { name: "ratify-provider" },
    spec: { caBundle: encode(pem) },
  });
  api.put("providers", spec("none"));
  let overtaken = false;
  api.instead = (method) => {
    if (overtaken) assert.equal(bundleOf(api, "ratify-provider"), newer);
    if (method === "PATCH" && !overtaken) {
      overtaken = true;
      putSecret(api, { ...secretData(api), "ca.crt": encode(newer) });
      api.put("providers", spec(newer));
    }
    return undefined;
  };
  await using _ = await world.open();
  assert.ok(overtaken);
  assert.equal(bundleOf(api, "ratify-provider"), newer);
});

Deno.test("an API server that is down changes nothing for what serves", async () => {
  await using world = await openWorld();
  await using rotation = await world.open();
  const { cert } = rotation.pair;
  world.api.isDown = true;
  await until(() => rotation.problem.includes("503"), "it is noticed");
  assert.equal(rotation.pair.cert, cert);
  world.api.isDown = false;
  await until(() => rotation.problem === "", "it is over");
});

Deno.test("replicas that start at the same moment agree on one CA", async () => {
  await using world = await openWorld();
  const all = await Promise.all(Array.from({ length: 4 }, () => world.open()));
  await until(() => new Set(all.map(({ pair }) => pair.cert)).size === 1, "one certificate");
  assert.equal(new Set(all.map(({ authority }) => authority.fingerprint)).size, 1);
  assert.equal(certificatesIn(bundleOf(world.api, "ratify-provider")).length, 1);
  await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
});

Deno.test("a secret with what cannot be read says so, without quoting it", async () => {
  await using world = await openWorld({
    "ca.crt": encode("nonsense"),
    "ca.key": encode("-----BEGIN PRIVATE KEY-----\nPLANTEDKEY\n-----END PRIVATE KEY-----\n"),
    "tls.crt": "%",
    "other": encode("stays"),
  });
  await using _ = await world.open();
  const log = world.log.join("\n");
  assert.match(log, /ca\.key: it is no private key in PEM that can be used/);
  assert.ok(!log.includes("PLANTEDKEY"));
  assert.equal(decode(secretData(world.api)["other"]), "stays");
});

// The command.

async function freePort(): Promise<number> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return await Promise.resolve(listener.addr.port);
}

async function serve(
  world: World,
  folder: string,
  args: readonly string[],
  whileServing: (port: number, health: number) => Promise<void>,
  rotation = "1",
): Promise<CliRun> {
  const [port, health] = [await freePort(), await freePort()];
  await Deno.writeTextFile(
    `${folder}/store.json`,
    JSON.stringify(resource("Store", "store", { name: "oras" })),
  );
  await Deno.writeTextFile(
    `${folder}/kubeconfig`,
    JSON.stringify({
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace: "x" } }],
      clusters: [{
        name: "test",
        cluster: {
          server: `https://127.0.0.1:${world.api.port}`,
          "certificate-authority-data": encode(world.api.ca),
        },
      }],
      users: [{ name: "test", user: { token: "PLANTED-token-1" } }],
    }),
  );
  const listening = [`--http=127.0.0.1:${port}`, `--health-port=127.0.0.1:${health}`];
  const config = `--config=${folder}/store.json`;
  return await runCli(["serve", config, ...listening, ...args], {
    env: {
      KUBECONFIG: `${folder}/kubeconfig`,
      RATIFY_NAMESPACE: NAMESPACE,
      RATIFY_CERT_ROTATION: rotation,
    },
    now: new Date(),
    get stopped() {
      return whileServing(port, health);
    },
  });
}

Deno.test("serve serves what it rotates, without files, with the keys that are asked for", async () => {
  await using world = await openWorld();
  await using folder = await temporaryFolder();
  const args = ["--tls-key-type=rsa"];
  const run = await serve(world, folder.path, args, async (port, health) => {
    const ca = bundleOf(world.api, "ratify-provider");
    for (const servername of [HOST, `${HOST}.svc`, `${HOST}.svc.cluster.local`]) {
      const answer = await askMutate(`127.0.0.1:${port}`, [KEY], { ca, servername });
      assert.equal(answer.json.response.items[0].value, KEY);
    }
    const ready = await fetch(`http://127.0.0.1:${health}/readyz`);
    const { certificate } = await ready.json();
    assert.deepEqual(certificate, {
      notAfter: new Date(new X509Certificate(decode(secretData(world.api)["tls.crt"])).validTo)
        .toISOString(),
      expired: false,
    });
  });
  assert.equal(run.status, 0, run.err);
  assert.match(decode(secretData(world.api)["tls.key"]), /^-----BEGIN RSA PRIVATE KEY-----/);
  assert.match(run.err, /server certificate issued/);
});

Deno.test("serve rotates certificates only if RATIFY_CERT_ROTATION is 1", async () => {
  await using world = await openWorld();
  await using folder = await temporaryFolder();
  for (const value of ["", "0", "true", "01", " 1"]) {
    const run = await serve(world, folder.path, [], () => assert.fail("it serves"), value);
    assert.equal(run.status, 2);
    assert.match(run.err, /name the server's certificate with --cert-dir/);
  }
  assert.deepEqual(secretData(world.api), {});
  const nowhere = await runCli(["serve", `--config=${folder.path}/store.json`], {
    env: { RATIFY_CERT_ROTATION: "1", KUBECONFIG: `${folder.path}/none` },
  });
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.err, /The namespace of the Secret with certificates is not known: .*none/);
  const run = await serve(world, folder.path, ["--tls-key-type=dsa"], () => assert.fail());
  assert.match(run.err, /--tls-key-type must be ecdsa or rsa/);
});
