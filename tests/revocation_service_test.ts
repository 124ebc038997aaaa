import assert from "node:assert/strict";
import { type Certificate, parseCertificate } from "../src/crypto/mod.ts";
import { RevocationService } from "../src/revocation/mod.ts";
import type { RevocationQuestion, RevocationStatus } from "../src/trust/mod.ts";
import {
  type CertificateOptions,
  extendedKeyUsage,
  forgeAuthority,
  forgeCertificate,
  forgeChain,
  forgeCrl,
  forgeJws,
  forgeOcsp,
  forgeTimestamp,
  keyUsage,
  ocspResponders,
} from "./forge/mod.ts";
import { caseResources } from "./case_resources.ts";
import { corpusCase, layoutOf } from "./corpus.ts";
import { IMAGE, judge } from "./judge.ts";
import { RevocationWorld } from "./revocation_world.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * How revocation is asked for: what is shared and remembered, what is refused, and what a verdict makes
 * of it.
 */

const OCSP = "http://ocsp.example/ca";
const CRL = "http://crl.example/ca.crl";
const NOW = new Date("2026-11-24T12:00:00Z");

const ca = await forgeCertificate({ role: "ca", subject: [["CN", "service CA"]] });
const issuer = parseCertificate(ca.der);

async function leaf(serial: bigint, options: CertificateOptions): Promise<Certificate> {
  return parseCertificate((await forgeCertificate({ issuer: ca, serial, ...options })).der);
}

function ask(
  service: RevocationService,
  certificate: Certificate,
  change: Partial<RevocationQuestion> = {},
): Promise<RevocationStatus> {
  return service.check(certificate, issuer, {
    now: NOW,
    signal: new AbortController().signal,
    allowedHosts: [],
    staleWhileUnreachable: 0,
    ...change,
  });
}

function newService({ directory }: { directory?: string } = {}): RevocationService {
  return new RevocationService({
    resolve: () => Promise.resolve(["192.0.2.1"]),
    directory: () => directory,
  });
}

function text(status: RevocationStatus): string {
  if (status.kind === "answered") return `${status.answer.status}${status.stale ? " stale" : ""}`;
  return status.kind === "unavailable" ? status.problem : status.kind;
}

const at = (hour: number): Date => new Date(NOW.getTime() + hour * 3600_000);

Deno.test("a thousand questions at once are one request, and none while the answer holds", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const certificate = await leaf(1n, { ocsp: [OCSP] });
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 1n }));
  const gate = Promise.withResolvers<void>();
  world.gate = gate.promise;
  const all = Array.from({ length: 1000 }, () => ask(service, certificate));
  gate.resolve();
  assert.deepEqual(new Set((await Promise.all(all)).map(text)), new Set(["good"]));
  for (let index = 0; index < 1000; index++) await ask(service, certificate, { now: at(1) });
  assert.equal(world.requests.length, 1);
  assert.equal(service.counters.requests, 1);
  assert.equal(service.counters.hits, 1000);
});

Deno.test("certificates of one issuer share its CRL", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  world.answers.set(CRL, await forgeCrl({ issuer: ca, entries: [{ serial: 3n }] }));
  assert.equal(text(await ask(service, await leaf(2n, { crl: [CRL] }))), "good");
  assert.equal(text(await ask(service, await leaf(3n, { crl: [CRL] }))), "revoked");
  assert.equal(world.requests.length, 1);
});

Deno.test("an answer that is out of date is asked for again, and the last good one may serve meanwhile", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const certificate = await leaf(4n, { ocsp: [OCSP] });
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 4n, nextUpdate: at(1) }));
  assert.equal(text(await ask(service, certificate)), "good");
  const hour = 3600_000;
  world.answers.delete(OCSP);
  assert.match(text(await ask(service, certificate, { now: at(2) })), /could not be reached/);
  const stale = (hours: number, allowed: number): Promise<RevocationStatus> =>
    ask(service, certificate, { now: at(hours), staleWhileUnreachable: allowed });
  assert.equal(text(await stale(2, hour)), "good stale");
  assert.match(text(await stale(2, hour - 1)), /could not be reached/);
  assert.match(text(await stale(3, hour)), /could not be reached/);
  assert.equal(service.counters.stale, 1);
  assert.equal(service.counters.unavailable, 3);
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 4n, nextUpdate: at(9) }));
  assert.equal(text(await stale(2, hour)), "good");
});

