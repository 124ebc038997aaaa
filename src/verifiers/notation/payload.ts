import { type Bytes, decodeUtf8, parseJson } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import type { Descriptor } from "../../oci/mod.ts";
import { reading } from "./reading.ts";

/** The signed payload: a JSON object without duplicate members. */
export type Payload = Readonly<Record<string, unknown>>;

/**
 * Reads a Notary Project payload.
 *
 * @throws {VerificationFailure} `integrity.parse` unless it is a JSON object without duplicates.
 */
export function readPayload(bytes: Bytes): Payload {
  const problem = "The signed payload is not a JSON object that can be read";
  const { value } = reading("integrity.parse", problem, () => parseJson(decodeUtf8(bytes)));
  if (isObject(value)) return value;
  throw new VerificationFailure({ reason: "integrity.parse", message: problem });
}

/**
 * Checks that the signature is about this image: media type, digest and size of the signed target
 * all equal those of the bytes that were hashed.
 *
 * @throws {VerificationFailure} `payload.descriptor_mismatch`.
 */
export function checkTarget(payload: Payload, subject: Descriptor): string {
  const target = targetOf(payload);
  for (const member of ["digest", "mediaType", "size"] as const) {
    if (target[member] !== subject[member]) {
      throw mismatch(
        `The signature is about another image: its ${member} is ${
          quote(target[member])
        }, this image's is ${quote(subject[member])}`,
      );
    }
  }
  return `The signature is about ${subject.digest}`;
}

/**
 * Checks the pairs that the configuration requires among the target's signed annotations.
 *
 * @throws {VerificationFailure} `metadata.mismatch`.
 */
export function checkUserMetadata(
  payload: Payload,
  required: Readonly<Record<string, string>>,
): string {
  const { annotations } = targetOf(payload);
  const signed = isObject(annotations) ? annotations : {};
  for (const [key, value] of Object.entries(required)) {
    if (!Object.hasOwn(signed, key) || signed[key] !== value) {
      throw new VerificationFailure({
        reason: "metadata.mismatch",
        message: `The signature must carry the user metadata ${quote(key)} = ${quote(value)}; it ${
          Object.hasOwn(signed, key) ? `has ${quote(signed[key])}` : "has none of that name"
        }`,
      });
    }
  }
  return `The signature carries ${Object.keys(required).join(", ")}`;
}

function targetOf(payload: Payload): Payload {
  const target = payload["targetArtifact"];
  if (isObject(target)) return target;
  throw mismatch("The signed payload names no target artifact");
}

function isObject(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quote(value: unknown): string {
  return String(JSON.stringify(value) ?? "missing").slice(0, 200);
}

function mismatch(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "payload.descriptor_mismatch", message });
}
