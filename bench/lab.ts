/** What is measured: a registry on loopback with signed images, and what a service needs to verify them. */

import {
  forgeChain,
  type ForgedManifest,
  forgeImage,
  forgeJws,
  forgeSignature,
} from "../tests/forge/mod.ts";
import { goProgram } from "../tests/go_program.ts";
import { type LabRegistry, startLabRegistry } from "../tests/labreg.ts";
import { parties } from "../tests/service.ts";

/** A registry, and files for services and clients. */
export interface Lab extends AsyncDisposable {
  readonly registry: LabRegistry;
  readonly folder: string;
  /** References by digest, each with one RSA-2048 Notation signature. */
  readonly images: readonly string[];
  /** The program that makes load. */
  readonly load: string;
}

/** How a service of the lab is configured. */
export interface LabConfiguration {
  readonly listingsCached: boolean;
}

/** Starts a registry and fills it with signed images. */
export async function startLab(folder: string, count: number): Promise<Lab> {
  const registryProgram = await programOf("labreg");
  const load = await programOf("provbench");
  const registry = await startLabRegistry(registryProgram);
  const chain = await forgeChain({
    leaf: { key: "RSA-2048" },
    intermediates: [{ key: "RSA-2048" }],
    root: { key: "RSA-2048" },
  });
  const images: string[] = [];
  // Each in a repository of its own: this registry looks through all of one for a listing.
  const names = Array.from({ length: count }, (_, index) => `app/image-${index}`).values();
  const worker = async (): Promise<void> => {
    for (const name of names) {
      const image = await forgeImage(name);
      const envelope = await forgeJws({ chain, target: image.descriptor });
      const signature = await forgeSignature(image.descriptor, {
        envelope,
        config: { mediaType: "application/vnd.cncf.notary.signature", bytes: "{}" }, // what the registry lists
      });
      for (const manifest of [image, signature]) {
        await push(`http://${registry.host}/v2/${name}`, manifest);
      }
      images.push(`${registry.host}/${name}@${image.descriptor.digest}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  await Deno.writeTextFile(`${folder}/root.pem`, chain.root.pem);
  await writeParties(folder);
  return {
    registry,
    folder,
    images,
    load,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

/** Writes the configuration of a service; returns its path. */
export async function writeConfiguration(lab: Lab, options: LabConfiguration): Promise<string> {
  const path = `${lab.folder}/config-${options.listingsCached}.json`;
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      store: {
        plugins: [{
          name: "oras",
          plainHttp: [lab.registry.host],
          cacheEnabled: options.listingsCached,
          ttl: 3600,
        }],
      },
      policy: {
        plugin: {
          name: "configPolicy",
          artifactVerificationPolicies: { "application/vnd.cncf.notary.signature": "any" },
        },
      },
      verifier: {
        plugins: [{
          name: "notation",
          artifactTypes: "application/vnd.cncf.notary.signature",
          verificationCerts: [`${lab.folder}/root.pem`],
          trustPolicyDoc: {
            version: "1.0",
            trustPolicies: [{
              name: "default",
              registryScopes: ["*"],
              signatureVerification: { level: "strict" },
              trustStores: ["ca:certs"],
              trustedIdentities: ["*"],
            }],
          },
        }],
      },
    }),
  );
  return path;
}

async function writeParties(folder: string): Promise<void> {
  const { server, client, clientCa, providerCa } = await parties();
  await Deno.mkdir(`${folder}/tls`);
  await Promise.all([
    Deno.writeTextFile(`${folder}/tls/tls.crt`, server.cert),
    Deno.writeTextFile(`${folder}/tls/tls.key`, server.key),
    Deno.writeTextFile(`${folder}/client-ca.pem`, clientCa),
    Deno.writeTextFile(`${folder}/provider-ca.pem`, providerCa),
    Deno.writeTextFile(`${folder}/client.pem`, client.cert),
    Deno.writeTextFile(`${folder}/client.key`, client.key),
  ]);
}

async function push(repository: string, manifest: ForgedManifest): Promise<void> {
  for (const { descriptor, bytes } of manifest.blobs) {
    await send("POST", `${repository}/blobs/uploads/?digest=${descriptor.digest}`, bytes);
  }
  const { mediaType, digest } = manifest.descriptor;
  await send("PUT", `${repository}/manifests/${digest}`, manifest.bytes, mediaType);
}

async function send(method: string, url: string, body: BodyInit, type?: string): Promise<void> {
  const headers: HeadersInit = type === undefined ? {} : { "content-type": type };
  const response = await fetch(url, { method, body, headers });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status}`);
}

async function programOf(folder: string): Promise<string> {
  const program = await goProgram(folder);
  if ("path" in program) return program.path;
  throw new Error(`the benchmark needs it: ${program.missing}`);
}
