/** A small Sigstore deployment: certificate authority, certificate log, transparency logs, timestamps. */

import { type Bytes, join, utf8 } from "./bytes.ts";
import {
  type CertificateOptions,
  forgeCertificate,
  type ForgedCertificate,
  type ForgedChain,
} from "./certificate.ts";
import { implicit, octetString, sequence, string } from "./der.ts";
import { extendedKeyUsage, extension, keyUsage } from "./extensions.ts";
import { certificateAlgorithm, ecdsaDer, type ForgedKey, forgeKey, sign } from "./keys.ts";
import { forgeAuthority, forgeTimestamp } from "./timestamp.ts";

/** JSON that tests change before they use it. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** When forged certificates begin; they live ten minutes, and signatures are made in the middle. */
export const NOT_BEFORE = new Date("2026-11-01T00:00:00Z");
export const NOT_AFTER = new Date("2026-11-01T00:10:00Z");
export const SIGNED_AT = new Date("2026-11-01T00:05:00Z");

/** Whom forged certificates name. */
export const IDENTITY = "https://forge.example/org/app/.ci/release.yml@refs/heads/main";
export const ISSUER = "https://issuer.forge.example";

const STATEMENT = "https://in-toto.io/Statement/v1";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** A deployment with all of its keys. */
export interface SigstoreInstance {
  readonly root: ForgedCertificate;
  readonly intermediate: ForgedCertificate;
  readonly certificateLog: ForgedKey;
  /** The key of the log whose entries have a promise, and of the one of version 2. */
  readonly log: ForgedKey;
  readonly log2: ForgedKey;
  readonly timestamps: ForgedChain;
  /** Its `trusted_root.json`, decoded. */
  readonly trustedRoot: Json;
}

/** Makes a deployment. One label gives the same keys in one process. */
export async function forgeInstance(label = "main"): Promise<SigstoreInstance> {
  const name = (common: string): CertificateOptions["subject"] & object => [
    ["O", label],
    ["CN", common],
  ];
  const root = await forgeCertificate({ role: "ca", key: "P-384", subject: name("root") });
  const intermediate = await forgeCertificate({
    role: "ca",
    key: "P-384",
    subject: name("intermediate"),
    issuer: root,
  });
  const certificateLog = await forgeKey("P-256", `${label} ct`);
  const log = await forgeKey("P-256", `${label} rekor`);
  const log2 = await forgeKey("Ed25519", `${label} rekor2`);
  const timestamps = await forgeAuthority({}, { root: { subject: name("tsa root") } });
  const validFor = { start: "2020-01-01T00:00:00Z" };
  const chainOf = (...certificates: readonly ForgedCertificate[]): Json => ({
    certificates: certificates.map(({ der }) => ({ rawBytes: der.toBase64() })),
  });
  const logOf = async (host: string, key: ForgedKey): Promise<Json> => ({
    baseUrl: `https://${host}`,
    hashAlgorithm: "SHA2_256",
    publicKey: {
      rawBytes: key.spki.toBase64(),
      keyDetails: key.kind === "Ed25519" ? "PKIX_ED25519" : "PKIX_ECDSA_P256_SHA_256",
      validFor: { ...validFor },
    },
    logId: { keyId: (await logId(host, key)).toBase64() },
  });
  return {
    root,
    intermediate,
    certificateLog,
    log,
    log2,
    timestamps,
    trustedRoot: {
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      tlogs: [await logOf("rekor.example", log), await logOf("rekor2.example", log2)],
      certificateAuthorities: [{
        subject: { organization: label, commonName: "root" },
        uri: "https://fulcio.example",
        certChain: chainOf(intermediate, root),
        validFor: { ...validFor },
      }],
      ctlogs: [await logOf("ct.example", certificateLog)],
      timestampAuthorities: [{
        subject: { organization: label, commonName: "tsa" },
        uri: "https://tsa.example",
        certChain: chainOf(...timestamps.certificates),
        validFor: { ...validFor },
      }],
    },
  };
}

/** What to put into a signing certificate. */
export interface SignerOptions extends CertificateOptions {
  readonly identity?: string;
  /** The issuer in each of the two extensions; undefined leaves one out. */
  readonly oidcIssuer?: readonly [string | undefined, string | undefined];
  /** The keys of the certificate logs; none for a certificate without timestamps. */
  readonly certificateLogs?: readonly ForgedKey[];
  /** Changes the list of timestamps after it was made. */
  readonly timestampList?: (list: Bytes) => Bytes;
  readonly timestampTime?: Date;
}

