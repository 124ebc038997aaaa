import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type BundleOptions,
  type Bytes,
  forgeBundle,
  type ForgedCertificate,
  type ForgedKey,
  forgeInstance,
  forgeKey,
  forgeSigner,
  IDENTITY,
  ISSUER,
  type Json,
} from "./forge/mod.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * Bundles of every kind, made by a small deployment of our own, through the command line. Each must be
 * right as it is, and wrong as soon as a byte of what proves it is another.
 */

const INSTANCE = await forgeInstance();
const SIGNER = await forgeSigner(INSTANCE);
const KEY = await forgeKey("P-256", "bundle key");
const ARTIFACT = new TextEncoder().encode("the artifact") as Bytes;

interface Kind extends Partial<BundleOptions> {
  readonly by: "key" | "certificate";
}

const KINDS: Readonly<Record<string, Kind>> = {
  "a message, 0.1": { by: "certificate", version: "0.1" },
  "a message, 0.2": { by: "certificate", version: "0.2" },
  "a message, 0.3": { by: "certificate" },
  "a message by a key": { by: "key" },
  "a message with a timestamp": { by: "certificate", timestamped: true },
  "a message in a log of version 2": {
    by: "certificate",
    entry: "hashedrekord2",
    timestamped: true,
  },
  "a message by a key in a log of version 2": { by: "key", entry: "hashedrekord2" },
  "a statement, dsse": { by: "certificate", kind: "dsse" },
  "a statement, intoto": { by: "certificate", kind: "dsse", entry: "intoto" },
  "a statement, hashedrekord": { by: "certificate", kind: "dsse", entry: "hashedrekord" },
  "a statement by a key": { by: "key", kind: "dsse" },
  "a statement in a log of version 2": {
    by: "certificate",
    kind: "dsse",
    entry: "dsse2",
    timestamped: true,
  },
};

function make({ by, ...options }: Kind): Promise<Json> {
  const signer: ForgedCertificate | ForgedKey = by === "key" ? KEY : SIGNER;
  return forgeBundle({ instance: INSTANCE, signer, artifact: ARTIFACT, ...options });
}

interface Question {
  readonly by: "key" | "certificate";
  readonly bundle: Json | string;
  readonly artifact?: Bytes;
  readonly trustedRoot?: Json;
  readonly identity?: string;
  readonly issuer?: string;
  readonly digest?: boolean;
}

/** Runs `assay verify-bundle`. */
async function verify(question: Question): Promise<{ status: number; text: string }> {
  const { bundle, by } = question;
  await using folder = await temporaryFolder();
  const path = (name: string): string => `${folder.path}/${name}`;
  const artifact = question.artifact ?? ARTIFACT;
  await Deno.writeTextFile(
    path("bundle.json"),
    typeof bundle === "string" ? bundle : JSON.stringify(bundle),
  );
  await Deno.writeTextFile(
    path("root.json"),
    JSON.stringify(question.trustedRoot ?? INSTANCE.trustedRoot),
  );
  await Deno.writeFile(path("artifact"), artifact);
  const lines = KEY.spki.toBase64().match(/.{1,64}/g) ?? [];
  await Deno.writeTextFile(
    path("key.pub"),
    `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`,
  );
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", artifact)).toHex();
  const run = await runCli([
    "verify-bundle",
    ...["--bundle", path("bundle.json")],
    ...(by === "key" ? ["--key", path("key.pub")] : [
      ...["--certificate-identity", question.identity ?? IDENTITY],
      ...["--certificate-oidc-issuer", question.issuer ?? ISSUER],
    ]),
    ...["--trusted-root", path("root.json")],
    question.digest ? `sha256:${hash}` : path("artifact"),
  ]);
  return { status: run.status, text: run.out + run.err };
}

