import assert from "node:assert/strict";
import { Agent } from "node:https";
import { connect as connectTls } from "node:tls";
import { VERIFY_PATH } from "../src/server/mod.ts";
import { createMetrics } from "../src/telemetry/mod.ts";
import { ask, askMutate, askVerify, parties, startTestService } from "./service.ts";
import { DEMO_SIGNED, DEMO_UNSIGNED, demoResources, demoResourcesWith } from "./demo_images.ts";
import { temporaryFolder } from "./temp.ts";
import { forgeCa, forgeLeaf } from "./tls.ts";

/*
 * The service over real TLS. Images are layouts on disk; what registries do wrong, other tests show.
 */

const SIGNED_DIGEST = "sha256:9ad76de6f1c7713e8213139d9dba5453902c219bf7cdf57d7adda55bb7ca980e";

Deno.test("the service allows a signed image and denies an unsigned one, in the order of the keys", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const { status, headers, json } = await askVerify(service.host, [
    DEMO_SIGNED,
    DEMO_UNSIGNED,
    DEMO_SIGNED,
    "[team-a]" + DEMO_SIGNED,
  ]);
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "application/json");
  assert.equal(json.kind, "ProviderResponse");
  assert.equal(json.response.idempotent, undefined);
  assert.equal(json.response.systemError, undefined);
  assert.deepEqual(json.response.items.map((item: { key: string }) => item.key), [
    DEMO_SIGNED,
    DEMO_UNSIGNED,
    DEMO_SIGNED,
    "[team-a]" + DEMO_SIGNED,
  ]);
  const [signed, unsigned] = json.response.items;
  assert.equal(signed.value.isSuccess, true);
  assert.equal(signed.value.version, "0.2.0");
  assert.equal(signed.value.verifierReports[0].subject, DEMO_SIGNED);
  assert.equal(signed.value.verifierReports[0].checks, undefined, "nothing to explain");
  assert.equal(unsigned.value.isSuccess, false);
  assert.match(unsigned.value.traceID, /^[0-9a-f-]{36}$/);
  assert.match(unsigned.value.timestamp, /^\d{4}-\d{2}-\d{2}T/);
});

Deno.test("the service explains a denial by the checks of each artifact", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const { json } = await askVerify(service.host, ["demo.example.com/stranger:v1"]);
  const [report] = json.response.items[0].value.verifierReports;
  assert.equal(report.isSuccess, false);
  assert.equal(report.errorReason, "authenticity.untrusted");
  const failed = report.checks.filter((check: { outcome: string }) => check.outcome === "failed");
  assert.deepEqual(failed.map((check: { name: string }) => check.name), ["trust store"]);
});

Deno.test("the service turns a tag into a digest, and leaves a digest as it is", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const [name] = DEMO_SIGNED.split(":");
  const digested = `[team-a]${name}:v1@${SIGNED_DIGEST}`;
  const { json } = await askMutate(service.host, [DEMO_SIGNED, digested, "demo.example.com/x:v1"]);
  assert.equal(json.response.idempotent, true);
  const [tag, digest, unknown] = json.response.items;
  assert.deepEqual(tag, { key: DEMO_SIGNED, value: `${name}@${SIGNED_DIGEST}` });
  assert.deepEqual(digest, { key: digested, value: digested });
  assert.equal(unknown.value, "demo.example.com/x:v1");
  assert.match(unknown.error, /^REPOSITORY_OPERATION_FAILURE: /);
});

Deno.test("the service gives an unreadable key, and an unknown image, an error of their own", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const keys = ["a b", "demo.example.com/none:v1", "[Not_a_namespace]x", DEMO_SIGNED, ""];
  const { status, json } = await askVerify(service.host, keys);
  assert.equal(status, 200);
  const [unreadable, unknown, namespace, signed, empty] = json.response.items;
  assert.match(unreadable.error, /^REFERENCE_INVALID: /);
  assert.match(unknown.error, /^REPOSITORY_OPERATION_FAILURE: /);
  assert.match(namespace.error, /^REFERENCE_INVALID: /);
  assert.equal(signed.value.isSuccess, true);
  assert.match(empty.error, /^REFERENCE_INVALID: /);
  for (const item of [unreadable, unknown, namespace, empty]) assert.equal(item.value, undefined);
});