Deno.test("a revocation that is out of date decides nothing", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const certificate = await leaf(5n, { ocsp: [OCSP] });
  const options = { issuer: ca, serial: 5n, status: "revoked", nextUpdate: at(1) } as const;
  world.answers.set(OCSP, await forgeOcsp(options));
  assert.equal(text(await ask(service, certificate)), "revoked");
  world.answers.delete(OCSP);
  const later = { now: at(2), staleWhileUnreachable: 1e9 };
  assert.match(text(await ask(service, certificate, later)), /last answer .* is out of date/);
});

Deno.test("an older answer that is sent again does not take the place of a newer one", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const certificate = await leaf(6n, { ocsp: [OCSP] });
  const answer = (status: "good" | "revoked", thisUpdate: Date): Promise<Uint8Array<ArrayBuffer>> =>
    forgeOcsp({ issuer: ca, serial: 6n, status, thisUpdate, nextUpdate: at(9) });
  world.answers.set(OCSP, await answer("revoked", at(0)));
  assert.equal(text(await ask(service, certificate)), "revoked");
  world.answers.set(OCSP, await answer("good", at(-1)));
  await service.refresh(at(8));
  assert.equal(world.requests.length, 2);
  assert.equal(text(await ask(service, certificate)), "revoked");
});

Deno.test("what is used is asked for again in the last quarter of its time, what is not is left", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const used = await leaf(7n, { ocsp: [OCSP] });
  const listed = await leaf(7n, { crl: [CRL] });
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 7n, nextUpdate: at(4) }));
  world.answers.set(CRL, await forgeCrl({ issuer: ca, nextUpdate: at(4) }));
  await ask(service, used);
  await ask(service, listed);
  assert.equal(await service.refresh(at(2.9)), 0);
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 7n, nextUpdate: at(8) }));
  world.answers.delete(CRL);
  assert.equal(await service.refresh(at(3)), 2);
  assert.equal(world.requests.length, 4);
  assert.equal(text(await ask(service, listed, { now: at(4) })), "good", "what failed is kept");
  assert.equal(world.requests.length, 4);
  // Nobody has asked for the OCSP answer since: it is not refreshed for ever.
  assert.equal(await service.refresh(at(7.9)), 1);
  assert.equal(text(await ask(service, used, { now: at(5) })), "good");
  assert.equal(await service.refresh(at(7.9)), 1);
});

Deno.test("who asks may give up, and the answer serves whoever asks next", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const certificate = await leaf(8n, { ocsp: [OCSP] });
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 8n }));
  const gate = Promise.withResolvers<void>();
  world.gate = gate.promise;
  const giveUp = new AbortController();
  const first = ask(service, certificate, { signal: giveUp.signal });
  giveUp.abort(new Error("the deadline"));
  await assert.rejects(first, /the deadline/);
  const second = ask(service, certificate);
  gate.resolve();
  assert.equal(text(await second), "good");
  assert.equal(world.requests.length, 1);
  await assert.rejects(ask(service, await leaf(9n, { ocsp: [OCSP] }), { signal: giveUp.signal }));
});

Deno.test("nothing is under way once the service is disposed of", async () => {
  using world = new RevocationWorld();
  const service = newService();
  service.startRefreshing();
  const certificate = await leaf(10n, { ocsp: [OCSP] });
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 10n }));
  world.gate = new Promise(() => {});
  const asked = ask(service, certificate);
  await Promise.all([assert.rejects(asked), service[Symbol.asyncDispose]()]);
});

// Addresses.