for (const [name, kind] of Object.entries(KINDS)) {
  Deno.test(`verify-bundle accepts ${name}, against the file and against its digest`, async () => {
    const bundle = await make(kind);
    for (const digest of [false, true]) {
      const { status, text } = await verify({ by: kind.by, bundle, digest });
      assert.equal(status, 0, text);
    }
  });

  Deno.test(`verify-bundle refuses ${name} for another file`, async () => {
    const artifact = new TextEncoder().encode("another artifact") as Bytes;
    for (const digest of [false, true]) {
      const { status } = await verify({ by: kind.by, bundle: await make(kind), artifact, digest });
      assert.equal(status, 1);
    }
  });

  Deno.test(`verify-bundle refuses ${name} with any byte changed that proves something`, async () => {
    const bundle = await make(kind);
    const places = provingPlaces(bundle);
    assert.ok(places.length >= 5);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        fc.nat(),
        fc.nat(7),
        async (place, position, bit) => {
          const changed = structuredClone(bundle);
          changeAt(changed, place, position, bit);
          const { status, text } = await verify({ by: kind.by, bundle: changed });
          assert.equal(status, 1, `${place.path.join(".")}\n${text}`);
        },
      ),
      { numRuns: 40 },
    );
  });
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly encoding: "base64" | "text";
}

/** Where a bundle has what proves it: signature, payload, certificate, promise, proof, checkpoint, entry. */
function provingPlaces(bundle: Json): Place[] {
  const candidates: Place[] = [
    ["messageSignature", "signature"],
    ["messageSignature", "messageDigest", "digest"],
    ["dsseEnvelope", "payload"],
    ["dsseEnvelope", "signatures", 0, "sig"],
    ["verificationMaterial", "certificate", "rawBytes"],
    ["verificationMaterial", "x509CertificateChain", "certificates", 0, "rawBytes"],
    ["verificationMaterial", "tlogEntries", 0, "logId", "keyId"],
    ["verificationMaterial", "tlogEntries", 0, "canonicalizedBody"],
    ["verificationMaterial", "tlogEntries", 0, "inclusionPromise", "signedEntryTimestamp"],
    ["verificationMaterial", "tlogEntries", 0, "inclusionProof", "rootHash"],
    ["verificationMaterial", "tlogEntries", 0, "inclusionProof", "hashes", 0],
    ["verificationMaterial", "tlogEntries", 0, "inclusionProof", "hashes", 1],
    ["verificationMaterial", "tlogEntries", 0, "inclusionProof", "hashes", 2],
  ].map((path) => ({ path, encoding: "base64" }));
  const entry = ["verificationMaterial", "tlogEntries", 0];
  const texts = [
    [...entry, "inclusionProof", "checkpoint", "envelope"],
    [...entry, "kindVersion", "kind"],
    [...entry, "kindVersion", "version"],
    ["dsseEnvelope", "payloadType"],
  ].map((path): Place => ({ path, encoding: "text" }));
  return [...candidates, ...texts].filter(({ path }) => valueAt(bundle, path) !== undefined);
}

function valueAt(bundle: Json, path: readonly (string | number)[]): Json {
  return path.reduce((value, step) => value?.[step], bundle);
}

function changeAt(bundle: Json, { path, encoding }: Place, position: number, bit: number): void {
  const parent = valueAt(bundle, path.slice(0, -1));
  const last = path.at(-1) as string;
  const bytes: Bytes = encoding === "base64"
    ? Uint8Array.fromBase64(parent[last])
    : new TextEncoder().encode(parent[last]) as Bytes;
  bytes[position % bytes.length]! ^= 1 << bit;
  parent[last] = encoding === "base64" ? bytes.toBase64() : new TextDecoder().decode(bytes);
}

/** A bundle of a certificate that is wrong in one way, and what is said of it. */
interface Wrong extends Partial<Kind> {
  readonly change?: (bundle: Json) => void;
  readonly root?: (root: Json) => void;
  readonly ask?: Partial<Question>;
  readonly signer?: ForgedCertificate;
  readonly says: RegExp;
}

/** With one added to the number of two bytes that stands there. */
function longer(bytes: Bytes, at: number): Bytes {
  return bytes.with(at + 1, (bytes[at + 1] ?? 0) + 1) as Bytes;
}

