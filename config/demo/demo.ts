// deno-lint-ignore-file no-console -- a program that prints
/**
 * `./dev demo`: starts the service on loopback with certificates made for this run, and asks it as Gatekeeper
 * does about the images beside this file.
 */

import { request } from "node:https";
import { forgeCa, forgeLeaf, type PemPair } from "../../tests/tls.ts";
import { temporaryFolder } from "../../tests/temp.ts";

const PROJECT = `${import.meta.dirname}/../..`;
const IMAGES = ["signed", "unsigned", "tampered", "stranger"];
const SAID: Readonly<Record<string, string>> = {
  signed: "signed by a trusted signer",
  unsigned: "signed by nobody",
  tampered: "its signature was altered",
  stranger: "signed by somebody whom nobody trusts",
};

/** Of the answer, what is shown. */
interface Item {
  readonly key: string;
  readonly error?: string;
  readonly value?: {
    readonly isSuccess: boolean;
    readonly verifierReports: readonly {
      readonly message: string;
      readonly remediation?: string;
      readonly extensions?: { readonly SN?: string };
    }[];
  };
}

await using folder = await temporaryFolder("demo-");
const [providerCa, clientCa] = await Promise.all([
  forgeCa("Demo provider"),
  forgeCa("Demo Gatekeeper"),
]);
const server = await forgeLeaf({ issuer: providerCa, usage: "serverAuth" });
const client = await forgeLeaf({ issuer: clientCa, usage: "clientAuth" });
await Deno.mkdir(`${folder.path}/tls`);
await Deno.writeTextFile(`${folder.path}/tls/tls.crt`, server.cert);
await Deno.writeTextFile(`${folder.path}/tls/tls.key`, server.key);
await Deno.writeTextFile(`${folder.path}/client-ca.crt`, clientCa.pem);

const service = new Deno.Command(`${PROJECT}/dev`, {
  args: [
    ...["assay", "serve", "--http", "127.0.0.1:0", "--health-port", "127.0.0.1:0"],
    ...["--config", "config/demo/resources.yaml", "--cert-dir", `${folder.path}/tls`],
    ...["--ca-cert-file", `${folder.path}/client-ca.crt`],
  ],
  cwd: PROJECT,
  stdin: "null",
  stdout: "null",
  stderr: "piped",
}).spawn();
const address = await listening(service.stderr);
let failed = false;
try {
  console.log(`Assay answers on https://${address} and wants clients to have a certificate.\n`);
  for (const item of await ask(client)) show(item);
  const refused = await ask(undefined).then(() => undefined, (error: Error) => error.message);
  console.log(`${refused === undefined ? "ANSWERED" : "REFUSED "}  a caller without a certificate`);
  if (refused !== undefined) console.log(`          ${refused}`);
  failed ||= refused === undefined;
} finally {
  service.kill("SIGTERM");
  await service.status;
}
if (failed) Deno.exit(1);

/** Where the service listens, once it is ready; what it logs after that is not shown. */
async function listening(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let log = "";
  const reading = (async () => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      log = (log + text).slice(-100_000);
      const found = /for=provider address=(\S+)/.exec(log)?.[1];
      if (found !== undefined && log.includes('msg="ready"')) resolve(found);
    }
    reject(new Error(`the service did not start:\n${log}`));
  })();
  reading.catch(reject);
  return await promise;
}

/** Asks about all images in one request. */
function ask(pair: PemPair | undefined): Promise<readonly Item[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Item[]>();
  const [host, port] = address.split(":");
  const asking = request({
    host,
    port: Number(port),
    path: "/ratify/gatekeeper/v1/verify",
    method: "POST",
    agent: false,
    ca: providerCa.pem,
    ...(pair === undefined ? {} : pair),
  }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (part) => text += part);
    response.on("end", () => resolve(JSON.parse(text).response.items));
  });
  asking.on("error", reject);
  asking.end(JSON.stringify({
    apiVersion: "externaldata.gatekeeper.sh/v1beta1",
    kind: "ProviderRequest",
    request: { keys: IMAGES.map((name) => `demo.example.com/${name}:v1`) },
  }));
  return promise;
}

function show({ key, value, error }: Item): void {
  const name = /\/(\w+):/.exec(key)?.[1] ?? "";
  const allowed = value?.isSuccess === true;
  failed ||= allowed !== (name === "signed");
  console.log(`${allowed ? "ALLOW   " : "DENY    "}  ${key}: ${SAID[name] ?? ""}`);
  const [report] = value?.verifierReports ?? [];
  const signer = report?.extensions?.SN;
  console.log(`          ${error ?? report?.message}${signer === undefined ? "" : ` (${signer})`}`);
  if (report?.remediation !== undefined) console.log(`          → ${report.remediation}`);
  console.log("");
}
