import assert from "node:assert/strict";
import { type Bytes, concatBytes, encodeUtf8 } from "./bytes.ts";
import { CURVES } from "./ecdsa.ts";
import type { HashName } from "./hash.ts";
import type { SignatureScheme } from "./signature_scheme.ts";
import { fromNumber, hex, integer, sequence, set, tlv, toNumber } from "./testing/der.ts";
import { type Curve, derOf, ecSigner, edSigner, rsaSigner, type Signer } from "./testing/keys.ts";
import { verifySignature } from "./verify_signature.ts";

const DATA = encodeUtf8("what was signed");
const HASHES: readonly HashName[] = ["SHA-256", "SHA-384", "SHA-512"];

interface Pair {
  readonly label: string;
  readonly signer: Signer;
  readonly scheme: SignatureScheme;
}

/** Every scheme with every kind of key that it goes with. */
async function pairs(): Promise<Pair[]> {
  const all: Pair[] = [{ label: "Ed25519", signer: await edSigner(), scheme: { name: "Ed25519" } }];
  for (const hash of HASHES) {
    for (const bits of [2048, 3072, 4096]) {
      for (const name of ["RSASSA-PSS", "RSASSA-PKCS1-v1_5"] as const) {
        const signer = await rsaSigner(bits);
        all.push({ label: `RSA-${bits} ${name} ${hash}`, signer, scheme: { name, hash } });
      }
    }
    for (const curve of ["P-256", "P-384", "P-521"] as const) {
      for (const encoding of ["der", "raw"] as const) {
        const scheme = { name: "ECDSA", hash, encoding } as const;
        all.push({ label: `${curve} ${hash} ${encoding}`, signer: await ecSigner(curve), scheme });
      }
    }
  }
  return all;
}

function flipped(bytes: Bytes, index: number): Bytes {
  const copy = bytes.slice();
  copy[index]! ^= 1;
  return copy;
}

Deno.test("verifySignature accepts what was signed, with every scheme and kind of key", async () => {
  const all = await pairs();
  assert.equal(all.length, 37);
  for (const { label, signer, scheme } of all) {
    const signature = await signer.sign(scheme, DATA);
    assert.equal(await verifySignature(signer.spki, scheme, signature, DATA), true, label);
  }
});

Deno.test("verifySignature accepts a signature of no data", async () => {
  for (const { label, signer, scheme } of await pairs()) {
    const signature = await signer.sign(scheme, new Uint8Array());
    assert.equal(
      await verifySignature(signer.spki, scheme, signature, new Uint8Array()),
      true,
      label,
    );
  }
});

Deno.test("verifySignature refuses altered data and altered signatures", async () => {
  for (const { label, signer, scheme } of await pairs()) {
    const { spki } = signer;
    const signature = await signer.sign(scheme, DATA);
    const last = signature.length - 1;
    const rows: readonly (readonly [string, Bytes, Bytes])[] = [
      ["data with another byte", signature, flipped(DATA, 3)],
      ["data with a byte more", signature, concatBytes(DATA, Uint8Array.of(0))],
      ["data with a byte less", signature, DATA.subarray(1)],
      ["no data", signature, new Uint8Array()],
      ["first byte flipped", flipped(signature, 0), DATA],
      ["middle byte flipped", flipped(signature, last >> 1), DATA],
      ["last byte flipped", flipped(signature, last), DATA],
      ["no signature", new Uint8Array(), DATA],
      ["one byte", Uint8Array.of(1), DATA],
      ["a byte less", signature.subarray(0, last), DATA],
      ["a byte more", concatBytes(signature, Uint8Array.of(0)), DATA],
      ["a byte in front", concatBytes(Uint8Array.of(0), signature), DATA],
      ["twice the signature", concatBytes(signature, signature), DATA],
      ["all zero", new Uint8Array(signature.length), DATA],
      ["all ones", new Uint8Array(signature.length).fill(0xff), DATA],
    ];
    for (const [what, wrong, data] of rows) {
      assert.equal(await verifySignature(spki, scheme, wrong, data), false, `${label}: ${what}`);
    }
  }
});

Deno.test("verifySignature refuses a signature by another key of the same kind", async () => {
  const scheme = { name: "ECDSA", hash: "SHA-256", encoding: "raw" } as const;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const other = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", other.publicKey));
  const signature = await (await ecSigner("P-256")).sign(scheme, DATA);
  assert.equal(await verifySignature(spki, scheme, signature, DATA), false);
});

Deno.test("verifySignature refuses a signature made with another hash", async () => {
  for (const { label, signer, scheme } of await pairs()) {
    if (scheme.name === "Ed25519") continue;
    const signature = await signer.sign(scheme, DATA);
    for (const hash of HASHES.filter((name) => name !== scheme.hash)) {
      const asked: SignatureScheme = { ...scheme, hash };
      assert.equal(await verifySignature(signer.spki, asked, signature, DATA), false, label);
    }
  }
});