/** Makes a signing certificate as Fulcio does: a precertificate is logged, then the timestamps are put in. */
export async function forgeSigner(
  instance: SigstoreInstance,
  options: SignerOptions = {},
): Promise<ForgedCertificate> {
  const [first, second] = options.oidcIssuer ?? [ISSUER, ISSUER];
  const extensions = options.extensions ?? [
    keyUsage(["digitalSignature"]),
    extendedKeyUsage(["codeSigning"]),
    extension("2.5.29.17", sequence(implicit(6, utf8(options.identity ?? IDENTITY))), true),
    ...(first === undefined ? [] : [extension("1.3.6.1.4.1.57264.1.1", utf8(first))]),
    ...(second === undefined ? [] : [extension("1.3.6.1.4.1.57264.1.8", string(second, "utf8"))]),
  ];
  const issuer = options.issuer ?? instance.intermediate;
  const common = {
    subject: [],
    issuer,
    key: options.key ?? "P-256",
    serial: 4711n,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    ...options,
  } as const;
  const logs = options.certificateLogs ?? [instance.certificateLog];
  if (logs.length === 0) return await forgeCertificate({ ...common, extensions });
  const precertificate = await forgeCertificate({ ...common, extensions });
  const tbs = firstChild(precertificate.der);
  const timestamps = await Promise.all(
    logs.map((key) => certificateTimestamp(key, issuer.key, tbs, options.timestampTime)),
  );
  const list = vector(2, join(...timestamps.map((one) => vector(2, one))));
  const value = octetString(options.timestampList?.(list) ?? list);
  return await forgeCertificate({
    ...common,
    key: precertificate.key,
    extensions: [...extensions, extension("1.3.6.1.4.1.11129.2.4.2", value)],
  });
}

async function certificateTimestamp(
  log: ForgedKey,
  issuer: ForgedKey,
  tbs: Bytes,
  at = NOT_BEFORE,
): Promise<Bytes> {
  const time = number(at.getTime(), 8);
  const signed = join(
    Uint8Array.of(0, 0),
    time,
    Uint8Array.of(0, 1),
    await sha256(issuer.spki),
    vector(3, tbs),
    Uint8Array.of(0, 0),
  );
  const signature = ecdsaDer(await sign(log, certificateAlgorithm(log), signed));
  return join(
    Uint8Array.of(0),
    await sha256(log.spki),
    time,
    Uint8Array.of(0, 0, 4, 3),
    vector(2, signature),
  );
}

/** What to make a bundle of. */
export interface BundleOptions {
  readonly instance: SigstoreInstance;
  /** The signer: somebody with a certificate, or a key. */
  readonly signer: ForgedCertificate | ForgedKey;
  /** The file that is signed, or that the statement is about. */
  readonly artifact: Bytes;
  readonly kind?: "message" | "dsse";
  readonly version?: "0.1" | "0.2" | "0.3";
  /** The kind of log entry; none when `none`. */
  readonly entry?: "hashedrekord" | "dsse" | "intoto" | "hashedrekord2" | "dsse2" | "none";
  /** Whether a timestamp is in it. */
  readonly timestamped?: boolean;
  readonly timestamp?: Omit<Parameters<typeof forgeTimestamp>[0], "stamped" | "authority">;
  readonly payloadType?: string;
  readonly predicateType?: string;
  readonly predicate?: Json;
  /** Changes the statement before it is signed. */
  readonly statement?: (statement: Json) => Json;
  readonly integratedTime?: Date;
  /** What the log calls itself in its checkpoint, if not by its own name. */
  readonly logName?: string;
}

