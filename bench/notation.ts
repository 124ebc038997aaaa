// deno-lint-ignore-file no-console -- a program that prints
/**
 * Measures the verification of Notation signatures by one chain, with counters: what is found out once, and
 * how often a responder that takes 50 ms is asked. Part of `./dev bench`, and a program of its own.
 */

import { cryptoCounters, parseCertificate } from "../src/crypto/mod.ts";
import type { Digest, Manifest } from "../src/oci/mod.ts";
import { RevocationService } from "../src/revocation/mod.ts";
import { TrustSnapshot } from "../src/trust/mod.ts";
import { createNotationVerifier } from "../src/verifiers/mod.ts";
import { forgeChain, forgeImage, forgeJws, forgeOcsp, JWS_MEDIA_TYPE } from "../tests/forge/mod.ts";
import { describeMachine } from "./machine.ts";

const SIGNATURES = 1000;
const RESPONDER_MS = 50;

/** Prints two lines: signatures that nobody has seen, and the same ones again. */
export async function measureNotation(): Promise<void> {
  let asked = 0;
  const answers = new Map<string, Uint8Array<ArrayBuffer>>();
  await using responder = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, RESPONDER_MS));
      return new Response(answers.get(new URL(request.url).pathname.split("/")[1] ?? ""));
    },
  );
  const address = `http://127.0.0.1:${responder.addr.port}`;

  const chain = await forgeChain({
    leaf: { key: "RSA-2048", serial: 7n, ocsp: [`${address}/leaf`] },
    intermediates: [{ serial: 8n, ocsp: [`${address}/intermediate`] }],
  });
  const [, intermediate = chain.root] = chain.certificates;
  const times = {
    thisUpdate: new Date(Date.now() - 1000),
    nextUpdate: new Date(Date.now() + 3600e3),
  };
  answers.set("leaf", await forgeOcsp({ issuer: intermediate, serial: 7n, ...times }));
  answers.set("intermediate", await forgeOcsp({ issuer: chain.root, serial: 8n, ...times }));

  const image = await forgeImage();
  const subject = { ...image.descriptor, digest: image.descriptor.digest as Digest };
  const envelopes = await Promise.all(
    Array.from(
      { length: SIGNATURES },
      (_, number) => forgeJws({ chain, target: image.descriptor, unprotected: { number } }),
    ),
  );
  const certificate = parseCertificate(chain.root.der);
  const material = {
    certificates: [{ name: "", version: "", certificate }],
    keys: [],
    details: [],
  };
  const trust = new TrustSnapshot("bench", new Map([["root", material]]));
  const verifier = createNotationVerifier({
    name: "notation",
    type: "notation",
    artifactTypes: ["*"],
    trustPolicy: {
      version: "1.0",
      trustPolicies: [{
        name: "bench",
        registryScopes: ["*"],
        signatureVerification: { level: "strict" },
        trustStores: ["ca:bench"],
        trustedIdentities: ["x509.subject: C=US, ST=WA, O=Forge"],
      }],
    },
    stores: new Map([["ca:bench", ["root"]]]),
    caCertificates: undefined,
    userMetadata: {},
    maxSignatureAttempts: 100,
    allowedRevocationHosts: [],
    staleWhileUnreachable: 0,
  });
  await using revocation = new RevocationService({ allowLoopback: true });

  const verify = async (envelope: Uint8Array<ArrayBuffer>): Promise<void> => {
    const layer = { mediaType: JWS_MEDIA_TYPE, digest: subject.digest, size: envelope.length };
    const manifest: Manifest = {
      kind: "image",
      mediaType: subject.mediaType,
      artifactType: "application/vnd.cncf.notary.signature",
      blobs: [layer],
      manifests: [],
      subject,
      annotations: {},
    };
    const result = await verifier.verify(
      { reference: `registry.example.com/app@${subject.digest}`, descriptor: subject },
      { ...layer, artifactType: "application/vnd.cncf.notary.signature" },
      {
        artifacts: {
          manifest: () => Promise.resolve(manifest),
          blob: () => Promise.resolve(envelope),
        },
        trust,
        scope: "",
        now: new Date(),
        signal: new AbortController().signal,
        revocation,
      },
    );
    if (result.outcome !== "success") throw new Error(result.message);
  };

  for (const name of ["first verification", "the same signatures again"]) {
    const counted = { ...cryptoCounters };
    const before = asked;
    const started = performance.now();
    for (let index = 0; index < SIGNATURES; index += 8) {
      await Promise.all(envelopes.slice(index, index + 8).map(verify));
    }
    console.log(
      `${name.padEnd(28)} ${SIGNATURES} signatures in ${
        Math.round(performance.now() - started)
      } ms; ${cryptoCounters.signaturesChecked - counted.signaturesChecked} signature checks, ${
        cryptoCounters.keysImported - counted.keysImported
      } key imports, ${
        cryptoCounters.certificatesRead - counted.certificatesRead
      } certificates read, ${asked - before} requests to responders`,
    );
  }
}

if (import.meta.main) {
  console.log(await describeMachine());
  await measureNotation();
}
