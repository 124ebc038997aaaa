import { equalBytes } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import type { Bytes, Descriptor, Manifest } from "../../oci/mod.ts";
import type { StatementBundle } from "../cosign/bundle_layer.ts";
import { fetchLayers, orFailure } from "../cosign/layers.ts";
import { readBeside, readSignature } from "../cosign/simple_signing.ts";
import {
  envelopeStatement,
  MAX_ENVELOPE_BYTES,
  parseEnvelope,
  quote,
  reading,
  refusal,
} from "../sigstore/mod.ts";
import type { ArtifactReader } from "../verifier.ts";

/** The media type of a layer that is an attestation by cosign 2. */
const ENVELOPE = "application/vnd.dsse.envelope.v1+json";

/** The most attestations of one manifest, and the most bytes of all of them: 64 MiB. */
const MAX_LAYERS = 100;
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

/** An attestation that cannot be read. */
export interface UnreadableLayer {
  readonly index: number;
  readonly layer: string;
  readonly failure: VerificationFailure;
}

/**
 * Reads the attestations that cosign 2 puts under the tag `sha256-<hex>.att`: each layer is an envelope
 * with an in-toto statement, and what came with the signature is in annotations as for image signatures
 * (B.3, B.5.1). One that cannot be had or read spoils no other.
 *
 * @throws {VerificationFailure} `limit_exceeded`.
 */
export async function readEnvelopeLayers(
  { blobs }: Manifest,
  artifacts: ArtifactReader,
): Promise<(StatementBundle | UnreadableLayer)[]> {
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  if (blobs.length > MAX_LAYERS || total > MAX_TOTAL_BYTES) {
    throw refusal(
      "limit_exceeded",
      `The manifest has ${blobs.length} attestations of ${total} bytes; at most ${MAX_LAYERS} of ${MAX_TOTAL_BYTES} are looked at`,
    );
  }
  const contents = await fetchLayers(blobs, artifacts, MAX_ENVELOPE_BYTES);
  return blobs.map((layer, index) => {
    const bytes = contents.get(layer.digest);
    const read = bytes instanceof VerificationFailure || bytes === undefined
      ? bytes ?? refusal("cosign.malformed", "The layer was not read")
      : orFailure(() => readLayer(layer, bytes));
    const at = { index, layer: layer.digest };
    return read instanceof VerificationFailure ? { ...at, failure: read } : { ...read, ...at };
  });
}

function readLayer(
  layer: Descriptor,
  bytes: Bytes,
): Pick<StatementBundle, "content" | "statement"> {
  if (layer.mediaType !== ENVELOPE) {
    throw refusal("cosign.malformed", `The layer is ${quote(layer.mediaType)}, not ${ENVELOPE}`);
  }
  const envelope = reading(
    "cosign.malformed",
    "The envelope cannot be read",
    () => parseEnvelope(bytes),
  );
  // cosign leaves the annotation empty: the signature is in the envelope.
  const annotated = readSignature(layer);
  if (annotated !== undefined && !equalBytes(annotated, envelope.signature)) {
    throw refusal(
      "cosign.malformed",
      "The signature in the layer's annotations is not that of the envelope",
    );
  }
  return envelopeStatement(envelope, readBeside(layer));
}