const OTHER = await forgeInstance("other");
const entryOf = (bundle: Json): Json => bundle.verificationMaterial.tlogEntries[0];
const LATE = new Date("2026-11-01T01:00:00Z");

/** Changes the key hint and signature of a checkpoint. */
function changeNote(bundle: Json, change: (bytes: Uint8Array) => Uint8Array): void {
  const { checkpoint } = entryOf(bundle).inclusionProof;
  checkpoint.envelope = checkpoint.envelope.replace(
    /(— \S+ )(\S+)/,
    (_: string, name: string, note: string) =>
      name + change(Uint8Array.fromBase64(note)).toBase64(),
  );
}

const WRONG: Readonly<Record<string, Wrong>> = {
  "of another identity": { ask: { identity: "https://x.example" }, says: /the policy wants/ },
  "of another issuer": { ask: { issuer: "https://x.example" }, says: /the policy wants/ },
  "by another authority": {
    signer: await forgeSigner(OTHER, { certificateLogs: [INSTANCE.certificateLog] }),
    says: /no authority of the trusted root/,
  },
  "without certificate timestamp": {
    signer: await forgeSigner(INSTANCE, { certificateLogs: [] }),
    says: /no certificate timestamp in it/,
  },
  "with a certificate timestamp by another log": {
    signer: await forgeSigner(INSTANCE, { certificateLogs: [OTHER.certificateLog] }),
    says: /No certificate timestamp is by a trusted log/,
  },
  "with a certificate timestamp that is changed": {
    signer: await forgeSigner(INSTANCE, {
      timestampList: (list) => list.with(list.length - 1, (list.at(-1) ?? 0) ^ 1) as Bytes,
    }),
    says: /does not verify with the key of https:\/\/ct.example/,
  },
  "with a certificate timestamp of a time before the log": {
    signer: await forgeSigner(INSTANCE, { timestampTime: new Date("2019-01-01T00:00:00Z") }),
    says: /was not in use/,
  },
  "with two issuers that differ": {
    signer: await forgeSigner(INSTANCE, { oidcIssuer: [ISSUER, "https://x.example"] }),
    says: /two different OIDC issuers/,
  },
  "without issuer": {
    signer: await forgeSigner(INSTANCE, { oidcIssuer: [undefined, undefined] }),
    says: /does not say who identified/,
  },
  "integrated after the certificate": { integratedTime: LATE, says: /was valid from/ },
  "with a timestamp outside the certificate's validity": {
    timestamped: true,
    timestamp: { time: "20261101010000Z" },
    says: /was valid from/,
  },
  "in a log of version 2 without timestamp": {
    entry: "hashedrekord2",
    says: /Nothing proves when/,
  },
  "with a certificate timestamp of another version": {
    signer: await forgeSigner(INSTANCE, { timestampList: (list) => list.with(4, 1) as Bytes }),
    says: /the version is not 1/,
  },
  "with a certificate timestamp that has bytes after it": {
    signer: await forgeSigner(INSTANCE, {
      timestampList: (list) => new Uint8Array([...longer(longer(list, 0), 2), 0]),
    }),
    says: /bytes after it/,
  },
  "with bytes after the list of certificate timestamps": {
    signer: await forgeSigner(INSTANCE, {
      timestampList: (list) => new Uint8Array([...list, 0]),
    }),
    says: /bytes after it/,
  },
  "in a log of version 2 that was not in use at the time of the timestamp": {
    entry: "hashedrekord2",
    timestamped: true,
    root: ({ tlogs: [, log] }) => log.publicKey.validFor.end = "2026-10-31T00:00:00Z",
    says: /was not in use/,
  },
  "with a digest by another hash": {
    change: ({ messageSignature }) => messageSignature.messageDigest.algorithm = "SHA2_512",
    says: /not by SHA2_256/,
  },
  "of something that is no statement": {
    kind: "dsse",
    payloadType: "application/json",
    says: /no in-toto statement/,
  },
  "with a key and a certificate": {
    change: ({ verificationMaterial }) => verificationMaterial.publicKey = { hint: "x" },
    says: /exactly one of publicKey/,
  },
  "with an empty signature": {
    change: ({ messageSignature }) => messageSignature.signature = "",
    says: /signature is empty/,
  },
  "without log entry": { entry: "none", says: /No transparency log entry/ },
  "with an entry twice": {
    change: (bundle) => bundle.verificationMaterial.tlogEntries.push(entryOf(bundle)),
    says: /there twice/,
  },
  "without proof in 0.3": {
    change: (bundle) => delete entryOf(bundle).inclusionProof,
    says: /no inclusionProof/,
  },
  "without promise in 0.1": {
    version: "0.1",
    change: (bundle) => delete entryOf(bundle).inclusionPromise,
    says: /no inclusionPromise/,
  },
  "without promise, so that its time counts for nothing": {
    change: (bundle) => delete entryOf(bundle).inclusionPromise,
    says: /Nothing proves when/,
  },
  "with another time": {
    change: (bundle) => entryOf(bundle).integratedTime = "1793491201",
    says: /promise/,
  },
  "with another position": {
    change: (bundle) => entryOf(bundle).logIndex = "1004",
    says: /promise/,
  },
  "in a log of version 2 at another position": {
    entry: "hashedrekord2",
    timestamped: true,
    change: (bundle) => entryOf(bundle).logIndex = "4",
    says: /not at the position/,
  },
  "with a proof of another size": {
    change: (bundle) => entryOf(bundle).inclusionProof.treeSize = "6",
    says: /proof of inclusion|another state/,
  },
  "with a proof for another position": {
    change: (bundle) => entryOf(bundle).inclusionProof.logIndex = "2",
    says: /proof of inclusion/,
  },
  "with a proof that has a hash more": {
    change: (bundle) => entryOf(bundle).inclusionProof.hashes.push("A".repeat(43) + "="),
    says: /proof of inclusion/,
  },
  "with a checkpoint that nobody signed": {
    change: (bundle) => {
      const { checkpoint } = entryOf(bundle).inclusionProof;
      checkpoint.envelope = checkpoint.envelope.slice(0, checkpoint.envelope.indexOf("\n\n") + 2);
    },
    says: /checkpoint/,
  },
  "with a checkpoint of another state of the log": {
    change: (bundle) => {
      entryOf(bundle).inclusionProof.checkpoint = OTHERS.tlogEntries[0].inclusionProof.checkpoint;
    },
    says: /another state/,
  },
  "with a checkpoint signature that names another key": {
    change: (bundle) => changeNote(bundle, (bytes) => bytes.with(0, (bytes[0] ?? 0) ^ 1)),
    says: /does not verify with the log's key/,
  },
  "with a checkpoint signature under another name": {
    change: (bundle) => {
      const { checkpoint } = entryOf(bundle).inclusionProof;
      checkpoint.envelope = checkpoint.envelope.replace("— rekor.example", "— rekor.exampl");
    },
    says: /does not verify with the log's key/,
  },
  "in a log of version 2 that calls itself something else": {
    entry: "hashedrekord2",
    timestamped: true,
    logName: "other.example",
    says: /does not verify with the log's key/,
  },
  "with the entry of another signature": {
    change: (bundle) => bundle.verificationMaterial.tlogEntries = OTHERS.tlogEntries,
    says: /is about another/,
  },
  "without subject for the file": {
    kind: "dsse",
    statement: (statement) => ({ ...statement, subject: [{ digest: { sha256: "00" } }] }),
    says: /not about/,
  },
  "with a statement of no type": {
    kind: "dsse",
    statement: ({ _type: _, ...statement }) => statement,
    says: /_type/,
  },
  "with a statement of another type": {
    kind: "dsse",
    statement: (statement) => ({ ...statement, _type: "https://in-toto.io/Statement/v9" }),
    says: /_type/,
  },
  "with two signatures": {
    kind: "dsse",
    change: ({ dsseEnvelope: { signatures } }) => signatures.push(signatures[0]),
    says: /2 signatures/,
  },
  "without signature": {
    kind: "dsse",
    change: ({ dsseEnvelope }) => dsseEnvelope.signatures = [],
    says: /0 signatures/,
  },
  "with two contents": {
    change: (bundle) => bundle.dsseEnvelope = {},
    says: /exactly one of messageSignature and dsseEnvelope/,
  },
  "with a chain in 0.3": {
    version: "0.2",
    change: (bundle) => bundle.mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json",
    says: /no x509CertificateChain/,
  },
  "of a version that is not known": {
    change: (bundle) => bundle.mediaType = "application/vnd.dev.sigstore.bundle.v0.4+json",
    says: /mediaType/,
  },
  "with a field that is not known": {
    change: (bundle) => bundle.verificationMaterial.more = 1,
    says: /unknown field/,
  },
  "with a field in two spellings": {
    change: (bundle) => bundle.media_type = bundle.mediaType,
    says: /two spellings/,
  },
  "with a certificate where a key is wanted": {
    ask: { by: "key" },
    says: /has a certificate, and a key was given/,
  },
  "for a root whose log has gone out of use": {
    root: ({ tlogs: [log] }) => log.publicKey.validFor.end = "2026-10-31T00:00:00Z",
    says: /was not in use/,
  },
  "for a root whose log does not say from when it is valid": {
    root: ({ tlogs: [log] }) => delete log.publicKey.validFor.start,
    says: /does not say from when it is valid/,
  },
  "for a root whose authority has gone out of use": {
    root: ({ certificateAuthorities: [one] }) => one.validFor.end = "2026-10-31T00:00:00Z",
    says: /was not valid at/,
  },
  "for a root whose timestamping authority has gone out of use": {
    entry: "hashedrekord2",
    timestamped: true,
    root: ({ timestampAuthorities: [one] }) => one.validFor.end = "2026-10-31T00:00:00Z",
    says: /Nothing proves when/,
  },
  "for a root without the log": {
    root: (root) => root.tlogs = [],
    says: /No log entry is by a trusted log/,
  },
};

