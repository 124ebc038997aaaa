import { VerificationFailure } from "../../errors.ts";
import type { Descriptor, Manifest } from "../../oci/mod.ts";
import type { ArtifactReader, VerifiedSubject } from "../verifier.ts";
import { COSE_ENVELOPE, JWS_ENVELOPE } from "./headers.ts";
import { type OpenedEnvelope, openEnvelope } from "./opened_envelope.ts";

/** The most bytes of a signature envelope that are read: 4 MiB. */
const MAX_ENVELOPE_BYTES = 4 * 1024 * 1024;

/**
 * Fetches the signature artifact and reads its envelope. The manifest must have exactly one layer,
 * of one of the two envelope types, and must not name another subject.
 *
 * @throws {VerificationFailure} `manifest.*` or `integrity.*`.
 */
export async function readEnvelope(
  subject: VerifiedSubject,
  artifacts: ArtifactReader,
): Promise<OpenedEnvelope> {
  const layer = envelopeLayer(await artifacts.manifest(), subject);
  return openEnvelope(layer.mediaType, await artifacts.blob(layer, MAX_ENVELOPE_BYTES));
}

function envelopeLayer(manifest: Manifest, subject: VerifiedSubject): Descriptor {
  if (manifest.kind === "index") {
    throw new VerificationFailure({
      reason: "manifest.invalid",
      message: "The signature is an image index; it must be an image manifest",
    });
  }
  if (manifest.subject !== undefined && manifest.subject.digest !== subject.descriptor.digest) {
    throw new VerificationFailure({
      reason: "manifest.subject",
      message: `The signature's manifest is about ${manifest.subject.digest}, not this image`,
    });
  }
  const [layer] = manifest.blobs;
  if (layer === undefined || manifest.blobs.length !== 1) {
    throw new VerificationFailure({
      reason: "manifest.layers",
      message:
        `The signature's manifest has ${manifest.blobs.length} layers; it must have exactly one`,
    });
  }
  if (layer.mediaType !== JWS_ENVELOPE && layer.mediaType !== COSE_ENVELOPE) {
    throw new VerificationFailure({
      reason: "manifest.envelope_type",
      message: `The signature's layer is ${
        JSON.stringify(layer.mediaType)
      }; it must be ${JWS_ENVELOPE} or ${COSE_ENVELOPE}`,
    });
  }
  return layer;
}
