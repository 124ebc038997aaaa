import assert from "node:assert/strict";
import { type Bytes, encodeUtf8 } from "./bytes.ts";
import { bits, fromNumber, oid, sequence } from "./testing/der.ts";
import { ecSigner, ecSpki, edSigner, rsaSigner } from "./testing/keys.ts";
import { verifySignature } from "./verify_signature.ts";

const DATA = encodeUtf8("what was signed");
const ED25519 = { name: "Ed25519" } as const;

/** Puts a function in the place of one of Web Crypto's until the end of the scope. */
function replace<N extends "importKey" | "verify">(
  name: N,
  make: (original: SubtleCrypto[N]) => SubtleCrypto[N],
): Disposable {
  const { subtle } = crypto;
  const original = subtle[name].bind(subtle) as SubtleCrypto[N];
  Object.defineProperty(subtle, name, { value: make(original), configurable: true });
  return { [Symbol.dispose]: () => void Reflect.deleteProperty(subtle, name) };
}

/** Counts imports until the end of the scope. */
function countImports(): Disposable & { readonly count: number } {
  let count = 0;
  const replaced = replace(
    "importKey",
    (original) =>
      ((...args: Parameters<SubtleCrypto["importKey"]>) => {
        count++;
        return original(...args);
      }) as SubtleCrypto["importKey"],
  );
  return {
    get count(): number {
      return count;
    },
    [Symbol.dispose]: () => replaced[Symbol.dispose](),
  };
}

/** An Ed25519 key that no other test uses; whether it is a point does not matter to the import. */
function edSpki(number: number): Bytes {
  const point = fromNumber(BigInt(number) + (0x1234n << 200n), 32);
  return sequence(sequence(oid("1.3.101.112")), bits(point));
}

Deno.test("verifySignature lets timers run while hundreds of signatures wait", async () => {
  const signer = await ecSigner("P-384");
  const scheme = { name: "ECDSA", hash: "SHA-384", encoding: "raw" } as const;
  const signature = await signer.sign(scheme, DATA);
  let done = 0;
  let doneAtTimer: number | undefined;
  const timer = setTimeout(() => doneAtTimer = done, 1);
  const all = Array.from({ length: 200 }, async () => {
    assert.equal(await verifySignature(signer.spki, scheme, signature, DATA), true);
    done++;
  });
  await Promise.all(all);
  clearTimeout(timer);
  assert.equal(done, 200);
  assert.ok(doneAtTimer !== undefined && doneAtTimer < 100, `the timer came after ${doneAtTimer}`);
});

Deno.test("verifySignature has no more calls of Web Crypto under way than there are cores", async () => {
  const signer = await edSigner();
  const signature = await signer.sign(ED25519, DATA);
  let underWay = 0;
  let most = 0;
  using _ = replace("verify", (original) => async (...args) => {
    most = Math.max(most, ++underWay);
    const result = await original(...args);
    await new Promise((resolve) => setTimeout(resolve));
    underWay--;
    return result;
  });
  const calls = Array.from(
    { length: 60 },
    () => verifySignature(signer.spki, ED25519, signature, DATA),
  );
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([true]));
  assert.equal(most, Math.max(2, navigator.hardwareConcurrency));
});

Deno.test("verifySignature is false when Web Crypto throws, and goes on afterwards", async () => {
  const signer = await edSigner();
  const signature = await signer.sign(ED25519, DATA);
  {
    using _ = replace("verify", () => () => Promise.reject(new TypeError("no")));
    for (let index = 0; index < 20; index++) {
      assert.equal(await verifySignature(signer.spki, ED25519, signature, DATA), false);
    }
  }
  assert.equal(await verifySignature(signer.spki, ED25519, signature, DATA), true);
});

Deno.test("verifySignature asks Web Crypto nothing about signatures of a wrong form", async () => {
  const [ed, ec, rsa] = [await edSigner(), await ecSigner("P-256"), await rsaSigner(3072)];
  const raw = { name: "ECDSA", hash: "SHA-256", encoding: "raw" } as const;
  const rows = [
    [ed.spki, ED25519, 64],
    [ec.spki, raw, 64],
    [rsa.spki, { name: "RSASSA-PSS", hash: "SHA-256" }, 384],
    [rsa.spki, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, 384],
  ] as const;
  using _ = replace("verify", () => () => Promise.resolve(true));
  for (const [spki, scheme, right] of rows) {
    for (const length of [0, 1, right / 2, right - 1, right, right + 1, 2 * right]) {
      const found = await verifySignature(spki, scheme, new Uint8Array(length).fill(1), DATA);
      assert.equal(found, length === right, `${scheme.name} ${length}`);
    }
  }
  for (const signature of [new Uint8Array(64), new Uint8Array(64).fill(0xff)]) {
    assert.equal(await verifySignature(ec.spki, raw, signature, DATA), false);
  }
});

Deno.test("verifySignature imports a key once for each scheme that needs another import", async () => {
  const signer = await rsaSigner(3072);
  const first = ecSpki("P-256", await freshPoint());
  using imports = countImports();
  const signature = new Uint8Array(64).fill(1);
  for (const hash of ["SHA-256", "SHA-384", "SHA-512"] as const) {
    for (let index = 0; index < 3; index++) {
      await verifySignature(first, { name: "ECDSA", hash, encoding: "raw" }, signature, DATA);
    }
  }
  assert.equal(imports.count, 1);
  const schemes = [
    { name: "RSASSA-PSS", hash: "SHA-256" },
    { name: "RSASSA-PSS", hash: "SHA-384" },
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ] as const;
  const verifyAll = async (): Promise<void> => {
    for (const scheme of schemes) {
      const right = await signer.sign(scheme, DATA);
      assert.equal(await verifySignature(signer.spki, scheme, right, DATA), true);
    }
  };
  await verifyAll();
  const before = imports.count;
  const signing = schemes.length; // the signer imports its private key each time
  await verifyAll();
  assert.equal(imports.count - before, signing);
});

Deno.test("verifySignature keeps a bounded number of imported keys and forgets the oldest", async () => {
  using imports = countImports();
  const signature = new Uint8Array(64).fill(1);
  const use = async (number: number): Promise<number> => {
    const before = imports.count;
    await verifySignature(edSpki(number), ED25519, signature, DATA);
    return imports.count - before;
  };
  const [first, kept, others] = [0, 1, 255];
  assert.equal(await use(first), 1);
  assert.equal(await use(kept), 1);
  for (let number = 2; number <= others; number++) {
    assert.equal(await use(number), 1);
    if (number % 50 === 0) assert.equal(await use(kept), 0);
  }
  assert.equal(await use(2), 0, "a key was forgotten before there were 256");
  assert.equal(await use(others + 1), 1);
  assert.equal(await use(kept), 0, "a key in use was forgotten");
  assert.equal(await use(first), 1, "a key was kept beyond the bound");
});

Deno.test("verifySignature does not remember that an import failed", async () => {
  const { spki, sign } = await freshEd();
  const signature = await sign(DATA);
  {
    using _ = replace(
      "importKey",
      () => (() => Promise.reject(new DOMException("refused"))) as SubtleCrypto["importKey"],
    );
    await assert.rejects(
      verifySignature(spki, ED25519, signature, DATA),
      /SPKI: the key \(Ed25519\) cannot be used: refused/,
    );
  }
  assert.equal(await verifySignature(spki, ED25519, signature, DATA), true);
});

async function freshPoint(): Promise<Bytes> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
}

async function freshEd(): Promise<
  { spki: Bytes; sign: (data: Bytes) => Promise<Bytes> }
> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  return {
    spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)),
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, data)),
  };
}