Deno.test("only http addresses that are not local are asked", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const rows: [string, RegExp][] = [
    ["https://ocsp.example/", /not an http address/],
    ["ldap://ocsp.example/", /not an http address/],
    ["file:///etc/passwd", /not an http address/],
    ["nonsense", /not an address/],
    [`http://ocsp.example/${"a".repeat(2100)}`, /not an address/],
    ["http://user:secret@ocsp.example/", /user name/],
    ["http://localhost/", /this machine or its link/],
    ["http://a.localhost./", /this machine or its link/],
    ["http://127.0.0.1/", /this machine or its link/],
    ["http://0x7f.1/", /this machine or its link/],
    ["http://2130706433/", /this machine or its link/],
    ["http://[::1]/", /this machine or its link/],
    ["http://[::ffff:127.0.0.1]/", /this machine or its link/],
    ["http://[64:ff9b::127.0.0.1]/", /this machine or its link/],
    ["http://0.0.0.0/", /this machine or its link/],
    ["http://169.254.169.254/latest/", /this machine or its link/],
    ["http://[fe80::1]/", /this machine or its link/],
    ["http://[fd00:ec2::254]/", /this machine or its link/],
    ["http://100.100.100.200/", /this machine or its link/],
  ];
  for (const [url, pattern] of rows) {
    assert.match(text(await ask(service, await leaf(11n, { crl: [url] }))), pattern, url);
    assert.match(text(await ask(service, await leaf(11n, { ocsp: [url] }))), pattern, url);
  }
  assert.deepEqual(world.requests, []);
});

Deno.test("a name that leads to a local address is not asked, unless the host is allowed", async () => {
  using world = new RevocationWorld();
  for (const address of ["127.0.0.1", "169.254.169.254", "::1", "fe80::1"]) {
    await using service = new RevocationService({
      resolve: () => Promise.resolve(["192.0.2.1", address]),
    });
    const certificate = await leaf(12n, { ocsp: [OCSP] });
    world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 12n }));
    assert.match(text(await ask(service, certificate)), /this machine or its link/);
    for (const allowed of ["other.example", "example", "ocsp.example:81"]) {
      const change = { allowedHosts: [allowed] };
      assert.match(text(await ask(service, certificate, change)), /this machine/, allowed);
    }
    assert.equal(text(await ask(service, certificate, { allowedHosts: ["OCSP.example"] })), "good");
  }
});

Deno.test("a name that cannot be looked up is not asked", async () => {
  using world = new RevocationWorld();
  await using service = new RevocationService({
    resolve: () => Promise.reject(new Error("no such host")),
  });
  world.answers.set(OCSP, await forgeOcsp({ issuer: ca, serial: 25n }));
  assert.match(text(await ask(service, await leaf(25n, { ocsp: [OCSP] }))), /no such host/);
  assert.deepEqual(world.requests, []);
});

Deno.test("local addresses that are listed are asked, and loopback where the process allows it", async () => {
  using world = new RevocationWorld();
  const url = "http://127.0.0.1:8080/ocsp";
  const certificate = await leaf(13n, { ocsp: [url] });
  world.answers.set(url, await forgeOcsp({ issuer: ca, serial: 13n }));
  for (const allowed of ["127.0.0.1", "127.0.0.1:8080"]) {
    await using service = newService();
    assert.equal(text(await ask(service, certificate, { allowedHosts: [allowed] })), "good");
  }
  await using open = new RevocationService({ allowLoopback: true });
  assert.equal(text(await ask(open, certificate)), "good");
  const link = await leaf(13n, { ocsp: ["http://169.254.169.254/"] });
  assert.match(text(await ask(open, link)), /this machine or its link/);
});