Deno.test("the service refuses clients without certificate, of another CA, and expired ones", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const { stranger, expired, client } = await parties();
  for (const pair of [undefined, stranger, expired]) {
    await assert.rejects(askVerify(service.host, [DEMO_SIGNED], { pair }));
  }
  assert.equal((await askVerify(service.host, [DEMO_SIGNED], { pair: client })).status, 200);
});

Deno.test("the service speaks TLS 1.3 only, and HTTP to nobody", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const { providerCa, client } = await parties();
  const old = new Agent({ maxVersion: "TLSv1.2", ca: providerCa, ...client });
  await assert.rejects(askVerify(service.host, [DEMO_SIGNED], { agent: old }));
  old.destroy();
  await assert.rejects(askVerify(service.host, [DEMO_SIGNED], { plain: true }));
});

Deno.test("the service has its two endpoints for POST and nothing else", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const get = await ask(service.host, VERIFY_PATH, "", { method: "GET" });
  assert.deepEqual([get.status, get.text], [405, ""]);
  for (
    const path of ["/", `${VERIFY_PATH}/`, "/metrics", "/healthz", "/ratify/gatekeeper/v2/verify"]
  ) {
    const other = await ask(service.host, path, "{}");
    assert.deepEqual([other.status, other.text], [404, "404 page not found\n"]);
  }
});

Deno.test("the service answers a request that it cannot read with a system error, and the next one", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ["", /no body/],
    ["{", /not JSON/],
    ["[]", /must be an object/],
    ['"x"', /must be an object/],
    ['{"request":[]}', /request must be an object/],
    ['{"request":{"keys":"x"}}', /must be a list/],
    ['{"request":{"keys":["a",1]}}', /request\.keys\[1\]/],
    [Uint8Array.of(0x1f, 0x8b, 8, 0, 0), /not JSON/],
    [JSON.stringify({ request: { keys: new Array(513).fill("a") } }), /513 keys; at most 512/],
    [JSON.stringify({ request: { keys: new Array(10_000).fill("a") } }), /10000 keys/],
    ["[".repeat(900_000), /not JSON/],
    [" ".repeat(1024 * 1024 + 1), /larger than 1048576 bytes/],
    [" ".repeat(8 * 1024 * 1024), /larger than 1048576 bytes/],
  ];
  for (const [body, expected] of cases) {
    const { status, json } = await ask(service.host, VERIFY_PATH, body);
    assert.equal(status, 500);
    assert.equal(json.response.items, undefined);
    assert.match(json.response.systemError, /^BAD_REQUEST: /);
    assert.match(json.response.systemError, expected);
    assert.equal((await askVerify(service.host, [DEMO_SIGNED])).json.response.items.length, 1);
  }
});

Deno.test("the service answers requests without keys without items", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  for (const body of ["{}", "null", '{"request":{}}', '{"request":{"keys":[]}}', '{"other":1}']) {
    const { status, json } = await ask(service.host, VERIFY_PATH, body);
    assert.equal(status, 200);
    assert.deepEqual(json.response, {});
  }
});

Deno.test("the service answers a body that does not arrive in time, and closes the connection", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
    options: { timeouts: { verify: 150 } },
  });
  const { status, headers, json } = await ask(service.host, VERIFY_PATH, '{"request":', {
    end: false,
    headers: { "content-length": "1000" },
  });
  assert.equal(status, 500);
  assert.equal(headers["connection"], "close");
  assert.match(json.response.systemError, /did not arrive in time/);
});

Deno.test("the service closes a connection on which no whole request begins, and one without handshake", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const { providerCa, client } = await parties();
  const [host, port] = service.host.split(":");
  const socket = connectTls({ host, port: Number(port), ca: providerCa, ...client });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.once("secureConnect", () => socket.write(`POST ${VERIFY_PATH} HTTP/1.1\r\nHost: x\r\n`));
  socket.resume();
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const ended = silent.read(new Uint8Array(1)).catch(() => null);
  await closed;
  await ended;
});

