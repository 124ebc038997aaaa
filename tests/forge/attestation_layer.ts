/** Attestations as cosign 2 attaches them: a DSSE envelope as a layer, and annotations. */

import { type Bytes, utf8 } from "./bytes.ts";
import type { ForgedCertificate } from "./certificate.ts";
import type { ForgedKey } from "./keys.ts";
import type { Json } from "./sigstore.ts";

/** The media type of such a layer. */
export const ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json";

/** A layer: the envelope, and what came with its signature. */
export interface EnvelopeLayer {
  readonly mediaType: string;
  readonly payload: Bytes;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The same attestation as a bundle has, in the older form. */
export function envelopeLayer(bundle: Json, signer: ForgedCertificate | ForgedKey): EnvelopeLayer {
  const [entry] = bundle.verificationMaterial.tlogEntries;
  return {
    mediaType: ENVELOPE_TYPE,
    payload: utf8(JSON.stringify({
      ...bundle.dsseEnvelope,
      signatures: bundle.dsseEnvelope.signatures.map(({ sig }: Json) => ({ keyid: "", sig })),
    })),
    annotations: {
      "dev.cosignproject.cosign/signature": "",
      ...("key" in signer ? { "dev.sigstore.cosign/certificate": signer.pem } : {}),
      ...(entry === undefined ? {} : {
        "dev.sigstore.cosign/bundle": JSON.stringify({
          SignedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
          Payload: {
            body: entry.canonicalizedBody,
            integratedTime: Number(entry.integratedTime),
            logIndex: Number(entry.logIndex),
            logID: Uint8Array.fromBase64(entry.logId.keyId).toHex(),
          },
        }),
      }),
    },
  };
}
