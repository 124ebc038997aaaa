/** Signature envelopes as COSE_Sign1 (RFC 9052 §4.2), as the Notary Project profiles it. */

import { type Bytes, join } from "./bytes.ts";
import { byteString, cbor, CborEntries, type CborEntry, type CborInput, tagged } from "./cbor.ts";
import { envelopeAlgorithm, type ForgedKey, sign } from "./keys.ts";
import {
  envelopeCertificates,
  type EnvelopeOptions,
  forgePayload,
  PAYLOAD_TYPE,
  timeHeaders,
} from "./payload.ts";

/** The media type of this envelope. */
export const COSE_MEDIA_TYPE = "application/cose";

/** Labels of headers (RFC 9052 §3.1, RFC 9360 §2). */
const ALG = 1;
const CRIT = 2;
const CONTENT_TYPE = 3;
const X5CHAIN = 33;

/** The four parts of an envelope as they are about to be written. */
export interface CoseParts {
  readonly protected: CborInput;
  readonly unprotected: CborInput;
  readonly payload: CborInput;
  readonly signature: CborInput;
}

/** What to put into the envelope, and what to make wrong. */
export interface CoseOptions extends EnvelopeOptions {
  /** Entries that replace those of the protected header with the same label, or come after them. */
  readonly header?: readonly CborEntry[];
  /** Labels that are left out of the protected header. */
  readonly without?: readonly (string | number)[];
  /** Entries after all others of the protected header, also with a label that is there already. */
  readonly moreHeader?: readonly CborEntry[];
  /** The list of critical headers, if not the right one. */
  readonly crit?: readonly CborInput[];
  /** Changes the encoded map of the protected header before it is signed. */
  readonly headerBytes?: (map: Bytes) => Bytes;
  /** The value of `x5chain`, if not an array of the certificates. */
  readonly x5chain?: CborInput;
  /** The whole unprotected header. */
  readonly unprotected?: CborInput;
  /** Entries of the unprotected header after `x5chain` and the signing agent. */
  readonly moreUnprotected?: readonly CborEntry[];
  /** Replaces parts after signing, for instance a byte string by one with a long length. */
  readonly parts?: (parts: CoseParts) => Partial<CoseParts>;
  /** Changes the bytes of the whole envelope at the end. */
  readonly bytes?: (envelope: Bytes) => Bytes;
}

/** Makes an envelope. */
export async function forgeCose(options: CoseOptions): Promise<Bytes> {
  const map = cbor(new CborEntries(protectedHeader(options)));
  const header = options.headerBytes?.(map) ?? map;
  const payload = forgePayload(options);

  const key = options.key ?? options.chain.leaf.key;
  const toSign = cbor(["Signature1", header, new Uint8Array(), payload]);
  const made = await sign(key, options.algorithm ?? envelopeAlgorithm(key), toSign);
  const parts: CoseParts = {
    protected: header,
    unprotected: options.unprotected ?? new CborEntries([
      [X5CHAIN, options.x5chain ?? envelopeCertificates(options)],
      ["io.cncf.notary.signingAgent", "forge/1.0"],
      ...options.moreUnprotected ?? [],
    ]),
    payload,
    signature: options.signature?.(made) ?? made,
  };
  const chosen = { ...parts, ...options.parts?.(parts) };
  const envelope = tagged(18, [
    chosen.protected,
    chosen.unprotected,
    chosen.payload,
    chosen.signature,
  ]).bytes;
  return options.bytes?.(envelope) ?? envelope;
}

/** A change for `headerBytes`: writes the first byte's count of entries, 0 to 23, in a byte of its own. */
export function withLongMapHead(map: Bytes): Bytes {
  return join(Uint8Array.of(0xb8, (map[0] ?? 0) & 0x1f), map.slice(1));
}

/** A change for `parts`: the protected header with a length that takes four bytes. */
export function withLongHeaderLength(parts: CoseParts): Partial<CoseParts> {
  return { protected: byteString(parts.protected as Bytes, 4) };
}

function protectedHeader(options: CoseOptions): readonly CborEntry[] {
  const times = timeHeaders(options);
  const replacements = options.header ?? [];
  const own: CborEntry[] = [
    [ALG, algorithmNumber(options.chain.leaf.key)],
    [
      CRIT,
      options.crit ?? [
        "io.cncf.notary.signingScheme",
        ...times.filter(({ critical }) => critical).map(({ name }) => name),
      ],
    ],
    [CONTENT_TYPE, PAYLOAD_TYPE],
    ["io.cncf.notary.signingScheme", options.scheme ?? "notary.x509"],
    ...times.map((
      { name, time },
    ): CborEntry => [name, tagged(1, Math.floor(time.getTime() / 1000))]),
  ];
  const kept = own.filter(([label]) => !options.without?.includes(label as string | number));
  return [
    ...kept.map((entry) => replacements.find(([label]) => label === entry[0]) ?? entry),
    ...replacements.filter(([label]) => !kept.some((entry) => entry[0] === label)),
    ...options.moreHeader ?? [],
  ];
}

function algorithmNumber(key: ForgedKey): number {
  const algorithm = envelopeAlgorithm(key);
  if (algorithm.name === "Ed25519") return -8;
  const family = algorithm.name === "ECDSA" ? [-7, -35, -36] : [-37, -38, -39];
  return family[["SHA-256", "SHA-384", "SHA-512"].indexOf(algorithm.hash)] ?? 0;
}
