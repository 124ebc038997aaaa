import { type Bytes, decodeBase64, parseFlattenedJws } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { fromJwsName } from "./algorithm.ts";
import { checkSignedAttributes, type Envelope, type SignedAttributes } from "./envelope.ts";
import {
  AUTHENTIC_SIGNING_TIME,
  EXPIRY,
  SIGNING_AGENT,
  SIGNING_SCHEME,
  SIGNING_TIME,
  TIMESTAMP_SIGNATURE,
} from "./headers.ts";
import { reading } from "./reading.ts";
import { parseTime } from "../../trust/mod.ts";

const STANDARD = [
  "alg",
  "cty",
  "crit",
  SIGNING_SCHEME,
  SIGNING_TIME,
  AUTHENTIC_SIGNING_TIME,
  EXPIRY,
];

/**
 * Reads a signature envelope in JWS JSON flattened serialization, as the Notary Project signature
 * specification profiles it ("JWS Signature Envelope").
 *
 * @throws {VerificationFailure} `integrity.*`.
 */
export function readJwsEnvelope(bytes: Bytes): Envelope {
  const jws = reading(
    "integrity.parse",
    "The signature is not a JWS envelope that can be read",
    () => parseFlattenedJws(bytes),
  );
  const header = new Map(Object.entries(jws.protectedHeader));
  refuseCaseVariants(header);
  const extended = new Map([...header].filter(([name]) => !STANDARD.includes(name)));
  const attributes: SignedAttributes = {
    contentType: text(header.get("cty")),
    critical: texts(header.get("crit")),
    scheme: header.get(SIGNING_SCHEME),
    signingTime: time(header, SIGNING_TIME),
    authenticSigningTime: time(header, AUTHENTIC_SIGNING_TIME),
    expiry: time(header, EXPIRY),
    extended,
  };
  return {
    format: "JWS",
    algorithm: fromJwsName(header.get("alg")),
    algorithmText: String(JSON.stringify(header.get("alg")) ?? "none").slice(0, 100),
    payload: jws.payload,
    signature: jws.signature,
    signedBytes: jws.signingInput,
    ...checkSignedAttributes(attributes),
    chain: certificates(jws.header["x5c"]),
    timestamp: timestamp(jws.header[TIMESTAMP_SIGNATURE]),
    signingAgent: text(jws.header[SIGNING_AGENT]),
  };
}

/** A reader that ignores case could be shown another value than one that does not. */
function refuseCaseVariants(header: ReadonlyMap<string, unknown>): void {
  for (const name of header.keys()) {
    const known = STANDARD.find((standard) => standard.toLowerCase() === name.toLowerCase());
    if (known !== undefined && known !== name) {
      throw new VerificationFailure({
        reason: "integrity.parse",
        message: `The protected header has ${
          JSON.stringify(name.slice(0, 100))
        }, a case variant of ${known}`,
      });
    }
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string")
    ? value
    : undefined;
}

function time(header: ReadonlyMap<string, unknown>, name: string): number | "invalid" | undefined {
  if (!header.has(name)) return undefined;
  const value = header.get(name);
  return (typeof value === "string" ? parseTime(value) : undefined) ?? "invalid";
}

function certificates(value: unknown): Bytes[] {
  const encoded = texts(value);
  if (encoded === undefined || encoded.length === 0) {
    throw new VerificationFailure({
      reason: "integrity.chain",
      message: "The signature carries no certificate chain (x5c)",
    });
  }
  return encoded.map((entry) =>
    reading("integrity.chain", "A certificate in x5c is not base64", () => decodeBase64(entry))
  );
}

function timestamp(value: unknown): Bytes | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") {
    return reading(
      "integrity.parse",
      `${TIMESTAMP_SIGNATURE} is not base64`,
      () => decodeBase64(value),
    );
  }
  throw new VerificationFailure({
    reason: "integrity.parse",
    message: `The unsigned attribute ${TIMESTAMP_SIGNATURE} is not a text`,
  });
}