/** Makes a bundle, as decoded JSON that tests may change. */
export async function forgeBundle(options: BundleOptions): Promise<Json> {
  const { instance, signer, artifact, kind = "message", version = "0.3" } = options;
  const key = "key" in signer ? signer.key : signer;
  const digest = await sha256(artifact);
  const payload = utf8(JSON.stringify(
    (options.statement ?? ((same: Json): Json => same))({
      _type: STATEMENT,
      subject: [{ name: "artifact", digest: { sha256: digest.toHex() } }],
      predicateType: options.predicateType ?? "https://example.com/predicate",
      predicate: options.predicate ?? {},
    }),
  ));
  const payloadType = options.payloadType ?? PAYLOAD_TYPE;
  const data = kind === "message"
    ? artifact
    : join(utf8(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload);
  const signature = await signLike(key, data);
  const content = kind === "message"
    ? {
      messageSignature: {
        messageDigest: { algorithm: "SHA2_256", digest: digest.toBase64() },
        signature: signature.toBase64(),
      },
    }
    : {
      dsseEnvelope: {
        payload: payload.toBase64(),
        payloadType,
        signatures: [{ sig: signature.toBase64() }],
      },
    };
  const entry = options.entry ?? (kind === "message" ? "hashedrekord" : "dsse");
  const body = entry === "none"
    ? undefined
    : await bodyOf(entry, { signer, signature, data, payload });
  const token = options.timestamped && await forgeTimestamp({
    stamped: signature,
    authority: instance.timestamps,
    time: "20261101000500Z",
    ...options.timestamp,
  });
  const suffix = version === "0.3" ? ".v0.3+json" : `+json;version=${version}`;
  return {
    mediaType: `application/vnd.dev.sigstore.bundle${suffix}`,
    verificationMaterial: {
      ...materialOf(signer, version),
      tlogEntries: body === undefined ? [] : [
        await forgeEntry(
          instance,
          body,
          entry.endsWith("2"),
          options.integratedTime,
          options.logName,
        ),
      ],
      ...(token === undefined || token === false ? {} : {
        timestampVerificationData: {
          rfc3161Timestamps: [{ signedTimestamp: granted(token).toBase64() }],
        },
      }),
    },
    ...content,
  };
}

/** A TimeStampResp with a token; 0 and 1 are the states in which it was granted. */
export function granted(token: Bytes, status = 0): Bytes {
  return sequence(sequence(Uint8Array.of(2, 1, status)), token);
}

function materialOf(signer: ForgedCertificate | ForgedKey, version: string): Json {
  if (!("key" in signer)) return { publicKey: { hint: "a hint" } };
  const rawBytes = signer.der.toBase64();
  return version === "0.3"
    ? { certificate: { rawBytes } }
    : { x509CertificateChain: { certificates: [{ rawBytes }] } };
}

interface Signed {
  readonly signer: ForgedCertificate | ForgedKey;
  readonly signature: Bytes;
  readonly data: Bytes;
  readonly payload: Bytes;
}

async function bodyOf(entry: string, signed: Signed): Promise<Json> {
  const { signer, payload, data } = signed;
  const signature = signed.signature.toBase64();
  const der = "key" in signer ? signer.der : signer.spki;
  const label = "key" in signer ? "CERTIFICATE" : "PUBLIC KEY";
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  const pem = utf8(`-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`)
    .toBase64();
  const rawBytes = der.toBase64();
  const verifier = "key" in signer
    ? { keyDetails: "PKIX_ECDSA_P256_SHA_256", x509Certificate: { rawBytes } }
    : { keyDetails: "PKIX_ECDSA_P256_SHA_256", publicKey: { rawBytes } };
  const hex = async (bytes: Bytes): Promise<Json> => ({
    algorithm: "sha256",
    value: (await sha256(bytes)).toHex(),
  });
  const raw = async (bytes: Bytes): Promise<Json> => ({
    algorithm: "SHA2_256",
    digest: (await sha256(bytes)).toBase64(),
  });
  switch (entry) {
    case "hashedrekord":
      return {
        apiVersion: "0.0.1",
        kind: "hashedrekord",
        spec: {
          data: { hash: await hex(data) },
          signature: { content: signature, publicKey: { content: pem } },
        },
      };
    case "dsse":
      return {
        apiVersion: "0.0.1",
        kind: "dsse",
        spec: {
          envelopeHash: await hex(data),
          payloadHash: await hex(payload),
          signatures: [{ signature, verifier: pem }],
        },
      };
    case "intoto":
      return {
        apiVersion: "0.0.2",
        kind: "intoto",
        spec: {
          content: {
            envelope: {
              payloadType: PAYLOAD_TYPE,
              signatures: [{ sig: utf8(signature).toBase64(), publicKey: pem }],
            },
            hash: await hex(data),
            payloadHash: await hex(payload),
          },
        },
      };
    case "hashedrekord2":
      return {
        apiVersion: "0.0.2",
        kind: "hashedrekord",
        spec: {
          hashedRekordV002: { data: await raw(data), signature: { content: signature, verifier } },
        },
      };
    default:
      return {
        apiVersion: "0.0.2",
        kind: "dsse",
        spec: {
          dsseV002: {
            payloadHash: await raw(payload),
            signatures: [{ content: signature, verifier }],
          },
        },
      };
  }
}

/**
 * Puts an entry into a log of five and gives what a bundle has of it: a promise (not in version 2), a
 * proof, and a checkpoint.
 */
export async function forgeEntry(
  instance: SigstoreInstance,
  content: Json,
  second = false,
  at = SIGNED_AT,
  name?: string,
): Promise<Json> {
  const body = utf8(JSON.stringify(content));
  const host = second ? "rekor2.example" : "rekor.example";
  const key = second ? instance.log2 : instance.log;
  const id = await logId(host, key);
  const leaves = await Promise.all(
    [utf8("a"), utf8("b"), utf8("c"), body, utf8("e")].map((leaf) => treeHash(0, leaf)),
  );
  const root = await rootOf(leaves);
  const origin = name ?? (second ? host : `${host} - 99`);
  const text = `${origin}\n5\n${root.toBase64()}\n`;
  const noted = await signLike(key, utf8(text));
  const line = `— ${name ?? host} ${join(id.slice(0, 4), noted).toBase64()}`;
  const logIndex = second ? 3 : 1003;
  const integratedTime = Math.floor(at.getTime() / 1000);
  const promise = await signLike(
    key,
    utf8(JSON.stringify({
      body: body.toBase64(),
      integratedTime,
      logID: id.toHex(),
      logIndex,
    })),
  );
  return {
    logIndex: String(logIndex),
    logId: { keyId: id.toBase64() },
    kindVersion: { kind: content.kind, version: content.apiVersion },
    ...(second ? {} : {
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: promise.toBase64() },
    }),
    inclusionProof: {
      logIndex: "3",
      rootHash: root.toBase64(),
      treeSize: "5",
      hashes: (await proofOf(leaves, 3)).map((hash) => hash.toBase64()),
      checkpoint: { envelope: `${text}\n${line}\n` },
    },
    canonicalizedBody: body.toBase64(),
  };
}

