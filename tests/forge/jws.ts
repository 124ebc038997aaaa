/** Signature envelopes in JWS JSON flattened form (RFC 7515 §7.2.2), as the Notary Project profiles it. */

import { base64, base64url, type Bytes, utf8 } from "./bytes.ts";
import { envelopeAlgorithm, type ForgedKey, sign, type SignatureAlgorithm } from "./keys.ts";
import {
  envelopeCertificates,
  type EnvelopeOptions,
  forgePayload,
  PAYLOAD_TYPE,
  timeHeaders,
} from "./payload.ts";

/** The media type of this envelope. */
export const JWS_MEDIA_TYPE = "application/jose+json";

/** What to put into the envelope, and what to make wrong. */
export interface JwsOptions extends EnvelopeOptions {
  /** Members that replace or extend those of the protected header; undefined removes one. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** The list of critical headers, if not the right one. */
  readonly crit?: readonly unknown[];
  /** Changes the text of the protected header before it is encoded and signed, for duplicate members. */
  readonly headerText?: (json: string) => string;
  /** Change the base64url text; that of header and payload before it is signed. */
  readonly encodedHeader?: (text: string) => string;
  readonly encodedPayload?: (text: string) => string;
  readonly encodedSignature?: (text: string) => string;
  /** The texts of `x5c`, if not the certificates in base64. */
  readonly x5c?: unknown;
  /** Members that replace or extend those of the unprotected header; undefined removes one. */
  readonly unprotected?: Readonly<Record<string, unknown>>;
  /** Members that replace or extend those of the envelope; undefined removes one. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Changes the text of the whole envelope at the end. */
  readonly text?: (json: string) => string;
}

/** Makes an envelope. */
export async function forgeJws(options: JwsOptions): Promise<Bytes> {
  const same = (value: string): string => value;
  const headerJson = JSON.stringify(protectedHeader(options));
  const header = (options.encodedHeader ?? same)(
    base64url(utf8((options.headerText ?? same)(headerJson))),
  );
  const payload = (options.encodedPayload ?? same)(base64url(forgePayload(options)));

  const key = options.key ?? options.chain.leaf.key;
  const algorithm = options.algorithm ?? envelopeAlgorithm(key);
  const made = await sign(key, algorithm, utf8(`${header}.${payload}`));
  const signature = (options.encodedSignature ?? same)(
    base64url(options.signature?.(made) ?? made),
  );

  const envelope = {
    payload,
    protected: header,
    header: {
      x5c: options.x5c ?? envelopeCertificates(options).map(base64),
      "io.cncf.notary.signingAgent": "forge/1.0",
      ...options.unprotected,
    },
    signature,
    ...options.members,
  };
  return utf8((options.text ?? same)(JSON.stringify(envelope)));
}

/** A change for `headerText` or `text`: puts members, as raw JSON text, before the others. */
export function withMembers(members: string): (json: string) => string {
  return (json) => `{${members},${json.slice(1)}`;
}

/** Dates as the protected header has them: RFC 3339 without a fraction of a second. */
export function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

function protectedHeader(options: JwsOptions): Record<string, unknown> {
  const times = timeHeaders(options);
  return {
    alg: algorithmName(options.chain.leaf.key),
    crit: options.crit ?? [
      "io.cncf.notary.signingScheme",
      ...times.filter(({ critical }) => critical).map(({ name }) => name),
    ],
    cty: PAYLOAD_TYPE,
    "io.cncf.notary.signingScheme": options.scheme ?? "notary.x509",
    ...Object.fromEntries(times.map(({ name, time }) => [name, rfc3339(time)])),
    ...options.header,
  };
}

function algorithmName(key: ForgedKey): string {
  const algorithm: SignatureAlgorithm = envelopeAlgorithm(key);
  if (algorithm.name === "Ed25519") return "EdDSA";
  return `${algorithm.name === "ECDSA" ? "ES" : "PS"}${algorithm.hash.slice(4)}`;
}