Deno.test("redirects are followed on the same host only, and not for ever", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const certificate = await leaf(14n, { crl: [CRL] });
  const redirect = (location: string) => (): Response =>
    new Response(null, { status: 302, headers: { location } });
  world.answers.set("http://crl.example/next", await forgeCrl({ issuer: ca }));
  for (
    const location of [
      "http://other.example/next",
      "https://crl.example/next",
      "http://crl.example:81/next",
    ]
  ) {
    world.answers.set(CRL, redirect(location));
    assert.match(text(await ask(service, certificate)), /redirects to another host/, location);
  }
  world.answers.set(CRL, redirect("/ca.crl"));
  assert.match(text(await ask(service, certificate)), /redirects too often/);
  world.answers.set(CRL, redirect("/next"));
  assert.equal(text(await ask(service, certificate)), "good");
  assert.ok(world.requests.every((request) => request.startsWith("GET http://crl.example/")));
});

Deno.test("answers that are too large are not read to their end", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  const certificate = await leaf(15n, { ocsp: [OCSP] });
  let sent = 0;
  world.answers.set(OCSP, () =>
    new Response(
      new ReadableStream({
        pull(controller): void {
          sent += 8192;
          controller.enqueue(new Uint8Array(8192));
        },
      }),
    ));
  assert.match(text(await ask(service, certificate)), /more than 20480 bytes/);
  assert.ok(sent < 100_000, `${sent} bytes were asked for`);
  world.answers.set(OCSP, () => new Response("x", { headers: { "content-length": "20481" } }));
  assert.match(text(await ask(service, certificate)), /more than 20480 bytes/);
  world.answers.set(OCSP, new Uint8Array(20_480));
  assert.match(text(await ask(service, certificate)), /cannot be used/);
});

Deno.test("an address that does not answer is given up after its own time limit", async () => {
  using world = new RevocationWorld();
  await using service = newService();
  world.answers.set(OCSP, 200);
  world.gate = new Promise(() => {});
  const status = await ask(service, await leaf(23n, { ocsp: [OCSP] }));
  assert.match(text(status), /ocsp\.example.* has not answered within 2 s/);
});

// The disk.

Deno.test("CRLs are kept on disk, and damaged or foreign files are as good as none", async () => {
  using world = new RevocationWorld();
  await using folder = await temporaryFolder();
  const directory = `${folder.path}/crl`;
  const certificate = await leaf(16n, { crl: [CRL] });
  const run = async (now = NOW): Promise<string> => {
    world.requests.length = 0;
    await using service = newService({ directory });
    return text(await ask(service, certificate, { now }));
  };
  world.answers.set(CRL, await forgeCrl({ issuer: ca, nextUpdate: at(4) }));
  assert.equal(await run(), "good");
  assert.equal(world.requests.length, 1);
  const [file] = [...Deno.readDirSync(directory)].map(({ name }) => `${directory}/${name}`);
  assert.ok(file !== undefined);
  const kept = await Deno.readTextFile(file);
  assert.deepEqual(Object.keys(JSON.parse(kept)), ["baseCRL"]);

  world.answers.delete(CRL);
  assert.equal(await run(), "good");
  assert.equal(world.requests.length, 0);
  assert.match(await run(at(5)), /could not be reached/);

  world.answers.set(CRL, await forgeCrl({ issuer: ca, entries: [{ serial: 16n }] }));
  const stranger = await forgeCertificate({ role: "ca", subject: ca.subject, key: "P-384" });
  const foreign = (await forgeCrl({ issuer: stranger })).toBase64();
  for (
    const damaged of [
      "",
      "{",
      "{}",
      "null",
      '{"baseCRL":1}',
      '{"baseCRL":"AA=="}',
      `{"baseCRL":"${foreign}"}`,
      kept.replace("}", ',"deltaCRL":"AA=="}'),
    ]
  ) {
    await Deno.writeTextFile(file, damaged);
    assert.equal(await run(), "revoked", damaged.slice(0, 40));
    assert.equal(world.requests.length, 1, damaged.slice(0, 40));
  }
});