/** Signs as the key does: ECDSA in DER with the hash of the curve, or Ed25519. */
export async function signLike(key: ForgedKey, data: Bytes): Promise<Bytes> {
  const algorithm = certificateAlgorithm(key);
  const made = await sign(key, algorithm, data);
  return algorithm.name === "ECDSA" ? ecdsaDer(made) : made;
}

/** What logs call their keys: the hash of the key, or for Ed25519 of name and key (C2SP signed-note). */
async function logId(host: string, key: ForgedKey): Promise<Bytes> {
  return key.kind === "Ed25519"
    ? await sha256(join(utf8(`${host}\n`), Uint8Array.of(1), key.spki.slice(-32)))
    : await sha256(key.spki);
}

async function treeHash(prefix: number, ...parts: readonly Bytes[]): Promise<Bytes> {
  return await sha256(join(Uint8Array.of(prefix), ...parts));
}

/** RFC 6962 §2.1, as it is written there. */
async function rootOf(leaves: readonly Bytes[]): Promise<Bytes> {
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  const split = splitOf(leaves.length);
  return await treeHash(
    1,
    await rootOf(leaves.slice(0, split)),
    await rootOf(leaves.slice(split)),
  );
}

/** RFC 6962 §2.1.1: the hashes beside the way from a leaf to the root. */
export async function proofOf(leaves: readonly Bytes[], index: number): Promise<Bytes[]> {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  return index < split
    ? [...await proofOf(leaves.slice(0, split), index), await rootOf(leaves.slice(split))]
    : [...await proofOf(leaves.slice(split), index - split), await rootOf(leaves.slice(0, split))];
}

function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** The leaf hashes and root of a tree, for tests of proofs. */
export async function forgeTree(
  count: number,
): Promise<{ readonly entries: Bytes[]; readonly leaves: Bytes[]; readonly root: Bytes }> {
  const entries = Array.from({ length: count }, (_, index) => utf8(`entry ${index}`));
  const leaves = await Promise.all(entries.map((entry) => treeHash(0, entry)));
  return { entries, leaves, root: await rootOf(leaves) };
}

async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

function vector(lengthBytes: number, content: Bytes): Bytes {
  return join(number(content.length, lengthBytes), content);
}

function number(value: number, width: number): Bytes {
  return Uint8Array.from(
    { length: width },
    (_, index) => Math.floor(value / 256 ** (width - 1 - index)) % 256,
  );
}

/** The first element of a SEQUENCE, as encoded. */
function firstChild(element: Bytes): Bytes {
  const headerOf = (
    bytes: Bytes,
  ): number => ((bytes[1] ?? 0) < 0x80 ? 2 : 2 + (bytes[1] ?? 0) - 0x80);
  const inner = element.slice(headerOf(element));
  const start = headerOf(inner);
  const size = start === 2
    ? inner[1] ?? 0
    : inner.slice(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return inner.slice(0, start + size);
}
