import assert from "node:assert/strict";
import { type CryptoCounters, cryptoCounters } from "../src/crypto/mod.ts";
import { type Bytes, flipped, forgeChain, type ForgedChain, forgeJws } from "./forge/mod.ts";
import { IMAGE, judge } from "./judge.ts";

/*
 * What follows from bytes alone is found out once; what depends on time, trust or policy each time.
 */

const target = IMAGE.descriptor;

/** A chain that no other test has seen. */
function freshChain(name: string): Promise<ForgedChain> {
  return forgeChain({
    leaf: { subject: [["C", "US"], ["ST", "WA"], ["O", "Forge"], ["CN", `${name} leaf`]] },
    intermediates: [{ subject: [["CN", `${name} intermediate`]] }],
    root: { subject: [["CN", `${name} root`]] },
  });
}

async function cost(work: () => Promise<unknown>): Promise<CryptoCounters> {
  const before = { ...cryptoCounters };
  await work();
  return {
    signaturesChecked: cryptoCounters.signaturesChecked - before.signaturesChecked,
    keysImported: cryptoCounters.keysImported - before.keysImported,
    certificatesRead: cryptoCounters.certificatesRead - before.certificatesRead,
  };
}

const NOTHING: CryptoCounters = { signaturesChecked: 0, keysImported: 0, certificatesRead: 0 };

Deno.test("a signature that was verified before costs no signature check", async () => {
  const chain = await freshChain("again");
  const envelope = await forgeJws({ chain, target });
  const verify = async (): Promise<void> =>
    assert.equal((await judge({ chain, envelope })).outcome, "success");
  assert.deepEqual(await cost(verify), {
    // The envelope and three certificates; and whether a certificate below the root signed itself
    // is answered by its names.
    signaturesChecked: 4,
    keysImported: 3,
    certificatesRead: 3,
  });
  assert.deepEqual(await cost(verify), NOTHING);
});

Deno.test("a second signature by the same chain costs one signature check", async () => {
  const chain = await freshChain("second");
  const sign = (note: string): Promise<Bytes> =>
    forgeJws({ chain, target, unprotected: { note: note } });
  const [first, second] = [await sign("first"), await sign("second")];
  await judge({ chain, envelope: first });
  assert.deepEqual(await cost(() => judge({ chain, envelope: second })), {
    ...NOTHING,
    signaturesChecked: 1,
  });
});

Deno.test("a signature that was refused before is refused again for the same reason, at no cost", async () => {
  const chain = await freshChain("refused");
  const envelope = await forgeJws({ chain, target, signature: flipped });
  const first = await judge({ chain, envelope });
  assert.equal(first.failure?.reason, "integrity.signature");
  assert.deepEqual(
    await cost(async () => assert.deepEqual(await judge({ chain, envelope }), first)),
    NOTHING,
  );
});

Deno.test("a signature whose check was cut short by a defect is checked again", async () => {
  const chain = await freshChain("defect");
  const envelope = await forgeJws({ chain, target });
  const { importKey } = crypto.subtle;
  Object.defineProperty(crypto.subtle, "importKey", {
    value: () => {
      throw new RangeError("out of memory");
    },
    configurable: true,
  });
  try {
    assert.equal((await judge({ chain, envelope })).failure?.reason, "integrity.key");
  } finally {
    Reflect.deleteProperty(crypto.subtle, "importKey");
  }
  assert.equal(crypto.subtle.importKey, importKey);
  assert.equal((await judge({ chain, envelope })).outcome, "success");
});

Deno.test("trust, policy and time are judged each time, whatever was cached", async () => {
  const chain = await freshChain("trust");
  const other = await freshChain("other");
  const envelope = await forgeJws({ chain, target, expiry: new Date("2027-01-01T00:00:00Z") });
  const reason = async (change: Partial<Parameters<typeof judge>[0]>): Promise<string> =>
    (await judge({ chain, envelope, ...change })).failure?.reason ?? "none";
  assert.equal(await reason({}), "none");
  assert.equal(await reason({ store: [other.root] }), "authenticity.untrusted");
  assert.equal(
    await reason({ identities: ["x509.subject: C=US, ST=WA, O=Other"] }),
    "authenticity.identity_mismatch",
  );
  assert.equal(await reason({ now: new Date("2027-01-01T00:00:00Z") }), "expiry");
  assert.equal(await reason({}), "none");
});

Deno.test("a result says until when time alone leaves it as it is", async () => {
  const at = (text: string): Date => new Date(`${text}T00:00:00Z`);
  const chain = await forgeChain({
    leaf: { notBefore: at("2026-01-01"), notAfter: at("2027-06-01") },
    root: { subject: [["CN", "until root"]], notAfter: at("2028-01-01") },
  });
  const until = async (now: Date, expiry?: Date): Promise<string | undefined> => {
    const envelope = await forgeJws({ chain, target, ...(expiry === undefined ? {} : { expiry }) });
    return (await judge({ chain, envelope, now })).validUntil?.toISOString();
  };
  assert.equal(await until(at("2025-06-01")), "2026-01-01T00:00:00.000Z");
  assert.equal(await until(at("2026-12-01")), "2027-06-01T00:00:00.001Z");
  assert.equal(await until(at("2026-12-01"), at("2027-01-01")), "2027-01-01T00:00:00.000Z");
  assert.equal(await until(at("2027-01-01"), at("2027-01-01")), "2027-06-01T00:00:00.001Z");
  assert.equal(await until(at("2027-06-02")), "2028-01-01T00:00:00.001Z");
  assert.equal(await until(at("2028-01-02")), undefined);
});