Deno.test("verifySignature tells the two RSA schemes apart", async () => {
  const signer = await rsaSigner(2048);
  const pss = { name: "RSASSA-PSS", hash: "SHA-256" } as const;
  const pkcs1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
  assert.equal(
    await verifySignature(signer.spki, pss, await signer.sign(pkcs1, DATA), DATA),
    false,
  );
  assert.equal(
    await verifySignature(signer.spki, pkcs1, await signer.sign(pss, DATA), DATA),
    false,
  );
});

Deno.test("verifySignature tells the two ECDSA encodings apart", async () => {
  const signer = await ecSigner("P-384");
  const der = { name: "ECDSA", hash: "SHA-384", encoding: "der" } as const;
  const raw = { name: "ECDSA", hash: "SHA-384", encoding: "raw" } as const;
  assert.equal(await verifySignature(signer.spki, der, await signer.sign(raw, DATA), DATA), false);
  assert.equal(await verifySignature(signer.spki, raw, await signer.sign(der, DATA), DATA), false);
});

Deno.test("verifySignature refuses an RSASSA-PSS signature whose salt is not as long as the hash", async () => {
  const signer = await rsaSigner(2048);
  for (const [hash, right] of [["SHA-256", 32], ["SHA-384", 48], ["SHA-512", 64]] as const) {
    const scheme = { name: "RSASSA-PSS", hash } as const;
    for (const salt of [0, 20, 31, 32, 33, 48, 64]) {
      const signature = await signer.sign(scheme, DATA, salt);
      const found = await verifySignature(signer.spki, scheme, signature, DATA);
      assert.equal(found, salt === right, `${hash} with a salt of ${salt} bytes`);
    }
  }
});

Deno.test("verifySignature refuses an RSA signature that is the right number plus the modulus", async () => {
  // The sum has as many bytes as the modulus in half of the cases; it names the same residue.
  const signer = await rsaSigner(2048);
  const scheme = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
  const { modulus } = (await import("./public_key.ts")).parsePublicKey(signer.spki);
  assert.ok(modulus);
  for (let attempt = 0;; attempt++) {
    const data = encodeUtf8(`attempt ${attempt}`);
    const sum = toNumber(await signer.sign(scheme, data)) + toNumber(modulus);
    if (sum >= 1n << 2048n) continue;
    assert.equal(await verifySignature(signer.spki, scheme, fromNumber(sum, 256), data), false);
    return;
  }
});

/** A signature and its two numbers; the last byte of the first one is not zero. */
async function ecSignature(
  curve: Curve,
): Promise<{ signer: Signer; r: bigint; s: bigint; raw: Bytes }> {
  const signer = await ecSigner(curve);
  const scheme = { name: "ECDSA", hash: "SHA-256", encoding: "raw" } as const;
  let raw = await signer.sign(scheme, DATA);
  const width = raw.length / 2;
  while (raw[width - 1] === 0) raw = await signer.sign(scheme, DATA);
  return { signer, raw, r: toNumber(raw.subarray(0, width)), s: toNumber(raw.subarray(width)) };
}

