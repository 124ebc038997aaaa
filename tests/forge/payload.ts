/** What a signature of the Notary Project says: the target, the scheme and the times. */

import { type Bytes, utf8 } from "./bytes.ts";
import type { ForgedChain } from "./certificate.ts";
import type { ForgedKey, SignatureAlgorithm } from "./keys.ts";

/** The media type of the payload. */
export const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";

/** The artifact that is signed. */
export interface Target {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What both envelope formats share. Everything but the chain has a default that is right. */
export interface EnvelopeOptions {
  readonly chain: ForgedChain;
  /** The artifact that is signed. */
  readonly target: Target;
  /** Members that replace or extend those of the target in the payload; undefined removes one. */
  readonly targetOverrides?: Readonly<Record<string, unknown>>;
  /** The whole payload, text or bytes, in place of one made from the target. */
  readonly payload?: string | Bytes;
  /** `notary.x509` when absent. */
  readonly scheme?: string;
  /** 2026-11-01 when absent; the authentic signing time under the scheme `notary.x509.signingAuthority`. */
  readonly signingTime?: Date;
  /** No expiry when absent. */
  readonly expiry?: Date;
  /** The key that signs, if not the leaf's: the signature does not fit then. */
  readonly key?: ForgedKey;
  /** How it signs, if not as the key has to; `alg` goes by the leaf's key all the same. */
  readonly algorithm?: SignatureAlgorithm;
  /** The certificates of the envelope, DER, if not those of the chain. */
  readonly certificates?: readonly Bytes[];
  /** Changes the signature after it was made. */
  readonly signature?: (signature: Bytes) => Bytes;
}

/** The signing time that signatures have unless told otherwise. */
export const SIGNING_TIME = new Date("2026-11-01T00:00:00Z");

/** The payload of a signature. */
export function forgePayload(options: EnvelopeOptions): Bytes {
  const { payload, target, targetOverrides } = options;
  if (payload !== undefined) return typeof payload === "string" ? utf8(payload) : payload;
  return utf8(JSON.stringify({ targetArtifact: { ...target, ...targetOverrides } }));
}

/** The certificates to put into an envelope. */
export function envelopeCertificates(options: EnvelopeOptions): readonly Bytes[] {
  return options.certificates ?? options.chain.certificates.map((certificate) => certificate.der);
}

/** The headers that are about time: which name, which time, and whether it has to be critical. */
export function timeHeaders(
  options: EnvelopeOptions,
): { name: string; time: Date; critical: boolean }[] {
  const authentic = options.scheme === "notary.x509.signingAuthority";
  const signed = {
    name: authentic ? "io.cncf.notary.authenticSigningTime" : "io.cncf.notary.signingTime",
    time: options.signingTime ?? SIGNING_TIME,
    critical: authentic,
  };
  return options.expiry === undefined
    ? [signed]
    : [signed, { name: "io.cncf.notary.expiry", time: options.expiry, critical: true }];
}
