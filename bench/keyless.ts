/** What a keyless bundle costs, beside what its signature checks alone cost. */

import process from "node:process";
import { forgeBundle, forgeInstance, forgeSigner, type Json } from "../tests/forge/mod.ts";
import { IMAGE, judgeCosign, KEYLESS, verifierOf } from "../tests/judge_cosign.ts";

const BUNDLES = 200;

/** CPU milliseconds for one: seen for the first time, seen again, and the signature checks alone. */
export interface KeylessCost {
  readonly first: number;
  readonly again: number;
  readonly raw: number;
}

/** Verifies bundles by as many certificates, each with a log entry, a proof and a certificate log. */
export async function measureKeyless(): Promise<KeylessCost> {
  const instance = await forgeInstance("bench");
  const bundles: Json[] = [];
  for (let index = 0; index < BUNDLES; index++) {
    const signer = await forgeSigner(instance, { serial: BigInt(1000 + index) });
    const predicateType = "https://sigstore.dev/cosign/sign/v1";
    const artifact = IMAGE.bytes;
    bundles.push(await forgeBundle({ instance, signer, artifact, kind: "dsse", predicateType }));
  }
  const verifier = verifierOf({ instance, policy: { requireLog: true, signers: KEYLESS } });
  const verifyAll = async (): Promise<void> => {
    for (const bundle of bundles) {
      const { outcome, message } = await judgeCosign({ bundle, verifier });
      if (outcome !== "success") throw new Error(message);
    }
  };
  const first = await cpuTime(verifyAll) / BUNDLES;
  const again = await cpuTime(verifyAll) / BUNDLES;
  // The signature, the promise, the checkpoint and the certificate timestamp; and the certificate.
  const raw = 4 * await checkCost("P-256", "SHA-256") + await checkCost("P-384", "SHA-384");
  return { first, again, raw };
}

async function checkCost(namedCurve: string, hash: string): Promise<number> {
  const algorithm = { name: "ECDSA", namedCurve, hash };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  // A key that was generated verifies at half the speed of one that was imported.
  const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
  const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
  const data = new Uint8Array(1000);
  const signature = await crypto.subtle.sign(algorithm, pair.privateKey, data);
  return await cpuTime(async () => {
    for (let index = 0; index < BUNDLES; index++) {
      await crypto.subtle.verify(algorithm, key, signature, data);
    }
  }) / BUNDLES;
}

async function cpuTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