Deno.test("the service refuses headers that are too large", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const headers = { "x-large": "a".repeat(64 * 1024) };
  const outcome = await askVerify(service.host, [DEMO_SIGNED], { headers })
    .then(({ status }) => status, () => "closed");
  assert.ok(outcome === 431 || outcome === "closed", String(outcome));
});

Deno.test("the service takes the trace id from the configured header, if it is one", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  await Deno.writeTextFile(
    `${config}/config.json`,
    JSON.stringify({
      logger: { requestHeaders: { traceIDHeaderName: ["X-Trace", "X-Request-ID"] } },
    }),
  );
  await using service = await startTestService({ folder: folder.path, config: [config] });
  const traceId = async (headers: Record<string, string>): Promise<string> =>
    (await askVerify(service.host, [DEMO_SIGNED], { headers })).json.response.items[0].value
      .traceID;
  assert.equal(await traceId({ "x-request-id": "abc" }), "abc");
  assert.equal(await traceId({ "x-request-id": "abc", "x-trace": "first" }), "first");
  assert.match(await traceId({ "x-trace": "a b" }), /^[0-9a-f-]{36}$/);
  assert.match(await traceId({ "x-trace": "a".repeat(200) }), /^[0-9a-f-]{36}$/);
  assert.ok(
    service.log.some((line) => line.includes("trace-id=abc") && line.includes("verdict=allow")),
  );
});

Deno.test("the service logs one line for each verdict, with where it came from", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  await askVerify(service.host, [DEMO_SIGNED, DEMO_UNSIGNED]);
  await askVerify(service.host, [DEMO_SIGNED]);
  const verdicts = service.log.filter((line) => line.includes('msg="verdict"'));
  assert.equal(verdicts.length, 3);
  const [allowed = "", denied = "", again = ""] = verdicts;
  assert.match(allowed, new RegExp(`subject=${DEMO_SIGNED} digest=${SIGNED_DIGEST} verdict=allow`));
  assert.match(allowed, /duration_ms=[0-9.]+ upstream_requests=0 source=computed/);
  assert.match(denied, /level=warn .*verdict=deny .*error\.code=NO_VERIFIER_REPORT/);
  assert.match(again, /source=cached/);
});

Deno.test("certificates, key and client CA are taken up when they change, without dropping a connection", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const { providerCa, client } = await parties();
  const kept = new Agent({ keepAlive: true, ca: providerCa, ...client });
  assert.equal((await askVerify(service.host, [DEMO_SIGNED], { agent: kept })).status, 200);

  const [providerCa2, clientCa2] = await Promise.all([forgeCa("provider 2"), forgeCa("client 2")]);
  const server2 = await forgeLeaf({ issuer: providerCa2, usage: "serverAuth", name: "2" });
  const client2 = await forgeLeaf({ issuer: clientCa2, usage: "clientAuth", name: "3" });
  await Deno.writeTextFile(`${folder.path}/tls/tls.crt`, server2.cert);
  await until(service.log, /certificates not reloaded.*not the key/s);
  assert.equal((await askVerify(service.host, [DEMO_SIGNED])).status, 200);
  await Deno.writeTextFile(`${folder.path}/client-ca.crt`, clientCa2.pem);
  await Deno.writeTextFile(`${folder.path}/tls/tls.key`, server2.key);
  await until(service.log, /certificates reloaded/);

  const asked = await askVerify(service.host, [DEMO_SIGNED], {
    pair: client2,
    ca: providerCa2.pem,
  });
  assert.equal(asked.status, 200);
  await assert.rejects(
    askVerify(service.host, [DEMO_SIGNED], { pair: client, ca: providerCa2.pem }),
  );
  await assert.rejects(
    askVerify(service.host, [DEMO_SIGNED], { pair: undefined, ca: providerCa2.pem }),
  );
  kept.destroy();
});