Deno.test("verifySignature takes an ECDSA signature in DER in one encoding only", async () => {
  const scheme = { name: "ECDSA", hash: "SHA-256", encoding: "der" } as const;
  for (const curve of ["P-256", "P-384", "P-521"] as const) {
    const { signer, r, s, raw } = await ecSignature(curve);
    const [rInt, sInt] = [integer(r), integer(s)];
    const content = concatBytes(rInt, sInt);
    const padded = (number: bigint): Bytes => {
      const { length } = integer(number);
      return tlv(0x02, Uint8Array.of(0), integer(number).subarray(length < 0x82 ? 2 : 3));
    };
    const rows: readonly (readonly [string, Bytes])[] = [
      ["r with a leading zero", sequence(padded(r), sInt)],
      ["s with a leading zero", sequence(rInt, padded(s))],
      ["r negative", sequence(integer(-r), sInt)],
      ["s negative", sequence(rInt, integer(-s))],
      ["r without its sign byte", sequence(tlv(0x02, Uint8Array.of(0xff)), sInt)],
      ["r empty", sequence(tlv(0x02), sInt)],
      ["bytes after the SEQUENCE", concatBytes(derOf(raw), Uint8Array.of(0))],
      ["NULL after the SEQUENCE", concatBytes(derOf(raw), hex("0500"))],
      ["a third INTEGER", sequence(rInt, sInt, integer(1))],
      ["one INTEGER", sequence(rInt)],
      ["empty SEQUENCE", sequence()],
      ["NULL inside", sequence(rInt, sInt, hex("0500"))],
      ["SET in place of SEQUENCE", set(rInt, sInt)],
      ["OCTET STRING around", tlv(0x04, content)],
      ["primitive SEQUENCE", tlv(0x10, content)],
      ["context tag", tlv(0xa0, content)],
      ["r as OCTET STRING", sequence(tlv(0x04, rInt.subarray(2)), sInt)],
      [
        "a length in a byte too many",
        concatBytes(hex("308200"), sequence(content).subarray(-content.length - 1)),
      ],
      [
        "a length in four bytes",
        concatBytes(hex("30840000"), fromNumber(BigInt(content.length), 2), content),
      ],
      ["indefinite length", concatBytes(hex("3080"), content, hex("0000"))],
      ["length one too long", concatBytes(hex("3081"), Uint8Array.of(content.length + 1), content)],
      ["cut off", derOf(raw).subarray(0, -1)],
      ["r zero", sequence(integer(0), sInt)],
      ["s zero", sequence(rInt, integer(0))],
      ["both zero", sequence(integer(0), integer(0))],
      ["r and s one", sequence(integer(1), integer(1))],
    ];
    for (const [what, signature] of rows) {
      const found = await verifySignature(signer.spki, scheme, signature, DATA);
      assert.equal(found, false, `${curve}: ${what}`);
    }
    assert.equal(
      await verifySignature(signer.spki, scheme, sequence(rInt, sInt), DATA),
      true,
      curve,
    );
  }
});

Deno.test("verifySignature takes r and s only between 1 and the order of the curve minus 1", async () => {
  for (const curve of ["P-256", "P-384", "P-521"] as const) {
    const { signer, r, s } = await ecSignature(curve);
    const { n, p, width } = CURVES[curve]!;
    const room = 1n << BigInt(8 * width);
    const rows: readonly (readonly [string, bigint, bigint])[] = [
      ["r zero", 0n, s],
      ["s zero", r, 0n],
      ["r is n", n, s],
      ["s is n", r, n],
      ["r is n+1", n + 1n, s],
      ["r is p", p, s],
      ["s is p", r, p],
      ["r plus n", r + n, s],
      ["s plus n", r, s + n],
      ["largest numbers of the width", room - 1n, room - 1n],
      ["a number wider than the curve", room + r, s],
      ["s wider than the curve", r, room + s],
      ["s with the last byte of r in front, where padding would put it", r, (r & 0xffn) * room + s],
    ];
    for (const [what, one, other] of rows) {
      const der = sequence(integer(one), integer(other));
      const schemeOf = (encoding: "der" | "raw"): SignatureScheme => ({
        name: "ECDSA",
        hash: "SHA-256",
        encoding,
      });
      assert.equal(
        await verifySignature(signer.spki, schemeOf("der"), der, DATA),
        false,
        `${curve}: ${what}`,
      );
      if (one >= room || other >= room) continue;
      const raw = concatBytes(fromNumber(one, width), fromNumber(other, width));
      assert.equal(
        await verifySignature(signer.spki, schemeOf("raw"), raw, DATA),
        false,
        `${curve}: ${what}`,
      );
    }
  }
});

Deno.test("verifySignature pads short numbers of an ECDSA signature in DER to the width of the curve", async () => {
  // One signature in 128 has an r or s with a leading zero byte, so some turn up soon.
  const signer = await ecSigner("P-256");
  const scheme = { name: "ECDSA", hash: "SHA-256", encoding: "der" } as const;
  for (let attempt = 0;; attempt++) {
    const data = encodeUtf8(`attempt ${attempt}`);
    const raw = await signer.sign({ ...scheme, encoding: "raw" }, data);
    if (raw[0] !== 0 && raw[32] !== 0) continue;
    assert.ok(derOf(raw).length < 70 + 2);
    assert.equal(await verifySignature(signer.spki, scheme, derOf(raw), data), true);
    return;
  }
});

Deno.test("verifySignature reads views into larger buffers, and leaves them as they are", async () => {
  const signer = await ecSigner("P-256");
  const scheme = { name: "ECDSA", hash: "SHA-256", encoding: "der" } as const;
  const signature = await signer.sign(scheme, DATA);
  const all = concatBytes(Uint8Array.of(9, 9), signer.spki, signature, DATA, Uint8Array.of(9));
  const before = all.slice();
  const [a, b] = [2 + signer.spki.length, 2 + signer.spki.length + signature.length];
  const [spki, part, data] = [
    all.subarray(2, a),
    all.subarray(a, b),
    all.subarray(b, b + DATA.length),
  ];
  assert.equal(await verifySignature(spki, scheme, part, data), true);
  assert.deepEqual(all, before);
});
