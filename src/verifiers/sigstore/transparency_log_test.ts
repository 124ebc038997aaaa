import assert from "node:assert/strict";
import { forgeInstance, forgeKey, signLike, utf8 } from "../../../tests/forge/mod.ts";
import { parsePublicKey, toHex } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { parseTrustedRoot } from "../../trust/mod.ts";
import type { LoggedContent } from "./entry_binding.ts";
import type { LogEntry } from "./log_entry.ts";
import { verifyEntries } from "./transparency_log.ts";

const INSTANCE = await forgeInstance();
const KEY = await forgeKey("P-256", "logged");
const { transparencyLogs } = parseTrustedRoot(JSON.stringify(INSTANCE.trustedRoot));

/** What an entry with this body must be about: a statement signed by the key. */
async function contentOf(): Promise<LoggedContent> {
  const data = utf8("data");
  return {
    data,
    signature: await signLike(KEY, data),
    envelope: { payload: utf8("payload"), payloadType: "application/vnd.in-toto+json" },
    signer: parsePublicKey(KEY.spki),
  };
}

async function problemWith(body: unknown, parts: Partial<LogEntry> = {}): Promise<string> {
  const entry: LogEntry = {
    logIndex: 1,
    logId: transparencyLogs[0]?.logId ?? "",
    kindVersion: undefined,
    integratedTime: 0,
    promise: undefined,
    proof: undefined,
    body: utf8(typeof body === "string" ? body : JSON.stringify(body)),
    ...parts,
  };
  try {
    await verifyEntries([entry], await contentOf(), transparencyLogs);
    return "";
  } catch (error) {
    assert.ok(error instanceof VerificationFailure, String(error));
    assert.equal(error.reason, "cosign.tlog_invalid");
    return error.message;
  }
}

const pem = utf8(
  `-----BEGIN PUBLIC KEY-----\n${
    (KEY.spki.toBase64().match(/.{1,64}/g) ?? []).join("\n")
  }\n-----END PUBLIC KEY-----\n`,
).toBase64();
const { signature } = await contentOf();
const SHA256 = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8("data"))));
const GOOD = {
  apiVersion: "0.0.1",
  kind: "hashedrekord",
  spec: {
    data: { hash: { algorithm: "sha256", value: SHA256 } },
    signature: { content: signature.toBase64(), publicKey: { content: pem } },
  },
};

Deno.test("an entry that is about the signature needs a promise or a proof all the same", async () => {
  assert.match(await problemWith(GOOD), /neither a promise nor a proof/);
});

const both = utf8(atob(pem) + atob(pem)).toBase64();
const spec = (change: Record<string, unknown>): unknown => ({
  ...GOOD,
  spec: { ...GOOD.spec, ...change },
});
const BODIES: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  "no JSON": ["{", /cannot be read/],
  "a member twice": ['{"kind":"a","kind":"b"}', /occurs twice/],
  "a list": [[], /not an object/],
  "no kind": [{ spec: {} }, /kind is not a text/],
  "a kind that is not understood": [{ ...GOOD, kind: "rekord" }, /not understood/],
  "a kind that every object has": [
    { kind: "constructor", apiVersion: "", spec: {} },
    /not understood/,
  ],
  "no spec": [{ ...GOOD, spec: undefined }, /spec is not an object/],
  "another hash": [spec({ data: { hash: { algorithm: "sha256", value: "00" } } }), /other content/],
  "a weak hash": [spec({ data: { hash: { algorithm: "sha1", value: SHA256 } } }), /not understood/],
  "two keys": [
    spec({ signature: { content: signature.toBase64(), publicKey: { content: both } } }),
    /no single key/,
  ],
};

for (const [name, [body, says]] of Object.entries(BODIES)) {
  Deno.test(`an entry whose body has ${name} proves nothing`, async () => {
    assert.match(await problemWith(body), says);
  });
}

Deno.test("an entry that was said to be of another kind proves nothing", async () => {
  const kindVersion = { kind: "dsse", version: "0.0.1" };
  assert.match(await problemWith(GOOD, { kindVersion }), /said to be of another/);
});