const OTHERS = (await forgeBundle({
  instance: INSTANCE,
  signer: SIGNER,
  artifact: new TextEncoder().encode("something else") as Bytes,
})).verificationMaterial;

for (const [name, wrong] of Object.entries(WRONG)) {
  Deno.test(`verify-bundle refuses a bundle ${name}`, async () => {
    const { change, root, ask, says, signer = SIGNER, by: _, ...options } = wrong;
    const bundle = await forgeBundle({
      instance: INSTANCE,
      signer,
      artifact: ARTIFACT,
      ...options,
    });
    change?.(bundle);
    const trustedRoot = structuredClone(INSTANCE.trustedRoot);
    root?.(trustedRoot);
    const { status, text } = await verify({ by: "certificate", bundle, trustedRoot, ...ask });
    assert.equal(status, 1, text);
    assert.match(text, says);
  });
}

Deno.test("verify-bundle takes a key without log entry, and no log entry that is wrong", async () => {
  const bundle = await make({ by: "key", entry: "none" });
  for (const digest of [false, true]) {
    const { status, text } = await verify({ by: "key", bundle, digest });
    assert.equal(status, 0, text);
  }
  const trustedRoot = { mediaType: INSTANCE.trustedRoot.mediaType };
  const { status } = await verify({ by: "key", bundle, trustedRoot });
  assert.equal(status, 0);
  const logged = await make({ by: "key" });
  assert.equal((await verify({ by: "key", bundle: logged, trustedRoot })).status, 1);
});