Deno.test("a CRL that names a delta is not taken from the disk without it", async () => {
  using world = new RevocationWorld();
  await using folder = await temporaryFolder();
  const delta = "http://crl.example/delta.crl";
  const certificate = await leaf(24n, { crl: [CRL] });
  world.answers.set(CRL, await forgeCrl({ issuer: ca, freshest: [delta] }));
  const entries = [{ serial: 24n }];
  world.answers.set(delta, await forgeCrl({ issuer: ca, number: 11n, deltaBase: 10n, entries }));
  const run = async (): Promise<number> => {
    world.requests.length = 0;
    await using service = newService({ directory: folder.path });
    assert.equal(text(await ask(service, certificate)), "revoked");
    return world.requests.length;
  };
  assert.equal(await run(), 2);
  assert.equal(await run(), 0);
  const [file] = [...Deno.readDirSync(folder.path)].map(({ name }) => `${folder.path}/${name}`);
  assert.ok(file !== undefined);
  const { baseCRL } = JSON.parse(await Deno.readTextFile(file));
  await Deno.writeTextFile(file, JSON.stringify({ baseCRL }));
  assert.equal(await run(), 2);
});

Deno.test("a CRL that is not believed is not kept on disk", async () => {
  using world = new RevocationWorld();
  await using folder = await temporaryFolder();
  const stranger = await forgeCertificate({ role: "ca", subject: ca.subject, key: "P-384" });
  world.answers.set(CRL, await forgeCrl({ issuer: stranger }));
  await using service = newService({ directory: folder.path });
  assert.match(text(await ask(service, await leaf(17n, { crl: [CRL] }))), /signature/);
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("a folder that cannot be written changes no answer", async () => {
  using world = new RevocationWorld();
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  world.answers.set(CRL, await forgeCrl({ issuer: ca }));
  await using service = newService({ directory: `${folder.path}/file` });
  assert.equal(text(await ask(service, await leaf(18n, { crl: [CRL] }))), "good");
});

// The verdict.

Deno.test("F.5-8 notation denies what is revoked or unknown, and is undecided where nobody answers", async () => {
  using world = new RevocationWorld();
  const chain = await forgeChain({ leaf: { serial: 19n, ocsp: [OCSP] } });
  const envelope = await forgeJws({ chain, target: IMAGE.descriptor });
  const verdict = async (change: Partial<Parameters<typeof judge>[0]> = {}): Promise<string> => {
    await using revocation = newService();
    const { outcome, failure } = await judge({ chain, envelope, revocation, ...change });
    return `${outcome} ${failure?.reason ?? ""}`.trim();
  };
  const answer = async (status: "good" | "revoked" | "unknown"): Promise<void> => {
    world.answers.set(OCSP, await forgeOcsp({ issuer: chain.root, serial: 19n, status }));
  };
  assert.equal(await verdict(), "undecided revocation.unavailable");
  await answer("good");
  assert.equal(await verdict(), "success");
  await answer("unknown");
  assert.equal(await verdict(), "failure revocation.unknown");
  await answer("revoked");
  assert.equal(await verdict(), "failure revocation.revoked");
  assert.equal(await verdict({ level: "permissive" }), "success");
  assert.equal(await verdict({ override: { revocation: "skip" } }), "success");
});

Deno.test("F.5-8 notation is undecided about a certificate whose only address is https", async () => {
  const chain = await forgeChain({ leaf: { ocsp: ["https://ocsp.example/"] } });
  const envelope = await forgeJws({ chain, target: IMAGE.descriptor });
  await using revocation = newService();
  const result = await judge({ chain, envelope, revocation });
  assert.equal(result.failure?.reason, "revocation.unavailable");
  assert.match(result.message, /https:\/\/ocsp\.example.* not an http address/);
});

Deno.test("at the deadline the answer names the address that was waited for", async () => {
  using world = new RevocationWorld();
  const one = await corpusCase("notation-ocsp-good");
  const [endpoint] = one.config.notation?.revocationEndpoints ?? [];
  assert.ok(endpoint !== undefined);
  world.answers.set(endpoint.url, 200);
  world.gate = new Promise(() => {});
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/r.json`, await caseResources(one));
  const image = `oci:${await layoutOf(one)}@${one.imageDigest}`;
  const run = await runCli(["verify", image, "-c", folder.path, "--timeout", "300ms"], {
    env: { ASSAY_ALLOW_LOOPBACK_REVOCATION: "1" },
  });
  assert.equal(run.status, 3);
  assert.match(run.out, /asking http:\/\/127\.0\.0\.1:\d+\/ocsp-good\/ocsp whether/);
});

Deno.test("notation follows no address that an untrusted signer names", async () => {
  using world = new RevocationWorld();
  const chain = await forgeChain({ leaf: { serial: 20n, ocsp: [OCSP] } });
  const other = await forgeCertificate({ role: "ca", subject: [["CN", "trusted"]] });
  const envelope = await forgeJws({ chain, target: IMAGE.descriptor });
  await using revocation = newService();
  const result = await judge({ chain, envelope, revocation, store: [other], level: "audit" });
  assert.equal(result.outcome, "success");
  assert.match(JSON.stringify(result.extensions), /the signer is not trusted/);
  assert.deepEqual(world.requests, []);
});

Deno.test("notation reports what was answered, and until when a verdict can hold", async () => {
  using world = new RevocationWorld();
  const chain = await forgeChain({ leaf: { serial: 21n, ocsp: [OCSP] } });
  const envelope = await forgeJws({ chain, target: IMAGE.descriptor });
  await using revocation = newService();
  world.answers.set(OCSP, await forgeOcsp({ issuer: chain.root, serial: 21n, nextUpdate: at(1) }));
  const result = await judge({ chain, envelope, revocation });
  assert.deepEqual(result.extensions?.["revocation"], [{
    subject: "CN=signer,O=Forge,ST=WA,C=US",
    status: "good",
    protocol: "OCSP",
    source: OCSP,
    thisUpdate: "2026-11-01T00:00:00.000Z",
    nextUpdate: at(1).toISOString(),
  }]);
  assert.equal(result.validUntil?.getTime(), at(1).getTime() + 1);
  world.answers.delete(OCSP);
  const stale = await judge({
    chain,
    envelope,
    revocation,
    now: at(2),
    staleWhileUnreachable: 3600_000 * 2,
  });
  assert.equal(stale.outcome, "success");
  assert.match(JSON.stringify(stale.extensions), /"stale":true/);
  assert.match(JSON.stringify(stale.checks), /nobody answers now/);
  assert.equal(stale.validUntil?.getTime(), at(2).getTime() + 1001);
});

Deno.test("F.5-7 notation refuses a timestamp of a revoked authority, also where revocation is skipped", async () => {
  using world = new RevocationWorld();
  const authority = await forgeAuthority({
    serial: 22n,
    extensions: [
      keyUsage(["digitalSignature"]),
      extendedKeyUsage(["timeStamping"], true),
      ocspResponders([OCSP]),
    ],
  });
  const chain = await forgeChain();
  const envelope = JSON.parse(
    new TextDecoder().decode(await forgeJws({ chain, target: IMAGE.descriptor })),
  );
  const stamped = Uint8Array.fromBase64(envelope.signature, { alphabet: "base64url" });
  envelope.header["io.cncf.notary.timestampSignature"] =
    (await forgeTimestamp({ stamped, authority })).toBase64();
  const verdict = async (): Promise<string | undefined> => {
    await using revocation = newService();
    const result = await judge({
      chain,
      envelope: new TextEncoder().encode(JSON.stringify(envelope)),
      revocation,
      trustStores: ["ca:forge", "tsa:forge"],
      authorities: [authority.root],
      override: { revocation: "skip" },
    });
    return result.failure?.reason;
  };
  assert.equal(await verdict(), "revocation.unavailable");
  const answer = { issuer: authority.root, serial: 22n };
  world.answers.set(OCSP, await forgeOcsp({ ...answer, status: "revoked" }));
  assert.equal(await verdict(), "revocation.revoked");
  world.answers.set(OCSP, await forgeOcsp(answer));
  assert.equal(await verdict(), undefined);
});