Deno.test("an entry of version 2 has the key or the certificate, not both", async () => {
  const rawBytes = KEY.spki.toBase64();
  const body = (verifier: unknown): unknown => ({
    apiVersion: "0.0.2",
    kind: "hashedrekord",
    spec: {
      hashedRekordV002: {
        data: { algorithm: "SHA2_256", digest: Uint8Array.fromHex(SHA256).toBase64() },
        signature: { content: signature.toBase64(), verifier },
      },
    },
  });
  assert.match(await problemWith(body({ publicKey: { rawBytes } })), /neither a promise/);
  const two = { publicKey: { rawBytes }, x509Certificate: { rawBytes } };
  assert.match(await problemWith(body(two)), /both a key and a certificate/);
  assert.match(await problemWith(body({})), /x509Certificate is not an object/);
  const other = (await forgeKey("P-256", "not logged")).spki.toBase64();
  assert.match(await problemWith(body({ publicKey: { rawBytes: other } })), /about another key/);
});

const hex = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));
const base64 = async (text: string): Promise<string> =>
  Uint8Array.fromHex(await hex(text)).toBase64();

/** Entries of every kind about the payload, and where each may be wrong. */
const content = signature.toBase64();
const verifier = { publicKey: { rawBytes: KEY.spki.toBase64() } };
// deno-lint-ignore no-explicit-any
type Body = any;
const KINDS: Readonly<Record<string, () => Promise<Body>>> = {
  "dsse 0.0.1": async () => ({
    spec: {
      payloadHash: { algorithm: "sha256", value: await hex("payload") },
      signatures: [{ signature: content, verifier: pem }],
    },
  }),
  "intoto 0.0.2": async () => ({
    spec: {
      content: {
        envelope: {
          payloadType: "application/vnd.in-toto+json",
          signatures: [{ sig: utf8(content).toBase64(), publicKey: pem }],
        },
        payloadHash: { algorithm: "sha256", value: await hex("payload") },
      },
    },
  }),
  "hashedrekord 0.0.2": async () => ({
    spec: {
      hashedRekordV002: {
        data: { algorithm: "SHA2_256", digest: await base64("data") },
        signature: { content, verifier },
      },
    },
  }),
  "dsse 0.0.2": async () => ({
    spec: {
      dsseV002: {
        payloadHash: { algorithm: "SHA2_256", digest: await base64("payload") },
        signatures: [{ content, verifier }],
      },
    },
  }),
};

const WRONG: Readonly<Record<string, readonly [(spec: Body) => Promise<void> | void, RegExp]>> = {
  "dsse 0.0.1 with two signatures": [
    ({ signatures }): void => void signatures.push(signatures[0]),
    /one element/,
  ],
  "dsse 0.0.1 without signatures": [(spec): void => void (spec.signatures = []), /one element/],
  "dsse 0.0.1 for another payload": [
    async ({ payloadHash }): Promise<void> => void (payloadHash.value = await hex("x")),
    /other content/,
  ],
  "intoto 0.0.2 of another payload type": [
    ({ content: { envelope } }): void => void (envelope.payloadType = "x"),
    /another payload type/,
  ],
  "intoto 0.0.2 for another payload": [
    async ({ content: { payloadHash } }): Promise<void> =>
      void (payloadHash.value = await hex("x")),
    /other content/,
  ],
  "hashedrekord 0.0.2 for other data": [
    async ({ hashedRekordV002: { data } }): Promise<void> => void (data.digest = await base64("x")),
    /other content/,
  ],
  "dsse 0.0.2 for another payload": [
    async ({ dsseV002: { payloadHash } }): Promise<void> =>
      void (payloadHash.digest = await base64("x")),
    /other content/,
  ],
  "dsse 0.0.2 for another signature": [
    ({ dsseV002: { signatures: [one] } }): void => void (one.content = "AQ=="),
    /another signature/,
  ],
};

async function bodyOf(kind: string): Promise<Body> {
  const [name, apiVersion] = kind.split(" ");
  return { kind: name, apiVersion, ...structuredClone(await KINDS[kind]?.()) };
}

for (const kind of Object.keys(KINDS)) {
  Deno.test(`an entry of the kind ${kind} about the signature lacks nothing but a proof`, async () => {
    assert.match(await problemWith(await bodyOf(kind)), /neither a promise nor a proof/);
  });
}

for (const [name, [change, says]] of Object.entries(WRONG)) {
  Deno.test(`an entry of the kind ${name} proves nothing`, async () => {
    const body = await bodyOf(name.split(" ").slice(0, 2).join(" "));
    await change(body.spec);
    assert.match(await problemWith(body), says);
  });
}