Deno.test("verify-bundle counts both ends of a validity in", async () => {
  const bundle = await make({ by: "certificate", entry: "hashedrekord2", timestamped: true });
  const trustedRoot = structuredClone(INSTANCE.trustedRoot);
  const period = { start: "2026-11-01T00:05:00Z", end: "2026-11-01T00:05:00Z" };
  for (const log of trustedRoot.tlogs) log.publicKey.validFor = period;
  trustedRoot.certificateAuthorities[0].validFor = period;
  trustedRoot.timestampAuthorities[0].validFor = period;
  const { status, text } = await verify({ by: "certificate", bundle, trustedRoot });
  assert.equal(status, 0, text);
});

Deno.test("verify-bundle takes one good signature of a checkpoint among others", async () => {
  const bundle = await make({ by: "certificate" });
  const { checkpoint } = entryOf(bundle).inclusionProof;
  const witness = `— witness.example ${new Uint8Array(68).fill(7).toBase64()}\n`;
  const [text = "", line = ""] = checkpoint.envelope.split("\n\n");
  checkpoint.envelope = `${text}\n\n${witness}${line}${witness}`;
  const { status, text: said } = await verify({ by: "certificate", bundle });
  assert.equal(status, 0, said);
});

Deno.test("verify-bundle takes a timestamp with and without the authority's certificates", async () => {
  for (const certificates of [undefined, []]) {
    const timestamp = certificates === undefined ? {} : { certificates };
    const bundle = await make({
      by: "certificate",
      entry: "hashedrekord2",
      timestamped: true,
      timestamp,
    });
    const { status, text } = await verify({ by: "certificate", bundle });
    assert.equal(status, 0, text);
  }
});

