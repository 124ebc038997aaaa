/** Lets the Notation verifier judge a forged signature, as it is and without any file. */

import { parseCertificate } from "../src/crypto/mod.ts";
import type { AssayError } from "../src/errors.ts";
import type { Digest, Manifest } from "../src/oci/mod.ts";
import {
  checkTrustPolicyDocument,
  type RevocationChecker,
  type TrustMaterial,
  TrustSnapshot,
} from "../src/trust/mod.ts";
import {
  createNotationVerifier,
  type PluginHost,
  type VerifierResult,
} from "../src/verifiers/mod.ts";
import {
  type Bytes,
  COSE_MEDIA_TYPE,
  type ForgedCertificate,
  type ForgedChain,
  forgeImage,
  JWS_MEDIA_TYPE,
} from "./forge/mod.ts";

/** What the verifier is told; everything but the envelope and the chain has a value that is right. */
export interface Question {
  readonly envelope: Bytes;
  readonly chain: ForgedChain;
  /** What the trust store holds; the root of the chain when absent. */
  readonly store?: readonly ForgedCertificate[];
  readonly storeType?: "ca" | "signingAuthority";
  /** What the trust store `tsa:forge` holds; there is none when absent. */
  readonly authorities?: readonly ForgedCertificate[];
  /** Why the material of both stores is incomplete; it is complete when absent. */
  readonly incomplete?: AssayError;
  /** Since when it could not be refreshed; it is fresh when absent. */
  readonly staleSince?: string;
  readonly verifyTimestamp?: "always" | "afterCertExpiry";
  readonly level?: "strict" | "permissive" | "audit";
  readonly override?: Readonly<Record<string, "enforce" | "log" | "skip">>;
  readonly identities?: readonly string[];
  readonly trustStores?: readonly string[];
  readonly userMetadata?: Readonly<Record<string, string>>;
  /** Changes the signature's manifest. */
  readonly manifest?: Partial<Manifest>;
  readonly now?: Date;
  /** Who is asked for revocation; nobody when absent. */
  readonly revocation?: RevocationChecker;
  /** Where plugins come from; there are none when absent. */
  readonly plugins?: PluginHost;
  /** Milliseconds. */
  readonly staleWhileUnreachable?: number;
}

/** The image that forged signatures are about. */
export const IMAGE = await forgeImage();

/** The verifier's result. */
export async function judge(question: Question): Promise<VerifierResult> {
  const type = question.storeType ?? "ca";
  const policy = {
    version: "1.0",
    trustPolicies: [{
      name: "forged",
      registryScopes: ["*"],
      signatureVerification: {
        level: question.level ?? "strict",
        override: question.override,
        verifyTimestamp: question.verifyTimestamp,
      },
      trustStores: question.trustStores ?? [`${type}:forge`],
      trustedIdentities: question.identities ?? ["*"],
    }],
  } as const;
  const issues = checkTrustPolicyDocument(policy);
  if (issues.length > 0) throw new Error(JSON.stringify(issues));
  const providers = new Map([
    ["forge", material(question.store ?? [question.chain.root], question)],
    ["authorities", material(question.authorities ?? [], question)],
  ]);
  const verifier = createNotationVerifier({
    name: "notation",
    type: "notation",
    artifactTypes: ["*"],
    trustPolicy: policy,
    stores: new Map([[`${type}:forge`, ["forge"]], ["tsa:forge", ["authorities"]]]),
    caCertificates: undefined,
    userMetadata: question.userMetadata ?? {},
    maxSignatureAttempts: 100,
    allowedRevocationHosts: [],
    staleWhileUnreachable: question.staleWhileUnreachable ?? 0,
  });
  const subject = { ...IMAGE.descriptor, digest: IMAGE.descriptor.digest as Digest };
  const { envelope } = question;
  const mediaType = envelope[0] === 0x7b ? JWS_MEDIA_TYPE : COSE_MEDIA_TYPE;
  const layer = { mediaType, digest: subject.digest, size: envelope.length };
  const manifest: Manifest = {
    kind: "image",
    mediaType: subject.mediaType,
    artifactType: "application/vnd.cncf.notary.signature",
    blobs: [layer],
    manifests: [],
    subject,
    annotations: {},
    ...question.manifest,
  };
  return await verifier.verify(
    { reference: `registry.example.com/app@${subject.digest}`, descriptor: subject },
    { ...layer, artifactType: "application/vnd.cncf.notary.signature" },
    {
      artifacts: {
        manifest: () => Promise.resolve(manifest),
        blob: () => Promise.resolve(envelope),
      },
      trust: new TrustSnapshot("forged", providers),
      scope: "",
      now: question.now ?? new Date("2026-11-24T12:00:00Z"),
      signal: new AbortController().signal,
      revocation: question.revocation,
      plugins: question.plugins,
    },
  );
}

function material(
  certificates: readonly ForgedCertificate[],
  { incomplete, staleSince }: Pick<Question, "incomplete" | "staleSince">,
): TrustMaterial {
  return {
    certificates: certificates.map(({ der }) => ({
      name: "",
      version: "",
      certificate: parseCertificate(der),
      ...(staleSince === undefined ? {} : { staleSince }),
    })),
    keys: [],
    details: [],
    ...(incomplete === undefined ? {} : { incomplete }),
  };
}