Deno.test("a configuration that changes is in force without a request lost; a wrong one is not", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  await using service = await startTestService({ folder: folder.path, config: [config] });
  const verdictOf = async (key: string): Promise<boolean> =>
    (await askVerify(service.host, [key])).json.response.items[0].value.isSuccess;
  assert.equal(await verdictOf(DEMO_SIGNED), true);

  let asking = true;
  const statuses = new Set<number>();
  const traffic = (async () => {
    while (asking) statuses.add((await askVerify(service.host, [DEMO_UNSIGNED])).status);
  })();
  const path = `${config}/resources.yaml`;
  const good = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, good.replaceAll("C=SE", "C=NO"));
  await until(service.log, /^loaded$/m);
  assert.equal(await verdictOf(DEMO_SIGNED), false);
  await Deno.writeTextFile(path, good.replace("kind: Policy", "kind: Polizy"));
  await until(service.log, /^refused: .*Polizy/m);
  assert.equal(await verdictOf(DEMO_SIGNED), false);
  await Deno.remove(path);
  await until(service.log, /^refused: .*cannot be read/m);
  assert.equal(await verdictOf(DEMO_SIGNED), false);
  await Deno.writeTextFile(path, good);
  await until(service.log, /^loaded$[^]*^loaded$/m);
  assert.equal(await verdictOf(DEMO_SIGNED), true);
  asking = false;
  await traffic;
  assert.deepEqual([...statuses], [200]);
});

Deno.test("a ConfigMap's mount is read anew when its ..data link is swapped", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  const text = await Deno.readTextFile(`${config}/resources.yaml`);
  const mount = `${folder.path}/mount`;
  // Links are made by a program: the runtime makes them only for who may write everywhere.
  const link = async (target: string, path: string): Promise<void> => {
    const { success } = await new Deno.Command("ln", { args: ["-s", target, path] }).output();
    assert.ok(success);
  };
  const version = async (name: string, content: string): Promise<void> => {
    await Deno.mkdir(`${mount}/${name}`, { recursive: true });
    await Deno.writeTextFile(`${mount}/${name}/resources.yaml`, content);
    await link(name, `${mount}/..data_tmp`);
    await Deno.rename(`${mount}/..data_tmp`, `${mount}/..data`);
  };
  await version("..2026_1", text);
  await link("..data/resources.yaml", `${mount}/resources.yaml`);
  await using service = await startTestService({ folder: folder.path, config: [mount] });
  assert.equal(
    (await askVerify(service.host, [DEMO_SIGNED])).json.response.items[0].value.isSuccess,
    true,
  );
  await version("..2026_2", text.replaceAll("C=SE", "C=NO"));
  await Deno.remove(`${mount}/..2026_1`, { recursive: true });
  await until(service.log, /^loaded$/m);
  assert.equal(
    (await askVerify(service.host, [DEMO_SIGNED])).json.response.items[0].value.isSuccess,
    false,
  );
});

Deno.test("health and metrics are on listeners of their own", async () => {
  await using folder = await temporaryFolder();
  const config = await demoResources(folder.path);
  const free = { hostname: "127.0.0.1", port: 0 };
  await using service = await startTestService({
    folder: folder.path,
    config: [config],
    metrics: await createMetrics(),
    options: { health: free, metricsAddress: free },
  });
  const address = (purpose: string): string =>
    service.log.join("\n").match(new RegExp(`for=${purpose} address=(\\S+)`))?.[1] ?? "";
  const get = async (host: string, path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://${host}${path}`);
    return { status: response.status, text: await response.text() };
  };
  await askVerify(service.host, [DEMO_SIGNED, DEMO_UNSIGNED, DEMO_SIGNED, "a b"]);
  await askMutate(service.host, [DEMO_SIGNED]);
  assert.deepEqual(await get(address("health"), "/healthz"), { status: 200, text: "ok\n" });
  const ready = await get(address("health"), "/readyz");
  assert.equal(ready.status, 200);
  assert.equal(JSON.parse(ready.text).ready, true);
  assert.equal((await get(address("health"), "/metrics")).status, 404);
  assert.equal((await get(address("metrics"), "/debug/pprof/")).status, 404);
  const { text } = await get(address("metrics"), "/metrics");
  assert.match(text, /^ratify_verification_request_millisecond_count(\{[^}]*\})? 1$/m);
  assert.match(text, /^ratify_mutation_request_millisecond_count(\{[^}]*\})? 1$/m);
  assert.match(text, /^assay_verdicts_total\{.*verdict="allow".*\} 2$/m);
  assert.match(text, /^assay_verdicts_total\{.*verdict="deny".*\} 1$/m);
  assert.match(text, /certificate.*expiry/);
  await Deno.writeTextFile(`${config}/wrong.yaml`, "kind: Nonsense\n");
  await until(service.log, /^refused/m);
  const refused = JSON.parse((await get(address("health"), "/readyz")).text);
  assert.equal(refused.ready, true); // the last good configuration answers
  assert.match(JSON.stringify(refused.configuration.refused.problems), /wrong\.yaml/);
});