/** What signs the bundles of the conformance suite. */
const BEACON = [
  "--certificate-identity",
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
  ...["--certificate-oidc-issuer", "https://token.actions.githubusercontent.com"],
];
const data = (name: string): string => `${import.meta.dirname}/data/${name}`;

/** Bundles that others made, with the arguments and the file's SHA-256. */
const REAL: Readonly<Record<string, readonly string[]>> = {
  "the public instance made, in a log of version 1, with a timestamp": [
    ...["--bundle", data("rekor_v1_hashedrekord.sigstore.json"), ...BEACON],
    "sha256:70ed0277251d0cf2eb5eda8b574ce012de485e39a3de1fb4b1e0717e14b02d6a",
  ],
  "the staging instance made, in a log of version 2": [
    ...["--staging", "--bundle", data("rekor_v2_dsse.sigstore.json"), ...BEACON],
    "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf",
  ],
  "a key signed, with an intoto entry that has a proof alone": [
    ...["--bundle", data("intoto.sigstore.json"), "--key", data("intoto_key.pub")],
    ...["--trusted-root", data("intoto_root.json")],
    "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf",
  ],
};

for (const [name, args] of Object.entries(REAL)) {
  Deno.test(`verify-bundle verifies a bundle that ${name}`, async () => {
    const run = await runCli(["verify-bundle", ...args]);
    assert.equal(run.status, 0, run.out + run.err);
    const other = args.with(-1, `sha256:${"0".repeat(64)}`);
    assert.equal((await runCli(["verify-bundle", ...other])).status, 1);
  });
}

Deno.test("verify-bundle is called with a bundle, one file, and a key or an identity", async () => {
  const bundle = ["--bundle", data("intoto.sigstore.json")];
  const key = ["--key", data("intoto_key.pub")];
  const wrong = [
    [...key, "x"],
    [...bundle, "x"],
    [...bundle, ...key],
    [...bundle, ...key, "x", "y"],
    [...bundle, ...key, ...BEACON, "x"],
    [...bundle, ...BEACON.slice(0, 2), "x"],
  ];
  for (const args of wrong) {
    assert.equal((await runCli(["verify-bundle", ...args])).status, 2, args.join(" "));
  }
  for (
    const args of [[...bundle, ...key, "/nothing"], ["--bundle", "/nothing", ...key, "x"], [
      ...bundle,
      "--key",
      "/nothing",
      "x",
    ]]
  ) {
    assert.equal((await runCli(["verify-bundle", ...args])).status, 1, args.join(" "));
  }
});
