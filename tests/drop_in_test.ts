import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { serveProgram, type ServingProgram } from "./binary.ts";
import { ApiServerDouble } from "./clouds/api_server.ts";
import { mayAssemble, readDockerfile } from "./container.ts";
import { DEMO_SIGNED, DEMO_UNSIGNED, demoResources } from "./demo_images.ts";
import { ask, askMutate, askVerify, parties } from "./service.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * Assay in the Deployment that the chart of Ratify 1.x renders, with only the image changed: its arguments,
 * environment, files at their places, and the service account. Ports alone are others, for they may be
 * taken here.
 */

const PROJECT = new URL("../", import.meta.url).pathname;

/** As that chart has them. The path of the authority is a relative one. */
const ARGUMENTS = [
  "serve",
  "--http",
  ":6001",
  "-c",
  "/usr/local/ratify/config.json",
  "--cert-dir",
  "/usr/local/tls",
  "--ca-cert-file=usr/local/tls/client-ca/ca.crt",
  "--enable-crd-manager",
  "--cache-enabled=true",
  "--cache-type=ristretto",
  "--cache-name=dapr-redis",
  "--cache-size=256",
  "--cache-ttl=10s",
  "--metrics-enabled=true",
  "--metrics-type=prometheus",
  "--metrics-port=8888",
  "--health-port=:9099",
];

const ENVIRONMENT = {
  RATIFY_LOG_LEVEL: "info",
  RATIFY_NAMESPACE: "gatekeeper-system",
  RATIFY_NAME: "ratify",
  RATIFY_CERT_ROTATION: "0",
  RATIFY_EXPERIMENTAL_HIGH_AVAILABILITY: "0",
  HOME: "/home/nonroot",
  HOSTNAME: "ratify-7c9f",
};

/** As that chart renders it: a list of headers as one text, and sections that do not count in a cluster. */
const CONFIG = {
  executor: { verificationRequestTimeout: 4900, mutationRequestTimeout: 1950 },
  crl: { cache: { enabled: true } },
  logger: { formatter: "text", requestHeaders: { traceIDHeaderName: "[]" } },
  store: { version: "1.0.0", plugins: [{ name: "oras", useHttp: true }] },
  policy: { version: "1.0.0", plugin: { name: "regopolicy" } },
  verifier: { version: "1.0.0", plugins: [] },
};

/** Binds folders over those of this machine, in a namespace of its own, and starts the rest in `/`. */
const ENTER = `set -e
mount --bind "$0/usr/local" /usr/local
mount --bind "$0/run" "$(readlink -f /var/run)"
cd /
exec "$@"
`;

const COLLECTIONS: Readonly<Record<string, string>> = {
  Store: "stores",
  Verifier: "verifiers",
  Policy: "policies",
  KeyManagementProvider: "keymanagementproviders",
};

interface DropIn extends AsyncDisposable {
  readonly api: ApiServerDouble;
  readonly service: ServingProgram;
}

async function startDropIn(): Promise<DropIn> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder());
  const api = opened.use(await ApiServerDouble.start());
  const config = await demoResources(folder.path);
  const text = await Deno.readTextFile(`${config}/resources.yaml`);
  for (const object of parseAllDocuments(text).map((document) => document.toJS())) {
    api.put(COLLECTIONS[object.kind] ?? "", object);
  }
  const { server, clientCa } = await parties();
  const account = "run/secrets/kubernetes.io/serviceaccount";
  const files = {
    "usr/local/ratify/config.json": JSON.stringify(CONFIG),
    "usr/local/tls/tls.crt": server.cert,
    "usr/local/tls/tls.key": server.key,
    "usr/local/tls/ca.crt": "the whole Secret is mounted",
    "usr/local/tls/client-ca/ca.crt": clientCa,
    [`${account}/token`]: "PLANTED-token-1",
    [`${account}/ca.crt`]: api.ca,
    [`${account}/namespace`]: "gatekeeper-system",
  };
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(`${folder.path}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder.path}/${path}`, content);
  }
  const env = {
    ...ENVIRONMENT,
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: api.port,
    PATH: `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`,
    DENO: Deno.execPath(),
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${PROJECT}.tools/deno-dir`,
  };
  const args = ARGUMENTS.map((one) => one.replace(/(:)?(6001|8888|9099)$/, "$10"));
  const service = opened.use(
    await serveProgram(
      "unshare",
      ["--mount", "sh", "-c", ENTER, folder.path, `${PROJECT}dev`, "assay", ...args],
      env,
    ),
  );
  const running = opened.move();
  return { api, service, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

if (await mayAssemble()) {
  Deno.test("in the Deployment of Ratify, requests are answered over mutual TLS, and dashboards find their metrics", async () => {
    await using dropIn = await startDropIn();
    const { addresses } = dropIn.service;
    const host = local(addresses.get("provider"));
    const { json } = await askVerify(host, [DEMO_SIGNED, DEMO_UNSIGNED]);
    assert.deepEqual(
      json.response.items.map(({ value }: { value: { isSuccess: boolean } }) => value.isSuccess),
      [true, false],
    );
    const mutated = await askMutate(host, [DEMO_SIGNED]);
    assert.match(mutated.json.response.items[0].value, /@sha256:[0-9a-f]{64}$/);
    const { stranger } = await parties();
    await assert.rejects(askVerify(host, [DEMO_SIGNED], { pair: undefined }));
    await assert.rejects(ask(host, "/ratify/gatekeeper/v1/verify", "{}", { pair: stranger }));

    const health = local(addresses.get("health"));
    for (const path of ["/healthz", "/readyz"]) {
      const answer = await fetch(`http://${health}${path}`);
      assert.equal(answer.status, 200, path);
      await answer.body?.cancel();
    }
    const text = await (await fetch(`http://${local(addresses.get("metrics"))}/metrics`)).text();
    for (
      const series of [
        'ratify_verification_request_millisecond_bucket{le="4900"',
        "ratify_verification_request_millisecond_count",
        'ratify_mutation_request_millisecond_bucket{le="1800"',
        'ratify_verifier_duration_millisecond_bucket{le="2000"',
        "# TYPE ratify_system_error_count_total counter",
        "# TYPE ratify_registry_request_count_total counter",
        "# TYPE ratify_blob_cache_count_total counter",
      ]
    ) assert.ok(text.includes(series), series);

    await until(() => dropIn.api.get("leases", "ratify-leader", "gatekeeper-system") !== undefined);
    await until(() =>
      dropIn.api.all("verifiers").every(({ status }) =>
        (status as { issuccess?: boolean } | undefined)?.issuccess === true
      )
    );
    assert.equal(await dropIn.service.stop(), 0);
  });
}

Deno.test("the image starts where relative paths of that Deployment lead somewhere, as its user", async () => {
  const { folder, user, path, copies } = await readDockerfile();
  assert.deepEqual([folder, user, path], ["/", "65532:65532", "/app"]);
  assert.deepEqual(copies.map(({ to }) => to), ["/app/"]);
});

function local(address = ""): string {
  return address.replace(/^(?:\[::\]|0\.0\.0\.0|):/, "127.0.0.1:");
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("not in time");
}