Deno.test("a request under way gets its answer when the service stops", async () => {
  await using folder = await temporaryFolder();
  const service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const answers = Array.from({ length: 8 }, () => askVerify(service.host, [DEMO_SIGNED]));
  await answers[0]; // the connections are open
  const stopped = service[Symbol.asyncDispose]();
  const outcomes = await Promise.allSettled(answers);
  await stopped;
  // A connection that was not accepted any more fails; one that was gets a whole answer.
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") assert.equal(outcome.value.json.response.items.length, 1);
  }
  await assert.rejects(askVerify(service.host, [DEMO_SIGNED]));
});

Deno.test("readyz says 503 while requests under way get their answers, and then is gone", async () => {
  await using folder = await temporaryFolder();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const registry = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    asked.resolve();
    await answer.promise;
    return new Response(null, { status: 404 });
  });
  const host = `127.0.0.1:${registry.addr.port}`;
  const config = await demoResourcesWith(folder.path, { plainHttp: [host] });
  const service = await startTestService({
    folder: folder.path,
    config: [config],
    options: { health: { hostname: "127.0.0.1", port: 0 } },
  });
  const health = service.log.join("\n").match(/for=health address=(\S+)/)?.[1];
  const under = askVerify(service.host, [`${host}/app:1`]);
  await asked.promise;
  const stopped = service[Symbol.asyncDispose]();
  const ready = await fetch(`http://${health}/readyz`);
  assert.deepEqual([ready.status, (await ready.json()).stopping], [503, true]);
  answer.resolve();
  assert.equal((await under).json.response.items.length, 1);
  await stopped;
  await assert.rejects(fetch(`http://${health}/readyz`));
  await registry.shutdown();
});

Deno.test("a connection that clients keep open does not keep the service from ending", async () => {
  await using folder = await temporaryFolder();
  const service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
  });
  const { providerCa, client } = await parties();
  const kept = new Agent({ keepAlive: true, ca: providerCa, ...client });
  const answers = Array.from(
    { length: 4 },
    () => askVerify(service.host, [DEMO_SIGNED], { agent: kept }),
  );
  await answers[0];
  await service[Symbol.asyncDispose](); // would take the whole time that requests under way are given
  await Promise.allSettled(answers);
  kept.destroy();
});

Deno.test("plain HTTP is served when it is asked for", async () => {
  await using folder = await temporaryFolder();
  await using service = await startTestService({
    folder: folder.path,
    config: [await demoResources(folder.path)],
    plain: true,
  });
  const { json } = await askVerify(service.host, [DEMO_SIGNED], { plain: true });
  assert.equal(json.response.items[0].value.isSuccess, true);
});

Deno.test("manifests and blobs on disk serve the next process, and are checked when they are read", async () => {
  await using folder = await temporaryFolder();
  const config = [await demoResources(folder.path)];
  const stateDir = `${folder.path}/state`;
  for (let process = 0; process < 3; process++) {
    await using service = await startTestService({
      folder: folder.path,
      config,
      options: { stateDir },
    });
    const { json } = await askVerify(service.host, [DEMO_SIGNED]);
    assert.equal(json.response.items[0].value.isSuccess, true);
    await service[Symbol.asyncDispose]();
    const files = await Array.fromAsync(Deno.readDir(`${stateDir}/content`), ({ name }) => name);
    assert.equal(files.length, 2); // the signature's manifest and its envelope
    for (const name of files) await Deno.writeTextFile(`${stateDir}/content/${name}`, "altered");
  }
});

/** Waits until something that matches was logged. */
async function until(log: readonly string[], expected: RegExp): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (expected.test(log.join("\n"))) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`nothing that matches ${expected} was logged:\n${log.join("\n")}`);
}
